//! What differs between the languages.

use emit::Text;
use lower_simt::ir::{Builtin, FragmentRole, LaneKernel, SharedData};
use lower_simt::target::MatrixUnit;
use tile_ir::{Access, Elem, ReduceOp, UnaryOp};

use crate::number::Number;
use emit::Helpers;

/// Plain facts of a dialect.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Target, such as `cuda`.
    pub target: &'static str,
    /// Language and version, such as `MSL 3.1`.
    pub language: &'static str,
    /// File extension without the dot.
    pub extension: &'static str,
    /// Words that are no names for variables: keywords, types, functions, helpers.
    pub reserved: &'static [&'static [&'static str]],
    /// Words that are no names for kernels, beyond those: functions that the compiler knows.
    pub reserved_entries: &'static [&'static str],
    /// Suffix of an unsigned 64-bit literal.
    pub u64_suffix: &'static str,
    /// Largest factor printed for a loop that is unrolled in part.
    pub max_unroll: u32,
    /// Most iterations of a loop that is unrolled wholly; of longer ones, this many at once.
    pub max_full_unroll: u32,
    /// The matrix unit's shapes; empty if there is none.
    pub matrix: &'static [MatrixUnit],
    /// Bytes of shared memory above which it is allocated at launch; the limit of a group where that is never done.
    pub static_shared: u64,
    /// Names of functions of f32.
    pub maths: &'static Maths,
}

/// Names of functions of f32.
#[derive(Clone, Copy, Debug)]
pub struct Maths {
    /// Magnitude.
    pub abs: &'static str,
    /// `e^x`.
    pub exp: &'static str,
    /// Natural logarithm.
    pub log: &'static str,
    /// Square root.
    pub sqrt: &'static str,
    /// `1 / sqrt(x)`.
    pub rsqrt: &'static str,
    /// Hyperbolic tangent.
    pub tanh: &'static str,
    /// Sine.
    pub sin: &'static str,
    /// Cosine.
    pub cos: &'static str,
    /// Largest integer not above x.
    pub floor: &'static str,
    /// `x * y + z`, rounded once.
    pub fma: &'static str,
    /// Smaller of two; the number where one is NaN.
    pub min: &'static str,
    /// Larger of two; the number where one is NaN.
    pub max: &'static str,
}

impl Maths {
    /// The function of an operation; `None` for negation, which is an operator.
    pub const fn unary(&self, op: UnaryOp) -> Option<&'static str> {
        Some(match op {
            UnaryOp::Neg => return None,
            UnaryOp::Abs => self.abs,
            UnaryOp::Exp => self.exp,
            UnaryOp::Log => self.log,
            UnaryOp::Sqrt => self.sqrt,
            UnaryOp::Rsqrt => self.rsqrt,
            UnaryOp::Tanh => self.tanh,
            UnaryOp::Sin => self.sin,
            UnaryOp::Cos => self.cos,
            UnaryOp::Floor => self.floor,
        })
    }
}

/// Where a kernel finds a number that every thread knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuiltinForm {
    /// A parameter of the kernel.
    Parameter {
        /// Wanted name.
        name: &'static str,
        /// Type and name, with `{}` for the name, such as `uint {} [[thread_index_in_simdgroup]]`.
        declaration: &'static str,
        /// How it is read, with `{}` for the name, such as `{}.x`.
        access: &'static str,
    },
    /// A constant computed where the kernel starts.
    Local {
        /// Wanted name.
        name: &'static str,
        /// Value.
        value: &'static str,
    },
    /// Read in place.
    Expression(&'static str),
}

/// Which of these functions a kernel uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarlyUse {
    /// It asks for memory to be brought nearer.
    pub prefetches: bool,
    /// It copies memory to shared arrays.
    pub copies: bool,
}

/// Functions for a start before earlier kernels have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarlyForm {
    /// `f(pointer, bytes)`: brings memory nearer.
    pub prefetch: &'static str,
    /// Declaration of what tells that a copy has arrived, the name as `{}`.
    pub arrival: &'static str,
    /// `f(array, pointer, bytes, arrival)`, by all threads: copies memory to a shared array, the bytes to arrive later.
    pub copy: &'static str,
    /// `f(arrival)`, by all threads, behind a barrier: waits until the copy has arrived.
    pub wait_for_copy: &'static str,
    /// `f()`: lets later kernels start.
    pub release: &'static str,
    /// `f()`: waits until earlier kernels have ended and their writes are visible.
    pub wait: &'static str,
}

/// Which memory a pointer is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Space {
    /// A view.
    Global,
    /// A shared array.
    Shared,
}

/// What a kernel's head declares, with names chosen.
#[derive(Clone, Debug)]
pub struct Signature<'a> {
    /// Entry point.
    pub entry: &'a str,
    /// Threads of a group.
    pub threads: u32,
    /// Parameters: declaration (from [`Dialect::view_parameter`] and its like) and remark.
    pub parameters: &'a [(String, String)],
}

/// A language of the C family.
pub trait Dialect {
    /// Plain facts.
    fn facts(&self) -> &Facts;

    /// Lines before the helpers: headers, namespaces. Empty if there are none.
    fn preamble(&self, kernel: &LaneKernel) -> Vec<String>;

    /// Declaration of the view parameter `index`. With `early`, the kernel starts while earlier ones may still write what
    /// is not weights.
    fn view_parameter(&self, name: &str, elem: Elem, access: Access, index: usize, early: bool) -> String;

    /// Declaration of the scalar parameter `index`.
    fn scalar_parameter(&self, name: &str, number: Number, index: usize) -> String;

    /// Lines of the kernel's head up to the first parameter's line, the last one open, such as `kernel void f(`.
    fn head(&self, signature: &Signature<'_>) -> Vec<String>;

    /// Where a number is found.
    fn builtin(&self, builtin: Builtin) -> BuiltinForm;

    /// Declaration of a shared array, without semicolon.
    fn shared(&self, name: &str, shared: &SharedData) -> String;

    /// Lines that make the arrays parts of one memory that the launch allocates; names, arrays and offsets in bytes.
    fn dynamic_shared(&self, arrays: &[(&str, &SharedData, u64)]) -> Vec<String>;

    /// Name of a type.
    fn number(&self, number: Number) -> &'static str;

    /// Conversion as C does it.
    fn cast(&self, to: Number, x: &Text) -> Text;

    /// f32 constant.
    fn float(&self, value: f32) -> Text;

    /// Bits of an f32 as an unsigned integer.
    fn float_bits(&self, x: &Text) -> Text;

    /// f32 with these bits.
    fn float_from_bits(&self, x: &Text) -> Text;

    /// Type of an element in memory.
    fn storage(&self, elem: Elem) -> &'static str;

    /// What an element of type `f16` or `bf16` in memory is as f32.
    fn widen(&self, elem: Elem, x: &Text, helpers: &mut Helpers) -> Text;

    /// f32 to an element of type `f16` or `bf16` in memory, to nearest even.
    fn narrow(&self, elem: Elem, x: &Text, helpers: &mut Helpers) -> Text;

    /// Name of a function `f(registers, place)` that loads `lanes` elements at once.
    fn load_vector(&self, elem: Elem, lanes: u32, space: Space, helpers: &mut Helpers) -> String;

    /// Name of a function `f(place, registers)` that stores `lanes` elements at once.
    fn store_vector(&self, elem: Elem, lanes: u32, space: Space, helpers: &mut Helpers) -> String;

    /// A value combined over aligned groups of `lanes` threads. `number` is of the sign that the operation needs, and the
    /// type of `value` and of the result.
    fn lane_reduce(&self, op: ReduceOp, number: Number, lanes: u32, value: &Text, helpers: &mut Helpers) -> Text;

    /// The barrier's statement.
    fn barrier(&self, global: bool, shared: bool) -> String;

    /// How a kernel starts before earlier ones have ended; `None` if the language has no way to.
    fn early(&self, used: EarlyUse, helpers: &mut Helpers) -> Option<EarlyForm>;

    /// The line before a loop that asks to repeat its body: `None` for every iteration.
    fn unroll(&self, times: Option<u32>) -> String;

    /// Declaration of an array of `len` fragments.
    fn fragment(&self, name: &str, unit: &MatrixUnit, elem: Elem, role: FragmentRole, len: u32) -> String;

    /// Statement that sets all elements of a fragment.
    fn matrix_fill(&self, fill: &MatrixFill<'_>, helpers: &mut Helpers) -> String;

    /// Statement that loads a fragment. `place` is a pointer.
    fn matrix_load(&self, load: &MatrixAccess<'_>, helpers: &mut Helpers) -> String;

    /// Statement `acc += a * b`.
    fn matrix_multiply(&self, acc: &str, a: &str, b: &str, unit: &MatrixUnit, helpers: &mut Helpers) -> String;

    /// Statement that stores an accumulator.
    fn matrix_store(&self, store: &MatrixAccess<'_>, helpers: &mut Helpers) -> String;
}

/// A fragment set to one value.
#[derive(Clone, Debug)]
pub struct MatrixFill<'a> {
    /// The fragment.
    pub fragment: &'a str,
    /// Its part in a product.
    pub role: FragmentRole,
    /// Element type.
    pub elem: Elem,
    /// The unit's shape.
    pub unit: &'a MatrixUnit,
    /// Value of every element.
    pub value: f32,
}

/// A transfer between a fragment and memory.
#[derive(Clone, Debug)]
pub struct MatrixAccess<'a> {
    /// The fragment.
    pub fragment: &'a str,
    /// Its part in a product.
    pub role: FragmentRole,
    /// Element type in memory.
    pub elem: Elem,
    /// The unit's shape.
    pub unit: &'a MatrixUnit,
    /// Pointer to element (0, 0).
    pub place: &'a str,
    /// Memory of the pointer.
    pub space: Space,
    /// Elements from row to row.
    pub stride: u64,
    /// Whether memory holds the transposed matrix.
    pub transposed: bool,
}
