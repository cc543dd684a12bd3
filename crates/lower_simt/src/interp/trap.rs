//! Why a run of a lane program stopped.

use tile_ir::Loc;

use crate::ir::Memory;

/// A run that could not go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (kernel `{kernel}`{}{}, {loc})", program_suffix(*program), thread_suffix(*thread))]
pub struct Trap {
    /// The kernel's name.
    pub kernel: String,
    /// Index of the program along x, y, z; `None` before the first began.
    pub program: Option<[u64; 3]>,
    /// One of the threads concerned.
    pub thread: Option<u32>,
    /// The user's line.
    pub loc: Loc,
    /// The reason.
    #[source]
    pub kind: TrapKind,
}

fn program_suffix(program: Option<[u64; 3]>) -> String {
    program.map_or_else(String::new, |[x, y, z]| format!(", program ({x}, {y}, {z})"))
}

fn thread_suffix(thread: Option<u32>) -> String {
    thread.map_or_else(String::new, |thread| format!(", thread {thread}"))
}

/// Why a run could not go on. Memories are named as in the kernel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrapKind {
    /// The program breaks a rule of the language in a way that leaves nothing to run.
    #[error("the lane program is not valid: {0}")]
    Malformed(String),
    /// An argument does not fit its parameter.
    #[error("argument `{name}` {problem}")]
    Argument {
        /// Parameter.
        name: String,
        /// What does not fit.
        problem: String,
    },
    /// An access outside its memory.
    #[error("element {offset} of `{name}`, which has {len}")]
    OutOfBounds {
        /// Memory.
        name: String,
        /// First element outside.
        offset: i64,
        /// Elements it has.
        len: u64,
    },
    /// An index outside an array variable.
    #[error("element {index} of the array `{name}`, which has {len}")]
    Index {
        /// Variable or fragments.
        name: String,
        /// Index.
        index: i64,
        /// Elements it has.
        len: u64,
    },
    /// The address of a vector or matrix access is not a multiple of what it must be.
    #[error("element {offset} of `{name}` is not at a multiple of {multiple} elements")]
    Misaligned {
        /// Memory.
        name: String,
        /// First element.
        offset: i64,
        /// Elements.
        multiple: u64,
    },
    /// A variable or fragment is read before it has a value.
    #[error("`{0}` is read before it has a value")]
    Undefined(String),
    /// A shared array or an output is read where nobody wrote it.
    #[error("element {offset} of `{name}` is read before anybody wrote it")]
    Unwritten {
        /// Memory.
        name: String,
        /// Element.
        offset: u64,
    },
    /// A view that may only be read is written.
    #[error("`{0}` may not be written")]
    ReadOnly(String),
    /// Two threads touch one element, one of them writes, and no barrier lies between.
    #[error("race on element {offset} of `{name}`: {first} and {second} without a barrier between them")]
    Race {
        /// Memory.
        name: String,
        /// Element.
        offset: u64,
        /// The earlier access.
        first: String,
        /// The later one.
        second: String,
    },
    /// Two threads touch one element through one owner number.
    #[error("{first} and {second} both touch element {offset} of `{name}` as owner {owner}")]
    NotOwned {
        /// Memory.
        name: String,
        /// Element.
        offset: u64,
        /// The number.
        owner: u32,
        /// The earlier thread.
        first: String,
        /// The later one.
        second: String,
    },
    /// Not all threads that must take part reach a barrier or lane operation.
    #[error("{what} is reached by {reached} of {wanted} threads")]
    Divergent {
        /// Operation.
        what: String,
        /// Threads there.
        reached: u32,
        /// Threads there should be.
        wanted: u32,
    },
    /// Threads of a subgroup disagree on an operand that must be the same for all of them.
    #[error("{0} differs between threads of a subgroup")]
    NotUniform(String),
    /// Integer division by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// The smallest integer divided by -1.
    #[error("division overflows")]
    DivisionOverflow,
    /// A shift by at least the width.
    #[error("shift of a {bits}-bit integer by {amount} bits")]
    Shift {
        /// Width.
        bits: u32,
        /// Amount.
        amount: u64,
    },
    /// A loop step below 1.
    #[error("loop step {0}")]
    Step(i64),
    /// A loop variable leaves its type.
    #[error("the loop variable `{0}` overflows")]
    LoopOverflow(String),
    /// More statements than the launch allows.
    #[error("more than {0} statements")]
    Fuel(u64),
}

/// How a memory is called in messages.
pub(crate) fn memory_name(kernel: &crate::ir::LaneKernel, memory: Memory) -> String {
    match memory {
        Memory::Global(view) => {
            kernel.params.get(view.index()).map_or_else(|| format!("view {}", view.0), |param| param.name.clone())
        }
        Memory::Shared(shared) => kernel
            .shared
            .get(shared.0 as usize)
            .map_or_else(|| format!("shared array {}", shared.0), |array| array.name.clone()),
    }
}
