//! Rows of a view on their way, in words.

use lower_dma::ir::Expr;
use tile_ir::{Elem, Loc, ViewId};

use super::flows::Flow;
use crate::limits::WORD;

/// Rows of a view that move through a FIFO: the words that they lie in, one row after another.
#[derive(Clone, Debug)]
pub(crate) struct Transfer {
    /// View.
    pub(crate) view: ViewId,
    /// Its element type.
    pub(crate) elem: Elem,
    /// First element.
    pub(crate) start: Expr,
    /// Rows.
    pub(crate) rows: Expr,
    /// Elements of a row.
    pub(crate) cols: Expr,
    /// Most rows.
    pub(crate) max_rows: u64,
    /// Most elements of a row.
    pub(crate) max_cols: u64,
    /// Elements from a row to the next.
    pub(crate) pitch: u64,
    /// Rows begin at words of their own; else they follow each other as elements, and are one run.
    pub(crate) apart: bool,
    /// What the byte that it starts at is known to be a multiple of, up to a word.
    pub(crate) multiple: u64,
    /// Which FIFO.
    pub(crate) flow: Flow,
    /// There may be no rows at all.
    pub(crate) maybe_none: bool,
    /// The user's line.
    pub(crate) loc: Loc,
}

/// A number of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    /// Always so many.
    Fixed(u64),
    /// It depends.
    Dynamic,
}

impl Transfer {
    /// Bytes of an element.
    pub(crate) const fn bytes(&self) -> u64 {
        self.elem.bytes()
    }

    /// Bytes from a word's start at which the first row may begin.
    fn phases(&self) -> Vec<u64> {
        match self.start.as_int() {
            Some(start) => vec![start.unsigned_abs() * self.bytes() % WORD],
            None => (0..WORD).step_by(self.multiple.clamp(1, WORD) as usize).collect(),
        }
    }

    /// The expressions that a core needs of it: where it starts matters only for the place in a word.
    pub(crate) fn exprs(&self) -> Vec<&Expr> {
        let start = (self.phases().len() > 1).then_some(&self.start);
        [&self.rows, &self.cols].into_iter().chain(start).collect()
    }

    /// Whether all rows are whole words.
    pub(crate) fn whole(&self) -> bool {
        let whole =
            |count: &Expr| count.as_int().is_some_and(|n| (n.unsigned_abs() * self.bytes()).is_multiple_of(WORD));
        let widths = self.bytes().is_multiple_of(WORD) || whole(&self.cols) || (!self.apart && self.run_is_whole());
        self.phases() == [0] && widths
    }

    fn run_is_whole(&self) -> bool {
        let run = self.rows.as_int().zip(self.cols.as_int()).map(|(rows, cols)| (rows * cols).unsigned_abs());
        run.is_some_and(|run| (run * self.bytes()).is_multiple_of(WORD))
    }

    fn words(&self, phase: u64, rows: u64, cols: u64) -> u64 {
        let size = |bytes: u64| (phase + bytes).div_ceil(WORD);
        if self.apart { rows * size(cols * self.bytes()) } else { size(rows * cols * self.bytes()) }
    }

    /// Most words of it.
    pub(crate) fn most_words(&self) -> u64 {
        self.phases().into_iter().map(|phase| self.words(phase, self.max_rows, self.max_cols)).max().unwrap_or(0)
    }

    /// Its words, where they are always as many.
    pub(crate) fn fixed_words(&self) -> Option<u64> {
        let (rows, cols) = (u64::try_from(self.rows.as_int()?).ok()?, u64::try_from(self.cols.as_int()?).ok()?);
        let mut counts = self.phases().into_iter().map(|phase| self.words(phase, rows, cols));
        let first = counts.next()?;
        counts.all(|count| count == first).then_some(first)
    }

    /// Objects of `words` words that it takes.
    pub(crate) fn objects(&self, words: u64) -> Count {
        match self.fixed_words() {
            Some(fixed) => Count::Fixed(fixed.div_ceil(words)),
            None if self.most_words() <= words && !self.maybe_none => Count::Fixed(1),
            None => Count::Dynamic,
        }
    }
}
