//! Which values, and which control flow, are the same for whom.

use tile_ir::{BinaryOp, Loc};

use super::constants::{self, Definitions};
use super::{Rule, Violations};
use crate::interp::arithmetic;
use crate::ir::{Builtin, Convert, Expr, LaneKernel, MatrixOp, Place, Scalar, Stmt, StmtKind, Var};
use crate::target::{Meeting, Target};

/// For whom a value is the same. Larger means less is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// All threads of the group.
    Group,
    /// The threads of each subgroup.
    Subgroup,
    /// Nobody.
    Thread,
}

pub(super) fn check(kernel: &LaneKernel, target: &Target, violations: &mut Violations) {
    let mut walker = Walker::new(kernel, Some(violations));
    walker.lanes_meet = match target.lanes_meet {
        Meeting::Subgroup => walker.subgroup().max(Level::Subgroup),
        Meeting::Group => Level::Group,
    };
    walker.block(&kernel.body, Level::Group);
}

/// For each variable the least that holds of it at any time.
pub(super) fn worst(kernel: &LaneKernel) -> Vec<Level> {
    let mut walker = Walker::new(kernel, None);
    walker.block(&kernel.body, Level::Group);
    walker.worst
}

/// Whether an expression is the same for the whole group whenever it is evaluated, given [`worst`].
pub(super) fn always_same(kernel: &LaneKernel, worst: &[Level], expr: &Expr) -> bool {
    let mut walker = Walker::new(kernel, None);
    walker.levels = worst.to_vec();
    walker.level(expr) == Level::Group
}

struct Walker<'a, 'v> {
    kernel: &'a LaneKernel,
    definitions: Definitions<'a>,
    violations: Option<&'v mut Violations>,
    /// For whom control must be the same where lanes exchange values.
    lanes_meet: Level,
    /// Of each variable here: for arrays, of all elements.
    levels: Vec<Level>,
    worst: Vec<Level>,
}

impl<'a, 'v> Walker<'a, 'v> {
    fn new(kernel: &'a LaneKernel, violations: Option<&'v mut Violations>) -> Walker<'a, 'v> {
        let levels = vec![Level::Group; kernel.vars.len()];
        let definitions = constants::definitions(kernel);
        Walker { kernel, definitions, violations, lanes_meet: Level::Subgroup, worst: levels.clone(), levels }
    }

    /// In a group of one subgroup both are the same.
    fn subgroup(&self) -> Level {
        if self.kernel.threads == 32 { Level::Group } else { Level::Subgroup }
    }

    fn set(&mut self, var: Var, level: Level) {
        self.levels[var.0 as usize] = level;
        let worst = &mut self.worst[var.0 as usize];
        *worst = level.max(*worst);
    }

    fn level(&self, expr: &Expr) -> Level {
        match expr {
            Expr::Float(_) | Expr::Int(..) | Expr::Bool(_) | Expr::Param(_) => Level::Group,
            Expr::Var(var) => self.levels[var.0 as usize],
            Expr::Element(var, index) => self.levels[var.0 as usize].max(self.level(index)),
            Expr::Builtin(Builtin::Program(_)) => Level::Group,
            Expr::Builtin(Builtin::Subgroup) => self.subgroup(),
            Expr::Builtin(Builtin::Thread | Builtin::Lane) => Level::Thread,
            Expr::Binary(..) | Expr::Compare(..) => self.operands(expr).min(self.by_thread(expr)),
            Expr::Unary(..) | Expr::Fma(..) | Expr::Select(..) | Expr::Convert(..) | Expr::Load(_) => {
                self.operands(expr)
            }
        }
    }

    fn operands(&self, expr: &Expr) -> Level {
        expr.operands().into_iter().map(|operand| self.level(operand)).max().unwrap_or(Level::Group)
    }

    /// The level of an expression of constants and the number of the thread, from its values: `thread / 32` is the same
    /// in each subgroup.
    fn by_thread(&self, expr: &Expr) -> Level {
        let Some(values) = thread_values(self.kernel, &self.definitions, expr) else { return Level::Thread };
        if values.iter().all(|value| *value == values[0]) {
            Level::Group
        } else if values.chunks(32).all(|values| values.iter().all(|value| *value == values[0])) {
            self.subgroup()
        } else {
            Level::Thread
        }
    }

    fn want(&mut self, level: Level, limit: Level, loc: &Loc, what: &str) {
        if level > limit
            && let Some(violations) = &mut self.violations
        {
            let whom = if limit == Level::Group { "the group" } else { "a subgroup" };
            violations.add(
                Rule::Uniformity,
                loc,
                format!("{what} is not shown to be the same for all threads of {whom}"),
            );
        }
    }

    fn block(&mut self, block: &'a [Stmt], control: Level) {
        block.iter().for_each(|stmt| self.stmt(stmt, control));
    }

    /// Joins what holds on two paths; a variable that differs between paths is as uneven as the choice of path. `assigned`
    /// are the variables that a path may change.
    fn join(&mut self, other: &[Level], assigned: &[Var], choice: Level) {
        for (at, &level) in other.iter().enumerate() {
            self.levels[at] = self.levels[at].max(level);
        }
        for &var in assigned {
            let level = self.levels[var.0 as usize].max(choice);
            self.set(var, level);
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt, control: Level) {
        let loc = &stmt.loc;
        match &stmt.kind {
            StmtKind::Let { var, value } | StmtKind::Declare { var, init: Some(value) } => {
                let level = self.level(value);
                self.set(*var, level);
            }
            // What it holds is undefined, and read by nobody before it is assigned.
            StmtKind::Declare { var, init: None } => self.set(*var, Level::Group),
            StmtKind::Assign { var, index, value } => {
                let mut level = self.level(value);
                if let Some(index) = index {
                    level = level.max(self.level(index)).max(self.levels[var.0 as usize]);
                }
                self.set(*var, level);
            }
            StmtKind::LoadVector { var, index, place, lanes: _ } => {
                let level = self.level(&place.offset).max(self.level(index)).max(self.levels[var.0 as usize]);
                self.set(*var, level);
            }
            StmtKind::LaneReduce { var, index, op: _, lanes } => {
                self.want(control, self.lanes_meet, loc, "whether a lane operation is reached");
                if let Some(index) = index {
                    self.want(self.level(index), Level::Subgroup, loc, "the index of a lane operation");
                } else if *lanes == 32 {
                    let level = self.levels[var.0 as usize].min(self.subgroup());
                    self.set(*var, level);
                }
            }
            StmtKind::Barrier { .. } => self.want(control, Level::Group, loc, "whether a barrier is reached"),
            StmtKind::AwaitCopy { .. } => self.want(control, Level::Group, loc, "whether a copy is awaited"),
            // Each thread waits for itself.
            StmtKind::AwaitEarlier | StmtKind::Store { .. } | StmtKind::StoreVector { .. } => {}
            StmtKind::For { var, lower, upper, step, unroll: _, body } => {
                let bounds = self.level(lower).max(self.level(step));
                let limit = self.level(upper);
                let assigned = assigned(body);
                loop {
                    let before = self.levels.clone();
                    self.set(*var, bounds);
                    let choice = control.max(bounds).max(limit);
                    self.quietly(|walker| walker.block(body, choice));
                    self.join(&before, &assigned, Level::Group);
                    self.levels[var.0 as usize] = bounds;
                    if self
                        .levels
                        .iter()
                        .zip(&before)
                        .enumerate()
                        .all(|(at, (now, then))| now == then || at == var.0 as usize)
                    {
                        break;
                    }
                }
                let before = self.levels.clone();
                let choice = control.max(bounds).max(limit);
                self.block(body, choice);
                self.join(&before, &assigned, bounds.max(limit));
            }
            StmtKind::While { before, condition, body } => {
                let mut assigned = assigned(before);
                assigned.extend(self::assigned(body));
                let mut choice = Level::Group;
                loop {
                    let (start, start_choice) = (self.levels.clone(), choice);
                    self.quietly(|walker| {
                        walker.block(before, control.max(choice));
                        choice = choice.max(walker.level(condition));
                        walker.block(body, control.max(choice));
                    });
                    self.join(&start, &assigned, Level::Group);
                    if self.levels == start && choice == start_choice {
                        break;
                    }
                }
                self.block(before, control.max(choice));
                let out = self.levels.clone();
                self.block(body, control.max(choice));
                self.join(&out, &assigned, choice);
            }
            StmtKind::If { condition, then, otherwise } => {
                let choice = self.level(condition);
                let start = self.levels.clone();
                self.block(then, control.max(choice));
                let after = std::mem::replace(&mut self.levels, start);
                self.block(otherwise, control.max(choice));
                let mut assigned = assigned(then);
                assigned.extend(self::assigned(otherwise));
                self.join(&after, &assigned, choice);
            }
            StmtKind::Matrix(op) => {
                self.want(control, Level::Subgroup, loc, "whether a matrix operation is reached");
                match op {
                    MatrixOp::Load { place, .. } | MatrixOp::Store { place, .. } => self.matrix_place(place, loc),
                    MatrixOp::Declare { .. } | MatrixOp::Fill { .. } | MatrixOp::Multiply { .. } => {}
                }
            }
        }
    }

    fn matrix_place(&mut self, place: &Place, loc: &Loc) {
        self.want(self.level(&place.offset), Level::Subgroup, loc, "the place of a matrix");
    }

    /// Without reporting: the first rounds of a fixpoint know too much.
    fn quietly(&mut self, f: impl FnOnce(&mut Self)) {
        let violations = self.violations.take();
        f(self);
        self.violations = violations;
    }
}

/// Variables assigned inside a block.
fn assigned(block: &[Stmt]) -> Vec<Var> {
    let mut found = Vec::new();
    for stmt in block {
        stmt.for_each(&mut |stmt| match &stmt.kind {
            StmtKind::Assign { var, .. } | StmtKind::LoadVector { var, .. } | StmtKind::LaneReduce { var, .. } => {
                found.push(*var);
            }
            StmtKind::Let { .. }
            | StmtKind::Declare { .. }
            | StmtKind::Store { .. }
            | StmtKind::StoreVector { .. }
            | StmtKind::Barrier { .. }
            | StmtKind::AwaitCopy { .. }
            | StmtKind::AwaitEarlier
            | StmtKind::For { .. }
            | StmtKind::While { .. }
            | StmtKind::If { .. }
            | StmtKind::Matrix(_) => {}
        });
    }
    found
}

/// The value of an expression in each thread, if it is made of integers and the number of the thread only.
pub(super) fn thread_values(kernel: &LaneKernel, definitions: &Definitions<'_>, expr: &Expr) -> Option<Vec<i64>> {
    let threads = i64::from(kernel.threads);
    let of = |expr: &Expr| thread_values(kernel, definitions, expr);
    match expr {
        Expr::Int(scalar, bits) => Some(vec![arithmetic::signed(*scalar, *bits); threads as usize]),
        Expr::Builtin(Builtin::Thread) => Some((0..threads).collect()),
        Expr::Builtin(Builtin::Lane) => Some((0..threads).map(|thread| thread % 32).collect()),
        Expr::Builtin(Builtin::Subgroup) => Some((0..threads).map(|thread| thread / 32).collect()),
        Expr::Builtin(Builtin::Program(_)) => None,
        Expr::Var(var) => of(definitions.get(var)?),
        Expr::Binary(op, x, y) => binary(*op, kernel, x, of(x)?, &of(y)?),
        Expr::Compare(predicate, x, y) if !predicate.is_float() => {
            let (mut left, right) = (of(x)?, of(y)?);
            arithmetic::compare_many(*predicate, x.scalar(kernel), &mut left, &right);
            Some(left)
        }
        Expr::Convert(Convert::SignExtend(_) | Convert::ZeroExtend(_), x) if x.scalar(kernel) != Scalar::Bool => {
            of(x).filter(|values| values.iter().all(|&value| (0..1 << 31).contains(&value)))
        }
        Expr::Float(_)
        | Expr::Bool(_)
        | Expr::Element(..)
        | Expr::Param(_)
        | Expr::Unary(..)
        | Expr::Fma(..)
        | Expr::Compare(..)
        | Expr::Select(..)
        | Expr::Convert(..)
        | Expr::Load(_) => None,
    }
}

fn binary(op: BinaryOp, kernel: &LaneKernel, x: &Expr, mut left: Vec<i64>, right: &[i64]) -> Option<Vec<i64>> {
    match x.scalar(kernel) {
        Scalar::F32 => None,
        Scalar::Bool => {
            let pairs = left.iter_mut().zip(right);
            match op {
                BinaryOp::And => pairs.for_each(|(x, y)| *x &= y),
                BinaryOp::Or => pairs.for_each(|(x, y)| *x |= y),
                BinaryOp::Xor => pairs.for_each(|(x, y)| *x ^= y),
                BinaryOp::Add
                | BinaryOp::Sub
                | BinaryOp::Mul
                | BinaryOp::DivF
                | BinaryOp::DivS
                | BinaryOp::DivU
                | BinaryOp::RemS
                | BinaryOp::RemU
                | BinaryOp::MinF
                | BinaryOp::MaxF
                | BinaryOp::MinS
                | BinaryOp::MaxS
                | BinaryOp::MinU
                | BinaryOp::MaxU
                | BinaryOp::Shl
                | BinaryOp::ShrS
                | BinaryOp::ShrU => return None,
            }
            Some(left)
        }
        scalar @ (Scalar::I8 | Scalar::I32 | Scalar::I64) => {
            arithmetic::many(op, scalar, &mut left, right).then_some(left)
        }
    }
}
