//! From LLVM instructions to operations of the tile IR, block by block.

mod bits;
mod control;
mod float;
mod integer;
mod llvm_calls;
mod memory;
mod names;
mod overflow;
mod scalar;
mod shape;
mod tile;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use tile_ir::{Elem, Loc, Number, Op, OpKind, Type, Value, ViewId};

use crate::cfg::Cfg;
use crate::errors::{Error, Problem};
use crate::llvm::{Constant, Function, TypeKind, Value as LlvmValue};
use crate::loc::Locator;
use crate::params::{BoundKind, Params};

/// A problem that stops lifting of one instruction. `None`: already reported where it arose.
type Lifting<T> = Result<T, Option<Problem>>;

/// What an LLVM value became.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Lifted {
    /// A scalar or a tile.
    Value(Value),
    /// A view parameter.
    View(ViewId),
    /// Result and overflow flag of checked arithmetic.
    Checked(Value, Value),
    /// Nothing: its instruction was refused, with a report.
    Refused,
}

/// Lifts one kernel.
pub(crate) struct Lifter<'a, 'm> {
    locator: &'a Locator,
    params: &'a Params,
    function: Function<'m>,
    cfg: Cfg,
    /// Tile types of pointer values.
    tiles: BTreeMap<LlvmValue<'m>, Type>,
    values: BTreeMap<LlvmValue<'m>, Lifted>,
    errors: Vec<Error>,
    reported: BTreeSet<(String, String)>,
    /// Whether an array is indexed at run time; then it is in memory, and accesses with constant indices are not to blame.
    runtime_index: bool,
    /// One of those accesses, in case nothing else is reported.
    silent: Option<Error>,
    /// Block that operations are appended to.
    at: usize,
    /// Place of the instruction being lifted.
    loc: Loc,
}

/// Lifts a kernel. The first values of the result are the scalar parameters, in order.
///
/// # Errors
/// All problems found.
pub(crate) fn lift(function: Function<'_>, params: &Params, locator: &Locator) -> Result<Cfg, Vec<Error>> {
    let mut lifter = Lifter {
        locator,
        params,
        function,
        cfg: Cfg::default(),
        tiles: BTreeMap::new(),
        values: BTreeMap::new(),
        errors: Vec::new(),
        reported: BTreeSet::new(),
        runtime_index: false,
        silent: None,
        at: 0,
        loc: Loc::Unknown,
    };
    lifter.parameters();
    lifter.infer_tiles();
    lifter.runtime_index = function.instructions().into_iter().any(|inst| lifter.is_runtime_index(inst));
    let order = lifter.blocks();
    lifter.names(&order);
    if lifter.errors.is_empty() {
        lifter.errors.extend(lifter.silent.take());
    }
    if lifter.errors.is_empty() { Ok(lifter.cfg) } else { Err(causes(lifter.errors)) }
}

/// Without the problems that others bring about: calls that stay keep local variables in memory.
fn causes(errors: Vec<Error>) -> Vec<Error> {
    let is_cause = |error: &Error| {
        matches!(
            *error.problem,
            Problem::IndirectCall
                | Problem::Extern { .. }
                | Problem::Allocation
                | Problem::Panic(_)
                | Problem::Recursion { .. }
        )
    };
    let is_consequence = |error: &Error| {
        matches!(
            *error.problem,
            Problem::RuntimeArray | Problem::RawPointer | Problem::UninitialisedTile | Problem::HandleEscapes
        )
    };
    let caused = errors.iter().any(is_cause);
    let mut kept: Vec<Error> = Vec::new();
    for error in errors {
        if caused && is_consequence(&error) {
            continue;
        }
        // These spread over all that is done with a value: the first place tells enough.
        let spreads = matches!(
            *error.problem,
            Problem::RuntimeArray
                | Problem::WideInteger { .. }
                | Problem::Double
                | Problem::Allocation
                | Problem::ValueType { .. }
        );
        match kept.iter_mut().find(|known| spreads && known.problem == error.problem) {
            Some(known) if known.loc == Loc::Unknown => known.loc = error.loc,
            Some(_) => {}
            None => kept.push(error),
        }
    }
    kept
}

impl<'m> Lifter<'_, 'm> {
    fn parameters(&mut self) {
        for (i, (argument, bound)) in self.function.params().into_iter().zip(&self.params.bound).enumerate() {
            let lifted = match bound.kind {
                BoundKind::View { .. } => Lifted::View(ViewId(i as u32)),
                BoundKind::U32 { .. } => Lifted::Value(self.cfg.value(Type::I32)),
                BoundKind::F32 => Lifted::Value(self.cfg.value(Type::F32)),
            };
            self.values.insert(argument, lifted);
        }
    }

    /// Reports a problem at `loc`, once.
    fn report(&mut self, problem: Problem, loc: Loc) {
        if self.reported.insert((problem.to_string(), loc.to_string())) {
            self.errors.push(Error::new(problem, loc));
        }
    }

    /// Appends an operation with one result.
    fn op(&mut self, kind: OpKind, ty: Type) -> Value {
        let result = self.cfg.value(ty);
        self.push(kind, vec![result]);
        result
    }

    fn push(&mut self, kind: OpKind, results: Vec<Value>) {
        self.cfg.blocks[self.at].ops.push(Op { kind, results, loc: self.loc.clone() });
    }

    /// An integer constant of a scalar or tile type.
    fn int(&mut self, ty: Type, number: i64) -> Value {
        self.cfg.constant(ty, Number::Int(number), &self.loc)
    }

    /// A float constant of a scalar or tile type, rounded to its element type.
    fn float(&mut self, ty: Type, number: f32) -> Value {
        let number = match ty.elem {
            Elem::Bf16 => half::bf16::from_f32(number).to_f32(),
            Elem::F16 => half::f16::from_f32(number).to_f32(),
            Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => number,
        };
        self.cfg.constant(ty, Number::Float(number), &self.loc)
    }

    /// The scalar or tile that an operand became.
    fn value(&mut self, operand: LlvmValue<'m>) -> Lifting<Value> {
        if let Some(constant) = operand.constant() {
            return self.constant(operand, constant).map_err(Some);
        }
        match self.values.get(&operand) {
            Some(Lifted::Value(value)) => Ok(*value),
            Some(Lifted::View(_)) => Err(Some(Problem::HandleEscapes)),
            Some(Lifted::Checked(..)) => Err(Some(Problem::ValueType { text: operand.type_text() })),
            Some(Lifted::Refused) => Err(None),
            None => Err(Some(match operand.type_kind() {
                TypeKind::LLVMPointerTypeKind => Problem::UninitialisedTile,
                _ => Problem::ValueType { text: operand.type_text() },
            })),
        }
    }

    fn constant(&mut self, operand: LlvmValue<'m>, constant: Constant) -> Result<Value, Problem> {
        if operand.type_kind() == TypeKind::LLVMPointerTypeKind {
            return Err(match constant {
                Constant::Undefined | Constant::Null => Problem::UninitialisedTile,
                Constant::Int(_) | Constant::Float(_) | Constant::Other => Problem::HandleEscapes,
            });
        }
        let ty = types::scalar(operand)?;
        Ok(match constant {
            Constant::Int(bits) => {
                let number = types::canonical(bits, operand.int_width());
                self.int(ty, number)
            }
            Constant::Float(number) => self.float(ty, number as f32),
            Constant::Undefined => self.cfg.zero(ty, &self.loc),
            Constant::Null | Constant::Other => {
                return Err(Problem::ValueType { text: operand.type_text() });
            }
        })
    }

    /// A tile operand, which must have this type.
    fn tile(&mut self, operand: LlvmValue<'m>, ty: Type) -> Lifting<Value> {
        let value = self.value(operand)?;
        let found = self.cfg.ty(value);
        if found == ty {
            return Ok(value);
        }
        Err(Some(Problem::TileMix { first: found.to_string(), second: ty.to_string() }))
    }
}
