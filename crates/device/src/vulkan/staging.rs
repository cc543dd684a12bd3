//! Copies between the host and memory that it does not reach, through a ring of pieces that it does.

use std::sync::Arc;

use ash::vk;

use super::commands::Commands;
use super::context::{Context, Ticket};
use super::errors::own;
use super::memory::{Heap, Memory, Place};
use crate::buffer::{BufferInfo, Usage};
use crate::error::Error;

/// Bytes of a piece: long enough that handing over a copy costs nothing beside it.
const PIECE: usize = 8 << 20;
/// Pieces: one is filled while others are copied.
const PIECES: usize = 4;

/// A ring, in one direction.
struct Ring {
    memory: Memory,
    /// The last copy that uses a piece.
    tickets: [Ticket; PIECES],
    next: usize,
}

impl Ring {
    /// The next piece, once the copy that used it has run: its number and where it starts.
    fn piece(&mut self, context: &Context) -> Result<(usize, usize), vk::Result> {
        let piece = self.next;
        self.next = (piece + 1) % PIECES;
        context.wait(self.tickets[piece])?;
        Ok((piece, piece * PIECE))
    }
}

/// Copies, after everything that the device was given before.
pub(super) struct Staging {
    commands: Commands,
    heap: Heap,
    up: Option<Ring>,
    down: Option<Ring>,
}

/// The ring, made when it is first used.
fn ring<'a>(slot: &'a mut Option<Ring>, heap: &Heap, place: Place) -> Result<&'a mut Ring, Error> {
    Ok(match slot {
        Some(ring) => ring,
        None => {
            let info = BufferInfo { bytes: (PIECE * PIECES) as u64, usage: Usage::Data };
            slot.insert(Ring { memory: heap.memory(info, place)?, tickets: [0; PIECES], next: 0 })
        }
    })
}

impl Staging {
    pub(super) fn new(context: &Arc<Context>, heap: &Heap) -> Result<Staging, vk::Result> {
        Ok(Staging { commands: Commands::new(context, true)?, heap: heap.clone(), up: None, down: None })
    }

    fn context(&self) -> Arc<Context> {
        Arc::clone(self.commands.context())
    }

    /// Copies `bytes` to `offset` of a buffer, which has room. It may still run when this returns.
    pub(super) fn upload(&mut self, memory: &Memory, offset: usize, bytes: &[u8]) -> Result<(), Error> {
        let context = self.context();
        let ring = ring(&mut self.up, &self.heap, Place::Upload)?;
        let refused = |error| own("upload", error);
        let mut at = offset;
        for part in bytes.chunks(PIECE) {
            let (piece, start) = ring.piece(&context).map_err(refused)?;
            // SAFETY: the copy that used the piece has run.
            unsafe { ring.memory.write(start..start + part.len(), part) };
            let copy = region(start, at, part.len());
            let ticket = copy_buffer(&mut self.commands, &ring.memory, memory, copy).map_err(refused)?;
            ring.tickets[piece] = ticket;
            at += part.len();
        }
        Ok(())
    }

    /// Copies from `offset` of a buffer, which holds as many, into `bytes`.
    pub(super) fn download(&mut self, memory: &Memory, offset: usize, bytes: &mut [u8]) -> Result<(), Error> {
        let context = self.context();
        let ring = ring(&mut self.down, &self.heap, Place::Download)?;
        let refused = |error| own("download", error);
        let mut at = offset;
        // As many pieces as there are: all are copied while the first is read.
        for parts in bytes.chunks_mut(PIECE * PIECES) {
            for (piece, part) in parts.chunks(PIECE).enumerate() {
                let copy = region(at, piece * PIECE, part.len());
                ring.tickets[piece] = copy_buffer(&mut self.commands, memory, &ring.memory, copy).map_err(refused)?;
                at += part.len();
            }
            for (piece, part) in parts.chunks_mut(PIECE).enumerate() {
                context.wait(ring.tickets[piece]).map_err(refused)?;
                let start = piece * PIECE;
                // SAFETY: the copy into the piece has run, and made its bytes visible to the host.
                unsafe { ring.memory.read(start..start + part.len(), part) };
            }
        }
        Ok(())
    }

    /// Makes a buffer zero. It may still run when this returns.
    pub(super) fn clear(&mut self, memory: &Memory) -> Result<Ticket, Error> {
        let mut clear = || -> Result<Ticket, vk::Result> {
            let commands = self.commands.begin()?;
            let device = &self.commands.context().device;
            // SAFETY: a live buffer, whose size is a multiple of 4; commands that were begun.
            unsafe { device.cmd_fill_buffer(commands, memory.buffer, 0, memory.size(), 0) };
            self.commands.submit(commands)
        };
        clear().map_err(|error| own("alloc", error))
    }
}

fn region(from: usize, to: usize, bytes: usize) -> vk::BufferCopy {
    vk::BufferCopy { src_offset: from as u64, dst_offset: to as u64, size: bytes as u64 }
}

fn copy_buffer(
    commands: &mut Commands,
    from: &Memory,
    to: &Memory,
    region: vk::BufferCopy,
) -> Result<Ticket, vk::Result> {
    let buffer = commands.begin()?;
    // SAFETY: live buffers that hold the region; commands that were begun. Both outlive the copy: the ring waits for it,
    // and the other is kept until it has run.
    unsafe { commands.context().device.cmd_copy_buffer(buffer, from.buffer, to.buffer, &[region]) };
    commands.submit(buffer)
}
