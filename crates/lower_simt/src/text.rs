//! Lane programs as text, to read: Rust-like, with the user's line where it changes.
//!
//! ```text
//! kernel matvec<512 threads>(input: &[f32; 1x576], output: &mut [f32; 1x576]), grid 36 {
//!     let column: i32 = program.x * 16 + subgroup; // decode.rs:12
//!     let mut sum: f32 = 0.0;
//!     for i in (lane * 8..576).step_by(256) {
//! ```
//!
//! Names that occur twice get the number of their variable.

use std::collections::BTreeMap;
use std::fmt::Write;

use tile_ir::{Access, BinaryOp, Loc, ParamKind, Predicate, UnaryOp};

use crate::ir::{
    Builtin, Convert, Expr, Fragment, FragmentRole, LaneKernel, LaneModule, MatrixOp, Memory, Place, Scalar, Stmt,
    StmtKind, Unroll, Var, WeightRange,
};

/// All kernels of a module.
pub fn print_module(module: &LaneModule) -> String {
    let kernels: Vec<String> = module.kernels.iter().map(print).collect();
    format!("// module {}\n\n{}", module.name, kernels.join("\n"))
}

/// One kernel.
pub fn print(kernel: &LaneKernel) -> String {
    let mut printer = Printer {
        kernel,
        vars: unique(kernel.vars.iter().map(|var| var.name.as_str())),
        shared: unique(kernel.shared.iter().map(|array| array.name.as_str())),
        fragments: unique(kernel.fragments.iter().map(|fragment| fragment.name.as_str())),
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
        Scalar::I8 => "i8",
        Scalar::I32 => "i32",
        Scalar::I64 => "i64",
    }
}

struct Printer<'a> {
    kernel: &'a LaneKernel,
    vars: Vec<String>,
    shared: Vec<String>,
    fragments: Vec<String>,
    out: String,
    depth: usize,
    /// The line printed last.
    loc: Loc,
}

fn name(names: &[String], at: u32) -> &str {
    names.get(at as usize).map_or("?", String::as_str)
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

    fn close(&mut self, text: &str) {
        self.line(text, &Loc::Unknown);
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
        let (title, threads, params) = (&kernel.name, kernel.threads, params.join(", "));
        self.line(&format!("kernel {title}<{threads} threads>({params}), grid {x}x{y}x{z} {{"), &kernel.loc);
        self.depth += 1;
        for (array, name) in kernel.shared.iter().zip(self.shared.clone()) {
            let text = format!("shared {name}: [{}; {}]; // {} bytes", array.elem, array.len, array.bytes());
            self.line(&text, &Loc::Unknown);
        }
        if let Some(early) = &kernel.early {
            for prefetch in &early.prefetches {
                let (place, condition) = self.asked(prefetch);
                let text = format!("prefetch {place} for {} bytes{condition};", prefetch.bytes);
                self.line(&text, &Loc::Unknown);
            }
            for copy in &early.copies {
                let ((place, condition), bytes) = (self.asked(&copy.from), copy.from.bytes);
                let to = name(&self.shared, copy.to.0);
                let text = format!("copy {bytes} bytes of {place} to {to}{condition};");
                self.line(&text, &Loc::Unknown);
            }
        }
        self.block(&kernel.body);
        self.depth -= 1;
        self.close("}");
    }

    /// Where a range starts, and which programs ask for it.
    fn asked(&self, range: &WeightRange) -> (String, String) {
        let tests = range.condition(self.kernel.grid);
        let condition = tests.iter().map(|test| format!(" if {}", self.expr(test))).collect();
        (self.place(&range.place()), condition)
    }

    fn block(&mut self, block: &[Stmt]) {
        block.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn inner(&mut self, block: &[Stmt]) {
        self.depth += 1;
        self.block(block);
        self.depth -= 1;
    }

    fn var(&self, var: Var) -> &str {
        name(&self.vars, var.0)
    }

    fn place(&self, place: &Place) -> String {
        let memory = match place.memory {
            Memory::Global(view) => self.kernel.params.get(view.index()).map_or("?", |param| param.name.as_str()),
            Memory::Shared(shared) => name(&self.shared, shared.0),
        };
        let owner = place.owner.map_or(String::new(), |owner| format!(" as #{owner}"));
        format!("{memory}[{}{owner}]", self.expr(&place.offset))
    }

    fn target(&self, var: Var, index: Option<&Expr>) -> String {
        match index {
            Some(index) => format!("{}[{}]", self.var(var), self.expr(index)),
            None => self.var(var).to_string(),
        }
    }

    fn typed(&self, var: Var) -> String {
        let data = self.kernel.vars.get(var.0 as usize);
        data.map_or_else(String::new, |data| match data.len {
            Some(len) => format!("{}: [{}; {len}]", self.var(var), scalar_name(data.scalar)),
            None => format!("{}: {}", self.var(var), scalar_name(data.scalar)),
        })
    }

    fn stmt(&mut self, stmt: &Stmt) {
        let loc = &stmt.loc;
        match &stmt.kind {
            StmtKind::Let { var, value } => {
                self.line(&format!("let {} = {};", self.typed(*var), self.expr(value)), loc);
            }
            StmtKind::Declare { var, init } => {
                let init = init.as_ref().map_or_else(String::new, |init| format!(" = {}", self.expr(init)));
                self.line(&format!("let mut {}{init};", self.typed(*var)), loc);
            }
            StmtKind::Assign { var, index, value } => {
                self.line(&format!("{} = {};", self.target(*var, index.as_ref()), self.expr(value)), loc);
            }
            StmtKind::Store { place, value } => {
                self.line(&format!("{} = {};", self.place(place), self.expr(value)), loc);
            }
            StmtKind::LoadVector { var, index, place, lanes } => {
                let to = format!("{}[{}..+{lanes}]", self.var(*var), self.expr(index));
                self.line(&format!("{to} = vector {};", self.place(place)), loc);
            }
            StmtKind::StoreVector { place, var, index, lanes } => {
                let from = format!("{}[{}..+{lanes}]", self.var(*var), self.expr(index));
                self.line(&format!("vector {} = {from};", self.place(place)), loc);
            }
            StmtKind::LaneReduce { var, index, op, lanes } => {
                let target = self.target(*var, index.as_ref());
                self.line(&format!("{target} = {} of {target} over {lanes} lanes;", op.keyword()), loc);
            }
            StmtKind::Barrier { global, shared } => {
                let memories = match (global, shared) {
                    (true, true) => "global, shared",
                    (true, false) => "global",
                    (false, true) => "shared",
                    (false, false) => "",
                };
                self.line(&format!("barrier({memories});"), loc);
            }
            StmtKind::AwaitCopy { array } => {
                let array = name(&self.shared, array.0).to_owned();
                self.line(&format!("await copy to {array};"), loc);
            }
            StmtKind::AwaitEarlier => self.line("wait for earlier kernels;", loc),
            StmtKind::For { var, lower, upper, step, unroll, body } => {
                let unroll = match unroll {
                    Unroll::No => String::new(),
                    Unroll::By(factor) => format!(" unroll {factor}"),
                    Unroll::Full => " unroll all".to_string(),
                };
                let (lower, upper) = (self.expr(lower), self.expr(upper));
                let range = match step {
                    Expr::Int(_, 1) => format!("{lower}..{upper}"),
                    step => format!("({lower}..{upper}).step_by({})", self.expr(step)),
                };
                self.line(&format!("for {} in {range}{unroll} {{", self.var(*var)), loc);
                self.inner(body);
                self.close("}");
            }
            StmtKind::While { before, condition, body } => {
                self.line("loop {", loc);
                self.inner(before);
                self.depth += 1;
                self.line(&format!("if !({}) {{ break; }}", self.expr(condition)), loc);
                self.block(body);
                self.depth -= 1;
                self.close("}");
            }
            StmtKind::If { condition, then, otherwise } => {
                self.line(&format!("if {} {{", self.expr(condition)), loc);
                self.inner(then);
                if !otherwise.is_empty() {
                    self.close("} else {");
                    self.inner(otherwise);
                }
                self.close("}");
            }
            StmtKind::Matrix(op) => self.matrix(op, loc),
        }
    }

    fn fragment(&self, fragment: Fragment, at: &Expr) -> String {
        format!("{}[{}]", name(&self.fragments, fragment.0), self.expr(at))
    }

    fn matrix(&mut self, op: &MatrixOp, loc: &Loc) {
        let text = match op {
            MatrixOp::Declare { fragment } => {
                let data = self.kernel.fragments.get(fragment.0 as usize);
                let ty = data.map_or_else(String::new, |data| {
                    let role = match data.role {
                        FragmentRole::A => "a",
                        FragmentRole::B => "b",
                        FragmentRole::Acc => "acc",
                    };
                    format!("[matrix {role} {}; {}]", data.elem, data.len)
                });
                format!("let mut {}: {ty};", name(&self.fragments, fragment.0))
            }
            MatrixOp::Fill { fragment, at, value } => format!("{} = fill {value:?};", self.fragment(*fragment, at)),
            MatrixOp::Load { fragment, at, place, stride, transposed } => {
                let how = if *transposed { "transposed " } else { "" };
                format!("{} = {how}matrix {} rows {stride} apart;", self.fragment(*fragment, at), self.place(place))
            }
            MatrixOp::Multiply { acc, a, b } => {
                let [acc, a, b] = [acc, a, b].map(|(fragment, at)| self.fragment(*fragment, at));
                format!("{acc} += {a} * {b};")
            }
            MatrixOp::Store { fragment, at, place, stride } => {
                format!("matrix {} rows {stride} apart = {};", self.place(place), self.fragment(*fragment, at))
            }
        };
        self.line(&text, loc);
    }

    /// An operand, in parentheses if it is an operation itself.
    fn operand(&self, expr: &Expr) -> String {
        let text = self.expr(expr);
        match expr {
            Expr::Binary(op, ..) if infix(*op).is_some() => format!("({text})"),
            Expr::Compare(..) | Expr::Select(..) => format!("({text})"),
            Expr::Float(_)
            | Expr::Int(..)
            | Expr::Bool(_)
            | Expr::Var(_)
            | Expr::Element(..)
            | Expr::Builtin(_)
            | Expr::Param(_)
            | Expr::Unary(..)
            | Expr::Binary(..)
            | Expr::Fma(..)
            | Expr::Convert(..)
            | Expr::Load(_) => text,
        }
    }

    fn expr(&self, expr: &Expr) -> String {
        match expr {
            Expr::Float(value) => format!("{value:?}"),
            Expr::Int(Scalar::I32, bits) => (*bits as u32 as i32).to_string(),
            Expr::Int(Scalar::I8, bits) => format!("{}i8", *bits as u8 as i8),
            Expr::Int(scalar, bits) => format!("{}{}", *bits as i64, scalar_name(*scalar)),
            Expr::Bool(bit) => bit.to_string(),
            Expr::Var(var) => self.var(*var).to_string(),
            Expr::Element(var, index) => format!("{}[{}]", self.var(*var), self.expr(index)),
            Expr::Builtin(Builtin::Thread) => "thread".into(),
            Expr::Builtin(Builtin::Lane) => "lane".into(),
            Expr::Builtin(Builtin::Subgroup) => "subgroup".into(),
            Expr::Builtin(Builtin::Program(axis)) => format!("program.{}", axis.name()),
            Expr::Param(param) => self.kernel.params.get(*param).map_or_else(|| "?".into(), |param| param.name.clone()),
            Expr::Unary(op, x) => format!("{}({})", unary_name(*op), self.expr(x)),
            Expr::Binary(op, x, y) => match infix(*op) {
                Some(sign) => format!("{} {sign} {}", self.operand(x), self.operand(y)),
                None => format!("{}({}, {})", prefix(*op), self.expr(x), self.expr(y)),
            },
            Expr::Fma(x, y, z) => format!("fma({}, {}, {})", self.expr(x), self.expr(y), self.expr(z)),
            Expr::Compare(predicate, x, y) => {
                format!("{} {} {}", self.operand(x), predicate_sign(*predicate), self.operand(y))
            }
            Expr::Select(condition, x, y) => {
                format!("if {} {{ {} }} else {{ {} }}", self.expr(condition), self.expr(x), self.expr(y))
            }
            Expr::Convert(convert, x) => {
                let x = self.expr(x);
                match convert {
                    Convert::Round(elem) => format!("round_{elem}({x})"),
                    Convert::SignedToFloat => format!("signed_to_f32({x})"),
                    Convert::UnsignedToFloat => format!("unsigned_to_f32({x})"),
                    Convert::FloatToSigned(to) => format!("to_signed_{}({x})", scalar_name(*to)),
                    Convert::FloatToUnsigned(to) => format!("to_unsigned_{}({x})", scalar_name(*to)),
                    Convert::SignExtend(to) => format!("sign_extend_{}({x})", scalar_name(*to)),
                    Convert::ZeroExtend(to) => format!("zero_extend_{}({x})", scalar_name(*to)),
                    Convert::Truncate(to) => format!("truncate_{}({x})", scalar_name(*to)),
                    Convert::Bits(to) => format!("bits_{}({x})", scalar_name(*to)),
                }
            }
            Expr::Load(place) => self.place(place),
        }
    }
}

const fn unary_name(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Neg => "neg",
        UnaryOp::Abs => "abs",
        UnaryOp::Exp => "exp",
        UnaryOp::Log => "log",
        UnaryOp::Sqrt => "sqrt",
        UnaryOp::Rsqrt => "rsqrt",
        UnaryOp::Tanh => "tanh",
        UnaryOp::Sin => "sin",
        UnaryOp::Cos => "cos",
        UnaryOp::Floor => "floor",
    }
}

/// The sign of an operation that is written between its operands; `u` marks unsigned ones.
const fn infix(op: BinaryOp) -> Option<&'static str> {
    Some(match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::DivF | BinaryOp::DivS => "/",
        BinaryOp::DivU => "/u",
        BinaryOp::RemS => "%",
        BinaryOp::RemU => "%u",
        BinaryOp::And => "&",
        BinaryOp::Or => "|",
        BinaryOp::Xor => "^",
        BinaryOp::Shl => "<<",
        BinaryOp::ShrS => ">>",
        BinaryOp::ShrU => ">>u",
        BinaryOp::MinF | BinaryOp::MaxF | BinaryOp::MinS | BinaryOp::MaxS | BinaryOp::MinU | BinaryOp::MaxU => {
            return None;
        }
    })
}

const fn prefix(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::MinF | BinaryOp::MinS => "min",
        BinaryOp::MaxF | BinaryOp::MaxS => "max",
        BinaryOp::MinU => "min_u",
        BinaryOp::MaxU => "max_u",
        BinaryOp::Add
        | BinaryOp::Sub
        | BinaryOp::Mul
        | BinaryOp::DivF
        | BinaryOp::DivS
        | BinaryOp::DivU
        | BinaryOp::RemS
        | BinaryOp::RemU
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Xor
        | BinaryOp::Shl
        | BinaryOp::ShrS
        | BinaryOp::ShrU => "",
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
