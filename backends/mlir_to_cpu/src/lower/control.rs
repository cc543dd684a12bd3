//! Loops and branches of the program.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder};
use tile_ir::{Block, Op, OpKind, Value};

use super::access::Mem;
use super::nest::block_args;
use super::{Lower, Result};
use crate::plan::{BufferId, Place};

/// Scratch memory of a carried tile: this iteration's and the next one's.
type Pair = Option<(ir::Value, ir::Value)>;

impl Lower<'_, '_> {
    /// Address of a piece of scratch memory.
    pub(crate) fn buffer(&mut self, id: BufferId) -> ir::Value {
        let offset = self.plan.buffers[id.0].offset;
        let offset = self.long(offset as i64);
        self.b.ins().iadd(self.scratch, offset)
    }

    fn mem_at(&self, value: Value, base: ir::Value) -> Mem {
        let ty = self.kernel.ty(value);
        Mem::tile(base, ty.elem, &ty.shape, false)
    }

    /// The machine value of a one-element value, computed now if it is not yet.
    fn element(&mut self, value: Value) -> Result<ir::Value> {
        let pos = self.origin(value);
        Ok(self.eval(value, &pos)?.parts[0])
    }

    /// Hands `value` to the place of `target`: as a machine value, or by copying it to the target's buffer.
    fn pass(&mut self, value: Value, target: Value) -> Result<Option<ir::Value>> {
        if let Place::Buffer(id) = self.plan.places[target.index()] {
            let base = self.buffer(id);
            let mem = self.mem_at(target, base);
            self.copy(value, mem)?;
            return Ok(None);
        }
        self.element(value).map(Some)
    }

    fn pass_all(&mut self, values: &[Value], targets: &[Value]) -> Result<Vec<ir::Value>> {
        let mut passed = Vec::new();
        for (&value, &target) in values.iter().zip(targets) {
            passed.extend(self.pass(value, target)?);
        }
        Ok(passed)
    }

    /// Makes `targets` known: those with a buffer live there, the others are the next machine values.
    fn receive(&mut self, targets: &[Value], values: &[ir::Value]) {
        let mut values = values.iter();
        for &target in targets {
            if let Place::Buffer(id) = self.plan.places[target.index()] {
                self.mem[target.index()] = Some(self.buffer(id));
            } else {
                self.ssa[target.index()] = values.next().copied();
            }
        }
    }

    /// A counted loop. A carried tile alternates between two buffers, whose addresses are carried.
    pub(crate) fn lower_for(&mut self, op: &Op) -> Result<()> {
        let OpKind::For { lower, upper, step, init, body } = &op.kind else {
            return Ok(());
        };
        let (lower, upper, step) = (self.scalar(*lower)?, self.scalar(*upper)?, self.scalar(*step)?);
        let mut entering = vec![lower];
        for (&start, &result) in init.iter().zip(&op.results) {
            if let Some([first, second]) = self.plan.carries[result.index()] {
                let (now, next) = (self.buffer(first), self.buffer(second));
                let mem = self.mem_at(result, now);
                self.copy(start, mem)?;
                entering.extend([now, next]);
            } else {
                entering.push(self.element(start)?);
            }
        }
        let header = self.b.create_block();
        let inside = self.b.create_block();
        let exit = self.b.create_block();
        let params = self.params_like(header, &entering);
        self.b.ins().jump(header, &block_args(&entering));
        self.b.switch_to_block(header);
        let more = self.b.ins().icmp(IntCC::SignedLessThan, params[0], upper);
        self.b.ins().brif(more, inside, &[], exit, &[]);
        self.b.switch_to_block(inside);
        let next = self.scoped(|this| this.for_body(op, body, &params))?;
        let next_index = self.b.ins().iadd(params[0], step);
        let mut again = vec![next_index];
        again.extend(next);
        self.b.ins().jump(header, &block_args(&again));
        self.b.switch_to_block(exit);
        let mut left = params[1..].iter().copied();
        for &result in &op.results {
            if self.plan.carries[result.index()].is_some() {
                self.mem[result.index()] = left.next();
                left.next();
            } else {
                self.ssa[result.index()] = left.next();
            }
        }
        Ok(())
    }

    /// The body of a counted loop; gives the carried machine values of the next iteration.
    fn for_body(&mut self, op: &Op, body: &Block, params: &[ir::Value]) -> Result<Vec<ir::Value>> {
        let Some((&induction, args)) = body.args.split_first() else {
            return Ok(Vec::new());
        };
        self.ssa[induction.index()] = Some(params[0]);
        let mut left = params[1..].iter().copied();
        let mut pairs: Vec<Pair> = Vec::new();
        for (&arg, &result) in args.iter().zip(&op.results) {
            if self.plan.carries[result.index()].is_some() {
                let pair = left.next().zip(left.next());
                self.mem[arg.index()] = pair.map(|(now, _)| now);
                self.next[arg.index()] = pair.map(|(_, next)| next);
                pairs.push(pair);
            } else {
                self.ssa[arg.index()] = left.next();
                pairs.push(None);
            }
        }
        self.block(body)?;
        let mut again = Vec::new();
        for (&value, pair) in body.yields.iter().zip(pairs) {
            match pair {
                Some((now, next)) => {
                    if self.mem[value.index()] != Some(next) {
                        let mem = self.mem_at(value, next);
                        self.copy(value, mem)?;
                    }
                    again.extend([next, now]);
                }
                None => again.push(self.element(value)?),
            }
        }
        Ok(again)
    }

    /// A general loop. Its tiles live in two sets of buffers: the arguments of the condition part, and those of the
    /// body, which are also the results.
    pub(crate) fn lower_while(&mut self, op: &Op) -> Result<()> {
        let OpKind::While { init, before, cond, after } = &op.kind else {
            return Ok(());
        };
        let entering = self.pass_all(init, &before.args)?;
        let header = self.b.create_block();
        let inside = self.b.create_block();
        let exit = self.b.create_block();
        let params = self.params_like(header, &entering);
        self.b.ins().jump(header, &block_args(&entering));
        self.b.switch_to_block(header);
        self.receive(&before.args, &params);
        let (passed, cond) = self.scoped(|this| {
            this.block(before)?;
            let passed = this.pass_all(&before.yields, &after.args)?;
            Ok::<_, crate::error::Error>((passed, this.element(*cond)?))
        })?;
        self.b.ins().brif(cond, inside, &[], exit, &[]);
        self.b.switch_to_block(inside);
        self.receive(&after.args, &passed);
        let again = self.scoped(|this| {
            this.block(after)?;
            this.pass_all(&after.yields, &before.args)
        })?;
        self.b.ins().jump(header, &block_args(&again));
        self.b.switch_to_block(exit);
        self.receive(&op.results, &passed);
        Ok(())
    }

    /// Two branches; tiles they yield are written to the results' buffers.
    pub(crate) fn lower_if(&mut self, op: &Op) -> Result<()> {
        let OpKind::If { cond, then, otherwise } = &op.kind else {
            return Ok(());
        };
        let cond = self.scalar(*cond)?;
        let arm = |this: &mut Self, block: &Block| {
            this.block(block)?;
            this.pass_all(&block.yields, &op.results)
        };
        let values = self.branch(cond, &mut |this| arm(this, then), &mut |this| arm(this, otherwise))?;
        self.receive(&op.results, &values);
        Ok(())
    }
}
