//! CUDA and its relatives: one dialect, set up by data.
//!
//! The text needs no header beyond those the data names. 16-bit floats are `unsigned short` bits, so that no version of a
//! vendor's bf16 type matters. A group is a thread block; its subgroups are warps of 32, or 32 lanes of wider ones: every
//! exchange spells the width.

mod early;
mod half;
mod lanes;
mod matrix;
mod vectors;
pub mod words;

use emit::{FloatClass, Prec, Text, float_literal};
use lower_simt::ir::{Builtin, FragmentRole, LaneKernel, SharedData};
use lower_simt::target::MatrixUnit;
use tile_ir::{Access, Axis, Elem, ReduceOp};

use crate::dialect::{BuiltinForm, Dialect, EarlyForm, EarlyUse, Facts, MatrixAccess, MatrixFill, Signature, Space};
use crate::number::Number;
use crate::vector;
use emit::Helpers;

/// What helper functions begin with.
const FUNCTION: &str = "__device__ __forceinline__";

/// Memory that the launch allocates.
const DYNAMIC: &str = "shared_memory";

/// How f16 is converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HalfForm {
    /// By `cvt` in inline PTX.
    Ptx,
    /// By integer arithmetic.
    Integer,
}

/// A dialect of this kind.
#[derive(Clone, Copy, Debug)]
pub struct CudaLike {
    /// Plain facts. A matrix unit must be `m16n8k16` of PTX.
    pub facts: Facts,
    /// Lines before everything else.
    pub includes: &'static [&'static str],
    /// How f16 is converted.
    pub half: HalfForm,
    /// Kernels may start before earlier ones have ended (`griddepcontrol`).
    pub early: bool,
    /// Wanted name of the number of the subgroup.
    pub subgroup: &'static str,
}

impl Dialect for CudaLike {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn preamble(&self, _kernel: &LaneKernel) -> Vec<String> {
        self.includes.iter().map(|&line| line.to_owned()).collect()
    }

    fn view_parameter(&self, name: &str, elem: Elem, access: Access, _index: usize, early: bool) -> String {
        let ty = self.storage(elem);
        match access {
            // A restricted pointer to constants promises that nobody writes there while the kernel runs, from its very start:
            // the compiler could read before the wait.
            Access::Read if early => format!("const {ty}* {name}"),
            Access::Read | Access::Weights => format!("const {ty}* __restrict__ {name}"),
            Access::Write => format!("{ty}* {name}"),
        }
    }

    fn scalar_parameter(&self, name: &str, number: Number, _index: usize) -> String {
        format!("const {} {name}", self.number(number))
    }

    fn head(&self, signature: &Signature<'_>) -> Vec<String> {
        vec![format!("extern \"C\" __global__ void __launch_bounds__({}) {}(", signature.threads, signature.entry)]
    }

    fn builtin(&self, builtin: Builtin) -> BuiltinForm {
        match builtin {
            Builtin::Thread => BuiltinForm::Local { name: "tid", value: "threadIdx.x" },
            Builtin::Lane => BuiltinForm::Local { name: "lane", value: "threadIdx.x % 32" },
            Builtin::Subgroup => BuiltinForm::Local { name: self.subgroup, value: "threadIdx.x / 32" },
            Builtin::Program(Axis::X) => BuiltinForm::Expression("blockIdx.x"),
            Builtin::Program(Axis::Y) => BuiltinForm::Expression("blockIdx.y"),
            Builtin::Program(Axis::Z) => BuiltinForm::Expression("blockIdx.z"),
        }
    }

    fn shared(&self, name: &str, shared: &SharedData) -> String {
        format!("__shared__ __align__(16) {} {name}[{}]", self.storage(shared.elem), shared.len.max(1))
    }

    fn dynamic_shared(&self, arrays: &[(&str, &SharedData, u64)]) -> Vec<String> {
        let mut lines = vec![format!("extern __shared__ __align__(16) unsigned char {DYNAMIC}[];")];
        for (name, shared, offset) in arrays {
            let ty = self.storage(shared.elem);
            let start = if *offset == 0 { DYNAMIC.to_owned() } else { format!("({DYNAMIC} + {offset})") };
            lines.push(format!("{ty}* const {name} = ({ty}*){start};  // {} elements", shared.len));
        }
        lines
    }

    fn number(&self, number: Number) -> &'static str {
        match number {
            Number::F32 => "float",
            Number::Bool => "bool",
            Number::U8 => "unsigned char",
            Number::S8 => "signed char",
            Number::U32 => "unsigned int",
            Number::S32 => "int",
            Number::U64 => "unsigned long long",
            Number::S64 => "long long",
        }
    }

    fn cast(&self, to: Number, x: &Text) -> Text {
        Text::new(format!("({}){}", self.number(to), x.at_least(Prec::Unary)), Prec::Unary)
    }

    fn float(&self, value: f32) -> Text {
        match float_literal(value) {
            FloatClass::Number(digits) => {
                Text::new(format!("{digits}f"), if value.is_sign_negative() { Prec::Unary } else { Prec::Postfix })
            }
            FloatClass::Infinity { negative: false } => Text::atom("__uint_as_float(0x7f800000u)"),
            FloatClass::Infinity { negative: true } => Text::atom("__uint_as_float(0xff800000u)"),
            FloatClass::Nan(bits) => Text::atom(format!("__uint_as_float({bits:#x}u)")),
        }
    }

    fn float_bits(&self, x: &Text) -> Text {
        Text::call("__float_as_uint", std::slice::from_ref(x))
    }

    fn float_from_bits(&self, x: &Text) -> Text {
        Text::call("__uint_as_float", std::slice::from_ref(x))
    }

    fn storage(&self, elem: Elem) -> &'static str {
        match elem {
            Elem::F32 => "float",
            Elem::F16 | Elem::Bf16 => "unsigned short",
            Elem::I1 | Elem::I8 => "unsigned char",
            Elem::I32 => "unsigned int",
            Elem::I64 | Elem::Index => "unsigned long long",
        }
    }

    fn widen(&self, elem: Elem, x: &Text, helpers: &mut Helpers) -> Text {
        Text::call(half::widen(self.half, elem, helpers), std::slice::from_ref(x))
    }

    fn narrow(&self, elem: Elem, x: &Text, helpers: &mut Helpers) -> Text {
        Text::call(half::narrow(self.half, elem, helpers), std::slice::from_ref(x))
    }

    fn load_vector(&self, elem: Elem, lanes: u32, space: Space, helpers: &mut Helpers) -> String {
        vector::load(self, elem, lanes, space, helpers)
    }

    fn store_vector(&self, elem: Elem, lanes: u32, space: Space, helpers: &mut Helpers) -> String {
        vector::store(self, elem, lanes, space, helpers)
    }

    fn lane_reduce(&self, op: ReduceOp, number: Number, lanes: u32, value: &Text, helpers: &mut Helpers) -> Text {
        let function = lanes::reduction(self, op, number, helpers);
        Text::call(function, &[value.clone(), Text::atom(lanes.to_string())])
    }

    fn barrier(&self, _global: bool, _shared: bool) -> String {
        // Orders accesses of both memories for the threads of the block.
        "__syncthreads()".to_owned()
    }

    fn early(&self, used: EarlyUse, helpers: &mut Helpers) -> Option<EarlyForm> {
        self.early.then(|| early::form(used, helpers))
    }

    fn unroll(&self, times: Option<u32>) -> String {
        times.map_or_else(|| "#pragma unroll".to_owned(), |times| format!("#pragma unroll {times}"))
    }

    fn fragment(&self, name: &str, unit: &MatrixUnit, _elem: Elem, role: FragmentRole, len: u32) -> String {
        matrix::declaration(name, unit, role, len)
    }

    fn matrix_fill(&self, fill: &MatrixFill<'_>, helpers: &mut Helpers) -> String {
        matrix::fill(self, fill, helpers)
    }

    fn matrix_load(&self, load: &MatrixAccess<'_>, helpers: &mut Helpers) -> String {
        matrix::load(load, helpers)
    }

    fn matrix_multiply(&self, acc: &str, a: &str, b: &str, unit: &MatrixUnit, helpers: &mut Helpers) -> String {
        format!("{}({acc}, {a}, {b});", matrix::multiply(unit.elem, helpers))
    }

    fn matrix_store(&self, store: &MatrixAccess<'_>, helpers: &mut Helpers) -> String {
        matrix::store(store, helpers)
    }
}
