//! Loops and branches.

use super::{Generator, Item};
use crate::builder::KernelBuilder;
use crate::op::{CastOp, Predicate, Value};
use crate::types::{Elem, Type};

/// Deepest nesting.
const DEPTH: usize = 2;

impl Generator<'_, '_> {
    pub(super) fn control_op(&mut self, b: &mut KernelBuilder) {
        if self.depth == DEPTH {
            return;
        }
        self.depth += 1;
        match self.below(3) {
            0 => self.for_op(b),
            1 => self.while_op(b),
            _ => self.if_op(b),
        }
        self.depth -= 1;
    }

    /// Up to two values to carry. 16-bit floats are left out: they would have to stay exact.
    fn carried(&mut self, b: &mut KernelBuilder) -> Vec<Item> {
        let count = self.below(3);
        (0..count)
            .filter_map(|_| self.pick(|item| !matches!(item.ty.elem, Elem::F16 | Elem::Bf16)))
            .collect::<Vec<_>>()
            .into_iter()
            .map(|item| self.small(b, item))
            .collect()
    }

    /// What is known of carried values in and after a loop.
    fn enter(&mut self, items: &[Item], args: &[Value]) -> Vec<Item> {
        let known = |(item, &value): (&Item, &Value)| Item {
            value,
            size: item.size.max(64.0),
            exact: item.exact && item.ty.elem.is_int(),
            ..*item
        };
        items.iter().zip(args).map(known).collect()
    }

    /// Some operations and then values of the given types, small enough to be carried.
    fn body(&mut self, b: &mut KernelBuilder, items: &[Item]) -> Vec<Value> {
        let steps = 1 + self.below(4);
        self.steps(b, steps as u32);
        self.yields(b, items)
    }

    fn yields(&mut self, b: &mut KernelBuilder, items: &[Item]) -> Vec<Value> {
        let yields: Vec<Item> = items.iter().map(|item| self.make(b, item.ty)).collect();
        yields.into_iter().map(|item| self.small(b, item).value).collect()
    }

    fn for_op(&mut self, b: &mut KernelBuilder) {
        let items = self.carried(b);
        let init: Vec<Value> = items.iter().map(|item| item.value).collect();
        let (lower, step, count) = (self.below(4) as i64 - 1, 1 + self.below(3) as i64, self.below(6) as i64);
        let (lower, step) = (b.index(lower), b.index(step));
        let upper = match self.pick(|item| item.ty == Type::I32 && item.value == Value(0)) {
            // The parameter `position`, the first value, is below 8.
            Some(position) if self.flip() => b.cast(CastOp::IndexU, position.value, Elem::Index),
            Some(_) | None => b.index(count),
        };
        let scope = self.pool.len();
        let last = b.for_loop(lower, upper, step, &init, |b, i, args| {
            self.push(b, i);
            let args = self.enter(&items, args);
            self.pool.extend(args);
            let yields = self.body(b, &items);
            self.pool.truncate(scope);
            yields
        });
        let last = self.enter(&items, &last);
        self.pool.extend(last);
    }

    fn while_op(&mut self, b: &mut KernelBuilder) {
        let items = self.carried(b);
        let zero = b.int(Elem::I32, 0);
        let limit = self.below(4) as i64;
        let limit = b.int(Elem::I32, limit);
        let init: Vec<Value> = [zero].into_iter().chain(items.iter().map(|item| item.value)).collect();
        let scope = self.pool.len();
        let last = b.while_loop(
            &init,
            |b, args| (b.compare(Predicate::SLt, args[0], limit), args.to_vec()),
            |b, args| {
                self.push(b, args[0]);
                let carried = self.enter(&items, &args[1..]);
                self.pool.extend(carried);
                let mut yields = self.body(b, &items);
                let one = b.int(Elem::I32, 1);
                yields.insert(0, b.add(args[0], one));
                self.pool.truncate(scope);
                yields
            },
        );
        self.push(b, last[0]);
        let last = self.enter(&items, &last[1..]);
        self.pool.extend(last);
    }

    fn if_op(&mut self, b: &mut KernelBuilder) {
        let cond = self.condition(b);
        let items = self.carried(b);
        let scope = self.pool.len();
        // Both branches are built from the same generator, one after the other.
        let shared = std::cell::RefCell::new(self);
        let branch = |b: &mut KernelBuilder| {
            let mut this = shared.borrow_mut();
            let yields = this.body(b, &items);
            this.pool.truncate(scope);
            yields
        };
        let last = b.if_else(cond, branch, branch);
        let mut this = shared.borrow_mut();
        let last = this.enter(&items, &last);
        this.pool.extend(last);
    }
}
