//! What a group of threads knows: registers, fragments, memories.

use super::memory::{Memory, Moment};
use super::trap::TrapKind;
use crate::ir::{self, LaneKernel, Scalar, Var};

/// Which threads take part.
#[derive(Clone, Debug)]
pub(super) struct Mask {
    on: Vec<bool>,
    count: usize,
}

impl Mask {
    pub(super) fn new(on: Vec<bool>) -> Mask {
        let count = on.iter().filter(|&&on| on).count();
        Mask { on, count }
    }

    /// The threads of this mask for which `bits` is `wanted`.
    pub(super) fn split(&self, bits: &[u64], wanted: bool) -> Mask {
        Mask::new(self.on.iter().zip(bits).map(|(&on, &bit)| on && (bit != 0) == wanted).collect())
    }

    pub(super) fn all(&self) -> bool {
        self.count == self.on.len()
    }

    pub(super) fn none(&self) -> bool {
        self.count == 0
    }

    pub(super) fn count(&self) -> u32 {
        self.count as u32
    }

    pub(super) fn has(&self, thread: usize) -> bool {
        self.on[thread]
    }

    /// The threads, ascending.
    pub(super) fn threads(&self) -> impl Iterator<Item = usize> + '_ {
        self.on.iter().enumerate().filter(|(_, on)| **on).map(|(thread, _)| thread)
    }

    pub(super) fn bits(&self) -> &[bool] {
        &self.on
    }
}

/// What went wrong, and for which thread if for one.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) thread: Option<u32>,
    pub(super) kind: TrapKind,
}

impl Fault {
    pub(super) fn at(thread: usize, kind: TrapKind) -> Fault {
        Fault { thread: Some(thread as u32), kind }
    }
}

impl From<TrapKind> for Fault {
    fn from(kind: TrapKind) -> Fault {
        Fault { thread: None, kind }
    }
}

/// One value per thread.
pub(super) struct Value {
    pub(super) scalar: Scalar,
    pub(super) lanes: Vec<u64>,
}

impl Value {
    pub(super) fn signed(&self, thread: usize) -> i64 {
        super::arith::signed(self.scalar, self.lanes[thread])
    }
}

/// Elements of all fragments of one array: by subgroup, then index, then row-major.
pub(super) struct Fragments {
    pub(super) rows: u32,
    pub(super) cols: u32,
    pub(super) values: Vec<f32>,
    /// By subgroup, then index.
    pub(super) defined: Vec<bool>,
}

/// A group of threads on its way through the body.
pub(super) struct Machine<'a> {
    pub(super) kernel: &'a LaneKernel,
    pub(super) threads: usize,
    pub(super) program: [u64; 3],
    pub(super) number: u32,
    /// First element of each variable in `registers`.
    pub(super) base: Vec<usize>,
    /// By element, then thread.
    pub(super) registers: Vec<u64>,
    pub(super) defined: Vec<bool>,
    /// By element: defined for every thread.
    pub(super) full: Vec<bool>,
    pub(super) fragments: Vec<Fragments>,
    /// By parameter; `None` for scalars.
    pub(super) views: Vec<Option<Memory<'a>>>,
    pub(super) shared: Vec<Memory<'a>>,
    /// By parameter: bits of scalars.
    pub(super) scalars: Vec<u64>,
    pub(super) global_epoch: u64,
    pub(super) shared_epoch: u64,
    pub(super) steps: u64,
    pub(super) max_steps: u64,
    pub(super) pool: Vec<Vec<u64>>,
}

impl<'a> Machine<'a> {
    pub(super) fn value(&mut self, scalar: Scalar, bits: u64) -> Value {
        let mut lanes = self.pool.pop().unwrap_or_default();
        lanes.clear();
        lanes.resize(self.threads, bits);
        Value { scalar, lanes }
    }

    pub(super) fn free(&mut self, value: Value) {
        self.pool.push(value.lanes);
    }

    pub(super) fn memory(&mut self, memory: ir::Memory) -> Result<(&mut Memory<'a>, Moment), TrapKind> {
        let (found, epoch) = match memory {
            ir::Memory::Global(view) => (self.views.get_mut(view.index()).and_then(Option::as_mut), self.global_epoch),
            ir::Memory::Shared(shared) => (self.shared.get_mut(shared.0 as usize), self.shared_epoch),
        };
        let found = found.ok_or_else(|| TrapKind::Malformed(format!("{memory:?} does not exist")))?;
        Ok((found, Moment { program: self.number, epoch }))
    }

    /// Gives an array the weights that this program has asked for.
    pub(super) fn arrive(&mut self, array: ir::Shared) -> Result<(), TrapKind> {
        for copy in self.kernel.early.iter().flat_map(|early| &early.copies).filter(|copy| copy.to == array) {
            let Some(first) = copy.from.first_of(self.program) else { continue };
            let view = self.views.get(copy.from.view.index()).and_then(Option::as_ref);
            match (view, self.shared.get_mut(array.0 as usize)) {
                (Some(view), Some(array)) => array.receive(view, first, copy.from.bytes)?,
                _ => return Err(TrapKind::Malformed("a copy between memories that do not exist".to_owned())),
            }
        }
        Ok(())
    }

    /// Elements of a variable: its place in the registers, and how many.
    pub(super) fn slots(&self, var: Var) -> Result<(usize, usize), TrapKind> {
        match (self.base.get(var.0 as usize), self.kernel.vars.get(var.0 as usize)) {
            (Some(&base), Some(data)) => Ok((base, data.len.unwrap_or(1) as usize)),
            _ => Err(TrapKind::Malformed(format!("variable {} does not exist", var.0))),
        }
    }

    /// The element of `var` that `index` picks in one thread, `lanes` of them being wanted.
    pub(super) fn slot(&self, var: Var, index: i64, lanes: usize) -> Result<usize, TrapKind> {
        let (base, len) = self.slots(var)?;
        if index < 0 || (index as usize).saturating_add(lanes) > len {
            let name = self.kernel.var(var).name.clone();
            return Err(TrapKind::Index { name, index, len: len as u64 });
        }
        Ok(base + index as usize)
    }

    /// Traps unless an element has a value in every thread of `mask`.
    pub(super) fn check_defined(&self, var: Var, slot: usize, mask: &Mask) -> Result<(), Fault> {
        if self.full[slot] {
            return Ok(());
        }
        let defined = &self.defined[slot * self.threads..][..self.threads];
        match mask.threads().find(|&thread| !defined[thread]) {
            Some(thread) => Err(Fault::at(thread, TrapKind::Undefined(self.kernel.var(var).name.clone()))),
            None => Ok(()),
        }
    }

    /// Sets an element in the threads of `mask`.
    pub(super) fn set(&mut self, slot: usize, lanes: &[u64], mask: &Mask) {
        let range = slot * self.threads..(slot + 1) * self.threads;
        if mask.all() {
            self.registers[range].copy_from_slice(lanes);
            self.full[slot] = true;
            return;
        }
        self.spread(slot);
        let registers = self.registers[range.clone()].iter_mut().zip(&mut self.defined[range]);
        for ((register, defined), (&bits, &on)) in registers.zip(lanes.iter().zip(mask.bits())) {
            if on {
                (*register, *defined) = (bits, true);
            }
        }
    }

    /// Moves what is known of an element from `full` to `defined`, before it changes for some threads only.
    fn spread(&mut self, slot: usize) {
        if std::mem::take(&mut self.full[slot]) {
            self.defined[slot * self.threads..][..self.threads].fill(true);
        }
    }

    /// Makes an element undefined in the threads of `mask`.
    pub(super) fn undefine(&mut self, slot: usize, mask: &Mask) {
        self.spread(slot);
        for thread in mask.threads() {
            self.defined[slot * self.threads + thread] = false;
        }
    }

    /// Sets an element of one thread.
    pub(super) fn set_one(&mut self, slot: usize, thread: usize, bits: u64) {
        let at = slot * self.threads + thread;
        self.registers[at] = bits;
        if !self.full[slot] {
            self.defined[at] = true;
        }
    }
}
