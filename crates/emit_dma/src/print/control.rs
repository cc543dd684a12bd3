//! Loops and branches.

use emit::Text;
use lower_dma::ir::{Expr, Stmt, Var};

use super::Printer;

impl Printer<'_> {
    pub(super) fn for_loop(&mut self, var: Var, [lower, upper, step]: [&Expr; 3], body: &[Stmt]) {
        let known = self.ranges.turns(lower, upper, step);
        let first = self.expr(lower);
        let end = self.bound(upper, "end");
        let by = self.bound(step, "step");
        let Some(data) = self.kernel.vars.get(var.0 as usize) else {
            self.fail(format!("variable {} does not exist", var.0));
            return;
        };
        self.namer.push();
        let name = self.namer.name(&data.name);
        let next = if by.text == "1" { format!("++{name}") } else { format!("{name} += {}", by.text) };
        let end = end.at_least(emit::Prec::Sum);
        self.body.open(&format!("for (int64_t {name} = {}; {name} < {end}; {next}) {{", first.text));
        self.vars[var.0 as usize] = Some(name);
        self.ranges.define(var, known);
        self.block(body);
        self.body.close("}");
        self.namer.pop();
    }

    /// A bound that is evaluated once: by name where something in it changes.
    fn bound(&mut self, value: &Expr, wanted: &str) -> Text {
        let mut changes = false;
        value.for_each(&mut |expr| changes |= matches!(expr, Expr::Var(var) if self.ranges.changes(*var)));
        let text = self.expr(value);
        if !changes {
            return text;
        }
        let name = self.namer.name(wanted);
        self.body.line(&format!("const int64_t {name} = {};", text.text));
        Text::atom(name)
    }

    pub(super) fn while_loop(&mut self, before: &[Stmt], condition: &Expr, body: &[Stmt]) {
        self.namer.push();
        self.body.open("while (true) {");
        self.block(before);
        let condition = Text::prefix("!", &self.expr(condition));
        self.body.open(&format!("if ({}) {{", condition.text));
        self.body.line("break;");
        self.body.close("}");
        self.block(body);
        self.body.close("}");
        self.namer.pop();
    }

    pub(super) fn branch(&mut self, condition: &Expr, then: &[Stmt], otherwise: &[Stmt]) {
        let condition = self.expr(condition);
        self.body.open(&format!("if ({}) {{", condition.text));
        self.scope(then);
        if !otherwise.is_empty() {
            self.body.reopen("} else {");
            self.scope(otherwise);
        }
        self.body.close("}");
    }
}
