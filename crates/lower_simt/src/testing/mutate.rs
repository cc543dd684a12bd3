//! Lane programs with one operation damaged: what a judge must notice.

use tile_ir::{BinaryOp, Elem, Loc, Predicate, ReduceOp, UnaryOp};

use crate::ir::{Builtin, Convert, Expr, LaneKernel, MatrixOp, Scalar, Stmt, StmtKind};

/// A damaged kernel.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutation {
    /// Kind of operation that was damaged, such as `Binary::Add` or `Barrier`.
    pub op: String,
    /// What was done to it.
    pub change: String,
    /// The user's line.
    pub loc: Loc,
    /// Changes results by no more than a rounding: a judge that allows for roundings may miss it.
    pub subtle: bool,
    /// The result.
    pub kernel: LaneKernel,
}

/// A change that leaves what the kernel computes as it is, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Equivalent {
    /// Kind of operation.
    pub op: String,
    /// Why the change cannot be noticed.
    pub reason: &'static str,
    /// The user's line.
    pub loc: Loc,
}

/// Damages each operation of `kernel` by itself, in order of the text, in every way this module knows; and the changes that were
/// left out because they change nothing.
pub fn mutations(kernel: &LaneKernel) -> (Vec<Mutation>, Vec<Equivalent>) {
    let (mut found, mut equal) = (Vec::new(), Vec::new());
    let mut count = 0usize;
    kernel.body.iter().for_each(|stmt| stmt.for_each(&mut |_| count += 1));
    for number in 0..count {
        let Some(stmt) = nth(kernel, number) else { continue };
        let loc = stmt.loc.clone();
        for (op, change, replacement) in statements(kernel, stmt) {
            let kernel = replace(kernel, number, replacement);
            found.push(Mutation { op, change, loc: loc.clone(), subtle: false, kernel });
        }
        let mut total = 0usize;
        stmt.exprs().iter().for_each(|expr| expr.for_each(&mut |_| total += 1));
        for at in 0..total {
            let Some((expr, parent)) = nth_expr(stmt, at) else { continue };
            for (op, change, replacement) in expressions(kernel, stmt, expr, parent) {
                match replacement {
                    Ok(replacement) => {
                        let subtle = matches!(expr, Expr::Convert(Convert::Round(_), x) if **x == replacement);
                        let mut changed = stmt.clone();
                        replace_expr(&mut changed, at, replacement);
                        let kernel = replace(kernel, number, vec![changed]);
                        found.push(Mutation { op, change, loc: loc.clone(), subtle, kernel });
                    }
                    Err(reason) => equal.push(Equivalent { op, reason, loc: loc.clone() }),
                }
            }
        }
    }
    (found, equal)
}

/// Statement `number`, outermost first in order of the text.
fn nth(kernel: &LaneKernel, number: usize) -> Option<&Stmt> {
    let (mut left, mut found) = (number as isize, None);
    for stmt in &kernel.body {
        stmt.for_each(&mut |stmt| {
            if left == 0 {
                found = Some(stmt);
            }
            left -= 1;
        });
    }
    found
}

/// The kernel with other statements in place of statement `number`.
fn replace(kernel: &LaneKernel, number: usize, by: Vec<Stmt>) -> LaneKernel {
    fn walk(block: &mut Vec<Stmt>, left: &mut usize, by: &mut Option<Vec<Stmt>>) {
        let mut at = 0;
        while at < block.len() && by.is_some() {
            if *left == 0 {
                block.splice(at..=at, by.take().unwrap_or_default());
                return;
            }
            *left -= 1;
            block[at].blocks_mut().into_iter().for_each(|block| walk(block, left, by));
            at += 1;
        }
    }
    let mut kernel = kernel.clone();
    walk(&mut kernel.body, &mut { number }, &mut Some(by));
    kernel
}

/// Expression `number` of a statement, and what it is an operand of.
fn nth_expr(stmt: &Stmt, number: usize) -> Option<(&Expr, Option<&Expr>)> {
    fn walk<'a>(expr: &'a Expr, parent: Option<&'a Expr>, all: &mut Vec<(&'a Expr, Option<&'a Expr>)>) {
        all.push((expr, parent));
        expr.operands().into_iter().for_each(|operand| walk(operand, Some(expr), all));
    }
    let mut all = Vec::new();
    stmt.exprs().into_iter().for_each(|expr| walk(expr, None, &mut all));
    all.get(number).copied()
}

fn replace_expr(stmt: &mut Stmt, number: usize, by: Expr) {
    fn walk(expr: &mut Expr, left: &mut isize, by: &mut Option<Expr>) {
        if *left == 0
            && let Some(by) = by.take()
        {
            *expr = by;
            return;
        }
        *left -= 1;
        expr.operands_mut().into_iter().for_each(|operand| {
            if by.is_some() {
                walk(operand, left, by);
            }
        });
    }
    let (mut left, mut by) = (number as isize, Some(by));
    for expr in stmt.exprs_mut() {
        if by.is_some() {
            walk(expr, &mut left, &mut by);
        }
    }
}

fn one(scalar: Scalar) -> Expr {
    match scalar {
        Scalar::F32 => Expr::Float(1.0),
        Scalar::Bool => Expr::Bool(true),
        Scalar::I8 | Scalar::I32 | Scalar::I64 => Expr::Int(scalar, 1),
    }
}

/// Name of the damaged operation, what was done, the statements in its place.
type Change = (String, String, Vec<Stmt>);

fn statements(kernel: &LaneKernel, stmt: &Stmt) -> Vec<Change> {
    let with = |kind: StmtKind| vec![Stmt { kind, loc: stmt.loc.clone() }];
    let change = |op: &str, change: &str, by: Vec<Stmt>| (op.to_string(), change.to_string(), by);
    match &stmt.kind {
        // Their values are damaged.
        StmtKind::Let { .. } => vec![],
        StmtKind::Declare { var, init } => match init {
            Some(_) => {
                vec![change("Declare", "start value dropped", with(StmtKind::Declare { var: *var, init: None }))]
            }
            None => vec![],
        },
        StmtKind::Assign { .. } => vec![change("Assign", "dropped", vec![])],
        StmtKind::Store { .. } => vec![change("Store", "dropped", vec![])],
        StmtKind::LoadVector { var, index, place, lanes } => {
            let mut place = place.clone();
            let scalar = place.offset.scalar(kernel);
            let lanes_of = Expr::Int(scalar, u64::from(*lanes));
            place.offset = Box::new(Expr::Binary(BinaryOp::Add, place.offset, Box::new(lanes_of)));
            let kind = StmtKind::LoadVector { var: *var, index: index.clone(), place, lanes: *lanes };
            vec![change("LoadVector", "dropped", vec![]), change("LoadVector", "loads the next vector", with(kind))]
        }
        StmtKind::StoreVector { place, var, index, lanes } => {
            let mut half = vec![change("StoreVector", "dropped", vec![])];
            if *lanes > 2 {
                let lanes = lanes / 2;
                let kind = StmtKind::StoreVector { place: place.clone(), var: *var, index: index.clone(), lanes };
                half.push(change("StoreVector", "stores half", with(kind)));
            }
            half
        }
        StmtKind::LaneReduce { var, index, op, lanes } => {
            let kind = |op, lanes| StmtKind::LaneReduce { var: *var, index: index.clone(), op, lanes };
            let name = format!("LaneReduce::{op:?}");
            let mut all = vec![change(&name, "dropped", vec![])];
            if *lanes > 2 {
                all.push(change(&name, "over half the threads", with(kind(*op, lanes / 2))));
            }
            all.push(change(
                &name,
                "another operation",
                with(kind(other_reduce(*op, kernel.var(*var).scalar), *lanes)),
            ));
            all
        }
        StmtKind::Barrier { .. } => vec![change("Barrier", "dropped", vec![])],
        StmtKind::AwaitCopy { .. } => vec![change("AwaitCopy", "dropped", vec![])],
        StmtKind::AwaitEarlier => vec![change("AwaitEarlier", "dropped", vec![])],
        StmtKind::For { var, lower, upper, step, unroll, body } => {
            let kind = |lower: Expr, upper: Expr| StmtKind::For {
                var: *var,
                lower,
                upper,
                step: step.clone(),
                unroll: *unroll,
                body: body.clone(),
            };
            // By a step: a bound moved by less may run the same iterations.
            let moved = |op, bound: &Expr| Expr::Binary(op, Box::new(bound.clone()), Box::new(step.clone()));
            vec![
                change("For", "starts a step late", with(kind(moved(BinaryOp::Add, lower), upper.clone()))),
                change("For", "ends a step early", with(kind(lower.clone(), moved(BinaryOp::Sub, upper)))),
                change("For", "dropped", vec![]),
            ]
        }
        StmtKind::While { before, condition, body } => {
            let mut once = before.clone();
            let inside = StmtKind::If { condition: condition.clone(), then: body.clone(), otherwise: vec![] };
            once.push(Stmt { kind: inside, loc: stmt.loc.clone() });
            let block = StmtKind::If { condition: Expr::Bool(true), then: once, otherwise: vec![] };
            vec![change("While", "runs once", with(block))]
        }
        StmtKind::If { condition, then, otherwise } => {
            let kind = |condition| StmtKind::If { condition, then: then.clone(), otherwise: otherwise.clone() };
            let inverted = Expr::Binary(BinaryOp::Xor, Box::new(condition.clone()), Box::new(Expr::Bool(true)));
            vec![
                change("If", "condition inverted", with(kind(inverted))),
                change("If", "always", with(kind(Expr::Bool(true)))),
                change("If", "never", with(kind(Expr::Bool(false)))),
            ]
        }
        StmtKind::Matrix(op) => matrix(op, &with),
    }
}

fn matrix(op: &MatrixOp, with: &dyn Fn(StmtKind) -> Vec<Stmt>) -> Vec<Change> {
    let change = |op: &str, change: &str, by: Vec<Stmt>| (format!("Matrix::{op}"), change.to_string(), by);
    match op {
        // What it declares is not known without it.
        MatrixOp::Declare { .. } => vec![],
        MatrixOp::Fill { fragment, at, value } => {
            let kind = MatrixOp::Fill { fragment: *fragment, at: at.clone(), value: value + 1.0 };
            vec![change("Fill", "dropped", vec![]), change("Fill", "another value", with(StmtKind::Matrix(kind)))]
        }
        MatrixOp::Load { fragment, at, place, stride, transposed } => {
            let kind = MatrixOp::Load {
                fragment: *fragment,
                at: at.clone(),
                place: place.clone(),
                stride: *stride,
                transposed: !transposed,
            };
            vec![change("Load", "dropped", vec![]), change("Load", "transposed", with(StmtKind::Matrix(kind)))]
        }
        MatrixOp::Multiply { .. } => vec![change("Multiply", "dropped", vec![])],
        MatrixOp::Store { .. } => vec![change("Store", "dropped", vec![])],
    }
}

const fn other_reduce(op: ReduceOp, scalar: Scalar) -> ReduceOp {
    match op {
        ReduceOp::Add => {
            if matches!(scalar, Scalar::F32) {
                ReduceOp::MaxF
            } else {
                ReduceOp::MaxS
            }
        }
        ReduceOp::MinU => ReduceOp::MaxU,
        ReduceOp::MinF => ReduceOp::MaxF,
        ReduceOp::MaxF => ReduceOp::MinF,
        ReduceOp::MinS => ReduceOp::MaxS,
        ReduceOp::MaxS => ReduceOp::MinS,
        ReduceOp::MaxU => ReduceOp::MinU,
    }
}

/// Name of the damaged operation, what was done, the expression in its place or why that changes nothing.
type ExprChange = (String, String, Result<Expr, &'static str>);

fn expressions(kernel: &LaneKernel, stmt: &Stmt, expr: &Expr, parent: Option<&Expr>) -> Vec<ExprChange> {
    let change = |op: String, change: &str, by: Expr| (op, change.to_string(), Ok(by));
    match expr {
        Expr::Float(_) if padding(kernel, stmt) || guarded_scalar(kernel, stmt) => {
            vec![("Float".into(), "another value".into(), Err("every element read later is loaded or assigned first"))]
        }
        Expr::Float(value) => vec![change("Float".into(), "another value", Expr::Float(other_float(*value)))],
        // Bounds are damaged by a whole step, with their loop.
        Expr::Int(..) if parent.is_none() && matches!(stmt.kind, StmtKind::For { .. }) => vec![],
        Expr::Int(scalar, bits) => {
            // Where one thread is chosen to do what any could do, another would do it as well: choose nobody.
            let chooses = matches!(parent, Some(Expr::Compare(Predicate::IEq, ..)));
            let by = if chooses { 1 << 20 } else { 1 };
            let next = bits.wrapping_add(by) & (u64::MAX >> (64 - scalar.bits()));
            vec![change("Int".into(), if chooses { "far from it" } else { "one more" }, Expr::Int(*scalar, next))]
        }
        Expr::Bool(bit) => vec![change("Bool".into(), "inverted", Expr::Bool(!bit))],
        // Their definitions are damaged.
        Expr::Var(_) | Expr::Element(..) => vec![],
        Expr::Builtin(builtin) => {
            let other = match builtin {
                Builtin::Thread => Expr::Builtin(Builtin::Lane),
                Builtin::Lane => Expr::Builtin(Builtin::Thread),
                Builtin::Subgroup | Builtin::Program(_) => Expr::int(0),
            };
            let name = format!("Builtin::{builtin:?}");
            if kernel.threads == 32 && matches!(builtin, Builtin::Thread | Builtin::Lane) {
                return vec![(name, "exchanged".into(), Err("a group of one subgroup: thread and lane are the same"))];
            }
            if kernel.threads == 32 && matches!(builtin, Builtin::Subgroup) {
                return vec![(name, "zero".into(), Err("a group of one subgroup: its number is 0"))];
            }
            if let Builtin::Program(axis) = builtin
                && kernel.grid[axis.index()] == 1
            {
                return vec![(name, "zero".into(), Err("one program along the axis: its index is 0"))];
            }
            vec![change(name, "another number", other)]
        }
        Expr::Param(_) => vec![change("Param".into(), "constant 1", one(expr.scalar(kernel)))],
        Expr::Unary(op, x) => {
            let name = format!("Unary::{op:?}");
            let other = Expr::Unary(other_unary(*op), x.clone());
            vec![change(name.clone(), "dropped", (**x).clone()), change(name, "another operation", other)]
        }
        Expr::Binary(op, x, y) => {
            let name = format!("Binary::{op:?}");
            let other = other_binary(*op, x.scalar(kernel));
            let swapped = Expr::Binary(other, x.clone(), y.clone());
            let all = change(name.clone(), &format!("{other:?} instead"), swapped);
            vec![all, change(name, "left operand only", (**x).clone())]
        }
        Expr::Fma(x, y, z) => {
            let product = Expr::Binary(BinaryOp::Mul, x.clone(), y.clone());
            let sum = Expr::Binary(BinaryOp::Add, x.clone(), z.clone());
            vec![change("Fma".into(), "addend dropped", product), change("Fma".into(), "factor dropped", sum)]
        }
        Expr::Compare(predicate, x, y) => {
            let inverse = Expr::Compare(inverse(*predicate), x.clone(), y.clone());
            let neighbour = Expr::Compare(neighbour(*predicate), x.clone(), y.clone());
            let name = format!("Compare::{predicate:?}");
            if *predicate == Predicate::ULt && guards_registers(stmt) {
                let reason =
                    "a guard of registers alone: one thread more computes an element that its store's guard leaves out";
                return vec![change(name.clone(), "inverted", inverse), (name, "neighbour".into(), Err(reason))];
            }
            vec![change(name.clone(), "inverted", inverse), change(name, "neighbour", neighbour)]
        }
        Expr::Select(_, x, y) => vec![
            change("Select".into(), "first always", (**x).clone()),
            change("Select".into(), "second always", (**y).clone()),
        ],
        Expr::Convert(convert, x) => damaged_convert(kernel, stmt, parent, *convert, x),
        Expr::Load(place) => {
            let mut next = place.clone();
            let step = one(place.offset.scalar(kernel));
            next.offset = Box::new(Expr::Binary(BinaryOp::Add, next.offset, Box::new(step)));
            vec![change("Load".into(), "next element", Expr::Load(next))]
        }
    }
}

/// Whether `stmt` is a branch with one side in which no memory is touched. Branches of the tile program have a variable as
/// their condition, so a comparison that stands in the branch itself is the lowering's test for elements past the end.
fn guards_registers(stmt: &Stmt) -> bool {
    let StmtKind::If { then, otherwise, .. } = &stmt.kind else { return false };
    if !otherwise.is_empty() {
        return false;
    }
    let mut memory = false;
    for stmt in then {
        stmt.for_each(&mut |stmt| {
            memory |= matches!(
                stmt.kind,
                StmtKind::Store { .. } | StmtKind::LoadVector { .. } | StmtKind::StoreVector { .. }
            );
            stmt.exprs().into_iter().for_each(|expr| {
                expr.for_each(&mut |expr| memory |= matches!(expr, Expr::Load(_)));
            });
        });
    }
    !memory
}

/// Whether `stmt` declares an array whose elements are never made from themselves: start values stay only past its tile.
fn padding(kernel: &LaneKernel, stmt: &Stmt) -> bool {
    let StmtKind::Declare { var, .. } = &stmt.kind else { return false };
    let (mut assigned, mut from_itself) = (false, false);
    let mut visit = |stmt: &Stmt| {
        if let StmtKind::LaneReduce { var: changed, .. } = &stmt.kind {
            from_itself |= changed == var;
        }
        if let StmtKind::Assign { var: changed, index: Some(_), value } = &stmt.kind
            && changed == var
        {
            assigned = true;
            value.for_each(&mut |expr| from_itself |= matches!(expr, Expr::Element(read, _) if read == var));
        }
    };
    kernel.body.iter().for_each(|stmt| stmt.for_each(&mut visit));
    kernel.var(*var).len.is_some() && assigned && !from_itself
}

/// Whether `stmt` declares a scalar with zero that the next statement, a test for an element of a tile, assigns: threads that
/// fail the test own no element, and no other statement reads the zero.
fn guarded_scalar(kernel: &LaneKernel, stmt: &Stmt) -> bool {
    let StmtKind::Declare { var, init: Some(Expr::Float(0.0)) } = &stmt.kind else { return false };
    let assigns = |stmts: &[Stmt]| {
        stmts.iter().any(|stmt| {
            matches!(&stmt.kind, StmtKind::Assign { var: changed, index: None, value } if changed == var && {
                let mut reads = false;
                value.for_each(&mut |expr| reads |= matches!(expr, Expr::Var(read) if read == var));
                !reads
            })
        })
    };
    let follows = |block: &[Stmt]| {
        block.windows(2).any(|pair| {
            std::ptr::eq(&pair[0], stmt) && matches!(&pair[1].kind, StmtKind::If { then, .. } if assigns(then))
        })
    };
    let mut found = follows(&kernel.body);
    kernel.body.iter().for_each(|outer| {
        outer.for_each(&mut |inner| found |= inner.blocks().into_iter().any(|block| follows(block)));
    });
    found
}

fn other_float(value: f32) -> f32 {
    if value.is_infinite() {
        -value
    } else if value == 0.0 || value.is_nan() {
        1.0
    } else {
        value * 2.0
    }
}

/// Why rounding a value to `elem` in this statement changes nothing: it is stored there, and nowhere else.
fn rounded_anyway(kernel: &LaneKernel, stmt: &Stmt, elem: Elem) -> Option<&'static str> {
    match &stmt.kind {
        StmtKind::Store { place, .. } if kernel.memory_elem(place.memory) == elem => {
            Some("the store rounds to the same type")
        }
        StmtKind::Let { var, .. } | StmtKind::Assign { var, .. } => {
            let mut sound = true;
            let mut visit = |stmt: &Stmt| {
                let stored = match &stmt.kind {
                    StmtKind::Store { place, value } => {
                        let itself = matches!(value, Expr::Var(read) | Expr::Element(read, _) if read == var);
                        itself && kernel.memory_elem(place.memory) == elem
                    }
                    StmtKind::StoreVector { place, var: read, .. } => {
                        sound &= read != var || kernel.memory_elem(place.memory) == elem;
                        false
                    }
                    StmtKind::LaneReduce { var: read, .. } => {
                        sound &= read != var;
                        false
                    }
                    StmtKind::Let { .. }
                    | StmtKind::Declare { .. }
                    | StmtKind::Assign { .. }
                    | StmtKind::LoadVector { .. }
                    | StmtKind::Barrier { .. }
                    | StmtKind::AwaitCopy { .. }
                    | StmtKind::AwaitEarlier
                    | StmtKind::AwaitEarlier
                    | StmtKind::For { .. }
                    | StmtKind::While { .. }
                    | StmtKind::If { .. }
                    | StmtKind::Matrix(_) => false,
                };
                if !stored {
                    stmt.exprs().into_iter().for_each(|expr| {
                        expr.for_each(&mut |expr| {
                            sound &= !matches!(expr, Expr::Var(read) | Expr::Element(read, _) if read == var);
                        });
                    });
                }
            };
            kernel.body.iter().for_each(|stmt| stmt.for_each(&mut visit));
            sound.then_some("its only use is a store that rounds to the same type")
        }
        StmtKind::Store { .. }
        | StmtKind::Declare { .. }
        | StmtKind::LoadVector { .. }
        | StmtKind::StoreVector { .. }
        | StmtKind::LaneReduce { .. }
        | StmtKind::Barrier { .. }
        | StmtKind::AwaitCopy { .. }
        | StmtKind::AwaitEarlier
        | StmtKind::For { .. }
        | StmtKind::While { .. }
        | StmtKind::If { .. }
        | StmtKind::Matrix(_) => None,
    }
}

fn damaged_round(kernel: &LaneKernel, stmt: &Stmt, parent: Option<&Expr>, elem: Elem, x: &Expr) -> Vec<ExprChange> {
    let name = || format!("Convert::Round({elem:?})");
    let loaded = matches!(x, Expr::Load(place) if kernel.memory_elem(place.memory) == elem);
    let anyway = if parent.is_none() { rounded_anyway(kernel, stmt, elem) } else { None };
    let dropped = match (loaded, anyway) {
        (true, _) => Err("a loaded value is rounded already"),
        (false, Some(reason)) => Err(reason),
        (false, None) => Ok(x.clone()),
    };
    let whole = Expr::Unary(UnaryOp::Floor, Box::new(x.clone()));
    vec![(name(), "dropped".into(), dropped), (name(), "to whole numbers".into(), Ok(whole))]
}

fn damaged_convert(
    kernel: &LaneKernel,
    stmt: &Stmt,
    parent: Option<&Expr>,
    convert: Convert,
    x: &Expr,
) -> Vec<ExprChange> {
    let name = format!("Convert::{convert:?}");
    let of = |convert| Ok(Expr::Convert(convert, Box::new(x.clone())));
    // Where both are defined, conversions to signed and unsigned numbers agree: the value is damaged.
    let twice = || Box::new(Expr::Binary(BinaryOp::Add, Box::new(x.clone()), Box::new(x.clone())));
    let changed = match convert {
        Convert::Round(elem) => return damaged_round(kernel, stmt, parent, elem, x),
        Convert::SignedToFloat => (name, "as unsigned".into(), of(Convert::UnsignedToFloat)),
        Convert::UnsignedToFloat => match x.scalar(kernel) {
            Scalar::Bool => (name, "constant 1".into(), Ok(Expr::Float(1.0))),
            Scalar::F32 | Scalar::I8 | Scalar::I32 | Scalar::I64 => {
                (name, "as signed".into(), of(Convert::SignedToFloat))
            }
        },
        Convert::FloatToSigned(to) => {
            (name, "of twice the value".into(), Ok(Expr::Convert(Convert::FloatToSigned(to), twice())))
        }
        Convert::FloatToUnsigned(to) => {
            (name, "of twice the value".into(), Ok(Expr::Convert(Convert::FloatToUnsigned(to), twice())))
        }
        Convert::SignExtend(to) => (name, "zero-extended".into(), of(Convert::ZeroExtend(to))),
        Convert::ZeroExtend(to) => (name, "sign-extended".into(), of(Convert::SignExtend(to))),
        Convert::Truncate(to) => (name, "constant 1".into(), Ok(one(to))),
        Convert::Bits(to) => {
            let by = if to == Scalar::F32 { Convert::SignedToFloat } else { Convert::FloatToSigned(to) };
            (name, "by value".into(), of(by))
        }
    };
    vec![changed]
}

const fn other_unary(op: UnaryOp) -> UnaryOp {
    match op {
        UnaryOp::Neg | UnaryOp::Log | UnaryOp::Rsqrt => UnaryOp::Abs,
        UnaryOp::Abs | UnaryOp::Exp | UnaryOp::Tanh | UnaryOp::Floor => UnaryOp::Neg,
        UnaryOp::Sqrt => UnaryOp::Rsqrt,
        UnaryOp::Sin => UnaryOp::Cos,
        UnaryOp::Cos => UnaryOp::Sin,
    }
}

const fn other_binary(op: BinaryOp, scalar: Scalar) -> BinaryOp {
    match op {
        BinaryOp::Add => BinaryOp::Sub,
        BinaryOp::Sub | BinaryOp::Mul => BinaryOp::Add,
        BinaryOp::DivF => BinaryOp::Mul,
        BinaryOp::DivS => BinaryOp::RemS,
        BinaryOp::DivU => BinaryOp::RemU,
        BinaryOp::RemS => BinaryOp::DivS,
        BinaryOp::RemU => BinaryOp::DivU,
        BinaryOp::MinF => BinaryOp::MaxF,
        BinaryOp::MaxF => BinaryOp::MinF,
        BinaryOp::MinS => BinaryOp::MaxS,
        BinaryOp::MaxS => BinaryOp::MinS,
        BinaryOp::MinU => BinaryOp::MaxU,
        BinaryOp::MaxU => BinaryOp::MinU,
        BinaryOp::And => BinaryOp::Or,
        BinaryOp::Or => BinaryOp::And,
        BinaryOp::Xor if matches!(scalar, Scalar::Bool) => BinaryOp::Or,
        BinaryOp::Xor => BinaryOp::And,
        BinaryOp::Shl => BinaryOp::ShrU,
        BinaryOp::ShrS | BinaryOp::ShrU => BinaryOp::Shl,
    }
}

const fn inverse(predicate: Predicate) -> Predicate {
    match predicate {
        Predicate::FEq => Predicate::FNe,
        Predicate::FNe => Predicate::FEq,
        Predicate::FLt => Predicate::FGe,
        Predicate::FLe => Predicate::FGt,
        Predicate::FGt => Predicate::FLe,
        Predicate::FGe => Predicate::FLt,
        Predicate::IEq => Predicate::INe,
        Predicate::INe => Predicate::IEq,
        Predicate::SLt => Predicate::SGe,
        Predicate::SLe => Predicate::SGt,
        Predicate::SGt => Predicate::SLe,
        Predicate::SGe => Predicate::SLt,
        Predicate::ULt => Predicate::UGe,
        Predicate::ULe => Predicate::UGt,
        Predicate::UGt => Predicate::ULe,
        Predicate::UGe => Predicate::ULt,
    }
}

const fn neighbour(predicate: Predicate) -> Predicate {
    match predicate {
        Predicate::FEq => Predicate::FLe,
        Predicate::FNe => Predicate::FLt,
        Predicate::FLt => Predicate::FLe,
        Predicate::FLe => Predicate::FLt,
        Predicate::FGt => Predicate::FGe,
        Predicate::FGe => Predicate::FGt,
        Predicate::IEq => Predicate::UGe,
        Predicate::INe => Predicate::ULt,
        Predicate::SLt => Predicate::SLe,
        Predicate::SLe => Predicate::SLt,
        Predicate::SGt => Predicate::SGe,
        Predicate::SGe => Predicate::SGt,
        Predicate::ULt => Predicate::ULe,
        Predicate::ULe => Predicate::ULt,
        Predicate::UGt => Predicate::UGe,
        Predicate::UGe => Predicate::UGt,
    }
}
