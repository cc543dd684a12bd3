//! What live tiles take of SBUF and PSUM. A tile lives from its declaration until it is given back, its name is given to another, or the
//! function that holds it ends; names that loops give anew are counted once more, since the new tile is made first.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{Program, Stmt, StmtKind, Tile, TileData, TileSpace};
use crate::limits::BANK_BYTES;

/// Bytes of a row of a tile in SBUF: whole words of 4.
fn bytes(data: &TileData) -> u64 {
    match data.space {
        TileSpace::Sbuf => (data.free * data.dtype.bytes()).next_multiple_of(4),
        TileSpace::Psum | TileSpace::Hbm => 0,
    }
}

#[derive(Default)]
struct Room {
    now: u64,
    most: u64,
    /// The largest tile of a loop of the compiler, which is there twice when it is made anew.
    again: u64,
}

impl Room {
    fn block(&mut self, program: &Program, body: &[Stmt], in_loop: bool) {
        for stmt in body {
            match &stmt.kind {
                StmtKind::Declare(tile) => {
                    let size = bytes(program.tile(*tile));
                    self.now += size;
                    self.most = self.most.max(self.now);
                    if in_loop {
                        self.again = self.again.max(size);
                    }
                }
                StmtKind::Release(tile) => self.now = self.now.saturating_sub(bytes(program.tile(*tile))),
                StmtKind::Instr(_) => {}
                StmtKind::For { body, .. } => self.block(program, body, true),
                StmtKind::Repeat { body, .. } | StmtKind::While { body, .. } => {
                    let before = self.now;
                    self.block(program, body, false);
                    self.now = before;
                }
            }
        }
    }
}

/// Bytes of a partition of SBUF that tiles take at most.
pub fn sbuf_bytes(program: &Program) -> u64 {
    let mut room = Room::default();
    room.block(program, &program.body, false);
    room.most + room.again
}

/// As [`sbuf_bytes`], with the largest tile.
pub(super) fn sbuf(program: &Program) -> (u64, Option<&TileData>) {
    (sbuf_bytes(program), program.tiles.iter().max_by_key(|tile| bytes(tile)))
}

/// Banks of PSUM that tiles take at most. Those that are given back leave their name to the next one, beside which they are for a moment.
pub fn psum_banks(program: &Program) -> u64 {
    fn block(program: &Program, body: &[Stmt], live: &mut u64, most: &mut u64, held: u64) {
        let mut names = 0;
        for stmt in body {
            match &stmt.kind {
                StmtKind::Declare(tile) if program.tile(*tile).space == TileSpace::Psum => {
                    let data = program.tile(*tile);
                    *live += (data.free * data.dtype.bytes()).div_ceil(BANK_BYTES);
                    names = names.max(*live);
                    *most = (*most).max(held + names + 1);
                }
                StmtKind::Release(tile) if program.tile(*tile).space == TileSpace::Psum => {
                    let data = program.tile(*tile);
                    *live = live.saturating_sub((data.free * data.dtype.bytes()).div_ceil(BANK_BYTES));
                }
                StmtKind::Declare(_) | StmtKind::Release(_) | StmtKind::Instr(_) => {}
                StmtKind::For { body, .. } => block(program, body, live, most, held),
                // What an outer function's names hold stays.
                StmtKind::Repeat { body, .. } | StmtKind::While { body, .. } => {
                    block(program, body, &mut 0, most, held + names.max(*live));
                }
            }
        }
    }
    let mut most = 0;
    block(program, &program.body, &mut 0, &mut most, 0);
    most
}

/// Gives tiles in SBUF back after their last use.
pub(crate) fn release(program: &mut Program) {
    let spaces: Vec<TileSpace> = program.tiles.iter().map(|tile| tile.space).collect();
    release_in(&mut program.body, &spaces);
}

/// Tiles that a statement uses, those inside included.
fn used(stmt: &Stmt, into: &mut BTreeSet<Tile>) {
    if let StmtKind::Instr(instr) = &stmt.kind {
        into.extend(instr.sources().iter().map(|span| span.tile));
        if let crate::ir::Mem::Chip(span) = instr.dst() {
            into.insert(span.tile);
        }
    }
    into.extend(stmt.kind.controls().iter().map(|span| span.tile));
    stmt.kind.body().iter().for_each(|inner| used(inner, into));
}

fn release_in(body: &mut Vec<Stmt>, spaces: &[TileSpace]) {
    let mut last: BTreeMap<Tile, usize> = BTreeMap::new();
    let mut declared = BTreeSet::new();
    for (at, stmt) in body.iter_mut().enumerate() {
        if let StmtKind::Declare(tile) = stmt.kind
            && spaces[tile.0 as usize] == TileSpace::Sbuf
        {
            declared.insert(tile);
            last.insert(tile, at);
        }
        let mut tiles = BTreeSet::new();
        used(stmt, &mut tiles);
        for tile in tiles.intersection(&declared) {
            last.insert(*tile, at);
        }
        if let Some(inner) = stmt.kind.body_mut() {
            release_in(inner, spaces);
        }
    }
    let mut behind: BTreeMap<usize, Vec<Tile>> = BTreeMap::new();
    for (tile, at) in last {
        behind.entry(at).or_default().push(tile);
    }
    let mut result = Vec::new();
    for (at, stmt) in std::mem::take(body).into_iter().enumerate() {
        let loc = stmt.loc.clone();
        result.push(stmt);
        for tile in behind.remove(&at).unwrap_or_default() {
            result.push(Stmt { kind: StmtKind::Release(tile), loc: loc.clone() });
        }
    }
    *body = result;
}
