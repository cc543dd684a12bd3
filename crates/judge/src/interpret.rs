//! Running a case through the interpreter.

use cases::{ArgValue, Buffer, Case, Outputs};
use tile_ir::interp::{self, Arg, Options, Trap};
use tile_ir::{Access, Elem, Kernel};

/// An argument as the interpreter wants it.
enum Slot {
    In(interp::Buffer),
    /// Unwritten everywhere.
    Out(interp::Buffer),
    InOut(interp::Buffer),
    F32(f32),
    I32(i32),
    I64(i64),
}

/// Launches `kernel` on the interpreter with the arguments of `case`, which stay as they are.
///
/// Elements that nobody writes keep their [`crate::poison_bits`]; reading one of a float output that the case provides
/// no data for traps.
///
/// # Errors
/// What the kernel did wrong, or that the case is not for it.
pub fn run_interpreter(kernel: &Kernel, case: &Case) -> Result<Outputs, Box<Trap>> {
    run_interpreter_with(kernel, case, &Options::default())
}

/// [`run_interpreter`] with an order of programs and limits.
///
/// # Errors
/// As [`run_interpreter`].
pub fn run_interpreter_with(kernel: &Kernel, case: &Case, options: &Options) -> Result<Outputs, Box<Trap>> {
    let mut slots: Vec<Slot> = case.args.iter().map(|arg| slot(&arg.value)).collect();
    let mut args: Vec<Arg<'_>> = slots
        .iter_mut()
        .map(|slot| match slot {
            Slot::In(buffer) => Arg::In(buffer),
            Slot::Out(buffer) => Arg::Out(buffer),
            Slot::InOut(buffer) => Arg::InOut(buffer),
            Slot::F32(number) => Arg::F32(*number),
            Slot::I32(number) => Arg::I32(*number),
            Slot::I64(number) => Arg::I64(*number),
        })
        .collect();
    interp::run(kernel, &mut args, options)?;
    let outputs = case.args.iter().zip(slots).filter_map(|(arg, slot)| match slot {
        Slot::Out(buffer) => Some((arg.name.clone(), repoisoned(buffer))),
        Slot::InOut(buffer) => Some((arg.name.clone(), ours(buffer))),
        Slot::In(_) | Slot::F32(_) | Slot::I32(_) | Slot::I64(_) => None,
    });
    Ok(Outputs(outputs.collect()))
}

fn slot(value: &ArgValue) -> Slot {
    match value {
        ArgValue::View { buffer, access: Access::Read | Access::Weights, .. } => Slot::In(theirs(buffer)),
        ArgValue::View { buffer, access: Access::Write, .. } => {
            // Integers have no bits to spare, so their unwritten elements cannot be told from `Out`'s filling.
            let unwritten = buffer.elem.is_float() && (0..buffer.len()).all(|i| buffer.is_poison(i));
            if unwritten { Slot::Out(theirs(buffer)) } else { Slot::InOut(theirs(buffer)) }
        }
        ArgValue::Float(number) => Slot::F32(*number),
        ArgValue::Int { elem: Elem::I64, value } => Slot::I64(*value as i64),
        ArgValue::Int { value, .. } => Slot::I32(*value as u32 as i32),
    }
}

fn theirs(buffer: &Buffer) -> interp::Buffer {
    interp::Buffer { elem: buffer.elem, shape: buffer.shape, bytes: buffer.bytes.clone() }
}

fn ours(buffer: interp::Buffer) -> Buffer {
    Buffer { elem: buffer.elem, shape: buffer.shape, bytes: buffer.bytes }
}

/// Our poison instead of the interpreter's all-ones NaN, which no arithmetic makes.
fn repoisoned(buffer: interp::Buffer) -> Buffer {
    let mut buffer = ours(buffer);
    let ones = u64::MAX >> (64 - buffer.elem.bits());
    for index in 0..buffer.len() {
        if buffer.bits(index) == ones {
            buffer.set_bits(index, cases::poison_bits(buffer.elem));
        }
    }
    buffer
}
