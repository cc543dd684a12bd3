//! From a tile program to a lane program.
//!
//! [`plan`] decides where tiles live, [`product`] how sums are spread over threads. Then every operation with an effect, and
//! every kept tile, becomes a *nest*: loops over the elements that a thread is responsible for ([`nest`]), around the
//! elements' expressions ([`eval`]), which reach through virtual tiles down to loads and kept tiles. What does not depend
//! on the inner loops is placed outside of them. Barriers come last ([`crate::barriers`]).

mod ahead;
mod candidates;
mod columns;
mod control;
mod earlier;
mod elementwise;
mod eval;
mod index;
mod layout;
mod limits;
mod matrix;
mod matrix_plan;
mod memory;
mod names;
mod nest;
mod plan;
mod product;
mod reduce;
mod scope;
mod shape;
mod stage;
mod store;
mod streams;
mod teams;
mod tidy;

use std::collections::{BTreeMap, BTreeSet};

use tile_ir::analysis::Analysis;
use tile_ir::{Elem, Kernel, Loc, Module, OpKind, ParamKind, Value, ViewId};

use crate::Error;
use crate::ir::{Expr, LaneKernel, LaneModule, Scalar, Shared, SharedData, Var, VarData};
use crate::target::Target;
use crate::verify::Rule;
use index::{Atoms, Ix, Leaf};
use layout::Layout;
use names::Names;
use plan::{Demoted, Facts, Form, Plan};
use scope::Scope;

/// Lowers one candidate of every kernel family for `target`, in source order.
///
/// # Errors
/// Everything that keeps the module from being lowered, in source order.
pub fn lower(module: &Module, target: &Target) -> Result<LaneModule, Vec<Error>> {
    let module = prepare(module)?;
    let kernels = candidates::choose(&module, target)?;
    Ok(LaneModule { name: module.name.clone(), kernels })
}

/// Lowers one candidate of each of several families that are to stand side by side: each as [`lower`] would, or, on targets whose
/// kernels copy weights ahead, those that together have about as many programs as fill the machine.
///
/// # Errors
/// As [`lower`], of the first family that cannot be lowered.
pub fn lower_beside(families: &[Vec<Kernel>], target: &Target) -> Result<Vec<LaneKernel>, Vec<Error>> {
    let kernels = families.iter().map(|family| {
        let module = Module { name: String::new(), kernels: family.clone() };
        Ok(prepare(&module)?.kernels)
    });
    let families: Vec<Vec<Kernel>> = kernels.collect::<Result<_, Vec<Error>>>()?;
    let borrowed: Vec<Vec<&Kernel>> = families.iter().map(|family| family.iter().collect()).collect();
    if let Some(choice) = candidates::together(&borrowed, target) {
        let lowered: Result<Vec<LaneKernel>, Error> =
            choice.into_iter().map(|kernel| lower_kernel(kernel, target)).collect();
        if let Ok(lowered) = lowered {
            return Ok(lowered);
        }
    }
    let chosen = families.into_iter().map(|kernels| {
        candidates::choose(&Module { name: String::new(), kernels }, target).map(|mut chosen| chosen.swap_remove(0))
    });
    chosen.collect()
}

/// The module, checked, with promises of the memory accesses that are proven and no others.
fn prepare(module: &Module) -> Result<Module, Vec<Error>> {
    let invalid = |error| Error::Invalid(Box::new(error));
    tile_ir::validate(module).map_err(|errors| errors.into_iter().map(invalid).collect::<Vec<_>>())?;
    let mut module = module.clone();
    for kernel in &mut module.kernels {
        kernel.body.for_each_op_mut(&mut |op| {
            if let OpKind::Load { in_bounds, .. } | OpKind::Store { in_bounds, .. } = &mut op.kind {
                in_bounds.fill(false);
            }
        });
        tile_ir::analysis::prove_in_bounds(kernel);
    }
    Ok(module)
}

/// Why an attempt ended.
pub(crate) enum Stop {
    /// A tile must live elsewhere.
    Demote(Value, Plan),
    /// It cannot be lowered.
    Refused(Box<Error>),
}

pub(crate) type Result<T, E = Stop> = std::result::Result<T, E>;

/// Lowers one kernel, without copies ahead, then without teams, then without the matrix unit where shared memory goes over the
/// limit with them.
fn lower_kernel(kernel: &Kernel, target: &Target) -> Result<LaneKernel, Error> {
    limits::check(kernel, target)?;
    let bare = Target { matrix: &[], ..*target };
    let few = Form { teams: false, copies: false, ..Form::ALL };
    let mut attempts = vec![(target, Form::ALL), (target, Form { copies: false, ..Form::ALL }), (target, few)];
    if !target.matrix.is_empty() {
        attempts.push((&bare, few));
    }
    let last = attempts.len() - 1;
    for (number, (target, form)) in attempts.into_iter().enumerate() {
        return match lower_for(kernel, target, form) {
            Ok(lane) => Ok(lane),
            // What would fit takes more lowering to find out: only for the attempt that is reported.
            Err(Refusal::Room(..)) if number < last => continue,
            Err(Refusal::Room(lowered, form)) => Err(limits::too_large(&lowered, kernel, target, form)),
            Err(Refusal::Error(error)) => Err(*error),
            Err(Refusal::Alignment) => Err(broken(kernel, target, "a single element is not aligned")),
        };
    }
    Err(broken(kernel, target, "no attempt was made"))
}

/// Lowers one kernel, without vectors where some are not proven to be aligned.
fn lower_for(kernel: &Kernel, target: &Target, form: Form) -> Result<LaneKernel, Refusal> {
    match attempt(kernel, target, form) {
        // The lowering knows more of some offsets than the proof does: then each element goes by itself.
        Err(Refusal::Alignment) => attempt(kernel, target, Form { vectors: false, ..form }),
        other => other,
    }
}

/// Why an attempt gave no kernel.
enum Refusal {
    Error(Box<Error>),
    /// Some vector is not proven to be aligned.
    Alignment,
    /// It takes more shared memory than there is.
    Room(Box<Lowered>, Form),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal::Error(Box::new(error))
    }
}

/// Lowers one kernel and checks the result.
fn attempt(kernel: &Kernel, target: &Target, form: Form) -> Result<LaneKernel, Refusal> {
    let lane = place(kernel, target, form)?;
    if lane.kernel.shared_bytes() > target.shared_bytes {
        return Err(Refusal::Room(Box::new(lane), form));
    }
    if let Err(violations) = crate::verify::verify(&lane.kernel, target) {
        if form.vectors && violations.iter().all(|violation| violation.rule == Rule::Alignment) {
            return Err(Refusal::Alignment);
        }
        let detail: Vec<String> = violations.iter().map(ToString::to_string).collect();
        return Err(broken(kernel, target, &detail.join("; ")).into());
    }
    Ok(lane.kernel)
}

/// Lowers one kernel, starting over for each tile that turns out to live in the wrong place.
fn place(kernel: &Kernel, target: &Target, form: Form) -> Result<Lowered, Refusal> {
    let facts = Facts::of(kernel, target, form);
    let analysis = Analysis::new(kernel);
    let mut demoted = Demoted::new();
    loop {
        let plans = plan::plan(&facts, &demoted);
        match Lower::new(&facts, &analysis, plans).run() {
            Ok(mut lane) => {
                tidy::tidy(&mut lane);
                ahead::await_copies(&mut lane.kernel);
                earlier::await_earlier(&mut lane.kernel);
                crate::barriers::insert(&mut lane, target);
                return Ok(lane);
            }
            Err(Stop::Refused(error)) => return Err(Refusal::Error(error)),
            Err(Stop::Demote(value, plan)) => {
                // A tile moves once, from registers to shared memory or out of existence.
                if demoted.insert(facts.owner(value), plan).is_some() {
                    return Err(broken(kernel, target, "a tile has no place").into());
                }
            }
        }
    }
}

fn broken(kernel: &Kernel, target: &Target, detail: &str) -> Error {
    Error::Broken {
        target: target.name,
        kernel: kernel.name.clone(),
        detail: detail.to_owned(),
        loc: kernel.loc.clone(),
    }
}

/// A lowered kernel and which of its control flow is the same for all threads.
pub(crate) struct Lowered {
    pub(crate) kernel: LaneKernel,
    /// Variables of loops of the tile program.
    pub(crate) loops: BTreeSet<Var>,
    /// Variables that hold conditions of branches of the tile program.
    pub(crate) conditions: BTreeSet<Var>,
    /// Tiles in shared memory.
    pub(crate) shared_tiles: Vec<SharedTile>,
}

/// A tile in shared memory.
pub(crate) struct SharedTile {
    pub(crate) value: Value,
    pub(crate) bytes: u64,
    pub(crate) loc: Loc,
}

/// Where the elements of a value are while its users are lowered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Storage {
    /// Not there yet, or virtual.
    None,
    /// A scalar; `usize` is the index of the scope it belongs to.
    Scalar(Expr, usize),
    /// Registers of each thread.
    Registers(Var, Layout),
    /// Shared memory, row-major.
    Shared(Shared),
    /// Shared memory with room between rows: elements from one index to the next, by dimension.
    Strided(Shared, Vec<u64>),
}

/// An expression and the index of the innermost scope it depends on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ex {
    pub(crate) expr: Expr,
    pub(crate) depth: usize,
}

/// The loop over neighbouring elements that is open.
#[derive(Clone, Debug)]
pub(crate) struct VectorLoop {
    /// Its variable.
    pub(crate) ix: Ix,
    /// Its iterations.
    pub(crate) lanes: u64,
}

/// The state of lowering one kernel.
pub(crate) struct Lower<'a> {
    pub(crate) facts: &'a Facts<'a>,
    pub(crate) kernel: &'a Kernel,
    pub(crate) analysis: &'a Analysis,
    pub(crate) plans: Vec<Plan>,
    pub(crate) names: Names,
    /// The tile whose elements are being given to what holds it: they need no names of their own.
    pub(crate) given: Option<Value>,
    /// The named tile whose element is being read from another tile as it is.
    pub(crate) passing: Option<Value>,
    pub(crate) out: LaneKernel,
    pub(crate) loops: BTreeSet<Var>,
    pub(crate) conditions: BTreeSet<Var>,
    pub(crate) shared_tiles: Vec<SharedTile>,
    pub(crate) atoms: Atoms,
    pub(crate) storage: Vec<Storage>,
    /// By scalar: its sum, made at first use.
    pub(crate) sums: Vec<Option<Ix>>,
    pub(crate) scopes: Vec<Scope>,
    /// Nothing that reads memory or registers is placed outside of this scope.
    pub(crate) floor: usize,
    pub(crate) vector: Option<VectorLoop>,
    /// Conditions that must hold where loads are made, those of enclosing statements excluded.
    pub(crate) guards: Vec<Ex>,
    pub(crate) loc: Loc,
    pub(crate) thread: Ix,
    /// Carried tiles whose next value waits in another variable.
    pub(crate) staged: Vec<(Value, Var, Layout)>,
    /// The layout of the store that is being lowered.
    pub(crate) layout: Option<Layout>,
    /// Sums that an enclosing loop carries in fragments, by the product that adds to them.
    pub(crate) running: BTreeMap<Value, matrix::Sums>,
    /// Owners of in-place accesses: view, first index values, layout.
    pub(crate) owners: BTreeMap<(ViewId, Vec<Value>, Layout), u32>,
    /// Owners so far.
    pub(crate) owner_count: u32,
}

impl<'a> Lower<'a> {
    fn new(facts: &'a Facts<'a>, analysis: &'a Analysis, plans: Vec<Plan>) -> Lower<'a> {
        let kernel = facts.kernel;
        let mut atoms = Atoms::default();
        let thread = atoms.leaf(Leaf {
            expr: Expr::Builtin(crate::ir::Builtin::Thread),
            lo: 0,
            hi: facts.threads as i64 - 1,
            multiple: 1,
            depth: 0,
            slot: false,
            wide: false,
        });
        let mut storage = vec![Storage::None; kernel.values.len()];
        for (index, param) in kernel.params.iter().enumerate() {
            if let ParamKind::Scalar(scalar) = &param.kind {
                storage[scalar.value.index()] = Storage::Scalar(Expr::Param(index), 0);
            }
        }
        Lower {
            facts,
            kernel,
            analysis,
            plans,
            names: Names::of(kernel),
            given: None,
            passing: None,
            out: LaneKernel {
                name: kernel.name.clone(),
                family: kernel.family.clone(),
                tuning: kernel.tuning.clone(),
                params: kernel.params.clone(),
                grid: kernel.grid,
                threads: facts.threads as u32,
                vars: Vec::new(),
                shared: Vec::new(),
                fragments: Vec::new(),
                early: ahead::early(facts),
                body: Vec::new(),
                loc: kernel.loc.clone(),
            },
            loops: BTreeSet::new(),
            conditions: BTreeSet::new(),
            shared_tiles: Vec::new(),
            atoms,
            sums: vec![None; storage.len()],
            storage,
            scopes: Vec::new(),
            floor: 0,
            vector: None,
            guards: Vec::new(),
            loc: kernel.loc.clone(),
            thread,
            staged: Vec::new(),
            layout: None,
            running: BTreeMap::new(),
            owners: BTreeMap::new(),
            owner_count: 0,
        }
    }

    fn run(mut self) -> Result<Lowered> {
        self.scopes.push(Scope::default());
        self.scopes.push(Scope::default());
        self.floor = 1;
        self.block(&self.kernel.body)?;
        let body = self.scopes.pop().map(|scope| scope.stmts).unwrap_or_default();
        self.out.body = self.scopes.pop().map(|scope| scope.stmts).unwrap_or_default();
        self.out.body.extend(body);
        Ok(Lowered {
            kernel: self.out,
            loops: self.loops,
            conditions: self.conditions,
            shared_tiles: self.shared_tiles,
        })
    }

    /// An owner for the accesses of one nest, each of whose elements belongs to one thread.
    pub(crate) fn new_owner(&mut self) -> u32 {
        self.owner_count += 1;
        self.owner_count - 1
    }

    /// A new variable.
    pub(crate) fn var(&mut self, name: &str, scalar: Scalar, len: Option<u32>) -> Var {
        self.out.vars.push(VarData { name: name.to_owned(), scalar, len });
        Var(self.out.vars.len() as u32 - 1)
    }

    /// A new shared array.
    pub(crate) fn shared(&mut self, name: &str, elem: Elem, len: u64) -> Shared {
        self.out.shared.push(SharedData { name: name.to_owned(), elem, len });
        Shared(self.out.shared.len() as u32 - 1)
    }

    /// The register type of a value's elements: 32 bits for wide integers whose values are known to fit.
    pub(crate) fn scalar(&self, value: Value) -> Scalar {
        match self.kernel.ty(value).elem {
            Elem::I64 | Elem::Index => match self.analysis.range(value) {
                Some(range) if range.lo() >= i64::from(i32::MIN) && range.hi() <= i64::from(i32::MAX) => Scalar::I32,
                Some(_) | None => Scalar::I64,
            },
            elem => Scalar::of(elem),
        }
    }

    /// The name of a view.
    pub(crate) fn view_name(&self, view: ViewId) -> String {
        self.kernel.params[view.index()].name.clone()
    }

    pub(crate) fn refuse<T>(&self, op: &tile_ir::Op, elem: Elem, help: &str) -> Result<T> {
        let result = op.results.first().map(|&value| self.kernel.ty(value));
        Err(Stop::Refused(Box::new(Error::Unsupported {
            target: self.facts.target.name,
            kernel: self.kernel.name.clone(),
            op: op.kind.mlir_name(result).to_owned(),
            elem,
            loc: op.loc.clone(),
            help: help.to_owned(),
        })))
    }

    /// An error in the lowering itself.
    pub(crate) fn broken<T>(&self, detail: &str) -> Result<T> {
        Err(Stop::Refused(Box::new(broken(self.kernel, self.facts.target, detail))))
    }
}
