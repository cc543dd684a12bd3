//! Instructions.

use lower_nki::ir::{Accumulate, Instr, Number, Operand, Span};

use super::Printer;
use super::expr::float;

impl Printer<'_> {
    fn operand(&self, operand: &Operand) -> String {
        match operand {
            Operand::Number(number) => self.number(number),
            Operand::Column(column) => self.span(column),
        }
    }

    /// An engine that keeps 32-bit integers as they are.
    fn integers(&self, dst: &Span, src: &Span) -> &'static str {
        let same = self.program.dtype(dst) == self.program.dtype(src);
        if same && self.program.dtype(dst).is_wide() { ", engine=nisa.engine.vector" } else { "" }
    }

    pub(super) fn instr(&self, instr: &Instr) -> String {
        let span = |span: &Span| self.span(span);
        match instr {
            Instr::Dma { dst, src } => format!("nisa.dma_copy(dst={}, src={})", self.mem(dst), self.mem(src)),
            Instr::Copy { dst, src } => {
                format!("nisa.tensor_copy(dst={}, src={}{})", span(dst), span(src), self.integers(dst, src))
            }
            Instr::Fill { dst, value } => {
                let value = match value {
                    Number::Int(n) if self.program.dtype(dst).is_float() => float(*n as f32),
                    value @ (Number::Float(_) | Number::Int(_) | Number::Of(_)) => self.number(value),
                };
                format!("nisa.memset(dst={}, value={value})", span(dst))
            }
            Instr::Binary { op, dst, left, right, exact } => {
                let engine = if *exact { ", engine=nisa.engine.gpsimd" } else { "" };
                let (dst, left, right) = (span(dst), span(left), span(right));
                format!("nisa.tensor_tensor(dst={dst}, data1={left}, data2={right}, op=nl.{}{engine})", op.name())
            }
            Instr::Scalar { op, dst, data, operand, reverse } => {
                let reverse = if *reverse { ", reverse0=True" } else { "" };
                let (dst, data, operand) = (span(dst), span(data), self.operand(operand));
                format!("nisa.tensor_scalar(dst={dst}, data={data}, op0=nl.{}, operand0={operand}{reverse})", op.name())
            }
            Instr::Rsqrt { dst, data } => {
                let (dst, data) = (span(dst), span(data));
                format!(
                    "nisa.tensor_scalar(dst={dst}, data={data}, op0=nl.rsqrt, operand0=0.0, engine=nisa.engine.gpsimd)"
                )
            }
            Instr::Activation { op, dst, data, scale } => {
                let scale = if *scale == 1.0 { String::new() } else { format!(", scale={}", float(*scale)) };
                format!("nisa.activation(dst={}, op=nl.{}, data={}{scale})", span(dst), op.name(), span(data))
            }
            Instr::Reciprocal { dst, data } => format!("nisa.reciprocal(dst={}, data={})", span(dst), span(data)),
            Instr::Reduce { op, dst, data } => {
                let axis = data.dims.len();
                format!("nisa.tensor_reduce(dst={}, op=nl.{}, data={}, axis={axis})", span(dst), op.name(), span(data))
            }
            Instr::Matmul { dst, stationary, moving, accumulate } => {
                let accumulate = match accumulate {
                    Accumulate::Never => "False".to_owned(),
                    Accumulate::Always => "True".to_owned(),
                    Accumulate::After(var) => format!("({} > 0)", self.vars.get(&var.0).cloned().unwrap_or_default()),
                };
                let (dst, stationary, moving) = (span(dst), span(stationary), span(moving));
                format!("nisa.nc_matmul(dst={dst}, stationary={stationary}, moving={moving}, accumulate={accumulate})")
            }
            Instr::Transpose { dst, data } => format!("nisa.nc_transpose(dst={}, data={})", span(dst), span(data)),
            Instr::Predicated { dst, src, predicate } => {
                let (dst, src, predicate) = (span(dst), span(src), span(predicate));
                format!("nisa.tensor_copy_predicated(dst={dst}, src={src}, predicate={predicate})")
            }
            Instr::Iota { dst, pattern, offset, multiplier } => {
                let pattern: Vec<String> = pattern.iter().map(|(step, count)| format!("[{step}, {count}]")).collect();
                let offset = if *offset == 0 { String::new() } else { format!(", offset={offset}") };
                let dst = span(dst);
                let pattern = pattern.join(", ");
                format!("nisa.iota(dst={dst}, pattern=[{pattern}]{offset}, channel_multiplier={multiplier})")
            }
        }
    }
}
