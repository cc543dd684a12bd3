//! Short spellings of expressions.

use tile_ir::{Axis, BinaryOp, Predicate, UnaryOp, ViewId};

use crate::ir::{Builtin, Convert, Expr, Memory, Place, Scalar, Shared, Var};

/// An `I32` constant.
pub const fn int(value: u32) -> Expr {
    Expr::int(value)
}

/// An F32 constant.
pub const fn float(value: f32) -> Expr {
    Expr::Float(value)
}

/// A variable.
pub const fn var(var: Var) -> Expr {
    Expr::Var(var)
}

/// An element of an array.
pub fn element(var: Var, index: Expr) -> Expr {
    Expr::Element(var, Box::new(index))
}

/// Number of the thread.
pub const fn thread() -> Expr {
    Expr::Builtin(Builtin::Thread)
}

/// Number of the thread in its subgroup.
pub const fn lane() -> Expr {
    Expr::Builtin(Builtin::Lane)
}

/// Number of the subgroup.
pub const fn subgroup() -> Expr {
    Expr::Builtin(Builtin::Subgroup)
}

/// Number of the program along x.
pub const fn program() -> Expr {
    Expr::Builtin(Builtin::Program(Axis::X))
}

/// Any operation of two operands.
pub fn binary(op: BinaryOp, x: Expr, y: Expr) -> Expr {
    Expr::Binary(op, Box::new(x), Box::new(y))
}

/// `x + y`.
pub fn add(x: Expr, y: Expr) -> Expr {
    binary(BinaryOp::Add, x, y)
}

/// `x - y`.
pub fn sub(x: Expr, y: Expr) -> Expr {
    binary(BinaryOp::Sub, x, y)
}

/// `x * y`.
pub fn mul(x: Expr, y: Expr) -> Expr {
    binary(BinaryOp::Mul, x, y)
}

/// Any operation of one operand.
pub fn unary(op: UnaryOp, x: Expr) -> Expr {
    Expr::Unary(op, Box::new(x))
}

/// `x * y + z`.
pub fn fma(x: Expr, y: Expr, z: Expr) -> Expr {
    Expr::Fma(Box::new(x), Box::new(y), Box::new(z))
}

/// Any comparison.
pub fn compare(predicate: Predicate, x: Expr, y: Expr) -> Expr {
    Expr::Compare(predicate, Box::new(x), Box::new(y))
}

/// `x < y`, signed.
pub fn lt(x: Expr, y: Expr) -> Expr {
    compare(Predicate::SLt, x, y)
}

/// `x == y` on integers.
pub fn eq(x: Expr, y: Expr) -> Expr {
    compare(Predicate::IEq, x, y)
}

/// `condition ? x : y`.
pub fn select(condition: Expr, x: Expr, y: Expr) -> Expr {
    Expr::Select(Box::new(condition), Box::new(x), Box::new(y))
}

/// A conversion.
pub fn convert(convert: Convert, x: Expr) -> Expr {
    Expr::Convert(convert, Box::new(x))
}

/// An integer constant of any type.
pub const fn int_of(scalar: Scalar, bits: u64) -> Expr {
    Expr::Int(scalar, bits)
}

/// An element of a view.
pub fn global(view: ViewId, offset: Expr) -> Place {
    Place { memory: Memory::Global(view), offset: Box::new(offset), owner: None }
}

/// An element of a shared array.
pub fn shared(array: Shared, offset: Expr) -> Place {
    Place { memory: Memory::Shared(array), offset: Box::new(offset), owner: None }
}

/// A place with an owner number.
pub fn owned(place: Place, owner: u32) -> Place {
    Place { owner: Some(owner), ..place }
}

/// What a place holds.
pub const fn load(place: Place) -> Expr {
    Expr::Load(place)
}
