//! Loops and branches. What they carry and give is not defined by lines of its own: the user's names for it are an attribute.

use super::{Printer, comma, quoted};
use crate::kernel::Loc;
use crate::op::{Block, Op, Value};

impl Printer<'_> {
    /// `%a = %x, %b = %y`: names the arguments.
    fn bindings(&mut self, args: &[Value], init: &[Value]) -> String {
        let kernel = self.kernel;
        let pairs: Vec<String> = args
            .iter()
            .zip(init)
            .map(|(&arg, &value)| {
                let value = self.v(value).to_owned();
                format!("{} = {value}", self.names.define(kernel, arg))
            })
            .collect();
        pairs.join(", ")
    }

    /// The operations of a region and its yield, if it yields anything.
    fn region(&mut self, block: &Block, loc: &Loc) {
        self.indent += 2;
        self.ops(block);
        if !block.yields.is_empty() {
            let (values, types) = (self.vs(&block.yields), self.types(&block.yields));
            self.line(&format!("scf.yield {values} : {types}"), loc);
        }
        self.indent -= 2;
    }

    pub(super) fn for_loop(&mut self, range: [Value; 3], init: &[Value], body: &Block, op: &Op) {
        let (induction, args) = match body.args.as_slice() {
            [induction, args @ ..] => (self.names.counter(self.kernel, *induction, self.loops), args),
            [] => (String::new(), &[][..]),
        };
        let [lower, upper, step] = range.map(|value| self.v(value).to_owned());
        let mut head = format!("scf.for {induction} = {lower} to {upper} step {step}");
        if !args.is_empty() {
            let types = self.types(init);
            head += &format!(" iter_args({}) -> ({types})", self.bindings(args, init));
        }
        let results = self.results(op);
        self.open(&format!("{results}{head} {{"));
        self.loops += 1;
        self.region(body, &op.loc);
        self.loops -= 1;
        let names = self.names_of(body.args.iter());
        self.line(&format!("}}{names}"), &op.loc);
    }

    pub(super) fn while_loop(&mut self, init: &[Value], before: &Block, cond: Value, after: &Block, op: &Op) {
        let bindings = self.bindings(&before.args, init);
        let bindings = if bindings.is_empty() { bindings } else { format!("({bindings}) ") };
        let (from, to) = (self.types(init), self.types(&before.yields));
        let results = self.results(op);
        self.open(&format!("{results}scf.while {bindings}: ({from}) -> ({to}) {{"));
        self.indent += 2;
        self.ops(before);
        let handed =
            if before.yields.is_empty() { String::new() } else { format!(" {} : {to}", self.vs(&before.yields)) };
        let condition = format!("scf.condition({}){handed}", self.v(cond));
        self.line(&condition, &op.loc);
        self.indent -= 2;
        self.open("} do {");
        if !after.args.is_empty() {
            let kernel = self.kernel;
            let args: Vec<String> = after
                .args
                .iter()
                .map(|&arg| format!("{}: {}", self.names.define(kernel, arg), kernel.ty(arg)))
                .collect();
            self.open(&format!("^bb0({}):", comma(args)));
        }
        self.region(after, &op.loc);
        if after.yields.is_empty() {
            // Here MLIR wants it written.
            self.line("  scf.yield", &op.loc);
        }
        let names = self.names_of(before.args.iter().chain(&after.args));
        // Here MLIR wants a word before them.
        let attributes = if names.is_empty() { names } else { format!(" attributes{names}") };
        self.line(&format!("}}{attributes}"), &op.loc);
    }

    pub(super) fn branch(&mut self, cond: Value, then: &Block, otherwise: &Block, op: &Op) {
        let cond = self.v(cond).to_owned();
        let types = self.types(&op.results);
        let types = if types.is_empty() { types } else { format!(" -> ({types})") };
        let results = self.results(op);
        self.open(&format!("{results}scf.if {cond}{types} {{"));
        self.region(then, &op.loc);
        if !otherwise.ops.is_empty() || !otherwise.yields.is_empty() {
            self.open("} else {");
            self.region(otherwise, &op.loc);
        }
        let names = self.names_of(op.results.iter());
        self.line(&format!("}}{names}"), &op.loc);
    }

    /// An attribute with the user's names for values of a loop or branch; empty if there are none.
    fn names_of<'v>(&self, values: impl Iterator<Item = &'v Value>) -> String {
        let names: Vec<&str> = values.map(|&value| self.variable(value).unwrap_or("")).collect();
        if names.iter().all(|name| name.is_empty()) {
            return String::new();
        }
        format!(" {{tenfold.names = [{}]}}", comma(names.into_iter().map(quoted)))
    }
}
