//! Gives each kept tile its place in the scratch buffer. Tiles not alive at the same time share memory.

use std::collections::BTreeSet;

use tile_ir::{Block, Kernel, Op, OpKind, Value};

use super::{BufferId, Place, Plan};
use crate::error::Error;
use crate::limits::{MAX_SCRATCH_BYTES, SCRATCH_ALIGN};

/// First and last step at which a buffer holds something wanted. Steps number operations and block ends in order.
type Life = Option<(u64, u64)>;

struct Lives<'p, 'a> {
    plan: &'p Plan<'a>,
    lives: Vec<Life>,
    /// By value: the buffers its elements come from.
    sources: Vec<BTreeSet<BufferId>>,
    /// Enclosing loops as (first step, last step), outermost first.
    loops: Vec<(u64, u64)>,
    step: u64,
}

/// Steps of a block: one per operation, plus one at the end of each inner block.
fn steps(block: &Block) -> u64 {
    block.ops.iter().map(|op| 1 + op.kind.blocks().into_iter().map(|inner| steps(inner) + 1).sum::<u64>()).sum()
}

impl Lives<'_, '_> {
    fn define(&mut self, value: Value) {
        match self.plan.places[value.index()] {
            Place::Buffer(id) => self.define_buffer(id),
            Place::Dead | Place::Scalar | Place::Virtual | Place::Carried | Place::Next(_) => {}
        }
    }

    fn define_buffer(&mut self, id: BufferId) {
        let step = self.step;
        self.sources_grow(id, step);
    }

    fn sources_grow(&mut self, id: BufferId, step: u64) {
        let life = self.lives[id.0].get_or_insert((step, step));
        life.0 = life.0.min(step);
        life.1 = life.1.max(step);
    }

    /// The value is read at the current step.
    fn read(&mut self, value: Value) {
        let sources: Vec<BufferId> = self.sources[value.index()].iter().copied().collect();
        for id in sources {
            let Some((first, _)) = self.lives[id.0] else {
                continue;
            };
            // A buffer filled before a loop is wanted until the loop ends.
            let outermost = self.loops.iter().find(|(start, _)| *start > first);
            let step = outermost.map_or(self.step, |(_, end)| *end);
            self.sources_grow(id, step);
        }
    }

    fn record(&mut self, op: &Op, result: Value) {
        let mut sources = BTreeSet::new();
        match self.plan.places[result.index()] {
            Place::Buffer(id) => {
                sources.insert(id);
            }
            Place::Virtual => {
                for operand in op.kind.operands() {
                    sources.extend(self.sources[operand.index()].iter().copied());
                }
            }
            Place::Carried => sources.extend(self.plan.carries[result.index()].into_iter().flatten()),
            Place::Next(arg) => sources.extend(self.sources[arg.index()].iter().copied()),
            Place::Dead | Place::Scalar => {}
        }
        self.sources[result.index()] = sources;
    }

    fn block(&mut self, block: &Block) {
        for op in &block.ops {
            self.step += 1;
            let kept = op.results.iter().any(|result| self.plan.places[result.index()] != Place::Virtual);
            if kept || op.results.is_empty() {
                for operand in op.kind.operands() {
                    self.read(operand);
                }
            }
            for &result in &op.results {
                self.define(result);
                if let Some(pair) = self.plan.carries[result.index()] {
                    pair.into_iter().for_each(|id| self.define_buffer(id));
                }
                self.record(op, result);
            }
            match &op.kind {
                OpKind::For { body, .. } => {
                    for (&result, &arg) in op.results.iter().zip(body.args.iter().skip(1)) {
                        self.sources[arg.index()] = self.sources[result.index()].clone();
                    }
                    self.inner(op, &[body], None, true);
                }
                OpKind::While { before, after, cond, .. } => {
                    for &arg in before.args.iter().chain(&after.args) {
                        self.define(arg);
                        if let Place::Buffer(id) = self.plan.places[arg.index()] {
                            self.sources[arg.index()].insert(id);
                        }
                    }
                    self.inner(op, &[before, after], Some(*cond), true);
                    let end = self.step;
                    for &arg in &before.args {
                        if let Place::Buffer(id) = self.plan.places[arg.index()] {
                            self.sources_grow(id, end);
                        }
                    }
                }
                OpKind::If { then, otherwise, .. } => self.inner(op, &[then, otherwise], None, false),
                OpKind::ProgramId(_)
                | OpKind::NumPrograms(_)
                | OpKind::Constant(_)
                | OpKind::Unary(..)
                | OpKind::Binary(..)
                | OpKind::Fma(..)
                | OpKind::Compare(..)
                | OpKind::Select { .. }
                | OpKind::Cast(..)
                | OpKind::Broadcast(_)
                | OpKind::Reshape(_)
                | OpKind::Transpose { .. }
                | OpKind::Slice { .. }
                | OpKind::InsertSlice { .. }
                | OpKind::Extract { .. }
                | OpKind::Insert { .. }
                | OpKind::Reduce { .. }
                | OpKind::Contract { .. }
                | OpKind::CreateMask { .. }
                | OpKind::Load { .. }
                | OpKind::Store { .. }
                | OpKind::LoadScalar { .. }
                | OpKind::StoreScalar { .. }
                | OpKind::Gather { .. } => {}
            }
        }
    }

    /// The blocks of `op`; its results are wanted at least until they end.
    fn inner(&mut self, op: &Op, inner: &[&Block], cond: Option<Value>, repeats: bool) {
        let length: u64 = inner.iter().map(|block| steps(block) + 1).sum();
        if repeats {
            self.loops.push((self.step, self.step + length));
        }
        for block in inner {
            self.block(block);
            self.step += 1;
            for &value in block.yields.iter().chain(&cond) {
                self.read(value);
            }
        }
        if repeats {
            self.loops.pop();
        }
        let end = self.step;
        for result in &op.results {
            let sources: Vec<BufferId> = self.sources[result.index()].iter().copied().collect();
            sources.into_iter().for_each(|id| self.sources_grow(id, end));
        }
    }
}

/// Fills the offsets of [`Plan::buffers`] and [`Plan::scratch_bytes`].
pub(super) fn assign(kernel: &Kernel, plan: &mut Plan<'_>) -> Result<(), Error> {
    let mut lives = Lives {
        plan,
        lives: vec![None; plan.buffers.len()],
        sources: vec![BTreeSet::new(); kernel.values.len()],
        loops: Vec::new(),
        step: 0,
    };
    lives.block(&kernel.body);
    let lives = lives.lives;

    let mut order: Vec<usize> = (0..lives.len()).filter(|&id| lives[id].is_some()).collect();
    // Largest first packs best; ties in program order.
    order.sort_by_key(|&id| (std::cmp::Reverse(plan.buffers[id].bytes), id));
    let mut placed: Vec<(u64, u64, (u64, u64))> = Vec::new();
    let mut total = 0;
    for id in order {
        let Some(life) = lives[id] else { continue };
        let bytes = plan.buffers[id].bytes.div_ceil(SCRATCH_ALIGN).saturating_mul(SCRATCH_ALIGN);
        let mut busy: Vec<(u64, u64)> = placed
            .iter()
            .filter(|(_, _, other)| other.0 <= life.1 && life.0 <= other.1)
            .map(|&(start, end, _)| (start, end))
            .collect();
        busy.sort_unstable();
        let mut offset = 0_u64;
        for (start, end) in busy {
            if offset.saturating_add(bytes) <= start {
                break;
            }
            offset = offset.max(end);
        }
        let end = offset.saturating_add(bytes);
        placed.push((offset, end, life));
        plan.buffers[id].offset = offset;
        total = total.max(end);
    }
    if total > MAX_SCRATCH_BYTES {
        return Err(too_large(kernel, plan, total));
    }
    plan.scratch_bytes = total;
    Ok(())
}

/// The error for a kernel whose tiles do not fit, at the largest of them.
fn too_large(kernel: &Kernel, plan: &Plan<'_>, needed: u64) -> Error {
    let mut largest = (0, &kernel.loc);
    for (value, def) in plan.defs.iter().enumerate() {
        let in_memory = matches!(plan.places[value], Place::Buffer(_) | Place::Carried | Place::Next(_));
        let bytes = super::tile_bytes(kernel, Value(value as u32));
        if let (true, Some(op)) = (in_memory && bytes > largest.0, def) {
            largest = (bytes, &op.loc);
        }
    }
    Error::Limit {
        kernel: kernel.name.clone(),
        what: "scratch memory in bytes",
        needed,
        limit: MAX_SCRATCH_BYTES,
        loc: largest.1.clone(),
        help: format!("use smaller tiles; the largest one kept takes {} bytes", largest.0),
    }
}
