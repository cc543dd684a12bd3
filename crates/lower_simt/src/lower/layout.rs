//! Which thread and which register hold an element of a tile.

/// The elements of a tile, counted row-major, as `rows x cols`; rows are dealt to groups of `lanes` threads, the columns of a row
/// to the threads of its group, `vector` neighbours at a time.
///
/// Row `r` belongs to group `r % groups`; column `c` to thread `c / vector % lanes` of the group. With one column, every
/// thread of the group holds the row's element. With `every`, each group holds all rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Layout {
    pub(crate) rows: u64,
    pub(crate) cols: u64,
    /// Threads of a group: a power of two, at most the threads of the program.
    pub(crate) lanes: u64,
    /// Neighbouring columns of one thread: a power of two that divides `cols`.
    pub(crate) vector: u64,
    /// Every group of threads holds all of the tile.
    pub(crate) every: bool,
}

impl Layout {
    /// The layout for tiles that nothing else decides: as many threads per row as there are for that many rows.
    pub(crate) fn spread(rows: u64, cols: u64, threads: u64) -> Layout {
        Layout::with_lanes(rows, cols, lanes_per_row(rows, threads), 4, threads)
    }

    /// With `lanes` threads for each row, at most all, and at most `vector` neighbours at a time.
    pub(crate) fn with_lanes(rows: u64, cols: u64, lanes: u64, vector: u64, threads: u64) -> Layout {
        let lanes = lanes.min(threads);
        let fits = |v: &u64| *v <= vector && cols.is_multiple_of(*v) && cols >= *v * lanes;
        let vector = [8, 4, 2].into_iter().find(fits).unwrap_or(1);
        Layout { rows, cols, lanes, vector, every: false }
    }

    /// One element per row, the same in all threads of a row's group.
    pub(crate) fn rows_only(rows: u64, lanes: u64) -> Layout {
        Layout { rows, cols: 1, lanes, vector: 1, every: false }
    }

    /// Groups of threads that rows are dealt to.
    pub(crate) fn groups(self, threads: u64) -> u64 {
        if self.every { 1 } else { threads / self.lanes }
    }

    /// Rows of one group.
    pub(crate) fn row_slots(self, threads: u64) -> u64 {
        self.rows.div_ceil(self.groups(threads))
    }

    /// Vectors of one thread in a row.
    pub(crate) fn col_slots(self) -> u64 {
        if self.cols == 1 { 1 } else { self.cols.div_ceil(self.lanes * self.vector) }
    }

    /// Registers of one thread.
    pub(crate) fn registers(self, threads: u64) -> u64 {
        self.row_slots(threads) * self.col_slots() * self.vector
    }

    /// Whether several threads hold each element.
    pub(crate) fn replicated(self) -> bool {
        self.every || (self.cols == 1 && self.lanes > 1)
    }
}

/// Threads for each of `rows` rows, a power of two.
pub(crate) fn lanes_per_row(rows: u64, threads: u64) -> u64 {
    (threads / rows.max(1).next_power_of_two()).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every element has a thread, and exactly one unless the layout is replicated.
    #[test]
    fn each_element_has_its_threads() {
        for (rows, cols) in [(1, 1), (1, 57), (1, 1536), (3, 64), (6, 10), (16, 16), (24, 1), (300, 1), (5, 7)] {
            for threads in [32, 128, 256] {
                let layout = Layout::spread(rows, cols, threads);
                assert!(layout.lanes.is_power_of_two() && layout.lanes <= threads);
                assert!(cols.is_multiple_of(layout.vector));
                let mut holders = vec![0; (rows * cols) as usize];
                for thread in 0..threads {
                    let (group, lane) = (thread / layout.lanes, thread % layout.lanes);
                    for r in 0..layout.row_slots(threads) {
                        for c in 0..layout.col_slots() {
                            for v in 0..layout.vector {
                                let row = r * layout.groups(threads) + group;
                                let first = (c * layout.lanes + lane) * layout.vector;
                                let col = if cols == 1 { 0 } else { first + v };
                                if row < rows && col < cols {
                                    holders[(row * cols + col) as usize] += 1;
                                }
                            }
                        }
                    }
                }
                let expected = if cols == 1 { layout.lanes } else { 1 };
                assert!(holders.iter().all(|&n| n == expected), "{layout:?} on {threads} threads: {holders:?}");
            }
        }
    }

    #[test]
    fn rows_of_one_number_get_as_many_threads() {
        // So that a row's statistics are where its elements are.
        for rows in [1, 3, 4, 7, 16, 200] {
            assert_eq!(Layout::spread(rows, 64, 256).lanes, Layout::spread(rows, 1, 256).lanes);
        }
    }
}
