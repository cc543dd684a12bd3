//! What threads do together: reductions over lanes, barriers.

use emit::Text;
use lower_simt::ir::{Expr, Scalar, Var};
use tile_ir::ReduceOp;

use super::Printer;
use crate::number::Number;

impl Printer<'_> {
    pub(super) fn lane_reduce(&mut self, var: Var, index: Option<&Expr>, op: ReduceOp, lanes: u32) {
        let target = self.target(var, index);
        let scalar = self.kernel.vars.get(var.0 as usize).map_or(Scalar::Bool, |data| data.scalar);
        let signed = match op {
            ReduceOp::Add | ReduceOp::MinF | ReduceOp::MaxF | ReduceOp::MinU | ReduceOp::MaxU => false,
            ReduceOp::MinS | ReduceOp::MaxS => true,
        };
        let float = match op {
            ReduceOp::Add => scalar == Scalar::F32,
            ReduceOp::MinF | ReduceOp::MaxF => true,
            ReduceOp::MinS | ReduceOp::MaxS | ReduceOp::MinU | ReduceOp::MaxU => false,
        };
        let takes = match scalar {
            Scalar::F32 => float,
            Scalar::I32 | Scalar::I64 => !float,
            Scalar::Bool | Scalar::I8 => false,
        };
        if !takes || !matches!(lanes, 2 | 4 | 8 | 16 | 32) {
            self.fail(format!("{op:?} of {scalar:?} over {lanes} lanes"));
            return;
        }
        let exact = Number::of(scalar);
        let value = Text::atom(&target);
        let result = if signed {
            let number = exact.signed();
            let value = self.dialect.cast(number, &value);
            let result = self.dialect.lane_reduce(op, number, lanes, &value, &mut self.helpers);
            self.dialect.cast(exact, &result)
        } else {
            self.dialect.lane_reduce(op, exact, lanes, &value, &mut self.helpers)
        };
        self.body.line(&format!("{target} = {};", result.text));
    }

    pub(super) fn barrier(&mut self, global: bool, shared: bool) {
        self.body.line(&format!("{};", self.dialect.barrier(global, shared)));
    }
}
