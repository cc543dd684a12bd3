//! Statements, variables and operators.

use super::code::{Code, Fill, Parts, Run, Slot, Step, Vector, Word};
use super::{Core, Flow, Lanes, Outcome, vectors};
use crate::gaudi::fault::FaultKind;
use crate::gaudi::ir::{Binary, Expr, Module, Node, Place, Statement, Unary};
use crate::gaudi::ty::{Element, Ty};
use crate::gaudi::value::{Value, settle};

/// Where variables and arrays are.
pub(super) struct Builder<'a> {
    pub(super) module: &'a Module,
    /// By function and variable.
    slots: Vec<Vec<Slot>>,
    /// By function: where its value is left.
    results: Vec<Slot>,
    /// By array: the first element.
    arrays: Vec<Slot>,
    /// Which function is being built.
    function: usize,
}

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

/// Builds a text.
pub(in crate::gaudi) fn build(module: &Module) -> Code {
    let (mut words, mut vectors) = (0, 0);
    let mut slot = |ty: Ty, count: usize| match ty {
        Ty::Bool | Ty::Int | Ty::Uint | Ty::Float | Ty::Bf16 | Ty::Half | Ty::Tensor => {
            words += count;
            Slot::Word(words - count)
        }
        Ty::Index => {
            words += 5 * count;
            Slot::Index(words - 5 * count)
        }
        Ty::Vector(_) | Ty::Bytes | Ty::Mask | Ty::Pair | Ty::Quad | Ty::IndexValue => {
            let parts = ty.members().len().max(1);
            vectors += parts * count;
            Slot::Vectors(vectors - parts * count, parts)
        }
        Ty::Void | Ty::Address => Slot::Nothing,
    };
    let slots: Vec<Vec<Slot>> =
        module.functions.iter().map(|function| function.slots.iter().map(|ty| slot(*ty, 1)).collect()).collect();
    let results = module.functions.iter().map(|function| slot(function.result, 1)).collect();
    let arrays = module.arrays.iter().map(|array| slot(array.ty, array.count as usize)).collect();
    let params = slots[module.main][..module.functions[module.main].params.len()].to_vec();
    let mut builder = Builder { module, slots, results, arrays, function: 0 };
    let functions = module
        .functions
        .iter()
        .enumerate()
        .map(|(number, function)| {
            builder.function = number;
            builder.statement(&function.body)
        })
        .collect();
    Code { functions, main: module.main, params, words, vectors }
}

impl Builder<'_> {
    fn statement(&self, statement: &Statement) -> Step {
        match statement {
            Statement::Declare(slot) => match self.slots[self.function][*slot] {
                Slot::Word(at) => Box::new(move |core| {
                    core.words_known[at] = false;
                    Ok(Flow::Next)
                }),
                Slot::Index(at) => Box::new(move |core| {
                    core.words_known[at..at + 5].fill(false);
                    Ok(Flow::Next)
                }),
                Slot::Vectors(at, parts) => Box::new(move |core| {
                    core.vectors_known[at..at + parts].fill(false);
                    Ok(Flow::Next)
                }),
                Slot::Nothing => Box::new(|_| Ok(Flow::Next)),
            },
            Statement::Assign(place, value) => self.assign(place, value),
            Statement::Do(value) => self.effect(value),
            Statement::If(condition, then, other) => {
                let condition = self.word(condition);
                let then = self.statement(then);
                let other = other.as_ref().map(|other| self.statement(other));
                Box::new(move |core| match (condition.get(core)? != 0, &other) {
                    (true, _) => then(core),
                    (false, Some(other)) => other(core),
                    (false, None) => Ok(Flow::Next),
                })
            }
            Statement::Loop(start, condition, step, body, after) => {
                let condition = condition.as_ref().map(|condition| self.word(condition));
                let (start, step, body) = (self.statement(start), self.statement(step), self.statement(body));
                let after = *after;
                Box::new(move |core| {
                    start(core)?;
                    let mut first = after;
                    loop {
                        if let (false, Some(condition)) = (first, &condition)
                            && condition.get(core)? == 0
                        {
                            return Ok(Flow::Next);
                        }
                        first = false;
                        match body(core)? {
                            Flow::Break => return Ok(Flow::Next),
                            Flow::Return => return Ok(Flow::Return),
                            Flow::Next | Flow::Continue => {}
                        }
                        step(core)?;
                    }
                })
            }
            Statement::Return(value) => match value {
                Some(value) => {
                    let store = self.store(self.results[self.function], value);
                    Box::new(move |core| {
                        store(core)?;
                        Ok(Flow::Return)
                    })
                }
                None => Box::new(|_| Ok(Flow::Return)),
            },
            Statement::Break => Box::new(|_| Ok(Flow::Break)),
            Statement::Continue => Box::new(|_| Ok(Flow::Continue)),
            Statement::Block(statements) => {
                let mut steps: Vec<Step> = statements.iter().map(|statement| self.statement(statement)).collect();
                match steps.len() {
                    0 => Box::new(|_| Ok(Flow::Next)),
                    1 => steps.swap_remove(0),
                    _ => Box::new(move |core| {
                        for step in &steps {
                            match step(core)? {
                                Flow::Next => {}
                                other => return Ok(other),
                            }
                        }
                        Ok(Flow::Next)
                    }),
                }
            }
        }
    }

    /// Leaves a value in a place that is known.
    fn store(&self, slot: Slot, value: &Expr) -> Run<()> {
        match slot {
            Slot::Word(at) => {
                let value = self.word(value);
                Box::new(move |core| {
                    let value = value.get(core)?;
                    (core.words[at], core.words_known[at]) = (value, true);
                    Ok(())
                })
            }
            Slot::Index(at) => {
                let value = self.index(value);
                Box::new(move |core| {
                    let value = value(core)?;
                    core.words[at..at + 5].copy_from_slice(&value.map(|part| part as u32));
                    core.words_known[at..at + 5].fill(true);
                    Ok(())
                })
            }
            Slot::Vectors(at, parts) => {
                if value.ty.members().is_empty() {
                    let value = self.vector(value);
                    return Box::new(move |core| {
                        let mut out = Lanes::ZERO;
                        value.get(core, &mut out)?;
                        (core.vectors[at], core.vectors_known[at]) = (out, true);
                        Ok(())
                    });
                }
                let value = self.parts(value);
                Box::new(move |core| {
                    let mut out = [Lanes::ZERO; 4];
                    value(core, &mut out)?;
                    core.vectors[at..at + parts].copy_from_slice(&out[..parts]);
                    core.vectors_known[at..at + parts].fill(true);
                    Ok(())
                })
            }
            Slot::Nothing => self.effect_only(value),
        }
    }

    fn effect_only(&self, value: &Expr) -> Run<()> {
        let effect = self.effect(value);
        Box::new(move |core| effect(core).map(drop))
    }

    /// An expression for what it does.
    fn effect(&self, value: &Expr) -> Step {
        match (&value.node, value.ty) {
            (Node::Function(function, args), _) => {
                let call = self.function(*function, args);
                Box::new(move |core| {
                    call(core)?;
                    Ok(Flow::Next)
                })
            }
            (Node::Call(call, args), Ty::Void) => self.action(*call, args, value.line),
            (_, Ty::Index) => {
                let value = self.index(value);
                Box::new(move |core| value(core).map(|_| Flow::Next))
            }
            (_, ty) if !ty.members().is_empty() => {
                let value = self.parts(value);
                Box::new(move |core| value(core, &mut [Lanes::ZERO; 4]).map(|()| Flow::Next))
            }
            (_, Ty::Vector(_) | Ty::Bytes | Ty::Mask) => {
                let value = self.vector(value);
                Box::new(move |core| value.get(core, &mut Lanes::ZERO.clone()).map(|()| Flow::Next))
            }
            (_, _) => {
                let value = self.word(value);
                Box::new(move |core| value.get(core).map(|_| Flow::Next))
            }
        }
    }

    fn assign(&self, place: &Place, value: &Expr) -> Step {
        match place {
            Place::Local(slot, part) => {
                let store = self.store(self.part_of(self.slots[self.function][*slot], *part), value);
                // The other components of an int5 have no values yet.
                if let (Slot::Index(at), Some(_)) = (self.slots[self.function][*slot], part) {
                    let line = value.line;
                    return Box::new(move |core| {
                        if !core.words_known[at..at + 5].iter().all(|known| *known) {
                            return Err(core.unwritten(line));
                        }
                        store(core).map(|()| Flow::Next)
                    });
                }
                Box::new(move |core| store(core).map(|()| Flow::Next))
            }
            Place::Element(array, index, part) => {
                let at = self.element(*array, index);
                match (self.arrays[*array], *part) {
                    (Slot::Vectors(_, _), part) if part.is_some() || value.ty.members().is_empty() => {
                        let (value, part) = (self.vector(value), part.unwrap_or(0));
                        Box::new(move |core| {
                            let mut out = Lanes::ZERO;
                            value.get(core, &mut out)?;
                            let at = at(core)? + part;
                            (core.vectors[at], core.vectors_known[at]) = (out, true);
                            Ok(Flow::Next)
                        })
                    }
                    (Slot::Vectors(_, parts), _) => {
                        let value = self.parts(value);
                        Box::new(move |core| {
                            let mut out = [Lanes::ZERO; 4];
                            value(core, &mut out)?;
                            let at = at(core)?;
                            core.vectors[at..at + parts].copy_from_slice(&out[..parts]);
                            core.vectors_known[at..at + parts].fill(true);
                            Ok(Flow::Next)
                        })
                    }
                    (Slot::Word(_) | Slot::Index(_) | Slot::Nothing, _) => {
                        let value = self.word(value);
                        Box::new(move |core| {
                            let value = value.get(core)?;
                            let at = at(core)?;
                            (core.words[at], core.words_known[at]) = (value, true);
                            Ok(Flow::Next)
                        })
                    }
                }
            }
        }
    }

    /// A component of a variable.
    fn part_of(&self, slot: Slot, part: Option<usize>) -> Slot {
        match (slot, part) {
            (Slot::Index(at), Some(part)) => Slot::Word(at + part),
            (Slot::Vectors(at, _), Some(part)) => Slot::Vectors(at + part, 1),
            (slot, _) => slot,
        }
    }

    /// Where an element of an array is: its first word or vector.
    fn element(&self, array: usize, index: &Expr) -> Run<usize> {
        let known = &self.module.arrays[array];
        let (count, name, line) = (known.count as i64, known.name.clone(), index.line);
        let (first, size) = match self.arrays[array] {
            Slot::Vectors(at, parts) => (at, parts),
            Slot::Word(at) | Slot::Index(at) => (at, 1),
            Slot::Nothing => (0, 1),
        };
        let signed = index.ty == Ty::Int;
        let index = self.word(index);
        Box::new(move |core| {
            let at = index.get(core)?;
            let at = if signed { i64::from(at as i32) } else { i64::from(at) };
            if (0..count).contains(&at) {
                return Ok(first + at as usize * size);
            }
            let message = format!("element {at} of `{name}`, which has {count}");
            Err(core.fault(FaultKind::OutOfBounds, line, message, "local memory is what the text declares"))
        })
    }

    /// A call of a function of the text: its arguments have their places, its value is in its own.
    fn function(&self, number: usize, args: &[Expr]) -> Run<()> {
        let slots = &self.slots[number];
        // All arguments are there before the first one is put into its place: one of them may call the same function.
        let stores: Vec<Run<()>> = match args {
            [one] => vec![self.store(slots[0], one)],
            _ if !args.iter().any(calls) => args.iter().zip(slots).map(|(arg, slot)| self.store(*slot, arg)).collect(),
            _ => return self.careful(number, args),
        };
        Box::new(move |core| {
            for store in &stores {
                store(core)?;
            }
            let code = core.code;
            (code.functions[number])(core).map(drop)
        })
    }

    /// As [`Builder::function`], where arguments call functions.
    fn careful(&self, number: usize, args: &[Expr]) -> Run<()> {
        enum Arg {
            Word(Word, usize),
            Index(Run<[i32; 5]>, usize),
            Vectors(Fill<Parts>, usize, usize),
        }
        let list: Vec<Arg> = args
            .iter()
            .zip(&self.slots[number])
            .filter_map(|(arg, slot)| match *slot {
                Slot::Word(at) => Some(Arg::Word(self.word(arg), at)),
                Slot::Index(at) => Some(Arg::Index(self.index(arg), at)),
                Slot::Vectors(at, parts) => Some(Arg::Vectors(self.parts(arg), at, parts)),
                Slot::Nothing => None,
            })
            .collect();
        Box::new(move |core| {
            let mut words = Vec::new();
            let mut vectors = Vec::new();
            for arg in &list {
                match arg {
                    Arg::Word(word, at) => words.push((*at, word.get(core)?)),
                    Arg::Index(index, at) => {
                        let parts = index(core)?;
                        words.extend(parts.iter().enumerate().map(|(part, value)| (at + part, *value as u32)));
                    }
                    Arg::Vectors(fill, at, parts) => {
                        let mut out = [Lanes::ZERO; 4];
                        fill(core, &mut out)?;
                        vectors.extend((0..*parts).map(|part| (at + part, out[part])));
                    }
                }
            }
            for (at, value) in words {
                (core.words[at], core.words_known[at]) = (value, true);
            }
            for (at, value) in vectors {
                (core.vectors[at], core.vectors_known[at]) = (value, true);
            }
            let code = core.code;
            (code.functions[number])(core).map(drop)
        })
    }

    /// A scalar.
    pub(super) fn word(&self, expr: &Expr) -> Word {
        let line = expr.line;
        match &expr.node {
            Node::Const(value) => Word::Const(word(value)),
            Node::Local(slot) => match self.slots[self.function][*slot] {
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
                    && let Slot::Index(at) = self.slots[self.function][*slot]
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
    fn convert(&self, of: &Expr, to: Ty) -> Word {
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
                let Slot::Index(at) = self.slots[self.function][*slot] else { return Box::new(|_| Ok([0; 5])) };
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
                let size = *call == crate::gaudi::calls::Call::IndexSize;
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
            Node::Local(slot) => match self.slots[self.function][*slot] {
                Slot::Vectors(at, _) => Vector::Slot(at, line),
                Slot::Word(_) | Slot::Index(_) | Slot::Nothing => Vector::Const(Box::new(Lanes::ZERO)),
            },
            Node::Element(array, index) => self.element_part(*array, index, 0, line),
            Node::Part(whole, part) => match &whole.node {
                // A structure of which only this part is written.
                Node::Local(slot) => match self.slots[self.function][*slot] {
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
                let Slot::Vectors(at, _) = self.slots[self.function][*slot] else { return Box::new(|_, _| Ok(())) };
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

/// Whether an expression calls a function of the text.
fn calls(expr: &Expr) -> bool {
    match &expr.node {
        Node::Function(..) => true,
        Node::Const(_) | Node::Local(_) => false,
        Node::Part(of, _) | Node::Element(_, of) | Node::Unary(_, of) | Node::Convert(of) => calls(of),
        Node::Binary(_, left, right) => calls(left) || calls(right),
        Node::Choose(condition, then, other) => calls(condition) || calls(then) || calls(other),
        Node::Build(parts) | Node::Call(_, parts) => parts.iter().any(calls),
    }
}
