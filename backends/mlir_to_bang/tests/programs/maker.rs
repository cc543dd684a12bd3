//! Programs out of operations on parts of buffers that hold input, whose results go into one view.

use lower_dma::ir::{Buffer, Copy, CoreKernel, Expr, Operand, Span, StmtKind, VectorOp};
use lower_dma::testing::Build;
use mlir_to_bang::limits::TARGET;
use tile_ir::{Access, Elem, ViewId};

/// Elements of the views.
const LEN: u64 = 1 << 16;

/// Elements beside a span in its buffer: before each row, and behind it.
const GAPS: [u64; 2] = [2, 3];

/// Builds a program.
pub(crate) struct Maker {
    pub(crate) b: Build<'static>,
    x: ViewId,
    y: ViewId,
    read: u64,
    written: u64,
}

impl Maker {
    pub(crate) fn new(name: &str) -> Maker {
        let mut b = Build::new(name, &TARGET);
        let x = b.view("x", Elem::F32, &[LEN], Access::Read);
        let y = b.view("y", Elem::F32, &[LEN], Access::Write);
        Maker { b, x, y, read: 0, written: 0 }
    }

    pub(crate) fn fence(&mut self) {
        self.b.put(StmtKind::Fence);
    }

    /// A buffer that holds input.
    pub(crate) fn filled(&mut self, name: &str, rows: u64, cols: u64) -> Buffer {
        let buffer = self.b.buffer(name, Elem::F32, rows, cols);
        self.b.load(buffer, self.x, Expr::int(self.read as i64));
        self.read += rows * cols;
        assert!(self.read <= LEN, "the view is too small");
        buffer
    }

    /// All of a new buffer that holds input.
    pub(crate) fn dense(&mut self, name: &str, rows: u64, cols: u64) -> Span {
        let buffer = self.filled(name, rows, cols);
        self.b.all(buffer)
    }

    /// A part of a new buffer that holds input, with elements before and behind each row.
    pub(crate) fn part(&mut self, name: &str, rows: u64, cols: u64) -> Span {
        let [before, behind] = GAPS;
        let buffer = self.filled(name, rows, cols + before + behind);
        let pitch = self.b.kernel.buffer(buffer).pitch;
        Span { buffer, offset: Expr::int(before as i64), rows, cols, pitch }
    }

    /// A vector operation after whatever was before; all of the result's buffer is stored.
    pub(crate) fn vector(&mut self, op: VectorOp, dst: &Span, args: &[Operand]) {
        self.fence();
        self.b.put(StmtKind::Vector { op, dst: dst.clone(), args: args.to_vec() });
        self.store(dst.buffer);
    }

    /// Stores all of a buffer of f32.
    pub(crate) fn store(&mut self, buffer: Buffer) {
        self.fence();
        self.b.store(buffer, self.y, Expr::int(self.written as i64));
        self.written += self.b.kernel.buffer(buffer).elements();
        assert!(self.written <= LEN, "the view is too small");
    }

    /// A copy of `rows` and `cols` elements, at most as many as the span has, between a span and a view.
    pub(crate) fn copy(
        &self,
        span: &Span,
        view: ViewId,
        offset: i64,
        view_pitch: u64,
        [rows, cols]: [Expr; 2],
    ) -> Copy {
        Copy {
            buffer: span.buffer,
            offset: span.offset.clone(),
            pitch: span.pitch,
            view,
            view_offset: Expr::int(offset),
            view_pitch,
            rows,
            cols,
            max_rows: span.rows,
            max_cols: span.cols,
            pad: None,
        }
    }

    pub(crate) const fn x(&self) -> ViewId {
        self.x
    }

    pub(crate) const fn y(&self) -> ViewId {
        self.y
    }

    /// Room for `count` elements in the written view.
    pub(crate) fn room(&mut self, count: u64) -> i64 {
        self.written += count;
        (self.written - count) as i64
    }

    pub(crate) fn finish(self) -> CoreKernel {
        self.b.finish()
    }
}
