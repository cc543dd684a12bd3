//! Conversions of chunks by the vector unit.

use tile_ir::{CastOp, Elem, Value};

use super::state::{Chunk, Lower, Result};
use crate::ir::{Operand, Span, VectorOp};

impl Lower<'_> {
    /// A conversion by vector operations, if there is one.
    pub(super) fn cast(
        &mut self,
        cast: CastOp,
        x: Value,
        result: Value,
        chunk: &Chunk,
        into: Option<&Span>,
    ) -> Result<Option<Operand>> {
        let (from, to) = (self.facts.ty(x).elem, self.facts.ty(result).elem);
        let (held_from, held) = (self.facts.held(x), self.facts.held(result));
        let range = self.facts.analysis.range(x);
        let native = self.facts.target.casts.contains(&(held_from, held));
        let not_negative = range.is_some_and(|range| range.lo() >= 0);
        let fits = range.is_some_and(|range| tile_ir::analysis::Range::all(to).includes(range));
        // Values stay as they are, and so may what holds them.
        let same = match cast {
            CastOp::ExtF | CastOp::TruncF => true,
            CastOp::UIntToFp => from == Elem::I1 || not_negative,
            CastOp::SIntToFp => from != Elem::I1,
            CastOp::ExtS => from != Elem::I1,
            // One and zero are what they are as integers.
            CastOp::ExtU | CastOp::IndexU => not_negative && fits,
            CastOp::TruncI | CastOp::IndexS => from != Elem::I1 && to != Elem::I1 && fits,
            CastOp::FpToSInt | CastOp::FpToUInt | CastOp::Bitcast => false,
        };
        if same && held == held_from {
            return self.eval(x, chunk, None).map(Some);
        }
        let by_vector = match cast {
            CastOp::SIntToFp => from != Elem::I1 && native,
            CastOp::UIntToFp => from != Elem::I1 && native && not_negative,
            CastOp::FpToSInt => to == Elem::I32 && native,
            CastOp::ExtU | CastOp::IndexU => from == Elem::I1 && native,
            CastOp::ExtF
            | CastOp::TruncF
            | CastOp::ExtS
            | CastOp::TruncI
            | CastOp::FpToUInt
            | CastOp::IndexS
            | CastOp::Bitcast => false,
        };
        if !by_vector {
            return Ok(None);
        }
        let span = self.eval_span(x, chunk)?;
        let dst = self.target_of(into, held, chunk.rows, chunk.cols);
        self.vector(VectorOp::Cast, &dst, vec![Operand::Span(span)]);
        Ok(Some(Operand::Span(dst)))
    }
}
