//! What engines make of values: casts, integers, ties, masks.

use emulator::nki::Dtype::{Bf16, F32, I32, U8, U32};
use emulator::nki::{Dtype, Launch, Operand};

use crate::harness::{IMPORTS, compile, input, out};

/// Runs a body that makes tile `t` of tile `a`, which holds `x`; 8 elements.
fn run<X, Y: Clone + Default>(x: &[X], from: Dtype, to: Dtype, body: &str) -> Option<Vec<Y>> {
    let (from_name, to_name) = (from.name(), to.name());
    let source = format!(
        "{IMPORTS}def k(x):
    out = nl.ndarray((1, 8), dtype=nl.{to_name}, buffer=nl.shared_hbm)
    a = nl.ndarray((1, 8), dtype=nl.{from_name}, buffer=nl.sbuf)
    t = nl.ndarray((1, 8), dtype=nl.{to_name}, buffer=nl.sbuf)
    nisa.dma_copy(dst=a, src=x)
    {body}
    nisa.dma_copy(dst=out, src=t)
    return out
"
    );
    let program = compile(&source)?;
    let mut y = vec![Y::default(); 8];
    let args: [Operand; 1] = [input(x, from, &[1, 8])];
    let launch = Launch { args: &args, outputs: &[out(&mut y, to, &[1, 8])] };
    program.launch(&launch).unwrap_or_else(|fault| panic!("{fault}\n{source}"));
    Some(y)
}

const COPY: &str = "nisa.tensor_copy(dst=t, src=a)";

#[test]
fn casts() {
    let x = [0.5_f32, 1.5, 2.5, -0.5, -1.5, 3e9, -3e9, f32::NAN];
    if let Some(y) = run::<f32, i32>(&x, F32, I32, COPY) {
        assert_eq!(y, [0, 2, 2, 0, -2, i32::MAX, i32::MIN, 0]);
    }
    if let Some(y) = run::<f32, u8>(&x, F32, U8, COPY) {
        assert_eq!(y, [0, 2, 2, 0, 0, 255, 0, 0]);
    }
    // Halfway between two numbers of bf16: the even one; beyond the largest: infinity.
    let x = [
        f32::from_bits(0x3f80_8000),
        f32::from_bits(0x3f81_8000),
        f32::MIN,
        f32::MAX,
        f32::INFINITY,
        -0.0,
        f32::from_bits(0x7f7f_7fff),
        f32::NAN,
    ];
    if let Some(y) = run::<f32, u16>(&x, F32, Bf16, COPY) {
        let wanted = x.map(|x| half::bf16::from_f32(x).to_bits());
        assert_eq!(y[..7], wanted[..7]);
        assert!(half::bf16::from_bits(y[7]).is_nan());
    }
}

#[test]
fn integers() {
    let x = [16_777_217_u32, 1, 2, u32::MAX, 5, 6, 7, 8];
    let add = "nisa.tensor_tensor(dst=t, data1=a, data2=a, op=nl.add";
    // GpSimd adds integers as they are, modulo 2^32; the Vector Engine through f32, saturating.
    if let Some(y) = run::<u32, u32>(&x, U32, U32, &format!("{add})")) {
        assert_eq!(y[..4], [33_554_434, 2, 4, u32::MAX - 1]);
    }
    if let Some(y) = run::<u32, u32>(&x, U32, U32, &format!("{add}, engine=nisa.engine.vector)")) {
        assert_eq!(y[..4], [33_554_432, 2, 4, u32::MAX]);
    }
    if let Some(y) = run::<u32, u32>(&x, U32, U32, "nisa.tensor_scalar(dst=t, data=a, op0=nl.left_shift, operand0=16)")
    {
        assert_eq!(y[..4], [65_536, 65_536, 131_072, 0xffff_0000]);
    }
    if let Some(y) = run::<u32, u32>(&x, U32, U32, "nisa.iota(dst=t, pattern=[[10, 2], [1, 4]], offset=3)") {
        assert_eq!(y, [3, 4, 5, 6, 13, 14, 15, 16]);
    }
}

#[test]
fn equal_numbers_take_turns() {
    let x = [1.0_f32, 7.0, 7.0, 2.0, 7.0, -1.0, 0.0, 3.0];
    let body = "m = nl.ndarray((1, 8), dtype=nl.float32, buffer=nl.sbuf)
    nisa.max8(dst=m, src=a)
    nisa.nc_find_index8(dst=t, data=a, vals=m)";
    if let Some(y) = run::<f32, u32>(&x, F32, U32, body) {
        assert_eq!(y, [1, 2, 4, 7, 3, 0, 6, 5]);
    }
    let body = "m = nl.ndarray((1, 8), dtype=nl.float32, buffer=nl.sbuf)
    nisa.memset(dst=m, value=2.0)
    nisa.nc_find_index8(dst=t, data=a, vals=m)";
    if let Some(y) = run::<f32, u32>(&x, F32, U32, body) {
        assert_eq!(y[..2], [3, u32::MAX]);
    }
}

#[test]
fn masks() {
    let x = [1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
    let select = "nisa.affine_select(dst=t, pattern=[[1, 8]], channel_multiplier=0, on_true_tile=a, on_false_value=-1.0, cmp_op=nl.less, offset=-3)";
    if let Some(y) = run::<f32, f32>(&x, F32, F32, select) {
        assert_eq!(y, [1.0, 2.0, 3.0, -1.0, -1.0, -1.0, -1.0, -1.0]);
    }
    let range = "nisa.range_select(dst=t, on_true_tile=a, comp_op0=nl.greater_equal, comp_op1=nl.less, bound0=a[:, 1:2], bound1=a[:, 3:4], range_start=1)";
    if let Some(y) = run::<f32, f32>(&x, F32, F32, range) {
        assert_eq!(y, [f32::MIN, 2.0, 3.0, f32::MIN, f32::MIN, f32::MIN, f32::MIN, f32::MIN]);
    }
    let copy = "u = nl.ndarray((1, 8), dtype=nl.uint8, buffer=nl.sbuf)
    nisa.tensor_scalar(dst=u, data=a, op0=nl.greater, operand0=6.0)
    nisa.memset(dst=t, value=0.0)
    nisa.tensor_copy_predicated(dst=t, src=a, predicate=u)";
    if let Some(y) = run::<f32, f32>(&x, F32, F32, copy) {
        assert_eq!(y, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 7.0, 8.0]);
    }
}
