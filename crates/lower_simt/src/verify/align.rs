//! Low bits of integer expressions, and the multiples that vector and matrix accesses need.

use tile_ir::{BinaryOp, Loc};

use super::{Rule, Violations};
use crate::ir::{Convert, Expr, LaneKernel, MatrixOp, Place, Stmt, StmtKind, Var};
use crate::target::Target;

const MOST: u32 = 16;

/// The lowest `bits` bits of a value are those of `value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Low {
    pub(super) bits: u32,
    pub(super) value: u64,
}

const NOTHING: Low = Low { bits: 0, value: 0 };

impl Low {
    fn new(bits: u32, value: u64) -> Low {
        let bits = bits.min(MOST);
        Low { bits, value: value & ((1 << bits) - 1) }
    }

    /// What holds of both.
    fn meet(self, other: Low) -> Low {
        let agreed = (self.value ^ other.value).trailing_zeros();
        Low::new(self.bits.min(other.bits).min(agreed), self.value)
    }

    /// Zero bits at the end.
    fn zeros(self) -> u32 {
        self.value.trailing_zeros().min(self.bits)
    }
}

/// What is known of every variable; `None` where nothing is assigned.
pub(super) type Table = Vec<Option<Low>>;

/// Low bits of all variables, over everything that is ever assigned to them.
pub(super) fn table(kernel: &LaneKernel) -> Table {
    let mut table: Table = vec![None; kernel.vars.len()];
    loop {
        let before = table.clone();
        let meet = |table: &mut Table, var: Var, low: Option<Low>| {
            if let Some(slot) = table.get_mut(var.0 as usize) {
                *slot = match (*slot, low) {
                    (Some(x), Some(y)) => Some(x.meet(y)),
                    (known, None) | (None, known) => known,
                };
            }
        };
        for stmt in &kernel.body {
            stmt.for_each(&mut |stmt| match &stmt.kind {
                StmtKind::Let { var, value } | StmtKind::Assign { var, value, .. } => {
                    let low = low(kernel, &table, value);
                    meet(&mut table, *var, low);
                }
                StmtKind::Declare { var, init: Some(init) } => {
                    let low = low(kernel, &table, init);
                    meet(&mut table, *var, low);
                }
                StmtKind::For { var, lower, upper: _, step, .. } => {
                    let first = low(kernel, &table, lower);
                    meet(&mut table, *var, first);
                    if let Some(step) = low(kernel, &table, step) {
                        // After a step: what the loop variable is known to be, plus a multiple of the step's factor.
                        let at = table.get(var.0 as usize).copied().flatten();
                        meet(&mut table, *var, at.map(|at| Low::new(at.bits.min(step.zeros()), at.value)));
                    }
                }
                StmtKind::LoadVector { var, .. } | StmtKind::LaneReduce { var, .. } => {
                    meet(&mut table, *var, Some(NOTHING));
                }
                StmtKind::Declare { init: None, .. }
                | StmtKind::Store { .. }
                | StmtKind::StoreVector { .. }
                | StmtKind::Barrier { .. }
                | StmtKind::AwaitCopy { .. }
                | StmtKind::AwaitEarlier
                | StmtKind::While { .. }
                | StmtKind::If { .. }
                | StmtKind::Matrix(_) => {}
            });
        }
        if table == before {
            return table;
        }
    }
}

/// Low bits of an expression; `None` if it depends on a variable without a value.
pub(super) fn low(kernel: &LaneKernel, table: &Table, expr: &Expr) -> Option<Low> {
    let of = |expr: &Expr| low(kernel, table, expr);
    Some(match expr {
        Expr::Int(_, bits) => Low::new(MOST, *bits),
        Expr::Var(var) | Expr::Element(var, _) => return table.get(var.0 as usize).copied().flatten(),
        Expr::Binary(op, x, y) => binary(*op, of(x)?, of(y)?, y),
        Expr::Select(_, x, y) => of(x)?.meet(of(y)?),
        Expr::Convert(Convert::SignExtend(_) | Convert::ZeroExtend(_) | Convert::Truncate(_), x) => {
            let (low, bits) = (of(x)?, x.scalar(kernel).bits().min(expr.scalar(kernel).bits()));
            Low::new(low.bits.min(bits), low.value)
        }
        Expr::Convert(
            Convert::Round(_)
            | Convert::SignedToFloat
            | Convert::UnsignedToFloat
            | Convert::FloatToSigned(_)
            | Convert::FloatToUnsigned(_)
            | Convert::Bits(_),
            _,
        )
        | Expr::Float(_)
        | Expr::Bool(_)
        | Expr::Builtin(_)
        | Expr::Param(_)
        | Expr::Unary(..)
        | Expr::Fma(..)
        | Expr::Compare(..)
        | Expr::Load(_) => NOTHING,
    })
}

fn binary(op: BinaryOp, x: Low, y: Low, right: &Expr) -> Low {
    let both = x.bits.min(y.bits);
    let constant = if let Expr::Int(_, bits) = right { Some(*bits) } else { None };
    match op {
        BinaryOp::Add => Low::new(both, x.value.wrapping_add(y.value)),
        BinaryOp::Sub => Low::new(both, x.value.wrapping_sub(y.value)),
        // x = a + 2^p i, y = b + 2^q j: the product is a b plus multiples of 2^p b, 2^q a and 2^(p + q).
        BinaryOp::Mul => {
            let bits = (x.bits + y.zeros()).min(y.bits + x.zeros()).min(x.bits + y.bits);
            Low::new(bits, x.value.wrapping_mul(y.value))
        }
        BinaryOp::Shl => match constant {
            Some(amount) if amount < 32 => Low::new(x.bits + amount as u32, x.value << amount),
            Some(_) | None => Low::new(x.zeros(), 0),
        },
        BinaryOp::And => {
            let (zeros, value) = (x.zeros().max(y.zeros()), x.value & y.value);
            Low::new(both.max(zeros), if both >= zeros { value } else { 0 })
        }
        BinaryOp::Or => Low::new(both, x.value | y.value),
        BinaryOp::Xor => Low::new(both, x.value ^ y.value),
        BinaryOp::RemU | BinaryOp::RemS => match constant {
            // A multiple of the divisor is taken away, which keeps the bits below its lowest one bit.
            Some(divisor) if divisor != 0 => Low::new(x.bits.min(divisor.trailing_zeros()), x.value),
            Some(_) | None => NOTHING,
        },
        BinaryOp::MinS | BinaryOp::MaxS | BinaryOp::MinU | BinaryOp::MaxU => x.meet(y),
        BinaryOp::ShrU | BinaryOp::ShrS => match constant {
            Some(amount) => {
                Low::new(x.bits.saturating_sub(amount as u32), x.value.checked_shr(amount as u32).unwrap_or(0))
            }
            None => NOTHING,
        },
        BinaryOp::DivS | BinaryOp::DivU | BinaryOp::DivF | BinaryOp::MinF | BinaryOp::MaxF => NOTHING,
    }
}

pub(super) fn check(kernel: &LaneKernel, _target: &Target, violations: &mut Violations) {
    let table = table(kernel);
    let mut need = |place: &Place, multiple: u32, loc: &Loc| {
        let low = low(kernel, &table, &place.offset).unwrap_or(NOTHING);
        if low.zeros() < multiple.trailing_zeros() {
            let detail = format!("an offset is not shown to be a multiple of {multiple}");
            violations.add(Rule::Alignment, loc, detail);
        }
    };
    let mut strides = Vec::new();
    let mut visit = |stmt: &Stmt| match &stmt.kind {
        StmtKind::LoadVector { place, lanes, .. } | StmtKind::StoreVector { place, lanes, .. } => {
            need(place, *lanes, &stmt.loc);
        }
        StmtKind::Matrix(MatrixOp::Load { place, stride, .. } | MatrixOp::Store { place, stride, .. }) => {
            need(place, 8, &stmt.loc);
            strides.push((*stride, stmt.loc.clone()));
        }
        StmtKind::Let { .. }
        | StmtKind::Declare { .. }
        | StmtKind::Assign { .. }
        | StmtKind::Store { .. }
        | StmtKind::LaneReduce { .. }
        | StmtKind::Barrier { .. }
        | StmtKind::AwaitCopy { .. }
        | StmtKind::AwaitEarlier
        | StmtKind::For { .. }
        | StmtKind::While { .. }
        | StmtKind::If { .. }
        | StmtKind::Matrix(MatrixOp::Declare { .. } | MatrixOp::Fill { .. } | MatrixOp::Multiply { .. }) => {}
    };
    kernel.body.iter().for_each(|stmt| stmt.for_each(&mut visit));
    for (stride, loc) in strides {
        if stride == 0 || !stride.is_multiple_of(8) {
            violations.add(Rule::Alignment, &loc, format!("rows of a matrix {stride} elements apart"));
        }
    }
}
