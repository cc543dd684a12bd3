//! Joining several jumps to different places into jumps to one place.
//!
//! A multiplexer is a block whose arguments say where to go on (a selector) and with which values; the jumps go to it
//! instead, and it ends in a chain of branches on the selector.

use tile_ir::{Elem, Loc, Number, OpKind, Predicate, Type, Value};

use super::{Cfg, Edge, EdgeRef, Term};

impl Cfg {
    /// Redirects `edges` (to the given `targets`, at least two) to a new multiplexer. Returns its block and all blocks
    /// made, itself first.
    pub(super) fn multiplex(&mut self, edges: &[EdgeRef], targets: &[usize], loc: &Loc) -> (usize, Vec<usize>) {
        let selector_type = if targets.len() == 2 { Type::BOOL } else { Type::scalar(Elem::I32) };
        let selector = self.value(selector_type);
        let mut args = vec![selector];
        let mut forwarded = Vec::new();
        for &target in targets {
            let types: Vec<Type> = self.blocks[target].args.iter().map(|&arg| self.ty(arg)).collect();
            let values: Vec<Value> = types.into_iter().map(|ty| self.value(ty)).collect();
            args.extend(&values);
            forwarded.push(Edge { to: target, args: values });
        }
        let mux = self.block(args.clone(), loc.clone());
        for &edge in edges {
            self.redirect(edge, mux, targets, &forwarded, &args, loc);
        }
        let made = self.dispatch(mux, selector, forwarded, loc);
        (mux, made)
    }

    fn redirect(&mut self, at: EdgeRef, mux: usize, targets: &[usize], forwarded: &[Edge], args: &[Value], loc: &Loc) {
        let old = self.edge(at).clone();
        let Some(choice) = targets.iter().position(|&target| target == old.to) else { return };
        let selector_type = self.ty(args[0]);
        // With two targets the selector is a truth value: true for the first.
        let number = if targets.len() == 2 { i64::from(choice == 0) } else { choice as i64 };
        let mut values = vec![self.constant(selector_type, Number::Int(number), loc)];
        for (i, edge) in forwarded.iter().enumerate() {
            if i == choice {
                values.extend(&old.args);
            } else {
                let types: Vec<Type> = edge.args.iter().map(|&arg| self.ty(arg)).collect();
                values.extend(types.into_iter().map(|ty| self.zero(ty, loc)).collect::<Vec<_>>());
            }
        }
        *self.edge_mut(at) = Edge { to: mux, args: values };
    }

    /// Ends `mux` in a chain of branches on the selector; `targets` are at least two.
    fn dispatch(&mut self, mux: usize, selector: Value, mut targets: Vec<Edge>, loc: &Loc) -> Vec<usize> {
        let mut made = vec![mux];
        let truth = targets.len() == 2;
        let Some(last) = targets.pop() else { return made };
        let count = targets.len();
        let mut at = mux;
        for (i, then) in targets.into_iter().enumerate() {
            let cond = if truth { selector } else { self.compare_selector(at, selector, i, loc) };
            let otherwise = if i + 1 == count {
                last.clone()
            } else {
                made.push(self.block(Vec::new(), loc.clone()));
                Edge { to: self.blocks.len() - 1, args: Vec::new() }
            };
            let next = otherwise.to;
            self.blocks[at].term = Term::Branch { cond, then, otherwise };
            at = next;
        }
        made
    }

    fn compare_selector(&mut self, at: usize, selector: Value, choice: usize, loc: &Loc) -> Value {
        let number = self.constant(self.ty(selector), Number::Int(choice as i64), loc);
        let cond = self.value(Type::BOOL);
        let kind = OpKind::Compare(Predicate::IEq, selector, number);
        self.blocks[at].ops.push(tile_ir::Op { kind, results: vec![cond], loc: loc.clone() });
        cond
    }
}
