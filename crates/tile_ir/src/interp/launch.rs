//! One launch: arguments, the order of programs, limits.

use super::buffer::{Arg, Buffer};
use super::machine::Machine;
use super::memory::{Bound, Memory, State};
use super::trap::{Trap, TrapKind};
use super::value::Val;
use crate::kernel::{Access, Kernel, Loc, Own, Param, ParamKind, Scalar, View};
use crate::types::Elem;
use crate::validate::validate_kernel;

/// Order in which the programs of a grid run. Results never depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Order {
    /// x fastest, then y, then z.
    #[default]
    Ascending,
    /// The reverse.
    Descending,
    /// Shuffled with this seed.
    Shuffled(u64),
}

/// Order and limits of a launch.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Order of programs.
    pub order: Order,
    /// Most steps for the whole launch: an operation costs one step, plus one per element that it reads or makes (a
    /// product: per multiplication).
    pub fuel: u64,
    /// Most tile elements that a program may hold at once.
    pub max_elements: u64,
}

impl Default for Options {
    /// Ascending order, 2^36 steps (minutes), 2^28 elements (1 to 2 GiB).
    fn default() -> Options {
        Options { order: Order::Ascending, fuel: 1 << 36, max_elements: 1 << 28 }
    }
}

/// What a finished launch did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Steps used, in the unit of [`Options::fuel`].
    pub steps: u64,
    /// For each parameter, how many elements of an output were neither written nor provided; 0 for other parameters.
    pub poisoned: Vec<u64>,
}

/// Runs every program of the kernel's grid. `args` has one argument per parameter.
///
/// # Errors
/// The first [`Trap`]: an invalid kernel, arguments that do not fit, or what a program did wrong. Outputs then hold
/// whatever was written before.
pub fn run(kernel: &Kernel, args: &mut [Arg<'_>], options: &Options) -> Result<Outcome, Box<Trap>> {
    let trap = |kind, loc: &Loc| Box::new(Trap { kernel: kernel.name.clone(), program: None, loc: loc.clone(), kind });
    if let Err(errors) = validate_kernel(kernel)
        && let Some(first) = errors.first()
    {
        return Err(trap(TrapKind::Invalid(first.problem.to_string()), &first.loc));
    }
    if args.len() != kernel.params.len() {
        let kind = TrapKind::ArgumentCount { expected: kernel.params.len(), found: args.len() };
        return Err(trap(kind, &kernel.loc));
    }
    let programs = kernel.programs();
    if programs > options.fuel {
        return Err(trap(TrapKind::Fuel(options.fuel), &kernel.loc));
    }
    let bound = bind(kernel, args)
        .map_err(|(param, problem)| trap(TrapKind::Argument { name: param.name.clone(), problem }, &param.loc))?;
    let mut machine = Machine::new(kernel, bound, options);
    match options.order {
        Order::Ascending => (0..programs).try_for_each(|i| program(&mut machine, kernel, i))?,
        Order::Descending => (0..programs).rev().try_for_each(|i| program(&mut machine, kernel, i))?,
        Order::Shuffled(seed) => shuffled(programs, seed).try_for_each(|i| program(&mut machine, kernel, i))?,
    }
    Ok(machine.outcome())
}

/// Every number below `count` once: in steps of a number that shares no factor with it.
fn shuffled(count: u64, seed: u64) -> impl Iterator<Item = u64> {
    // The finaliser of splitmix64 spreads neighbouring seeds.
    let mut mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let gcd = |mut a: u64, mut b: u64| {
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    // A step of 1 always exists, so the search ends; both numbers are below 2^32, so sums do not overflow.
    let step = (mixed % count..=count).chain(1..2).find(|&step| gcd(step, count) == 1).unwrap_or(1);
    let first = (mixed >> 32) % count;
    (0..count).scan(first, move |at, _| {
        let here = *at;
        *at = (*at + step) % count;
        Some(here)
    })
}

fn program(machine: &mut Machine, kernel: &Kernel, i: u64) -> Result<(), Box<Trap>> {
    let [x, y, _] = kernel.grid;
    machine.program([i % x, i / x % y, i / x / y])
}

/// What a parameter is during a launch.
pub(super) enum Binding<'a> {
    View(Bound<'a>),
    Scalar(&'a Scalar, Val),
}

type BindError<'a> = (&'a Param, String);

fn bind<'a>(kernel: &'a Kernel, args: &'a mut [Arg<'_>]) -> Result<Vec<Binding<'a>>, BindError<'a>> {
    let pairs = kernel.params.iter().zip(args);
    pairs.map(|(param, arg)| bind_one(param, arg).map_err(|problem| (param, problem))).collect()
}

fn bind_one<'a>(param: &'a Param, arg: &'a mut Arg<'_>) -> Result<Binding<'a>, String> {
    match &param.kind {
        ParamKind::View(view) => {
            let memory = match (view.access, arg) {
                (Access::Read | Access::Weights, Arg::In(buffer)) => {
                    fits(view, buffer)?;
                    Memory::Read(buffer)
                }
                (Access::Write, Arg::Out(buffer)) => {
                    fits(view, buffer)?;
                    buffer.bytes.fill(0xff);
                    written(buffer, State::Poison)
                }
                (Access::Write, Arg::InOut(buffer)) => {
                    fits(view, buffer)?;
                    written(buffer, State::Given)
                }
                (Access::Read | Access::Weights, Arg::Out(_) | Arg::InOut(_)) => {
                    return Err("is an output, but the view is only read".into());
                }
                (Access::Write, Arg::In(_)) => {
                    return Err("is an input, but the view is written".into());
                }
                (_, Arg::F32(_) | Arg::I32(_) | Arg::I64(_)) => {
                    return Err("is a number, not a buffer".into());
                }
            };
            Ok(Binding::View(Bound { name: &param.name, memory }))
        }
        ParamKind::Scalar(scalar) => {
            let (value, number) = match (scalar.elem, &*arg) {
                (Elem::F32, Arg::F32(x)) => (Val::Float(*x), None),
                (Elem::I32, Arg::I32(n)) => (Val::Int(i64::from(*n)), Some(u64::from(*n as u32))),
                (Elem::I64, Arg::I64(n)) => (Val::Int(*n), Some(*n as u64)),
                (elem, _) => return Err(format!("is not a number of type {elem}")),
            };
            match (scalar.bound, number) {
                (Some(bound), Some(number)) if number >= bound => {
                    Err(format!("is {number}, which is not below its bound {bound}"))
                }
                (Some(_) | None, _) => Ok(Binding::Scalar(scalar, value)),
            }
        }
    }
}

fn fits(view: &View, buffer: &Buffer) -> Result<(), String> {
    if (view.elem, view.shape) != (buffer.elem, buffer.shape) {
        let (found, expected) = ((buffer.shape, buffer.elem), (view.shape, view.elem));
        return Err(format!("is a buffer of {}x{}; {}x{} expected", found.0, found.1, expected.0, expected.1));
    }
    if !buffer.is_consistent() {
        return Err(format!("has {} bytes, which do not fit its shape", buffer.bytes.len()));
    }
    Ok(())
}

fn written(buffer: &mut Buffer, state: State) -> Memory<'_> {
    let states = vec![state; buffer.shape.count() as usize];
    Memory::Write { buffer, states, own: Vec::new() }
}

/// What program `id` owns of each dimension of a view: from the first index to below the second.
pub(super) fn owned(view: &View, id: [u64; 3], scalar: impl Fn(usize) -> i64) -> Vec<(u64, u64)> {
    let dims = view.own.iter().zip(view.shape.dims());
    dims.map(|(own, &extent)| match *own {
        Own::Whole => (0, extent),
        Own::Block { axis, size } => {
            let first = id[axis.index()].saturating_mul(size);
            (first, first.saturating_add(size).min(extent))
        }
        Own::At { param } => match u64::try_from(scalar(param)) {
            Ok(at) => (at, at.saturating_add(1)),
            Err(_) => (0, 0),
        },
    })
    .collect()
}
