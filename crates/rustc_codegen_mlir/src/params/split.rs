//! How outputs are split over the programs of the grid.

use tile_ir::{Axis, Own};

use super::constant;
use crate::errors::Problem;
use crate::llvm::Value;

/// How an output is split over programs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Split {
    pub(super) rows: u64,
    pub(super) cols: u64,
    /// `None`: one row, chosen by a parameter.
    block_rows: Option<u64>,
    block_cols: u64,
}

impl Split {
    /// Reads the numbers of a `partition` or `row` declaration.
    pub(super) fn read(kind: &str, args: &[Value<'_>]) -> Result<Split, Problem> {
        let number = |i: usize, what| constant(args.get(i), what);
        let rows = number(4, "the number of rows")?;
        let cols = number(5, "the number of columns")?;
        let (block_rows, block_cols) = match kind {
            "row" => (None, number(6, "the block size")?),
            _ => (Some(number(6, "the block size")?), number(7, "the block size")?),
        };
        if block_rows == Some(0) || block_cols == 0 || rows == 0 || cols == 0 {
            let shape = format!("{rows}x{cols} in blocks of {}x{block_cols}", block_rows.unwrap_or(1));
            return Err(Problem::BadShape { what: "this output".into(), shape });
        }
        Ok(Split { rows, cols, block_rows, block_cols })
    }

    /// Programs along each axis: columns are split first, then rows.
    pub(super) fn grid(&self) -> [u64; 3] {
        let mut grid = [1; 3];
        let mut axes = grid.iter_mut();
        let dims = [(self.cols, Some(self.block_cols)), (self.rows, self.block_rows)];
        for (extent, block) in dims {
            if let Some(block) = block.filter(|block| *block < extent)
                && let Some(programs) = axes.next()
            {
                *programs = extent.div_ceil(block);
            }
        }
        grid
    }

    /// Ownership of each dimension; `row` is the parameter that chooses the row.
    pub(super) fn own(&self, row: usize) -> Vec<Own> {
        let mut axes = Axis::ALL.into_iter();
        let mut part = |extent: u64, size: u64| match axes.next_if_split(extent, size) {
            Some(axis) => Own::Block { axis, size },
            None => Own::Whole,
        };
        let cols = part(self.cols, self.block_cols);
        let rows = match self.block_rows {
            Some(size) => part(self.rows, size),
            None => Own::At { param: row },
        };
        vec![rows, cols]
    }
}

/// Takes the next axis if a dimension is split at all.
trait NextIfSplit {
    fn next_if_split(&mut self, extent: u64, size: u64) -> Option<Axis>;
}

impl<I: Iterator<Item = Axis>> NextIfSplit for I {
    fn next_if_split(&mut self, extent: u64, size: u64) -> Option<Axis> {
        if size < extent { self.next() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_split_before_rows() {
        let split = |block_rows, block_cols| Split { rows: 10, cols: 100, block_rows, block_cols };
        assert_eq!(split(Some(10), 16).grid(), [7, 1, 1]);
        assert_eq!(split(Some(3), 100).grid(), [4, 1, 1]);
        assert_eq!(split(Some(3), 16).grid(), [7, 4, 1]);
        assert_eq!(split(Some(99), 500).grid(), [1, 1, 1]);
        assert_eq!(split(None, 50).grid(), [2, 1, 1]);
        let block = |axis, size| Own::Block { axis, size };
        assert_eq!(split(Some(3), 16).own(0), [block(Axis::Y, 3), block(Axis::X, 16)]);
        assert_eq!(split(Some(3), 100).own(0), [block(Axis::X, 3), Own::Whole]);
        assert_eq!(split(None, 50).own(4), [Own::At { param: 4 }, block(Axis::X, 50)]);
    }
}
