//! Scalars and indices of tensors.

use super::build::Builder;
use super::code::{Run, Slot, Word};
use crate::gaudi::calls::Call;
use crate::gaudi::ir::{Binary, Expr, Node, Unary};
use crate::gaudi::ty::Ty;
use crate::gaudi::value::{Value, settle};

/// The bits of a scalar constant.
fn word(value: &Value) -> u32 {
    match value {
        Value::Bool(value) => u32::from(*value),
        Value::Int(value) => *value as u32,
        Value::Uint(value) => *value,
        Value::Float(value) => value.to_bits(),
        Value::Undefined | Value::Index(_) | Value::F32(_) | Value::I32(_) | Value::U32(_) => 0,
        Value::Half(_) | Value::Bytes(_) | Value::Mask(_) | Value::Parts(_) => 0,
    }
}

impl Builder<'_> {
    /// A scalar.
    pub(super) fn word(&self, expr: &Expr) -> Word {
        let line = expr.line;
        match &expr.node {
            Node::Const(value) => Word::Const(word(value)),
            Node::Local(slot) => match self.slots()[*slot] {
                Slot::Word(at) => Word::Slot(at, line),
                Slot::Index(_) | Slot::Vectors(..) | Slot::Nothing => Word::Const(0),
            },
            Node::Element(array, index) => {
                let at = self.element(*array, index);
                Word::Run(Box::new(move |core| {
                    let at = at(core)?;
                    if core.words_known[at] { Ok(core.words[at]) } else { Err(core.unwritten(line)) }
                }))
            }
            Node::Part(whole, part) => {
                if let Node::Local(slot) = &whole.node
                    && let Slot::Index(at) = self.slots()[*slot]
                {
                    return Word::Slot(at + part, line);
                }
                let (whole, part) = (self.index(whole), *part);
                Word::Run(Box::new(move |core| Ok(whole(core)?[part] as u32)))
            }
            Node::Unary(op, of) => self.unary(*op, of),
            Node::Binary(op @ (Binary::Both | Binary::Either), left, right) => {
                let (left, right, either) = (self.word(left), self.word(right), *op == Binary::Either);
                Word::Run(Box::new(move |core| {
                    let left = left.get(core)? != 0;
                    Ok(u32::from(if left == either { left } else { right.get(core)? != 0 }))
                }))
            }
            Node::Binary(op, left, right) => self.binary(*op, left, right),
            Node::Choose(condition, then, other) => {
                let (condition, then, other) = (self.word(condition), self.word(then), self.word(other));
                Word::Run(Box::new(
                    move |core| {
                        if condition.get(core)? != 0 { then.get(core) } else { other.get(core) }
                    },
                ))
            }
            Node::Convert(of) => self.convert(of, expr.ty),
            Node::Call(call, args) => self.scalar_call(*call, args, line),
            Node::Function(function, args) => {
                let (call, result) = (self.function(*function, args), self.results[*function]);
                Word::Run(Box::new(move |core| {
                    call(core)?;
                    match result {
                        Slot::Word(at) => Ok(core.words[at]),
                        Slot::Index(_) | Slot::Vectors(..) | Slot::Nothing => Ok(0),
                    }
                }))
            }
            Node::Build(_) => Word::Const(0),
        }
    }

    fn unary(&self, op: Unary, of: &Expr) -> Word {
        let (ty, of) = (of.ty, self.word(of));
        Word::Run(match (op, ty) {
            (Unary::Minus, Ty::Float) => Box::new(move |core| Ok((-f32::from_bits(of.get(core)?)).to_bits())),
            (Unary::Minus, _) => Box::new(move |core| Ok(of.get(core)?.wrapping_neg())),
            (Unary::Not, _) => Box::new(move |core| Ok(u32::from(of.get(core)? == 0))),
            (Unary::Invert, _) => Box::new(move |core| Ok(!of.get(core)?)),
        })
    }

    fn binary(&self, op: Binary, left: &Expr, right: &Expr) -> Word {
        fn of(left: Word, right: Word, op: impl Fn(u32, u32) -> u32 + Send + Sync + 'static) -> Word {
            Word::Run(Box::new(move |core| {
                let left = left.get(core)?;
                Ok(op(left, right.get(core)?))
            }))
        }
        fn shift(left: Word, right: Word, line: u32, op: impl Fn(u32, u32) -> u32 + Send + Sync + 'static) -> Word {
            Word::Run(Box::new(move |core| {
                let left = left.get(core)?;
                let by = right.get(core)?;
                if by < 32 { Ok(op(left, by)) } else { Err(core.shift(line)) }
            }))
        }
        let (ty, line) = (left.ty, left.line);
        let (left, right) = (self.word(left), self.word(right));
        let real = |op: fn(f32, f32) -> f32| move |a, b| settle(op(f32::from_bits(a), f32::from_bits(b))).to_bits();
        let compared = |op: fn(&f32, &f32) -> bool| move |a, b| u32::from(op(&f32::from_bits(a), &f32::from_bits(b)));
        match (op, ty) {
            (Binary::Add, Ty::Float) => of(left, right, real(|a, b| a + b)),
            (Binary::Sub, Ty::Float) => of(left, right, real(|a, b| a - b)),
            (Binary::Mul, Ty::Float) => of(left, right, real(|a, b| a * b)),
            (Binary::Less, Ty::Float) => of(left, right, compared(f32::lt)),
            (Binary::LessEqual, Ty::Float) => of(left, right, compared(f32::le)),
            (Binary::Greater, Ty::Float) => of(left, right, compared(f32::gt)),
            (Binary::GreaterEqual, Ty::Float) => of(left, right, compared(f32::ge)),
            (Binary::Equal, Ty::Float) => of(left, right, compared(f32::eq)),
            (Binary::NotEqual, Ty::Float) => of(left, right, compared(f32::ne)),
            (Binary::Add, _) => of(left, right, u32::wrapping_add),
            (Binary::Sub, _) => of(left, right, u32::wrapping_sub),
            (Binary::Mul, _) => of(left, right, u32::wrapping_mul),
            (Binary::And, _) => of(left, right, |a, b| a & b),
            (Binary::Or, _) => of(left, right, |a, b| a | b),
            (Binary::Xor, _) => of(left, right, |a, b| a ^ b),
            (Binary::Equal, _) => of(left, right, |a, b| u32::from(a == b)),
            (Binary::NotEqual, _) => of(left, right, |a, b| u32::from(a != b)),
            (Binary::Less, Ty::Uint) => of(left, right, |a, b| u32::from(a < b)),
            (Binary::LessEqual, Ty::Uint) => of(left, right, |a, b| u32::from(a <= b)),
            (Binary::Greater, Ty::Uint) => of(left, right, |a, b| u32::from(a > b)),
            (Binary::GreaterEqual, Ty::Uint) => of(left, right, |a, b| u32::from(a >= b)),
            (Binary::Less, _) => of(left, right, |a, b| u32::from((a as i32) < b as i32)),
            (Binary::LessEqual, _) => of(left, right, |a, b| u32::from(a as i32 <= b as i32)),
            (Binary::Greater, _) => of(left, right, |a, b| u32::from(a as i32 > b as i32)),
            (Binary::GreaterEqual, _) => of(left, right, |a, b| u32::from(a as i32 >= b as i32)),
            (Binary::Shl, _) => shift(left, right, line, |a, by| a << by),
            (Binary::Shr, Ty::Uint) => shift(left, right, line, |a, by| a >> by),
            // Shifts to the right keep the sign, as in clang.
            (Binary::Shr, _) => shift(left, right, line, |a, by| (a as i32 >> by) as u32),
            (Binary::Both, _) => of(left, right, |a, b| u32::from(a != 0 && b != 0)),
            (Binary::Either, _) => of(left, right, |a, b| u32::from(a != 0 || b != 0)),
        }
    }

    /// A scalar of one type as one of another.
    pub(super) fn convert(&self, of: &Expr, to: Ty) -> Word {
        let (from, of) = (of.ty, self.word(of));
        let float = |value: f32| settle(value).to_bits();
        Word::Run(match (from, to) {
            (Ty::Float, Ty::Bool) => Box::new(move |core| Ok(u32::from(f32::from_bits(of.get(core)?) != 0.0))),
            (Ty::Float, Ty::Int) => Box::new(move |core| Ok(f32::from_bits(of.get(core)?) as i32 as u32)),
            (Ty::Float, Ty::Uint) => Box::new(move |core| Ok(f32::from_bits(of.get(core)?) as u32)),
            (Ty::Int, Ty::Float) => Box::new(move |core| Ok(float(of.get(core)? as i32 as f32))),
            (Ty::Uint | Ty::Bool, Ty::Float) => Box::new(move |core| Ok(float(of.get(core)? as f32))),
            (_, Ty::Bool) => Box::new(move |core| Ok(u32::from(of.get(core)? != 0))),
            (_, _) => return of,
        })
    }

    /// An `int5`.
    pub(super) fn index(&self, expr: &Expr) -> Run<[i32; 5]> {
        let line = expr.line;
        match &expr.node {
            Node::Const(Value::Index(all)) => {
                let all = *all;
                Box::new(move |_| Ok(all))
            }
            Node::Local(slot) => {
                let Slot::Index(at) = self.slots()[*slot] else { return Box::new(|_| Ok([0; 5])) };
                Box::new(move |core| {
                    if !core.words_known[at..at + 5].iter().all(|known| *known) {
                        return Err(core.unwritten(line));
                    }
                    Ok(std::array::from_fn(|part| core.words[at + part] as i32))
                })
            }
            Node::Binary(op, left, right) => {
                let (op, left, right) = (*op, self.index(left), self.index(right));
                Box::new(move |core| {
                    let (left, right) = (left(core)?, right(core)?);
                    Ok(std::array::from_fn(|part| match op {
                        Binary::Sub => left[part].wrapping_sub(right[part]),
                        Binary::Mul => left[part].wrapping_mul(right[part]),
                        // Types leave no other.
                        _ => left[part].wrapping_add(right[part]),
                    }))
                })
            }
            Node::Choose(condition, then, other) => {
                let (condition, then, other) = (self.word(condition), self.index(then), self.index(other));
                Box::new(move |core| if condition.get(core)? != 0 { then(core) } else { other(core) })
            }
            Node::Convert(of) => {
                let of = self.word(of);
                Box::new(move |core| Ok([of.get(core)? as i32; 5]))
            }
            Node::Build(parts) => {
                let parts: Vec<Word> = parts.iter().map(|part| self.word(part)).collect();
                Box::new(move |core| {
                    let mut all = [0; 5];
                    for (to, part) in all.iter_mut().zip(&parts) {
                        *to = part.get(core)? as i32;
                    }
                    Ok(all)
                })
            }
            Node::Call(call, _) => {
                let size = *call == Call::IndexSize;
                Box::new(move |core| Ok(if size { core.size } else { core.offset }.map(|part| part as i32)))
            }
            Node::Function(function, args) => {
                let (call, result) = (self.function(*function, args), self.results[*function]);
                Box::new(move |core| {
                    call(core)?;
                    let Slot::Index(at) = result else { return Ok([0; 5]) };
                    Ok(std::array::from_fn(|part| core.words[at + part] as i32))
                })
            }
            Node::Const(_) | Node::Part(..) | Node::Element(..) | Node::Unary(..) => Box::new(|_| Ok([0; 5])),
        }
    }
}
