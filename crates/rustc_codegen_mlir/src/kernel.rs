//! One kernel, from its optimised function to the tile IR.

use tile_ir::{Block, Elem, Kernel, Param, ParamKind, Scalar, Shape, Type, Value, ValueData, View};

use crate::cfg::{dead, structure};
use crate::entries::Entry;
use crate::errors::{Error, Problem};
use crate::loc::Locator;
use crate::params::{Bound, BoundKind, Params, elem};
use crate::{index, lift, params};

/// Compiles a kernel.
///
/// # Errors
/// Everything found wrong with it.
pub(crate) fn compile(entry: &Entry<'_>, locator: &Locator) -> Result<Kernel, Vec<Error>> {
    let Params { bound, grid } = params::read(entry.function, locator)?;
    let params = Params { bound, grid };
    let cfg = lift::lift(entry.function, &params, locator)?;
    let (cfg, ops) = structure::structure(cfg).map_err(|error| vec![error])?;
    let mut body = Block { ops: cfg.constants, ..Block::default() };
    body.ops.extend(ops);
    let data = |(value, &ty): (Value, &Type)| ValueData { ty, name: cfg.names.get(&value).map(ToString::to_string) };
    let mut kernel = Kernel {
        name: entry.name.symbol(),
        family: entry.name.family.clone(),
        tuning: entry.name.tuning.clone(),
        params: Vec::new(),
        grid: params.grid,
        values: (0..).map(Value).zip(&cfg.types).map(data).collect(),
        body,
        loc: entry.loc.clone(),
    };
    // Lifting numbers the scalar parameters first, in order.
    let mut scalars = (0..).map(Value);
    for bound in &params.bound {
        let param = param(bound, &mut scalars);
        if let ParamKind::Scalar(scalar) = &param.kind {
            kernel.values[scalar.value.index()].name = Some(param.name.clone());
        }
        kernel.params.push(param);
    }
    index::promote(&mut kernel);
    dead::remove(&mut kernel.body);
    if !stores(&kernel.body) {
        return Err(vec![Error::new(Problem::NoOutput, kernel.loc)]);
    }
    Ok(kernel)
}

fn param(bound: &Bound, scalars: &mut impl Iterator<Item = Value>) -> Param {
    let mut scalar = |elem: Elem, bound: Option<u64>| {
        let value = scalars.next().unwrap_or(Value(0));
        ParamKind::Scalar(Scalar { value, elem, bound })
    };
    let kind = match &bound.kind {
        BoundKind::View { code, extents, access, own } => ParamKind::View(View {
            elem: elem(*code),
            shape: Shape::new(extents).unwrap_or_default(),
            access: *access,
            own: own.clone(),
        }),
        BoundKind::U32 { bound } => scalar(Elem::I32, *bound),
        BoundKind::F32 => scalar(Elem::F32, None),
    };
    Param { name: bound.name.clone(), kind, loc: bound.loc.clone() }
}

fn stores(block: &Block) -> bool {
    let mut found = false;
    block.for_each_op(&mut |op| {
        found |= matches!(op.kind, tile_ir::OpKind::Store { .. } | tile_ir::OpKind::StoreScalar { .. });
    });
    found
}
