//! Calls of intrinsics.

use super::build::Builder;
use super::code::{Fill, Parts, Run, Step, Vector, Word};
use super::tensor::Unit;
use super::{Core, Flow, Lanes, Outcome, lanes, vectors};
use crate::gaudi::calls::{Call, SW_D, SW_DEC, SW_DIV_MODE_MOD, SW_LINEAR, SW_ROUND, SW_RZ, SW_VPU};
use crate::gaudi::fault::FaultKind;
use crate::gaudi::ir::{Expr, Node};
use crate::gaudi::ty::Element;

/// A constant argument: switches, numbers of groups.
fn constant(args: &[Expr], at: usize) -> i64 {
    args.get(at).and_then(Expr::whole).unwrap_or(0)
}

/// Moves lanes of the first vector into the second.
type Movement = Box<dyn Fn(&Lanes, &mut Lanes) + Send + Sync>;

/// When a call does something.
enum When {
    Always,
    Never,
    If(Word, Word),
}

impl When {
    fn holds(&self, core: &mut Core<'_>) -> Outcome<bool> {
        match self {
            When::Always => Ok(true),
            When::Never => Ok(false),
            When::If(predicate, polarity) => {
                let predicate = predicate.get(core)?;
                Ok(predicate != polarity.get(core)?)
            }
        }
    }
}

/// Elements of a partial access: the argument, of which 8 bits count, is one less.
fn part(core: &Core<'_>, element: Element, last: u32, line: u32) -> Outcome<usize> {
    let (last, most) = (i64::from(last as i32), element.lanes() as i64);
    // As a byte: above 127 it may stand with its sign.
    let count = if most == 256 && (-128..0).contains(&last) { last + 257 } else { last + 1 };
    if (1..=most).contains(&count) {
        return Ok(count as usize);
    }
    let message = format!("a part of {last} + 1 elements, of {most}");
    Err(core.fault(FaultKind::Limit, line, message, "a part is of 1 to as many elements as a vector has lanes"))
}

impl Builder<'_> {
    /// The predicate of a call, which its last two arguments are.
    fn when<'e>(&self, call: Call, args: &'e [Expr]) -> (When, &'e [Expr]) {
        if !call.is_predicated(args.len()) {
            return (When::Always, args);
        }
        let (rest, last) = args.split_at(args.len() - 2);
        let when = match (last[0].whole(), last[1].whole()) {
            (Some(predicate), Some(polarity)) if predicate == polarity => When::Never,
            (Some(_), Some(_)) => When::Always,
            (_, _) => When::If(self.word(&last[0]), self.word(&last[1])),
        };
        (when, rest)
    }

    /// A tensor, and the place in it that an address is of.
    fn address(&self, arg: &Expr) -> (Word, Run<[i32; 5]>) {
        match &arg.node {
            Node::Call(Call::Address, args) => (self.word(&args[1]), self.index(&args[0])),
            // Nothing else is an address.
            _ => (Word::Const(u32::MAX), Box::new(|_| Ok([-1; 5]))),
        }
    }

    pub(super) fn scalar_call(&self, call: Call, args: &[Expr], line: u32) -> Word {
        match call {
            Call::DimSize => {
                let (tensor, dim) = (self.word(&args[0]), constant(args, 1) as usize);
                Word::Run(Box::new(move |core| {
                    let tensor = tensor.get(core)? as usize;
                    Ok(core.way.bound[tensor].dims[dim])
                }))
            }
            Call::LoadScalar(element) => {
                let (tensor, at) = self.address(&args[0]);
                Word::Run(Box::new(move |core| {
                    let at = at(core)?;
                    let tensor = tensor.get(core)? as usize;
                    let read = core.way.element((tensor, element), at, Unit::Scalar, line);
                    read.map_err(|refusal| core.refusal(line, refusal))
                }))
            }
            Call::ScalarWiden(element) => {
                let of = self.word(&args[0]);
                Word::Run(Box::new(move |core| {
                    let bits = of.get(core)? as u16;
                    let wide = match element {
                        Element::F16 => crate::gaudi::value::widen_f16(bits),
                        Element::Bf16 | Element::F32 | Element::I32 | Element::U32 | Element::I8 => {
                            crate::gaudi::value::widen(bits)
                        }
                    };
                    Ok(wide.to_bits())
                }))
            }
            Call::Extreme(element, max) => {
                let (a, b) = (self.word(&args[0]), self.word(&args[1]));
                let signed = element == Element::I32;
                Word::Run(Box::new(move |core| {
                    let (a, b) = (a.get(core)?, b.get(core)?);
                    let greater = if signed { a as i32 > b as i32 } else { a > b };
                    Ok(if greater == max { a } else { b })
                }))
            }
            Call::Divide => {
                let (a, b, rest) = (self.word(&args[0]), self.word(&args[1]), constant(args, 2) == SW_DIV_MODE_MOD);
                Word::Run(Box::new(move |core| {
                    let (a, b) = (a.get(core)?, b.get(core)?);
                    let result = if rest { a.checked_rem(b) } else { a.checked_div(b) };
                    result.ok_or_else(|| core.unknown(line))
                }))
            }
            Call::Bits => self.word(&args[0]),
            _ => Word::Run(Box::new(move |core| Err(core.unknown(line)))),
        }
    }

    /// A call for its effect.
    pub(super) fn action(&self, call: Call, args: &[Expr], line: u32) -> Step {
        let (when, args) = self.when(call, args);
        match call {
            Call::Store(element, partial) => {
                let (at, tensor, value) = (self.index(&args[0]), self.word(&args[1]), self.vector(&args[2]));
                let last = if partial { Some(self.word(&args[3])) } else { None };
                Box::new(move |core| {
                    if !when.holds(core)? {
                        return Ok(Flow::Next);
                    }
                    let mut out = Lanes::ZERO;
                    value.get(core, &mut out)?;
                    let at = at(core)?;
                    let tensor = tensor.get(core)? as usize;
                    let count = match &last {
                        Some(last) => {
                            let last = last.get(core)?;
                            part(core, element, last, line)?
                        }
                        None => element.lanes(),
                    };
                    let stored = core.way.store((tensor, element), at, count, &out, line);
                    stored.map_err(|refusal| core.refusal(line, refusal))?;
                    Ok(Flow::Next)
                })
            }
            Call::Semaphore => {
                let switches = constant(args, 0);
                Box::new(move |core| {
                    let known = match switches {
                        SW_VPU => {
                            core.way.raise();
                            true
                        }
                        SW_DEC => core.way.lower(),
                        _ => false,
                    };
                    if known {
                        return Ok(Flow::Next);
                    }
                    let message =
                        "a semaphore that nothing raised is lowered, or it is raised and lowered by other units";
                    let rule = "the vector unit raises it behind its stores, the scalar unit lowers it before loads";
                    Err(core.fault(FaultKind::Limit, line, message, rule))
                })
            }
            Call::Invalidate => {
                let data = constant(args, 0) & SW_D != 0;
                Box::new(move |core| {
                    if data {
                        core.way.invalidate();
                    }
                    Ok(Flow::Next)
                })
            }
            Call::Flush => Box::new(|_| Ok(Flow::Next)),
            _ => Box::new(move |core| Err(core.unknown(line))),
        }
    }

    pub(super) fn vector_call(&self, call: Call, args: &[Expr], line: u32) -> Vector {
        let (when, args) = self.when(call, args);
        let value = self.computed(call, args, line);
        match when {
            When::Always => value,
            When::Never | When::If(..) => {
                // Nothing happens: the income, or the sum of a `mac`, is the result.
                let income = match call {
                    Call::Mac(_) => self.vector(&args[2]),
                    _ => self.vector(&args[args.len() - 1]),
                };
                Vector::Run(Box::new(
                    move |core, out| {
                        if when.holds(core)? { value.get(core, out) } else { income.get(core, out) }
                    },
                ))
            }
        }
    }

    /// Without a predicate.
    fn computed(&self, call: Call, args: &[Expr], line: u32) -> Vector {
        let arg = |at: usize| self.vector(&args[at]);
        // What a move does not write is the income's.
        let moved = |income: usize, op: Movement| {
            let (a, income) = (self.vector(&args[0]), self.vector(&args[income]));
            Vector::Run(Box::new(move |core: &mut Core<'_>, out: &mut Lanes| {
                let mut value = Lanes::ZERO;
                a.get(core, &mut value)?;
                income.get(core, out)?;
                op(&value, out);
                Ok(())
            }))
        };
        match call {
            Call::Load(element, partial) => {
                let (at, tensor) = (self.index(&args[0]), self.word(&args[1]));
                let last = if partial { Some(self.word(&args[2])) } else { None };
                let income = if partial { Some(self.vector(&args[args.len() - 1])) } else { None };
                Vector::Run(Box::new(move |core, out| {
                    let at = at(core)?;
                    let tensor = tensor.get(core)? as usize;
                    let count = match &last {
                        Some(last) => {
                            let last = last.get(core)?;
                            part(core, element, last, line)?
                        }
                        None => element.lanes(),
                    };
                    if let Some(income) = &income {
                        income.get(core, out)?;
                    }
                    let loaded = core.way.load((tensor, element), at, count, out, line);
                    loaded.map_err(|refusal| core.refusal(line, refusal))
                }))
            }
            Call::LoadBroadcast(element) => {
                let (tensor, at) = self.address(&args[0]);
                Vector::Run(Box::new(move |core, out| {
                    let at = at(core)?;
                    let tensor = tensor.get(core)? as usize;
                    let read = core.way.element((tensor, element), at, Unit::Vector, line);
                    let value = read.map_err(|refusal| core.refusal(line, refusal))?;
                    if element.bytes() == 2 {
                        out.halves_mut().fill(value as u16)
                    } else {
                        out.0.fill(value)
                    }
                    Ok(())
                }))
            }
            Call::Arith(element, op @ (crate::gaudi::calls::Arith::Shl | crate::gaudi::calls::Arith::Shr)) => {
                let (a, by) = (arg(0), arg(1));
                Vector::Run(Box::new(move |core, out| {
                    let (mut value, mut amount) = (Lanes::ZERO, Lanes::ZERO);
                    a.get(core, &mut value)?;
                    by.get(core, &mut amount)?;
                    if vectors::arith(element, op, &value, &amount, out) { Ok(()) } else { Err(core.shift(line)) }
                }))
            }
            Call::Arith(element, op) => {
                self.pure([arg(0), arg(1)], move |[a, b], out| vectors::arith(element, op, a, b, out), line)
            }
            Call::Abs(_) => self.pure(
                [arg(0)],
                |[a], out| {
                    vectors::abs(a, out);
                    true
                },
                line,
            ),
            Call::Mac(element) => self.pure(
                [arg(0), arg(1), arg(2)],
                move |[a, b, sum], out| {
                    *out = *sum;
                    vectors::mac(element, a, b, out);
                    true
                },
                line,
            ),
            Call::Select(element, by) => self.pure(
                [arg(0), arg(1), arg(2), arg(3)],
                move |[a, b, yes, no], out| {
                    let mut mask = Lanes::ZERO;
                    vectors::compare(element, by, a, b, &mut mask);
                    vectors::select(&mask, yes, no, out);
                    true
                },
                line,
            ),
            Call::Compare(element, by) => self.pure(
                [arg(0), arg(1)],
                move |[a, b], out| {
                    let mut mask = Lanes::ZERO;
                    vectors::compare(element, by, a, b, &mut mask);
                    let bits =
                        mask.0.iter().enumerate().fold(0_u64, |bits, (at, lane)| bits | u64::from(lane & 1) << at);
                    *out = Lanes::ZERO;
                    (out.0[0], out.0[1]) = (bits as u32, (bits >> 32) as u32);
                    true
                },
                line,
            ),
            Call::Move(_) | Call::Bits => arg(0),
            Call::MoveMask(_) => {
                let (yes, no, mask, polarity) = (arg(0), arg(2), arg(3), self.word(&args[4]));
                Vector::Run(Box::new(move |core, out| {
                    let [mut a, mut b, mut bits] = [Lanes::ZERO; 3];
                    yes.get(core, &mut a)?;
                    no.get(core, &mut b)?;
                    mask.get(core, &mut bits)?;
                    let bits = u64::from(bits.0[0]) | u64::from(bits.0[1]) << 32;
                    let bits = if polarity.get(core)? == 1 { !bits } else { bits };
                    let mask = Lanes(std::array::from_fn(|at| if bits >> at & 1 == 1 { u32::MAX } else { 0 }));
                    vectors::select(&mask, &a, &b, out);
                    Ok(())
                }))
            }
            Call::Lanes => Vector::Const(Box::new(Lanes(std::array::from_fn(|lane| lane as u32)))),
            Call::Narrow(element) => {
                let (parts, switches) = (self.parts(&args[0]), constant(args, 1));
                Vector::Run(Box::new(move |core, out| {
                    let mut wide = [Lanes::ZERO; 4];
                    parts(core, &mut wide)?;
                    let (linear, to_zero) = (switches & SW_LINEAR != 0, switches & SW_RZ != 0);
                    if vectors::narrow_all(element, linear, to_zero, &wide, out) {
                        Ok(())
                    } else {
                        Err(core.unknown(line))
                    }
                }))
            }
            Call::ToFloat(element) => self.pure(
                [arg(0)],
                move |[a], out| {
                    vectors::to_float(element, a, out);
                    true
                },
                line,
            ),
            Call::ToInt => {
                let to_zero = constant(args, 1) & SW_RZ != 0;
                self.pure([arg(0)], move |[a], out| vectors::to_int(to_zero, a, out), line)
            }
            Call::Nearby => {
                let round = (constant(args, 1) & SW_ROUND) >> 16;
                self.pure(
                    [arg(0)],
                    move |[a], out| {
                        vectors::nearby(round, a, out);
                        true
                    },
                    line,
                )
            }
            Call::DualGroups(_) => {
                let sources = std::array::from_fn(|at| constant(args, 2 + at) as usize);
                let switches = constant(args, 6);
                moved(7, Box::new(move |a, out| lanes::dual_groups(a, sources, switches, out)))
            }
            Call::DualGroup(_) => {
                let (from, to) = (constant(args, 2) as usize, constant(args, 3) as usize);
                let switches = constant(args, 4);
                moved(5, Box::new(move |a, out| lanes::dual_group(a, from, to, switches, out)))
            }
            Call::Groups(_) => {
                let switches = constant(args, 2);
                moved(3, Box::new(move |a, out| lanes::groups(a, switches, out)))
            }
            Call::Shuffle(_) => {
                let (a, map, income) = (arg(0), arg(1), arg(3));
                Vector::Run(Box::new(move |core, out| {
                    let (mut value, mut places) = (Lanes::ZERO, Lanes::ZERO);
                    a.get(core, &mut value)?;
                    map.get(core, &mut places)?;
                    income.get(core, out)?;
                    let rule = "which of the four bytes of a lane counts is not documented; bits 0 to 2, 5 and 7 have a meaning";
                    lanes::shuffle(&value, &places, out)
                        .map_err(|message| core.fault(FaultKind::Limit, line, message, rule))
                }))
            }
            Call::Reduce(op) => self.pure([arg(0)], move |[a], out| lanes::reduce(op, a, out), line),
            Call::Special(function) => self.pure(
                [arg(0)],
                move |[a], out| {
                    vectors::special(function, a, out);
                    true
                },
                line,
            ),
            Call::IndexOffset
            | Call::IndexSize
            | Call::DimSize
            | Call::Store(..)
            | Call::Address
            | Call::LoadScalar(_)
            | Call::MacWide
            | Call::MulWide
            | Call::Widen(_)
            | Call::ScalarWiden(_)
            | Call::ArgMax
            | Call::Extreme(..)
            | Call::Divide
            | Call::Semaphore
            | Call::Invalidate
            | Call::Flush => Vector::Run(Box::new(move |core, _| Err(core.unknown(line)))),
        }
    }

    pub(super) fn parts_call(&self, call: Call, args: &[Expr], line: u32) -> Fill<Parts> {
        let (when, args) = self.when(call, args);
        match call {
            Call::Widen(element) => {
                let (a, linear) = (self.vector(&args[0]), constant(args, 1) & SW_LINEAR != 0);
                Box::new(move |core, out| {
                    let mut value = Lanes::ZERO;
                    a.get(core, &mut value)?;
                    vectors::widen_all(element, linear, &value, out);
                    Ok(())
                })
            }
            Call::MacWide => {
                let (a, b, sum) = (self.vector(&args[0]), self.vector(&args[1]), self.parts(&args[2]));
                Box::new(move |core, out| {
                    sum(core, out)?;
                    if when.holds(core)? {
                        wide_product(core, &a, &b, out)?;
                    }
                    Ok(())
                })
            }
            Call::MulWide => {
                let (a, b) = (self.vector(&args[0]), self.vector(&args[1]));
                let income = self.parts(&args[args.len() - 1]);
                Box::new(move |core, out| {
                    if when.holds(core)? {
                        out[..2].fill(Lanes::ZERO);
                        wide_product(core, &a, &b, out)
                    } else {
                        income(core, out)
                    }
                })
            }
            Call::ArgMax => {
                let a = self.vector(&args[0]);
                Box::new(move |core, out| {
                    let mut value = Lanes::ZERO;
                    a.get(core, &mut value)?;
                    let (lane, largest) = lanes::argmax(&value).ok_or_else(|| core.unknown(line))?;
                    out[0].0.fill(lane);
                    out[1].floats_mut().fill(largest);
                    Ok(())
                })
            }
            _ => Box::new(move |core, _| Err(core.unknown(line))),
        }
    }
}

fn wide_product(core: &mut Core<'_>, a: &Vector, b: &Vector, out: &mut Parts) -> Outcome<()> {
    let (mut left, mut right) = (Lanes::ZERO, Lanes::ZERO);
    a.get(core, &mut left)?;
    b.get(core, &mut right)?;
    let [even, odd, ..] = out;
    vectors::mac_wide(&left, &right, even, odd);
    Ok(())
}
