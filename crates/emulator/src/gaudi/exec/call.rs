//! Calls of intrinsics.

use super::{Core, lanes, vector};
use crate::gaudi::calls::{Call, SW_LINEAR, SW_RZ};
use crate::gaudi::fault::{Fault, FaultKind};
use crate::gaudi::ir::Expr;
use crate::gaudi::ty::Element;
use crate::gaudi::value::Value;

fn whole(value: &Value) -> i64 {
    match value {
        Value::Int(value) => i64::from(*value),
        Value::Uint(value) => i64::from(*value),
        Value::Bool(value) => i64::from(*value),
        _ => -1,
    }
}

fn coordinate(value: &Value) -> [i32; 5] {
    if let Value::Index(all) = value { *all } else { [-1; 5] }
}

fn tensor(value: &Value) -> usize {
    if let Value::Tensor(number) = value { *number } else { usize::MAX }
}

impl<'a> Core<'a> {
    pub(super) fn call(
        &mut self,
        call: Call,
        args: &'a [Expr],
        expr: &Expr,
        frame: &mut Vec<Value>,
    ) -> Result<Value, Fault> {
        let line = expr.line;
        let mut all = args.iter().map(|arg| self.eval(arg, frame)).collect::<Result<Vec<_>, _>>()?;
        if call.is_predicated(all.len()) {
            let polarity = all.pop();
            if all.pop() == polarity {
                // Nothing happens: the income, or the sum of a `mac`, is the result.
                return Ok(match call {
                    Call::Mac(_) | Call::MacWide => all.swap_remove(2),
                    Call::Store(..) => Value::Undefined,
                    _ => all.pop().unwrap_or(Value::Undefined),
                });
            }
        }
        let at = (self.run, line);
        let value = match call {
            Call::IndexOffset => Some(Value::Index(self.offset.map(|at| at as i32))),
            Call::IndexSize => Some(Value::Index(self.size.map(|at| at as i32))),
            Call::DimSize => {
                let dims = self.tensors.bound[tensor(&all[0])].dims;
                Some(Value::Uint(dims[whole(&all[1]) as usize]))
            }
            Call::Load(element, partial) => {
                let part = if partial { Some(self.part(element, &all[2], line)?) } else { None };
                let income = all.pop().unwrap_or(Value::Undefined);
                let place = (tensor(&all[1]), element);
                let loaded = self.tensors.load(place, coordinate(&all[0]), part, income, at);
                Some(loaded.map_err(|refusal| self.refusal(line, refusal))?)
            }
            Call::Store(element, partial) => {
                let part = if partial { Some(self.part(element, &all[3], line)?) } else { None };
                let place = (tensor(&all[1]), element);
                let stored = self.tensors.store(place, coordinate(&all[0]), part, &all[2], at);
                stored.map_err(|refusal| self.refusal(line, refusal))?;
                Some(Value::Undefined)
            }
            Call::Address => {
                let tensor = tensor(&all[1]);
                let number = self.tensors.address(tensor, coordinate(&all[0]));
                Some(Value::Address(tensor, number.map_err(|refusal| self.refusal(line, refusal))?))
            }
            Call::LoadScalar(element) => Some(self.element(element, &all[0], line)?),
            Call::LoadBroadcast(element) => Some(match self.element(element, &all[0], line)? {
                Value::Float(value) => Value::F32(Box::new([value; 64])),
                Value::Int(value) => Value::I32(Box::new([value; 64])),
                Value::Uint(value) => Value::U32(Box::new([value; 64])),
                Value::Bf16(value) => Value::Half(Box::new([value; 128])),
                other => other,
            }),
            Call::Arith(_, op) => match vector::arith(op, &all[0], &all[1]) {
                Some(value) => Some(value),
                None => return Err(self.shift(line)),
            },
            Call::Abs(_) => vector::abs(&all[0]),
            Call::Mac(_) => {
                let sum = all.swap_remove(2);
                vector::mac(&all[0], &all[1], sum)
            }
            Call::MacWide => {
                let sum = all.swap_remove(2);
                vector::mac_wide(&all[0], &all[1], sum)
            }
            Call::MulWide => {
                let zeros = || Value::F32(Box::new([0.0; 64]));
                vector::mac_wide(&all[0], &all[1], Value::Pair(Box::new([zeros(), zeros()])))
            }
            Call::Select(_, by) => {
                vector::compare(by, &all[0], &all[1]).and_then(|mask| vector::select(mask, &all[2], &all[3]))
            }
            Call::Compare(_, by) => vector::compare(by, &all[0], &all[1]).map(Value::Mask),
            Call::Move(_) => Some(all.swap_remove(0)),
            Call::MoveMask(_) => match all[3] {
                Value::Mask(mask) => {
                    let mask = if whole(&all[4]) == 1 { !mask } else { mask };
                    vector::select(mask, &all[0], &all[2])
                }
                _ => None,
            },
            Call::Lanes => Some(Value::U32(Box::new(std::array::from_fn(|lane| lane as u32)))),
            Call::Widen => vector::widen_all(&all[0], whole(&all[1]) & SW_LINEAR != 0),
            Call::Narrow => {
                let switches = whole(&all[1]);
                vector::narrow_all(&all[0], switches & SW_LINEAR != 0, switches & SW_RZ != 0)
            }
            Call::ToFloat(_) => vector::to_float(&all[0]),
            Call::ToInt => vector::to_int(&all[0], whole(&all[1]) & SW_RZ != 0),
            Call::ScalarWiden => match all[0] {
                Value::Bf16(bits) => Some(Value::Float(crate::gaudi::value::widen(bits))),
                _ => None,
            },
            Call::DualGroups(_) => {
                let sources = std::array::from_fn(|at| whole(&all[2 + at]) as usize);
                lanes::dual_groups(&all[0], sources, whole(&all[6]), &all[7])
            }
            Call::DualGroup(_) => {
                let (from, to) = (whole(&all[2]) as usize, whole(&all[3]) as usize);
                lanes::dual_group(&all[0], from, to, whole(&all[4]), &all[5])
            }
            Call::Groups(_) => lanes::groups(&all[0], whole(&all[2]), &all[3]),
            Call::Shuffle(_) => match &all[1] {
                Value::Bytes(map) => {
                    let rule = "which of the four bytes of a lane counts is not documented; bits 0 to 2, 5 and 7 have a meaning";
                    let moved = lanes::shuffle(&all[0], map, &all[3]);
                    moved.map_err(|message| self.fault(FaultKind::Limit, line, message, rule))?
                }
                _ => None,
            },
            Call::Reduce(op) => lanes::reduce(op, &all[0]),
            Call::ArgMax => lanes::argmax(&all[0]),
            Call::Special(function) => vector::special(function, &all[0]),
        };
        value.ok_or_else(|| {
            self.fault(
                FaultKind::Limit,
                line,
                "operands for which the result is not documented",
                "the intrinsic's range",
            )
        })
    }

    /// Elements of a partial access: the argument is one less.
    fn part(&self, element: Element, last: &Value, line: u32) -> Result<usize, Fault> {
        let (last, lanes) = (whole(last), 256 / element.bytes() as i64);
        if (0..lanes).contains(&last) {
            return Ok(last as usize + 1);
        }
        let message = format!("a part of {last} + 1 elements, of {lanes}");
        Err(self.fault(FaultKind::Limit, line, message, "a part is of 1 to as many elements as a vector has lanes"))
    }

    fn element(&mut self, element: Element, address: &Value, line: u32) -> Result<Value, Fault> {
        let Value::Address(tensor, number) = *address else { return Err(self.unwritten(line)) };
        let read = self.tensors.element((tensor, element), number, (self.run, line));
        read.map_err(|refusal| self.refusal(line, refusal))
    }
}
