//! The walk over a kernel. One file per family of statements or expressions.

mod binary;
mod control;
mod convert;
mod expr;
mod head;
mod memory;
mod pieces;

use std::collections::{BTreeMap, BTreeSet};

use emit::{Described, Header, Helpers, Namer, Source, Text, Writer, describe};
use lower_dma::Error;
use lower_dma::ir::{Buffer, CoreKernel, Stmt, StmtKind, Var};
use lower_dma::ranges::Ranges;
use tile_ir::ViewId;

use crate::area::Role;
use crate::dialect::{Dialect, Order, Parameter, Signature};
use crate::lines::Lines;
use crate::number;

pub use pieces::Pieces;

/// One level's blanks.
const INDENT: &str = "    ";
/// What starts a comment.
const COMMENT: &str = "//";

/// Key of the helper that declares memory beside the buffers, [`crate::Facts::scratch`]: where it is needed the memory counts.
pub const SCRATCH: &str = "scratch";

/// Prints a kernel.
///
/// # Errors
/// [`Error::Broken`] where the kernel breaks a rule of core programs, or needs what the dialect lacks: a mistake of
/// whoever made it.
pub fn print(kernel: &CoreKernel, dialect: &dyn Dialect) -> Result<Source, Error> {
    let facts = dialect.facts();
    let mut printer = Printer::new(kernel, dialect);
    let signature = Signature {
        entry: &printer.entry.clone(),
        params: &printer.params.clone(),
        cores: kernel.cores,
        local_bytes: facts.target.used(kernel),
    };
    let head = printer.head(&signature);
    printer.block(&kernel.body);
    for line in dialect.finish() {
        printer.body.line(&line);
    }
    printer.body.close("}");
    if let Some(detail) = printer.broken {
        let (kernel, loc) = (kernel.name.clone(), kernel.loc.clone());
        return Err(Error::Broken { target: facts.target.name, kernel, detail, loc });
    }

    let scratch = if printer.helpers.has(SCRATCH) { facts.scratch } else { 0 };
    let used = signature.local_bytes + scratch;
    let header = Header {
        comment: COMMENT,
        language: facts.language,
        target: facts.target.name,
        kernel: signature.entry,
        grid: kernel.grid,
        facts: &[("cores", kernel.cores.to_string()), (facts.space, format!("{used} bytes"))],
    };
    let mut writer = Writer::new(INDENT, COMMENT);
    writer.line(&header.line());
    for line in dialect.preamble() {
        writer.line(&line);
    }
    writer.blank();
    for helper in printer.helpers.texts() {
        writer.line(helper);
        writer.blank();
    }
    for line in dialect.storage(&signature) {
        writer.line(&line);
    }
    writer.blank();
    writer.append(head);
    writer.append(printer.body);
    let launch = dialect.launch(&signature);
    if !launch.is_empty() {
        writer.blank();
    }
    for line in launch {
        writer.line(&line);
    }
    let (text, lines) = writer.finish();
    let file = format!("{}.{}", kernel.name, facts.extension);
    let kernel = describe(Described {
        family: &kernel.family,
        entry: printer.entry,
        file: file.clone(),
        tuning: &kernel.tuning,
        params: &kernel.params,
        grid: kernel.grid,
        block: [1, 1, 1],
        budgets: BTreeMap::from([(facts.space.to_owned(), used)]),
        dependent: false,
        needs: vec![],
        push_constant_bytes: 0,
        workgroups: Some([kernel.cores, 1, 1]),
        lines,
    });
    Ok(Source { file, text, binary: None, parts: vec![], kernel })
}

/// What is known while a kernel is printed.
struct Printer<'a> {
    kernel: &'a CoreKernel,
    dialect: &'a dyn Dialect,
    namer: Namer,
    helpers: Helpers,
    /// Everything from the first statement on; stands one level deep until the end.
    body: Writer,
    entry: String,
    params: Vec<Parameter>,
    /// Names of local buffers, in order.
    buffers: Vec<String>,
    roles: Vec<Role>,
    /// The name of the core's number.
    core: String,
    vars: Vec<Option<String>>,
    /// Variables that outlive a function, whose text is in `vars` from the start.
    kept: BTreeSet<Var>,
    ranges: Ranges<'a>,
    /// The first broken rule.
    broken: Option<String>,
}

impl<'a> Printer<'a> {
    fn new(kernel: &'a CoreKernel, dialect: &'a dyn Dialect) -> Printer<'a> {
        let facts = dialect.facts();
        let reserved = [facts.reserved, &[number::HELPERS]].concat();
        let entry = Namer::new(&[&reserved[..], &[facts.reserved_entries]].concat()).name(&kernel.name);
        let mut namer = Namer::new(&reserved);
        let entry = namer.name(&entry);
        let params = head::parameters(kernel, &mut namer);
        let buffers = kernel.buffers.iter().map(|buffer| namer.name(&buffer.name)).collect();
        let core = namer.name("core");
        Printer {
            kernel,
            dialect,
            namer,
            helpers: Helpers::default(),
            body: Writer::new(INDENT, COMMENT),
            entry,
            params,
            buffers,
            roles: head::roles(kernel),
            core,
            vars: vec![None; kernel.vars.len()],
            kept: BTreeSet::new(),
            ranges: Ranges::new(kernel),
            broken: None,
        }
    }

    /// Notes a broken rule; what is printed for it does not matter, because it is thrown away.
    fn fail(&mut self, detail: impl Into<String>) {
        self.broken.get_or_insert_with(|| detail.into());
    }

    /// Declares functions for the core.
    fn function(&self) -> &'static str {
        self.dialect.facts().function
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
        self.body.at(&stmt.loc);
        match &stmt.kind {
            StmtKind::Let { var, value } => {
                let text = self.expr(value);
                let known = self.ranges.of(value);
                self.define(*var, &text, known);
            }
            StmtKind::Assign { var, value } => {
                let text = self.expr(value);
                let name = self.var(*var);
                self.body.line(&format!("{name} = {};", text.text));
            }
            StmtKind::Read { var, buffer, offset } => self.read(*var, *buffer, offset),
            StmtKind::ReadGlobal { var, view, offset } => self.read_global(*var, *view, offset),
            StmtKind::Write { buffer, offset, value } => self.write(*buffer, offset, value),
            StmtKind::CopyIn(copy) => self.copy(copy, true),
            StmtKind::CopyOut(copy) => self.copy(copy, false),
            StmtKind::Vector { op, dst, args } => self.vector(*op, dst, args),
            StmtKind::For { var, lower, upper, step, body } => self.for_loop(*var, [lower, upper, step], body),
            StmtKind::While { before, condition, body } => self.while_loop(before, condition, body),
            StmtKind::If { condition, then, otherwise } => self.branch(condition, then, otherwise),
            StmtKind::Signal { from, to, event } => self.order(Order::Signal { from: *from, to: *to, event: *event }),
            StmtKind::Await { from, to, event } => self.order(Order::Await { from: *from, to: *to, event: *event }),
            StmtKind::Barrier(pipe) => self.order(Order::Barrier(*pipe)),
            StmtKind::Drain(pipe) => self.order(Order::Drain(*pipe)),
            StmtKind::Fence => self.order(Order::Fence),
        }
    }

    fn order(&mut self, order: Order) {
        match self.dialect.order(order) {
            Some(line) => self.body.line(&line),
            None => self.fail(format!("the language has no {order:?}")),
        }
    }

    /// Declares a variable.
    fn define(&mut self, var: Var, value: &Text, known: Option<lower_dma::ranges::Interval>) {
        let Some(data) = self.kernel.vars.get(var.0 as usize) else {
            self.fail(format!("variable {} does not exist", var.0));
            return;
        };
        if self.kept.contains(&var) {
            let name = self.var(var);
            self.body.line(&format!("{name} = {};", value.text));
            self.ranges.define(var, known);
            return;
        }
        let name = self.namer.name(&data.name);
        let constant = if self.ranges.changes(var) { "" } else { "const " };
        self.body.line(&format!("{constant}{} {name} = {};", number::c_type(data.scalar), value.text));
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

    fn buffer(&mut self, buffer: Buffer) -> (String, &'a lower_dma::ir::BufferData) {
        let name = self.buffers.get(buffer.0 as usize).cloned().unwrap_or_default();
        (name, self.kernel.buffer(buffer))
    }

    fn role(&self, buffer: Buffer) -> Role {
        self.roles.get(buffer.0 as usize).copied().unwrap_or_default()
    }

    fn view(&mut self, view: ViewId) -> String {
        match self.params.get(view.index()) {
            Some(param) => param.name.clone(),
            None => {
                self.fail(format!("parameter {} does not exist", view.index()));
                String::new()
            }
        }
    }

    fn lines(&mut self) -> Lines<'_> {
        Lines { body: &mut self.body, namer: &mut self.namer, helpers: &mut self.helpers }
    }
}
