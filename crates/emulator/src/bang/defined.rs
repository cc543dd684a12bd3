//! Which bytes of NRAM and WRAM have a value.
//!
//! Both hold anything when a task starts. A value that is made of an undefined one is undefined; that is no fault until it leaves:
//! into GDRAM, or into scalar code, which could branch on it.

use super::op::{Op, Operand, Span};
use super::spaces::{Place, Spaces};

/// One flag for each byte of each array.
#[derive(Debug, Default)]
pub(super) struct Defined {
    flags: Vec<bool>,
}

impl Defined {
    pub(super) fn new(bytes: usize) -> Defined {
        Defined { flags: vec![false; bytes] }
    }

    /// Flags of a range that lies in array `place`.
    fn range(&self, spaces: &Spaces, place: Place, start: usize, bytes: u64) -> Option<std::ops::Range<usize>> {
        match place {
            Place::Array(index) => {
                let array = &spaces.arrays[index];
                let first = array.first + (start - array.start);
                Some(first..first + bytes as usize)
            }
            // Buffers and constants have values.
            Place::Buffer(_) | Place::Constant | Place::Stack => None,
        }
    }

    /// The first undefined byte of a range.
    pub(super) fn gap(&self, spaces: &Spaces, place: Place, start: usize, bytes: u64) -> Option<usize> {
        let range = self.range(spaces, place, start, bytes)?;
        self.flags[range].iter().position(|flag| !flag).map(|offset| start + offset)
    }

    pub(super) fn set(&mut self, spaces: &Spaces, place: Place, start: usize, bytes: u64, defined: bool) {
        if let Some(range) = self.range(spaces, place, start, bytes) {
            self.flags[range].fill(defined);
        }
    }

    fn set_each(&mut self, spaces: &Spaces, place: Place, start: usize, size: u64, flags: impl Iterator<Item = bool>) {
        for (index, flag) in flags.enumerate() {
            self.set(spaces, place, start + index * size as usize, size, flag);
        }
    }

    /// Flags of a span's bytes, in order.
    fn bytes(&self, spaces: &Spaces, place: Place, span: Span) -> Vec<bool> {
        let mut flags = Vec::new();
        for start in span.segments() {
            match self.range(spaces, place, start, span.bytes) {
                Some(range) => flags.extend_from_slice(&self.flags[range]),
                None => flags.resize(flags.len() + span.bytes as usize, true),
            }
        }
        flags
    }

    /// Flags of the elements of a vector.
    fn elements(&self, spaces: &Spaces, place: Place, start: usize, n: u64, size: u64) -> Vec<bool> {
        let span = Span::line(super::op::Space::Nram, start, n * size);
        self.bytes(spaces, place, span).chunks(size as usize).map(|bytes| bytes.iter().all(|flag| *flag)).collect()
    }

    /// The first undefined byte of a span.
    pub(super) fn gap_of(&self, spaces: &Spaces, place: Place, span: Span) -> Option<usize> {
        span.segments().find_map(|start| self.gap(spaces, place, start, span.bytes))
    }

    /// What an operation does to the flags of its destination. `to` and `from` are the places of its spans.
    pub(super) fn apply(&mut self, spaces: &Spaces, op: &Op, to: Option<Place>, from: &[Place]) {
        let (Some(place), (Some(target), reads)) = (to, op.spans()) else { return };
        let whole = reads.iter().zip(from).all(|(span, place)| self.gap_of(spaces, *place, *span).is_none());
        if whole {
            for start in target.segments() {
                self.set(spaces, place, start, target.bytes, true);
            }
            return;
        }
        let all = |flags: &[bool]| flags.iter().all(|flag| *flag);
        match *op {
            Op::Copy(super::op::Copy { to, from: source, .. }) | Op::Move { to, from: source } => {
                let flags = self.bytes(spaces, from[0], source);
                let mut rest = flags.iter().copied();
                for start in to.segments() {
                    self.set_each(spaces, place, start, 1, rest.by_ref().take(to.bytes as usize));
                }
            }
            Op::Write { .. } | Op::Sum { .. } => {}
            Op::Map { ty, to, a, n, .. } | Op::Scalar { ty, to, a, n, .. } => {
                let flags = self.elements(spaces, from[0], a, n, ty.bytes());
                self.set_each(spaces, place, to, ty.bytes(), flags.into_iter());
            }
            Op::Zip { ty, to, a, b, n, .. } => {
                let (a, b) = (
                    self.elements(spaces, from[0], a, n, ty.bytes()),
                    self.elements(spaces, from[1], b, n, ty.bytes()),
                );
                self.set_each(spaces, place, to, ty.bytes(), a.into_iter().zip(b).map(|(a, b)| a && b));
            }
            Op::Cycle { ty, to, a, seg, n, seg_n, .. } => {
                let a = self.elements(spaces, from[0], a, n, ty.bytes());
                let seg = self.elements(spaces, from[1], seg, seg_n, ty.bytes());
                self.set_each(
                    spaces,
                    place,
                    to,
                    ty.bytes(),
                    a.into_iter().zip(seg.into_iter().cycle()).map(|(a, b)| a && b),
                );
            }
            Op::Fusion { to, a, b, c, n, seg_n, .. } => {
                let mut flags = self.elements(spaces, from[0], a, n, 4);
                let mut places = from[1..].iter();
                for operand in [b, c] {
                    let (Operand::Vector(start), Some(from)) = (operand, places.clone().next()) else { continue };
                    places.next();
                    let seg = self.elements(spaces, *from, start, seg_n, 4);
                    flags.iter_mut().zip(seg.into_iter().cycle()).for_each(|(flag, seg)| *flag &= seg);
                }
                self.set_each(spaces, place, to, 4, flags.into_iter());
            }
            Op::Convert { f, to, from: source, n, .. } => {
                let (wide, narrow) = f.bytes();
                let flags = self.elements(spaces, from[0], source, n, narrow);
                self.set_each(spaces, place, to, wide, flags.into_iter());
            }
            Op::ReduceSum { to, from: source, n } => {
                let flags = self.elements(spaces, from[0], source, n, 4);
                for (index, block) in flags.chunks(32).enumerate() {
                    self.set(spaces, place, to + index * 128, 4, all(block));
                }
            }
            Op::Pool { to, from: source, window: w, .. } => {
                let n = w.height * w.width * w.channels;
                let flags = self.elements(spaces, from[0], source, n, 4);
                let (rows, columns) = w.out();
                let mut result = Vec::new();
                for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
                    for channel in 0..w.channels {
                        let at = |y: u64, x: u64| {
                            ((row * w.stride_height + y) * w.width + column * w.stride_width + x) * w.channels + channel
                        };
                        let mut cells = (0..w.kernel_height).flat_map(|y| (0..w.kernel_width).map(move |x| (y, x)));
                        result.push(cells.all(|(y, x)| flags[at(y, x) as usize]));
                    }
                }
                self.set_each(spaces, place, to, 4, result.into_iter());
            }
            Op::Arg { to, .. } => self.set(spaces, place, to, 12, false),
            Op::Transpose { bytes, to, from: source, height, width } => {
                let flags = self.elements(spaces, from[0], source, height * width, bytes);
                let order = (0..width).flat_map(|x| (0..height).map(move |y| (y * width + x) as usize));
                let flags: Vec<bool> = order.map(|index| flags[index]).collect();
                self.set_each(spaces, place, to, bytes, flags.into_iter());
            }
        }
    }
}
