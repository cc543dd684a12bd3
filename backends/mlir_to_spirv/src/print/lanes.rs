//! What threads do together: barriers, reductions over lanes.

use std::collections::BTreeSet;

use lower_simt::ir::{Builtin, Expr, Scalar, Var};
use spirv::{BuiltIn, GlslStd450Op as GLOp, Op, StorageClass};
use tile_ir::ReduceOp;

use super::{Printer, head};
use crate::asm::{Id, Inst, Operand, Ty};
use crate::types::register;

/// The scope of a workgroup. SPIR-V specification, Scope.
const WORKGROUP: u32 = 2;
/// The scope of a subgroup.
const SUBGROUP: u32 = 3;
/// Acquire and release. SPIR-V specification, Memory Semantics.
const ACQUIRE_RELEASE: u32 = 0x8;
/// Memory of views.
const VIEWS: u32 = 0x40;
/// Shared arrays.
const SHARED: u32 = 0x100;

/// Lanes of a subgroup of lane programs.
const LANES: u32 = 32;

impl Printer<'_> {
    pub(super) fn barrier(&mut self, global: bool, shared: bool) {
        let semantics = ACQUIRE_RELEASE | if global { VIEWS } else { 0 } | if shared { SHARED } else { 0 };
        let (scope, semantics) = (self.module.uint(WORKGROUP), self.module.uint(semantics));
        self.run(Op::ControlBarrier, [scope.into(), scope.into(), semantics.into()]);
    }

    /// Numbers of the thread, its subgroup of 32 and its lane in that.
    pub(super) fn thread_numbers(&mut self, used: &BTreeSet<Builtin>) {
        if ![Builtin::Thread, Builtin::Lane, Builtin::Subgroup].iter().any(|builtin| used.contains(builtin)) {
            return;
        }
        let uint = self.module.ty(Ty::Uint);
        let mut thread = self.input(BuiltIn::LocalInvocationIndex, uint, "invocation");
        if head::exchanges(self.kernel) {
            // Which invocations form a subgroup is the device's choice.
            let subgroup = self.input(BuiltIn::SubgroupId, uint, "subgroup_id");
            let lane = self.input(BuiltIn::SubgroupLocalInvocationId, uint, "subgroup_lane");
            let size = self.subgroup_size();
            let one = self.module.uint(1);
            let some = self.module.specialized_op(Ty::Bool, Op::UGreaterThan, &[size, one], "has_subgroups");
            let before = self.op(Op::IMul, Ty::Uint, &[subgroup, size]);
            let dealt = self.op(Op::IAdd, Ty::Uint, &[before, lane]);
            thread = self.choose(Ty::Uint, some, dealt, thread);
        }
        self.module.rename(thread, "thread");
        self.builtins.insert(Builtin::Thread, thread);
        if used.contains(&Builtin::Lane) {
            let mask = self.module.uint(LANES - 1);
            let lane = self.op(Op::BitwiseAnd, Ty::Uint, &[thread, mask]);
            self.module.rename(lane, "lane");
            self.builtins.insert(Builtin::Lane, lane);
        }
        if used.contains(&Builtin::Subgroup) {
            let bits = self.module.uint(LANES.ilog2());
            let warp = self.op(Op::ShiftRightLogical, Ty::Uint, &[thread, bits]);
            self.module.rename(warp, "warp");
            self.builtins.insert(Builtin::Subgroup, warp);
        }
    }

    /// The number of lanes that the device says.
    fn subgroup_size(&mut self) -> Id {
        self.module.specialized("SubgroupSize", crate::SUBGROUP_SIZE, 1)
    }

    pub(super) fn lane_reduce(&mut self, var: Var, index: Option<&Expr>, op: ReduceOp, lanes: u32) {
        let scalar = self.kernel.vars.get(var.0 as usize).map_or(Scalar::Bool, |data| data.scalar);
        let float = match op {
            ReduceOp::Add => scalar == Scalar::F32,
            ReduceOp::MinF | ReduceOp::MaxF => true,
            ReduceOp::MinS | ReduceOp::MaxS | ReduceOp::MinU | ReduceOp::MaxU => false,
        };
        let takes = match scalar {
            Scalar::F32 => float,
            Scalar::I32 | Scalar::I64 => !float,
            Scalar::Bool | Scalar::I8 => false,
        };
        if !takes || !matches!(lanes, 2 | 4 | 8 | 16 | 32) {
            return self.fail(format!("{op:?} of {scalar:?} over {lanes} lanes"));
        }
        let Some((pointer, ty)) = self.target(var, index) else { return };
        let value = self.read(pointer, ty);
        let name = format!("lane_{}_{}_{lanes}", verb(op), ty.name());
        let thread = self.builtins[&Builtin::Thread];
        let value = self.call(&name, (ty, &[ty, Ty::Uint]), &[value, thread], |printer, args| {
            printer.reduction(op, register(scalar), lanes, args[0], args[1])
        });
        self.write(pointer, value);
    }

    /// The body of a reduction: lanes of one subgroup exchange values; the results of several subgroups meet in shared memory.
    fn reduction(&mut self, op: ReduceOp, ty: Ty, lanes: u32, mut value: Id, thread: Id) -> Id {
        let (size, scope) = (self.subgroup_size(), self.module.uint(SUBGROUP));
        let zero = self.module.uint(0);
        let mut distance = lanes / 2;
        while distance > 0 {
            let id = self.module.uint(distance);
            let within =
                self.module.specialized_op(Ty::Bool, Op::ULessThan, &[id, size], &format!("within_{distance}"));
            let mask =
                self.module.specialized_op(Ty::Uint, Op::Select, &[within, id, zero], &format!("distance_{distance}"));
            let other = self.op(Op::GroupNonUniformShuffleXor, ty, &[scope, value, mask]);
            let both = self.combined(op, ty, value, other);
            value = self.choose(ty, within, both, value);
            distance /= 2;
        }
        let all = self.module.uint(lanes);
        let several =
            self.module.specialized_op(Ty::Bool, Op::ULessThan, &[size, all], &format!("subgroups_share_{lanes}"));
        let (exchange, done) = (self.label("exchange"), self.label("done"));
        let alone = self.block;
        self.split(several, exchange, done, done);
        self.enter(exchange);
        self.function.deeper();
        let met = self.meet(op, ty, lanes, value, thread);
        let last = self.block;
        self.jump(done);
        self.function.shallower();
        self.enter(done);
        let ty = self.module.ty(ty);
        self.typed(Op::Phi, ty, [value.into(), alone.into(), met.into(), last.into()])
    }

    /// Combines the values of every `SubgroupSize`-th of `lanes` threads, in their order.
    fn meet(&mut self, op: ReduceOp, ty: Ty, lanes: u32, value: Id, thread: Id) -> Id {
        let array = self.exchange_array(ty);
        // Others may still read the last values.
        self.barrier(false, true);
        let own = self.element(StorageClass::Workgroup, array, ty, thread);
        self.write(own, value);
        self.barrier(false, true);
        let (size, mask, all) = (self.subgroup_size(), self.module.uint(!(lanes - 1)), self.module.uint(lanes));
        let first = self.op(Op::BitwiseAnd, Ty::Uint, &[thread, mask]);
        let end = self.op(Op::IAdd, Ty::Uint, &[first, all]);
        let start = self.element(StorageClass::Workgroup, array, ty, first);
        let start = self.read(start, ty);
        let second = self.op(Op::IAdd, Ty::Uint, &[first, size]);
        let [head, body, next, out] = ["parts", "part", "next_part", "no_part"].map(|name| self.label(name));
        let (before, ty_id, uint) = (self.block, self.module.ty(ty), self.module.ty(Ty::Uint));
        let (sum, at_next) = (self.module.fresh(), self.module.fresh());
        self.jump(head);
        self.enter(head);
        let spot = self.function.spot();
        let at = self.typed(Op::Phi, uint, [second.into(), before.into(), at_next.into(), next.into()]);
        let more = self.op(Op::ULessThan, Ty::Bool, &[at, end]);
        self.run(Op::LoopMerge, [out.into(), next.into(), Operand::none()]);
        self.run(Op::BranchConditional, [more.into(), body.into(), out.into()]);
        self.enter(body);
        let part = self.element(StorageClass::Workgroup, array, ty, at);
        let part = self.read(part, ty);
        let both = self.combined(op, ty, sum, part);
        self.jump(next);
        self.enter(next);
        self.name_result(Op::IAdd, uint, at_next, [at.into(), size.into()]);
        self.jump(head);
        self.enter(out);
        let parents = vec![start.into(), before.into(), both.into(), next.into()];
        self.function.insert(spot, Inst::result(Op::Phi, Some(ty_id), sum, parents));
        sum
    }

    /// The array through which lanes exchange values of a type: one for each thread.
    fn exchange_array(&mut self, ty: Ty) -> Id {
        let name = ty.name();
        if let Some((id, _)) = self.exchange.get(name) {
            return *id;
        }
        let array = self.module.array(ty, self.kernel.threads);
        let id = self.module.variable(StorageClass::Workgroup, array, &format!("exchange_{name}"));
        self.module.show(id);
        self.exchange.insert(name, (id, u64::from(self.kernel.threads * ty.bytes())));
        id
    }

    fn combined(&mut self, op: ReduceOp, ty: Ty, x: Id, y: Id) -> Id {
        match op {
            ReduceOp::Add if ty == Ty::Float => self.float_op(Op::FAdd, &[x, y]),
            ReduceOp::Add => self.op(Op::IAdd, ty, &[x, y]),
            ReduceOp::MinF => self.glsl(GLOp::NMin, ty, &[x, y]),
            ReduceOp::MaxF => self.glsl(GLOp::NMax, ty, &[x, y]),
            ReduceOp::MinS => self.extreme(GLOp::SMin, Op::SLessThan, ty, x, y),
            ReduceOp::MaxS => self.extreme(GLOp::SMax, Op::SGreaterThan, ty, x, y),
            ReduceOp::MinU => self.extreme(GLOp::UMin, Op::ULessThan, ty, x, y),
            ReduceOp::MaxU => self.extreme(GLOp::UMax, Op::UGreaterThan, ty, x, y),
        }
    }
}

const fn verb(op: ReduceOp) -> &'static str {
    match op {
        ReduceOp::Add => "sum",
        ReduceOp::MinF => "min",
        ReduceOp::MaxF => "max",
        ReduceOp::MinS => "smin",
        ReduceOp::MaxS => "smax",
        ReduceOp::MinU => "umin",
        ReduceOp::MaxU => "umax",
    }
}
