//! What the lowering knows of a target: numbers and tables, not branches.

use tile_ir::{BinaryOp, Elem, UnaryOp};

use crate::ir::{CoreKernel, Expr, StmtKind, VectorOp};

/// A target of this family.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Name, such as `ascendc`.
    pub name: &'static str,
    /// Bytes of the local buffer that programs may use.
    pub local_bytes: u64,
    /// What the copy engine and the vector unit move at least, in bytes: rows of local tiles start at multiples of it, and what lies
    /// between the end of a row and the next multiple is undefined after an operation.
    pub block: u64,
    /// No two cores may write into one piece of this many bytes of global memory, at a multiple of it.
    pub grain_bytes: u64,
    /// Local buffers start at multiples of this many bytes.
    pub align: u64,
    /// Cores that programs are spread over.
    pub cores: u64,
    /// How pipes are ordered.
    pub sync: Sync,
    /// How masks are held.
    pub mask: Mask,
    /// Most rows of one copy.
    pub copy_rows: u64,
    /// Most bytes of one row of a copy.
    pub copy_row_bytes: u64,
    /// A copy into local memory can fill the rest of each row's last block with a number.
    pub copy_pads: bool,
    /// Vector operations of one operand on `f32`.
    pub unary: &'static [UnaryOp],
    /// Vector operations of two operands on `f32`.
    pub binary: &'static [BinaryOp],
    /// Vector operations of two operands on `i32`. Where sums leave the range of the type they may saturate, so that the lowering
    /// uses them where they are known not to.
    pub binary_i32: &'static [BinaryOp],
    /// Vector conversions, from and to; narrowing to the nearest (ties to even), float to integer toward zero.
    pub casts: &'static [(Elem, Elem)],
    /// Rows that are parts of longer ones can be reduced; else what lies between them must be nobody's.
    pub reduces_parts: bool,
    /// Element types that the vector unit can fill.
    pub fills: &'static [Elem],
    /// `i32` vectors that count up.
    pub iota: bool,
    /// Functions of one `f32` that the scalar unit has.
    pub scalar_unary: &'static [UnaryOp],
    /// Local memory is arrays of vectors, of which scalar code reads no lane; `None` where it reads every element.
    pub vectors: Option<Vectors>,
}

/// A core with local memory of vectors, each as large as a block. Arrays have one element type, numbers of 64 bits do not exist, and
/// integers wrap. What scalar code makes of elements is held in all lanes of a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vectors {
    /// Functions of one `f32` that look tables up, which then lie in local memory.
    pub tables: &'static [UnaryOp],
    /// Bytes of local memory that programs may use beside tables.
    pub local_bytes: u64,
}

/// How pipes are ordered against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// Pipes run on their own; flags between pairs of them, numbered from 0 to below `ids`, and barriers inside one.
    Events {
        /// Flags for each pair of pipes.
        ids: u32,
    },
    /// Operations of one pipe follow each other, and the core that starts them can wait until a pipe is empty. Scalar code and the
    /// vector unit wait for each other by themselves.
    Drain {
        /// Copies wait for what was started before, and are over when the next operation starts.
        copies_wait: bool,
    },
}

/// How masks are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    /// A bit per element; rows start at multiples of 256 elements.
    Bits,
    /// 1.0 or 0.0 per element.
    Floats,
}

impl Vectors {
    /// Whether something in a kernel looks tables up.
    #[must_use]
    pub fn looks_up(&self, kernel: &CoreKernel) -> bool {
        let unary = |op: &UnaryOp| self.tables.contains(op);
        let mut found = false;
        for stmt in &kernel.body {
            stmt.for_each(&mut |stmt| {
                if let StmtKind::Vector { op, .. } = &stmt.kind {
                    found |= matches!(op, VectorOp::Unary(op) if unary(op));
                }
                for expr in stmt.exprs() {
                    expr.for_each(&mut |expr| {
                        found |= matches!(expr, Expr::Unary(op, _) if unary(op));
                    });
                }
            });
        }
        found
    }
}

impl Target {
    /// Elements of a row of a local tile: `cols` rounded up to whole blocks.
    #[must_use]
    pub fn pitch(&self, elem: Elem, cols: u64) -> u64 {
        if elem == Elem::I1 && self.mask == Mask::Bits {
            return cols.next_multiple_of(256);
        }
        cols.next_multiple_of((self.block / self.elem_bytes(elem)).max(1))
    }

    /// Bytes of local memory that the buffers of a kernel may take.
    #[must_use]
    pub fn room(&self, kernel: &CoreKernel) -> u64 {
        match self.vectors {
            Some(vectors) if vectors.looks_up(kernel) => vectors.local_bytes,
            Some(_) | None => self.local_bytes,
        }
    }

    /// Whether views and local buffers have elements of this type.
    #[must_use]
    pub fn holds(&self, elem: Elem) -> bool {
        self.vectors.is_none() || elem.bytes() <= 4
    }

    /// Bytes of local memory that the buffers of a kernel take, from the first one on.
    #[must_use]
    pub fn used(&self, kernel: &CoreKernel) -> u64 {
        kernel.buffers.iter().map(|data| data.address + self.bytes(data.elem, data.elements())).max().unwrap_or(0)
    }

    /// Bytes of `count` elements in local memory.
    #[must_use]
    pub fn bytes(&self, elem: Elem, count: u64) -> u64 {
        if elem == Elem::I1 && self.mask == Mask::Bits { count.div_ceil(8) } else { count * self.elem_bytes(elem) }
    }

    /// Bytes of one element; 1 for bits.
    #[must_use]
    pub fn elem_bytes(&self, elem: Elem) -> u64 {
        match (elem, self.mask) {
            (Elem::I1, Mask::Floats) => 4,
            (Elem::I1, Mask::Bits) => 1,
            (Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index, _) => elem.bytes(),
        }
    }

    /// Elements between places where an operand may start.
    #[must_use]
    pub fn step(&self, elem: Elem) -> u64 {
        if elem == Elem::I1 && self.mask == Mask::Bits { 256 } else { (self.block / self.elem_bytes(elem)).max(1) }
    }
}
