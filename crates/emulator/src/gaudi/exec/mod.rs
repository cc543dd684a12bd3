//! Runs a text for a part of the index space.

mod call;
mod lanes;
pub(super) mod scalar;
pub(super) mod tensor;
mod vector;

use super::fault::{Fault, FaultKind};
use super::ir::{Binary, Expr, Function, Module, Node, Place, Statement};
use super::value::Value;
use tensor::{Refusal, Tensors};

/// What follows a statement.
enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
}

/// A core at work on a part of the index space.
pub(super) struct Core<'a> {
    module: &'a Module,
    tensors: &'a mut Tensors,
    /// Arrays of local memory; nobody wrote them.
    local: Vec<Vec<Value>>,
    offset: [u32; 5],
    size: [u32; 5],
    /// Number of the part, from 1.
    run: u32,
}

/// Whether nobody wrote a value, or a part of it.
fn undefined(value: &Value) -> bool {
    match value {
        Value::Undefined => true,
        Value::Pair(parts) => parts.iter().any(undefined),
        _ => false,
    }
}

impl<'a> Core<'a> {
    pub(super) fn new(
        module: &'a Module,
        tensors: &'a mut Tensors,
        offset: [u32; 5],
        size: [u32; 5],
        run: u32,
    ) -> Core<'a> {
        let local = module.arrays.iter().map(|array| vec![Value::Undefined; array.count as usize]).collect();
        Core { module, tensors, local, offset, size, run }
    }

    /// Runs `main` with its arguments.
    pub(super) fn main(&mut self, args: Vec<Value>) -> Result<(), Fault> {
        self.function(&self.module.functions[self.module.main], args).map(drop)
    }

    fn fault(&self, kind: FaultKind, line: u32, message: impl Into<String>, rule: &'static str) -> Fault {
        Fault { kind, line, member: self.offset, message: message.into(), rule }
    }

    fn refusal(&self, line: u32, refusal: Refusal) -> Fault {
        self.fault(refusal.kind, line, refusal.message, refusal.rule)
    }

    fn unwritten(&self, line: u32) -> Fault {
        self.fault(
            FaultKind::Uninitialised,
            line,
            "a variable or array element",
            "registers and local memory hold nothing",
        )
    }

    fn function(&mut self, function: &'a Function, args: Vec<Value>) -> Result<Value, Fault> {
        let mut frame = args;
        frame.resize(function.slots, Value::Undefined);
        match self.statement(&function.body, &mut frame)? {
            Flow::Return(value) => Ok(value),
            Flow::Next | Flow::Break | Flow::Continue => Ok(Value::Undefined),
        }
    }

    fn statement(&mut self, statement: &'a Statement, frame: &mut Vec<Value>) -> Result<Flow, Fault> {
        match statement {
            Statement::Declare(slot) => frame[*slot] = Value::Undefined,
            Statement::Assign(place, value) => {
                let line = value.line;
                let value = self.eval(value, frame)?;
                self.assign(place, value, line, frame)?;
            }
            Statement::Do(value) => {
                self.eval(value, frame)?;
            }
            Statement::If(condition, then, other) => {
                if self.holds(condition, frame)? {
                    return self.statement(then, frame);
                } else if let Some(other) = other {
                    return self.statement(other, frame);
                }
            }
            Statement::Loop(start, condition, step, body, after) => {
                self.statement(start, frame)?;
                let mut first = *after;
                loop {
                    if let (false, Some(condition)) = (first, condition)
                        && !self.holds(condition, frame)?
                    {
                        break;
                    }
                    first = false;
                    match self.statement(body, frame)? {
                        Flow::Break => break,
                        Flow::Return(value) => return Ok(Flow::Return(value)),
                        Flow::Next | Flow::Continue => {}
                    }
                    self.statement(step, frame)?;
                }
            }
            Statement::Return(value) => {
                let value = value.as_ref().map_or(Ok(Value::Undefined), |value| self.eval(value, frame))?;
                return Ok(Flow::Return(value));
            }
            Statement::Break => return Ok(Flow::Break),
            Statement::Continue => return Ok(Flow::Continue),
            Statement::Block(statements) => {
                for statement in statements {
                    match self.statement(statement, frame)? {
                        Flow::Next => {}
                        other => return Ok(other),
                    }
                }
            }
        }
        Ok(Flow::Next)
    }

    fn holds(&mut self, condition: &'a Expr, frame: &mut Vec<Value>) -> Result<bool, Fault> {
        Ok(self.eval(condition, frame)? == Value::Bool(true))
    }

    fn assign(&mut self, place: &'a Place, value: Value, line: u32, frame: &mut Vec<Value>) -> Result<(), Fault> {
        let (target, part) = match place {
            Place::Local(slot, part) => (&mut frame[*slot], *part),
            Place::Element(array, index, part) => {
                let at = self.index(*array, index, frame)?;
                (&mut self.local[*array][at], *part)
            }
        };
        let Some(part) = part else {
            *target = value;
            return Ok(());
        };
        match (target, value) {
            (Value::Index(all), Value::Int(value)) => all[part] = value,
            (Value::Pair(parts), value) => parts[part] = value,
            (target @ Value::Undefined, value) if !matches!(value, Value::Int(_)) => {
                let mut parts = [Value::Undefined, Value::Undefined];
                parts[part] = value;
                *target = Value::Pair(Box::new(parts));
            }
            // The other components of an int5 have no values yet.
            _ => return Err(self.unwritten(line)),
        }
        Ok(())
    }

    /// An index of a local array, inside it.
    fn index(&mut self, array: usize, index: &'a Expr, frame: &mut Vec<Value>) -> Result<usize, Fault> {
        let at = match self.eval(index, frame)? {
            Value::Int(at) => i64::from(at),
            Value::Uint(at) => i64::from(at),
            _ => -1,
        };
        let known = &self.module.arrays[array];
        if (0..known.count as i64).contains(&at) {
            return Ok(at as usize);
        }
        let message = format!("element {at} of `{}`, which has {}", known.name, known.count);
        Err(self.fault(FaultKind::OutOfBounds, index.line, message, "local memory is what the text declares"))
    }

    fn eval(&mut self, expr: &'a Expr, frame: &mut Vec<Value>) -> Result<Value, Fault> {
        let written = |core: &Self, value: &Value| {
            if undefined(value) { Err(core.unwritten(expr.line)) } else { Ok(value.clone()) }
        };
        match &expr.node {
            Node::Const(value) => Ok(value.clone()),
            Node::Local(slot) => written(self, &frame[*slot]),
            Node::Element(array, index) => {
                let at = self.index(*array, index, frame)?;
                written(self, &self.local[*array][at])
            }
            Node::Part(whole, part) => {
                let value = match &whole.node {
                    // A pair of which only this part is written.
                    Node::Local(slot) => match &frame[*slot] {
                        Value::Pair(parts) => return written(self, &parts[*part]),
                        other => other.clone(),
                    },
                    Node::Element(array, index) => {
                        let at = self.index(*array, index, frame)?;
                        match &self.local[*array][at] {
                            Value::Pair(parts) => return written(self, &parts[*part]),
                            other => other.clone(),
                        }
                    }
                    _ => self.eval(whole, frame)?,
                };
                match value {
                    Value::Pair(parts) => written(self, &parts[*part]),
                    Value::Index(all) => Ok(Value::Int(all[*part])),
                    _ => Err(self.unwritten(expr.line)),
                }
            }
            Node::Unary(op, of) => {
                let of = self.eval(of, frame)?;
                Ok(scalar::unary(*op, &of))
            }
            Node::Binary(op @ (Binary::Both | Binary::Either), left, right) => {
                let left = self.holds(left, frame)?;
                let decided = left == (*op == Binary::Either);
                Ok(Value::Bool(if decided { left } else { self.holds(right, frame)? }))
            }
            Node::Binary(op, left, right) => {
                let left = self.eval(left, frame)?;
                let right = self.eval(right, frame)?;
                scalar::binary(*op, &left, &right).ok_or_else(|| self.shift(expr.line))
            }
            Node::Choose(condition, then, other) => {
                if self.holds(condition, frame)? {
                    self.eval(then, frame)
                } else {
                    self.eval(other, frame)
                }
            }
            Node::Convert(of) => {
                let of = self.eval(of, frame)?;
                let fail =
                    || self.fault(FaultKind::Limit, expr.line, "a conversion without a result", "types of the text");
                scalar::convert(&of, expr.ty).ok_or_else(fail)
            }
            Node::Build(parts) => {
                let parts = parts.iter().map(|part| self.eval(part, frame)).collect::<Result<Vec<_>, _>>()?;
                match <[Value; 2]>::try_from(parts) {
                    Ok(pair) => Ok(Value::Pair(Box::new(pair))),
                    Err(parts) => {
                        let whole = |part: &Value| if let Value::Int(value) = part { *value } else { 0 };
                        Ok(Value::Index(std::array::from_fn(|at| parts.get(at).map_or(0, whole))))
                    }
                }
            }
            Node::Call(call, args) => self.call(*call, args, expr, frame),
            Node::Function(function, args) => {
                let args = args.iter().map(|arg| self.eval(arg, frame)).collect::<Result<Vec<_>, _>>()?;
                self.function(&self.module.functions[*function], args)
            }
        }
    }

    fn shift(&self, line: u32) -> Fault {
        self.fault(FaultKind::Limit, line, "a shift by more than 31", "the result is not defined in C")
    }
}
