//! Vectors and structures of vectors.

use super::build::Builder;
use super::code::{Fill, Parts, Slot, Vector};
use super::{Core, Lanes, Outcome, vectors};
use crate::gaudi::fault::FaultKind;
use crate::gaudi::ir::{Binary, Expr, Node};
use crate::gaudi::ty::{Element, Ty};
use crate::gaudi::value::Value;

/// The lanes of a vector constant.
fn lanes(value: &Value) -> Lanes {
    let mut lanes = Lanes::ZERO;
    match value {
        Value::F32(values) => *lanes.floats_mut() = **values,
        Value::I32(values) => lanes.0 = values.map(|value| value as u32),
        Value::U32(values) => lanes.0 = **values,
        Value::Half(values) => *lanes.halves_mut() = **values,
        Value::Bytes(values) => *lanes.bytes_mut() = **values,
        Value::Undefined | Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Float(_) => {}
        Value::Index(_) | Value::Mask(_) | Value::Parts(_) => {}
    }
    lanes
}

impl Builder<'_> {
    /// A vector, or a predicate of lanes in the first two words of one.
    pub(super) fn vector(&self, expr: &Expr) -> Vector {
        let line = expr.line;
        match &expr.node {
            Node::Const(Value::Mask(mask)) => {
                let mut lanes = Lanes::ZERO;
                (lanes.0[0], lanes.0[1]) = (*mask as u32, (*mask >> 32) as u32);
                Vector::Const(Box::new(lanes))
            }
            Node::Const(value) => Vector::Const(Box::new(lanes(value))),
            Node::Local(slot) => match self.slots()[*slot] {
                Slot::Vectors(at, _) => Vector::Slot(at, line),
                Slot::Word(_) | Slot::Index(_) | Slot::Nothing => Vector::Const(Box::new(Lanes::ZERO)),
            },
            Node::Element(array, index) => self.element_part(*array, index, 0, line),
            Node::Part(whole, part) => match &whole.node {
                // A structure of which only this part is written.
                Node::Local(slot) => match self.slots()[*slot] {
                    Slot::Vectors(at, _) => Vector::Slot(at + part, line),
                    Slot::Word(_) | Slot::Index(_) | Slot::Nothing => Vector::Const(Box::new(Lanes::ZERO)),
                },
                Node::Element(array, index) => self.element_part(*array, index, *part, line),
                _ => {
                    let (whole, part) = (self.parts(whole), *part);
                    Vector::Run(Box::new(move |core, out| {
                        let mut parts = [Lanes::ZERO; 4];
                        whole(core, &mut parts)?;
                        *out = parts[part];
                        Ok(())
                    }))
                }
            },
            Node::Unary(op, of) => {
                let (op, ty, of) = (*op, of.ty, self.vector(of));
                self.pure(
                    [of],
                    move |[of], out| {
                        vectors::unary(op, ty, of, out);
                        true
                    },
                    line,
                )
            }
            Node::Binary(op, left, right) => self.operator(*op, left, right),
            Node::Choose(condition, then, other) => {
                let (condition, then, other) = (self.word(condition), self.vector(then), self.vector(other));
                Vector::Run(Box::new(move |core, out| {
                    if condition.get(core)? != 0 { then.get(core, out) } else { other.get(core, out) }
                }))
            }
            Node::Convert(of) => self.spread(of, expr.ty),
            Node::Call(call, args) => self.vector_call(*call, args, line),
            Node::Function(function, args) => {
                let (call, result) = (self.function(*function, args), self.results[*function]);
                Vector::Run(Box::new(move |core, out| {
                    call(core)?;
                    if let Slot::Vectors(at, _) = result {
                        *out = core.vectors[at];
                    }
                    Ok(())
                }))
            }
            Node::Build(_) => Vector::Const(Box::new(Lanes::ZERO)),
        }
    }

    /// One vector of an array's element.
    fn element_part(&self, array: usize, index: &Expr, part: usize, line: u32) -> Vector {
        let at = self.element(array, index);
        Vector::Run(Box::new(move |core, out| {
            let at = at(core)? + part;
            if !core.vectors_known[at] {
                return Err(core.unwritten(line));
            }
            *out = core.vectors[at];
            Ok(())
        }))
    }

    /// A function of vectors without any other effect: once and for all if they are constants. `false` where it has no result.
    pub(super) fn pure<const N: usize>(
        &self,
        args: [Vector; N],
        op: impl Fn([&Lanes; N], &mut Lanes) -> bool + Send + Sync + 'static,
        line: u32,
    ) -> Vector {
        let known: Vec<&Lanes> =
            args.iter().filter_map(|arg| if let Vector::Const(value) = arg { Some(&**value) } else { None }).collect();
        if let Ok(known) = <[&Lanes; N]>::try_from(known) {
            let mut out = Box::new(Lanes::ZERO);
            if op(known, &mut out) {
                return Vector::Const(out);
            }
        }
        Vector::Run(Box::new(move |core, out| {
            let mut values = [Lanes::ZERO; N];
            for (value, arg) in values.iter_mut().zip(&args) {
                arg.get(core, value)?;
            }
            if op(values.each_ref(), out) { Ok(()) } else { Err(core.unknown(line)) }
        }))
    }

    fn operator(&self, op: Binary, left: &Expr, right: &Expr) -> Vector {
        let (ty, line) = (left.ty, left.line);
        let (left, right) = (self.vector(left), self.vector(right));
        match (ty, op) {
            (Ty::Vector(Element::F32), Binary::Add) => {
                self.pure([left, right], |[a, b], out| vectors::real(a, b, out, |a, b| a + b), line)
            }
            (Ty::Vector(Element::F32), Binary::Sub) => {
                self.pure([left, right], |[a, b], out| vectors::real(a, b, out, |a, b| a - b), line)
            }
            (Ty::Vector(Element::F32), _) => {
                self.pure([left, right], |[a, b], out| vectors::real(a, b, out, |a, b| a * b), line)
            }
            (_, Binary::Shl | Binary::Shr) => {
                let keeps = ty == Ty::Vector(Element::I32) && op == Binary::Shr;
                Vector::Run(Box::new(move |core, out| {
                    let (mut a, mut by) = (Lanes::ZERO, Lanes::ZERO);
                    left.get(core, &mut a)?;
                    right.get(core, &mut by)?;
                    if vectors::shift(op == Binary::Shl, keeps, &a, &by, out) { Ok(()) } else { Err(core.shift(line)) }
                }))
            }
            (_, op) => self.pure([left, right], move |[a, b], out| vectors::whole(op, a, b, out), line),
        }
    }

    /// A scalar in all lanes, or the bits of a vector.
    fn spread(&self, of: &Expr, to: Ty) -> Vector {
        if matches!(of.ty, Ty::Vector(_) | Ty::Bytes) {
            return self.vector(of);
        }
        let line = of.line;
        match to {
            Ty::Vector(Element::F32) if of.ty != Ty::Float => {
                let of = self.convert(of, Ty::Float);
                Vector::Run(Box::new(move |core, out| {
                    out.0.fill(of.get(core)?);
                    Ok(())
                }))
            }
            Ty::Vector(Element::F32 | Element::I32 | Element::U32) => {
                let of = if of.ty == Ty::Float && to != Ty::Vector(Element::F32) {
                    self.convert(of, Ty::Int)
                } else {
                    self.word(of)
                };
                Vector::Run(Box::new(move |core, out| {
                    out.0.fill(of.get(core)?);
                    Ok(())
                }))
            }
            Ty::Vector(Element::Bf16 | Element::F16) => {
                let of = self.word(of);
                Vector::Run(Box::new(move |core, out| {
                    let value = of.get(core)? as u16;
                    out.halves_mut().fill(value);
                    Ok(())
                }))
            }
            Ty::Vector(Element::I8) | Ty::Bytes => {
                let of = self.word(of);
                Vector::Run(Box::new(move |core, out| {
                    let value = of.get(core)? as u8;
                    out.bytes_mut().fill(value);
                    Ok(())
                }))
            }
            _ => Vector::Run(Box::new(move |core, _| {
                Err(core.fault(FaultKind::Limit, line, "a conversion without a result", "types of the text"))
            })),
        }
    }

    /// The vectors of a structure; of any other type one.
    pub(super) fn parts(&self, expr: &Expr) -> Fill<Parts> {
        let line = expr.line;
        if expr.ty.members().is_empty() {
            let one = self.vector(expr);
            return Box::new(move |core, out| one.get(core, &mut out[0]));
        }
        let count = expr.ty.members().len();
        let read = move |core: &Core<'_>, at: usize, out: &mut Parts| -> Outcome<()> {
            if !core.vectors_known[at..at + count].iter().all(|known| *known) {
                return Err(core.unwritten(line));
            }
            out[..count].copy_from_slice(&core.vectors[at..at + count]);
            Ok(())
        };
        match &expr.node {
            Node::Const(Value::Parts(parts)) => {
                let parts: Vec<Lanes> = parts.iter().map(lanes).collect();
                Box::new(move |_, out| {
                    out[..count].copy_from_slice(&parts);
                    Ok(())
                })
            }
            Node::Local(slot) => {
                let Slot::Vectors(at, _) = self.slots()[*slot] else { return Box::new(|_, _| Ok(())) };
                Box::new(move |core, out| read(core, at, out))
            }
            Node::Element(array, index) => {
                let at = self.element(*array, index);
                Box::new(move |core, out| {
                    let at = at(core)?;
                    read(core, at, out)
                })
            }
            Node::Choose(condition, then, other) => {
                let (condition, then, other) = (self.word(condition), self.parts(then), self.parts(other));
                Box::new(move |core, out| if condition.get(core)? != 0 { then(core, out) } else { other(core, out) })
            }
            Node::Build(parts) => {
                let parts: Vec<Vector> = parts.iter().map(|part| self.vector(part)).collect();
                Box::new(move |core, out| {
                    for (part, to) in parts.iter().zip(out.iter_mut()) {
                        part.get(core, to)?;
                    }
                    Ok(())
                })
            }
            Node::Call(call, args) => self.parts_call(*call, args, line),
            Node::Function(function, args) => {
                let (call, result) = (self.function(*function, args), self.results[*function]);
                Box::new(move |core, out| {
                    call(core)?;
                    match result {
                        Slot::Vectors(at, _) => read(core, at, out),
                        Slot::Word(_) | Slot::Index(_) | Slot::Nothing => Ok(()),
                    }
                })
            }
            Node::Const(_) | Node::Part(..) | Node::Unary(..) | Node::Binary(..) | Node::Convert(_) => {
                Box::new(|_, _| Ok(()))
            }
        }
    }
}
