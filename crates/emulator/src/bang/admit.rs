//! Documented limits of an operation's arguments and of what may overlap.
//!
//! The facts are those of the per-function pages of the vendor's developer guide (source: Cambricon BANG C Developer Guide 4.7.2);
//! each refusal carries the sentence it rests on, in our words.

use super::code::Function;
use super::op::{Copy, Op, Space, Span, Window};
use crate::bang::FaultKind;

/// Why an operation is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) kind: FaultKind,
    pub(super) message: String,
    /// The documented rule.
    pub(super) rule: &'static str,
}

fn limit(holds: bool, rule: &'static str, message: impl FnOnce() -> String) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal { kind: FaultKind::Limit, message: message(), rule }) }
}

fn positive(name: &str, value: u64) -> Result<(), Refusal> {
    limit(value > 0, "counts and sizes are greater than zero", || format!("`{name}` is 0"))
}

/// Whether the arguments of an operation are within the limits; addresses are looked at only for overlap.
pub(super) fn admit(op: &Op) -> Result<(), Refusal> {
    arguments(op)?;
    overlap(op)
}

fn arguments(op: &Op) -> Result<(), Refusal> {
    match *op {
        Op::Copy(copy) => copies(copy),
        Op::Move { to, from } => {
            positive("size", to.bytes)?;
            segments(to)?;
            // The documented text has no upper bound for this function's segments; the copy's is taken.
            stride(to)?;
            segments(from)
        }
        Op::Write { to, .. } => {
            positive("elem_count", to.bytes)?;
            segments(to)?;
            let outer = to.strides[0].saturating_mul(to.counts[0] as i64);
            limit(
                (to.counts[0] == 1 || to.strides[0] >= to.bytes as i64)
                    && (to.counts[1] == 1 || to.strides[1] >= outer),
                "strides of segments are at least what they hold",
                || format!("segments of {} bytes, strides of {} and {}", to.bytes, to.strides[0], to.strides[1]),
            )
        }
        Op::Map { n, .. } | Op::Zip { n, .. } | Op::Arg { n, .. } | Op::Sum { n, .. } => positive("elem_count", n),
        Op::Scalar { f, value, n, .. } => {
            positive("elem_count", n)?;
            let shift = matches!(f, Function::ShiftLeft | Function::ShiftRight | Function::ShiftRightLogical);
            limit(!shift || value < 32, "a shift is by less bits than an element has", || format!("a shift by {value}"))
        }
        Op::Cycle { n, seg_n, .. } => cycle(n, seg_n),
        Op::Fusion { n, seg_n, .. } => cycle(n, seg_n),
        Op::Convert { n, fix, .. } => {
            positive("src_count", n)?;
            limit((-127..=127).contains(&fix), "`fix_position` is from -127 to 127", || format!("it is {fix}"))?;
            limit(fix == 0, "the emulator knows `fix_position` 0 only", || format!("it is {fix}"))
        }
        Op::ReduceSum { n, .. } => {
            positive("elem_count", n)?;
            limit(n.is_multiple_of(32), "the bytes that `__bang_reduce_sum` takes are a multiple of 128", || {
                format!("{n} elements of 4 bytes")
            })
        }
        Op::Pool { window, .. } => pool(window),
        Op::Transpose { height, width, .. } => positive("height", height).and(positive("width", width)),
    }
}

fn cycle(n: u64, seg_n: u64) -> Result<(), Refusal> {
    positive("src_elem_count", n)?;
    positive("seg_elem_count", seg_n)?;
    limit(n.is_multiple_of(seg_n), "`src_elem_count` is a multiple of `seg_elem_count`", || format!("{n} of {seg_n}"))
}

fn pool(window: Window) -> Result<(), Refusal> {
    let Window { channels, height, width, kernel_height, kernel_width, stride_width, stride_height } = window;
    positive("channel", channels)?;
    positive("height", height)?;
    positive("width", width)?;
    positive("kernel_height", kernel_height)?;
    positive("kernel_width", kernel_width)?;
    positive("stride_width", stride_width)?;
    positive("stride_height", stride_height)?;
    let kernel = || format!("{kernel_height} by {kernel_width}");
    limit(
        kernel_height < 1 << 16 && kernel_width < 1 << 16 && kernel_height * kernel_width <= 1 << 16,
        "a window is less than 65536 high and wide and has at most 65536 places",
        kernel,
    )?;
    limit(
        kernel_height <= height && kernel_width <= width,
        "a window that is larger than its tensor gives nothing",
        || format!("{} of {height} by {width}", kernel()),
    )
}

fn segments(span: Span) -> Result<(), Refusal> {
    let most = span.counts[0].max(span.counts[1]);
    limit(most <= 1 << 16, "a segment number is from 0 to 65535, and means one segment more", || {
        format!("the segment number is {}", most - 1)
    })
}

/// Segments of a destination do not overlap.
fn stride(to: Span) -> Result<(), Refusal> {
    let rule = "`dst_stride` is at least `size`";
    for level in 0..2 {
        let stride = to.strides[level];
        // A stride that is given counts, even if one segment does not use it.
        let unused = to.counts[level] == 1 && stride == 0;
        limit(unused || stride >= to.bytes as i64, rule, || format!("the stride is {stride}, the size {}", to.bytes))?;
    }
    // One level steps over all that the other one holds.
    let over = |outer: usize, inner: usize| {
        to.strides[outer] >= to.strides[inner] * (to.counts[inner] as i64 - 1) + to.bytes as i64
    };
    let rule = "what a copy leaves where segments of its destination overlap is not documented";
    limit(to.counts.contains(&1) || over(1, 0) || over(0, 1), rule, || {
        format!("{:?} segments of {} bytes with strides of {:?}", to.counts, to.bytes, to.strides)
    })
}

fn copies(copy: Copy) -> Result<(), Refusal> {
    let Copy { to, from, .. } = copy;
    positive("size", to.bytes)?;
    segments(to)?;
    segments(from)?;
    stride(to)?;
    let total = |span: Span| span.counts[0] * span.counts[1];
    limit(total(to) == total(from), "both sides of a copy have the same number of segments", || {
        format!("{} and {}", total(to), total(from))
    })?;
    for span in [to, from] {
        wram(span, total(span))?;
    }
    let crosses = to.space == Space::Wram || from.space == Space::Wram;
    limit(
        !crosses || to.strides.iter().all(|stride| stride % 8 == 0),
        "`dst_stride` of a copy from or to WRAM is a multiple of 8",
        || format!("{} and {} bytes", to.strides[0], to.strides[1]),
    )
}

/// What WRAM asks for. It is neither read nor written by scalar code.
fn wram(span: Span, segments: u64) -> Result<(), Refusal> {
    if span.space != Space::Wram {
        return Ok(());
    }
    limit(span.start.is_multiple_of(8), "addresses in WRAM are multiples of 8 bytes", || {
        format!("an address {} bytes behind one", span.start % 8)
    })?;
    if segments == 1 {
        return limit(
            span.bytes.is_multiple_of(16),
            "sizes of copies from and to WRAM are multiples of 16 bytes",
            || format!("{} bytes", span.bytes),
        );
    }
    let strides = span.strides;
    limit(strides.iter().all(|stride| stride % 8 == 0), "strides in WRAM are multiples of 8 bytes", || {
        format!("{} and {} bytes", strides[0], strides[1])
    })?;
    limit(span.bytes.is_multiple_of(8), "beyond its last 8 bytes a vector in WRAM is uncertain on mtp_372", || {
        format!("segments of {} bytes", span.bytes)
    })
}

/// Which of the sources the destination may share memory with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sharing {
    None,
    First,
    All,
}

fn sharing(op: &Op) -> (Sharing, &'static str) {
    const NONE: (Sharing, &str) = (Sharing::None, "the destination cannot overlap with the source");
    const FIRST: (Sharing, &str) = (Sharing::First, "the destination can overlap with the first source only");
    const ALL: (Sharing, &str) = (Sharing::All, "sources and destination can overlap");
    let only_first = [
        Function::MaxEqual,
        Function::MinEqual,
        Function::And,
        Function::Or,
        Function::Xor,
        Function::BitAnd,
        Function::BitOr,
        Function::BitXor,
    ];
    match op {
        // The guide's page on copies grants no overlap.
        Op::Copy(_) | Op::Transpose { .. } | Op::Pool { .. } => NONE,
        Op::Map { f: Function::Floor | Function::Round | Function::NearbyInt, .. } => NONE,
        Op::Zip { f, .. } if only_first.contains(f) => FIRST,
        Op::Cycle { .. } | Op::Fusion { .. } => FIRST,
        Op::Convert { f, .. } if f.bytes().0 > f.bytes().1 => NONE,
        Op::Map { .. }
        | Op::Zip { .. }
        | Op::Convert { .. }
        | Op::Move { .. }
        | Op::Write { .. }
        | Op::Scalar { .. }
        | Op::ReduceSum { .. }
        | Op::Arg { .. }
        | Op::Sum { .. } => ALL,
    }
}

fn overlap(op: &Op) -> Result<(), Refusal> {
    let (Some(to), reads) = op.spans() else { return Ok(()) };
    let (sharing, rule) = sharing(op);
    for (index, from) in reads.into_iter().enumerate() {
        if !to.meets(from) {
            continue;
        }
        let refuse = |message: &str, rule| {
            Err(Refusal { kind: FaultKind::Overlap, message: format!("source {index} {message}"), rule })
        };
        let allowed = match sharing {
            Sharing::None => false,
            Sharing::First => index == 0,
            Sharing::All => true,
        };
        if !allowed {
            return refuse("shares memory with the destination", rule);
        }
        // A copy by `__bang_move` and what reads everything before it writes may start anywhere.
        let anywhere = matches!(op, Op::Move { .. } | Op::Arg { .. });
        if !anywhere && to.start != from.start {
            let rule = "what a function gives if it overwrites elements that it still has to read is not documented";
            return refuse("shares memory with the destination but does not start where that starts", rule);
        }
    }
    Ok(())
}

/// Memory that a destination has to have beyond what is written.
pub(super) fn room(op: &Op) -> Option<Span> {
    match *op {
        Op::ReduceSum { to, .. } => Some(Span::line(Space::Nram, to, 128)),
        Op::Copy(_)
        | Op::Move { .. }
        | Op::Write { .. }
        | Op::Map { .. }
        | Op::Zip { .. }
        | Op::Scalar { .. }
        | Op::Cycle { .. }
        | Op::Fusion { .. }
        | Op::Convert { .. }
        | Op::Pool { .. }
        | Op::Arg { .. }
        | Op::Transpose { .. }
        | Op::Sum { .. } => None,
    }
}
