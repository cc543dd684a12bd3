//! Views during a launch: bounds, partitions, poison.

use super::buffer::Buffer;
use super::shape::positions;
use super::trap::TrapKind;
use super::value::{Data, Val, unsigned};
use crate::types::{Elem, Type};

/// What is known of an element of a written view.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Nobody gave it a value.
    Poison,
    /// The caller or a program did.
    Given,
}

/// A view parameter's memory.
pub(super) enum Memory<'a> {
    /// Read or weights.
    Read(&'a Buffer),
    /// Written.
    Write {
        buffer: &'a mut Buffer,
        /// One per element.
        states: Vec<State>,
        /// For each dimension, the indices that the running program owns: from the first to below the second.
        own: Vec<(u64, u64)>,
    },
}

/// A view with what messages need.
pub(super) struct Bound<'a> {
    pub(super) name: &'a str,
    pub(super) memory: Memory<'a>,
}

/// Where a tile lies in a view.
pub(super) struct Place<'a> {
    /// Index of the tile's first element in each dimension of the view.
    pub(super) start: &'a [i64],
    /// One per tile element; `None` is all true.
    pub(super) mask: Option<&'a [i64]>,
    /// One per tile dimension.
    pub(super) in_bounds: &'a [bool],
}

/// The part of a tile inside the view.
struct Inside {
    /// Its extents.
    dims: Vec<u64>,
    /// Position of its first element in the tile, and the tile's strides.
    tile: (u64, Vec<u64>),
    /// Position of its first element in the view, and the view's strides along the tile's dimensions.
    view: (u64, Vec<u64>),
}

impl Bound<'_> {
    fn buffer(&self) -> &Buffer {
        match &self.memory {
            Memory::Read(buffer) => buffer,
            Memory::Write { buffer, .. } => buffer,
        }
    }

    /// Clips a tile to the view; nothing if no element is inside.
    fn inside(&self, ty: Type, place: &Place) -> Result<Option<Inside>, TrapKind> {
        let shape = self.buffer().shape;
        let strides = shape.strides();
        let leading = shape.rank() - ty.shape.rank();
        let mut inside = Inside { dims: Vec::new(), tile: (0, ty.shape.strides()), view: (0, Vec::new()) };
        let mut empty = false;
        for (dim, (&start, &extent)) in place.start.iter().zip(shape.dims()).enumerate() {
            let size = dim.checked_sub(leading).map_or(1, |d| ty.shape.dims()[d]);
            // In 128 bits nothing overflows.
            let (begin, end) = (i128::from(start), i128::from(start) + i128::from(size));
            let (low, high) = (begin.max(0), end.min(i128::from(extent)));
            if let Some(d) = dim.checked_sub(leading) {
                if place.in_bounds[d] && (low != begin || high != end) {
                    return Err(TrapKind::BrokenPromise { view: self.name.to_owned(), dim, start, size, extent });
                }
                if low < high {
                    inside.dims.push((high - low) as u64);
                    inside.tile.0 += (low - begin) as u64 * inside.tile.1[d];
                    inside.view.1.push(strides[dim]);
                }
            }
            if low < high {
                inside.view.0 += low as u64 * strides[dim];
            } else {
                empty = true;
            }
        }
        Ok((!empty).then_some(inside))
    }

    /// Traps unless the running program owns the element at linear position `at` of a written view, and, for a read,
    /// it has a value.
    fn check(&self, at: usize, read: bool) -> Result<(), TrapKind> {
        let Memory::Write { buffer, states, own } = &self.memory else {
            return Ok(());
        };
        let index = || -> Vec<u64> {
            let dims = buffer.shape.strides().into_iter().zip(buffer.shape.dims());
            dims.map(|(stride, &dim)| at as u64 / stride % dim).collect()
        };
        if index().iter().zip(own).any(|(&index, &(first, end))| index < first || index >= end) {
            return Err(TrapKind::NotOwned { view: self.name.to_owned(), index: index() });
        }
        if read && states[at] == State::Poison {
            return Err(TrapKind::Poison { view: self.name.to_owned(), index: index() });
        }
        Ok(())
    }

    pub(super) fn load(&self, ty: Type, pad: &Val, place: &Place) -> Result<Val, TrapKind> {
        let count = ty.shape.count() as usize;
        let mut data = match pad {
            Val::Float(x) => Data::Floats(vec![*x; count]),
            Val::Int(x) => Data::Ints(vec![*x; count]),
            Val::Floats(_) | Val::Ints(_) => {
                unreachable!("the validator refuses padding that is a tile")
            }
        };
        let Some(inside) = self.inside(ty, place)? else {
            return Ok(Val::new(ty, data));
        };
        let enabled = |i: usize| place.mask.is_none_or(|mask| mask[i] != 0);
        // Row by row: rows are contiguous in the tile and in the view.
        let (outer, row) = inside.dims.split_at(inside.dims.len() - 1);
        let row = row[0] as usize;
        let tile_rows = positions(outer, &inside.tile.1, inside.tile.0);
        let view_rows = positions(outer, &inside.view.1, inside.view.0);
        for (tile_row, view_row) in tile_rows.zip(view_rows) {
            if let Memory::Write { .. } = self.memory {
                for i in (0..row).filter(|&i| enabled(tile_row + i)) {
                    self.check(view_row + i, true)?;
                }
            }
            match (&mut data, self.buffer().decode(view_row, row)) {
                (Data::Floats(into), Data::Floats(from)) => {
                    (0..row).filter(|&i| enabled(tile_row + i)).for_each(|i| into[tile_row + i] = from[i]);
                }
                (Data::Ints(into), Data::Ints(from)) => {
                    (0..row).filter(|&i| enabled(tile_row + i)).for_each(|i| into[tile_row + i] = from[i]);
                }
                (Data::Floats(_), Data::Ints(_)) | (Data::Ints(_), Data::Floats(_)) => {
                    unreachable!("the validator refuses padding of another type than the view's")
                }
            }
        }
        Ok(Val::new(ty, data))
    }

    pub(super) fn store(&mut self, ty: Type, value: &Val, place: &Place) -> Result<(), TrapKind> {
        let Some(inside) = self.inside(ty, place)? else {
            return Ok(());
        };
        let from = positions(&inside.dims, &inside.tile.1, inside.tile.0);
        let to = positions(&inside.dims, &inside.view.1, inside.view.0);
        for (i, at) in from.zip(to) {
            if place.mask.is_none_or(|mask| mask[i] != 0) {
                self.write(at, value, i)?;
            }
        }
        Ok(())
    }

    /// Writes element `i` of a value to linear position `at`.
    fn write(&mut self, at: usize, value: &Val, i: usize) -> Result<(), TrapKind> {
        self.check(at, false)?;
        let Memory::Write { buffer, states, .. } = &mut self.memory else {
            unreachable!("the validator refuses stores to read-only views")
        };
        match value {
            Val::Float(_) | Val::Floats(_) => buffer.write_float(at, value.floats()[i]),
            Val::Int(_) | Val::Ints(_) => buffer.write_int(at, value.ints()[i]),
        };
        states[at] = State::Given;
        Ok(())
    }

    /// Linear position of the element at `indices`.
    fn element(&self, indices: &[i64]) -> Result<usize, TrapKind> {
        let shape = self.buffer().shape;
        let mut at = 0;
        for ((&index, &extent), stride) in indices.iter().zip(shape.dims()).zip(shape.strides()) {
            if index < 0 || index as u64 >= extent {
                return Err(TrapKind::OutOfBounds { view: self.name.to_owned(), index, extent });
            }
            at += index as u64 * stride;
        }
        Ok(at as usize)
    }

    pub(super) fn load_scalar(&self, ty: Type, indices: &[i64]) -> Result<Val, TrapKind> {
        let at = self.element(indices)?;
        self.check(at, true)?;
        Ok(Val::new(ty, self.buffer().decode(at, 1)))
    }

    pub(super) fn store_scalar(&mut self, value: &Val, indices: &[i64]) -> Result<(), TrapKind> {
        let at = self.element(indices)?;
        self.write(at, value, 0)
    }

    /// `elem` is the offsets' element type.
    pub(super) fn gather(
        &self,
        ty: Type,
        offsets: &[i64],
        elem: Elem,
        mask: &[i64],
        passthru: &Val,
    ) -> Result<Val, TrapKind> {
        let extent = self.buffer().shape.count();
        let mut data = match passthru {
            Val::Float(_) | Val::Floats(_) => Data::Floats(passthru.floats().to_vec()),
            Val::Int(_) | Val::Ints(_) => Data::Ints(passthru.ints().to_vec()),
        };
        for (i, (&index, _)) in offsets.iter().zip(mask).enumerate().filter(|(_, (_, bit))| **bit != 0) {
            let at = unsigned(elem, index);
            if at >= extent {
                return Err(TrapKind::OutOfBounds { view: self.name.to_owned(), index, extent });
            }
            self.check(at as usize, true)?;
            match (&mut data, self.buffer().decode(at as usize, 1)) {
                (Data::Floats(into), Data::Floats(from)) => into[i] = from[0],
                (Data::Ints(into), Data::Ints(from)) => into[i] = from[0],
                (Data::Floats(_), Data::Ints(_)) | (Data::Ints(_), Data::Floats(_)) => {
                    unreachable!("the validator refuses an alternative of another type than the view's")
                }
            }
        }
        Ok(Val::new(ty, data))
    }
}
