//! A text with types, as it is run.

use super::calls::Call;
use super::ty::Ty;
use super::value::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Sub,
    Mul,
    Shl,
    Shr,
    And,
    Or,
    Xor,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    Both,
    Either,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unary {
    Minus,
    Not,
    Invert,
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    Const(Value),
    Local(usize),
    /// Component of an `int5`, or member of a pair.
    Part(Box<Expr>, usize),
    /// Element of a local array.
    Element(usize, Box<Expr>),
    Unary(Unary, Box<Expr>),
    Binary(Binary, Box<Expr>, Box<Expr>),
    Choose(Box<Expr>, Box<Expr>, Box<Expr>),
    Convert(Box<Expr>),
    /// An `int5` or a pair from its parts.
    Build(Vec<Expr>),
    Call(Call, Vec<Expr>),
    Function(usize, Vec<Expr>),
}

#[derive(Clone, Debug)]
pub(super) struct Expr {
    pub(super) node: Node,
    pub(super) ty: Ty,
    pub(super) line: u32,
}

impl Expr {
    /// The value of a constant whole number.
    pub(super) fn whole(&self) -> Option<i64> {
        match self.node {
            Node::Const(Value::Int(value)) => Some(i64::from(value)),
            Node::Const(Value::Uint(value)) => Some(i64::from(value)),
            Node::Const(Value::Bool(value)) => Some(i64::from(value)),
            _ => None,
        }
    }
}

/// What an assignment writes, whole or one part.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Local(usize, Option<usize>),
    Element(usize, Expr, Option<usize>),
}

#[derive(Clone, Debug)]
pub(super) enum Statement {
    /// A variable of a scope starts without a value.
    Declare(usize),
    Assign(Place, Expr),
    Do(Expr),
    If(Expr, Box<Statement>, Option<Box<Statement>>),
    /// Start, condition, step, body; with `true`, the body runs before the first test.
    Loop(Box<Statement>, Option<Expr>, Box<Statement>, Box<Statement>, bool),
    Return(Option<Expr>),
    Break,
    Continue,
    Block(Vec<Statement>),
}

#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) result: Ty,
    pub(super) params: Vec<(String, Ty)>,
    /// Types of its variables, the parameters first.
    pub(super) slots: Vec<Ty>,
    pub(super) body: Statement,
}

/// An array in local memory.
#[derive(Clone, Debug)]
pub(super) struct Array {
    pub(super) name: String,
    pub(super) ty: Ty,
    pub(super) count: u64,
}

/// A whole text; `main` is its last function of that name.
#[derive(Clone, Debug)]
pub(super) struct Module {
    pub(super) functions: Vec<Function>,
    pub(super) arrays: Vec<Array>,
    pub(super) main: usize,
    /// A function that looks tables up, which then lie in vector local memory.
    pub(super) tables: Option<&'static str>,
}
