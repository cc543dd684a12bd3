//! Blocks, phis and jumps.

use std::collections::BTreeMap;

use tile_ir::{BinaryOp, Predicate, Type, Value};

use super::{Lifted, Lifter, Lifting, types};
use crate::cfg::graph::Graph;
use crate::cfg::{Edge, Term};
use crate::errors::Problem;
use crate::llvm::{Block, Constant, Op, TypeKind, Value as LlvmValue};

/// A block to lift: its phis with their block arguments.
struct Plan<'m> {
    block: Block<'m>,
    /// One value each; two for the result of checked arithmetic.
    phis: Vec<(LlvmValue<'m>, Vec<Value>)>,
}

impl<'m> Lifter<'_, 'm> {
    /// Lifts all reachable blocks. Returns them in the order of execution.
    pub(super) fn blocks(&mut self) -> Vec<Block<'m>> {
        let blocks = self.function.blocks();
        let index: BTreeMap<Block<'m>, usize> = blocks.iter().enumerate().map(|(i, &block)| (block, i)).collect();
        let successors = blocks.iter().map(|block| {
            let terminator = block.instructions().pop();
            terminator.map_or(Vec::new(), |t| t.successors().iter().map(|to| index[to]).collect())
        });
        let order = Graph::new(successors.collect()).reverse_postorder(0);
        let number: BTreeMap<Block<'m>, usize> = order.iter().enumerate().map(|(i, &b)| (blocks[b], i)).collect();
        let mut plans = Vec::new();
        for &i in &order {
            let plan = self.plan(blocks[i]);
            plans.push(plan);
        }
        for (i, plan) in plans.iter().enumerate() {
            self.at = i;
            let mut instructions = plan.block.instructions();
            instructions.pop();
            for inst in instructions {
                self.loc = self.locator.of(inst);
                let lifted = self.instruction(inst);
                self.settle(inst, lifted);
            }
        }
        // Jumps last: their values may be defined later.
        for (i, plan) in plans.iter().enumerate() {
            self.at = i;
            let Some(terminator) = plan.block.instructions().pop() else {
                continue;
            };
            self.loc = self.locator.of(terminator);
            self.cfg.blocks[i].loc = self.loc.clone();
            if let Err(Some(problem)) = self.terminator(terminator, plan, &plans, &number) {
                self.report(problem, self.loc.clone());
            }
        }
        plans.into_iter().map(|plan| plan.block).collect()
    }

    /// Makes a block and its arguments.
    fn plan(&mut self, block: Block<'m>) -> Plan<'m> {
        let mut phis = Vec::new();
        for inst in block.instructions() {
            if inst.opcode() != Some(Op::LLVMPHI) {
                break;
            }
            self.loc = self.locator.of(inst);
            let pointer = inst.type_kind() == TypeKind::LLVMPointerTypeKind;
            if let Some(bits @ ..=64) = inst.checked_width() {
                let result = self.cfg.value(Type::scalar(types::carrier(bits)));
                let overflow = self.cfg.value(Type::BOOL);
                self.values.insert(inst, Lifted::Checked(result, overflow));
                phis.push((inst, vec![result, overflow]));
                continue;
            }
            let ty = match self.tiles.get(&inst) {
                Some(ty) => Ok(*ty),
                // Without a tile among its inputs it has no value that could be used.
                None if pointer => continue,
                None => types::scalar(inst),
            };
            match ty {
                Ok(ty) => {
                    let value = self.cfg.value(ty);
                    self.values.insert(inst, Lifted::Value(value));
                    phis.push((inst, vec![value]));
                }
                Err(problem) => {
                    self.report(problem, self.loc.clone());
                    self.values.insert(inst, Lifted::Refused);
                }
            }
        }
        self.cfg.block(phis.iter().flat_map(|(_, values)| values).copied().collect(), self.loc.clone());
        Plan { block, phis }
    }

    /// Records what an instruction became, or why it was refused.
    fn settle(&mut self, inst: LlvmValue<'m>, lifted: Lifting<Option<Lifted>>) {
        match lifted {
            Ok(None) => {}
            Ok(Some(lifted)) => {
                self.values.insert(inst, lifted);
            }
            Err(problem) => {
                if let Some(problem) = problem {
                    self.report(problem, self.loc.clone());
                }
                self.values.insert(inst, Lifted::Refused);
            }
        }
    }

    fn terminator(
        &mut self,
        inst: LlvmValue<'m>,
        from: &Plan<'m>,
        plans: &[Plan<'m>],
        number: &BTreeMap<Block<'m>, usize>,
    ) -> Lifting<()> {
        let targets = inst.successors();
        let edges = targets.iter().map(|to| self.jump(from.block, &plans[number[to]], number[to]));
        let edges = edges.collect::<Lifting<Vec<Edge>>>()?;
        let operands = inst.operands();
        let term = match (inst.opcode(), edges.as_slice()) {
            (Some(Op::LLVMRet), _) => Term::Return,
            (Some(Op::LLVMUnreachable), _) => Term::Unreachable,
            (Some(Op::LLVMBr), [edge]) => Term::Jump(edge.clone()),
            (Some(Op::LLVMBr), [then, otherwise]) => {
                let cond = self.value(operands[0])?;
                Term::Branch { cond, then: then.clone(), otherwise: otherwise.clone() }
            }
            (Some(Op::LLVMSwitch), [default, cases @ ..]) => {
                let value = self.value(operands[0])?;
                return self.switch(value, &inst.switch_values(), default, cases);
            }
            _ => {
                return Err(Some(Problem::Operation { name: "exception handling".into() }));
            }
        };
        self.cfg.blocks[self.at].term = term;
        Ok(())
    }

    /// The jump from `from` to a block, with what its phis take.
    fn jump(&mut self, from: Block<'m>, to: &Plan<'m>, number: usize) -> Lifting<Edge> {
        let mut args = Vec::new();
        for (phi, values) in &to.phis {
            let ty = self.cfg.ty(values[0]);
            let incoming = phi.incoming().into_iter().find(|(block, _)| *block == from);
            let Some((_, incoming)) = incoming else {
                return Err(Some(Problem::UninitialisedTile));
            };
            let unset = match incoming.constant() {
                Some(Constant::Undefined | Constant::Null) => true,
                Some(Constant::Int(_) | Constant::Float(_) | Constant::Other) => false,
                // A phi that no tile reaches.
                None => incoming.opcode() == Some(Op::LLVMPHI) && !self.values.contains_key(&incoming),
            };
            if unset {
                for &value in values {
                    args.push(self.cfg.zero(self.cfg.ty(value), &self.loc));
                }
            } else if values.len() == 2 {
                match self.values.get(&incoming) {
                    Some(Lifted::Checked(result, overflow)) => args.extend([*result, *overflow]),
                    Some(Lifted::Refused) => return Err(None),
                    Some(Lifted::Value(_) | Lifted::View(_)) | None => {
                        return Err(Some(Problem::ValueType { text: incoming.type_text() }));
                    }
                }
            } else if ty.is_scalar() {
                args.push(self.value(incoming)?);
            } else {
                args.push(self.tile(incoming, ty)?);
            }
        }
        Ok(Edge { to: number, args })
    }

    /// A chain of branches, one for each target.
    fn switch(&mut self, value: Value, cases: &[LlvmValue<'m>], default: &Edge, edges: &[Edge]) -> Lifting<()> {
        let mut targets: Vec<(&Edge, Vec<Value>)> = Vec::new();
        for (case, edge) in cases.iter().zip(edges) {
            let number = self.value(*case)?;
            match targets.iter_mut().find(|(known, _)| *known == edge) {
                Some((_, numbers)) => numbers.push(number),
                None => targets.push((edge, vec![number])),
            }
        }
        targets.retain(|(edge, _)| *edge != default);
        // All comparisons come first: what follows may be outside of a loop that this block is in.
        let mut choices = Vec::new();
        for (edge, numbers) in targets {
            let mut cond = None;
            for number in numbers {
                let equal = self.compare(Predicate::IEq, value, number);
                cond = Some(cond.map_or(equal, |before| self.binary(BinaryOp::Or, before, equal)));
            }
            choices.extend(cond.map(|cond| (cond, edge.clone())));
        }
        self.chain(choices, default.clone());
        Ok(())
    }

    /// Branches one after the other. Every block of the chain takes all it uses as arguments, so that values leave
    /// loops through arguments only.
    fn chain(&mut self, choices: Vec<(Value, Edge)>, default: Edge) {
        let mut at = self.at;
        let (mut choices, mut default) = (choices, default);
        while !choices.is_empty() {
            let (cond, then) = choices.remove(0);
            if choices.is_empty() {
                self.cfg.blocks[at].term = Term::Branch { cond, then, otherwise: default };
                return;
            }
            let mut used: Vec<&mut Value> = default.args.iter_mut().collect();
            for (cond, edge) in &mut choices {
                used.push(cond);
                used.extend(&mut edge.args);
            }
            let mut passed: Vec<(Value, Value)> = Vec::new();
            for value in used {
                let known = passed.iter().find(|(outer, _)| *outer == *value).map(|(_, inner)| *inner);
                let inner = known.unwrap_or_else(|| {
                    let inner = self.cfg.value(self.cfg.ty(*value));
                    passed.push((*value, inner));
                    inner
                });
                *value = inner;
            }
            let (outer, inner) = passed.into_iter().unzip();
            let next = self.cfg.block(inner, self.loc.clone());
            let otherwise = Edge { to: next, args: outer };
            self.cfg.blocks[at].term = Term::Branch { cond, then, otherwise };
            at = next;
        }
        self.cfg.blocks[at].term = Term::Jump(default);
    }
}
