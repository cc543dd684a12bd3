//! What is read was written before, and accesses in HBM have an order that is documented.

use std::collections::BTreeSet;

use tile_ir::{Access, ParamKind};

use super::Problem;
use crate::ir::{Accumulate, Base, Instr, Mem, Program, Stmt, StmtKind, Tile, TileSpace};

#[derive(Clone, Default)]
struct Seen {
    declared: BTreeSet<Tile>,
    /// Tiles and private tensors of which something was written.
    written: BTreeSet<Tile>,
    /// Tensors that were written at addresses of the run.
    at_run_time: BTreeSet<Base>,
}

pub(super) fn check(program: &Program) -> Result<(), Problem> {
    block(program, &program.body, &mut Seen::default())
}

fn block(program: &Program, body: &[Stmt], seen: &mut Seen) -> Result<(), Problem> {
    for stmt in body {
        for span in stmt.kind.controls() {
            // The body of a loop writes what decides whether there is another turn.
            if !matches!(stmt.kind, StmtKind::While { .. }) && !seen.written.contains(&span.tile) {
                return Problem::at(&stmt.loc, "a bound that nobody wrote");
            }
        }
        match &stmt.kind {
            StmtKind::Declare(tile) => {
                seen.declared.insert(*tile);
                seen.written.remove(tile);
                seen.at_run_time.remove(&Base::Scratch(*tile));
            }
            StmtKind::Release(tile) => {
                if !seen.declared.remove(tile) {
                    return Problem::at(&stmt.loc, "a tile is given back that is not there");
                }
            }
            StmtKind::Instr(instr) => one(program, stmt, instr, seen)?,
            StmtKind::For { body, .. } | StmtKind::Repeat { body, .. } | StmtKind::While { body, .. } => {
                // A second turn finds what the first one wrote in HBM.
                block(program, body, seen)?;
                block(program, body, seen)?;
                if let StmtKind::While { again, .. } = &stmt.kind
                    && !seen.written.contains(&again.tile)
                {
                    return Problem::at(&stmt.loc, "what decides on another turn is not written");
                }
            }
        }
    }
    Ok(())
}

fn one(program: &Program, stmt: &Stmt, instr: &Instr, seen: &mut Seen) -> Result<(), Problem> {
    let mut reads: Vec<Tile> = instr.sources().iter().map(|span| span.tile).collect();
    // What is not chosen stays, and products are added to what is there.
    if let Instr::Predicated { dst, .. } | Instr::Matmul { dst, accumulate: Accumulate::Always, .. } = instr {
        reads.push(dst.tile);
    }
    let [source, target] = instr.tensors();
    for base in [source, target].into_iter().flatten().map(|hbm| hbm.base) {
        if let Base::Scratch(tile) = base
            && (!seen.declared.contains(&tile) || program.tile(tile).space != TileSpace::Hbm)
        {
            return Problem::at(&stmt.loc, "a private tensor that is not there");
        }
    }
    if let Some(source) = source {
        if let Base::Scratch(tile) = source.base
            && !seen.written.contains(&tile)
        {
            return Problem::at(&stmt.loc, format!("`{}` is read before it is written", program.tile(tile).name));
        }
        if seen.at_run_time.contains(&source.base) {
            return Problem::at(&stmt.loc, "a tensor is read that the kernel wrote at an address of the run");
        }
    }
    for tile in reads {
        if !seen.declared.contains(&tile) || !seen.written.contains(&tile) {
            return Problem::at(&stmt.loc, format!("`{}` is read before it is written", program.tile(tile).name));
        }
    }
    match instr.dst() {
        Mem::Chip(span) => {
            if !seen.declared.contains(&span.tile) {
                return Problem::at(&stmt.loc, "a tile is written that is not there");
            }
            seen.written.insert(span.tile);
        }
        Mem::Hbm(hbm) => {
            match hbm.base {
                Base::Scratch(tile) => _ = seen.written.insert(tile),
                Base::Param(index) => {
                    let writable = program.params.get(index).is_some_and(
                        |param| matches!(&param.kind, ParamKind::View(view) if view.access == Access::Write),
                    );
                    if !writable {
                        return Problem::at(&stmt.loc, "a parameter is written that is only read");
                    }
                }
            }
            if hbm.dynamic.is_some() {
                seen.at_run_time.insert(hbm.base);
            }
        }
    }
    Ok(())
}
