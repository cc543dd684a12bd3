//! Loops and branches.

use tile_ir::{Block, Loc, Op, OpKind, Value};

use super::Writer;

impl Writer<'_> {
    pub(super) fn structured(&mut self, op: &Op) {
        let results = self.names.results(&op.results);
        let results = match op.results.len() {
            0 => String::new(),
            1 => format!("{results} = "),
            n => format!("{results}:{n} = "),
        };
        match &op.kind {
            OpKind::For { lower, upper, step, init, body } => {
                let counter = body.args.first().map_or_else(String::new, |&arg| self.name(arg));
                let range = format!("{} to {} step {}", self.name(*lower), self.name(*upper), self.name(*step));
                let mut line = format!("{results}scf.for {counter} = {range}");
                if !init.is_empty() {
                    let carried = self.pairs(&body.args[1..], init);
                    line.push_str(&format!(" iter_args({carried}) -> ({})", self.types(init)));
                }
                self.line(&format!("{line} {{"));
                self.body(body, "scf.yield", &op.loc);
            }
            OpKind::While { init, before, cond, after } => {
                let (from, to) = (self.types(init), self.types(&before.yields));
                let first = if init.is_empty() { String::new() } else { format!(" ({})", self.pairs(&before.args, init)) };
                self.line(&format!("{results}scf.while{first} : ({from}) -> ({to}) {{"));
                let condition = format!("scf.condition({})", self.name(*cond));
                self.body(before, &condition, &op.loc);
                self.line("} do {");
                if !after.args.is_empty() {
                    let args: Vec<String> =
                        after.args.iter().map(|&arg| format!("{}: {}", self.name(arg), self.ty(arg))).collect();
                    self.line(&format!("^bb0({}):", args.join(", ")));
                }
                self.body(after, "scf.yield", &op.loc);
            }
            OpKind::If { cond, then, otherwise } => {
                let types = self.types(&op.results);
                let types = if types.is_empty() { types } else { format!(" -> ({types})") };
                self.line(&format!("{results}scf.if {}{types} {{", self.name(*cond)));
                self.body(then, "scf.yield", &op.loc);
                if !otherwise.ops.is_empty() || !otherwise.yields.is_empty() {
                    self.line("} else {");
                    self.body(otherwise, "scf.yield", &op.loc);
                }
            }
            _ => return,
        }
        self.located("}", &op.loc);
    }

    /// The operations of a block, then its end.
    fn body(&mut self, block: &Block, end: &str, loc: &Loc) {
        self.depth += 1;
        for op in &block.ops {
            self.op(op);
        }
        let types = self.types(&block.yields);
        let end = match types.as_str() {
            "" => end.to_owned(),
            types => format!("{end} {} : {types}", self.list(&block.yields)),
        };
        self.located(&end, loc);
        self.depth -= 1;
    }

    /// `%a = %x, %b = %y`.
    fn pairs(&self, args: &[Value], values: &[Value]) -> String {
        let pair = |(arg, value): (&Value, &Value)| format!("{} = {}", self.name(*arg), self.name(*value));
        args.iter().zip(values).map(pair).collect::<Vec<_>>().join(", ")
    }
}
