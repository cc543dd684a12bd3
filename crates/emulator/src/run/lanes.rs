//! Operations of a subgroup.

use super::{LANES, RawFault, State, Worker, matrix};
use crate::{FaultKind, Language};

/// What a lane gets that the target leaves undefined; as f32 it is NaN.
const UNDEFINED: u64 = 0xffff_dead_ffff_dead;

/// Kinds of exchanges and reductions, as the headers number them.
mod kind {
    pub(super) const INDEX: u32 = 0;
    pub(super) const XOR: u32 = 1;
    pub(super) const DOWN: u32 = 2;
    pub(super) const UP: u32 = 3;
    pub(super) const BROADCAST: u32 = 4;
    pub(super) const SUM: u32 = 16;
    pub(super) const PRODUCT: u32 = 17;
    pub(super) const MAX: u32 = 18;
    pub(super) const MIN: u32 = 19;
    pub(super) const AND: u32 = 20;
    pub(super) const OR: u32 = 21;
    pub(super) const XOR_BITS: u32 = 22;
}

/// Whether a subgroup goes on.
pub(super) enum Met {
    /// All lanes may run again.
    Again,
    /// All lanes are done or wait for the group.
    Stop,
}

impl Worker {
    /// Carries out the operation at which all lanes of a subgroup wait.
    pub(super) fn meet(&mut self, subgroup: usize) -> Result<Met, RawFault> {
        let first = subgroup * LANES;
        let lanes = LANES.min(self.slots.len() - first);
        let waits = |state: State| matches!(state, State::Lane { .. } | State::Meet { .. } | State::Matrix { .. });
        let Some(leader) = (first..first + lanes).find(|thread| waits(self.slots[*thread].state)) else {
            return Ok(Met::Stop);
        };
        let state = self.slots[leader].state;
        let same = |other: State| match (state, other) {
            (State::Lane { op, site, .. }, State::Lane { op: op2, site: site2, .. }) => op == op2 && site == site2,
            (State::Meet { scope, site }, State::Meet { scope: scope2, site: site2 }) => {
                scope == scope2 && site == site2
            }
            (State::Matrix { op, site, .. }, State::Matrix { op: op2, site: site2, .. }) => op == op2 && site == site2,
            _ => false,
        };
        if let Some(odd) = (first..first + lanes).find(|thread| !same(self.slots[*thread].state)) {
            return Err(self.divergent(
                FaultKind::DivergentLanes,
                leader,
                odd,
                "the lanes of a subgroup are not at one operation",
            ));
        }
        if lanes < LANES {
            let message = format!("the subgroup has only {lanes} lanes");
            return Err(RawFault { message, ..self.fault(FaultKind::DivergentLanes, leader) });
        }
        match state {
            State::Lane { op, .. } => self.exchange(first, op)?,
            State::Meet { scope, .. } => {
                if scope & 8 != 0 {
                    return Err(self.operands(first, "the mask does not name all lanes"));
                }
                if let Some(checker) = &mut self.checker {
                    checker.subgroup_barrier(subgroup, scope);
                }
            }
            State::Matrix { op, .. } => {
                let payload = |lane: usize| match self.slots[first + lane].state {
                    State::Matrix { payload, .. } => payload,
                    State::Ready | State::Barrier { .. } | State::Meet { .. } | State::Lane { .. } | State::Done => 0,
                };
                let payloads: [usize; LANES] = std::array::from_fn(payload);
                matrix::run(op, &payloads).map_err(|message| self.operands(first, message))?;
            }
            State::Ready | State::Barrier { .. } | State::Done => {}
        }
        for slot in &mut self.slots[first..first + lanes] {
            slot.state = State::Ready;
        }
        Ok(Met::Again)
    }

    pub(super) fn fault(&self, kind: FaultKind, thread: usize) -> RawFault {
        let site = self.slots[thread].state.site();
        RawFault { kind, thread: thread as u32, site, message: String::new(), others: vec![] }
    }

    fn operands(&self, thread: usize, message: impl Into<String>) -> RawFault {
        RawFault { message: message.into(), ..self.fault(FaultKind::LaneOperands, thread) }
    }

    /// Two threads that should be at one place.
    pub(super) fn divergent(&self, kind: FaultKind, thread: usize, other: usize, message: &str) -> RawFault {
        let row = |thread: usize| {
            let state = self.slots[thread].state;
            (thread as u32, state.describe(), state.site())
        };
        RawFault { message: message.to_owned(), others: vec![row(thread), row(other)], ..self.fault(kind, thread) }
    }

    fn exchange(&mut self, first: usize, op: u32) -> Result<(), RawFault> {
        let (kind, ty) = (op >> 8, op & 0xff);
        let values: [u64; LANES] = std::array::from_fn(|lane| self.slots[first + lane].value);
        if kind >= kind::SUM {
            let value = reduce(kind, ty, values).ok_or_else(|| self.operands(first, "no such reduction"))?;
            for slot in &mut self.slots[first..first + LANES] {
                slot.value = value;
            }
            return Ok(());
        }
        for lane in 0..LANES {
            let arg = match self.slots[first + lane].state {
                State::Lane { arg, .. } => arg,
                State::Ready | State::Barrier { .. } | State::Meet { .. } | State::Matrix { .. } | State::Done => 0,
            };
            let source = match self.language {
                Language::Msl => metal(kind, lane, arg as usize),
                Language::Cuda | Language::Musa | Language::AscendC | Language::Pto => {
                    self.cuda(kind, lane, arg).map_err(|message| self.operands(first + lane, message))?
                }
            };
            self.slots[first + lane].value = source.map_or(UNDEFINED, |source| values[source]);
        }
        Ok(())
    }

    /// The lane that `lane` reads, under the rules of CUDA; MUSA's are narrower.
    fn cuda(&self, kind: u32, lane: usize, arg: u32) -> Result<Option<usize>, String> {
        let (width, distance) = (((arg >> 16) & 0x7fff) as usize, (arg & 0xffff) as usize);
        if arg >> 31 != 0 {
            return Err("the mask does not name all lanes".to_owned());
        }
        match self.language {
            Language::Musa if width != 32 => return Err(format!("the width is {width}; mp_22 exchanges are 32 wide")),
            Language::Musa if kind != kind::INDEX && distance > 16 => {
                return Err(format!("the distance is {distance}; on mp_22 it is 16 at most"));
            }
            Language::Msl | Language::Cuda | Language::Musa | Language::AscendC | Language::Pto => {}
        }
        if !width.is_power_of_two() || width > LANES {
            return Err(format!("the width is {width}; it must be a power of two up to 32"));
        }
        let start = lane & !(width - 1);
        let source = match kind {
            kind::INDEX => start + distance % width,
            kind::XOR => lane ^ distance,
            kind::DOWN => lane + distance,
            _ => lane.wrapping_sub(distance),
        };
        // Outside the segment a lane keeps its value.
        Ok(Some(if (start..start + width).contains(&source) { source } else { lane }))
    }
}

/// The lane that `lane` reads under the rules of Metal; `None` where the result is undefined.
fn metal(kind: u32, lane: usize, arg: usize) -> Option<usize> {
    let source = match kind {
        kind::INDEX | kind::BROADCAST => arg,
        kind::XOR => lane ^ arg,
        kind::DOWN => lane + arg,
        kind::UP => lane.wrapping_sub(arg),
        _ => return None,
    };
    (source < LANES).then_some(source)
}

/// Combines lanes 16 apart, then 8, and so on, as an exchange by xor would; all lanes get the result.
fn tree<T: Copy>(mut values: [T; LANES], combine: impl Fn(T, T) -> T) -> T {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            values[lane] = combine(values[lane], values[lane + half]);
        }
        half /= 2;
    }
    values[0]
}

fn reduce(kind: u32, ty: u32, values: [u64; LANES]) -> Option<u64> {
    let words = values.map(|value| value as u32);
    let word = match ty {
        0 => {
            let floats = words.map(f32::from_bits);
            let result = match kind {
                kind::SUM => tree(floats, |x, y| x + y),
                kind::PRODUCT => tree(floats, |x, y| x * y),
                kind::MAX => tree(floats, f32::max),
                kind::MIN => tree(floats, f32::min),
                _ => return None,
            };
            result.to_bits()
        }
        1 | 2 => match kind {
            kind::SUM => tree(words, u32::wrapping_add),
            kind::PRODUCT => tree(words, u32::wrapping_mul),
            kind::MAX if ty == 1 => tree(words.map(|word| word as i32), i32::max) as u32,
            kind::MIN if ty == 1 => tree(words.map(|word| word as i32), i32::min) as u32,
            kind::MAX => tree(words, u32::max),
            kind::MIN => tree(words, u32::min),
            kind::AND => tree(words, |x, y| x & y),
            kind::OR => tree(words, |x, y| x | y),
            kind::XOR_BITS => tree(words, |x, y| x ^ y),
            _ => return None,
        },
        _ => return None,
    };
    Some(u64::from(word))
}
