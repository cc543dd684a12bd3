//! Numbers of scalar code out of single elements, and where a number must leave the vector unit.

use emit::{Prec, Text};
use lower_dma::ir::{Expr, Scalar};

use super::Printer;
use crate::limits::LINE;
use crate::names;

impl Printer<'_> {
    /// An integer as the scalar unit needs it: the number of an element, or of turns. What is a vector goes through memory.
    pub(super) fn place(&mut self, expr: &Expr) -> Text {
        if self.is_uniform(expr) { self.fetched(expr, "place") } else { self.scalar(expr) }
    }

    /// As [`Printer::place`], of a number that must fit.
    pub(super) fn bound(&mut self, expr: &Expr) -> Text {
        self.whole_numbers(&[expr], "a bound");
        self.place(expr)
    }

    /// A condition.
    pub(super) fn condition(&mut self, expr: &Expr) -> Text {
        if !self.is_uniform(expr) {
            return self.scalar(expr);
        }
        let text = self.fetched(expr, "holds");
        Text::binary(&text, "!=", &Text::atom("0"), Prec::Equality, false)
    }

    /// The number in all lanes of a vector, as a variable of the scalar unit: by a store to the member's line of the scratch tensor.
    fn fetched(&mut self, expr: &Expr, wanted: &str) -> Text {
        if expr.scalar(self.kernel) == Scalar::F32 {
            self.fail("a float as a place or condition");
        }
        let value = self.uniform(expr);
        self.scratch = true;
        let scratch = names::SCRATCH;
        let (at, member) = (self.at.clone(), self.member.clone());
        self.body.line(&format!("{at}[0] = {member} * {};", LINE / 4));
        self.body.line(&format!("v_i32_st_tnsr_partial({at}, {scratch}, {}, 0, 0);", value.text));
        self.wait();
        // Scalar loads go through a cache.
        self.body.line("cache_invalidate(SW_D);");
        let name = self.namer.name(wanted);
        self.body.line(&format!("const int {name} = s_i32_ld_g(gen_addr({at}, {scratch}));"));
        Text::atom(name)
    }

    /// Waits until stores are over: loads behind them to the same address are not in order else (source: docs.habana.ai, TPC Coherency).
    pub(super) fn wait(&mut self) {
        self.body.line("aso(SW_INC | SW_VPU);");
        self.body.line("aso(SW_DEC | SW_SPU);");
        self.stored.clear();
    }
}
