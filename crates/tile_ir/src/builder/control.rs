//! Loops and branches, their regions built by closures.

use super::KernelBuilder;
use crate::op::{Block, OpKind, Value};
use crate::types::Type;

impl KernelBuilder {
    /// Builds a block with arguments of these types; `f` gets them and returns what the block yields.
    pub fn block(&mut self, args: &[Type], f: impl FnOnce(&mut Self, &[Value]) -> Vec<Value>) -> Block {
        let args: Vec<Value> = args.iter().map(|&ty| self.kernel.new_value(ty)).collect();
        self.open.push(Block { args: args.clone(), ..Block::default() });
        let yields = f(self, &args);
        let mut block = self.open.pop().unwrap_or_default();
        block.yields = yields;
        block
    }

    fn types(&self, values: &[Value]) -> Vec<Type> {
        values.iter().map(|&value| self.ty(value)).collect()
    }

    /// Counted loop. `f` gets the induction variable and the carried values, and returns the next ones; the result is
    /// the last ones.
    pub fn for_loop(
        &mut self,
        lower: Value,
        upper: Value,
        step: Value,
        init: &[Value],
        f: impl FnOnce(&mut Self, Value, &[Value]) -> Vec<Value>,
    ) -> Vec<Value> {
        let carried = self.types(init);
        let args: Vec<Type> = [Type::INDEX].into_iter().chain(carried.iter().copied()).collect();
        let body = self.block(&args, |b, args| f(b, args[0], &args[1..]));
        self.op(OpKind::For { lower, upper, step, init: init.to_vec(), body }, &carried)
    }

    /// General loop. `before` gets the carried values and returns the condition and what it hands on; `after` gets that
    /// and returns the next carried values.
    pub fn while_loop(
        &mut self,
        init: &[Value],
        before: impl FnOnce(&mut Self, &[Value]) -> (Value, Vec<Value>),
        after: impl FnOnce(&mut Self, &[Value]) -> Vec<Value>,
    ) -> Vec<Value> {
        let carried = self.types(init);
        let mut cond = None;
        let before = self.block(&carried, |b, args| {
            let (value, yields) = before(b, args);
            cond = Some(value);
            yields
        });
        let handed = self.types(&before.yields);
        let after = self.block(&handed, after);
        // The closure always ran, so the value is there; an impossible one would be found by the validator.
        let cond = cond.unwrap_or(Value(u32::MAX));
        self.op(OpKind::While { init: init.to_vec(), before, cond, after }, &handed)
    }

    /// Branch; both sides yield values of the same types.
    pub fn if_else(
        &mut self,
        cond: Value,
        then: impl FnOnce(&mut Self) -> Vec<Value>,
        otherwise: impl FnOnce(&mut Self) -> Vec<Value>,
    ) -> Vec<Value> {
        let then = self.block(&[], |b, _| then(b));
        let otherwise = self.block(&[], |b, _| otherwise(b));
        let types = self.types(&then.yields);
        self.op(OpKind::If { cond, then, otherwise }, &types)
    }

    /// Branch without results or alternative.
    pub fn when(&mut self, cond: Value, then: impl FnOnce(&mut Self)) {
        self.if_else(
            cond,
            |b| {
                then(b);
                Vec::new()
            },
            |_| Vec::new(),
        );
    }
}
