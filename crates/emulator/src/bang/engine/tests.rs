//! Schedules: what they do, and that they do not matter where nothing is refused.

use super::*;
use crate::bang::code::{Direction, Function, Type};
use crate::bang::op::Copy;
use crate::bang::spaces::{Array, Buffer};

/// Runs calls over 8 bytes of NRAM and two buffers of 8 bytes; gives NRAM after each.
fn run(schedule: Schedule, calls: &[Call]) -> Vec<[u8; 8]> {
    let (mut nram, source) = ([0_u8; 8], [5_u8; 8]);
    let (start, bytes) = (nram.as_mut_ptr() as usize, 8);
    let array = Array { name: "a".to_owned(), start, bytes, space: Space::Nram, first: 0 };
    let from = source.as_ptr() as usize;
    let buffer = Buffer { name: "x".to_owned(), start: from, bytes, writable: false };
    let spaces = Spaces { arrays: vec![array], buffers: vec![buffer], ..Spaces::default() };
    let global = Tasks::default();
    let mut core = Core::new(Arch::Mtp592, &spaces, [1, 0], Some(Shadow::new(8)), &global, schedule);
    let at = |call: &Call| match *call {
        // Addresses of the test are offsets.
        Call::Op(Op::Copy(Copy { direction, asynchronous, to, from: source })) => {
            let to = Span { start: to.start + start, ..to };
            let source = Span { start: source.start + from, ..source };
            Call::Op(Op::Copy(Copy { direction, asynchronous, to, from: source }))
        }
        other => other,
    };
    let mut states = Vec::new();
    for call in calls {
        core.call(at(call), 0).unwrap();
        // SAFETY: the array, which outlives the core.
        states.push(unsafe { (start as *const [u8; 8]).read_volatile() });
    }
    core.finish();
    // SAFETY: as above.
    states.push(unsafe { (start as *const [u8; 8]).read_volatile() });
    states
}

fn load(asynchronous: bool) -> Call {
    let (to, from) = (Span::line(Space::Nram, 0, 8), Span::line(Space::Gdram, 0, 8));
    Call::Op(Op::Copy(Copy { direction: Direction::GdramToNram, asynchronous, to, from }))
}

#[test]
fn a_late_copy_arrives_when_something_waits_for_it() {
    let io = Call::Sync(1, 7);
    let (old, new) = ([0; 8], [5; 8]);
    assert_eq!(run(Schedule::Eager, &[load(true), io]), [new, new, new]);
    assert_eq!(run(Schedule::Late, &[load(true), io]), [old, old, new], "the end waits");
    assert_eq!(run(Schedule::Late, &[load(true), load(false)]), [old, new, new], "one stream is in order");
    let random: Vec<_> = (0..32).map(|seed| run(Schedule::Random(seed), &[load(true), io])).collect();
    assert!(random.iter().any(|states| states[0] == old) && random.iter().any(|states| states[0] == new));
    assert!(random.iter().all(|states| states[2] == new));
}

/// Memory of a test: two arrays and a buffer of 16 numbers each.
struct Memory([[f32; 16]; 3]);

const NRAM: usize = 0;
const WRAM: usize = 1;
const GDRAM: usize = 2;

/// A step of a random program.
#[derive(Clone, Copy, Debug)]
enum Step {
    Call(Call),
    /// A store of scalar code, or a load whose value is kept.
    Scalar {
        at: usize,
        write: Option<f32>,
    },
}

fn random(state: &mut u64, below: u64) -> u64 {
    *state = mix(state.wrapping_add(0x9e37_79b9_7f4a_7c15));
    *state % below
}

/// A step on memory that starts at `start`.
fn step(state: &mut u64, start: usize) -> Step {
    let place = |area: usize, number: u64| start + area * 64 + number as usize * 4;
    // Whole and half areas, so that some steps meet and some do not.
    let mut half = |area: usize| (place(area, 8 * random(state, 2)), 32_u64);
    let ((nram, bytes), (wram, _), (gdram, _)) = (half(NRAM), half(WRAM), half(GDRAM));
    match random(state, 10) {
        0..4 => {
            let (direction, to, from) = match random(state, 5) {
                0 | 1 => (Direction::GdramToNram, nram, gdram),
                2 => (Direction::NramToGdram, gdram, nram),
                3 => (Direction::NramToWram, wram, nram),
                _ => (Direction::WramToNram, nram, wram),
            };
            let (to_space, from_space) = direction.spaces();
            let (to, from) = (Span::line(to_space, to, bytes), Span::line(from_space, from, bytes));
            let asynchronous = random(state, 4) > 0;
            Step::Call(Call::Op(Op::Copy(Copy { direction, asynchronous, to, from })))
        }
        4 | 5 => {
            let (f, ty) = (Function::Add, Type::F32);
            Step::Call(Call::Op(Op::Scalar { f, ty, to: nram, a: nram, value: 1.5_f32.to_bits(), n: 8 }))
        }
        6 | 7 => Step::Call(Call::Sync(random(state, 16), random(state, 16))),
        8 => Step::Call(Call::Sync(15, 15)),
        _ => {
            let area = if random(state, 2) == 0 { NRAM } else { GDRAM };
            let write = (random(state, 2) == 0).then_some(random(state, 100) as f32);
            Step::Scalar { at: place(area, random(state, 16)), write }
        }
    }
}

/// Runs a program, and gives what memory holds at its end and what scalar code read; or the fault. Without checks of order every
/// program has an end.
fn outcome(
    memory: &mut Memory,
    steps: &[Step],
    schedule: Schedule,
    checked: bool,
) -> Result<(Vec<f32>, Vec<f32>), FaultKind> {
    for (index, value) in memory.0.iter_mut().flatten().enumerate() {
        *value = index as f32;
    }
    let start = memory.0.as_mut_ptr() as usize;
    let array = |name: &str, area: usize, space| Array {
        name: name.to_owned(),
        start: start + area * 64,
        bytes: 64,
        space,
        first: area * 64,
    };
    let arrays = vec![array("n", NRAM, Space::Nram), array("w", WRAM, Space::Wram)];
    let buffers = vec![Buffer { name: "g".to_owned(), start: start + GDRAM * 64, bytes: 64, writable: true }];
    let spaces = Spaces { arrays, buffers, ..Spaces::default() };
    let mut shadow = Shadow::new(128);
    for (index, array) in spaces.arrays.iter().enumerate() {
        shadow.defined.set(&spaces, Place::Array(index), array.start, array.bytes, true);
    }
    let global = Tasks::default();
    if !checked {
        shadow.hazards = None;
    }
    let mut core = Core::new(Arch::Mtp592, &spaces, [1, 0], Some(shadow), &global, schedule);
    let mut read = Vec::new();
    for step in steps {
        let result = match *step {
            Step::Call(call) => core.call(call, 0).map(drop),
            Step::Scalar { at, write } => core.access(at, 4, write.is_some(), 0).map(|()| {
                let place = at as *mut f32;
                // SAFETY: a number of `memory`, which was checked.
                unsafe {
                    match write {
                        Some(value) => place.write_volatile(value),
                        None => read.push(place.read_volatile()),
                    }
                }
            }),
        };
        result.map_err(|fault| fault.refusal.kind)?;
    }
    core.finish();
    // SAFETY: all of `memory`.
    let end = unsafe { std::slice::from_raw_parts(start as *const f32, 48) };
    Ok((end.to_vec(), read))
}

#[test]
fn what_is_not_refused_gives_the_same_in_every_order() {
    let (mut passed, mut refused, mut unlike) = (0, 0, 0);
    let mut memory = Memory([[0.0; 16]; 3]);
    let start = memory.0.as_mut_ptr() as usize;
    for seed in 0..4000 {
        let mut state = seed;
        let steps: Vec<Step> = (0..3 + seed % 8).map(|_| step(&mut state, start)).collect();
        let schedules = [Schedule::Late, Schedule::Random(seed + 1), Schedule::Random(seed + 77)];
        let eager = outcome(&mut memory, &steps, Schedule::Eager, true);
        for schedule in schedules {
            let other = outcome(&mut memory, &steps, schedule, true);
            assert_eq!(eager, other, "{schedule:?}: {steps:#?}");
        }
        match eager {
            Ok(_) => passed += 1,
            Err(kind) => {
                assert_eq!(kind, FaultKind::Hazard);
                refused += 1;
                // Of the refused ones, some would have shown different numbers.
                let early = outcome(&mut memory, &steps, Schedule::Eager, false);
                unlike += usize::from(early != outcome(&mut memory, &steps, Schedule::Late, false));
            }
        }
    }
    assert!(passed > 1000 && refused > 1000 && unlike > 100, "{passed} passed, {refused} refused, {unlike} unlike");
}
