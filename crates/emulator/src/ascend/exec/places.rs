//! Elements elsewhere.

use crate::FaultKind;
use crate::ascend::op::Lanes;
use crate::ascend::rules::BLOCK;
use crate::ascend::{Refused, limit};

/// Each element of `size` bytes as a block.
pub(super) fn spread(bytes: &[u8], size: usize) -> Vec<u8> {
    bytes.chunks(size).flat_map(|element| element.repeat(BLOCK / size)).collect()
}

/// The elements at the offsets of the first operand, counted from the start of the second: in bytes where `unit` is 1, in elements
/// where it is their size. With unit 0 whole blocks are taken.
pub(super) fn gather(ub: &[u8], from: &[Lanes], to: &Lanes, base: u64, unit: usize) -> Result<Vec<u8>, Refused> {
    let [offsets, source] = from else { return Err(limit("a gather without its operands")) };
    let Some(source) = source.runs.first() else { return Err(limit("a gather from nothing")) };
    let size = if unit == 0 { BLOCK } else { to.ty.size() };
    let mut bytes = Vec::new();
    for word in super::gather(ub, &offsets.runs).chunks_exact(4) {
        let offset = u64::from(u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
        let offset = (base + offset * unit.max(1) as u64) as usize;
        if !offset.is_multiple_of(size) {
            let message = format!("a gather from byte {offset} of its operand, which is no multiple of {size}");
            return Err(Refused::new(FaultKind::Misaligned, message));
        }
        if offset + size > source.len {
            let message = format!("a gather of {size} bytes from byte {offset} of an operand of {}", source.len);
            return Err(Refused::new(FaultKind::ReadOutOfBounds, message));
        }
        bytes.extend_from_slice(&ub[source.at + offset..][..size]);
    }
    Ok(bytes)
}

/// Rows as columns.
pub(super) fn transpose(bytes: &[u8], size: usize, rows: usize, cols: usize) -> Vec<u8> {
    let place = |index: usize| index % rows * cols + index / rows;
    (0..rows * cols).flat_map(|index| &bytes[place(index) * size..][..size]).copied().collect()
}
