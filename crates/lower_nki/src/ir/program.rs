//! Programs, tiles, statements.

use tile_ir::{Loc, Param};

use super::expr::{Expr, Var};
use super::instr::Instr;
use super::place::{Dtype, Span};

/// A tile or a private tensor: an index into [`Program::tiles`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile(pub u32);

/// A memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TileSpace {
    /// SBUF.
    Sbuf,
    /// PSUM.
    Psum,
    /// HBM, for this kernel only.
    Hbm,
}

/// What is known of a tile.
#[derive(Clone, Debug, PartialEq)]
pub struct TileData {
    /// The user's name of its value, or a word.
    pub name: String,
    /// Memory.
    pub space: TileSpace,
    /// Element type.
    pub dtype: Dtype,
    /// Partitions; 1 in HBM.
    pub parts: u64,
    /// Elements of a partition.
    pub free: u64,
    /// The user's line.
    pub loc: Loc,
}

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq)]
pub struct VarData {
    /// The user's name, or a word.
    pub name: String,
}

/// A bound of a loop of the run.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// Known.
    Known(Expr),
    /// One element of type `i32`.
    Loaded(Span),
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    /// What it does.
    pub kind: StmtKind,
    /// The user's line.
    pub loc: Loc,
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// A new tile, without values.
    Declare(Tile),
    /// A tile is not used any more and gives its room back.
    Release(Tile),
    /// An instruction.
    Instr(Instr),
    /// A loop of the compiler: `var` is `lower, lower + step, ...` below `upper`.
    For {
        /// Variable.
        var: Var,
        /// First value.
        lower: Expr,
        /// End.
        upper: Expr,
        /// Step, positive.
        step: i64,
        /// Body.
        body: Vec<Stmt>,
    },
    /// A loop of the run: as often as there are numbers `lower, lower + step, ...` below `upper`. Tiles made inside are gone after
    /// each turn. The number itself is not used; what counts is in tiles.
    Repeat {
        /// First number.
        lower: Bound,
        /// End.
        upper: Bound,
        /// Step, positive.
        step: i64,
        /// Body.
        body: Vec<Stmt>,
    },
    /// A loop of the run that goes on after a turn where `again` is not 0; the first turn is always.
    While {
        /// Body.
        body: Vec<Stmt>,
        /// One element of type `i32`, which the body writes.
        again: Span,
    },
}

/// A kernel for one core, which carries out its programs one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// Name.
    pub name: String,
    /// The kernel's name whatever the tuning.
    pub family: String,
    /// Tile sizes.
    pub tuning: Vec<(String, u64)>,
    /// Parameters in order. Scalars are tensors of one element in HBM.
    pub params: Vec<Param>,
    /// Programs along x, y, z.
    pub grid: [u64; 3],
    /// Tiles.
    pub tiles: Vec<TileData>,
    /// Variables.
    pub vars: Vec<VarData>,
    /// Body.
    pub body: Vec<Stmt>,
    /// Where the kernel is declared.
    pub loc: Loc,
}

impl Program {
    /// What is known of a tile.
    pub fn tile(&self, tile: Tile) -> &TileData {
        &self.tiles[tile.0 as usize]
    }

    /// Element type of a span.
    pub fn dtype(&self, span: &Span) -> Dtype {
        self.tile(span.tile).dtype
    }
}
