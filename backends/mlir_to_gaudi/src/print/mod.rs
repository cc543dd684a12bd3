//! The walk over a kernel. One file per family of statements or expressions.

mod branches;
mod casts;
mod control;
mod copies;
mod elements;
mod elementwise;
mod head;
mod helpers;
mod integers;
mod kinds;
mod lanes;
mod loops;
mod moves;
mod operands;
mod quotients;
mod reduce;
mod scalars;
mod uniform;

use std::collections::{BTreeMap, BTreeSet};

use emit::{Described, Header, Helpers, Namer, Source, Text, Writer, describe};
use lower_dma::Error;
use lower_dma::ir::{Buffer, CoreKernel, Expr, Scalar, Stmt, StmtKind, Var};
use lower_dma::narrow::Words;
use lower_dma::ranges::{Interval, Ranges};
use tile_ir::{Loc, ViewId};

use bundle::members::TENSORS;

use crate::limits::LINE;
use crate::{TARGET as NAME, names, types};
use head::Array;
use kinds::Kinds;

/// One level's blanks.
const INDENT: &str = "    ";
/// What starts a comment.
const COMMENT: &str = "//";

/// Prints a lowered kernel.
///
/// # Errors
/// [`Error::Limit`] where index arithmetic may leave 32 bits, or there are too many parameters; [`Error::Broken`] where the kernel breaks a
/// rule of core programs.
pub fn print(kernel: &CoreKernel) -> Result<Source, Error> {
    let mut printer = Printer::new(kernel);
    printer.start();
    printer.block(&kernel.body);
    printer.end();
    printer.parameters();
    if let Some(problem) = printer.problem {
        return Err(problem);
    }
    let used = printer.arrays.iter().map(|array| array.vectors * crate::limits::VECTOR).sum::<u64>();
    let scratch = if printer.scratch { LINE } else { 0 };
    let header = Header {
        comment: COMMENT,
        language: "TPC-C (Intel Gaudi 2)",
        target: NAME,
        kernel: &kernel.name,
        grid: kernel.grid,
        facts: &[
            ("members", kernel.cores.to_string()),
            ("vlm", format!("{used} bytes")),
            ("scratch", format!("{scratch} bytes a member")),
        ],
    };
    let mut writer = Writer::new(INDENT, COMMENT);
    writer.line(&header.line());
    writer.blank();
    for helper in printer.helpers.texts() {
        writer.line(helper);
        writer.blank();
    }
    writer.append(printer.arrays_text());
    writer.blank();
    writer.append(printer.head_text());
    writer.append(printer.body);
    let (text, lines) = writer.finish();
    let file = format!("{}.{}", kernel.name, names::EXTENSION);
    let mut described = describe(Described {
        family: &kernel.family,
        entry: names::ENTRY.to_owned(),
        file: file.clone(),
        tuning: &kernel.tuning,
        params: &kernel.params,
        grid: kernel.grid,
        block: [1, 1, 1],
        budgets: BTreeMap::from([("vlm".to_owned(), used)]),
        dependent: false,
        needs: vec![],
        push_constant_bytes: 0,
        workgroups: Some([kernel.cores, 1, 1]),
        lines,
    });
    described.scratch_bytes = scratch;
    Ok(Source { file, text, binary: None, parts: vec![], kernel: described })
}

/// What is known while a kernel is printed.
struct Printer<'a> {
    kernel: &'a CoreKernel,
    namer: Namer,
    helpers: Helpers,
    /// Everything from the first statement on.
    body: Writer,
    /// By parameter: its name, and that of the tensor that it is loaded from, if there is one.
    params: Vec<String>,
    inputs: Vec<Option<String>>,
    arrays: Vec<Array>,
    /// By buffer: the array that holds it.
    buffers: Vec<usize>,
    /// Buffers of which single elements are written.
    patched: BTreeSet<Buffer>,
    /// By variable, once it is declared.
    vars: Vec<Option<String>>,
    kinds: Kinds,
    ranges: Ranges<'a>,
    /// Which numbers of 64 bits fit in 32.
    words: Words<'a>,
    /// The member, and the index of tensors that is set before each access.
    member: String,
    at: String,
    /// Whether the scratch tensor is needed.
    scratch: bool,
    /// Views that may have been stored into since the last wait.
    stored: BTreeSet<ViewId>,
    loc: Loc,
    /// The first problem.
    problem: Option<Error>,
}

impl<'a> Printer<'a> {
    fn new(kernel: &'a CoreKernel) -> Printer<'a> {
        let mut namer = Namer::new(&[names::WORDS, names::FUNCTIONS, helpers::NAMES, emit::words::CPP]);
        let params: Vec<String> = kernel.params.iter().map(|param| namer.name(&param.name)).collect();
        let inputs = head::inputs(kernel, &params, &mut namer);
        let (arrays, buffers) = head::arrays(kernel, &mut namer);
        let [member, at] = ["member", "at"].map(|name| namer.name(name));
        Printer {
            kernel,
            namer,
            helpers: Helpers::default(),
            body: Writer::new(INDENT, COMMENT),
            params,
            inputs,
            arrays,
            buffers,
            patched: elements::patched(kernel),
            vars: vec![None; kernel.vars.len()],
            kinds: Kinds::new(kernel),
            ranges: Ranges::new(kernel),
            words: Words::new(kernel),
            member,
            at,
            scratch: false,
            stored: BTreeSet::new(),
            loc: kernel.loc.clone(),
            problem: None,
        }
    }

    /// Notes a broken rule; what is printed for it does not matter, because it is thrown away.
    fn fail(&mut self, detail: impl Into<String>) {
        if self.problem.is_none() {
            let (kernel, loc) = (self.kernel.name.clone(), self.loc.clone());
            self.problem = Some(Error::Broken { target: NAME, kernel, detail: detail.into(), loc });
        }
    }

    /// Notes that a number may leave 32 bits.
    fn leaves(&mut self, what: &str) {
        if self.problem.is_none() {
            self.problem = Some(Error::Limit {
                target: NAME,
                kernel: self.kernel.name.clone(),
                what: format!("bits of {what}, which is not known to fit in `i32`,"),
                needed: 64,
                limit: 32,
                loc: self.loc.clone(),
                help: "numbers of 64 bits do not exist on this target: bound the number, or use `i32`".to_owned(),
            });
        }
    }

    /// Statements of a block, in the current scope.
    fn block(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            self.stmt(stmt);
        }
    }

    /// Statements of a block, in a scope of their own.
    fn scope(&mut self, stmts: &[Stmt]) {
        self.namer.push();
        self.block(stmts);
        self.namer.pop();
    }

    fn stmt(&mut self, stmt: &Stmt) {
        if stmt.loc != Loc::Unknown {
            self.loc = stmt.loc.clone();
        }
        self.body.at(&stmt.loc);
        match &stmt.kind {
            StmtKind::Let { var, value } => self.let_var(*var, value),
            StmtKind::Assign { var, value } => self.assign(*var, value),
            StmtKind::Read { var, buffer, offset } => self.read(*var, *buffer, offset),
            StmtKind::ReadGlobal { var, view, offset } => self.read_global(*var, *view, offset),
            StmtKind::Write { buffer, offset, value } => self.write(*buffer, offset, value),
            StmtKind::CopyIn(copy) => self.copy_in(copy),
            StmtKind::CopyOut(copy) => self.copy_out(copy),
            StmtKind::Vector { op, dst, args } => self.vector(*op, dst, args),
            StmtKind::For { var, lower, upper, step, body } => self.for_loop(*var, [lower, upper, step], body),
            StmtKind::While { before, condition, body } => self.while_loop(before, condition, body),
            StmtKind::If { condition, then, otherwise } => self.branch(condition, then, otherwise),
            // Everything is in order; loads that need it wait by themselves.
            StmtKind::Drain(_) | StmtKind::Fence => {}
            StmtKind::Signal { .. } | StmtKind::Await { .. } | StmtKind::Barrier(_) => {
                self.fail("the language has no flags and no barriers");
            }
        }
    }

    fn let_var(&mut self, var: Var, value: &Expr) {
        let known = self.ranges.of(value);
        self.words.define(&self.ranges, var, value);
        let text = self.value(var, value);
        self.define(var, &text, known);
    }

    fn assign(&mut self, var: Var, value: &Expr) {
        let text = self.value(var, value);
        let name = self.var(var);
        self.body.line(&format!("{name} = {};", text.text));
    }

    /// What a variable is given. A scalar is for all lanes of a vector, but truths are numbers there.
    fn value(&mut self, var: Var, value: &Expr) -> Text {
        let truth = value.scalar(self.kernel) == Scalar::Bool;
        if self.is_uniform(value) || (truth && self.kinds.is_uniform(var)) {
            self.uniform(value)
        } else {
            self.scalar(value)
        }
    }

    /// Declares a variable.
    fn define(&mut self, var: Var, value: &Text, known: Option<Interval>) {
        let Some(data) = self.kernel.vars.get(var.0 as usize) else {
            self.fail(format!("variable {} does not exist", var.0));
            return;
        };
        let name = self.namer.name(&data.name);
        let constant = if self.ranges.changes(var) { "" } else { "const " };
        let ty = if self.kinds.is_uniform(var) { types::uniform(data.scalar) } else { types::number(data.scalar) };
        self.body.line(&format!("{constant}{ty} {name} = {};", value.text));
        self.vars[var.0 as usize] = Some(name);
        self.ranges.define(var, known);
    }

    /// The name of a declared variable.
    fn var(&mut self, var: Var) -> String {
        match self.vars.get(var.0 as usize).cloned() {
            Some(Some(name)) => name,
            Some(None) | None => {
                self.fail(format!("variable {} is used before its declaration", var.0));
                String::new()
            }
        }
    }

    /// The tensor that a view is loaded from, or stored into.
    fn view(&mut self, view: ViewId, stored: bool) -> String {
        if self.params.len() <= view.index() {
            self.fail(format!("parameter {} does not exist", view.index()));
            return String::new();
        }
        if stored {
            return self.params[view.index()].clone();
        }
        match &self.inputs[view.index()] {
            Some(name) => name.clone(),
            None => {
                self.too_many(TENSORS + 1, TENSORS, "tensors, of which a view that is read and written has two,");
                String::new()
            }
        }
    }

    /// Whether an integer fits in 32 bits.
    fn fits(&self, expr: &Expr) -> bool {
        self.words.fits(&self.ranges, expr)
    }
}
