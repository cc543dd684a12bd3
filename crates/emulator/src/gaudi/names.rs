//! Names of intrinsics, with all their arguments.
//!
//! The tail of most is `(switches = 0, income = {}, predicate = 1, polarity = 0)`; `mac` has no income, as its sum is it, and stores have
//! none either. Switches, masks and numbers of groups are immediates (source: tpc_llvm, tpc-intrinsics.h and SemaRC99.cpp).

use super::calls::{
    Arith, Call, Compare, Param, SW_D, SW_DEC, SW_DIV_MODE_MOD, SW_LINEAR, SW_ROUND, SW_RZ, SW_VPU, Signature, Special,
};
use super::ty::{Element, Ty};

/// Constants of the language (source: tpc_llvm, tpc-defs.h).
pub(super) fn constant(name: &str) -> Option<i64> {
    let groups = ["LOWER_GROUP0", "UPPER_GROUP0", "LOWER_GROUP1", "UPPER_GROUP1"];
    let more = ["LOWER_GROUP2", "UPPER_GROUP2", "LOWER_GROUP3", "UPPER_GROUP3"];
    let enables = ["GROUP0_EN", "GROUP1_EN", "DUAL_GROUP0_EN", "DUAL_GROUP1_EN", "DUAL_GROUP2_EN", "DUAL_GROUP3_EN"];
    let name = name.strip_prefix("SW_")?;
    if let Some(group) = name.strip_prefix("WR_") {
        if let Some(bit) = groups.into_iter().chain(more).position(|known| known == group) {
            return Some(1 << (16 + bit));
        }
        return [("LOWER_GROUP", 12), ("UPPER_GROUP", 13)]
            .iter()
            .find(|known| known.0 == group)
            .map(|known| 1 << known.1);
    }
    if let Some(bit) = enables.iter().position(|known| *known == name) {
        return Some(1 << bit);
    }
    match name {
        "RHNE" => Some(0),
        "RZ" => Some(SW_RZ),
        "RU" => Some(2 << 16),
        "RD" => Some(SW_ROUND),
        "INC" | "SPU" | "DIV_MODE_DIV" => Some(0),
        "DEC" => Some(SW_DEC),
        "VPU" => Some(SW_VPU),
        "D" => Some(SW_D),
        "DIV_MODE_MOD" => Some(SW_DIV_MODE_MOD),
        "LINEAR" => Some(SW_LINEAR),
        _ => None,
    }
}

fn compare(word: &str) -> Option<Compare> {
    Some(match word {
        "grt" => Compare::Greater,
        "geq" => Compare::GreaterEqual,
        "less" => Compare::Less,
        "leq" => Compare::LessEqual,
        "eq" => Compare::Equal,
        "neq" => Compare::NotEqual,
        _ => return None,
    })
}

fn special(name: &str) -> Option<Special> {
    Some(match name {
        "v_exp_f32" => Special::Exp,
        "v_exp_cephes_f32" => Special::ExpCephes,
        "v_reciprocal_f32" => Special::Reciprocal,
        "v_sqrt_f32" => Special::Sqrt,
        "v_rsqrt_f32" => Special::Rsqrt,
        "v_log_f32" => Special::Log,
        "v_sin_f32" => Special::Sin,
        "v_cos_f32" => Special::Cos,
        "v_tanh_f32" => Special::Tanh,
        "v_sigmoid_f32" => Special::Sigmoid,
        _ => return None,
    })
}

/// `required`, then `switches`, `income` of the result's type, predicate and polarity.
fn full(call: Call, result: Ty, required: &[Param], switches: i64) -> Signature {
    let mut params = required.to_vec();
    params.extend([Param::Switches(switches), Param::Of(result), Param::Predicate, Param::Polarity]);
    Signature { call, params, required: required.len(), result }
}

/// As [`full`], without an income.
fn bare(call: Call, result: Ty, required: &[Param], switches: i64) -> Signature {
    let mut params = required.to_vec();
    params.extend([Param::Switches(switches), Param::Predicate, Param::Polarity]);
    Signature { call, params, required: required.len(), result }
}

/// Only these arguments.
fn plain(call: Call, result: Ty, params: &[Param]) -> Signature {
    Signature { call, params: params.to_vec(), required: params.len(), result }
}

/// Without a result, of switches only.
fn bare_void(call: Call, switches: i64) -> Signature {
    Signature { call, params: vec![Param::Switches(switches)], required: 0, result: Ty::Void }
}

/// The function of a name.
pub(super) fn signature(name: &str) -> Option<Signature> {
    use Param::Of;
    let (index, tensor) = (Of(Ty::Index), Of(Ty::Tensor));
    let (f32s, bf16s) = (Of(Ty::Vector(Element::F32)), Of(Ty::Vector(Element::Bf16)));
    let (f16s, i8s) = (Of(Ty::Vector(Element::F16)), Of(Ty::Vector(Element::I8)));
    if let Some(function) = special(name) {
        return Some(plain(Call::Special(function), Ty::Vector(Element::F32), &[f32s]));
    }
    let fixed = match name {
        "get_index_space_offset" => plain(Call::IndexOffset, Ty::Index, &[]),
        "get_index_space_size" => plain(Call::IndexSize, Ty::Index, &[]),
        "get_dim_size" => plain(Call::DimSize, Ty::Uint, &[tensor, Param::Small(4)]),
        "gen_addr" => plain(Call::Address, Ty::Address, &[index, tensor]),
        "read_lane_id_4b_b" => plain(Call::Lanes, Ty::Vector(Element::U32), &[]),
        "convert_bfloat128_to_float128" => {
            plain(Call::Widen(Element::Bf16), Ty::Pair, &[bf16s, Param::Switches(SW_LINEAR)])
        }
        "convert_half128_to_float128" => {
            plain(Call::Widen(Element::F16), Ty::Pair, &[f16s, Param::Switches(SW_LINEAR)])
        }
        "convert_char256_to_int256" => plain(Call::Widen(Element::I8), Ty::Quad, &[i8s, Param::Switches(SW_LINEAR)]),
        "convert_float128_to_bfloat128" => {
            let switches = Param::Switches(SW_LINEAR | SW_RZ);
            plain(Call::Narrow(Element::Bf16), Ty::Vector(Element::Bf16), &[Of(Ty::Pair), switches])
        }
        "convert_float128_to_half128" => {
            plain(Call::Narrow(Element::F16), Ty::Vector(Element::F16), &[Of(Ty::Pair), Param::Switches(SW_LINEAR)])
        }
        "convert_int256_to_char256" => {
            plain(Call::Narrow(Element::I8), Ty::Vector(Element::I8), &[Of(Ty::Quad), Param::Switches(SW_LINEAR)])
        }
        "convert_float64_to_int64" => plain(Call::ToInt, Ty::Vector(Element::I32), &[f32s, Param::Switches(SW_RZ)]),
        "s_convert_bf16_to_f32" => plain(Call::ScalarWiden(Element::Bf16), Ty::Float, &[Of(Ty::Bf16)]),
        "s_convert_f16_to_f32" => plain(Call::ScalarWiden(Element::F16), Ty::Float, &[Of(Ty::Half)]),
        "u32_udiv" => {
            let uint = Of(Ty::Uint);
            plain(Call::Divide, Ty::Uint, &[uint, uint, Param::Switches(SW_DIV_MODE_MOD), uint])
        }
        // Macros of tpc-defs.h.
        "as_float" => plain(Call::Bits, Ty::Float, &[Param::AnyScalar]),
        "as_int" => plain(Call::Bits, Ty::Int, &[Param::AnyScalar]),
        "as_uint" => plain(Call::Bits, Ty::Uint, &[Param::AnyScalar]),
        "as_float64" => plain(Call::Bits, Ty::Vector(Element::F32), &[Param::AnyVector]),
        "as_int64" => plain(Call::Bits, Ty::Vector(Element::I32), &[Param::AnyVector]),
        "as_uint64" => plain(Call::Bits, Ty::Vector(Element::U32), &[Param::AnyVector]),
        "as_char256" => plain(Call::Bits, Ty::Vector(Element::I8), &[Param::AnyVector]),
        "as_uchar256" => plain(Call::Bits, Ty::Bytes, &[Param::AnyVector]),
        "aso" => bare_void(Call::Semaphore, SW_DEC | SW_VPU),
        "cache_invalidate" => bare_void(Call::Invalidate, SW_D),
        "cache_flush" => bare_void(Call::Flush, 0),
        "v_bf16_mac_acc32_b" => bare(Call::MacWide, Ty::Pair, &[bf16s, bf16s, Of(Ty::Pair)], 0),
        "v_bf16_mul_acc32_b" => full(Call::MulWide, Ty::Pair, &[bf16s, bf16s], 0),
        "v_convert_f32_to_i32_b" => full(Call::ToInt, Ty::Vector(Element::I32), &[f32s], SW_RZ),
        "v_f32_reduce_argmax" => plain(Call::ArgMax, Ty::IndexValue, &[f32s]),
        _ => return typed(name),
    };
    Some(fixed)
}

/// Functions with an element type in their name.
fn typed(name: &str) -> Option<Signature> {
    use Param::Of;
    let mut words = name.split('_');
    let (kind, element) = (words.next()?, words.next()?);
    let rest: Vec<&str> = words.collect();
    if kind == "s" {
        let element = Element::of(element)?;
        let scalar = element.scalar();
        let words = matches!(element, Element::I32 | Element::U32);
        return match rest[..] {
            ["ld", "g"] => Some(plain(Call::LoadScalar(element), scalar, &[Of(Ty::Address)])),
            ["min"] if words => Some(plain(Call::Extreme(element, false), scalar, &[Of(scalar), Of(scalar)])),
            ["max"] if words => Some(plain(Call::Extreme(element, true), scalar, &[Of(scalar), Of(scalar)])),
            _ => None,
        };
    }
    if kind != "v" {
        return None;
    }
    if element == "convert" {
        let from = Element::of(rest.first()?).filter(|from| matches!(from, Element::I32 | Element::U32))?;
        let whole = rest[1..] == ["to", "f32", "b"];
        return whole.then(|| full(Call::ToFloat(from), Ty::Vector(Element::F32), &[Of(Ty::Vector(from))], 0));
    }
    let element = Element::of(element)?;
    let ty = Ty::Vector(element);
    let v = Of(ty);
    let (index, tensor) = (Of(Ty::Index), Of(Ty::Tensor));
    // One less than the number of elements; where the others lie with an offset is not known here, so that it is 0.
    let part = [Of(Ty::Int), Param::Small(0)];
    let number = matches!(element, Element::F32 | Element::I32 | Element::U32);
    let computed = number || element == Element::Bf16;
    let arith = |arith: Arith| full(Call::Arith(element, arith), ty, &[v, v], 0);
    let float = matches!(element, Element::F32 | Element::Bf16);
    Some(match rest[..] {
        ["ld", "tnsr", "b"] => full(Call::Load(element, false), ty, &[index, tensor], 0),
        ["ld", "tnsr", "partial", "b"] => full(Call::Load(element, true), ty, &[index, tensor, part[0], part[1]], 0),
        ["st", "tnsr"] => bare(Call::Store(element, false), Ty::Void, &[index, tensor, v], 0),
        ["st", "tnsr", "partial"] => {
            bare(Call::Store(element, true), Ty::Void, &[index, tensor, v, part[0], part[1]], 0)
        }
        ["ld", "g"] if computed => plain(Call::LoadBroadcast(element), ty, &[Of(Ty::Address)]),
        _ if !computed => return None,
        ["add", "b"] => arith(Arith::Add),
        ["sub", "b"] => arith(Arith::Sub),
        ["mul", "b"] if float => arith(Arith::Mul),
        ["max", "b"] => arith(Arith::Max),
        ["min", "b"] => arith(Arith::Min),
        ["and", "b"] if !float => arith(Arith::And),
        ["or", "b"] if !float => arith(Arith::Or),
        ["shl", "b"] if !float => arith(Arith::Shl),
        ["shr", "b"] if !float => arith(Arith::Shr),
        ["abs", "b"] if element == Element::F32 => full(Call::Abs(element), ty, &[v], 0),
        ["nearbyint", "b"] if element == Element::F32 => full(Call::Nearby, ty, &[v], SW_ROUND),
        ["mac", "b"] if float => bare(Call::Mac(element), ty, &[v, v, v], 0),
        ["sel", by, of, "b"] if number => {
            let of = Element::of(of).filter(|of| matches!(of, Element::F32 | Element::I32 | Element::U32))?;
            let compared = Of(Ty::Vector(of));
            full(Call::Select(of, compare(by)?), ty, &[compared, compared, v, v], 0)
        }
        ["cmp", by, "b"] if number => full(Call::Compare(element, compare(by)?), Ty::Mask, &[v, v], 0),
        ["mov", "b"] => full(Call::Move(element), ty, &[v], 0),
        ["mov", "vb"] if number => {
            plain(Call::MoveMask(element), ty, &[v, Param::Switches(0), v, Of(Ty::Mask), Param::Polarity])
        }
        ["mov", "dual", "group", "all", "b"] => {
            let group = Param::Small(3);
            groups(Call::DualGroups(element), ty, &[v, Param::Ones, group, group, group, group], 0xff << 16)
        }
        ["mov", "dual", "group", "b"] => {
            groups(Call::DualGroup(element), ty, &[v, Param::Ones, Param::Small(3), Param::Small(3)], 3 << 12)
        }
        ["mov", "group", "b"] => groups(Call::Groups(element), ty, &[v, Param::Ones], 63),
        ["shuffle", "b"] if number => groups(Call::Shuffle(element), ty, &[v, Of(Ty::Bytes)], 0),
        ["reduce", "add"] if element == Element::F32 => plain(Call::Reduce(Arith::Add), ty, &[v]),
        ["reduce", "mul"] if element == Element::F32 => plain(Call::Reduce(Arith::Mul), ty, &[v]),
        ["reduce", "max"] if element == Element::F32 => plain(Call::Reduce(Arith::Max), ty, &[v]),
        ["reduce", "min"] if element == Element::F32 => plain(Call::Reduce(Arith::Min), ty, &[v]),
        _ => return None,
    })
}

/// Moves of lanes: switches and income have no defaults, as lanes that nothing moves keep the income's.
fn groups(call: Call, ty: Ty, first: &[Param], switches: i64) -> Signature {
    let mut signature = full(call, ty, first, switches);
    signature.required += 2;
    signature
}
