//! Loops.

use emit::{Prec, Text};
use lower_dma::ir::{Expr, Stmt, StmtKind, Var};

use super::Printer;

impl Printer<'_> {
    /// A turn of a loop may store what the next one loads.
    fn turn(&mut self, blocks: &[&[Stmt]]) {
        for stmt in blocks.iter().flat_map(|block| block.iter()) {
            stmt.for_each(&mut |stmt| {
                if let StmtKind::CopyOut(copy) = &stmt.kind {
                    self.stored.insert(copy.view);
                }
            });
        }
    }

    pub(super) fn for_loop(&mut self, var: Var, [lower, upper, step]: [&Expr; 3], body: &[Stmt]) {
        let known = self.ranges.turns(lower, upper, step);
        if self.words.counts(&self.ranges, lower, upper, step) {
            return self.counted(var, lower, upper, body);
        }
        let first = self.bound(lower);
        let (end, by) = (self.limit(upper, "end"), self.limit(step, "step"));
        // The variable passes the bound by less than a step.
        let passes = |hi: i64| step.as_int().is_some_and(|step| hi <= i64::from(i32::MAX) - step);
        if by.text != "1" && !self.ranges.of(upper).is_some_and(|range| passes(range.hi)) {
            self.leaves("the variable of a loop");
        }
        let Some(data) = self.kernel.vars.get(var.0 as usize) else {
            self.fail(format!("variable {} does not exist", var.0));
            return;
        };
        self.turn(&[body]);
        self.namer.push();
        let name = self.namer.name(&data.name);
        let end = end.at_least(Prec::Sum);
        self.body.open(&format!("for (int {name} = {}; {name} < {end}; {name} += {}) {{", first.text, by.text));
        self.vars[var.0 as usize] = Some(name);
        self.words.note(var, true);
        self.ranges.define(var, known);
        self.block(body);
        self.body.close("}");
        self.namer.pop();
        self.turn(&[body]);
    }

    /// A loop that counts numbers without a sign; in its body the variable is the `int` with the same bits.
    fn counted(&mut self, var: Var, lower: &Expr, upper: &Expr, body: &[Stmt]) {
        let (first, end) = (self.place(lower), self.place(upper));
        let end =
            self.named("end", "unsigned", Text::new(format!("(unsigned){}", end.at_least(Prec::Unary)), Prec::Unary));
        let Some(data) = self.kernel.vars.get(var.0 as usize) else {
            return self.fail(format!("variable {} does not exist", var.0));
        };
        self.turn(&[body]);
        self.namer.push();
        let (count, name) = (self.namer.name("count"), self.namer.name(&data.name));
        let first = first.at_least(Prec::Unary);
        self.body
            .open(&format!("for (unsigned {count} = (unsigned){first}; {count} < {}; {count} += 1u) {{", end.text));
        let mut used = false;
        for stmt in body {
            stmt.for_each(&mut |stmt| {
                for expr in stmt.exprs() {
                    expr.for_each(&mut |expr| used |= *expr == Expr::Var(var));
                }
            });
        }
        if used {
            self.body.line(&format!("const int {name} = (int){count};"));
        }
        self.vars[var.0 as usize] = Some(name);
        self.words.note(var, false);
        self.words.note_natural(var, true);
        self.ranges.define(var, None);
        self.block(body);
        self.body.close("}");
        self.namer.pop();
        self.turn(&[body]);
    }

    /// A bound that is evaluated once: by name where something in it changes.
    fn limit(&mut self, value: &Expr, wanted: &str) -> Text {
        let mut changes = false;
        value.for_each(&mut |expr| changes |= matches!(expr, Expr::Var(var) if self.ranges.changes(*var)));
        let text = self.bound(value);
        if changes {
            self.named(wanted, "int", Text::new(format!("{} + 0", text.at_least(Prec::Sum)), Prec::Sum))
        } else {
            text
        }
    }

    pub(super) fn while_loop(&mut self, before: &[Stmt], condition: &Expr, body: &[Stmt]) {
        self.turn(&[before, body]);
        self.namer.push();
        self.body.open("while (true) {");
        self.block(before);
        let condition = Text::prefix("!", &self.condition(condition));
        self.body.open(&format!("if ({}) {{", condition.text));
        self.body.line("break;");
        self.body.close("}");
        self.block(body);
        self.body.close("}");
        self.namer.pop();
        self.turn(&[before, body]);
    }
}
