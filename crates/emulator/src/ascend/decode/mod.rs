//! From calls to instructions, under the documented limits of operands.

mod compare;
mod copies;
mod elementwise;
mod movement;
mod reduce;

use super::machine::Pipe;
use super::number::Type;
use super::op::{Code, Instruction, Kind, Lanes};
use super::request::{Operand, Request};
use super::rules::{BLOCK, Rules};
use super::span::{Run, Span, lanes};
use super::{Refused, limit};
use crate::FaultKind;

/// Most repeats of one instruction.
const REPEATS: u64 = 255;

/// A call on its way to an instruction.
struct Call<'a> {
    request: &'a Request,
    rules: &'a Rules,
    site: usize,
}

/// The instruction of a call with `code`, or nothing if the call is none: flags, barriers and scalars.
pub(super) fn decode(
    code: Code,
    request: &Request,
    rules: &Rules,
    site: usize,
) -> Result<Option<Instruction>, Refused> {
    let call = Call { request, rules, site };
    let instruction = match code {
        Code::Exp
        | Code::Ln
        | Code::Sqrt
        | Code::Rsqrt
        | Code::Reciprocal
        | Code::Abs
        | Code::Relu
        | Code::Neg
        | Code::Not
        | Code::Copy
        | Code::Add
        | Code::Sub
        | Code::Mul
        | Code::Div
        | Code::Max
        | Code::Min
        | Code::And
        | Code::Or
        | Code::ExpSub
        | Code::MulAddDst
        | Code::FusedMulAdd
        | Code::Adds
        | Code::Subs
        | Code::Muls
        | Code::Divs
        | Code::DivOf
        | Code::Maxs
        | Code::Mins
        | Code::ShiftLeft
        | Code::ShiftRight
        | Code::Axpy
        | Code::Cast
        | Code::Duplicate
        | Code::Index => elementwise::decode(&call, code)?,
        Code::Compare | Code::CompareScalar | Code::Select | Code::SelectScalar => compare::decode(&call, code)?,
        Code::WholeSum
        | Code::WholeMax
        | Code::WholeMin
        | Code::BlockSum
        | Code::BlockMax
        | Code::BlockMin
        | Code::Sum
        | Code::MaxOf
        | Code::MinOf
        | Code::RowSum
        | Code::RowMax
        | Code::RowMin
        | Code::RowArgMax
        | Code::ColSum
        | Code::ColMax
        | Code::ColMin => reduce::decode(&call, code)?,
        Code::Brcb | Code::Gather | Code::GatherBlocks | Code::Transpose => movement::decode(&call, code)?,
        Code::Load | Code::Store | Code::Move => copies::decode(&call, code)?,
        Code::SetFlag
        | Code::WaitFlag
        | Code::Barrier
        | Code::UbGet
        | Code::UbSet
        | Code::GmGet
        | Code::BlockIdx
        | Code::BlockNum
        | Code::Init
        | Code::Pipe
        | Code::PipeEnd
        | Code::Buffer
        | Code::Tensor
        | Code::EventTake
        | Code::EventLook
        | Code::EventGive => return Ok(None),
    };
    overlap(&instruction)?;
    Ok(Some(instruction))
}

impl Call<'_> {
    fn ty(&self, which: usize) -> Result<Type, Refused> {
        Type::of(self.request.types[which]).ok_or_else(|| limit("an element type that no instruction has"))
    }

    /// The elements of the call; `size` is that of its widest type.
    fn span(&self, size: usize) -> Result<Span, Refused> {
        let Request { form, mask, count, .. } = *self.request;
        let lanes = lanes(size);
        if form == 3 && mask[1] != 0 {
            return Err(limit("tiles whose valid parts do not fit each other"));
        }
        // A negative count arrives as a large one.
        let span = match form {
            0 => Span::Count(count),
            1 if mask[0] > lanes as u64 => {
                return Err(limit(format!("a mask of {} elements; a repeat has {lanes}", mask[0])));
            }
            1 => Span::Repeats { repeats: count, mask: first(mask[0]), lanes },
            2 => Span::Repeats { repeats: count, mask: u128::from(mask[1]) << 64 | u128::from(mask[0]), lanes },
            _ => Span::Rect { rows: mask[0], cols: count },
        };
        match span {
            Span::Count(0) => return Err(limit("a count of 0, which does nothing")),
            Span::Count(count) if count > super::rules::UB as u64 => {
                return Err(limit(format!("a count of {}", count as i64)));
            }
            Span::Rect { rows, cols } if rows == 0 || cols == 0 => {
                return Err(limit(format!("a tile of {rows} rows and {cols} columns, which has no elements")));
            }
            Span::Rect { rows, cols } if rows.max(cols) > super::rules::UB as u64 => {
                return Err(limit(format!("a tile of {} rows and {} columns", rows as i64, cols as i64)));
            }
            Span::Repeats { repeats: 0, .. } => return Err(limit("0 repeats, which do nothing")),
            Span::Repeats { repeats, .. } if repeats > REPEATS => {
                return Err(limit(format!("{repeats} repeats; the most are {REPEATS}")));
            }
            Span::Repeats { mask: 0, .. } => return Err(limit("an empty mask, which does nothing")),
            Span::Repeats { mask, lanes, .. } if lanes < 128 && mask >> lanes != 0 => {
                return Err(limit(format!("a mask with bits above the {lanes} elements of a repeat")));
            }
            Span::Count(_) | Span::Rect { .. } | Span::Repeats { .. } => {}
        }
        Ok(span)
    }

    /// The elements of an operand of an instruction, which start at a block.
    fn lanes(&self, operand: &Operand, span: &Span, ty: Type) -> Result<Lanes, Refused> {
        self.lanes_at(operand, span, ty, BLOCK)
    }

    /// As [`Call::lanes`], starting at a multiple of `align` bytes.
    fn lanes_at(&self, operand: &Operand, span: &Span, ty: Type, align: usize) -> Result<Lanes, Refused> {
        let runs = span.runs(operand, ty.size());
        self.place(operand, &runs, align)?;
        Ok(Lanes { ty, runs })
    }

    /// Refuses an operand that is not aligned, or lies outside its tensor or outside of what a kernel may use.
    fn place(&self, operand: &Operand, runs: &[Run], align: usize) -> Result<(), Refused> {
        let at = operand.at as usize;
        if !at.is_multiple_of(align) {
            let message = format!("an operand at byte {at} of UB, which is no multiple of {align}");
            return Err(Refused::new(FaultKind::Misaligned, message));
        }
        let end = runs.iter().map(|run| run.end()).max().unwrap_or(0);
        if end > self.rules.capacity {
            let message = format!("up to byte {end} of UB, of which a kernel may use {}", self.rules.capacity);
            return Err(limit(message));
        }
        if end > operand.end as usize {
            let message = format!("up to byte {end} of UB; the tensor ends at byte {}", operand.end);
            return Err(limit(message));
        }
        Ok(())
    }

    /// All of an operand that an instruction uses on the way; it has at least `least` bytes.
    fn scratch(&self, operand: &Operand, least: usize) -> Result<Vec<Run>, Refused> {
        let (at, end) = (operand.at as usize, operand.end as usize);
        let run = Run { at, len: end.saturating_sub(at) };
        self.place(operand, &[run], BLOCK)?;
        if run.len < least {
            return Err(limit(format!("{} bytes of scratch; it takes {least}", run.len)));
        }
        Ok(vec![run])
    }

    /// An instruction of the vector unit.
    fn vector(&self, kind: Kind, to: Lanes, from: Vec<Lanes>) -> Instruction {
        Instruction { pipe: Pipe::V, kind, to, from, scratch: vec![], site: self.site }
    }
}

/// The mask of the first `count` elements of a repeat.
fn first(count: u64) -> u128 {
    if count >= 128 { u128::MAX } else { (1 << count) - 1 }
}

/// Refuses results that lie partly over operands, or over each other: which bytes are read when depends on the hardware then.
/// Source: asc-devkit, general rules for overlapping addresses.
fn overlap(instruction: &Instruction) -> Result<(), Refused> {
    let Instruction { kind, to, from, .. } = instruction;
    let (runs, size) = (&to.runs, to.ty.size());
    let mut sorted: Vec<Run> = runs.clone();
    sorted.sort_unstable_by_key(|run| run.at);
    if sorted.windows(2).any(|pair| pair[0].end() > pair[1].at) {
        return Err(Refused::new(FaultKind::Overlap, "an instruction writes an element twice"));
    }
    for operand in from {
        let touches = operand.runs.iter().any(|run| {
            let next = sorted.partition_point(|other| other.end() <= run.at);
            sorted.get(next).is_some_and(|other| other.at < run.end())
        });
        if !touches {
            continue;
        }
        let (same, rule) = match kind {
            Kind::Unary(_)
            | Kind::Binary(_)
            | Kind::WithScalar(..)
            | Kind::Cast(_)
            | Kind::Select
            | Kind::SelectScalar(_)
            | Kind::Transpose { .. } => {
                let same = operand.runs == *runs && operand.ty.size() == size
                    // A narrower result at the same place is behind what is read.
                    || matches!(kind, Kind::Cast(_)) && operand.ty.size() > size && start(operand) == start(to);
                (same, "only the same elements may be both result and operand")
            }
            // What they write is far smaller than what they read, and written at the end.
            Kind::Reduce { .. } => {
                (start(operand) == start(to), "the result of a reduction may lie at the start of its operand only")
            }
            Kind::Compare(_)
            | Kind::CompareScalar(..)
            | Kind::Fill(_)
            | Kind::Index { .. }
            | Kind::Columns { .. }
            | Kind::Spread
            | Kind::Gather { .. }
            | Kind::Copy(_) => (false, "this instruction has no result over its operands"),
        };
        if !same {
            let message = format!("the result overlaps an operand at byte {} of UB; {rule}", start(operand));
            return Err(Refused::new(FaultKind::Overlap, message));
        }
    }
    Ok(())
}

fn start(lanes: &Lanes) -> usize {
    lanes.runs.iter().map(|run| run.at).min().unwrap_or(0)
}
