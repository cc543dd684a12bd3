//! Branches. Where the condition is a vector and both sides only compute, they become selections.

use emit::Text;
use lower_dma::ir::{Expr, Stmt, StmtKind};

use super::Printer;

impl Printer<'_> {
    pub(super) fn branch(&mut self, condition: &Expr, then: &[Stmt], otherwise: &[Stmt]) {
        if self.kinds.is_chosen(condition, then, otherwise, self.kernel) {
            let condition = self.uniform(condition);
            // What is assigned may be in the condition.
            let holds = self.namer.name("holds");
            self.body.line(&format!("const int64 {holds} = {};", condition.text));
            self.choices(&Text::atom(holds.clone()), then, true);
            self.choices(&Text::atom(holds), otherwise, false);
            return;
        }
        let condition = self.condition(condition);
        let before = self.stored.clone();
        self.body.open(&format!("if ({}) {{", condition.text));
        self.scope(then);
        let after = std::mem::replace(&mut self.stored, before);
        if !otherwise.is_empty() {
            self.body.reopen("} else {");
            self.scope(otherwise);
        }
        self.body.close("}");
        self.stored.extend(after);
    }

    /// Computes a side; what it assigns stays as it was where the other side is meant.
    fn choices(&mut self, holds: &Text, block: &[Stmt], then: bool) {
        for stmt in block {
            self.body.at(&stmt.loc);
            match &stmt.kind {
                StmtKind::Let { var, value } => self.let_var(*var, value),
                StmtKind::Assign { var, value } => {
                    let scalar = self.kernel.var(*var).scalar;
                    let (new, name) = (self.uniform(value), self.var(*var));
                    let old = Text::atom(name.clone());
                    let chosen = if then {
                        self.chosen(scalar, holds, &new, &old)
                    } else {
                        self.chosen(scalar, holds, &old, &new)
                    };
                    self.body.line(&format!("{name} = {};", chosen.text));
                }
                StmtKind::Read { .. }
                | StmtKind::ReadGlobal { .. }
                | StmtKind::Write { .. }
                | StmtKind::CopyIn(_)
                | StmtKind::CopyOut(_)
                | StmtKind::Vector { .. }
                | StmtKind::For { .. }
                | StmtKind::While { .. }
                | StmtKind::If { .. }
                | StmtKind::Signal { .. }
                | StmtKind::Await { .. }
                | StmtKind::Barrier(_)
                | StmtKind::Drain(_)
                | StmtKind::Fence => self.fail("a side of a choice does more than compute"),
            }
        }
    }
}
