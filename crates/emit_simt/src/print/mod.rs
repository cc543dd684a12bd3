//! The walk over a kernel. One file per family of statements or expressions.

mod binary;
mod control;
mod convert;
mod expr;
mod head;
mod matrix;
mod memory;
mod range;
mod reduce;

use std::collections::BTreeMap;

use emit::{Described, Header, Namer, Source, Writer, describe};
use lower_simt::Error;
use lower_simt::ir::{Builtin, Fragment, LaneKernel, Shared, Stmt, StmtKind, Var};

use crate::dialect::Dialect;
use emit::Helpers;

/// One level's blanks.
const INDENT: &str = "    ";
/// What starts a comment.
const COMMENT: &str = "//";

/// Prints a kernel.
///
/// # Errors
/// [`Error::Broken`] where the kernel breaks a rule of lane programs, or needs what the dialect lacks: a mistake of
/// whoever made it.
pub fn print(kernel: &LaneKernel, dialect: &dyn Dialect) -> Result<Source, Error> {
    let mut printer = Printer::new(kernel, dialect);
    let head = printer.head();
    printer.block(&kernel.body);
    printer.body.close("}");
    if let Some(detail) = printer.broken {
        return Err(Error::Broken {
            target: dialect.facts().target,
            kernel: kernel.name.clone(),
            detail,
            loc: kernel.loc.clone(),
        });
    }

    let facts = dialect.facts();
    let shared = kernel.shared_bytes();
    let header = Header {
        comment: COMMENT,
        language: facts.language,
        target: facts.target,
        kernel: &printer.entry,
        grid: kernel.grid,
        facts: &[("threads", kernel.threads.to_string()), ("shared", format!("{shared} bytes"))],
    };
    let mut writer = Writer::new(INDENT, COMMENT);
    writer.line(&header.line());
    for line in dialect.preamble(kernel) {
        writer.line(&line);
    }
    writer.blank();
    for helper in printer.helpers.texts() {
        writer.line(helper);
        writer.blank();
    }
    writer.append(head);
    writer.append(printer.body);
    let (text, lines) = writer.finish();

    let mut budgets = BTreeMap::from([("shared".to_owned(), shared)]);
    if shared > facts.static_shared {
        budgets.insert("dynamic_shared".to_owned(), kernel.array_bytes());
    }
    let dependent = kernel.early.is_some();
    let file = format!("{}.{}", kernel.name, facts.extension);
    let kernel = describe(Described {
        family: &kernel.family,
        entry: printer.entry,
        file: file.clone(),
        tuning: &kernel.tuning,
        params: &kernel.params,
        grid: kernel.grid,
        block: [u64::from(kernel.threads), 1, 1],
        budgets,
        dependent,
        needs: vec![],
        push_constant_bytes: 0,
        workgroups: None,
        lines,
    });
    Ok(Source { file, text, binary: None, parts: vec![], kernel })
}

/// What is known while a kernel is printed.
struct Printer<'a> {
    kernel: &'a LaneKernel,
    dialect: &'a dyn Dialect,
    namer: Namer,
    helpers: Helpers,
    /// Everything from the first statement on; stands one level deep until the end.
    body: Writer,
    entry: String,
    /// Names of parameters, in order.
    params: Vec<String>,
    /// Names of shared arrays, in order.
    shared: Vec<String>,
    /// By array that weights are copied to: the statement that waits for them.
    waits: BTreeMap<Shared, String>,
    /// The statement that waits for earlier kernels.
    wait: Option<String>,
    /// How built-in numbers are read.
    builtins: BTreeMap<Builtin, String>,
    vars: Vec<VarState>,
    /// Names of fragments; `None` before their declaration.
    fragments: Vec<Option<String>>,
    /// The first broken rule.
    broken: Option<String>,
}

/// What is known of a variable so far.
#[derive(Clone, Debug, Default)]
struct VarState {
    /// Its name; `None` before its declaration.
    name: Option<String>,
    /// Whether it may be assigned.
    changes: bool,
    /// Largest value, if it is proven not to be negative.
    bound: Option<u64>,
}

impl<'a> Printer<'a> {
    fn new(kernel: &'a LaneKernel, dialect: &'a dyn Dialect) -> Printer<'a> {
        let reserved = dialect.facts().reserved;
        let entry = Namer::new(&[reserved, &[dialect.facts().reserved_entries]].concat()).name(&kernel.name);
        let mut namer = Namer::new(reserved);
        let entry = namer.name(&entry);
        let params = kernel.params.iter().map(|param| namer.name(&param.name)).collect();
        Printer {
            kernel,
            dialect,
            namer,
            helpers: Helpers::default(),
            body: Writer::new(INDENT, COMMENT),
            entry,
            params,
            shared: Vec::new(),
            waits: BTreeMap::new(),
            wait: None,
            builtins: BTreeMap::new(),
            vars: vec![VarState::default(); kernel.vars.len()],
            fragments: vec![None; kernel.fragments.len()],
            broken: None,
        }
    }

    /// Notes a broken rule; what is printed for it does not matter, because it is thrown away.
    fn fail(&mut self, detail: impl Into<String>) {
        self.broken.get_or_insert_with(|| detail.into());
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
            StmtKind::Let { var, value } => self.define(*var, value),
            StmtKind::Declare { var, init } => self.declare(*var, init.as_ref()),
            StmtKind::Assign { var, index, value } => self.assign(*var, index.as_ref(), value),
            StmtKind::Store { place, value } => self.store(place, value),
            StmtKind::LoadVector { var, index, place, lanes } => self.load_vector(*var, index, place, *lanes),
            StmtKind::StoreVector { place, var, index, lanes } => self.store_vector(place, *var, index, *lanes),
            StmtKind::LaneReduce { var, index, op, lanes } => self.lane_reduce(*var, index.as_ref(), *op, *lanes),
            StmtKind::Barrier { global, shared } => self.barrier(*global, *shared),
            StmtKind::AwaitCopy { array } => self.await_copy(*array),
            StmtKind::AwaitEarlier => self.await_earlier(),
            StmtKind::For { var, lower, upper, step, unroll, body } => {
                self.for_loop(*var, [lower, upper, step], *unroll, body);
            }
            StmtKind::While { before, condition, body } => self.while_loop(before, condition, body),
            StmtKind::If { condition, then, otherwise } => self.branch(condition, then, otherwise),
            StmtKind::Matrix(op) => self.matrix(op),
        }
    }

    /// Chooses the name of a variable where it is declared.
    fn new_var(&mut self, var: Var, changes: bool, bound: Option<u64>) -> String {
        let Some(data) = self.kernel.vars.get(var.0 as usize) else {
            self.fail(format!("variable {} does not exist", var.0));
            return String::new();
        };
        let name = self.namer.name(&data.name);
        self.vars[var.0 as usize] = VarState { name: Some(name.clone()), changes, bound };
        name
    }

    /// The name of a declared variable.
    fn var(&mut self, var: Var) -> String {
        match self.vars.get(var.0 as usize).map(|state| state.name.clone()) {
            Some(Some(name)) => name,
            Some(None) | None => {
                self.fail(format!("variable {} is used before its declaration", var.0));
                String::new()
            }
        }
    }

    /// The name of a declared fragment.
    fn fragment(&mut self, fragment: Fragment) -> String {
        match self.fragments.get(fragment.0 as usize).cloned() {
            Some(Some(name)) => name,
            Some(None) | None => {
                self.fail(format!("fragment {} is used before its declaration", fragment.0));
                String::new()
            }
        }
    }
}
