//! Joining several jumps to different places into jumps to one place.
//!
//! A multiplexer is a block whose arguments say where to go on (a selector) and with which values; the jumps go to it
//! instead, and it ends in a chain of branches on the selector. Since one target is chosen, arguments of different
//! targets share places by type.

use tile_ir::{Elem, Loc, Number, OpKind, Predicate, Type, Value};

use super::{Cfg, Edge, EdgeRef, Term};

impl Cfg {
    /// Redirects `edges` (to the given `targets`, at least two) to a new multiplexer. Returns its block and all blocks
    /// made, itself first.
    pub(super) fn multiplex(&mut self, edges: &[EdgeRef], targets: &[usize], loc: &Loc) -> (usize, Vec<usize>) {
        let selector_type = if targets.len() == 2 { Type::BOOL } else { Type::scalar(Elem::I32) };
        let selector = self.nameless(selector_type);
        let mut args = vec![selector];
        let mut places = Vec::new();
        for &target in targets {
            let types: Vec<Type> = self.blocks[target].args.iter().map(|&arg| self.ty(arg)).collect();
            let chosen = places_for(&types, 1, &mut |at, ty| self.place(&mut args, at, ty));
            places.push(chosen);
        }
        let mux = self.block(args.clone(), loc.clone());
        for &edge in edges {
            self.redirect(edge, mux, targets, &places, loc);
        }
        let forward =
            |(&to, places): (&usize, &Vec<usize>)| Edge { to, args: places.iter().map(|&i| args[i]).collect() };
        let forwarded = targets.iter().zip(&places).map(forward).collect();
        let made = self.dispatch(mux, selector, forwarded, loc);
        (mux, made)
    }

    /// Whether place `at` has this type; makes it if it is the next one.
    fn place(&mut self, args: &mut Vec<Value>, at: usize, ty: Type) -> bool {
        if at == args.len() {
            args.push(self.nameless(ty));
        }
        self.ty(args[at]) == ty
    }

    fn redirect(&mut self, at: EdgeRef, mux: usize, targets: &[usize], places: &[Vec<usize>], loc: &Loc) {
        let old = self.edge(at).clone();
        let Some(choice) = targets.iter().position(|&target| target == old.to) else {
            return;
        };
        let types: Vec<Type> = self.blocks[mux].args.iter().map(|&arg| self.ty(arg)).collect();
        // With two targets the selector is a truth value: true for the first.
        let number = if targets.len() == 2 { i64::from(choice == 0) } else { choice as i64 };
        let mut values = vec![self.constant(types[0], Number::Int(number), loc)];
        for (i, &ty) in types.iter().enumerate().skip(1) {
            let given = places[choice].iter().position(|&place| place == i);
            values.push(match given {
                Some(argument) => old.args[argument],
                None => self.zero(ty, loc),
            });
        }
        *self.edge_mut(at) = Edge { to: mux, args: values };
    }

    /// Ends `mux` in a chain of branches on the selector; `targets` are at least two.
    fn dispatch(&mut self, mux: usize, selector: Value, mut targets: Vec<Edge>, loc: &Loc) -> Vec<usize> {
        let mut made = vec![mux];
        let truth = targets.len() == 2;
        let Some(last) = targets.pop() else {
            return made;
        };
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

/// A different place for each type, from `first` on. `fits` says whether a place has a type; asked for the place after
/// the last, it makes one.
pub(super) fn places_for(types: &[Type], first: usize, fits: &mut dyn FnMut(usize, Type) -> bool) -> Vec<usize> {
    let mut chosen = Vec::new();
    for &ty in types {
        let mut at = first;
        while chosen.contains(&at) || !fits(at, ty) {
            at += 1;
        }
        chosen.push(at);
    }
    chosen
}
