//! The state of lowering one kernel, and what puts statements into the program.

use std::collections::{BTreeMap, BTreeSet};

use tile_ir::analysis::Analysis;
use tile_ir::{Elem, Kernel, Loc, Op, Type, Value, ViewId};

use super::plan::{LoopKey, Plan};
use super::values::{FormsData, FormsId, Val};
use crate::ir::{Dtype, Expr, Instr, Number, Program, Span, Stmt, StmtKind, Tile, TileData, TileSpace, Var, VarData};
use crate::{Error, TARGET};

/// Why lowering stopped.
#[derive(Debug)]
pub(super) enum Fail {
    /// For good.
    Error(Error),
    /// The plan was changed; lower again.
    Again,
}

impl From<Error> for Fail {
    fn from(error: Error) -> Fail {
        Fail::Error(error)
    }
}

pub(super) type Result<T> = std::result::Result<T, Fail>;

/// A loop that is being lowered.
#[derive(Clone, Debug)]
pub(super) struct Active {
    pub(super) key: LoopKey,
    pub(super) var: Var,
    pub(super) lower: Expr,
    pub(super) upper: Expr,
    pub(super) step: i64,
    /// Level of its body.
    pub(super) level: usize,
    /// Where the run counts, of a loop of the run.
    pub(super) counter: Option<Span>,
}

pub(super) struct Lower<'a> {
    pub(super) kernel: &'a Kernel,
    pub(super) analysis: &'a Analysis,
    pub(super) plan: &'a mut Plan,
    pub(super) out: Program,
    /// Blocks that are being made, outermost first.
    pub(super) blocks: Vec<Vec<Stmt>>,
    /// The block that statements go into.
    pub(super) current: usize,
    pub(super) values: Vec<Option<Val>>,
    pub(super) forms: Vec<FormsData>,
    /// Loops with known bounds around, outermost first.
    pub(super) loops: Vec<Active>,
    /// By variable: number of the first turn of its part in the whole loop.
    pub(super) starts: BTreeMap<Var, i64>,
    /// Columns that hold a constant.
    pub(super) constants: BTreeMap<(Dtype, u64), Span>,
    /// Integers of loops of the run, by level.
    pub(super) computed: Vec<(Expr, usize, FormsId)>,
    /// Values that are the same in all programs and turns.
    pub(super) invariant: BTreeSet<Value>,
    /// Views of which there is a snapshot, with its sizes.
    pub(super) snapshots: BTreeMap<ViewId, (crate::ir::Hbm, tile_ir::Shape)>,
    /// Operands of products with their summed axis on partitions.
    pub(super) majors: Vec<(super::contract::MajorKey, super::contract::Major)>,
    /// This program along x, y, z.
    pub(super) program: [Expr; 3],
    /// Tiles that count, by shape and dimension.
    pub(super) counts: Vec<(tile_ir::Shape, usize, FormsId)>,
    /// Parts of masks that are boxes.
    pub(super) boxes: BTreeMap<Value, Vec<Val>>,
    pub(super) loc: Loc,
    /// Name for temporaries: the user's, of what is being computed.
    pub(super) naming: String,
}

impl<'a> Lower<'a> {
    pub(super) fn new(kernel: &'a Kernel, analysis: &'a Analysis, plan: &'a mut Plan) -> Lower<'a> {
        Lower {
            kernel,
            analysis,
            plan,
            out: Program {
                name: kernel.name.clone(),
                family: kernel.family.clone(),
                tuning: kernel.tuning.clone(),
                params: kernel.params.clone(),
                grid: kernel.grid,
                tiles: Vec::new(),
                vars: Vec::new(),
                body: Vec::new(),
                loc: kernel.loc.clone(),
            },
            blocks: vec![Vec::new()],
            current: 0,
            values: vec![None; kernel.values.len()],
            forms: Vec::new(),
            loops: Vec::new(),
            starts: BTreeMap::new(),
            constants: BTreeMap::new(),
            computed: Vec::new(),
            invariant: super::invariant::find(kernel),
            snapshots: BTreeMap::new(),
            majors: Vec::new(),
            program: [Expr::Int(0), Expr::Int(0), Expr::Int(0)],
            counts: Vec::new(),
            boxes: BTreeMap::new(),
            loc: kernel.loc.clone(),
            naming: "tile".to_owned(),
        }
    }

    pub(super) fn ty(&self, value: Value) -> Type {
        self.kernel.ty(value)
    }

    pub(super) fn emit(&mut self, instr: Instr) {
        self.put(StmtKind::Instr(instr));
    }

    pub(super) fn put(&mut self, kind: StmtKind) {
        let stmt = Stmt { kind, loc: self.loc.clone() };
        self.blocks[self.current].push(stmt);
    }

    /// Level of the innermost block.
    pub(super) fn innermost(&self) -> usize {
        self.blocks.len() - 1
    }

    /// Puts statements into the block of `level`, which is before what is being made further inside.
    pub(super) fn at_level<T>(&mut self, level: usize, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let before = std::mem::replace(&mut self.current, level);
        let result = f(self);
        self.current = before;
        result
    }

    /// Makes a block of its own.
    pub(super) fn inside(&mut self, f: impl FnOnce(&mut Self) -> Result<()>) -> Result<Vec<Stmt>> {
        self.blocks.push(Vec::new());
        let innermost = self.innermost();
        let before = std::mem::replace(&mut self.current, innermost);
        let result = f(self);
        self.current = before;
        let level = self.innermost();
        let block = self.blocks.pop().unwrap_or_default();
        self.computed.retain(|entry| entry.1 < level);
        result.map(|()| block)
    }

    pub(super) fn var(&mut self, name: &str) -> Var {
        self.out.vars.push(VarData { name: name.to_owned() });
        Var(self.out.vars.len() as u32 - 1)
    }

    /// A new tile of `parts x free`.
    pub(super) fn tile(&mut self, name: &str, space: TileSpace, dtype: Dtype, parts: u64, free: u64) -> Span {
        let loc = self.loc.clone();
        self.out.tiles.push(TileData { name: name.to_owned(), space, dtype, parts, free, loc });
        let tile = Tile(self.out.tiles.len() as u32 - 1);
        self.put(StmtKind::Declare(tile));
        Span { tile, part: 0, parts, offset: Expr::Int(0), dims: vec![(1, free)] }
    }

    /// A new tile in SBUF for a temporary result.
    pub(super) fn temp(&mut self, dtype: Dtype, parts: u64, free: u64) -> Span {
        let name = self.naming.clone();
        self.tile(&name, TileSpace::Sbuf, dtype, parts, free)
    }

    pub(super) fn dtype(&self, span: &Span) -> Dtype {
        self.out.dtype(span)
    }

    /// A column of all partitions that holds a constant, made once.
    pub(super) fn constant(&mut self, dtype: Dtype, number: Number) -> Result<Span> {
        let key = match &number {
            Number::Float(x) => (dtype, u64::from(x.to_bits())),
            Number::Int(n) => (dtype, *n as u64),
            Number::Of(_) => return self.broken("a constant that depends on a variable"),
        };
        if let Some(span) = self.constants.get(&key) {
            return Ok(span.clone());
        }
        let span = self.at_level(0, |lower| {
            let name = if number == Number::Float(1.0) { "ones" } else { "constant" };
            let span = lower.tile(name, TileSpace::Sbuf, dtype, crate::limits::PARTITIONS, 1);
            lower.emit(Instr::Fill { dst: span.clone(), value: number });
            Ok(span)
        })?;
        self.constants.insert(key, span.clone());
        Ok(span)
    }

    /// The user's name of a value, or a word.
    pub(super) fn name_of(&self, value: Value, word: &str) -> String {
        self.kernel.values[value.index()].name.clone().unwrap_or_else(|| word.to_owned())
    }

    pub(super) fn refuse<T>(&self, op: &Op, elem: Elem, help: &str) -> Result<T> {
        let result = op.results.first().map(|&value| self.kernel.ty(value));
        Err(Fail::Error(Error::Unsupported {
            target: TARGET,
            kernel: self.kernel.name.clone(),
            op: op.kind.mlir_name(result).to_owned(),
            elem,
            loc: op.loc.clone(),
            help: help.to_owned(),
        }))
    }

    /// Refuses numbers of the compiler that tiles would have to hold and 32 bits do not.
    pub(super) fn check_numbers(&self, body: &[Stmt]) -> Result<()> {
        for stmt in body {
            if let StmtKind::Instr(Instr::Fill { dst, value: Number::Int(n) }) = &stmt.kind
                && self.dtype(dst) == Dtype::I32
                && i32::try_from(*n).is_err()
            {
                return Err(Fail::Error(Error::Unsupported {
                    target: TARGET,
                    kernel: self.kernel.name.clone(),
                    op: "arith.constant".to_owned(),
                    elem: Elem::I64,
                    loc: stmt.loc.clone(),
                    help: format!("{n} leaves 32 bits, and no dtype of NKI has 64"),
                }));
            }
            self.check_numbers(stmt.kind.body())?;
        }
        Ok(())
    }

    /// An error in the lowering itself.
    pub(super) fn broken<T>(&self, detail: &str) -> Result<T> {
        Err(Fail::Error(Error::Broken {
            target: TARGET,
            kernel: self.kernel.name.clone(),
            detail: detail.to_owned(),
            loc: self.loc.clone(),
        }))
    }

    /// The value of an operand.
    pub(super) fn value(&mut self, value: Value) -> Result<Val> {
        match &self.values[value.index()] {
            Some(val) => Ok(val.clone()),
            None => self.mask_value(value),
        }
    }

    pub(super) fn set(&mut self, value: Value, val: Val) {
        self.values[value.index()] = Some(val);
    }
}
