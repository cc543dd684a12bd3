//! Calls and their arguments.

use super::Parser;
use crate::gaudi::calls::Param;
use crate::gaudi::error::Error;
use crate::gaudi::ir::{Expr, Node};
use crate::gaudi::names::signature;
use crate::gaudi::ty::{Element, Ty};
use crate::gaudi::value::Value;

/// An income that the text leaves out: zeros.
fn zeros(ty: Ty) -> Value {
    match ty {
        Ty::Vector(Element::F32) => Value::F32(Box::new([0.0; 64])),
        Ty::Vector(Element::I32) => Value::I32(Box::new([0; 64])),
        Ty::Vector(Element::U32) => Value::U32(Box::new([0; 64])),
        Ty::Vector(Element::Bf16 | Element::F16) => Value::Half(Box::new([0; 128])),
        Ty::Vector(Element::I8) | Ty::Bytes => Value::Bytes(Box::new([0; 256])),
        Ty::Mask => Value::Mask(0),
        Ty::Pair | Ty::Quad => Value::Parts(ty.members().iter().map(|member| zeros(*member)).collect()),
        Ty::Void | Ty::Bool | Ty::Int | Ty::Uint | Ty::Float | Ty::Bf16 | Ty::Half => Value::Undefined,
        Ty::Tensor | Ty::Index | Ty::IndexValue | Ty::Address => Value::Undefined,
    }
}

impl Parser {
    /// A call behind its `(`.
    pub(super) fn call(&mut self, name: &str, line: u32) -> Result<Expr, Error> {
        let mut args = Vec::new();
        if !self.take(")") {
            loop {
                args.push(self.argument()?);
                if self.take(")") {
                    break;
                }
                self.expect(",")?;
            }
        }
        let Some(index) = self.functions.iter().position(|function| function.name == name) else {
            return self.known(name, args, line);
        };
        if name == "main" {
            return Err(Error::at(line, "`main` is not called"));
        }
        let function = &self.functions[index];
        if function.params.len() != args.len() {
            return Err(Error::at(line, format!("`{name}` takes {} arguments", function.params.len())));
        }
        let types: Vec<Ty> = function.params.iter().map(|(_, ty)| *ty).collect();
        let ty = function.result;
        let args = args.into_iter().zip(types).map(|(arg, ty)| self.convert(arg, ty));
        Ok(Expr { node: Node::Function(index, args.collect::<Result<_, _>>()?), ty, line })
    }

    fn argument(&mut self) -> Result<Expr, Error> {
        if self.is("{") {
            return self.error("an argument in braces");
        }
        self.expression()
    }

    /// A call of an intrinsic.
    pub(super) fn known(&mut self, name: &str, args: Vec<Expr>, line: u32) -> Result<Expr, Error> {
        let fail = |what: String| -> Result<Expr, Error> { Err(Error::at(line, what)) };
        let Some(signature) = signature(name) else {
            return fail(format!("`{name}` is not declared, or not known here"));
        };
        let given = args.len();
        if !(signature.required..=signature.params.len()).contains(&given) {
            let (few, many) = (signature.required, signature.params.len());
            return fail(format!("`{name}` takes {few} to {many} arguments, not {given}"));
        }
        let mut all = Vec::with_capacity(signature.params.len());
        for (number, (param, arg)) in signature.params.iter().zip(args).enumerate() {
            let number = number + 1;
            let constant = arg.whole();
            let within = |holds: bool, what: String| -> Result<(), Error> {
                let message = match constant {
                    None => format!("argument {number} of `{name}` is not a constant"),
                    Some(_) if !holds => format!("argument {number} of `{name}` is not {what}"),
                    Some(_) => return Ok(()),
                };
                Err(Error::at(line, message))
            };
            let value = constant.unwrap_or(0);
            let arg = match *param {
                Param::Of(ty) => self.convert(arg, ty)?,
                Param::AnyVector if matches!(arg.ty, Ty::Vector(_) | Ty::Bytes) => arg,
                Param::AnyScalar if matches!(arg.ty, Ty::Int | Ty::Uint | Ty::Float) => arg,
                Param::AnyVector | Param::AnyScalar => return fail(format!("the bits of {}", arg.ty)),
                Param::Predicate | Param::Polarity => self.truth(arg)?,
                Param::Small(last) => {
                    within((0..=last).contains(&value), format!("within 0 to {last}, or not known here"))?;
                    arg
                }
                Param::Switches(bits) => {
                    within(value & !bits == 0 && value >= 0, "made of its switches, or not known here".to_owned())?;
                    arg
                }
                Param::Ones => {
                    within(value == 0xffff_ffff || value == -1, "0xFFFFFFFF, the only mask known here".to_owned())?;
                    arg
                }
            };
            all.push(arg);
        }
        for param in &signature.params[given..] {
            let (value, ty) = match *param {
                Param::Of(ty) => (zeros(ty), ty),
                Param::Predicate => (Value::Bool(true), Ty::Bool),
                Param::Polarity => (Value::Bool(false), Ty::Bool),
                Param::Small(_) | Param::Switches(_) | Param::Ones => (Value::Int(0), Ty::Int),
                Param::AnyVector | Param::AnyScalar => (Value::Undefined, Ty::Void),
            };
            all.push(Expr { node: Node::Const(value), ty, line });
        }
        if signature.call.tables() && self.tables.is_none() {
            self.tables = Some("special functions or sums over lanes");
        }
        Ok(Expr { node: Node::Call(signature.call, all), ty: signature.result, line })
    }
}
