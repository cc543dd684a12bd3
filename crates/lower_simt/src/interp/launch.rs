//! Launches: arguments, programs.

use tile_ir::{Elem, ParamKind};

use super::matrix;
use super::memory::{Bytes, Memory};
use super::state::{Fragments, Machine, Mask};
use super::trap::{Trap, TrapKind, memory_name};
use crate::ir::{self, LaneKernel, Shared};
use crate::target::Target;

/// An argument, in the order of the kernel's parameters. Buffers are little-endian and row-major.
#[derive(Debug)]
pub enum Arg<'a> {
    /// A buffer that is only read.
    In(&'a [u8]),
    /// A written buffer without contents: reading what the launch did not write traps.
    Out(&'a mut [u8]),
    /// A written buffer with contents.
    InOut(&'a mut [u8]),
    /// An f32 scalar.
    F32(f32),
    /// A 32-bit scalar.
    I32(i32),
    /// A 64-bit scalar.
    I64(i64),
}

/// Limits and order of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Most statements over all programs, each counted once for all threads.
    pub max_steps: u64,
    /// Runs the last program first.
    pub reverse: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { max_steps: 100_000_000, reverse: false }
    }
}

/// What a run took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Statements, each counted once for all threads.
    pub steps: u64,
}

/// Runs every program of `kernel`, one after the other, on `args`. Outputs keep the bytes that nobody writes.
///
/// # Errors
/// What the program did wrong (see the module), or that the arguments do not fit. Outputs are then partly written.
pub fn run(kernel: &LaneKernel, target: &Target, args: &mut [Arg<'_>], options: &Options) -> Result<Stats, Box<Trap>> {
    let fail = |kind| Trap { kernel: kernel.name.clone(), program: None, thread: None, loc: kernel.loc.clone(), kind };
    let mut machine = prepare(kernel, target, args, options).map_err(fail)?;
    let [x, y, z] = kernel.grid;
    let count = x.saturating_mul(y).saturating_mul(z);
    for number in 0..count {
        let number = if options.reverse { count - 1 - number } else { number };
        machine.program = [number % x, number / x % y, number / x / y];
        machine.number = number as u32;
        machine.defined.fill(false);
        machine.full.fill(false);
        machine.shared.iter_mut().for_each(Memory::reset);
        machine.fragments.iter_mut().for_each(|fragments| fragments.defined.fill(false));
        let mask = Mask::new(vec![true; machine.threads]);
        machine.block(&kernel.body, &mask)?;
    }
    Ok(Stats { steps: machine.steps })
}

fn prepare<'a>(
    kernel: &'a LaneKernel,
    target: &'a Target,
    args: &'a mut [Arg<'_>],
    options: &Options,
) -> Result<Machine<'a>, TrapKind> {
    let malformed = |what: &str| Err(TrapKind::Malformed(what.to_string()));
    if kernel.threads == 0 || !kernel.threads.is_multiple_of(32) || kernel.threads > 1 << 16 {
        return malformed("the number of threads is not a multiple of 32 up to 65536");
    }
    if kernel.shared.iter().any(|array| array.elem == Elem::Index) || kernel.shared_bytes() > 1 << 30 {
        return malformed("shared arrays hold `index` or are too large");
    }
    let threads = kernel.threads as usize;
    let mut base = Vec::new();
    let mut elements = 0usize;
    for var in &kernel.vars {
        base.push(elements);
        elements += var.len.unwrap_or(1) as usize;
    }
    if elements > 1 << 24 {
        return malformed("variables are too large");
    }
    if args.len() != kernel.params.len() {
        return malformed("the launch has another number of arguments than the kernel has parameters");
    }
    let (mut views, mut scalars) = (Vec::new(), Vec::new());
    for (param, arg) in kernel.params.iter().zip(args) {
        let (view, scalar) = bind(&param.kind, &param.name, arg)
            .map_err(|problem| TrapKind::Argument { name: param.name.clone(), problem })?;
        views.push(view);
        scalars.push(scalar);
    }
    let shared = kernel.shared.iter().zip(0..).map(|(array, number)| {
        let bytes = Bytes::Own(vec![0; (array.len * array.elem.bytes()) as usize]);
        Memory::new(memory_name(kernel, ir::Memory::Shared(Shared(number))), array.elem, array.len, bytes, true)
    });
    let mut fragments = Vec::new();
    for (data, number) in kernel.fragments.iter().zip(0..) {
        let Some((rows, cols)) = matrix::shape(kernel, target.matrix, ir::Fragment(number)) else {
            return Err(TrapKind::Malformed(format!("the target has no matrix unit for `{}`", data.name)));
        };
        let count = threads / 32 * data.len as usize;
        let values = vec![0.0; count * (rows * cols) as usize];
        fragments.push(Fragments { rows, cols, values, defined: vec![false; count] });
    }
    Ok(Machine {
        kernel,
        threads,
        program: [0; 3],
        number: 0,
        base,
        registers: vec![0; elements * threads],
        defined: vec![false; elements * threads],
        full: vec![false; elements],
        fragments,
        views,
        shared: shared.collect(),
        scalars,
        global_epoch: 0,
        shared_epoch: 0,
        steps: 0,
        max_steps: options.max_steps,
        pool: Vec::new(),
    })
}

/// A parameter's memory, or the bits of its scalar.
fn bind<'a>(kind: &ParamKind, name: &str, arg: &'a mut Arg<'_>) -> Result<(Option<Memory<'a>>, u64), String> {
    match kind {
        ParamKind::Scalar(scalar) => match (scalar.elem, &*arg) {
            (Elem::F32, Arg::F32(value)) => Ok((None, u64::from(value.to_bits()))),
            (Elem::I32, Arg::I32(value)) => Ok((None, u64::from(*value as u32))),
            (Elem::I64, Arg::I64(value)) => Ok((None, *value as u64)),
            (elem, _) => Err(format!("is not a scalar of type {elem}")),
        },
        ParamKind::View(view) => {
            let (bytes, unwritten, writable) = match arg {
                Arg::In(bytes) => (Bytes::In(bytes), false, false),
                Arg::Out(bytes) => (Bytes::Out(bytes), true, true),
                Arg::InOut(bytes) => (Bytes::Out(bytes), false, true),
                Arg::F32(_) | Arg::I32(_) | Arg::I64(_) => return Err("is no buffer".to_string()),
            };
            let len = view.shape.count();
            if Some(bytes.len() as u64) != len.checked_mul(view.elem.bytes()) {
                return Err(format!("is not of {len} elements of type {}", view.elem));
            }
            if writable != (view.access == tile_ir::Access::Write) {
                return Err("is given with another access than the kernel declares".to_string());
            }
            Ok((Some(Memory::new(name.to_string(), view.elem, len, bytes, unwritten)), 0))
        }
    }
}
