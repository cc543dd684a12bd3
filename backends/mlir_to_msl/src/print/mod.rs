//! The dialect: how Metal says what lane programs do.

mod lanes;
mod matrix;
mod vectors;

use emit::{FloatClass, Prec, Text, float_literal};
use emit_simt::cuda_like::words;
use emit_simt::{
    BuiltinForm, Dialect, EarlyForm, EarlyUse, Facts, Helpers, Maths, MatrixAccess, MatrixFill, Number, Signature,
    Space, vector,
};
use lower_simt::ir::{Builtin, FragmentRole, LaneKernel, SharedData};
use lower_simt::target::MatrixUnit;
use tile_ir::{Access, Axis, Elem, ReduceOp};

use crate::{limits, names, types};

/// Metal Shading Language 3.1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Msl;

const MATHS: Maths = Maths {
    abs: "fabs",
    exp: "precise::exp",
    log: "precise::log",
    sqrt: "precise::sqrt",
    rsqrt: "precise::rsqrt",
    tanh: "precise::tanh",
    sin: "precise::sin",
    cos: "precise::cos",
    floor: "floor",
    fma: "fma",
    min: "fmin",
    max: "fmax",
};

const FACTS: Facts = Facts {
    target: crate::TARGET,
    language: "MSL 3.1",
    extension: names::EXTENSION,
    reserved: &[words::CPP, words::CALLED, words::HELPERS, names::WORDS],
    reserved_entries: words::C_FUNCTIONS,
    u64_suffix: "ul",
    max_unroll: limits::TARGET.max_unroll,
    max_full_unroll: u32::MAX,
    matrix: limits::MATRIX,
    static_shared: limits::TARGET.shared_bytes,
    maths: &MATHS,
};

impl Dialect for Msl {
    fn facts(&self) -> &Facts {
        &FACTS
    }

    fn preamble(&self, kernel: &LaneKernel) -> Vec<String> {
        let mut lines = vec!["#include <metal_stdlib>".to_owned()];
        if !kernel.fragments.is_empty() {
            lines.push("#include <metal_simdgroup_matrix>".to_owned());
        }
        lines.push("using namespace metal;".to_owned());
        lines
    }

    fn view_parameter(&self, name: &str, elem: Elem, access: Access, index: usize, _early: bool) -> String {
        let ty = types::storage(elem);
        match access {
            Access::Read | Access::Weights => format!("device const {ty}* {name} [[buffer({index})]]"),
            Access::Write => format!("device {ty}* {name} [[buffer({index})]]"),
        }
    }

    fn scalar_parameter(&self, name: &str, number: Number, index: usize) -> String {
        format!("constant {}& {name} [[buffer({index})]]", types::number(number))
    }

    fn head(&self, signature: &Signature<'_>) -> Vec<String> {
        vec![
            format!("[[max_total_threads_per_threadgroup({})]]", signature.threads),
            format!("kernel void {}(", signature.entry),
        ]
    }

    fn builtin(&self, builtin: Builtin) -> BuiltinForm {
        let parameter = |name, declaration, access| BuiltinForm::Parameter { name, declaration, access };
        let program = "uint3 {} [[threadgroup_position_in_grid]]";
        match builtin {
            Builtin::Thread => parameter("tid", "uint {} [[thread_index_in_threadgroup]]", "{}"),
            Builtin::Lane => parameter("lane", "uint {} [[thread_index_in_simdgroup]]", "{}"),
            Builtin::Subgroup => parameter("simdgroup", "uint {} [[simdgroup_index_in_threadgroup]]", "{}"),
            Builtin::Program(Axis::X) => parameter("program", program, "{}.x"),
            Builtin::Program(Axis::Y) => parameter("program", program, "{}.y"),
            Builtin::Program(Axis::Z) => parameter("program", program, "{}.z"),
        }
    }

    fn shared(&self, name: &str, shared: &SharedData) -> String {
        format!("alignas(16) threadgroup {} {name}[{}]", types::storage(shared.elem), shared.len.max(1))
    }

    fn dynamic_shared(&self, arrays: &[(&str, &SharedData, u64)]) -> Vec<String> {
        // Above the limit there is nothing to allocate at launch either; the compiler will say so.
        arrays.iter().map(|(name, shared, _)| format!("{};", self.shared(name, shared))).collect()
    }

    fn number(&self, number: Number) -> &'static str {
        types::number(number)
    }

    fn cast(&self, to: Number, x: &Text) -> Text {
        Text::call(types::number(to), std::slice::from_ref(x))
    }

    fn float(&self, value: f32) -> Text {
        match float_literal(value) {
            FloatClass::Number(digits) => {
                Text::new(format!("{digits}f"), if value.is_sign_negative() { Prec::Unary } else { Prec::Postfix })
            }
            FloatClass::Infinity { negative: false } => Text::atom("INFINITY"),
            FloatClass::Infinity { negative: true } => Text::new("-INFINITY", Prec::Unary),
            FloatClass::Nan(bits) => Text::atom(format!("as_type<float>({bits:#x}u)")),
        }
    }

    fn float_bits(&self, x: &Text) -> Text {
        Text::call("as_type<uint>", std::slice::from_ref(x))
    }

    fn float_from_bits(&self, x: &Text) -> Text {
        Text::call("as_type<float>", std::slice::from_ref(x))
    }

    fn storage(&self, elem: Elem) -> &'static str {
        types::storage(elem)
    }

    fn widen(&self, _elem: Elem, x: &Text, _helpers: &mut Helpers) -> Text {
        Text::call("float", std::slice::from_ref(x))
    }

    fn narrow(&self, elem: Elem, x: &Text, _helpers: &mut Helpers) -> Text {
        Text::call(types::storage(elem), std::slice::from_ref(x))
    }

    fn load_vector(&self, elem: Elem, lanes: u32, space: Space, helpers: &mut Helpers) -> String {
        vector::load(self, elem, lanes, space, helpers)
    }

    fn store_vector(&self, elem: Elem, lanes: u32, space: Space, helpers: &mut Helpers) -> String {
        vector::store(self, elem, lanes, space, helpers)
    }

    fn lane_reduce(&self, op: ReduceOp, number: Number, lanes: u32, value: &Text, helpers: &mut Helpers) -> Text {
        lanes::reduce(op, number, lanes, value, helpers)
    }

    fn barrier(&self, global: bool, shared: bool) -> String {
        let flags = match (global, shared) {
            (true, true) => "mem_flags::mem_device | mem_flags::mem_threadgroup",
            (true, false) => "mem_flags::mem_device",
            (false, true) => "mem_flags::mem_threadgroup",
            (false, false) => "mem_flags::mem_none",
        };
        format!("threadgroup_barrier({flags})")
    }

    fn early(&self, _used: EarlyUse, _helpers: &mut Helpers) -> Option<EarlyForm> {
        None
    }

    fn unroll(&self, times: Option<u32>) -> String {
        match times {
            None => "#pragma clang loop unroll(full)".to_owned(),
            Some(times) => format!("#pragma clang loop unroll_count({times})"),
        }
    }

    fn fragment(&self, name: &str, _unit: &MatrixUnit, elem: Elem, _role: FragmentRole, len: u32) -> String {
        format!("{} {name}[{len}]", types::matrix(elem))
    }

    fn matrix_fill(&self, fill: &MatrixFill<'_>, helpers: &mut Helpers) -> String {
        matrix::fill(self, fill, helpers)
    }

    fn matrix_load(&self, load: &MatrixAccess<'_>, _helpers: &mut Helpers) -> String {
        matrix::load(load)
    }

    fn matrix_multiply(&self, acc: &str, a: &str, b: &str, _unit: &MatrixUnit, _helpers: &mut Helpers) -> String {
        format!("simdgroup_multiply_accumulate({acc}, {a}, {b}, {acc});")
    }

    fn matrix_store(&self, store: &MatrixAccess<'_>, _helpers: &mut Helpers) -> String {
        matrix::store(store)
    }
}
