//! A kernel in pieces: for targets where several functions together do what one core does.

use std::collections::BTreeMap;

use emit::{Helpers, Text, Writer};
use lower_dma::ir::{Buffer, BufferData, CoreKernel, Expr, Stmt, Var};
use tile_ir::Loc;

use super::{COMMENT, INDENT, Printer};
use crate::area::{Area, Role};
use crate::dialect::{Dialect, Parameter};
use crate::lines::Lines;

/// Writes functions one after another, in the order in which their statements run. They share parameters, buffers and the variables that
/// are kept in memory.
pub struct Pieces<'a>(Printer<'a>);

impl<'a> Pieces<'a> {
    /// Before the first function. `kept` are variables that outlive a function, with the text that each is read and assigned by.
    #[must_use]
    pub fn new(kernel: &'a CoreKernel, dialect: &'a dyn Dialect, kept: &BTreeMap<Var, String>) -> Pieces<'a> {
        let mut printer = Printer::new(kernel, dialect);
        for (var, text) in kept {
            printer.vars[var.0 as usize] = Some(text.clone());
        }
        printer.kept = kept.keys().copied().collect();
        Pieces(printer)
    }

    /// The kernel's name in texts.
    #[must_use]
    pub fn entry(&self) -> &str {
        &self.0.entry
    }

    /// The parameters, with names chosen.
    #[must_use]
    pub fn params(&self) -> &[Parameter] {
        &self.0.params
    }

    /// The name of the core's number.
    #[must_use]
    pub fn core(&self) -> &str {
        &self.0.core
    }

    /// A buffer as a whole, by name.
    #[must_use]
    pub fn buffer(&self, buffer: Buffer) -> Area<'_> {
        let data: &BufferData = self.0.kernel.buffer(buffer);
        let (name, role) = (&self.0.buffers[buffer.0 as usize], Role::Work);
        let offset = Text::atom("0");
        Area { name, buffer: data, role, offset, rows: data.rows, cols: data.cols, pitch: data.pitch }
    }

    /// A name for a function, which nothing else has.
    pub fn name(&mut self, wanted: &str) -> String {
        self.0.namer.name(wanted)
    }

    /// A function: its head, and what writes its body.
    pub fn function(&mut self, head: &str, body: impl FnOnce(&mut Self)) {
        self.0.body.open(head);
        self.0.namer.push();
        body(self);
        self.0.namer.pop();
        self.0.body.close("}");
        self.0.body.blank();
    }

    /// A line of the current function.
    pub fn line(&mut self, line: &str) {
        self.0.body.line(line);
    }

    /// The next lines come from `loc`.
    pub fn at(&mut self, loc: &Loc) {
        self.0.body.at(loc);
    }

    /// Statements of the current function.
    pub fn statements(&mut self, stmts: &[Stmt]) {
        self.0.block(stmts);
    }

    /// An expression of the current function.
    pub fn expr(&mut self, expr: &Expr) -> Text {
        self.0.expr(expr)
    }

    /// What a variable that is kept is read by.
    pub fn kept(&mut self, var: Var) -> String {
        self.0.var(var)
    }

    /// The variable of a loop whose turns are calls of functions: what its turns are is known from here on.
    pub fn turns(&mut self, var: Var, [lower, upper, step]: [&Expr; 3]) {
        let known = self.0.ranges.turns(lower, upper, step);
        self.0.ranges.define(var, known);
    }

    /// An element of a buffer or view that was read as a number of its storage type, as scalar code holds it.
    pub fn held(&mut self, elem: tile_ir::Elem, value: Text) -> Text {
        self.0.held(elem, value)
    }

    /// Where helper functions are asked for.
    pub fn lines(&mut self) -> Lines<'_> {
        self.0.lines()
    }

    /// All functions, and the helpers that they call.
    ///
    /// # Errors
    /// The first broken rule of core programs.
    pub fn finish(self) -> Result<(Helpers, Writer), String> {
        match self.0.broken {
            Some(detail) => Err(detail),
            None => Ok((self.0.helpers, self.0.body)),
        }
    }

    /// An empty text of the same form.
    #[must_use]
    pub fn writer() -> Writer {
        Writer::new(INDENT, COMMENT)
    }
}
