//! Moves and sums over lanes. A vector is 4 dual groups of 64 bytes, each of 2 groups.

use super::vector;
use crate::gaudi::calls::Arith;
use crate::gaudi::value::Value;

/// Lanes of `a` by number, or those of `income` where there is none.
fn gather(a: &Value, income: &Value, from: impl Fn(usize) -> Option<usize>) -> Option<Value> {
    fn lanes<T: Copy, const N: usize>(
        a: &[T; N],
        income: &[T; N],
        from: impl Fn(usize) -> Option<usize>,
    ) -> Box<[T; N]> {
        Box::new(std::array::from_fn(|at| from(at).map_or(income[at], |from| a[from])))
    }
    Some(match (a, income) {
        (Value::F32(a), Value::F32(income)) => Value::F32(lanes(a, income, from)),
        (Value::I32(a), Value::I32(income)) => Value::I32(lanes(a, income, from)),
        (Value::U32(a), Value::U32(income)) => Value::U32(lanes(a, income, from)),
        (Value::Half(a), Value::Half(income)) => Value::Half(lanes(a, income, from)),
        _ => return None,
    })
}

/// Lanes of a group of 32 bytes.
fn group(a: &Value) -> usize {
    if matches!(a, Value::Half(_)) { 16 } else { 8 }
}

/// Each dual group takes the dual group that `sources` names, where switches let its groups be written.
pub(super) fn dual_groups(a: &Value, sources: [usize; 4], switches: i64, income: &Value) -> Option<Value> {
    let group = group(a);
    gather(a, income, |at| {
        let number = at / group;
        let written = switches >> (16 + number) & 1 == 1;
        written.then(|| (sources[number / 2] * 2 + number % 2) * group + at % group)
    })
}

/// Dual group `to` takes dual group `from`.
pub(super) fn dual_group(a: &Value, from: usize, to: usize, switches: i64, income: &Value) -> Option<Value> {
    let group = group(a);
    gather(a, income, |at| {
        let number = at / group;
        let written = number / 2 == to && switches >> (12 + number % 2) & 1 == 1;
        written.then(|| (from * 2 + number % 2) * group + at % group)
    })
}

/// Groups take the other one of their dual group.
pub(super) fn groups(a: &Value, switches: i64, income: &Value) -> Option<Value> {
    let group = group(a);
    gather(a, income, |at| {
        let number = at / group;
        let written = switches >> (number % 2) & 1 == 1 && switches >> (2 + number / 2) & 1 == 1;
        written.then_some((number ^ 1) * group + at % group)
    })
}

/// Each lane takes one of its dual group: bits 0 to 2 of its byte of the map are the lane in a group, bit 5 the group, bit 7 whether it
/// is written. Which of a lane's four bytes counts is not documented, so that they are equal; what is wrong is said.
pub(super) fn shuffle(a: &Value, map: &[u8; 256], income: &Value) -> Result<Option<Value>, String> {
    for (lane, bytes) in map.chunks(4).enumerate() {
        if bytes.iter().any(|byte| *byte != bytes[0]) {
            return Err(format!("the four bytes of lane {lane} of the map differ"));
        }
        if bytes[0] & !0xa7 != 0 {
            return Err(format!("the map has {:#04x} for lane {lane}", bytes[0]));
        }
    }
    Ok(gather(a, income, |at| {
        let byte = usize::from(map[4 * at]);
        (byte & 0x80 != 0).then(|| at / 16 * 16 + (byte >> 5 & 1) * 8 + (byte & 7))
    }))
}

/// The sum or the like of all lanes in every lane: dual groups, then groups, then lanes (source: tpc_llvm,
/// tpc-reduction_functions_core.h).
pub(super) fn reduce(op: Arith, a: &Value) -> Option<Value> {
    let mut sum = a.clone();
    for distance in [16, 32, 8, 1, 2, 4] {
        let other = gather(&sum, &sum, |at| Some(at ^ distance))?;
        sum = vector::arith(op, &sum, &other)?;
    }
    Some(sum)
}

/// Lane and value of the largest in every lane; `None` if several lanes have it, as which of them it is depends on how they are compared.
pub(super) fn argmax(a: &Value) -> Option<Value> {
    let Value::F32(lanes) = a else { return None };
    let largest = lanes.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut places = lanes.iter().enumerate().filter(|(_, lane)| **lane == largest).map(|(at, _)| at);
    let (Some(at), None) = (places.next(), places.next()) else { return None };
    Some(Value::Pair(Box::new([Value::U32(Box::new([at as u32; 64])), Value::F32(Box::new([largest; 64]))])))
}
