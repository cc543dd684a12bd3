//! Damage: each instruction dropped, with its operands exchanged, another operator or constant, or an operand elsewhere.

use crate::ir::{Accumulate, Alu, Expr, Function, Instr, Mem, Number, Operand, Program, Span, Stmt, StmtKind};

/// A program with one thing damaged.
#[derive(Clone, Debug)]
pub struct Mutation {
    /// What was done, to which instruction.
    pub what: String,
    /// The damaged program.
    pub program: Program,
}

/// Every damage of every instruction and loop.
pub fn mutations(program: &Program) -> Vec<Mutation> {
    let count = statements(&program.body);
    let mut all = Vec::new();
    for at in 0..count {
        let mut copy = program.clone();
        let mut number = at;
        let Some(stmt) = nth(&mut copy.body, &mut number) else { continue };
        let damaged = match &stmt.kind {
            StmtKind::Declare(_) | StmtKind::Release(_) => vec![],
            StmtKind::Instr(instr) => {
                damage(instr).into_iter().map(|(what, instr)| (what, StmtKind::Instr(instr))).collect()
            }
            StmtKind::For { .. } | StmtKind::Repeat { .. } | StmtKind::While { .. } => damage_loop(&stmt.kind),
        };
        let dropped = matches!(stmt.kind, StmtKind::Instr(_));
        let described = describe(&stmt.kind);
        for (what, kind) in damaged {
            let mut program = program.clone();
            let mut number = at;
            if let Some(stmt) = nth(&mut program.body, &mut number) {
                stmt.kind = kind;
            }
            all.push(Mutation { what: format!("{what}: {described}"), program });
        }
        if dropped {
            let mut program = program.clone();
            remove(&mut program.body, &mut at.clone());
            all.push(Mutation { what: format!("dropped: {described}"), program });
        }
    }
    all
}

/// Whether a NaN reaches everything that is computed from it: no comparison, choice, smallest or largest is in the way. If NaN in the place of a
/// constant changes nothing in such a program, nothing depends on the constant.
pub fn spreads(program: &Program) -> bool {
    fn all(body: &[Stmt]) -> bool {
        body.iter().all(|stmt| match &stmt.kind {
            StmtKind::Instr(instr) => match instr {
                Instr::Binary { op, .. } | Instr::Scalar { op, .. } | Instr::Reduce { op, .. } => {
                    matches!(op, Alu::Add | Alu::Subtract | Alu::Multiply)
                }
                Instr::Predicated { .. } => false,
                Instr::Dma { .. }
                | Instr::Copy { .. }
                | Instr::Fill { .. }
                | Instr::Rsqrt { .. }
                | Instr::Activation { .. }
                | Instr::Reciprocal { .. }
                | Instr::Matmul { .. }
                | Instr::Transpose { .. }
                | Instr::Iota { .. } => true,
            },
            StmtKind::For { body, .. } => all(body),
            StmtKind::Declare(_) | StmtKind::Release(_) => true,
            StmtKind::Repeat { .. } | StmtKind::While { .. } => false,
        })
    }
    all(&program.body)
}

fn describe(kind: &StmtKind) -> String {
    let text = match kind {
        StmtKind::Instr(instr) => format!("{instr:?}"),
        StmtKind::For { .. } => "loop of the compiler".to_owned(),
        StmtKind::Repeat { .. } => "loop of the run".to_owned(),
        StmtKind::While { .. } => "loop with a condition".to_owned(),
        StmtKind::Declare(_) | StmtKind::Release(_) => "tile".to_owned(),
    };
    text.chars().take(300).collect()
}

fn statements(body: &[Stmt]) -> usize {
    body.iter().map(|stmt| 1 + statements(stmt.kind.body())).sum()
}

/// Statement number `number`, those inside behind their loop.
fn nth<'s>(body: &'s mut [Stmt], number: &mut usize) -> Option<&'s mut Stmt> {
    for stmt in body {
        if *number == 0 {
            return Some(stmt);
        }
        *number -= 1;
        let inside = statements(stmt.kind.body());
        if *number < inside {
            return nth(stmt.kind.body_mut()?, number);
        }
        *number -= inside;
    }
    None
}

fn remove(body: &mut Vec<Stmt>, number: &mut usize) {
    for at in 0..body.len() {
        if *number == 0 {
            body.remove(at);
            return;
        }
        *number -= 1;
        let inside = statements(body[at].kind.body());
        if *number < inside {
            if let Some(inner) = body[at].kind.body_mut() {
                remove(inner, number);
            }
            return;
        }
        *number -= inside;
    }
}

fn damage_loop(kind: &StmtKind) -> Vec<(&'static str, StmtKind)> {
    match kind {
        StmtKind::For { var, lower, upper, step, body } => {
            let (var, step) = (*var, *step);
            let (less, more) = (upper.clone().minus(Expr::Int(step)), lower.clone().plus(Expr::Int(step)));
            vec![
                ("a turn less", StmtKind::For { var, lower: lower.clone(), upper: less, step, body: body.clone() }),
                (
                    "begins a turn later",
                    StmtKind::For { var, lower: more, upper: upper.clone(), step, body: body.clone() },
                ),
            ]
        }
        StmtKind::Repeat { lower, upper, step, body } => {
            vec![(
                "step",
                StmtKind::Repeat { lower: lower.clone(), upper: upper.clone(), step: step * 2, body: body.clone() },
            )]
        }
        StmtKind::While { .. } | StmtKind::Declare(_) | StmtKind::Release(_) | StmtKind::Instr(_) => vec![],
    }
}

/// An operator that takes the same operands.
const fn other(op: Alu) -> Alu {
    match op {
        Alu::Add => Alu::Subtract,
        Alu::Subtract | Alu::Multiply => Alu::Add,
        Alu::Maximum => Alu::Minimum,
        Alu::Minimum => Alu::Maximum,
        Alu::Power => Alu::Multiply,
        Alu::Equal => Alu::NotEqual,
        Alu::NotEqual => Alu::Equal,
        Alu::Greater => Alu::LessEqual,
        Alu::GreaterEqual => Alu::Less,
        Alu::Less => Alu::GreaterEqual,
        Alu::LessEqual => Alu::Greater,
        Alu::And => Alu::Xor,
        Alu::Or => Alu::And,
        Alu::Xor => Alu::Or,
        Alu::Left => Alu::Right,
        Alu::Right => Alu::Left,
    }
}

/// Whether the order of the operands makes no difference.
const fn commutes(op: Alu) -> bool {
    match op {
        Alu::Add
        | Alu::Multiply
        | Alu::Maximum
        | Alu::Minimum
        | Alu::Equal
        | Alu::NotEqual
        | Alu::And
        | Alu::Or
        | Alu::Xor => true,
        Alu::Subtract
        | Alu::Power
        | Alu::Greater
        | Alu::GreaterEqual
        | Alu::Less
        | Alu::LessEqual
        | Alu::Left
        | Alu::Right => false,
    }
}

fn moved(span: &Span) -> Span {
    Span { offset: span.offset.clone().plus(Expr::Int(1)), ..span.clone() }
}

fn moved_mem(mem: &Mem) -> Mem {
    match mem {
        Mem::Chip(span) => Mem::Chip(moved(span)),
        Mem::Hbm(hbm) => {
            let mut hbm = hbm.clone();
            hbm.offset = hbm.offset.plus(Expr::Int(1));
            Mem::Hbm(hbm)
        }
    }
}

fn number(number: &Number) -> Number {
    match number {
        Number::Float(x) if x.is_finite() && *x != f32::MAX && *x != f32::MIN => Number::Float(x * 2.0 + 1.0),
        Number::Float(_) => Number::Float(0.0),
        Number::Int(n) => Number::Int(n ^ 1),
        Number::Of(expr) => Number::Of(expr.clone().plus(Expr::Int(1))),
    }
}

fn damage(instr: &Instr) -> Vec<(&'static str, Instr)> {
    match instr.clone() {
        Instr::Dma { dst, src } => vec![
            ("source elsewhere", Instr::Dma { src: moved_mem(&src), dst: dst.clone() }),
            ("destination elsewhere", Instr::Dma { dst: moved_mem(&dst), src }),
        ],
        Instr::Copy { dst, src } => vec![
            ("source elsewhere", Instr::Copy { src: moved(&src), dst: dst.clone() }),
            ("destination elsewhere", Instr::Copy { dst: moved(&dst), src }),
        ],
        // Floats become NaN, which nothing but a choice loses: see [`spreads`].
        Instr::Fill { dst, value: Number::Float(_) } => {
            vec![("no number", Instr::Fill { value: Number::Float(f32::NAN), dst })]
        }
        Instr::Fill { dst, value } => vec![("other number", Instr::Fill { value: number(&value), dst })],
        Instr::Binary { op, dst, left, right, exact } => {
            let of = |op, left: &Span, right: &Span| Instr::Binary {
                op,
                dst: dst.clone(),
                left: left.clone(),
                right: right.clone(),
                exact,
            };
            let mut all = vec![("other operator", of(other(op), &left, &right))];
            if left != right {
                all.push(("left operand twice", of(op, &left, &left)));
            }
            if left != right && !commutes(op) {
                all.push(("operands exchanged", of(op, &right, &left)));
            }
            all
        }
        Instr::Scalar { op, dst, data, operand, reverse } => {
            let changed = match &operand {
                Operand::Number(n) => Operand::Number(number(n)),
                Operand::Column(column) => Operand::Column(moved(column)),
            };
            let of = |op, operand: &Operand, reverse| Instr::Scalar {
                op,
                dst: dst.clone(),
                data: data.clone(),
                operand: operand.clone(),
                reverse,
            };
            let mut all = vec![
                ("other operand", of(op, &changed, reverse)),
                ("other operator", of(other(op), &operand, reverse)),
            ];
            if !commutes(op) {
                all.push(("operands exchanged", of(op, &operand, !reverse)));
            }
            all
        }
        Instr::Rsqrt { dst, data } => vec![("other instruction", Instr::Copy { dst, src: data })],
        Instr::Activation { op, dst, data, scale } => {
            let next =
                Function::ALL.iter().position(|other| *other == op).map_or(0, |at| (at + 1) % Function::ALL.len());
            vec![
                (
                    "other function",
                    Instr::Activation { op: Function::ALL[next], dst: dst.clone(), data: data.clone(), scale },
                ),
                ("other factor", Instr::Activation { op, dst, data, scale: scale * 0.5 }),
            ]
        }
        Instr::Reciprocal { dst, data } => vec![("other instruction", Instr::Copy { dst, src: data })],
        Instr::Reduce { op, dst, data } => vec![(
            "other operator",
            Instr::Reduce { op: if op == Alu::Add { Alu::Maximum } else { other(op) }, dst, data },
        )],
        Instr::Matmul { dst, stationary, moving, accumulate } => {
            let with = |accumulate| Instr::Matmul {
                dst: dst.clone(),
                stationary: stationary.clone(),
                moving: moving.clone(),
                accumulate,
            };
            let exchanged =
                Instr::Matmul { dst: dst.clone(), stationary: moving.clone(), moving: stationary.clone(), accumulate };
            let elsewhere =
                Instr::Matmul { dst: dst.clone(), stationary: stationary.clone(), moving: moved(&moving), accumulate };
            vec![
                ("operands exchanged", exchanged),
                ("operand elsewhere", elsewhere),
                match accumulate {
                    Accumulate::Never => ("added", with(Accumulate::Always)),
                    Accumulate::Always | Accumulate::After(_) => ("not added", with(Accumulate::Never)),
                },
            ]
        }
        Instr::Transpose { dst, data } => vec![("source elsewhere", Instr::Transpose { dst, data: moved(&data) })],
        Instr::Predicated { dst, src, predicate } => {
            vec![("mask elsewhere", Instr::Predicated { predicate: moved(&predicate), dst, src })]
        }
        Instr::Iota { dst, pattern, offset, multiplier } => vec![
            (
                "begins elsewhere",
                Instr::Iota { dst: dst.clone(), pattern: pattern.clone(), offset: offset + 1, multiplier },
            ),
            ("other step", Instr::Iota { dst, pattern, offset, multiplier: multiplier + 1 }),
        ],
    }
}
