//! Operations that a core hands to its streams: what they are, and what memory they touch.

use super::code::{Code, Conversion, Direction, Function, Reduction, Type};

/// A stream of a core. Each runs its operations in order; nothing but synchronisation orders two streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    /// Copies from and to GDRAM.
    Io,
    /// Copies between NRAM and WRAM.
    Move,
    /// Vector functions, copies within NRAM.
    Compute,
    /// Loads and stores of scalar code.
    Scalar,
}

impl Stream {
    pub(super) const ALL: [Stream; 4] = [Stream::Io, Stream::Move, Stream::Compute, Stream::Scalar];

    pub(super) fn name(self) -> &'static str {
        match self {
            Stream::Io => "IO",
            Stream::Move => "Move",
            Stream::Compute => "Compute",
            Stream::Scalar => "Scalar",
        }
    }
}

/// A storage space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    Gdram,
    Nram,
    Wram,
}

impl Space {
    pub(super) fn name(self) -> &'static str {
        match self {
            Space::Gdram => "GDRAM",
            Space::Nram => "NRAM",
            Space::Wram => "WRAM",
        }
    }
}

/// Bytes that an operation reads or writes: `counts[1]` times `counts[0]` segments of `bytes` bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) space: Space,
    pub(super) start: usize,
    /// Bytes of a segment.
    pub(super) bytes: u64,
    /// Segments of the inner and the outer level.
    pub(super) counts: [u64; 2],
    /// Bytes from one segment to the next.
    pub(super) strides: [i64; 2],
}

impl Span {
    pub(super) fn line(space: Space, start: usize, bytes: u64) -> Span {
        Span { space, start, bytes, counts: [1, 1], strides: [0, 0] }
    }

    /// Addresses of the segments, in order.
    pub(super) fn segments(self) -> impl Iterator<Item = usize> {
        let [inner, outer] = self.counts;
        (0..outer as i64).flat_map(move |j| {
            (0..inner as i64)
                .map(move |i| self.start.wrapping_add_signed((i * self.strides[0] + j * self.strides[1]) as isize))
        })
    }

    /// The same bytes in one segment, if they are one range in order.
    pub(super) fn flat(self) -> Span {
        let [inner, outer] = self.counts;
        let row = self.bytes.saturating_mul(inner);
        let dense =
            (inner == 1 || self.strides[0] == self.bytes as i64) && (outer == 1 || self.strides[1] == row as i64);
        if dense { Span::line(self.space, self.start, row.saturating_mul(outer)) } else { self }
    }

    /// Lowest address and the one behind the highest.
    pub(super) fn bounds(self) -> (i128, i128) {
        let (mut low, mut high) = (self.start as i128, self.start as i128 + i128::from(self.bytes));
        for level in 0..2 {
            let reach = i128::from(self.counts[level].saturating_sub(1)) * i128::from(self.strides[level]);
            low += reach.min(0);
            high += reach.max(0);
        }
        (low, high)
    }

    /// Whether the bounds of two spans meet.
    pub(super) fn meets(self, other: Span) -> bool {
        let ((low, high), (other_low, other_high)) = (self.bounds(), other.bounds());
        low < other_high && other_low < high
    }
}

/// A copy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Copy {
    pub(super) direction: Direction,
    /// Whether the core goes on before it has arrived.
    pub(super) asynchronous: bool,
    pub(super) to: Span,
    pub(super) from: Span,
}

/// Second and third operand of a fusion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Operand {
    Vector(usize),
    Scalar(f32),
}

/// A sliding window over a [height, width, channel] tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Window {
    pub(super) channels: u64,
    pub(super) height: u64,
    pub(super) width: u64,
    pub(super) kernel_height: u64,
    pub(super) kernel_width: u64,
    pub(super) stride_width: u64,
    pub(super) stride_height: u64,
}

impl Window {
    /// Rows and columns of the result: whole windows only.
    pub(super) fn out(self) -> (u64, u64) {
        let steps = |size: u64, kernel: u64, stride: u64| match size.checked_sub(kernel) {
            Some(rest) => rest / stride.max(1) + 1,
            None => 0,
        };
        (
            steps(self.height, self.kernel_height, self.stride_height),
            steps(self.width, self.kernel_width, self.stride_width),
        )
    }
}

/// An operation. Addresses are this machine's; counts are elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Op {
    Copy(Copy),
    Move {
        to: Span,
        from: Span,
    },
    /// Of elements of `size` bytes; a segment is `to.bytes`.
    Write {
        size: u64,
        to: Span,
        bits: u32,
    },
    Map {
        f: Function,
        ty: Type,
        to: usize,
        a: usize,
        n: u64,
    },
    Zip {
        f: Function,
        ty: Type,
        to: usize,
        a: usize,
        b: usize,
        n: u64,
    },
    Scalar {
        f: Function,
        ty: Type,
        to: usize,
        a: usize,
        value: u32,
        n: u64,
    },
    Cycle {
        f: Function,
        ty: Type,
        to: usize,
        a: usize,
        seg: usize,
        n: u64,
        seg_n: u64,
    },
    Fusion {
        first: Function,
        second: Function,
        to: usize,
        a: usize,
        b: Operand,
        c: Operand,
        n: u64,
        seg_n: u64,
    },
    Convert {
        f: Conversion,
        to: usize,
        from: usize,
        n: u64,
        fix: i64,
    },
    ReduceSum {
        to: usize,
        from: usize,
        n: u64,
    },
    Pool {
        f: Reduction,
        to: usize,
        from: usize,
        window: Window,
    },
    Arg {
        f: Reduction,
        to: usize,
        from: usize,
        n: u64,
    },
    Transpose {
        bytes: u64,
        to: usize,
        from: usize,
        height: u64,
        width: u64,
    },
    Sum {
        from: usize,
        n: u64,
    },
}

/// A call: streams wait, or an operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Call {
    /// Bits of producers and consumers, in the order of [`Stream::ALL`].
    Sync(u64, u64),
    Op(Op),
}

/// First and second function of a fusion, by the number in `mluFusionOpCode`.
fn fusion(number: u64) -> Option<(Function, Function)> {
    use Function::{Add, Mul, Sub};
    [(Mul, Add), (Mul, Sub), (Add, Mul), (Sub, Mul), (Add, Add), (Add, Sub), (Sub, Add), (Sub, Sub)]
        .get(usize::try_from(number).ok()?)
        .copied()
}

impl Call {
    /// Reads a call's words; `None` if they are not those the headers write.
    pub(super) fn read(code: Code, w: &[u64]) -> Option<Call> {
        let at = |index: usize| w[index] as usize;
        let op = match code {
            Code::Sync => return Some(Call::Sync(w[0], w[1])),
            Code::Copy1 => Op::Copy(copy(w, [1, 1, 0, 0], [1, 1, 0, 0])?),
            Code::Copy2 => Op::Copy(copy(w, [w[7] + 1, 1, w[5], 0], [w[7] + 1, 1, w[6], 0])?),
            Code::Copy3 => {
                let levels = |w: &[u64]| [w[1] + 1, w[3] + 1, w[0], w[2]];
                Op::Copy(copy(w, levels(&w[5..9]), levels(&w[9..13]))?)
            }
            Code::Move => {
                let levels = |start, stride: u64| Span {
                    space: Space::Nram,
                    start,
                    bytes: w[2],
                    counts: [w[5] + 1, 1],
                    strides: [stride as i64, 0],
                };
                Op::Move { to: levels(at(0), w[3]), from: levels(at(1), w[4]) }
            }
            Code::Write => {
                let (counts, strides) = ([w[5] + 1, w[7] + 1], [w[4] as i64, w[6] as i64]);
                let to = Span { space: Space::Nram, start: at(1), bytes: w[0] * w[2], counts, strides };
                Op::Write { size: w[0], to, bits: w[3] as u32 }
            }
            Code::Map => Op::Map { f: Function::of(w[0])?, ty: Type::of(w[1])?, to: at(2), a: at(3), n: w[4] },
            Code::Zip => {
                Op::Zip { f: Function::of(w[0])?, ty: Type::of(w[1])?, to: at(2), a: at(3), b: at(4), n: w[5] }
            }
            Code::Scalar => {
                let (f, ty) = (Function::of(w[0])?, Type::of(w[1])?);
                Op::Scalar { f, ty, to: at(2), a: at(3), value: w[4] as u32, n: w[5] }
            }
            Code::Cycle => {
                let (f, ty) = (Function::of(w[0])?, Type::of(w[1])?);
                Op::Cycle { f, ty, to: at(2), a: at(3), seg: at(4), n: w[5], seg_n: w[6] }
            }
            Code::Fusion => {
                let (first, second) = fusion(w[0])?;
                let operand = |bit: u64, word: u64| match w[1] & bit {
                    0 => Operand::Vector(word as usize),
                    _ => Operand::Scalar(f32::from_bits(word as u32)),
                };
                let (b, c) = (operand(1, w[4]), operand(2, w[5]));
                Op::Fusion { first, second, to: at(2), a: at(3), b, c, n: w[6], seg_n: w[7] }
            }
            Code::Convert => {
                Op::Convert { f: Conversion::of(w[0])?, to: at(1), from: at(2), n: w[3], fix: w[4] as i64 }
            }
            Code::ReduceSum => Op::ReduceSum { to: at(0), from: at(1), n: w[2] },
            Code::Pool => {
                let window = Window {
                    channels: w[3],
                    height: w[4],
                    width: w[5],
                    kernel_height: w[6],
                    kernel_width: w[7],
                    stride_width: w[8],
                    stride_height: w[9],
                };
                Op::Pool { f: Reduction::of(w[0])?, to: at(1), from: at(2), window }
            }
            Code::Arg => Op::Arg { f: Reduction::of(w[0])?, to: at(1), from: at(2), n: w[3] },
            Code::Transpose => Op::Transpose { bytes: w[0], to: at(1), from: at(2), height: w[3], width: w[4] },
            Code::Sum => Op::Sum { from: at(0), n: w[1] },
        };
        Some(Call::Op(op))
    }
}

impl Direction {
    /// Spaces of the destination and of the source.
    pub(super) fn spaces(self) -> (Space, Space) {
        match self {
            Direction::GdramToNram => (Space::Nram, Space::Gdram),
            Direction::NramToGdram => (Space::Gdram, Space::Nram),
            Direction::NramToNram => (Space::Nram, Space::Nram),
            Direction::GdramToWram => (Space::Wram, Space::Gdram),
            Direction::WramToGdram => (Space::Gdram, Space::Wram),
            Direction::NramToWram => (Space::Wram, Space::Nram),
            Direction::WramToNram => (Space::Nram, Space::Wram),
            Direction::GdramToGdram => (Space::Gdram, Space::Gdram),
        }
    }
}

/// A copy of two spans, each with its counts and then its strides.
fn copy(w: &[u64], to: [u64; 4], from: [u64; 4]) -> Option<Copy> {
    let direction = Direction::of(w[0])?;
    let (to_space, from_space) = direction.spaces();
    let span = |space, start: u64, [inner, outer, stride, row]: [u64; 4]| Span {
        space,
        start: start as usize,
        bytes: w[4],
        counts: [inner, outer],
        strides: [stride as i64, row as i64],
    };
    let (to, from) = (span(to_space, w[2], to), span(from_space, w[3], from));
    Some(Copy { direction, asynchronous: w[1] != 0, to, from })
}

/// A product that does not overflow: what is too large is in no memory.
fn area(sizes: &[u64]) -> u64 {
    sizes.iter().fold(1, |area, size| area.saturating_mul(*size))
}

impl Op {
    /// The stream that runs it.
    pub(super) fn stream(&self) -> Stream {
        match self {
            Op::Copy(copy) => match copy.direction.spaces() {
                (Space::Gdram, _) | (_, Space::Gdram) => Stream::Io,
                (Space::Nram, Space::Nram) => Stream::Compute,
                (Space::Nram | Space::Wram, Space::Nram | Space::Wram) => Stream::Move,
            },
            Op::Move { .. }
            | Op::Write { .. }
            | Op::Map { .. }
            | Op::Zip { .. }
            | Op::Scalar { .. }
            | Op::Cycle { .. }
            | Op::Fusion { .. }
            | Op::Convert { .. }
            | Op::ReduceSum { .. }
            | Op::Pool { .. }
            | Op::Arg { .. }
            | Op::Transpose { .. }
            | Op::Sum { .. } => Stream::Compute,
        }
    }

    /// What it writes, if anything, and what it reads.
    pub(super) fn spans(&self) -> (Option<Span>, Vec<Span>) {
        let nram = |start: usize, bytes: u64| Span::line(Space::Nram, start, bytes);
        match *self {
            Op::Copy(Copy { to, from, .. }) | Op::Move { to, from } => (Some(to.flat()), vec![from.flat()]),
            Op::Write { to, .. } => (Some(to.flat()), vec![]),
            Op::Map { ty, to, a, n, .. } | Op::Scalar { ty, to, a, n, .. } => {
                (Some(nram(to, n * ty.bytes())), vec![nram(a, n * ty.bytes())])
            }
            Op::Zip { ty, to, a, b, n, .. } => {
                let bytes = n * ty.bytes();
                (Some(nram(to, bytes)), vec![nram(a, bytes), nram(b, bytes)])
            }
            Op::Cycle { ty, to, a, seg, n, seg_n, .. } => {
                let bytes = n * ty.bytes();
                (Some(nram(to, bytes)), vec![nram(a, bytes), nram(seg, seg_n * ty.bytes())])
            }
            Op::Fusion { to, a, b, c, n, seg_n, .. } => {
                let mut reads = vec![nram(a, n * 4)];
                for operand in [b, c] {
                    match operand {
                        Operand::Vector(start) => reads.push(nram(start, seg_n * 4)),
                        Operand::Scalar(_) => {}
                    }
                }
                (Some(nram(to, n * 4)), reads)
            }
            Op::Convert { f, to, from, n, .. } => {
                let (wide, narrow) = f.bytes();
                (Some(nram(to, n * wide)), vec![nram(from, n * narrow)])
            }
            Op::ReduceSum { to, from, n } => {
                // Of the destination only the first element of each block.
                let to =
                    Span { space: Space::Nram, start: to, bytes: 4, counts: [n / 32, 1], strides: [128, 0] }.flat();
                (Some(to), vec![nram(from, n * 4)])
            }
            Op::Pool { to, from, window, .. } => {
                let (rows, columns) = window.out();
                let read = area(&[window.height, window.width, window.channels, 4]);
                (Some(nram(to, area(&[rows, columns, window.channels, 4]))), vec![nram(from, read)])
            }
            Op::Arg { to, from, n, .. } => (Some(nram(to, 12)), vec![nram(from, n * 4)]),
            Op::Transpose { bytes, to, from, height, width } => {
                let bytes = area(&[height, width, bytes]);
                (Some(nram(to, bytes)), vec![nram(from, bytes)])
            }
            Op::Sum { from, n } => (None, vec![nram(from, n * 4)]),
        }
    }
}
