//! Kernel parameters: what the `__tile_bind_*` calls declare.

mod split;

use tile::abi::{AccessCode, ElemCode};
use tile_ir::{Access, Axis, Elem, Loc, Own, Shape};

use self::split::Split;
use crate::errors::{Error, Problem, Result};
use crate::llvm::{Constant, Function, Op, Value};
use crate::loc::Locator;

/// A declared parameter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bound {
    /// Name in the Rust source.
    pub(crate) name: String,
    /// What it is.
    pub(crate) kind: BoundKind,
    /// Where it is declared.
    pub(crate) loc: Loc,
}

/// What a parameter is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum BoundKind {
    /// A buffer.
    View { code: ElemCode, extents: Vec<u64>, access: Access, own: Vec<Own> },
    /// A `u32`, below `bound` if given.
    U32 { bound: Option<u64> },
    /// An `f32`.
    F32,
}

/// All parameters, in order, and the number of programs along x, y, z.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Params {
    /// In the order of the function's arguments.
    pub(crate) bound: Vec<Bound>,
    /// Programs.
    pub(crate) grid: [u64; 3],
}

/// MLIR element type of a code; signedness is left to operations.
pub(crate) fn elem(code: ElemCode) -> Elem {
    match code {
        ElemCode::F32 => Elem::F32,
        ElemCode::Bf16 => Elem::Bf16,
        ElemCode::F16 => Elem::F16,
        ElemCode::I8 => Elem::I8,
        ElemCode::U32 | ElemCode::I32 => Elem::I32,
        ElemCode::Bool => Elem::I1,
    }
}

/// A constant integer argument.
pub(crate) fn constant(value: Option<&Value<'_>>, what: &str) -> Result<u64, Problem> {
    match value.and_then(|value| value.constant()) {
        Some(Constant::Int(number)) => Ok(number),
        _ => Err(Problem::NotConstant { what: what.to_owned() }),
    }
}

/// An element code argument.
pub(crate) fn elem_code(value: Option<&Value<'_>>) -> Result<ElemCode, Problem> {
    let code = constant(value, "the element type")?;
    let known = u32::try_from(code).ok().and_then(ElemCode::from_code);
    known.ok_or_else(|| Problem::BadCode { what: "the element type".into(), value: code })
}

/// Calls of the parameter declarations, in order.
fn bind_calls<'m>(function: Function<'m>) -> Vec<(String, Value<'m>)> {
    let calls = function.instructions().into_iter().filter(|inst| inst.opcode() == Some(Op::LLVMCall));
    calls
        .filter_map(|call| {
            let name = call.callee().as_function()?.name();
            let kind = name.strip_prefix("__tile_bind_")?.to_owned();
            Some((kind, call))
        })
        .collect()
}

/// Tells LLVM what the launcher guarantees: bounded scalars, and program indices below the grid. With it LLVM proves
/// bounds checks away. Declarations that are wrong are left for [`read`] to report.
pub(crate) fn assume_bounds(function: Function<'_>) {
    let mut grid = None;
    for (kind, call) in bind_calls(function) {
        let args = call.arguments();
        match kind.as_str() {
            "u32" => {
                let bound = constant(args.get(3), "").unwrap_or(0);
                if let Some(value) = args.first()
                    && bound > 0
                    && value.constant().is_none()
                {
                    value.assume_below(bound, call);
                }
            }
            "partition" | "row" | "matrix" => {
                if let Ok(split) = Split::read(&kind, &args) {
                    grid.get_or_insert(split.grid());
                }
            }
            _ => {}
        }
    }
    let Some(grid) = grid else { return };
    for call in function.instructions() {
        if call.opcode() != Some(Op::LLVMCall) {
            continue;
        }
        let Some(callee) = call.callee().as_function() else {
            continue;
        };
        if callee.name() == "__tile_program_id"
            && let Ok(axis) = constant(call.arguments().first(), "")
            && let Some(&extent) = usize::try_from(axis).ok().and_then(|axis| grid.get(axis))
        {
            call.assume_below(extent, call);
        }
    }
}

/// Reads and checks all declarations of a kernel.
pub(crate) fn read(function: Function<'_>, locator: &Locator) -> Result<Params, Vec<Error>> {
    let arguments = function.params();
    let entry: Vec<Value<'_>> = function.blocks().first().map_or(Vec::new(), |block| block.instructions());
    let mut errors = Vec::new();
    let mut bound: Vec<Option<Bound>> = vec![None; arguments.len()];
    let mut grids: Vec<(String, [u64; 3], Loc)> = Vec::new();
    for (kind, call) in bind_calls(function) {
        let loc = locator.of(call);
        let result = if entry.contains(&call) { declaration(&kind, call, &arguments) } else { Err(Problem::LateBind) };
        match result {
            Ok((at, name, kind, grid)) => {
                if let Some(grid) = grid {
                    grids.push((name.clone(), grid, loc.clone()));
                }
                if bound[at].is_some() {
                    errors.push(Error::new(Problem::BoundTwice { name }, loc));
                } else if bound.iter().flatten().any(|other| other.name == name) {
                    errors.push(Error::new(Problem::DuplicateParameter { name }, loc));
                } else {
                    bound[at] = Some(Bound { name, kind, loc });
                }
            }
            Err(problem) => errors.push(Error::new(problem, loc)),
        }
    }
    let place = locator.of_function(function);
    if errors.is_empty() {
        let unbound = bound.iter().enumerate().filter(|(_, bound)| bound.is_none());
        errors.extend(unbound.map(|(i, _)| Error::new(Problem::UnboundParameter { number: i + 1 }, place.clone())));
        for (i, param) in bound.iter().enumerate() {
            errors.extend(param.as_ref().and_then(|param| check_row(i, param, &bound)));
        }
    }
    let grid = match grids.split_first() {
        None => {
            if errors.is_empty() {
                errors.push(Error::new(Problem::NoOutput, place));
            }
            [1; 3]
        }
        Some((first, others)) => {
            errors.extend(others.iter().filter_map(|other| compare_grids(first, other)));
            first.1
        }
    };
    if errors.is_empty() { Ok(Params { bound: bound.into_iter().flatten().collect(), grid }) } else { Err(errors) }
}

type Declared = (usize, String, BoundKind, Option<[u64; 3]>);

/// Reads one declaration: argument number, name, kind, and the grid it asks for.
fn declaration(kind: &str, call: Value<'_>, arguments: &[Value<'_>]) -> Result<Declared, Problem> {
    let args = call.arguments();
    let position = |value: Option<&Value<'_>>| arguments.iter().position(|argument| Some(argument) == value);
    let at = position(args.first()).ok_or(Problem::NotParameter)?;
    let name = text(args.get(1), args.get(2))?;
    let (kind, grid) = match kind {
        "view" => {
            let access = constant(args.get(3), "the access")?;
            let known = u32::try_from(access).ok().and_then(AccessCode::from_code);
            let access = match known.ok_or(Problem::BadCode { what: "the access".into(), value: access })? {
                AccessCode::Read => Access::Read,
                AccessCode::Weights => Access::Weights,
            };
            let code = elem_code(args.get(4))?;
            let rows = constant(args.get(5), "the number of rows")?;
            let cols = constant(args.get(6), "the number of columns")?;
            let extents = vec![rows, cols];
            check_view(&extents)?;
            (BoundKind::View { code, extents, access, own: Vec::new() }, None)
        }
        "partition" | "row" | "matrix" => {
            let code = elem_code(args.get(3))?;
            let split = Split::read(kind, &args)?;
            let extents = split.extents();
            check_view(&extents)?;
            let chosen =
                |arg: usize| position(args.get(arg)).ok_or_else(|| Problem::RowNotScalar { name: name.clone() });
            let at = match kind {
                "row" => chosen(7)?,
                "matrix" => chosen(9)?,
                _ => 0,
            };
            (BoundKind::View { code, extents, access: Access::Write, own: split.own(at) }, Some(split.grid()))
        }
        "u32" => {
            let bound = constant(args.get(3), "the bound")?;
            (BoundKind::U32 { bound: (bound > 0).then_some(bound) }, None)
        }
        "f32" => (BoundKind::F32, None),
        _ => {
            return Err(Problem::Extern { name: format!("__tile_bind_{kind}") });
        }
    };
    Ok((at, name, kind, grid))
}

/// Extents as messages write them.
pub(crate) fn by(extents: &[u64]) -> String {
    extents.iter().map(u64::to_string).collect::<Vec<_>>().join("x")
}

fn check_view(extents: &[u64]) -> Result<(), Problem> {
    // Offsets into a view are 64-bit signed numbers of elements.
    let count = extents.iter().try_fold(1_u64, |count, &extent| count.checked_mul(extent));
    let fits = count.is_some_and(|count| count > 0 && count < 1 << 62);
    let shape = || Problem::BadShape { what: "this view".into(), shape: by(extents) };
    if fits && Shape::new(extents).is_some() { Ok(()) } else { Err(shape()) }
}

/// A string constant.
fn text(pointer: Option<&Value<'_>>, len: Option<&Value<'_>>) -> Result<String, Problem> {
    let not_constant = || Problem::NotConstant { what: "a parameter's name".into() };
    let len = usize::try_from(constant(len, "a parameter's name")?).map_err(|_| not_constant())?;
    let bytes = pointer.and_then(|p| p.initializer()?.bytes()).ok_or_else(not_constant)?;
    let name = bytes.get(..len).and_then(|bytes| std::str::from_utf8(bytes).ok()).ok_or_else(not_constant)?;
    if name.is_empty() { Err(not_constant()) } else { Ok(name.to_owned()) }
}

/// The row of a view must be a `u32` parameter.
fn check_row(at: usize, param: &Bound, bound: &[Option<Bound>]) -> Option<Error> {
    let BoundKind::View { own, .. } = &param.kind else {
        return None;
    };
    let row = own.iter().find_map(|own| match own {
        Own::At { param } => Some(*param),
        Own::Whole | Own::Block { .. } => None,
    })?;
    let scalar = matches!(bound.get(row), Some(Some(Bound { kind: BoundKind::U32 { .. }, .. })));
    (!scalar || row == at).then(|| Error::new(Problem::RowNotScalar { name: param.name.clone() }, param.loc.clone()))
}

fn compare_grids(first: &(String, [u64; 3], Loc), other: &(String, [u64; 3], Loc)) -> Option<Error> {
    let axis = Axis::ALL.into_iter().find(|axis| first.1[axis.index()] != other.1[axis.index()])?;
    let problem = Problem::Grid {
        axis: axis.name(),
        first: (first.0.clone(), first.1[axis.index()]),
        second: (other.0.clone(), other.1[axis.index()]),
    };
    Some(Error::new(problem, other.2.clone()))
}
