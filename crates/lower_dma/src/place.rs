//! Addresses of local buffers: first fit, by size, over the lifetimes in the structured program.
//!
//! A buffer lives from the first to the last statement that touches it. One that is touched inside a loop and outside of it lives
//! as long as the loop; one that is touched inside only starts anew in each turn. No two that live at one time share a byte.

use std::collections::BTreeMap;

use tile_ir::{Elem, Loc};

use crate::Error;
use crate::ir::{Buffer, Copy, CoreKernel, Operand, Span, Stmt, StmtKind};
use crate::target::Target;

/// A kernel whose buffers have addresses.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed(pub CoreKernel);

/// When a buffer lives: numbers of statements, the last one included.
#[derive(Clone, Copy, Debug)]
struct Life {
    first: usize,
    last: usize,
}

/// Gives every buffer that is used an address, and drops the others.
///
/// # Errors
/// They do not fit.
pub fn place(mut kernel: CoreKernel, target: &Target) -> Result<Placed, Error> {
    let mut lives: BTreeMap<Buffer, Life> = BTreeMap::new();
    let mut number = 0;
    walk(&kernel.body, &mut number, &mut lives);
    // What is copied into is shared with nothing if there is room, so that copies need not wait for work on other tiles.
    let mut apart = lives.clone();
    for stmt in &kernel.body {
        stmt.for_each(&mut |stmt| {
            if let StmtKind::CopyIn(copy) = &stmt.kind {
                apart.insert(copy.buffer, Life { first: 0, last: number });
            }
        });
    }
    if fit(&mut kernel, target, &apart).is_err() {
        fit(&mut kernel, target, &lives)?;
    }
    compact(&mut kernel, &lives);
    Ok(Placed(kernel))
}

/// Gives buffers with these lives their addresses.
fn fit(kernel: &mut CoreKernel, target: &Target, lives: &BTreeMap<Buffer, Life>) -> Result<(), Error> {
    let mut order: Vec<(Buffer, u64, Life)> = lives
        .iter()
        .map(|(&buffer, &life)| {
            let data = kernel.buffer(buffer);
            (buffer, target.bytes(data.elem, data.elements()).max(1).next_multiple_of(target.align), life)
        })
        .collect();
    order.sort_by_key(|&(buffer, bytes, life)| (std::cmp::Reverse(bytes), life.first, buffer));
    let needed = if target.vectors.is_some() { arrays(kernel, &order) } else { bytes(kernel, &order) };
    let room = target.room(kernel);
    if needed > room {
        return Err(too_large(kernel, target, [needed, room], &order));
    }
    Ok(())
}

/// Addresses anywhere in local memory, largest buffers first; the bytes that all take.
fn bytes(kernel: &mut CoreKernel, order: &[(Buffer, u64, Life)]) -> u64 {
    let mut placed: Vec<(u64, u64, Life)> = Vec::new();
    let mut needed = 0;
    for &(buffer, bytes, life) in order {
        let mut taken: Vec<(u64, u64)> = placed
            .iter()
            .filter(|(_, _, other)| other.first <= life.last && life.first <= other.last)
            .map(|&(start, bytes, _)| (start, bytes))
            .collect();
        taken.sort_unstable();
        let mut at = 0;
        for (start, length) in taken {
            if at + bytes <= start {
                break;
            }
            at = at.max(start + length);
        }
        kernel.buffers[buffer.0 as usize].address = at;
        needed = needed.max(at + bytes);
        placed.push((at, bytes, life));
    }
    needed
}

/// Addresses of arrays of one element type: a buffer is the start of an array of its type where nothing lives that long, else a new one.
/// Largest buffers first; the bytes that all take.
fn arrays(kernel: &mut CoreKernel, order: &[(Buffer, u64, Life)]) -> u64 {
    let mut arrays: Vec<(Elem, u64, Vec<Life>)> = Vec::new();
    let mut needed = 0;
    for &(buffer, bytes, life) in order {
        let elem = kernel.buffer(buffer).elem;
        let free = |lives: &[Life]| lives.iter().all(|other| other.first > life.last || life.first > other.last);
        let address = match arrays.iter_mut().find(|(of, _, lives)| *of == elem && free(lives)) {
            Some((_, address, lives)) => {
                lives.push(life);
                *address
            }
            None => {
                arrays.push((elem, needed, vec![life]));
                needed += bytes;
                needed - bytes
            }
        };
        kernel.buffers[buffer.0 as usize].address = address;
    }
    needed
}

/// The error, with the largest buffers.
fn too_large(kernel: &CoreKernel, target: &Target, [needed, limit]: [u64; 2], order: &[(Buffer, u64, Life)]) -> Error {
    let rows: Vec<String> = order
        .iter()
        .take(4)
        .map(|&(buffer, bytes, _)| {
            let data = kernel.buffer(buffer);
            let place = if data.loc == Loc::Unknown { String::new() } else { format!(" ({})", data.loc) };
            format!("`{}` {bytes}{place}", data.name)
        })
        .collect();
    let loc = order.first().map_or(&kernel.loc, |&(buffer, ..)| &kernel.buffer(buffer).loc);
    Error::Limit {
        target: target.name,
        kernel: kernel.name.clone(),
        what: "local memory in bytes".to_owned(),
        needed,
        limit,
        loc: loc.clone(),
        help: format!("use smaller tiles; the largest buffers are {}", rows.join(", ")),
    }
}

/// The buffers that a statement itself names.
pub(crate) fn buffers(stmt: &Stmt) -> Vec<Buffer> {
    let of = |span: &Span| span.buffer;
    match &stmt.kind {
        StmtKind::Read { buffer, .. } | StmtKind::Write { buffer, .. } => vec![*buffer],
        StmtKind::CopyIn(Copy { buffer, .. }) | StmtKind::CopyOut(Copy { buffer, .. }) => vec![*buffer],
        StmtKind::Vector { dst, args, .. } => {
            let mut list = vec![dst.buffer];
            list.extend(args.iter().filter_map(|arg| match arg {
                Operand::Span(span) | Operand::Row(span) | Operand::Column(span) => Some(of(span)),
                Operand::Scalar(_) => None,
            }));
            list
        }
        StmtKind::Let { .. }
        | StmtKind::Assign { .. }
        | StmtKind::ReadGlobal { .. }
        | StmtKind::For { .. }
        | StmtKind::While { .. }
        | StmtKind::If { .. }
        | StmtKind::Signal { .. }
        | StmtKind::Await { .. }
        | StmtKind::Barrier(_)
        | StmtKind::Drain(_)
        | StmtKind::Fence => vec![],
    }
}

fn walk(block: &[Stmt], number: &mut usize, lives: &mut BTreeMap<Buffer, Life>) {
    let mut nested = Vec::new();
    for stmt in block {
        let start = *number;
        *number += 1;
        for buffer in buffers(stmt) {
            touch(lives, buffer, Life { first: start, last: start });
        }
        let mut inner = BTreeMap::new();
        for block in stmt.blocks() {
            walk(block, number, &mut inner);
        }
        let end = *number;
        *number += 1;
        if !inner.is_empty() {
            nested.extend(inner.keys().map(|&buffer| (buffer, start, end)));
        }
        // The parts of a `while` alternate, so what one leaves the other may need.
        let all = matches!(stmt.kind, StmtKind::While { .. });
        for (buffer, life) in inner {
            touch(lives, buffer, if all { Life { first: start, last: end } } else { life });
        }
    }
    // What a loop, or a branch, which may hold one, shares with something outside of it lives as long as it.
    for (buffer, start, end) in nested {
        if let Some(life) = lives.get_mut(&buffer)
            && (life.first < start || life.last > end)
        {
            life.first = life.first.min(start);
            life.last = life.last.max(end);
        }
    }
}

fn touch(lives: &mut BTreeMap<Buffer, Life>, buffer: Buffer, life: Life) {
    let entry = lives.entry(buffer).or_insert(life);
    entry.first = entry.first.min(life.first);
    entry.last = entry.last.max(life.last);
}

/// Drops buffers without a life.
fn compact(kernel: &mut CoreKernel, lives: &BTreeMap<Buffer, Life>) {
    let renamed: BTreeMap<Buffer, Buffer> =
        lives.keys().enumerate().map(|(at, &buffer)| (buffer, Buffer(at as u32))).collect();
    kernel.buffers = lives.keys().map(|&buffer| kernel.buffer(buffer).clone()).collect();
    rename(&mut kernel.body, &renamed);
}

fn rename(block: &mut [Stmt], renamed: &BTreeMap<Buffer, Buffer>) {
    let new = |buffer: &mut Buffer| *buffer = renamed.get(buffer).copied().unwrap_or(*buffer);
    for stmt in block {
        match &mut stmt.kind {
            StmtKind::Read { buffer, .. } | StmtKind::Write { buffer, .. } => new(buffer),
            StmtKind::CopyIn(copy) | StmtKind::CopyOut(copy) => new(&mut copy.buffer),
            StmtKind::Vector { dst, args, .. } => {
                new(&mut dst.buffer);
                for arg in args {
                    match arg {
                        Operand::Span(span) | Operand::Row(span) | Operand::Column(span) => new(&mut span.buffer),
                        Operand::Scalar(_) => {}
                    }
                }
            }
            StmtKind::Let { .. }
            | StmtKind::Assign { .. }
            | StmtKind::ReadGlobal { .. }
            | StmtKind::For { .. }
            | StmtKind::While { .. }
            | StmtKind::If { .. }
            | StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => {}
        }
        for block in stmt.blocks_mut() {
            rename(block, renamed);
        }
    }
}
