//! Core programs by hand that together use every construct, in the shapes that instructions treat differently.

mod scalar;
mod vector;

use lower_dma::ir::{Buffer, CoreKernel, Expr, Operand, Span, StmtKind, VectorOp};
use lower_dma::place::Placed;
use lower_dma::sync::synchronise;
use lower_dma::testing::Build;
use mlir_to_pto::limits::TARGET;
use tile_ir::{Access, Elem};

/// All of them.
pub(crate) fn all() -> Vec<CoreKernel> {
    vec![
        vector::unary(),
        vector::binary(),
        vector::integers(),
        vector::fused(),
        vector::casts(),
        vector::fills(),
        vector::masks(),
        vector::rows(),
        vector::cols(),
        vector::long_rows(),
        scalar::copies(),
        scalar::elements(),
        scalar::control(),
    ]
}

/// A program under construction. Views of what it reads and writes are made with the buffers.
pub(crate) struct Program {
    pub(crate) build: Build<'static>,
    outputs: usize,
}

impl Program {
    pub(crate) fn new(name: &str) -> Program {
        Program { build: Build::new(name, &TARGET), outputs: 0 }
    }

    /// A buffer with numbers from a view.
    pub(crate) fn input(&mut self, name: &str, elem: Elem, rows: u64, cols: u64) -> Buffer {
        let view = self.build.view(name, elem, &[rows, cols], Access::Read);
        let buffer = self.build.buffer(&format!("{name}_tile"), elem, rows, cols);
        self.build.load(buffer, view, Expr::int(0));
        buffer
    }

    /// A buffer for a result.
    pub(crate) fn result(&mut self, elem: Elem, rows: u64, cols: u64) -> Buffer {
        self.build.buffer("result", elem, rows, cols)
    }

    /// Stores a buffer into a view of its own.
    pub(crate) fn output(&mut self, buffer: Buffer) {
        let (elem, rows, cols) = {
            let data = self.build.kernel.buffer(buffer);
            (data.elem, data.rows, data.cols)
        };
        let view = self.build.view(&format!("out{}", self.outputs), elem, &[rows, cols], Access::Write);
        self.outputs += 1;
        self.build.store(buffer, view, Expr::int(0));
    }

    /// `op` into a buffer that is stored.
    pub(crate) fn stored(&mut self, op: VectorOp, elem: Elem, shape: [u64; 2], args: &[Operand]) -> Buffer {
        let result = self.result(elem, shape[0], shape[1]);
        self.build.vector(op, result, args);
        self.output(result);
        result
    }

    pub(crate) fn vector(&mut self, op: VectorOp, dst: Span, args: Vec<Operand>) {
        self.build.put(StmtKind::Vector { op, dst, args });
    }

    pub(crate) fn span(&self, buffer: Buffer) -> Operand {
        self.build.span(buffer)
    }

    pub(crate) fn row(&self, buffer: Buffer) -> Operand {
        Operand::Row(self.build.all(buffer))
    }

    pub(crate) fn column(&self, buffer: Buffer) -> Operand {
        Operand::Column(self.build.all(buffer))
    }

    /// Columns of a buffer, from `first` on.
    pub(crate) fn part(&self, buffer: Buffer, first: i64, cols: u64) -> Span {
        Span { offset: Expr::int(first), cols, ..self.build.all(buffer) }
    }

    /// With its flags and barriers.
    pub(crate) fn finish(self) -> CoreKernel {
        synchronise(Placed(self.build.finish()), &TARGET)
    }
}
