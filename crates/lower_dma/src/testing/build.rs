//! Core programs by hand.

use tile_ir::{Access, Elem, Loc, Own, Param, ParamKind, Shape, View, ViewId};

use crate::ir::{
    Buffer, BufferData, Copy, CoreKernel, Expr, Operand, Pipe, Scalar, Span, Stmt, StmtKind, Var, VarData, VectorOp,
};
use crate::target::Target;

/// Builds a core program, statement by statement. Every statement gets a line of its own.
#[derive(Debug)]
pub struct Build<'a> {
    /// What is being built.
    pub kernel: CoreKernel,
    target: &'a Target,
    blocks: Vec<Vec<Stmt>>,
    address: u64,
    line: u32,
}

impl<'a> Build<'a> {
    /// An empty program for one core.
    #[must_use]
    pub fn new(name: &str, target: &'a Target) -> Build<'a> {
        let kernel = CoreKernel {
            name: name.to_owned(),
            family: name.to_owned(),
            tuning: Vec::new(),
            params: Vec::new(),
            grid: [1, 1, 1],
            cores: 1,
            grain: 1,
            vars: Vec::new(),
            buffers: Vec::new(),
            body: Vec::new(),
            loc: Loc::Unknown,
        };
        Build { kernel, target, blocks: vec![Vec::new()], address: 0, line: 0 }
    }

    /// A view parameter.
    ///
    /// # Panics
    /// With more than four dimensions.
    pub fn view(&mut self, name: &str, elem: Elem, dims: &[u64], access: Access) -> ViewId {
        let shape = Shape::new(dims).expect("at most four dimensions");
        let own = if access == Access::Write { vec![Own::Whole; dims.len()] } else { Vec::new() };
        let kind = ParamKind::View(View { elem, shape, access, own });
        self.kernel.params.push(Param { name: name.to_owned(), kind, loc: Loc::Unknown });
        ViewId(self.kernel.params.len() as u32 - 1)
    }

    /// A local buffer behind those there are.
    pub fn buffer(&mut self, name: &str, elem: Elem, rows: u64, cols: u64) -> Buffer {
        let pitch = self.target.pitch(elem, cols);
        let address = self.address;
        self.address += self.target.bytes(elem, rows * pitch).next_multiple_of(self.target.align);
        let loc = Loc::Unknown;
        self.kernel.buffers.push(BufferData { name: name.to_owned(), elem, rows, cols, pitch, address, loc });
        Buffer(self.kernel.buffers.len() as u32 - 1)
    }

    /// All of a buffer.
    #[must_use]
    pub fn all(&self, buffer: Buffer) -> Span {
        let data = self.kernel.buffer(buffer);
        Span { buffer, offset: Expr::int(0), rows: data.rows, cols: data.cols, pitch: data.pitch }
    }

    /// A variable.
    pub fn var(&mut self, name: &str, scalar: Scalar) -> Var {
        self.kernel.vars.push(VarData { name: name.to_owned(), scalar });
        Var(self.kernel.vars.len() as u32 - 1)
    }

    /// A statement.
    pub fn put(&mut self, kind: StmtKind) {
        self.line += 1;
        let loc = Loc::File { file: "core.rs".into(), line: self.line, column: 1 };
        if let Some(block) = self.blocks.last_mut() {
            block.push(Stmt { kind, loc });
        }
    }

    /// A copy of all of a buffer and as much of a view, from `offset` on.
    #[must_use]
    pub fn copy(&self, buffer: Buffer, view: ViewId, offset: Expr) -> Copy {
        let data = self.kernel.buffer(buffer);
        Copy {
            buffer,
            offset: Expr::int(0),
            pitch: data.pitch,
            view,
            view_offset: offset,
            view_pitch: data.cols,
            rows: Expr::int(data.rows as i64),
            cols: Expr::int(data.cols as i64),
            max_rows: data.rows,
            max_cols: data.cols,
            pad: None,
        }
    }

    /// Copies a buffer in.
    pub fn load(&mut self, buffer: Buffer, view: ViewId, offset: Expr) {
        let copy = self.copy(buffer, view, offset);
        self.put(StmtKind::CopyIn(copy));
    }

    /// Copies a buffer out.
    pub fn store(&mut self, buffer: Buffer, view: ViewId, offset: Expr) {
        let copy = self.copy(buffer, view, offset);
        self.put(StmtKind::CopyOut(copy));
    }

    /// A vector operation on all of a buffer.
    pub fn vector(&mut self, op: VectorOp, dst: Buffer, args: &[Operand]) {
        let dst = self.all(dst);
        self.put(StmtKind::Vector { op, dst, args: args.to_vec() });
    }

    /// All of a buffer as an operand.
    #[must_use]
    pub fn span(&self, buffer: Buffer) -> Operand {
        Operand::Span(self.all(buffer))
    }

    /// A flag that is set, and waited for at once.
    pub fn sync(&mut self, from: Pipe, to: Pipe) {
        self.put(StmtKind::Signal { from, to, event: 0 });
        self.put(StmtKind::Await { from, to, event: 0 });
    }

    /// A loop over `0..count`.
    pub fn count(&mut self, name: &str, count: i64, f: impl FnOnce(&mut Self, Expr)) {
        let var = self.var(name, Scalar::I64);
        self.blocks.push(Vec::new());
        f(self, Expr::Var(var));
        let body = self.blocks.pop().unwrap_or_default();
        let (lower, upper, step) = (Expr::int(0), Expr::int(count), Expr::int(1));
        self.put(StmtKind::For { var, lower, upper, step, body });
    }

    /// The program.
    #[must_use]
    pub fn finish(mut self) -> CoreKernel {
        self.kernel.body = self.blocks.pop().unwrap_or_default();
        self.kernel
    }
}
