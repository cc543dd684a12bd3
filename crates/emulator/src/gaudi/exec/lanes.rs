//! Moves and sums over lanes. A vector is 4 dual groups of 64 bytes, each of 2 groups of 8 words. Elements of 16 bits move in pairs, as
//! nothing moves less than 32 bytes but shuffles, which are of words.

use super::{Lanes, vectors};
use crate::gaudi::calls::Arith;
use crate::gaudi::ty::Element;

/// Words of a group.
const GROUP: usize = 8;

/// Each dual group takes the dual group that `sources` names, where switches let its groups be written; `out` has the income.
pub(super) fn dual_groups(a: &Lanes, sources: [usize; 4], switches: i64, out: &mut Lanes) {
    for number in 0..8 {
        if switches >> (16 + number) & 1 == 1 {
            let from = (sources[number / 2] * 2 + number % 2) * GROUP;
            out.0[number * GROUP..][..GROUP].copy_from_slice(&a.0[from..][..GROUP]);
        }
    }
}

/// Dual group `to` takes dual group `from`.
pub(super) fn dual_group(a: &Lanes, from: usize, to: usize, switches: i64, out: &mut Lanes) {
    for half in 0..2 {
        if switches >> (12 + half) & 1 == 1 {
            let (from, to) = ((from * 2 + half) * GROUP, (to * 2 + half) * GROUP);
            out.0[to..][..GROUP].copy_from_slice(&a.0[from..][..GROUP]);
        }
    }
}

/// Groups take the other one of their dual group.
pub(super) fn groups(a: &Lanes, switches: i64, out: &mut Lanes) {
    for number in 0..8 {
        if switches >> (number % 2) & 1 == 1 && switches >> (2 + number / 2) & 1 == 1 {
            out.0[number * GROUP..][..GROUP].copy_from_slice(&a.0[(number ^ 1) * GROUP..][..GROUP]);
        }
    }
}

/// Each lane takes one of its dual group: bits 0 to 2 of its byte of the map are the lane in a group, bit 5 the group, bit 7 whether it
/// is written. Which of a lane's four bytes counts is not documented, so that they are equal; what is wrong is said.
pub(super) fn shuffle(a: &Lanes, map: &Lanes, out: &mut Lanes) -> Result<(), String> {
    for lane in 0..64 {
        let bytes = map.0[lane].to_le_bytes();
        if bytes.iter().any(|byte| *byte != bytes[0]) {
            return Err(format!("the four bytes of lane {lane} of the map differ"));
        }
        let byte = usize::from(bytes[0]);
        if byte & !0xa7 != 0 {
            return Err(format!("the map has {byte:#04x} for lane {lane}"));
        }
        if byte & 0x80 != 0 {
            out.0[lane] = a.0[lane / 16 * 16 + (byte >> 5 & 1) * GROUP + (byte & 7)];
        }
    }
    Ok(())
}

/// The sum or the like of all lanes in every lane: dual groups, then groups, then lanes (source: tpc_llvm,
/// tpc-reduction_functions_core.h).
pub(super) fn reduce(op: Arith, a: &Lanes, out: &mut Lanes) -> bool {
    *out = *a;
    for distance in [16, 32, 8, 1, 2, 4] {
        let sum = *out;
        let other = Lanes(std::array::from_fn(|at| sum.0[at ^ distance]));
        if !vectors::arith(Element::F32, op, &sum, &other, out) {
            return false;
        }
    }
    true
}

/// Lane and value of the largest in every lane; `None` if several lanes have it, as which of them it is depends on how they are compared.
pub(super) fn argmax(a: &Lanes) -> Option<(u32, f32)> {
    let lanes = a.floats();
    let largest = lanes.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut places = lanes.iter().enumerate().filter(|(_, lane)| **lane == largest).map(|(at, _)| at);
    let (Some(at), None) = (places.next(), places.next()) else { return None };
    Some((at as u32, largest))
}
