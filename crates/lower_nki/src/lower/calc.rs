//! Arithmetic on spans: one instruction for each operator, with patterns that go together.

use super::state::{Lower, Result};
use crate::ir::{Alu, Dtype, Expr, Function, Instr, Number, Operand, Span};
use crate::limits;

/// An operand: elements, or a number for all of them.
#[derive(Clone, Debug)]
pub(super) enum Arg {
    Span(Span),
    Float(f32),
    Int(i64),
}

impl Arg {
    pub(super) const fn span(&self) -> Option<&Span> {
        match self {
            Arg::Span(span) => Some(span),
            Arg::Float(_) | Arg::Int(_) => None,
        }
    }
}

impl From<Span> for Arg {
    fn from(span: Span) -> Arg {
        Arg::Span(span)
    }
}

/// Partitions and elements of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) parts: u64,
    pub(super) free: u64,
}

/// Patterns with the same counts for the same elements, or `None` above the limit of axes.
fn aligned(patterns: &[Vec<(u64, u64)>]) -> Option<Vec<Vec<(u64, u64)>>> {
    // Elements behind each cut.
    let mut cuts: Vec<u64> = patterns
        .iter()
        .flat_map(|dims| {
            let mut behind = 1;
            dims.iter().rev().map(move |dim| {
                behind *= dim.1;
                behind
            })
        })
        .collect();
    cuts.push(1);
    cuts.sort_unstable();
    cuts.dedup();
    if cuts.windows(2).any(|pair| !pair[1].is_multiple_of(pair[0])) || cuts.len() > limits::FREE_AXES + 1 {
        return None;
    }
    let counts: Vec<u64> = cuts.windows(2).map(|pair| pair[1] / pair[0]).collect();
    let split = |dims: &Vec<(u64, u64)>| {
        let (mut result, mut left) = (Vec::new(), counts.iter());
        for &(step, count) in dims.iter().rev() {
            let mut done = 1;
            while done < count {
                let size = *left.next()?;
                result.push((step * done, size));
                done *= size;
            }
        }
        result.reverse();
        Some(if result.is_empty() { vec![(1, 1)] } else { result })
    };
    patterns.iter().map(split).collect()
}

impl Lower<'_> {
    /// Gives spans patterns with the same counts; operands for which that needs too many axes are copied first.
    pub(super) fn align(&mut self, spans: &mut [Span]) -> Result<()> {
        let patterns: Vec<Vec<(u64, u64)>> = spans.iter().map(Span::merged).collect();
        if let Some(dims) = aligned(&patterns) {
            spans.iter_mut().zip(dims).for_each(|(span, dims)| span.dims = dims);
            return Ok(());
        }
        for span in &mut spans[1..] {
            if span.merged().len() > 1 {
                *span = self.contiguous(span)?;
            }
        }
        let patterns: Vec<Vec<(u64, u64)>> = spans.iter().map(Span::merged).collect();
        match aligned(&patterns) {
            Some(dims) => spans.iter_mut().zip(dims).for_each(|(span, dims)| span.dims = dims),
            None => return self.broken("patterns that do not go together"),
        }
        Ok(())
    }

    /// A copy whose elements are neighbours.
    pub(super) fn contiguous(&mut self, span: &Span) -> Result<Span> {
        let dst = self.temp(self.dtype(span), span.parts, span.free());
        self.copy(&dst, span)?;
        Ok(dst)
    }

    pub(super) fn copy(&mut self, dst: &Span, src: &Span) -> Result<()> {
        let mut spans = [dst.clone(), src.clone()];
        self.align(&mut spans)?;
        let [dst, src] = spans;
        self.emit(Instr::Copy { dst, src });
        Ok(())
    }

    pub(super) fn cast(&mut self, src: &Span, dtype: Dtype) -> Result<Span> {
        let dst = self.temp(dtype, src.parts, src.free());
        self.copy(&dst, src)?;
        Ok(dst)
    }

    /// `left op right` in `f32`, or to the bit for operators on bits. One operand at least is a span.
    pub(super) fn alu(&mut self, op: Alu, dtype: Dtype, left: &Arg, right: &Arg, size: Size) -> Result<Span> {
        let dst = self.temp(dtype, size.parts, size.free);
        self.alu_into(op, &dst, left, right)?;
        Ok(dst)
    }

    pub(super) fn alu_into(&mut self, op: Alu, dst: &Span, left: &Arg, right: &Arg) -> Result<()> {
        let number = |arg: &Arg| match arg {
            Arg::Span(_) => None,
            Arg::Float(x) => Some(Number::Float(*x)),
            Arg::Int(n) if op.on_bits() => Some(Number::Int(*n)),
            Arg::Int(n) => Some(Number::Float(*n as f32)),
        };
        let free = dst.free();
        if op == Alu::Power || (op.on_bits() && left.span().is_none()) {
            let dtype = self.dtype(right.span().or(left.span()).unwrap_or(dst));
            let size = Size { parts: dst.parts, free };
            let [left, right] = [self.spread(left, dtype, size)?, self.spread(right, dtype, size)?];
            return self.binary(op, dst, &left, &right, false);
        }
        match (left, right) {
            (Arg::Span(left), Arg::Span(right)) => {
                let column = |lower: &Self, span: &Span| {
                    !op.on_bits()
                        && lower.dtype(span) == Dtype::F32
                        && span.dims.iter().all(|dim| dim.0 == 0 || dim.1 == 1)
                };
                let as_column = |span: &Span| Operand::Column(Span { dims: vec![(1, 1)], ..span.clone() });
                if free > 1 && column(self, right) {
                    self.scalar(op, dst, left, as_column(right), false)
                } else if free > 1 && column(self, left) {
                    self.scalar(op, dst, right, as_column(left), true)
                } else {
                    // 32-bit integers alone are exact where it is said that GpSimd computes.
                    let wide = [dst, left, right].iter().all(|span| self.dtype(span).is_wide());
                    self.binary(op, dst, left, right, wide && !op.on_bits())
                }
            }
            (Arg::Span(left), right) => match number(right) {
                Some(number) => self.scalar(op, dst, left, Operand::Number(number), false),
                None => self.broken("an operand without a number"),
            },
            (left, Arg::Span(right)) => match number(left) {
                Some(number) => self.scalar(op, dst, right, Operand::Number(number), true),
                None => self.broken("an operand without a number"),
            },
            (_, _) => self.broken("an operator on numbers alone"),
        }
    }

    pub(super) fn scalar(&mut self, op: Alu, dst: &Span, data: &Span, operand: Operand, reverse: bool) -> Result<()> {
        let mut spans = [dst.clone(), data.clone()];
        self.align(&mut spans)?;
        let [dst, data] = spans;
        self.emit(Instr::Scalar { op, dst, data, operand, reverse });
        Ok(())
    }

    /// As a span; numbers are columns that repeat.
    pub(super) fn spread(&mut self, arg: &Arg, dtype: Dtype, size: Size) -> Result<Span> {
        let number = match arg {
            Arg::Span(span) => return Ok(span.clone()),
            Arg::Float(x) => Number::Float(*x),
            Arg::Int(n) => Number::Int(*n),
        };
        let column = self.constant(dtype, number)?;
        Ok(Span { parts: size.parts, dims: vec![(0, size.free)], ..column })
    }

    pub(super) fn binary(&mut self, op: Alu, dst: &Span, left: &Span, right: &Span, exact: bool) -> Result<()> {
        let mut spans = [dst.clone(), left.clone(), right.clone()];
        self.align(&mut spans)?;
        let [dst, left, right] = spans;
        self.emit(Instr::Binary { op, dst, left, right, exact });
        Ok(())
    }

    /// `left op right` on 32-bit integers, exact, with wrap-around.
    pub(super) fn exact(&mut self, op: Alu, dtype: Dtype, left: &Arg, right: &Arg, size: Size) -> Result<Span> {
        let dst = self.temp(dtype, size.parts, size.free);
        let [left, right] = [self.spread(left, Dtype::I32, size)?, self.spread(right, Dtype::I32, size)?];
        self.binary(op, &dst, &left, &right, true)?;
        Ok(dst)
    }

    pub(super) fn activation(&mut self, op: Function, data: &Span, scale: f32) -> Result<Span> {
        let dst = self.temp(Dtype::F32, data.parts, data.free());
        let mut spans = [dst.clone(), data.clone()];
        self.align(&mut spans)?;
        let [to, data] = spans;
        self.emit(Instr::Activation { op, dst: to, data, scale });
        Ok(dst)
    }

    /// `on_false`, with `on_true` where the mask is not 0.
    pub(super) fn choose(&mut self, mask: &Span, on_true: &Arg, on_false: &Arg, dtype: Dtype) -> Result<Span> {
        let dst = self.temp(dtype, mask.parts, mask.free());
        match on_false {
            Arg::Span(span) => self.copy(&dst, span)?,
            Arg::Float(x) => self.emit(Instr::Fill { dst: dst.clone(), value: Number::Float(*x) }),
            Arg::Int(n) => self.emit(Instr::Fill { dst: dst.clone(), value: Number::Int(*n) }),
        }
        self.overwrite(&dst, mask, on_true)?;
        Ok(dst)
    }

    /// Puts elements where the mask is not 0.
    pub(super) fn overwrite(&mut self, dst: &Span, mask: &Span, value: &Arg) -> Result<()> {
        let dtype = self.dtype(dst);
        let mut src = self.spread(value, dtype, Size { parts: dst.parts, free: dst.free() })?;
        if self.dtype(&src) != dtype {
            src = self.cast(&src, dtype)?;
        }
        let mut spans = [dst.clone(), src, mask.clone()];
        self.align(&mut spans)?;
        let [dst, src, predicate] = spans;
        self.emit(Instr::Predicated { dst, src, predicate });
        Ok(())
    }

    /// A column of all partitions that holds an integer of the compiler, or of loops of the run.
    pub(super) fn int_column(&mut self, expr: &Expr, dtype: Dtype) -> Result<Span> {
        if let Some(n) = expr.as_int() {
            return self.constant(dtype, if dtype.is_float() { Number::Float(n as f32) } else { Number::Int(n) });
        }
        let level = self.level_of(&super::values::Val::Int(expr.clone()));
        let wide = if let Some((_, _, id)) = self.computed.iter().find(|entry| entry.0 == *expr) {
            self.data(*id).list[0].clone()
        } else {
            let span = self.at_level(level, |lower| lower.compute(expr))?;
            let before = std::mem::replace(&mut self.current, level);
            let origin = super::values::Origin::Forms;
            let id = self.new_forms("number", Dtype::I32, 1, origin, vec![span.clone()]);
            self.current = before;
            self.computed.push((expr.clone(), level, id));
            span
        };
        if dtype == Dtype::I32 { Ok(wide) } else { self.at_level(level, |lower| lower.cast(&wide, dtype)) }
    }

    fn compute(&mut self, expr: &Expr) -> Result<Span> {
        let size = Size { parts: limits::PARTITIONS, free: 1 };
        if !self.counts_at_run_time(expr) {
            let span = self.temp(Dtype::I32, size.parts, 1);
            self.emit(Instr::Fill { dst: span.clone(), value: Number::Of(expr.clone()) });
            return Ok(span);
        }
        let (op, left, right) = match expr {
            Expr::Int(_) => return self.broken("a number that the run counts"),
            Expr::Var(var) => {
                let counter =
                    self.loops.iter().find(|active| active.var == *var).and_then(|active| active.counter.clone());
                return match counter {
                    Some(counter) => Ok(counter),
                    None => self.broken("a variable without a counter"),
                };
            }
            Expr::Add(a, b) => (Alu::Add, a, b),
            Expr::Sub(a, b) => (Alu::Subtract, a, b),
            Expr::Mul(a, b) => (Alu::Multiply, a, b),
            Expr::Min(a, b) => (Alu::Minimum, a, b),
            Expr::Max(a, b) => (Alu::Maximum, a, b),
            Expr::Div(a, by) | Expr::Rem(a, by) => {
                let a = self.int_column(a, Dtype::I32)?;
                let [quotient, rest] = self.divide_unsigned(&a, &Arg::Int(*by), size)?;
                return Ok(if matches!(expr, Expr::Div(..)) { quotient } else { rest });
            }
        };
        let (left, right) = (self.int_column(left, Dtype::I32)?, self.int_column(right, Dtype::I32)?);
        self.exact(op, Dtype::I32, &Arg::Span(left), &Arg::Span(right), size)
    }
}
