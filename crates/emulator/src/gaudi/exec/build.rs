//! Statements, variables and functions.

use super::code::{Code, Fill, Parts, Run, Slot, Step, Word};
use super::{Flow, Lanes};
use crate::gaudi::fault::FaultKind;
use crate::gaudi::ir::{Expr, Module, Node, Place, Statement};
use crate::gaudi::ty::Ty;

/// Where variables and arrays are.
pub(super) struct Builder<'a> {
    pub(super) module: &'a Module,
    /// By function and variable.
    slots: Vec<Vec<Slot>>,
    /// By function: where its value is left.
    pub(super) results: Vec<Slot>,
    /// By array: the first element.
    arrays: Vec<Slot>,
    /// Which function is being built.
    function: usize,
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
    /// Places of the variables of the function that is being built.
    pub(super) fn slots(&self) -> &[Slot] {
        &self.slots[self.function]
    }

    fn statement(&self, statement: &Statement) -> Step {
        match statement {
            Statement::Declare(slot) => match self.slots()[*slot] {
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
                let store = self.store(self.part_of(self.slots()[*slot], *part), value);
                // The other components of an int5 have no values yet.
                if let (Slot::Index(at), Some(_)) = (self.slots()[*slot], part) {
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
    pub(super) fn element(&self, array: usize, index: &Expr) -> Run<usize> {
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
    pub(super) fn function(&self, number: usize, args: &[Expr]) -> Run<()> {
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
