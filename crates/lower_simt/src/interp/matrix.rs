//! The matrix unit: whole subgroups work on fragments.

use super::arith;
use super::memory::{ACCUMULATOR, Agent, OPERAND};
use super::state::{Fault, Machine, Mask, Value};
use super::trap::TrapKind;
use crate::ir::{Expr, Fragment, FragmentRole, LaneKernel, MatrixOp, Place, Stmt, StmtKind};
use crate::target::MatrixUnit;

/// Rows and columns of a fragment array: those of the unit for its operands' type, which for an accumulator is that of
/// what is multiplied into it. `None` if the target has no such unit.
pub(crate) fn shape(kernel: &LaneKernel, units: &[MatrixUnit], fragment: Fragment) -> Option<(u32, u32)> {
    let data = kernel.fragments.get(fragment.0 as usize)?;
    let mut elem = data.elem;
    if data.role == FragmentRole::Acc {
        let mut visit = |stmt: &Stmt| {
            if let StmtKind::Matrix(MatrixOp::Multiply { acc, a, .. }) = &stmt.kind
                && acc.0 == fragment
                && let Some(operand) = kernel.fragments.get(a.0.0 as usize)
            {
                elem = operand.elem;
            }
        };
        kernel.body.iter().for_each(|stmt| stmt.for_each(&mut visit));
    }
    let unit = units.iter().find(|unit| unit.elem == elem)?;
    Some(match data.role {
        FragmentRole::A => (unit.m, unit.k),
        FragmentRole::B => (unit.k, unit.n),
        FragmentRole::Acc => (unit.m, unit.n),
    })
}

/// One fragment of one subgroup.
#[derive(Clone, Copy)]
struct Slot {
    fragment: Fragment,
    /// Index into `defined`.
    at: usize,
    /// First element in `values`.
    first: usize,
}

impl<'a> Machine<'a> {
    pub(super) fn matrix(&mut self, op: &'a MatrixOp, mask: &Mask) -> Result<(), Fault> {
        self.whole_subgroups("a matrix operation", mask)?;
        for subgroup in 0..self.threads / 32 {
            if !mask.has(subgroup * 32) {
                continue;
            }
            let own = Mask::new((0..self.threads).map(|thread| thread / 32 == subgroup).collect());
            match op {
                MatrixOp::Declare { fragment } => {
                    let len = self.kernel.fragments.get(fragment.0 as usize).map_or(0, |data| data.len) as usize;
                    if let Some(fragments) = self.fragments.get_mut(fragment.0 as usize) {
                        fragments.defined[subgroup * len..][..len].fill(false);
                    }
                }
                MatrixOp::Fill { fragment, at, value } => {
                    let slot = self.fragment_slot(*fragment, at, subgroup, &own)?;
                    self.elements(slot).fill(*value);
                    self.define(slot);
                }
                MatrixOp::Load { fragment, at, place, stride, transposed } => {
                    let slot = self.fragment_slot(*fragment, at, subgroup, &own)?;
                    self.load_matrix(slot, place, *stride, *transposed, subgroup, &own)?;
                }
                MatrixOp::Multiply { acc, a, b } => {
                    let acc = self.fragment_slot(acc.0, &acc.1, subgroup, &own)?;
                    let a = self.fragment_slot(a.0, &a.1, subgroup, &own)?;
                    let b = self.fragment_slot(b.0, &b.1, subgroup, &own)?;
                    self.multiply(acc, a, b)?;
                }
                MatrixOp::Store { fragment, at, place, stride } => {
                    let slot = self.fragment_slot(*fragment, at, subgroup, &own)?;
                    self.store_matrix(slot, place, *stride, subgroup, &own)?;
                }
            }
        }
        Ok(())
    }

    fn fragment_slot(&mut self, fragment: Fragment, at: &'a Expr, subgroup: usize, own: &Mask) -> Result<Slot, Fault> {
        let data = self.kernel.fragments.get(fragment.0 as usize);
        let data = data.ok_or_else(|| TrapKind::Malformed(format!("fragment {} does not exist", fragment.0)))?;
        let index = self.same_index(at, own, "the index of a fragment")?;
        if index < 0 || index >= i64::from(data.len) {
            return Err(TrapKind::Index { name: data.name.clone(), index, len: u64::from(data.len) }.into());
        }
        let fragments = &self.fragments[fragment.0 as usize];
        let at = subgroup * data.len as usize + index as usize;
        Ok(Slot { fragment, at, first: at * (fragments.rows * fragments.cols) as usize })
    }

    /// The value of an index that must be the same in all threads of a subgroup.
    fn same_index(&mut self, expr: &'a Expr, own: &Mask, what: &str) -> Result<i64, Fault> {
        let value: Value = self.index(expr, own)?;
        let common = Machine::common(&value, own);
        self.free(value);
        Ok(common.ok_or_else(|| TrapKind::NotUniform(what.into()))?)
    }

    fn shape(&self, slot: Slot) -> (u64, u64) {
        let fragments = &self.fragments[slot.fragment.0 as usize];
        (u64::from(fragments.rows), u64::from(fragments.cols))
    }

    fn elements(&mut self, slot: Slot) -> &mut [f32] {
        let (rows, cols) = self.shape(slot);
        &mut self.fragments[slot.fragment.0 as usize].values[slot.first..][..(rows * cols) as usize]
    }

    fn define(&mut self, slot: Slot) {
        self.fragments[slot.fragment.0 as usize].defined[slot.at] = true;
    }

    fn values(&mut self, slot: Slot) -> Result<Vec<f32>, TrapKind> {
        if !self.fragments[slot.fragment.0 as usize].defined[slot.at] {
            return Err(TrapKind::Undefined(self.kernel.fragment(slot.fragment).name.clone()));
        }
        Ok(self.elements(slot).to_vec())
    }

    fn agent(&self, slot: Slot, subgroup: usize) -> Agent {
        let base = match self.kernel.fragment(slot.fragment).role {
            FragmentRole::Acc => ACCUMULATOR,
            FragmentRole::A | FragmentRole::B => OPERAND,
        };
        Agent(base + subgroup as u32)
    }

    fn first(&mut self, place: &'a Place, stride: u64, own: &Mask) -> Result<i64, Fault> {
        let first = self.same_index(&place.offset, own, "the place of a matrix")?;
        let memory = self.memory(place.memory)?.0;
        memory.aligned(first, 8)?;
        memory.aligned(stride as i64, 8)?;
        Ok(first)
    }

    fn load_matrix(
        &mut self,
        slot: Slot,
        place: &'a Place,
        stride: u64,
        transposed: bool,
        subgroup: usize,
        own: &Mask,
    ) -> Result<(), Fault> {
        let first = self.first(place, stride, own)?;
        let (rows, cols) = self.shape(slot);
        let agent = self.agent(slot, subgroup);
        let wanted = self.kernel.fragment(slot.fragment).elem;
        let (memory, moment) = self.memory(place.memory)?;
        if memory.elem != wanted {
            return Err(TrapKind::Malformed(format!("a {wanted} fragment loaded from {}", memory.elem)).into());
        }
        let mut values = Vec::new();
        for row in 0..rows {
            for col in 0..cols {
                let (i, j) = if transposed { (col, row) } else { (row, col) };
                let at = memory.range(first.saturating_add((i * stride + j) as i64), 1)?;
                let bits = memory.read(at, agent, moment, place.owner)?;
                values.push(f32::from_bits(bits as u32));
            }
        }
        self.elements(slot).copy_from_slice(&values);
        self.define(slot);
        Ok(())
    }

    fn store_matrix(
        &mut self,
        slot: Slot,
        place: &'a Place,
        stride: u64,
        subgroup: usize,
        own: &Mask,
    ) -> Result<(), Fault> {
        let first = self.first(place, stride, own)?;
        let (_, cols) = self.shape(slot);
        let agent = self.agent(slot, subgroup);
        let values = self.values(slot)?;
        let (memory, moment) = self.memory(place.memory)?;
        for (i, value) in (0..).zip(values) {
            let at = memory.range(first.saturating_add((i / cols * stride + i % cols) as i64), 1)?;
            memory.write(at, u64::from(value.to_bits()), agent, moment, place.owner)?;
        }
        Ok(())
    }

    fn multiply(&mut self, acc: Slot, a: Slot, b: Slot) -> Result<(), Fault> {
        let (rows, cols) = self.shape(acc);
        let ((m, k), (inner, n)) = (self.shape(a), self.shape(b));
        if (rows, cols, inner) != (m, n, k) {
            return Err(TrapKind::Malformed(format!("{rows}x{cols} += {m}x{k} * {inner}x{n}")).into());
        }
        let elem = self.kernel.fragment(a.fragment).elem;
        let (a, b, sums) = (self.values(a)?, self.values(b)?, self.values(acc)?);
        let result = (0..rows * cols).map(|at| {
            let (i, j) = (at / cols, at % cols);
            let product = |p: u64| {
                let (x, y) = (a[(i * k + p) as usize], b[(p * n + j) as usize]);
                f64::from(arith::round(elem, x)) * f64::from(arith::round(elem, y))
            };
            ((0..k).map(product).sum::<f64>() + f64::from(sums[at as usize])) as f32
        });
        let result: Vec<f32> = result.collect();
        self.elements(acc).copy_from_slice(&result);
        Ok(())
    }
}
