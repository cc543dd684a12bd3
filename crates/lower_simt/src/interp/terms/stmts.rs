//! Statements, in all threads.

use tile_ir::ReduceOp;

use super::super::arith;
use super::{MAX_STEPS, Machine, Value, term};
use crate::ir::{Expr, Memory, Place, Scalar, Shared, Stmt, StmtKind, Var};

/// Which threads take part.
pub(super) type Mask = [bool];

/// The threads of a mask.
pub(super) fn on(mask: &Mask) -> impl Iterator<Item = usize> + '_ {
    mask.iter().enumerate().filter(|(_, on)| **on).map(|(thread, _)| thread)
}

impl Machine<'_> {
    pub(super) fn block(&mut self, block: &[Stmt], mask: &Mask) -> Option<()> {
        block.iter().try_for_each(|stmt| self.stmt(stmt, mask))
    }

    fn stmt(&mut self, stmt: &Stmt, mask: &Mask) -> Option<()> {
        if on(mask).next().is_none() {
            return Some(());
        }
        self.steps += self.threads as u64;
        if self.steps > MAX_STEPS {
            return None;
        }
        match &stmt.kind {
            StmtKind::Let { var, value } => self.assign(*var, None, value, mask),
            StmtKind::Declare { var, init } => {
                let len = self.kernel.var(*var).len.unwrap_or(1) as usize;
                let first = self.slot(*var, 0, len)?;
                for thread in on(mask) {
                    let value = match init {
                        Some(init) => Some(self.eval(init, thread)?),
                        None => None,
                    };
                    (first..first + len).for_each(|slot| self.registers[slot * self.threads + thread] = value);
                }
                Some(())
            }
            StmtKind::Assign { var, index, value } => self.assign(*var, index.as_ref(), value, mask),
            StmtKind::Store { place, value } => {
                let mut written = Vec::new();
                for thread in on(mask) {
                    written.push((self.index(&place.offset, thread)?, self.eval(value, thread)?));
                }
                written.into_iter().try_for_each(|(at, value)| self.write(place.memory, at, value))
            }
            StmtKind::LoadVector { var, index, place, lanes } => {
                for thread in on(mask) {
                    let (slot, first) = self.vector(*var, index, place, *lanes, thread)?;
                    for lane in 0..*lanes as usize {
                        let value = self.read(place.memory, first + lane as i64)?;
                        self.registers[(slot + lane) * self.threads + thread] = Some(value);
                    }
                }
                Some(())
            }
            StmtKind::StoreVector { place, var, index, lanes } => {
                for thread in on(mask) {
                    let (slot, first) = self.vector(*var, index, place, *lanes, thread)?;
                    for lane in 0..*lanes as usize {
                        let value = self.registers[(slot + lane) * self.threads + thread]?;
                        self.write(place.memory, first + lane as i64, value)?;
                    }
                }
                Some(())
            }
            StmtKind::LaneReduce { var, index, op, lanes } => {
                self.lane_reduce(*var, index.as_ref(), *op, *lanes as usize, mask)
            }
            StmtKind::Barrier { .. } | StmtKind::AwaitEarlier => Some(()),
            StmtKind::AwaitCopy { array } => self.arrive(*array),
            StmtKind::For { var, lower, upper, step, unroll: _, body } => {
                self.for_loop(*var, [lower, upper, step], body, mask)
            }
            StmtKind::While { before, condition, body } => {
                let mut mask = mask.to_vec();
                while on(&mask).next().is_some() {
                    self.block(before, &mask)?;
                    mask = self.split(condition, &mask)?.0;
                    self.block(body, &mask)?;
                    self.steps += self.threads as u64;
                    if self.steps > MAX_STEPS {
                        return None;
                    }
                }
                Some(())
            }
            StmtKind::If { condition, then, otherwise } => {
                let (yes, no) = self.split(condition, mask)?;
                self.block(then, &yes)?;
                self.block(otherwise, &no)
            }
            StmtKind::Matrix(op) => self.matrix(op, mask),
        }
    }

    /// The threads where a condition holds, and those where it does not.
    fn split(&mut self, condition: &Expr, mask: &Mask) -> Option<(Vec<bool>, Vec<bool>)> {
        let (mut yes, mut no) = (vec![false; self.threads], vec![false; self.threads]);
        for thread in on(mask) {
            let holds = self.eval(condition, thread)?.known()? != 0;
            (yes[thread], no[thread]) = (holds, !holds);
        }
        Some((yes, no))
    }

    fn assign(&mut self, var: Var, index: Option<&Expr>, value: &Expr, mask: &Mask) -> Option<()> {
        for thread in on(mask) {
            let value = self.eval(value, thread)?;
            let index = index.map_or(Some(0), |index| self.index(index, thread))?;
            let slot = self.slot(var, index, 1)?;
            self.registers[slot * self.threads + thread] = Some(value);
        }
        Some(())
    }

    /// First register and first element of a vector access.
    fn vector(&mut self, var: Var, index: &Expr, place: &Place, lanes: u32, thread: usize) -> Option<(usize, i64)> {
        let index = self.index(index, thread)?;
        Some((self.slot(var, index, lanes as usize)?, self.index(&place.offset, thread)?))
    }

    fn for_loop(&mut self, var: Var, bounds: [&Expr; 3], body: &[Stmt], mask: &Mask) -> Option<()> {
        let slot = self.slot(var, 0, 1)?;
        let bits = self.kernel.var(var).scalar.bits();
        let mut loops = vec![[0; 3]; self.threads];
        for thread in on(mask) {
            for (at, bound) in bounds.into_iter().enumerate() {
                loops[thread][at] = self.index(bound, thread)?;
            }
            if loops[thread][2] < 1 {
                return None;
            }
        }
        let mut mask = mask.to_vec();
        loop {
            for (on, [at, upper, _]) in mask.iter_mut().zip(&loops) {
                *on &= at < upper;
            }
            if on(&mask).next().is_none() {
                return Some(());
            }
            for thread in on(&mask) {
                let value = loops[thread][0] as u64 & (u64::MAX >> (64 - bits));
                self.registers[slot * self.threads + thread] = Some(Value::Known(value));
            }
            self.block(body, &mask)?;
            self.steps += self.threads as u64;
            if self.steps > MAX_STEPS {
                return None;
            }
            for thread in on(&mask) {
                let next = loops[thread][0].checked_add(loops[thread][2])?;
                loops[thread][0] = Some(next).filter(|&next| next <= i64::MAX >> (64 - bits))?;
            }
        }
    }

    fn lane_reduce(&mut self, var: Var, index: Option<&Expr>, op: ReduceOp, lanes: usize, mask: &Mask) -> Option<()> {
        let scalar = self.kernel.var(var).scalar;
        let mut slots = vec![0; self.threads];
        let mut values = vec![None; self.threads];
        for thread in on(mask) {
            let index = index.map_or(Some(0), |index| self.index(index, thread))?;
            slots[thread] = self.slot(var, index, 1)? * self.threads + thread;
            values[thread] = Some(self.registers[slots[thread]]?);
        }
        let mut distance = lanes / 2;
        while distance > 0 {
            let before = values.clone();
            for thread in on(mask) {
                let (low, high) = (before[thread & !distance]?, before[thread | distance]?);
                values[thread] = Some(combine(op, scalar, low, high)?);
            }
            distance /= 2;
        }
        on(mask).for_each(|thread| self.registers[slots[thread]] = values[thread]);
        Some(())
    }

    /// Gives an array the weights that this program has asked for.
    fn arrive(&mut self, array: Shared) -> Option<()> {
        let memory = Memory::Shared(array);
        let bytes = self.kernel.memory_elem(memory).bytes();
        for copy in self.kernel.early.iter().flat_map(|early| &early.copies).filter(|copy| copy.to == array) {
            let Some(first) = copy.from.first_of(self.program) else { continue };
            for at in 0..(copy.from.bytes / bytes) as i64 {
                let value = self.read(Memory::Global(copy.from.view), first as i64 + at)?;
                self.write(memory, at, value)?;
            }
        }
        Some(())
    }
}

fn combine(op: ReduceOp, scalar: Scalar, x: Value, y: Value) -> Option<Value> {
    match (x, y) {
        (Value::Known(x), Value::Known(y)) => arith::reduce(op, scalar, x, y).map(Value::Known),
        (Value::Known(_) | Value::Term(..), _) => Some(term(("reduce", op, scalar, x, y))),
    }
}
