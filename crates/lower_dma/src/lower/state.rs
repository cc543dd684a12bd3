//! The state of lowering one kernel, and what puts statements into the program.

use std::collections::BTreeMap;

use tile_ir::{Elem, Kernel, Loc, Op, ParamKind, Value};

use super::exprs::{add, int, mul};
use super::facts::{Facts, Geometry};
use crate::Error;
use crate::ir::{Buffer, BufferData, CoreKernel, Expr, Operand, Scalar, Span, Stmt, StmtKind, Var, VarData, VectorOp};

pub(super) type Result<T> = std::result::Result<T, Error>;

/// Where a kept tile is: `rows x cols` elements of a buffer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    pub(super) buffer: Buffer,
    /// First element.
    pub(super) offset: u64,
    pub(super) geometry: Geometry,
    pub(super) pitch: u64,
}

/// Part of a tile.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    /// First row.
    pub(super) row: Expr,
    /// First column.
    pub(super) col: Expr,
    pub(super) rows: u64,
    pub(super) cols: u64,
}

impl Chunk {
    /// All of a tile.
    pub(super) const fn whole(geometry: Geometry) -> Chunk {
        Chunk { row: Expr::int(0), col: Expr::int(0), rows: geometry.rows, cols: geometry.cols }
    }
}

pub(super) struct Lower<'a> {
    pub(super) facts: &'a Facts<'a>,
    pub(super) kernel: &'a Kernel,
    pub(super) out: CoreKernel,
    /// Blocks that are being made, outermost first.
    pub(super) blocks: Vec<Vec<Stmt>>,
    /// By value: its scalar.
    pub(super) scalars: Vec<Option<Expr>>,
    /// By value: where it is kept.
    pub(super) storage: Vec<Option<Kept>>,
    /// What the open chunk has computed.
    pub(super) memo: BTreeMap<Value, Operand>,
    /// Masks of the open chunk.
    pub(super) masks: BTreeMap<Value, Span>,
    /// Values that the block that is being lowered defines itself.
    pub(super) local_defs: std::collections::BTreeSet<Value>,
    /// This program along x, y, z.
    pub(super) program: [Expr; 3],
    /// Most elements of a chunk.
    pub(super) chunk: u64,
    pub(super) loc: Loc,
    /// Name for temporaries: the user's, of what is being computed.
    pub(super) naming: String,
}

impl<'a> Lower<'a> {
    pub(super) fn new(facts: &'a Facts<'a>, chunk: u64) -> Lower<'a> {
        let kernel = facts.kernel;
        let mut scalars = vec![None; kernel.values.len()];
        for (index, param) in kernel.params.iter().enumerate() {
            if let ParamKind::Scalar(scalar) = &param.kind {
                scalars[scalar.value.index()] = Some(Expr::Param(index));
            }
        }
        Lower {
            facts,
            kernel,
            out: CoreKernel {
                name: kernel.name.clone(),
                family: kernel.family.clone(),
                tuning: kernel.tuning.clone(),
                params: kernel.params.clone(),
                grid: kernel.grid,
                cores: 1,
                grain: 1,
                vars: Vec::new(),
                buffers: Vec::new(),
                body: Vec::new(),
                loc: kernel.loc.clone(),
            },
            blocks: Vec::new(),
            storage: vec![None; scalars.len()],
            scalars,
            memo: BTreeMap::new(),
            masks: BTreeMap::new(),
            local_defs: std::collections::BTreeSet::new(),
            program: [Expr::int(0), Expr::int(0), Expr::int(0)],
            chunk,
            loc: kernel.loc.clone(),
            naming: "tile".to_owned(),
        }
    }

    pub(super) fn run(mut self) -> Result<CoreKernel> {
        self.blocks.push(Vec::new());
        self.programs()?;
        self.out.body = self.blocks.pop().unwrap_or_default();
        Ok(self.out)
    }

    pub(super) fn emit(&mut self, kind: StmtKind) {
        let stmt = Stmt { kind, loc: self.loc.clone() };
        if let Some(block) = self.blocks.last_mut() {
            block.push(stmt);
        }
    }

    /// Makes a block of its own.
    pub(super) fn inside(&mut self, f: impl FnOnce(&mut Self) -> Result<()>) -> Result<Vec<Stmt>> {
        self.blocks.push(Vec::new());
        let result = f(self);
        let block = self.blocks.pop().unwrap_or_default();
        result.map(|()| block)
    }

    pub(super) fn when(&mut self, condition: Expr, f: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        match condition {
            Expr::Bool(true) => f(self),
            Expr::Bool(false) => Ok(()),
            condition => {
                let then = self.inside(f)?;
                self.emit(StmtKind::If { condition, then, otherwise: Vec::new() });
                Ok(())
            }
        }
    }

    /// A loop over `0..count` in steps; one turn needs none.
    pub(super) fn counted(
        &mut self,
        name: &str,
        count: u64,
        step: u64,
        f: impl FnOnce(&mut Self, Expr) -> Result<()>,
    ) -> Result<()> {
        if count <= step {
            return if count == 0 { Ok(()) } else { f(self, Expr::int(0)) };
        }
        let var = self.var(name, Scalar::I64);
        let body = self.inside(|lower| f(lower, Expr::Var(var)))?;
        self.emit(StmtKind::For { var, lower: Expr::int(0), upper: int(count), step: int(step), body });
        Ok(())
    }

    /// Chunks of at most `rows x cols` of a tile, those at the edges with the sizes that are left.
    pub(super) fn chunks(
        &mut self,
        geometry: Geometry,
        rows: u64,
        cols: u64,
        f: &mut dyn FnMut(&mut Self, Chunk) -> Result<()>,
    ) -> Result<()> {
        for (row, height, turns) in cut(geometry.rows, rows) {
            for (col, width, across) in cut(geometry.cols, cols) {
                let mut part = |lower: &mut Self, at: Expr, to: Expr| {
                    lower.fresh();
                    let chunk = Chunk { row: add(at, int(row)), col: add(to, int(col)), rows: height, cols: width };
                    f(lower, chunk)
                };
                // The innermost loop with several turns copies ahead.
                if across > 1 {
                    self.counted("row", turns * height, height, |lower, at| {
                        lower.ahead("column", across * width, width, &mut |lower, to| part(lower, at.clone(), to))
                    })?;
                } else {
                    let first = Expr::int(0);
                    self.ahead("row", turns * height, height, &mut |lower, at| part(lower, at, first.clone()))?;
                }
            }
        }
        self.fresh();
        Ok(())
    }

    /// Forgets what the open chunk has computed.
    pub(super) fn fresh(&mut self) {
        self.memo.clear();
        self.masks.clear();
    }

    /// Rows and columns of a chunk with at most the allowed number of elements.
    pub(super) fn extents(&self, geometry: Geometry) -> (u64, u64) {
        let Geometry { rows, cols } = geometry;
        // Chunks of rows start at multiples of 8, or of what a block holds, so that columns of numbers for them start at blocks; where
        // lanes are chosen one by one they start anywhere.
        let target = self.facts.target;
        let group = if target.vectors.is_some() { 8 } else { target.step(Elem::F32).max(8) };
        let least = rows.min(group);
        let width = cols.min((self.chunk / least).max(64));
        let width = if width < cols { width / 64 * 64 } else { width };
        let most = self.facts.target.copy_rows / group * group;
        let height = (self.chunk / width.max(1)).max(least).min(rows).min(most);
        let height = if height < rows { (height / group * group).max(least) } else { height };
        (height, width)
    }

    pub(super) fn var(&mut self, name: &str, scalar: Scalar) -> Var {
        self.out.vars.push(VarData { name: name.to_owned(), scalar });
        Var(self.out.vars.len() as u32 - 1)
    }

    /// A variable with this value; what costs nothing stays as it is.
    pub(super) fn define(&mut self, name: &str, value: Expr) -> Expr {
        match value {
            Expr::Float(_) | Expr::Int(..) | Expr::Bool(_) | Expr::Var(_) | Expr::Param(_) | Expr::Core => value,
            value => {
                let var = self.var(name, value.scalar(&self.out));
                self.emit(StmtKind::Let { var, value });
                Expr::Var(var)
            }
        }
    }

    pub(super) fn buffer(&mut self, name: &str, elem: Elem, rows: u64, cols: u64) -> Kept {
        let pitch = self.facts.target.pitch(elem, cols);
        let loc = self.loc.clone();
        self.out.buffers.push(BufferData { name: name.to_owned(), elem, rows, cols, pitch, address: 0, loc });
        let buffer = Buffer(self.out.buffers.len() as u32 - 1);
        Kept { buffer, offset: 0, geometry: Geometry { rows, cols }, pitch }
    }

    /// A span for a temporary result.
    pub(super) fn temp(&mut self, elem: Elem, rows: u64, cols: u64) -> Span {
        let name = self.naming.clone();
        let kept = self.buffer(&name, elem, rows, cols);
        Span { buffer: kept.buffer, offset: Expr::int(0), rows, cols, pitch: kept.pitch }
    }

    pub(super) fn elem(&self, span: &Span) -> Elem {
        self.out.buffer(span.buffer).elem
    }

    pub(super) fn vector(&mut self, op: VectorOp, dst: &Span, args: Vec<Operand>) {
        self.emit(StmtKind::Vector { op, dst: dst.clone(), args });
    }

    /// The user's name of a value, or a word.
    pub(super) fn name_of(&self, value: Value, word: &str) -> String {
        self.kernel.values[value.index()].name.clone().unwrap_or_else(|| word.to_owned())
    }

    pub(super) fn refuse<T>(&self, op: &Op, elem: Elem, help: &str) -> Result<T> {
        let result = op.results.first().map(|&value| self.kernel.ty(value));
        Err(Error::Unsupported {
            target: self.facts.target.name,
            kernel: self.kernel.name.clone(),
            op: op.kind.mlir_name(result).to_owned(),
            elem,
            loc: op.loc.clone(),
            help: help.to_owned(),
        })
    }

    /// An error in the lowering itself.
    pub(super) fn broken<T>(&self, detail: &str) -> Result<T> {
        Err(super::broken(self.kernel, self.facts.target, detail))
    }
}

impl Kept {
    /// The part of it that a chunk is.
    pub(super) fn span(&self, chunk: &Chunk) -> Span {
        let offset = add(add(mul(chunk.row.clone(), int(self.pitch)), chunk.col.clone()), int(self.offset));
        Span { buffer: self.buffer, offset, rows: chunk.rows, cols: chunk.cols, pitch: self.pitch }
    }

    /// Place of the element with this row and column.
    pub(super) fn at(&self, row: Expr, col: Expr) -> Expr {
        add(add(mul(row, int(self.pitch)), col), int(self.offset))
    }
}

/// `count` in parts of `size`: first, size, and how many of them follow each other.
fn cut(count: u64, size: u64) -> Vec<(u64, u64, u64)> {
    let size = size.min(count).max(1);
    let (whole, rest) = (count / size, count % size);
    let mut parts = Vec::new();
    if whole > 0 {
        parts.push((0, size, whole));
    }
    if rest > 0 {
        parts.push((whole * size, rest, 1));
    }
    parts
}
