//! Accesses of different threads to one element, without a barrier between them.

use std::collections::{BTreeMap, BTreeSet};

use tile_ir::{Access as ViewAccess, BinaryOp, Loc};

use super::constants;
use super::form::{Form, Forms, gcd};
use super::uniform::{self, Level};
use super::{Rule, Violations};
use crate::interp::fragment_shape;
use crate::ir::{Expr, FragmentRole, LaneKernel, MatrixOp, Memory, Place, Stmt, StmtKind, Var};
use crate::target::Target;

/// Loops of up to this many iterations are looked at iteration by iteration.
const ITERATIONS: usize = 64;

/// Numbers of agents from which subgroups start, as accumulators and as operands.
const ACCUMULATOR: u32 = 1 << 20;
const OPERAND: u32 = 2 << 20;

pub(super) fn check(kernel: &LaneKernel, target: &Target, violations: &mut Violations) {
    let mut walker = Walker {
        kernel,
        target,
        violations,
        forms: Forms::new(kernel),
        worst: uniform::worst(kernel),
        known: BTreeMap::new(),
        guards: Vec::new(),
        accesses: Vec::new(),
        numbers: BTreeMap::new(),
        verdicts: BTreeMap::new(),
        pending: BTreeSet::new(),
    };
    walker.block(&kernel.body);
}

/// Rows of elements that one access touches, from its offset: each `len` elements long.
#[derive(Clone, Copy)]
enum Extent {
    Lanes(u64),
    /// A matrix, by its subgroup.
    Rows {
        rows: u64,
        cols: u64,
        stride: u64,
        agents: u32,
    },
}

/// The elements an access touches in one combination of values of loop variables.
struct Part {
    offset: Form,
    /// Threads that may be there.
    active: Vec<bool>,
}

struct Access<'a> {
    place: &'a Place,
    write: bool,
    extent: Extent,
    parts: Vec<Part>,
    loc: Loc,
}

struct Walker<'a, 'v> {
    kernel: &'a LaneKernel,
    target: &'a Target,
    violations: &'v mut Violations,
    forms: Forms<'a>,
    worst: Vec<Level>,
    /// Values of variables of short loops with constant bounds.
    known: BTreeMap<Var, Vec<i64>>,
    /// Conditions around, and what they are.
    guards: Vec<(&'a Expr, bool)>,
    accesses: Vec<Access<'a>>,
    /// Number of the access at a place of the program, read or written.
    numbers: BTreeMap<(*const Place, bool), usize>,
    /// Whether two accesses may meet.
    verdicts: BTreeMap<(usize, usize), bool>,
    /// Accesses since the last barrier over their memory on some path.
    pending: BTreeSet<usize>,
}

impl<'a> Walker<'a, '_> {
    fn block(&mut self, block: &'a [Stmt]) {
        block.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn stmt(&mut self, stmt: &'a Stmt) {
        for place in stmt.reads() {
            let extent = if let StmtKind::LoadVector { place: own, lanes, .. } = &stmt.kind
                && std::ptr::eq(own, place)
            {
                Extent::Lanes(u64::from(*lanes))
            } else if let StmtKind::Matrix(MatrixOp::Load { fragment, place: own, stride, transposed, .. }) = &stmt.kind
                && std::ptr::eq(own, place)
            {
                self.matrix(*fragment, *stride, *transposed)
            } else {
                Extent::Lanes(1)
            };
            // The condition of a `while` is evaluated after what computes it.
            if !matches!(stmt.kind, StmtKind::While { .. }) {
                self.access(place, false, extent, &stmt.loc);
            }
        }
        match &stmt.kind {
            StmtKind::Store { place, .. } => self.access(place, true, Extent::Lanes(1), &stmt.loc),
            StmtKind::StoreVector { place, lanes, .. } => {
                self.access(place, true, Extent::Lanes(u64::from(*lanes)), &stmt.loc);
            }
            StmtKind::Matrix(MatrixOp::Store { fragment, place, stride, .. }) => {
                let extent = self.matrix(*fragment, *stride, false);
                self.access(place, true, extent, &stmt.loc);
            }
            StmtKind::Barrier { global, shared } => {
                let accesses = &self.accesses;
                self.pending.retain(|&number| match accesses[number].place.memory {
                    Memory::Global(_) => !global,
                    Memory::Shared(_) => !shared,
                });
            }
            StmtKind::For { var, lower, upper, step, unroll: _, body } => {
                let definitions = &self.forms.definitions;
                let values = constants::iterations(self.kernel, definitions, &self.known, [lower, upper, step]);
                let runs = values.as_ref().is_some_and(|values| !values.is_empty());
                if let Some(values) = values.filter(|values| values.len() <= ITERATIONS) {
                    self.known.insert(*var, values);
                }
                self.repeat(runs, |walker| walker.block(body));
            }
            StmtKind::While { before, condition, body } => {
                let mut after = BTreeSet::new();
                self.repeat(true, |walker| {
                    walker.block(before);
                    condition.for_each(&mut |expr| {
                        if let Expr::Load(place) = expr {
                            walker.access(place, false, Extent::Lanes(1), &stmt.loc);
                        }
                    });
                    after.extend(&walker.pending);
                    walker.block(body);
                });
                self.pending = after;
            }
            StmtKind::If { condition, then, otherwise } => {
                let start = self.pending.clone();
                self.guards.push((condition, true));
                self.block(then);
                self.guards.pop();
                self.guards.push((condition, false));
                let after = self.pending.clone();
                // Threads that differ on the condition are on both sides at once.
                if uniform::always_same(self.kernel, &self.worst, condition) {
                    self.pending = start;
                } else {
                    self.pending.extend(start);
                }
                self.block(otherwise);
                self.guards.pop();
                self.pending.extend(after);
            }
            StmtKind::Let { .. }
            | StmtKind::Declare { .. }
            | StmtKind::Assign { .. }
            | StmtKind::LoadVector { .. }
            | StmtKind::LaneReduce { .. }
            // What arrives is written by no thread.
            | StmtKind::AwaitCopy { .. }
            | StmtKind::AwaitEarlier
            | StmtKind::Matrix(
                MatrixOp::Declare { .. } | MatrixOp::Fill { .. } | MatrixOp::Load { .. } | MatrixOp::Multiply { .. },
            ) => {}
        }
    }

    /// Walks a loop's body until nothing new is pending at its start. `runs`: at least once.
    fn repeat(&mut self, runs: bool, mut body: impl FnMut(&mut Self)) {
        let entry = self.pending.clone();
        let mut start = entry.clone();
        loop {
            self.pending = start.clone();
            body(self);
            let next: BTreeSet<usize> = start.union(&self.pending).copied().collect();
            if next == start {
                break;
            }
            start = next;
        }
        if !runs {
            self.pending.extend(entry);
        }
    }

    fn matrix(&self, fragment: crate::ir::Fragment, stride: u64, transposed: bool) -> Extent {
        let (rows, cols) = fragment_shape(self.kernel, self.target.matrix, fragment).unwrap_or((1, 1));
        let (rows, cols) = if transposed { (cols, rows) } else { (rows, cols) };
        let agents = match self.kernel.fragment(fragment).role {
            FragmentRole::Acc => ACCUMULATOR,
            FragmentRole::A | FragmentRole::B => OPERAND,
        };
        Extent::Rows { rows: u64::from(rows), cols: u64::from(cols), stride, agents }
    }

    fn access(&mut self, place: &'a Place, write: bool, extent: Extent, loc: &Loc) {
        if let Memory::Global(view) = place.memory
            && self.kernel.view(view).is_none_or(|view| view.access != ViewAccess::Write)
        {
            return;
        }
        let number = match self.numbers.get(&(std::ptr::from_ref(place), write)) {
            Some(&number) => number,
            None => {
                let parts = self.parts(place);
                self.accesses.push(Access { place, write, extent, parts, loc: loc.clone() });
                self.numbers.insert((place, write), self.accesses.len() - 1);
                self.accesses.len() - 1
            }
        };
        self.pending.insert(number);
        for &other in &self.pending.clone() {
            let (x, y) = (&self.accesses[other], &self.accesses[number]);
            if x.place.memory != y.place.memory || !(x.write || y.write) {
                continue;
            }
            let key = (other.min(number), other.max(number));
            let meet = match self.verdicts.get(&key) {
                Some(&meet) => meet,
                None => {
                    let meet = may_meet(x, y);
                    self.verdicts.insert(key, meet);
                    meet
                }
            };
            if meet {
                let kind = |access: &Access<'_>| if access.write { "write" } else { "read" };
                let name = crate::interp::memory_name(self.kernel, y.place.memory);
                let detail = format!(
                    "a {} of `{name}` may meet a {} by another thread ({}) without a barrier between",
                    kind(y),
                    kind(x),
                    x.loc
                );
                let loc = y.loc.clone();
                self.violations.add(Rule::Hazard, &loc, detail);
            }
        }
    }

    /// The elements of an access, for each combination of values of the short loops around it.
    fn parts(&self, place: &Place) -> Vec<Part> {
        let mut vars = Vec::new();
        self.forms.loop_vars(&place.offset, &self.known, &mut vars);
        for (guard, _) in &self.guards {
            self.forms.loop_vars(guard, &self.known, &mut vars);
        }
        vars.sort();
        vars.dedup();
        let combinations = loop {
            match constants::combinations(&vars, &self.known).filter(|all| all.len() <= ITERATIONS || vars.is_empty()) {
                Some(combinations) => break combinations,
                // Too many: the outermost loop's variable stays unknown.
                None => _ = vars.remove(0),
            }
        };
        let part = |values| {
            let mut active = vec![true; self.kernel.threads as usize];
            for (guard, wanted) in &self.guards {
                self.restrict(guard, *wanted, &values, &mut active);
            }
            Part { offset: self.forms.of(&place.offset, &values), active }
        };
        combinations.into_iter().map(part).collect()
    }

    /// Switches off threads for which `guard` is known to be other than `wanted`.
    fn restrict(&self, guard: &Expr, wanted: bool, values: &constants::Values, active: &mut [bool]) {
        let form = self.forms.of(guard, values);
        if form.exact() {
            active.iter_mut().zip(&form.base).for_each(|(active, &bit)| *active &= (bit != 0) == wanted);
            return;
        }
        // Of a conjunction that holds both sides hold, of a disjunction that does not neither.
        if let Expr::Binary(op, x, y) = guard
            && *op == if wanted { BinaryOp::And } else { BinaryOp::Or }
        {
            self.restrict(x, wanted, values, active);
            self.restrict(y, wanted, values, active);
        } else if let Expr::Var(var) = guard
            && let Some(value) = self.forms.definitions.get(var)
        {
            self.restrict(value, wanted, values, active);
        }
    }
}

/// Elements and who touches them, sorted. Elements that are the same modulo `modulus` count as one (0: none do).
fn cells(access: &Access<'_>, modulus: u64) -> Vec<(i64, u32)> {
    let mut cells = Vec::new();
    for part in &access.parts {
        let mut add = |at: i64, agent: u32| {
            cells.push((if modulus == 0 { at } else { at.rem_euclid(modulus as i64) }, agent));
        };
        for (thread, &offset) in part.offset.base.iter().enumerate().filter(|(thread, _)| part.active[*thread]) {
            match access.extent {
                Extent::Lanes(lanes) => {
                    let lanes = if modulus == 0 { lanes } else { lanes.min(modulus) };
                    (0..lanes as i64).for_each(|lane| add(offset.wrapping_add(lane), thread as u32));
                }
                Extent::Rows { rows, cols, stride, agents } if thread % 32 == 0 => {
                    for (row, col) in (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col))) {
                        add(offset.wrapping_add((row * stride + col) as i64), agents + thread as u32 / 32);
                    }
                }
                Extent::Rows { .. } => {}
            }
        }
    }
    cells.sort_unstable();
    cells.dedup();
    cells
}

/// Whether two accesses may touch one element in different threads.
fn may_meet(x: &Access<'_>, y: &Access<'_>) -> bool {
    if x.place.owner.is_some() && x.place.owner == y.place.owner {
        return false;
    }
    // An access that no thread reaches has no parts.
    let Some(first) = x.parts.first() else { return false };
    let mut modulus = 0;
    let atoms = &first.offset.atoms;
    for part in x.parts.iter().chain(&y.parts) {
        modulus = gcd(modulus, part.offset.modulus);
        if part.offset.atoms != *atoms {
            let factors = part.offset.atoms.values().chain(atoms.values());
            modulus = factors.fold(modulus, |modulus, factor| gcd(modulus, factor.unsigned_abs()));
        }
    }
    let (x, y) = (cells(x, modulus), cells(y, modulus));
    let (mut x, mut y) = (x.chunk_by(|a, b| a.0 == b.0).peekable(), y.chunk_by(|a, b| a.0 == b.0).peekable());
    while let (Some(left), Some(right)) = (x.peek(), y.peek()) {
        match left[0].0.cmp(&right[0].0) {
            std::cmp::Ordering::Less => _ = x.next(),
            std::cmp::Ordering::Greater => _ = y.next(),
            std::cmp::Ordering::Equal => {
                if left.len() > 1 || right.len() > 1 || left[0].1 != right[0].1 {
                    return true;
                }
                x.next();
            }
        }
    }
    false
}
