//! Execution of statements.

use tile_ir::{Loc, ReduceOp};

use super::arith;
use super::memory::Agent;
use super::state::{Fault, Machine, Mask};
use super::trap::{Trap, TrapKind};
use crate::ir::{Expr, Place, Scalar, Stmt, StmtKind, Var};

impl<'a> Machine<'a> {
    pub(super) fn trap(&self, fault: Fault, loc: &Loc) -> Box<Trap> {
        Box::new(Trap {
            kernel: self.kernel.name.clone(),
            program: Some(self.program),
            thread: fault.thread,
            loc: loc.clone(),
            kind: fault.kind,
        })
    }

    pub(super) fn block(&mut self, block: &'a [Stmt], mask: &Mask) -> Result<(), Box<Trap>> {
        block.iter().try_for_each(|stmt| self.stmt(stmt, mask))
    }

    fn stmt(&mut self, stmt: &'a Stmt, mask: &Mask) -> Result<(), Box<Trap>> {
        self.tick().map_err(|fault| self.trap(fault, &stmt.loc))?;
        match &stmt.kind {
            StmtKind::If { condition, then, otherwise } => {
                let value = self.condition(condition, mask).map_err(|fault| self.trap(fault, &stmt.loc))?;
                let (yes, no) = (mask.split(&value.lanes, true), mask.split(&value.lanes, false));
                self.free(value);
                if !yes.none() {
                    self.block(then, &yes)?;
                }
                if !no.none() {
                    self.block(otherwise, &no)?;
                }
                Ok(())
            }
            StmtKind::While { before, condition, body } => {
                let mut mask = mask.clone();
                loop {
                    self.block(before, &mask)?;
                    let value = self.condition(condition, &mask).map_err(|fault| self.trap(fault, &stmt.loc))?;
                    mask = mask.split(&value.lanes, true);
                    self.free(value);
                    if mask.none() {
                        return Ok(());
                    }
                    self.block(body, &mask)?;
                    self.tick().map_err(|fault| self.trap(fault, &stmt.loc))?;
                }
            }
            StmtKind::For { var, lower, upper, step, unroll: _, body } => {
                self.for_loop(*var, [lower, upper, step], body, mask, &stmt.loc)
            }
            StmtKind::Let { .. }
            | StmtKind::Declare { .. }
            | StmtKind::Assign { .. }
            | StmtKind::Store { .. }
            | StmtKind::LoadVector { .. }
            | StmtKind::StoreVector { .. }
            | StmtKind::LaneReduce { .. }
            | StmtKind::Barrier { .. }
            | StmtKind::AwaitCopy { .. }
            | StmtKind::AwaitEarlier
            | StmtKind::Matrix(_) => self.simple(&stmt.kind, mask).map_err(|fault| self.trap(fault, &stmt.loc)),
        }
    }

    fn tick(&mut self) -> Result<(), Fault> {
        self.steps += 1;
        if self.steps > self.max_steps { Err(TrapKind::Fuel(self.max_steps).into()) } else { Ok(()) }
    }

    fn for_loop(
        &mut self,
        var: Var,
        bounds: [&'a Expr; 3],
        body: &'a [Stmt],
        mask: &Mask,
        loc: &Loc,
    ) -> Result<(), Box<Trap>> {
        let mut values = Vec::new();
        for bound in bounds {
            values.push(self.index(bound, mask).map_err(|fault| self.trap(fault, loc))?);
        }
        let [mut counter, upper, step] = <[_; 3]>::try_from(values).unwrap_or_else(|_| unreachable!("three bounds"));
        let slot = self.slot(var, 0, 1).map_err(|kind| self.trap(kind.into(), loc))?;
        let scalar = self.kernel.var(var).scalar;
        if [counter.scalar, upper.scalar, step.scalar] != [scalar; 3] {
            let kind = TrapKind::Malformed(format!("bounds of a loop over {scalar:?} have other types"));
            return Err(self.trap(kind.into(), loc));
        }
        if let Some(thread) = mask.threads().find(|&thread| step.signed(thread) < 1) {
            return Err(self.trap(Fault::at(thread, TrapKind::Step(step.signed(thread))), loc));
        }
        let mut mask = mask.clone();
        let mut running: Vec<u64> = vec![1; self.threads];
        loop {
            for thread in mask.threads() {
                running[thread] = u64::from(counter.signed(thread) < upper.signed(thread));
            }
            mask = mask.split(&running, true);
            if mask.none() {
                break;
            }
            self.set(slot, &counter.lanes, &mask);
            self.block(body, &mask)?;
            self.tick().map_err(|fault| self.trap(fault, loc))?;
            for thread in mask.threads() {
                let next = counter.signed(thread).checked_add(step.signed(thread));
                let limit = i64::MAX >> (64 - scalar.bits());
                let Some(next) = next.filter(|&next| next <= limit) else {
                    let name = self.kernel.var(var).name.clone();
                    return Err(self.trap(Fault::at(thread, TrapKind::LoopOverflow(name)), loc));
                };
                counter.lanes[thread] = next as u64 & (u64::MAX >> (64 - scalar.bits()));
            }
        }
        [counter, upper, step].into_iter().for_each(|value| self.free(value));
        Ok(())
    }

    fn simple(&mut self, stmt: &'a StmtKind, mask: &Mask) -> Result<(), Fault> {
        match stmt {
            StmtKind::Let { var, value } => self.assign(*var, None, value, mask),
            StmtKind::Declare { var, init } => {
                let (base, len) = self.slots(*var)?;
                match init {
                    Some(init) => {
                        let value = self.typed(init, self.kernel.var(*var).scalar, mask)?;
                        (base..base + len).for_each(|slot| self.set(slot, &value, mask));
                        self.pool.push(value);
                    }
                    None => (base..base + len).for_each(|slot| self.undefine(slot, mask)),
                }
                Ok(())
            }
            StmtKind::Assign { var, index, value } => self.assign(*var, index.as_ref(), value, mask),
            StmtKind::Store { place, value } => self.store(place, value, mask),
            StmtKind::LoadVector { var, index, place, lanes } => self.load_vector(*var, index, place, *lanes, mask),
            StmtKind::StoreVector { place, var, index, lanes } => self.store_vector(place, *var, index, *lanes, mask),
            StmtKind::LaneReduce { var, index, op, lanes } => self.lane_reduce(*var, index.as_ref(), *op, *lanes, mask),
            StmtKind::Barrier { global, shared } => {
                if !mask.all() {
                    let (reached, wanted) = (mask.count(), self.threads as u32);
                    return Err(TrapKind::Divergent { what: "a barrier".into(), reached, wanted }.into());
                }
                self.global_epoch += u64::from(*global);
                self.shared_epoch += u64::from(*shared);
                Ok(())
            }
            StmtKind::AwaitCopy { array } => {
                if !mask.all() {
                    let (reached, wanted) = (mask.count(), self.threads as u32);
                    return Err(TrapKind::Divergent { what: "a wait for a copy".into(), reached, wanted }.into());
                }
                Ok(self.arrive(*array)?)
            }
            // Here a kernel starts when those in front of it have ended.
            StmtKind::AwaitEarlier => Ok(()),
            StmtKind::Matrix(op) => self.matrix(op, mask),
            StmtKind::For { .. } | StmtKind::While { .. } | StmtKind::If { .. } => {
                unreachable!("control flow is executed by `stmt`")
            }
        }
    }

    /// Values of an expression that must have this type.
    fn typed(&mut self, expr: &'a Expr, scalar: Scalar, mask: &Mask) -> Result<Vec<u64>, Fault> {
        let value = self.eval(expr, mask)?;
        if value.scalar != scalar {
            return Err(TrapKind::Malformed(format!("{:?} where {scalar:?} is wanted", value.scalar)).into());
        }
        Ok(value.lanes)
    }

    fn assign(&mut self, var: Var, index: Option<&'a Expr>, value: &'a Expr, mask: &Mask) -> Result<(), Fault> {
        self.slots(var)?;
        let value = self.typed(value, self.kernel.var(var).scalar, mask)?;
        let Some(index) = index else {
            let slot = self.slot(var, 0, 1)?;
            self.set(slot, &value, mask);
            self.pool.push(value);
            return Ok(());
        };
        let index = self.index(index, mask)?;
        if let Some(index) = Machine::common(&index, mask) {
            let slot = self.slot(var, index, 1)?;
            self.set(slot, &value, mask);
        } else {
            for thread in mask.threads() {
                let slot = self.slot(var, index.signed(thread), 1).map_err(|kind| Fault::at(thread, kind))?;
                self.set_one(slot, thread, value[thread]);
            }
        }
        self.free(index);
        self.pool.push(value);
        Ok(())
    }

    fn store(&mut self, place: &'a Place, value: &'a Expr, mask: &Mask) -> Result<(), Fault> {
        let offset = self.index(&place.offset, mask)?;
        let wanted = Scalar::of(self.memory(place.memory)?.0.elem);
        let value = self.typed(value, wanted, mask)?;
        let (memory, moment) = self.memory(place.memory)?;
        for thread in mask.threads() {
            let at = memory.range(offset.signed(thread), 1);
            at.and_then(|at| memory.write(at, value[thread], Agent(thread as u32), moment, place.owner))
                .map_err(|kind| Fault::at(thread, kind))?;
        }
        self.free(offset);
        self.pool.push(value);
        Ok(())
    }

    fn load_vector(
        &mut self,
        var: Var,
        index: &'a Expr,
        place: &'a Place,
        lanes: u32,
        mask: &Mask,
    ) -> Result<(), Fault> {
        let (index, offset) = (self.index(index, mask)?, self.index(&place.offset, mask)?);
        let lanes = lanes as usize;
        let mut row = vec![0; lanes];
        for thread in mask.threads() {
            let fault = |kind| Fault::at(thread, kind);
            let slot = self.slot(var, index.signed(thread), lanes).map_err(fault)?;
            let (memory, moment) = self.memory(place.memory).map_err(fault)?;
            let first = offset.signed(thread);
            memory.aligned(first, lanes as u64).map_err(fault)?;
            let at = memory.range(first, lanes as u64).map_err(fault)?;
            for (lane, bits) in row.iter_mut().enumerate() {
                *bits = memory.read(at + lane, Agent(thread as u32), moment, place.owner).map_err(fault)?;
            }
            row.iter().enumerate().for_each(|(lane, &bits)| self.set_one(slot + lane, thread, bits));
        }
        self.free(index);
        self.free(offset);
        Ok(())
    }

    fn store_vector(
        &mut self,
        place: &'a Place,
        var: Var,
        index: &'a Expr,
        lanes: u32,
        mask: &Mask,
    ) -> Result<(), Fault> {
        let (index, offset) = (self.index(index, mask)?, self.index(&place.offset, mask)?);
        let lanes = lanes as usize;
        for thread in mask.threads() {
            let fault = |kind| Fault::at(thread, kind);
            let slot = self.slot(var, index.signed(thread), lanes).map_err(fault)?;
            let first = offset.signed(thread);
            for lane in 0..lanes {
                let at = (slot + lane) * self.threads + thread;
                if !self.full[slot + lane] && !self.defined[at] {
                    return Err(fault(TrapKind::Undefined(self.kernel.var(var).name.clone())));
                }
                let bits = self.registers[at];
                let (memory, moment) = self.memory(place.memory).map_err(fault)?;
                memory.aligned(first, lanes as u64).map_err(fault)?;
                let at = memory.range(first, lanes as u64).map_err(fault)?;
                memory.write(at + lane, bits, Agent(thread as u32), moment, place.owner).map_err(fault)?;
            }
        }
        self.free(index);
        self.free(offset);
        Ok(())
    }

    fn lane_reduce(
        &mut self,
        var: Var,
        index: Option<&'a Expr>,
        op: ReduceOp,
        lanes: u32,
        mask: &Mask,
    ) -> Result<(), Fault> {
        self.whole_subgroups("a lane operation", mask)?;
        if !matches!(lanes, 2 | 4 | 8 | 16 | 32) {
            return Err(TrapKind::Malformed(format!("a lane operation over {lanes} threads")).into());
        }
        let slot = match index {
            Some(index) => {
                let index = self.index(index, mask)?;
                let common = Machine::common(&index, mask);
                let common = common.ok_or_else(|| TrapKind::NotUniform("the index of a lane operation".into()))?;
                self.slot(var, common, 1)?
            }
            None => self.slot(var, 0, 1)?,
        };
        self.check_defined(var, slot, mask)?;
        let scalar = self.kernel.var(var).scalar;
        let mut values = self.registers[slot * self.threads..][..self.threads].to_vec();
        let mut distance = lanes as usize / 2;
        while distance > 0 {
            let before = values.clone();
            for thread in mask.threads() {
                // The lower thread's value comes first on both sides, so that both get the same bits.
                let (low, high) = (thread & !distance, thread | distance);
                values[thread] = arith::reduce(op, scalar, before[low], before[high])
                    .ok_or_else(|| TrapKind::Malformed(format!("{op:?} over threads on {scalar:?}")))?;
            }
            distance /= 2;
        }
        self.set(slot, &values, mask);
        Ok(())
    }

    /// Traps unless each subgroup takes part as a whole or not at all.
    pub(super) fn whole_subgroups(&self, what: &str, mask: &Mask) -> Result<(), Fault> {
        for subgroup in mask.bits().chunks(32) {
            let reached = subgroup.iter().filter(|&&on| on).count() as u32;
            if reached != 0 && reached != 32 {
                return Err(TrapKind::Divergent { what: what.into(), reached, wanted: 32 }.into());
            }
        }
        Ok(())
    }
}
