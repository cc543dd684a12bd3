//! Random kernels: where the watch over bytes finds nothing, every schedule leaves the same bytes.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Buffer, Core, Shared};
use crate::FaultKind;
use crate::ascend::Rules;
use crate::ascend::machine::queue::Schedule;
use crate::ascend::op::Code;
use crate::ascend::request::{Operand, Request};
use crate::run::mix;

/// Bytes of each buffer, and of UB that the kernels use.
const BYTES: usize = 256;
/// Bytes that one instruction handles.
const STEP: usize = 64;

struct Draw(u64);

impl Draw {
    fn below(&mut self, count: u64) -> u64 {
        self.0 = mix(self.0.wrapping_add(0x9e37_79b9_7f4a_7c15));
        (self.0 >> 20) % count
    }

    fn place(&mut self) -> u64 {
        self.below((BYTES / STEP) as u64) * STEP as u64
    }
}

fn operand(at: u64) -> Operand {
    Operand { at, end: at + STEP as u64, inner: 1, outer: 8 }
}

fn flag(code: Code, (from, to): (u64, u64), event: u64) -> Request {
    Request { code: code as u32, extra: [from, to, event, 0, 0, 0], ..Request::default() }
}

/// A kernel over buffers at `x`, read, and `y`, written: loads, sums, stores, some of them behind flags and barriers.
fn kernel(seed: u64, x: u64, y: u64) -> Vec<Request> {
    let mut draw = Draw(seed);
    let mut calls = Vec::new();
    for place in 0..(BYTES / STEP) as u64 {
        calls.push(Request {
            code: Code::Duplicate as u32,
            count: (STEP / 4) as u64,
            to: operand(place * STEP as u64),
            scalar: u64::from((place as f32).to_bits()),
            ..Request::default()
        });
    }
    calls.push(Request { code: Code::Barrier as u32, extra: [7, 0, 0, 0, 0, 0], ..Request::default() });
    let pairs = [(2, 1), (1, 2), (1, 3), (3, 1), (2, 3), (3, 2), (1, 0), (0, 1)];
    let (mut used, dense) = (HashSet::new(), draw.below(4));
    for _ in 0..3 + draw.below(6) {
        let count = (STEP / 4) as u64;
        calls.push(match draw.below(7) {
            0 => Request {
                code: Code::Load as u32,
                count: 1,
                to: operand(draw.place()),
                from: [
                    operand(if draw.below(2) == 0 { x } else { y } + draw.place()),
                    Operand::default(),
                    Operand::default(),
                ],
                extra: [STEP as u64, 0, 0, 0, 0, 0],
                ..Request::default()
            },
            1 => Request {
                code: Code::Store as u32,
                count: 1,
                to: operand(y + draw.place()),
                from: [operand(draw.place()), Operand::default(), Operand::default()],
                extra: [STEP as u64, 0, 0, 0, 0, 0],
                ..Request::default()
            },
            2 => Request {
                code: Code::UbSet as u32,
                to: operand(draw.place()),
                scalar: u64::from(7.5_f32.to_bits()),
                extra: [4, 0, 0, 0, 0, 0],
                ..Request::default()
            },
            3 => Request {
                code: Code::UbGet as u32,
                to: operand(draw.place()),
                extra: [4, 0, 0, 0, 0, 0],
                ..Request::default()
            },
            _ => Request {
                code: Code::Add as u32,
                count,
                to: operand(draw.place()),
                from: [operand(draw.place()), operand(draw.place()), Operand::default()],
                ..Request::default()
            },
        });
        for _ in 0..draw.below(4) {
            match draw.below(4) {
                0 => {
                    // All pipes, in some kernels often.
                    let pipe = if draw.below(4) < dense { 7 } else { 1 + draw.below(3) };
                    calls.push(Request {
                        code: Code::Barrier as u32,
                        extra: [pipe, 0, 0, 0, 0, 0],
                        ..Request::default()
                    });
                }
                _ => {
                    let (pair, event) = (draw.below(pairs.len() as u64) as usize, draw.below(4));
                    // A flag that is set again too early is a fault of its own.
                    if used.insert((pair, event)) {
                        let pair = pairs[pair];
                        calls.extend([flag(Code::SetFlag, pair, event), flag(Code::WaitFlag, pair, event)]);
                    }
                }
            }
        }
    }
    calls
}

/// What a kernel leaves: bytes of UB and of GM, and what the scalar unit has read.
#[derive(Debug, PartialEq)]
struct Left {
    ub: Vec<u8>,
    y: Vec<u8>,
    seen: Vec<u64>,
}

/// Two cores, one of which watches.
struct Cores {
    x: Vec<u8>,
    y: Vec<u8>,
    cores: [Core; 2],
}

impl Cores {
    fn new() -> Cores {
        let x: Vec<u8> = (0..BYTES / 4).flat_map(|index| (index as f32 * 0.5).to_le_bytes()).collect();
        let mut y = vec![0; BYTES];
        let buffer =
            |name: &str, start: usize, writable| Buffer { name: name.to_owned(), start, bytes: BYTES, writable };
        let buffers: Arc<[Buffer]> =
            [buffer("x", x.as_ptr() as usize, false), buffer("y", y.as_mut_ptr() as usize, true)].into();
        let rules = Rules::of(crate::Language::Pto).expect("a language of cores");
        let cores =
            [false, true].map(|checked| Core::new(rules, Arc::clone(&buffers), Arc::new(Shared::new()), checked, 1));
        Cores { x, y, cores }
    }

    /// Runs a kernel; what it leaves, or the kind of its fault.
    fn run(&mut self, seed: u64, checked: bool, schedule: Schedule) -> Result<Left, FaultKind> {
        for (index, element) in self.y.chunks_mut(4).enumerate() {
            element.copy_from_slice(&(index as f32 + 100.0).to_le_bytes());
        }
        let core = &mut self.cores[usize::from(checked)];
        core.start(0, schedule);
        let calls = kernel(seed, self.x.as_ptr() as u64, self.y.as_mut_ptr() as u64);
        let mut seen = Vec::new();
        for (index, call) in calls.iter().enumerate() {
            seen.push(core.call(call, index + 1).map_err(|refused| refused.kind)?);
        }
        core.end().map_err(|refused| refused.kind)?;
        Ok(Left { ub: core.ub[..BYTES].to_vec(), y: self.y.clone(), seen })
    }
}

#[test]
fn what_the_watch_lets_pass_does_not_depend_on_the_schedule() {
    let mut cores = Cores::new();
    let (mut ordered, mut hazards, mut differ) = (0, 0, 0);
    let schedules = || (1..12).map(|seed| Schedule::of(seed, 0));
    for seed in 0..4000 {
        match cores.run(seed, true, Schedule::Eager) {
            Ok(expected) => {
                ordered += 1;
                for schedule in schedules() {
                    assert_eq!(cores.run(seed, false, schedule).as_ref(), Ok(&expected), "kernel {seed}, {schedule:?}");
                }
            }
            Err(FaultKind::Hazard) if hazards < 1000 => {
                hazards += 1;
                let eager = cores.run(seed, false, Schedule::Eager);
                differ += u32::from(schedules().any(|schedule| cores.run(seed, false, schedule) != eager));
            }
            Err(_) => {}
        }
    }
    // Most hazards show as other bytes under some schedule; and the test has seen enough of both.
    assert!(ordered > 100 && hazards == 1000, "{ordered} kernels in order, {hazards} not");
    assert!(differ * 2 > hazards, "{differ} of {hazards} hazards change bytes");
}
