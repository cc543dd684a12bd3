//! How outputs are split over the programs of the grid.

use tile_ir::{Axis, Own};

use super::{by, constant};
use crate::errors::Problem;
use crate::llvm::Value;

/// How an output is split over programs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Split {
    /// Matrices, of which a parameter chooses one; `None`: the output is one matrix.
    matrices: Option<u64>,
    rows: u64,
    cols: u64,
    /// `None`: one row, chosen by a parameter.
    block_rows: Option<u64>,
    block_cols: u64,
}

impl Split {
    /// Reads the numbers of a `partition`, `row` or `matrix` declaration.
    pub(super) fn read(kind: &str, args: &[Value<'_>]) -> Result<Split, Problem> {
        let number = |i: usize, what| constant(args.get(i), what);
        let (outer, matrices) = match kind {
            "matrix" => (1, Some(number(4, "the number of matrices")?)),
            _ => (0, None),
        };
        let rows = number(4 + outer, "the number of rows")?;
        let cols = number(5 + outer, "the number of columns")?;
        let first = number(6 + outer, "the block size")?;
        let (block_rows, block_cols) = match kind {
            "row" => (None, first),
            _ => (Some(first), number(7 + outer, "the block size")?),
        };
        let split = Split { matrices, rows, cols, block_rows, block_cols };
        if block_rows == Some(0) || block_cols == 0 || split.extents().contains(&0) {
            let shape = format!("{} in blocks of {}x{block_cols}", by(&split.extents()), block_rows.unwrap_or(1));
            return Err(Problem::BadShape { what: "this output".into(), shape });
        }
        Ok(split)
    }

    /// The output's extents, outermost first.
    pub(super) fn extents(&self) -> Vec<u64> {
        self.matrices.into_iter().chain([self.rows, self.cols]).collect()
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

    /// Ownership of each dimension; `at` is the parameter that chooses the row or the matrix.
    pub(super) fn own(&self, at: usize) -> Vec<Own> {
        let mut axes = Axis::ALL.into_iter();
        let mut part = |extent: u64, size: u64| match axes.next_if_split(extent, size) {
            Some(axis) => Own::Block { axis, size },
            None => Own::Whole,
        };
        let chosen = Own::At { param: at };
        let cols = part(self.cols, self.block_cols);
        let rows = match self.block_rows {
            Some(size) => part(self.rows, size),
            None => chosen,
        };
        self.matrices.map(|_| chosen).into_iter().chain([rows, cols]).collect()
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
        let split = |block_rows, block_cols| Split { matrices: None, rows: 10, cols: 100, block_rows, block_cols };
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

    #[test]
    fn a_matrix_among_several_is_split_like_one() {
        let one = Split { matrices: None, rows: 10, cols: 100, block_rows: Some(3), block_cols: 16 };
        let among = Split { matrices: Some(7), ..one };
        assert_eq!(among.extents(), [7, 10, 100]);
        assert_eq!(among.grid(), one.grid());
        let own = [Own::At { param: 4 }, Own::Block { axis: Axis::Y, size: 3 }, Own::Block { axis: Axis::X, size: 16 }];
        assert_eq!(among.own(4), own);
    }
}
