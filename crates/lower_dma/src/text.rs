//! Core programs as text, to read: Rust-like, with the user's line where it changes.
//!
//! Names that occur twice get the number of their variable.

use std::collections::BTreeMap;
use std::fmt::Write;

use tile_ir::{Access, BinaryOp, Loc, Number, ParamKind, Predicate};

use crate::ir::{Buffer, Convert, Copy, CoreKernel, CoreModule, Expr, Operand, Scalar, Span, Stmt, StmtKind, VectorOp};

/// All kernels of a module.
#[must_use]
pub fn print_module(module: &CoreModule) -> String {
    let kernels: Vec<String> = module.kernels.iter().map(print).collect();
    format!("// module {}\n\n{}", module.name, kernels.join("\n"))
}

/// One kernel.
#[must_use]
pub fn print(kernel: &CoreKernel) -> String {
    let mut printer = Printer {
        kernel,
        vars: unique(kernel.vars.iter().map(|var| var.name.as_str())),
        buffers: unique(kernel.buffers.iter().map(|buffer| buffer.name.as_str())),
        out: String::new(),
        depth: 0,
        loc: Loc::Unknown,
    };
    printer.kernel();
    printer.out
}

/// Names with their number where they occur more than once.
fn unique<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
    let mut counts = BTreeMap::new();
    names.clone().for_each(|name| *counts.entry(name).or_insert(0usize) += 1);
    names
        .enumerate()
        .map(|(i, name)| if counts[name] == 1 { name.to_string() } else { format!("{name}_{i}") })
        .collect()
}

const fn scalar_name(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::F32 => "f32",
        Scalar::Bool => "bool",
        Scalar::I32 => "i32",
        Scalar::I64 => "i64",
    }
}

struct Printer<'a> {
    kernel: &'a CoreKernel,
    vars: Vec<String>,
    buffers: Vec<String>,
    out: String,
    depth: usize,
    /// The line printed last.
    loc: Loc,
}

impl Printer<'_> {
    fn line(&mut self, text: &str, loc: &Loc) {
        let indent = "    ".repeat(self.depth);
        let comment = if *loc == self.loc || *loc == Loc::Unknown { String::new() } else { format!(" // {loc}") };
        if *loc != Loc::Unknown {
            self.loc = loc.clone();
        }
        // Writing to a string does not fail.
        let _ = writeln!(self.out, "{indent}{text}{comment}");
    }

    fn kernel(&mut self) {
        let kernel = self.kernel;
        let params: Vec<String> = kernel
            .params
            .iter()
            .map(|param| match &param.kind {
                ParamKind::View(view) => {
                    let reference = match view.access {
                        Access::Read => "&",
                        Access::Weights => "&weights ",
                        Access::Write => "&mut ",
                    };
                    format!("{}: {reference}[{}; {}]", param.name, view.elem, view.shape)
                }
                ParamKind::Scalar(scalar) => format!("{}: {}", param.name, scalar.elem),
            })
            .collect();
        let [x, y, z] = kernel.grid;
        let (title, cores, grain) = (&kernel.name, kernel.cores, kernel.grain);
        let params = params.join(", ");
        self.line(&format!("kernel {title}({params}), grid {x}x{y}x{z} on {cores} cores by {grain} {{"), &kernel.loc);
        self.depth += 1;
        for (buffer, name) in kernel.buffers.iter().zip(self.buffers.clone()) {
            let (rows, cols, pitch) = (buffer.rows, buffer.cols, buffer.pitch);
            let text = format!("local {name}: [{}; {rows}x{cols}] by {pitch} at {};", buffer.elem, buffer.address);
            self.line(&text, &Loc::Unknown);
        }
        self.block(&kernel.body);
        self.depth -= 1;
        self.line("}", &Loc::Unknown);
    }

    fn block(&mut self, block: &[Stmt]) {
        block.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn nested(&mut self, block: &[Stmt]) {
        self.depth += 1;
        self.block(block);
        self.depth -= 1;
    }

    fn name(&self, buffer: Buffer) -> &str {
        self.buffers.get(buffer.0 as usize).map_or("?", String::as_str)
    }

    fn span(&self, span: &Span) -> String {
        let Span { offset, rows, cols, pitch, .. } = span;
        format!("{}[{}; {rows}x{cols} by {pitch}]", self.name(span.buffer), self.expr(offset))
    }

    fn copy(&self, copy: &Copy) -> (String, String) {
        let (rows, cols) = (self.expr(&copy.rows), self.expr(&copy.cols));
        let local = format!("{}[{}; by {}]", self.name(copy.buffer), self.expr(&copy.offset), copy.pitch);
        let view = self.kernel.params.get(copy.view.index()).map_or("?", |param| param.name.as_str());
        (local, format!("{view}[{}; {rows}x{cols} by {}]", self.expr(&copy.view_offset), copy.view_pitch))
    }

    fn var(&self, var: crate::ir::Var) -> &str {
        self.vars.get(var.0 as usize).map_or("?", String::as_str)
    }

    fn stmt(&mut self, stmt: &Stmt) {
        let loc = &stmt.loc;
        match &stmt.kind {
            StmtKind::Let { var, value } => {
                let scalar = scalar_name(self.kernel.var(*var).scalar);
                self.line(&format!("let {}: {scalar} = {};", self.var(*var), self.expr(value)), loc);
            }
            StmtKind::Assign { var, value } => {
                self.line(&format!("{} = {};", self.var(*var), self.expr(value)), loc);
            }
            StmtKind::Read { var, buffer, offset } => {
                let text = format!("let {} = {}[{}];", self.var(*var), self.name(*buffer), self.expr(offset));
                self.line(&text, loc);
            }
            StmtKind::ReadGlobal { var, view, offset } => {
                let view = self.kernel.params.get(view.index()).map_or("?", |param| param.name.as_str());
                self.line(&format!("let {} = {view}[{}];", self.var(*var), self.expr(offset)), loc);
            }
            StmtKind::Write { buffer, offset, value } => {
                let text = format!("{}[{}] = {};", self.name(*buffer), self.expr(offset), self.expr(value));
                self.line(&text, loc);
            }
            StmtKind::CopyIn(copy) => {
                let (local, view) = self.copy(copy);
                let pad = match copy.pad {
                    None => String::new(),
                    Some(Number::Float(x)) => format!(" pad {x:?}"),
                    Some(Number::Int(x)) => format!(" pad {x}"),
                };
                self.line(&format!("copy {local} <- {view}{pad};"), loc);
            }
            StmtKind::CopyOut(copy) => {
                let (local, view) = self.copy(copy);
                self.line(&format!("copy {view} <- {local};"), loc);
            }
            StmtKind::Vector { op, dst, args } => {
                let args: Vec<String> = args
                    .iter()
                    .map(|arg| match arg {
                        Operand::Span(span) => self.span(span),
                        Operand::Row(span) => format!("row {}", self.span(span)),
                        Operand::Column(span) => format!("column {}", self.span(span)),
                        Operand::Scalar(value) => self.expr(value),
                    })
                    .collect();
                self.line(&format!("{} = {}({});", self.span(dst), vector_name(*op), args.join(", ")), loc);
            }
            StmtKind::For { var, lower, upper, step, body } => {
                let (lower, upper, step) = (self.expr(lower), self.expr(upper), self.expr(step));
                self.line(&format!("for {} in ({lower}..{upper}).step_by({step}) {{", self.var(*var)), loc);
                self.nested(body);
                self.line("}", &Loc::Unknown);
            }
            StmtKind::While { before, condition, body } => {
                self.line("loop {", loc);
                self.nested(before);
                self.depth += 1;
                self.line(&format!("if !{} {{ break }}", self.expr(condition)), &Loc::Unknown);
                self.depth -= 1;
                self.nested(body);
                self.line("}", &Loc::Unknown);
            }
            StmtKind::If { condition, then, otherwise } => {
                self.line(&format!("if {} {{", self.expr(condition)), loc);
                self.nested(then);
                if !otherwise.is_empty() {
                    self.line("} else {", &Loc::Unknown);
                    self.nested(otherwise);
                }
                self.line("}", &Loc::Unknown);
            }
            StmtKind::Signal { from, to, event } => {
                self.line(&format!("signal {} -> {} {event};", from.name(), to.name()), loc);
            }
            StmtKind::Await { from, to, event } => {
                self.line(&format!("await {} -> {} {event};", from.name(), to.name()), loc);
            }
            StmtKind::Barrier(pipe) => self.line(&format!("barrier {};", pipe.name()), loc),
            StmtKind::Fence => self.line("fence;", loc),
            StmtKind::Drain(pipe) => self.line(&format!("drain {};", pipe.name()), loc),
        }
    }

    fn expr(&self, expr: &Expr) -> String {
        match expr {
            Expr::Float(x) => format!("{x:?}"),
            Expr::Int(_, x) => x.to_string(),
            Expr::Bool(x) => x.to_string(),
            Expr::Var(var) => self.var(*var).to_owned(),
            Expr::Core => "core".to_owned(),
            Expr::Param(param) => self.kernel.params.get(*param).map_or("?".to_owned(), |param| param.name.clone()),
            Expr::Unary(op, x) => format!("{}({})", format!("{op:?}").to_lowercase(), self.expr(x)),
            Expr::Binary(op, x, y) => match binary_sign(*op) {
                Some(sign) => format!("({} {sign} {})", self.expr(x), self.expr(y)),
                None => format!("{}({}, {})", format!("{op:?}").to_lowercase(), self.expr(x), self.expr(y)),
            },
            Expr::Fma(x, y, z) => format!("fma({}, {}, {})", self.expr(x), self.expr(y), self.expr(z)),
            Expr::Compare(predicate, x, y) => {
                format!("({} {} {})", self.expr(x), predicate_sign(*predicate), self.expr(y))
            }
            Expr::Select(c, x, y) => {
                format!("if {} {{ {} }} else {{ {} }}", self.expr(c), self.expr(x), self.expr(y))
            }
            Expr::Convert(convert, x) => {
                let name = match convert {
                    Convert::Round(elem) => format!("round_{elem}"),
                    Convert::SignedToFloat => "f32".to_owned(),
                    Convert::UnsignedToFloat => "f32_unsigned".to_owned(),
                    Convert::FloatToSigned(to, bits) => format!("{}_from_float_{bits}", scalar_name(*to)),
                    Convert::FloatToUnsigned(to, bits) => format!("{}_from_float_unsigned_{bits}", scalar_name(*to)),
                    Convert::Signed(to, bits) => format!("{}_signed_{bits}", scalar_name(*to)),
                    Convert::Unsigned(to, bits) => format!("{}_unsigned_{bits}", scalar_name(*to)),
                    Convert::ToBool => "bool".to_owned(),
                    Convert::Bits(to) => format!("{}_bits", scalar_name(*to)),
                };
                format!("{name}({})", self.expr(x))
            }
        }
    }
}

fn vector_name(op: VectorOp) -> String {
    match op {
        VectorOp::Copy => "copy".to_owned(),
        VectorOp::Unary(op) => format!("{op:?}").to_lowercase(),
        VectorOp::Binary(op) => format!("{op:?}").to_lowercase(),
        VectorOp::Fma => "fma".to_owned(),
        VectorOp::Compare(predicate) => format!("compare {}", predicate_sign(predicate)),
        VectorOp::Select => "select".to_owned(),
        VectorOp::Cast => "cast".to_owned(),
        VectorOp::ReduceRows(op) => format!("rows {}", op.keyword()),
        VectorOp::ReduceCols(op) => format!("cols {}", op.keyword()),
        VectorOp::Iota => "iota".to_owned(),
    }
}

const fn binary_sign(op: BinaryOp) -> Option<&'static str> {
    match op {
        BinaryOp::Add => Some("+"),
        BinaryOp::Sub => Some("-"),
        BinaryOp::Mul => Some("*"),
        BinaryOp::DivF | BinaryOp::DivS => Some("/"),
        BinaryOp::RemS => Some("%"),
        BinaryOp::And => Some("&"),
        BinaryOp::Or => Some("|"),
        BinaryOp::Xor => Some("^"),
        BinaryOp::Shl => Some("<<"),
        BinaryOp::ShrS => Some(">>"),
        BinaryOp::DivU
        | BinaryOp::RemU
        | BinaryOp::MinF
        | BinaryOp::MaxF
        | BinaryOp::MinS
        | BinaryOp::MaxS
        | BinaryOp::MinU
        | BinaryOp::MaxU
        | BinaryOp::ShrU => None,
    }
}

const fn predicate_sign(predicate: Predicate) -> &'static str {
    match predicate {
        Predicate::FEq | Predicate::IEq => "==",
        Predicate::FNe | Predicate::INe => "!=",
        Predicate::FLt | Predicate::SLt => "<",
        Predicate::FLe | Predicate::SLe => "<=",
        Predicate::FGt | Predicate::SGt => ">",
        Predicate::FGe | Predicate::SGe => ">=",
        Predicate::ULt => "<u",
        Predicate::ULe => "<=u",
        Predicate::UGt => ">u",
        Predicate::UGe => ">=u",
    }
}
