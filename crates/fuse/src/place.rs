//! Where accesses of a view lie, for each program of a kernel.
//!
//! Grids are static, so that an index is a number once the program's is known, unless it depends on data, a loop or a
//! scalar argument. A scalar is allowed where it chooses one element of a leading dimension, like the row of a cache.

use std::collections::BTreeMap;

use tile_ir::{BinaryOp, CastOp, Elem, Kernel, Literal, Number, Op, OpKind, ParamKind, Value, View};

/// An index of one program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Known.
    Number(i64),
    /// The value of a scalar parameter, which its bound keeps from being negative.
    Param(usize),
}

/// Elements of a view that a tile covers, in the order of the tile's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretches {
    /// The scalar parameters that choose an element of each leading dimension.
    pub(crate) lead: Vec<usize>,
    /// Where each stretch of neighbours begins: an offset into what the leading dimensions choose.
    pub(crate) starts: Vec<u64>,
    /// Elements of each.
    pub(crate) len: u64,
}

impl Stretches {
    /// Whether `len` elements from `start` on lie in one of them.
    pub(crate) fn hold(&self, start: u64, len: u64) -> bool {
        self.starts.iter().any(|&own| own <= start && start + len <= own + self.len)
    }
}

/// What defines the values of a kernel.
pub(crate) struct Places<'a> {
    kernel: &'a Kernel,
    defs: Vec<Option<&'a Op>>,
    /// By scalar value: its parameter.
    scalars: BTreeMap<Value, usize>,
}

impl<'a> Places<'a> {
    pub(crate) fn of(kernel: &'a Kernel) -> Places<'a> {
        let mut defs = vec![None; kernel.values.len()];
        kernel.body.for_each_op(&mut |op| {
            if let Some(result) = op.result() {
                defs[result.index()] = Some(op);
            }
        });
        let scalars = kernel.params.iter().enumerate().filter_map(|(number, param)| match &param.kind {
            ParamKind::Scalar(scalar) => Some((scalar.value, number)),
            ParamKind::View(_) => None,
        });
        Places { kernel, defs, scalars: scalars.collect() }
    }

    /// What a tile of extents `tile` at `indices` covers of `view`, in the run of `program`; else, why that is not known.
    pub(crate) fn stretches(
        &self,
        view: &View,
        indices: &[Value],
        tile: &[u64],
        program: [u64; 3],
    ) -> Result<Stretches, &'static str> {
        let extents = view.shape.dims();
        let missing = extents.len() - tile.len().min(extents.len());
        let sizes: Vec<u64> = std::iter::repeat_n(1, missing).chain(tile.iter().copied()).collect();
        let mut known = BTreeMap::new();
        let places = indices.iter().map(|&index| self.place(index, program, &mut known));
        let places: Option<Vec<Place>> = places.collect();
        let places = places.ok_or("at a place that depends on data or a loop")?;
        let mut lead = Vec::new();
        let mut numbers = Vec::new();
        for (dim, place) in places.into_iter().enumerate() {
            match place {
                Place::Param(param) if numbers.is_empty() && sizes[dim] == 1 && self.below(param, extents[dim]) => {
                    lead.push(param);
                }
                Place::Param(_) => return Err("at a place that depends on a number of the launch"),
                Place::Number(start) => {
                    let start = u64::try_from(start).map_err(|_| "before its first element")?;
                    if start.checked_add(sizes[dim]).is_none_or(|end| end > extents[dim]) {
                        return Err("past its edge");
                    }
                    numbers.push(start);
                }
            }
        }
        let (extents, sizes) = (&extents[lead.len()..], &sizes[lead.len()..]);
        // From the last dimension outwards: neighbours as long as what is further in is whole.
        let (mut len, mut stride, mut starts) = (1, 1, vec![0]);
        for (dim, &start) in numbers.iter().enumerate().rev() {
            if len == stride {
                len *= sizes[dim];
                starts.iter_mut().for_each(|at| *at += start * stride);
            } else {
                let rows = (start..start + sizes[dim]).map(|row| row * stride);
                starts = rows.flat_map(|row| starts.iter().map(move |at| row + at)).collect();
            }
            stride *= extents[dim];
        }
        Ok(Stretches { lead, starts, len })
    }

    /// Whether a scalar is promised to be below `extent`.
    fn below(&self, param: usize, extent: u64) -> bool {
        match &self.kernel.params[param].kind {
            ParamKind::Scalar(scalar) => scalar.bound.is_some_and(|bound| bound <= extent),
            ParamKind::View(_) => false,
        }
    }

    /// The value of an index in the run of a program, if it is known. `known` remembers what was found.
    fn place(&self, value: Value, program: [u64; 3], known: &mut BTreeMap<Value, Option<Place>>) -> Option<Place> {
        if let Some(found) = known.get(&value) {
            return *found;
        }
        let found = self.compute(value, program, known).filter(|place| self.fits(value, *place));
        known.insert(value, found);
        found
    }

    fn compute(&self, value: Value, program: [u64; 3], known: &mut BTreeMap<Value, Option<Place>>) -> Option<Place> {
        if let Some(&param) = self.scalars.get(&value) {
            return Some(Place::Param(param));
        }
        let number = |value: u64| i64::try_from(value).ok().map(Place::Number);
        match &self.defs[value.index()]?.kind {
            OpKind::ProgramId(axis) => number(program[axis.index()]),
            OpKind::NumPrograms(axis) => number(self.kernel.grid[axis.index()]),
            OpKind::Constant(Literal::Splat(Number::Int(constant))) => Some(Place::Number(*constant)),
            OpKind::Binary(op, x, y) => {
                let (x, y) = (self.place(*x, program, known)?, self.place(*y, program, known)?);
                match (x, y) {
                    (Place::Number(x), Place::Number(y)) => binary(*op, x, y).map(Place::Number),
                    (Place::Param(_), _) | (_, Place::Param(_)) => None,
                }
            }
            OpKind::Cast(op, x) => {
                let x = self.place(*x, program, known)?;
                match op {
                    // Signed and unsigned are the same for what is not negative.
                    CastOp::ExtU | CastOp::IndexU => not_negative(x).then_some(x),
                    CastOp::ExtS | CastOp::IndexS | CastOp::TruncI => Some(x),
                    CastOp::ExtF
                    | CastOp::TruncF
                    | CastOp::SIntToFp
                    | CastOp::UIntToFp
                    | CastOp::FpToSInt
                    | CastOp::FpToUInt
                    | CastOp::Bitcast => None,
                }
            }
            _ => None,
        }
    }

    /// Whether a value is one that its type holds without a sign.
    fn fits(&self, value: Value, place: Place) -> bool {
        let ty = self.kernel.ty(value);
        let (least, most) = match ty.elem {
            Elem::I32 => (i64::from(i32::MIN), i64::from(i32::MAX)),
            Elem::I64 | Elem::Index => (i64::MIN, i64::MAX),
            Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::I1 | Elem::I8 => return false,
        };
        match place {
            Place::Number(number) => ty.shape.rank() == 0 && (least..=most).contains(&number),
            // Casts keep it as long as its bound fits.
            Place::Param(param) => u64::try_from(most).is_ok_and(|most| self.below(param, most)),
        }
    }
}

fn not_negative(place: Place) -> bool {
    match place {
        Place::Number(number) => number >= 0,
        Place::Param(_) => true,
    }
}

/// What an operation gives where nothing wraps and no sign matters.
fn binary(op: BinaryOp, x: i64, y: i64) -> Option<i64> {
    let unsigned = x >= 0 && y >= 0;
    match op {
        BinaryOp::Add => x.checked_add(y),
        BinaryOp::Sub => x.checked_sub(y),
        BinaryOp::Mul => x.checked_mul(y),
        BinaryOp::DivS | BinaryOp::DivU if unsigned => x.checked_div(y),
        BinaryOp::RemS | BinaryOp::RemU if unsigned => x.checked_rem(y),
        BinaryOp::MinS | BinaryOp::MinU if unsigned => Some(x.min(y)),
        BinaryOp::MaxS | BinaryOp::MaxU if unsigned => Some(x.max(y)),
        BinaryOp::And if unsigned => Some(x & y),
        BinaryOp::Or if unsigned => Some(x | y),
        BinaryOp::Shl if unsigned => u32::try_from(y).ok().filter(|&y| y < 32).and_then(|y| x.checked_mul(1 << y)),
        BinaryOp::ShrS | BinaryOp::ShrU if unsigned => u32::try_from(y).ok().and_then(|y| x.checked_shr(y)),
        BinaryOp::DivS
        | BinaryOp::DivU
        | BinaryOp::RemS
        | BinaryOp::RemU
        | BinaryOp::MinS
        | BinaryOp::MinU
        | BinaryOp::MaxS
        | BinaryOp::MaxU
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Shl
        | BinaryOp::ShrS
        | BinaryOp::ShrU
        | BinaryOp::Xor
        | BinaryOp::DivF
        | BinaryOp::MinF
        | BinaryOp::MaxF => None,
    }
}
