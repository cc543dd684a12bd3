//! The walk over a kernel. One file per family of statements or expressions.

mod arguments;
mod binary;
mod build;
mod control;
mod convert;
mod expr;
mod float16;
mod groups;
mod head;
mod lanes;
mod log_exp;
mod maths;
mod memory;
mod needs;
mod trig;
mod vectors;

use std::collections::{BTreeMap, BTreeSet};

use bundle::manifest::Need;
use emit::{Binary, Described, Header, Source, describe};
use lower_simt::Error;
use lower_simt::ir::{Builtin, LaneKernel, Stmt, StmtKind, Var};

use crate::asm::{COMMENT, Function, Id, Module, Ty};
use crate::{limits, names};

/// Prints a kernel.
pub(crate) fn print(kernel: &LaneKernel) -> Result<Source, Error> {
    let arguments = arguments::Arguments::of(kernel)?;
    let groups = groups::Groups::of(kernel)?;
    let mut printer = Printer::new(kernel);
    printer.kernel(&arguments, &groups);
    if let Some(detail) = printer.broken {
        let (name, loc) = (kernel.name.clone(), kernel.loc.clone());
        return Err(Error::Broken { target: crate::TARGET, kernel: name, detail, loc });
    }

    let shared = kernel.array_bytes() + printer.exchange.values().map(|(_, bytes)| bytes).sum::<u64>();
    if shared > limits::SHARED_BYTES {
        return Err(Error::Limit {
            target: crate::TARGET,
            kernel: kernel.name.clone(),
            what: "shared memory, with what lanes exchange numbers of several types through, in bytes,".to_owned(),
            needed: shared,
            limit: limits::SHARED_BYTES,
            loc: kernel.loc.clone(),
            help: "use smaller blocks, or reduce numbers of one type only".to_owned(),
        });
    }
    let header = Header {
        comment: COMMENT,
        language: "SPIR-V 1.5 for Vulkan 1.2",
        target: crate::TARGET,
        kernel: &kernel.name,
        grid: kernel.grid,
        facts: &[
            ("threads", kernel.threads.to_string()),
            ("shared", format!("{shared} bytes")),
            ("push constants", format!("{} bytes", arguments.bytes)),
        ],
    };
    let written = printer.module.write(&header.line());
    let file = format!("{}.{}", kernel.name, names::EXTENSION);
    let binary = Binary {
        file: format!("{}.{}", kernel.name, names::BINARY_EXTENSION),
        bytes: written.words.iter().flat_map(|word| word.to_le_bytes()).collect(),
    };
    let kernel = describe(Described {
        family: &kernel.family,
        entry: kernel.name.clone(),
        file: binary.file.clone(),
        tuning: &kernel.tuning,
        params: &kernel.params,
        grid: kernel.grid,
        block: [u64::from(kernel.threads), 1, 1],
        budgets: BTreeMap::from([("shared".to_owned(), shared)]),
        dependent: false,
        needs: printer.needs.into_iter().collect(),
        push_constant_bytes: arguments.bytes,
        workgroups: groups.folded(),
        lines: written.lines,
    });
    Ok(Source { file, text: written.text, binary: Some(binary), parts: vec![], kernel })
}

/// What is known while a kernel is printed.
struct Printer<'a> {
    kernel: &'a LaneKernel,
    module: Module,
    /// The function that instructions go to.
    function: Function,
    /// The block that instructions go to.
    block: Id,
    needs: BTreeSet<Need>,
    /// By parameter: the address of a view, the value of a scalar.
    params: Vec<Option<Id>>,
    /// By shared array: its variable.
    shared: Vec<Id>,
    builtins: BTreeMap<Builtin, Id>,
    vars: Vec<Option<Slot>>,
    /// Helper functions by name.
    helpers: BTreeMap<String, Id>,
    /// Arrays that lanes exchange values of a type through, and their bytes.
    exchange: BTreeMap<&'static str, (Id, u64)>,
    /// The first broken rule.
    broken: Option<String>,
}

/// Where a variable lives.
#[derive(Clone, Copy, Debug)]
enum Slot {
    /// It never changes.
    Value(Id),
    /// A variable of one number.
    Scalar(Id, Ty),
    /// An array.
    Array(Id, Ty),
}

impl<'a> Printer<'a> {
    fn new(kernel: &'a LaneKernel) -> Printer<'a> {
        let mut module = Module::new();
        let block = module.fresh();
        Printer {
            kernel,
            module,
            function: Function::default(),
            block,
            needs: BTreeSet::new(),
            params: vec![None; kernel.params.len()],
            shared: Vec::new(),
            builtins: BTreeMap::new(),
            vars: vec![None; kernel.vars.len()],
            helpers: BTreeMap::new(),
            exchange: BTreeMap::new(),
            broken: None,
        }
    }

    /// Notes a broken rule; what is printed for it does not matter, because it is thrown away.
    fn fail(&mut self, detail: impl Into<String>) {
        self.broken.get_or_insert_with(|| detail.into());
    }

    /// Notes a broken rule, and gives something in the place of a value.
    fn no_value(&mut self, detail: impl Into<String>) -> Id {
        self.fail(detail);
        self.module.uint(0)
    }

    /// Statements of a block, one level deeper.
    fn scope(&mut self, stmts: &[Stmt]) {
        self.function.deeper();
        self.stmts(stmts);
        self.function.shallower();
    }

    fn stmts(&mut self, stmts: &[Stmt]) {
        stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        self.function.at(&stmt.loc);
        match &stmt.kind {
            StmtKind::Let { var, value } => self.define(*var, value),
            StmtKind::Declare { var, init } => self.declare(*var, init.as_ref()),
            StmtKind::Assign { var, index, value } => self.assign(*var, index.as_ref(), value),
            StmtKind::Store { place, value } => self.store(place, value),
            StmtKind::LoadVector { var, index, place, lanes } => self.load_vector(*var, index, place, *lanes),
            StmtKind::StoreVector { place, var, index, lanes } => self.store_vector(place, *var, index, *lanes),
            StmtKind::LaneReduce { var, index, op, lanes } => self.lane_reduce(*var, index.as_ref(), *op, *lanes),
            StmtKind::Barrier { global, shared } => self.barrier(*global, *shared),
            StmtKind::For { var, lower, upper, step, unroll, body } => {
                self.for_loop(*var, [lower, upper, step], *unroll, body);
            }
            StmtKind::While { before, condition, body } => self.while_loop(before, condition, body),
            StmtKind::If { condition, then, otherwise } => self.branch(condition, then, otherwise),
            StmtKind::AwaitCopy { .. } => self.fail("a wait for a copy that nobody asked for"),
            StmtKind::AwaitEarlier => self.fail("a wait for earlier kernels, which the language lacks"),
            StmtKind::Matrix(_) => self.fail("an operation of the matrix unit, which this target has not"),
        }
    }

    /// Where a declared variable lives.
    fn slot(&mut self, var: Var) -> Option<Slot> {
        let slot = self.vars.get(var.0 as usize).copied().flatten();
        if slot.is_none() {
            self.fail(format!("variable {} is used before its declaration", var.0));
        }
        slot
    }
}
