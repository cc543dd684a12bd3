//! Runs one program: the environment, dispatch, control flow, limits.

use super::launch::{Binding, Options, Outcome, owned};
use super::memory::{Bound, Memory, Place, State};
use super::trap::{Trap, TrapKind};
use super::value::Val;
use super::{cast, contract, elementwise, reduce, shape};
use crate::kernel::{Kernel, Loc, ParamKind};
use crate::op::{Block, Index, Op, OpKind, Value, ViewId};
use crate::types::Type;

/// The state of a launch.
pub(super) struct Machine<'a> {
    kernel: &'a Kernel,
    params: Vec<Binding<'a>>,
    options: Options,
    /// The running program.
    id: [u64; 3],
    /// What each value holds, if it was computed yet.
    env: Vec<Option<Val>>,
    /// Steps left.
    fuel: u64,
    /// Which values have room in `env`.
    reserved: Vec<bool>,
    /// Elements there is room for.
    live: u64,
}

/// Why an operation ended early.
enum Stop {
    /// Its own fault.
    Here(TrapKind),
    /// The fault of an operation in one of its regions.
    Inside(Box<Trap>),
}

impl From<TrapKind> for Stop {
    fn from(kind: TrapKind) -> Stop {
        Stop::Here(kind)
    }
}

impl From<Box<Trap>> for Stop {
    fn from(trap: Box<Trap>) -> Stop {
        Stop::Inside(trap)
    }
}

impl<'a> Machine<'a> {
    pub(super) fn new(kernel: &'a Kernel, params: Vec<Binding<'a>>, options: &Options) -> Machine<'a> {
        let env = vec![None; kernel.values.len()];
        let reserved = vec![false; kernel.values.len()];
        Machine { kernel, params, options: *options, id: [0; 3], env, fuel: options.fuel, reserved, live: 0 }
    }

    pub(super) fn outcome(&self) -> Outcome {
        let poisoned = self.params.iter().map(|param| match param {
            Binding::View(Bound { memory: Memory::Write { states, .. }, .. }) => {
                states.iter().filter(|&&state| state == State::Poison).count() as u64
            }
            Binding::View(Bound { memory: Memory::Read(_), .. }) | Binding::Scalar(..) => 0,
        });
        Outcome { steps: self.options.fuel - self.fuel, poisoned: poisoned.collect() }
    }

    /// Runs program `id` from a fresh environment.
    pub(super) fn program(&mut self, id: [u64; 3]) -> Result<(), Box<Trap>> {
        self.id = id;
        self.env.fill(None);
        self.reserved.fill(false);
        self.live = 0;
        for i in 0..self.params.len() {
            if let Binding::Scalar(scalar, value) = &self.params[i] {
                self.env[scalar.value.index()] = Some(value.clone());
            }
        }
        for i in 0..self.params.len() {
            let ParamKind::View(view) = &self.kernel.params[i].kind else {
                continue;
            };
            let part = owned(view, id, |param| match &self.params[param] {
                Binding::Scalar(_, value) => value.int(),
                Binding::View(_) => unreachable!("the validator refuses views as positions"),
            });
            if let Binding::View(Bound { memory: Memory::Write { own, .. }, .. }) = &mut self.params[i] {
                *own = part;
            }
        }
        let kernel = self.kernel;
        // A program costs a step, so that a grid of empty ones is bounded too.
        self.spend(1).map_err(|kind| self.trap(kind, &kernel.loc))?;
        self.block(&kernel.body)
    }

    fn trap(&self, kind: TrapKind, loc: &Loc) -> Box<Trap> {
        Box::new(Trap { kernel: self.kernel.name.clone(), program: Some(self.id), loc: loc.clone(), kind })
    }

    fn spend(&mut self, steps: u64) -> Result<(), TrapKind> {
        match self.fuel.checked_sub(steps) {
            Some(left) => {
                self.fuel = left;
                Ok(())
            }
            None => Err(TrapKind::Fuel(self.options.fuel)),
        }
    }

    fn get(&self, value: Value) -> &Val {
        self.env[value.index()].as_ref().expect("the validator checked that values are defined before use")
    }

    fn ints(&self, values: &[Value]) -> Vec<i64> {
        values.iter().map(|&value| self.get(value).int()).collect()
    }

    fn indices(&self, indices: &[Index]) -> Vec<i64> {
        let number = |index: &Index| match *index {
            // A static index above the largest number is a bound, clamped to the tile anyway.
            Index::Static(index) => i64::try_from(index).unwrap_or(i64::MAX),
            Index::Dynamic(value) => self.get(value).int(),
        };
        indices.iter().map(number).collect()
    }

    fn set(&mut self, value: Value, new: Val) {
        self.env[value.index()] = Some(new);
    }

    /// Makes room for values about to be set: a slot holds one value at a time.
    fn reserve(&mut self, values: &[Value]) -> Result<(), TrapKind> {
        for &value in values {
            if !std::mem::replace(&mut self.reserved[value.index()], true) {
                self.live = self.live.saturating_add(self.kernel.ty(value).shape.count());
            }
        }
        if self.live > self.options.max_elements {
            return Err(TrapKind::Elements { needed: self.live, limit: self.options.max_elements });
        }
        Ok(())
    }

    /// Sets several values at once from others (loop arguments, results): all are read before any is set.
    fn assign(&mut self, to: &[Value], from: &[Value]) -> Result<(), TrapKind> {
        self.reserve(to)?;
        let values: Vec<Val> = from.iter().map(|&value| self.get(value).clone()).collect();
        for (&value, new) in to.iter().zip(values) {
            self.set(value, new);
        }
        Ok(())
    }

    fn block(&mut self, block: &'a Block) -> Result<(), Box<Trap>> {
        block.ops.iter().try_for_each(|op| self.op(op))
    }

    fn op(&mut self, op: &'a Op) -> Result<(), Box<Trap>> {
        let done = self.begin(op).map_err(Stop::Here).and_then(|()| self.execute(op));
        match done {
            Ok(None) => Ok(()),
            Ok(Some(value)) => {
                op.results.iter().for_each(|&result| self.set(result, value.clone()));
                Ok(())
            }
            Err(Stop::Here(kind)) => Err(self.trap(kind, &op.loc)),
            Err(Stop::Inside(trap)) => Err(trap),
        }
    }

    /// Charges an operation and makes room for its results.
    fn begin(&mut self, op: &Op) -> Result<(), TrapKind> {
        self.reserve(&op.results)?;
        let count = |value: Value| self.kernel.ty(value).shape.count();
        let mut steps = 1u64;
        op.results.iter().for_each(|&value| steps = steps.saturating_add(count(value)));
        op.kind.for_each_operand(|value| steps = steps.saturating_add(count(value)));
        if let OpKind::Contract { lhs, rhs, spec, .. } = &op.kind {
            let (lhs, rhs) = (self.kernel.ty(*lhs), self.kernel.ty(*rhs));
            steps = steps.saturating_add(contract::work(spec, &lhs.shape, &rhs.shape));
        }
        self.spend(steps)
    }

    fn for_loop(&mut self, range: [Value; 3], init: &[Value], body: &'a Block, results: &[Value]) -> Result<(), Stop> {
        let [lower, upper, step] = range.map(|value| self.get(value).int());
        if step <= 0 {
            return Err(Stop::Here(TrapKind::Step(step)));
        }
        let (induction, args) = (body.args[0], &body.args[1..]);
        // Carried values wait in the results while the body runs.
        self.assign(results, init)?;
        self.reserve(&[induction])?;
        let mut next = Some(lower);
        while let Some(i) = next.filter(|&i| i < upper) {
            self.spend(1)?;
            self.set(induction, Val::Int(i));
            self.assign(args, results)?;
            self.block(body)?;
            self.assign(results, &body.yields)?;
            next = i.checked_add(step);
        }
        Ok(())
    }

    fn while_loop(
        &mut self,
        init: &[Value],
        before: &'a Block,
        cond: Value,
        after: &'a Block,
        results: &[Value],
    ) -> Result<(), Stop> {
        self.assign(&before.args, init)?;
        loop {
            self.spend(1)?;
            self.block(before)?;
            if self.get(cond).int() == 0 {
                return Ok(self.assign(results, &before.yields)?);
            }
            self.assign(&after.args, &before.yields)?;
            self.block(after)?;
            self.assign(&before.args, &after.yields)?;
        }
    }

    fn view(&self, id: ViewId) -> &Bound<'a> {
        match &self.params[id.index()] {
            Binding::View(view) => view,
            Binding::Scalar(..) => unreachable!("the validator refuses accesses to scalars"),
        }
    }

    fn with_view<T>(&mut self, id: ViewId, f: impl FnOnce(&mut Bound<'a>, &Machine<'a>) -> T) -> T {
        // Taken out and put back, so that the view can change while values are read.
        let mut params = std::mem::take(&mut self.params);
        let result = match &mut params[id.index()] {
            Binding::View(view) => f(view, self),
            Binding::Scalar(..) => unreachable!("the validator refuses accesses to scalars"),
        };
        self.params = params;
        result
    }

    /// Runs an operation. The value of its only result, or nothing if it has none or has set them itself.
    fn execute(&mut self, op: &'a Op) -> Result<Option<Val>, Stop> {
        let ty = op.result().map_or(Type::INDEX, |result| self.kernel.ty(result));
        let of = |value: &Value| self.get(*value);
        let type_of = |value: &Value| self.kernel.ty(*value);
        let value = match &op.kind {
            OpKind::ProgramId(axis) => Val::Int(self.id[axis.index()] as i64),
            OpKind::NumPrograms(axis) => Val::Int(self.kernel.grid[axis.index()] as i64),
            OpKind::Constant(literal) => elementwise::constant(literal, ty),
            OpKind::Unary(op, a) => elementwise::unary(*op, of(a), ty),
            OpKind::Binary(op, a, b) => elementwise::binary(*op, of(a), of(b), ty)?,
            OpKind::Fma(a, b, c) => elementwise::fma(of(a), of(b), of(c), ty),
            OpKind::Compare(predicate, a, b) => elementwise::compare(*predicate, of(a), of(b), type_of(a).elem, ty),
            OpKind::Select { cond, on_true, on_false } => elementwise::select(of(cond), of(on_true), of(on_false), ty),
            OpKind::Cast(op, a) => cast::cast(*op, of(a), type_of(a).elem, ty),
            OpKind::Broadcast(a) => shape::broadcast(of(a), type_of(a), ty),
            OpKind::Reshape(a) => of(a).clone(),
            OpKind::Transpose { value, perm } => shape::transpose(of(value), type_of(value), perm, ty),
            OpKind::Slice { value, offsets } => shape::slice(of(value), type_of(value), offsets, ty),
            OpKind::InsertSlice { value, into, offsets } => {
                shape::insert_slice(of(value), type_of(value), of(into), offsets, ty)
            }
            OpKind::Extract { value, indices } => {
                shape::extract(of(value), type_of(value), &self.indices(indices), ty)?
            }
            OpKind::Insert { value, into, indices } => {
                shape::insert(of(value), type_of(value), of(into), &self.indices(indices), ty)?
            }
            OpKind::Reduce { op, value, acc, dims } => {
                reduce::reduce(*op, of(value), type_of(value), of(acc), dims, ty)
            }
            OpKind::Contract { lhs, rhs, acc, spec } => {
                contract::contract((of(lhs), type_of(lhs)), (of(rhs), type_of(rhs)), (of(acc), ty), spec)
            }
            OpKind::CreateMask { bounds } => shape::create_mask(&self.indices(bounds), ty),
            OpKind::Load { view, indices, pad, mask, in_bounds } => {
                let start = self.ints(indices);
                let mask = mask.as_ref().map(|mask| of(mask).ints());
                self.view(*view).load(ty, of(pad), &Place { start: &start, mask, in_bounds })?
            }
            OpKind::Store { view, value, indices, mask, in_bounds } => {
                let start = self.ints(indices);
                self.with_view(*view, |view, machine| {
                    let mask = mask.map(|mask| machine.get(mask).ints());
                    let ty = machine.kernel.ty(*value);
                    view.store(ty, machine.get(*value), &Place { start: &start, mask, in_bounds })
                })?;
                return Ok(None);
            }
            OpKind::LoadScalar { view, indices } => self.view(*view).load_scalar(ty, &self.ints(indices))?,
            OpKind::StoreScalar { view, value, indices } => {
                let indices = self.ints(indices);
                self.with_view(*view, |view, machine| view.store_scalar(machine.get(*value), &indices))?;
                return Ok(None);
            }
            OpKind::Gather { view, offsets, mask, passthru } => {
                let elem = type_of(offsets).elem;
                self.view(*view).gather(ty, of(offsets).ints(), elem, of(mask).ints(), of(passthru))?
            }
            OpKind::For { lower, upper, step, init, body } => {
                self.for_loop([*lower, *upper, *step], init, body, &op.results)?;
                return Ok(None);
            }
            OpKind::While { init, before, cond, after } => {
                self.while_loop(init, before, *cond, after, &op.results)?;
                return Ok(None);
            }
            OpKind::If { cond, then, otherwise } => {
                let taken = if of(cond).int() != 0 { then } else { otherwise };
                self.block(taken)?;
                self.assign(&op.results, &taken.yields)?;
                return Ok(None);
            }
        };
        Ok(Some(value))
    }
}
