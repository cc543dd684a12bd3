//! Runs a text for parts of the index space.
//!
//! A text is built into functions of the host first ([`build`]): each expression is one that leaves its value where its user wants it, so
//! that nothing is looked up or allocated while it runs. Functions of the text cannot call themselves, so that each variable has a place
//! of its own.

mod build;
mod calls;
mod code;
mod fills;
mod lanes;
pub(super) mod scalar;
pub(super) mod tensor;
mod vectors;
mod words;

pub(super) use build::build;
pub(super) use code::{Code, Slot};

use super::fault::{Fault, FaultKind};
use tensor::{Refusal, Way};

/// A vector register.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Lanes(pub(super) [u32; 64]);

impl Lanes {
    pub(super) const ZERO: Lanes = Lanes([0; 64]);

    pub(super) fn bytes(&self) -> &[u8; 256] {
        // SAFETY: an array of 256 bytes of plain numbers, of stricter alignment.
        unsafe { &*self.0.as_ptr().cast() }
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8; 256] {
        // SAFETY: as above.
        unsafe { &mut *self.0.as_mut_ptr().cast() }
    }

    pub(super) fn halves(&self) -> &[u16; 128] {
        // SAFETY: as above.
        unsafe { &*self.0.as_ptr().cast() }
    }

    pub(super) fn halves_mut(&mut self) -> &mut [u16; 128] {
        // SAFETY: as above.
        unsafe { &mut *self.0.as_mut_ptr().cast() }
    }

    pub(super) fn floats(&self) -> &[f32; 64] {
        // SAFETY: as above; every bit pattern is a number.
        unsafe { &*self.0.as_ptr().cast() }
    }

    pub(super) fn floats_mut(&mut self) -> &mut [f32; 64] {
        // SAFETY: as above.
        unsafe { &mut *self.0.as_mut_ptr().cast() }
    }
}

/// What a function of the host gives.
pub(super) type Outcome<T> = Result<T, Box<Fault>>;

/// What follows a statement.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
    Return,
}

/// A core at work.
pub(super) struct Core<'a> {
    code: &'a Code,
    pub(super) way: Way<'a>,
    /// Scalars, each with whether it has a value: variables, then arrays.
    words: Vec<u32>,
    words_known: Vec<bool>,
    vectors: Vec<Lanes>,
    vectors_known: Vec<bool>,
    offset: [u32; 5],
    size: [u32; 5],
}

impl<'a> Core<'a> {
    pub(super) fn new(code: &'a Code, way: Way<'a>) -> Core<'a> {
        Core {
            code,
            way,
            words: vec![0; code.words],
            words_known: vec![false; code.words],
            vectors: vec![Lanes::ZERO; code.vectors],
            vectors_known: vec![false; code.vectors],
            offset: [0; 5],
            size: [1; 5],
        }
    }

    /// Runs `main` for a part of the index space with its arguments, each a word: a number, or which tensor it is. Nothing has a value before.
    pub(super) fn main(&mut self, (offset, size): ([u32; 5], [u32; 5]), args: &[u32], run: u32) -> Result<(), Fault> {
        (self.offset, self.size) = (offset, size);
        self.words_known.fill(false);
        self.vectors_known.fill(false);
        self.way.start(run);
        let code = self.code;
        for (slot, arg) in code.params.iter().zip(args) {
            if let Slot::Word(at) = *slot {
                (self.words[at], self.words_known[at]) = (*arg, true);
            }
        }
        match (code.functions[code.main])(self) {
            Ok(_) => Ok(()),
            Err(fault) => Err(*fault),
        }
    }

    #[cold]
    fn fault(&self, kind: FaultKind, line: u32, message: impl Into<String>, rule: &'static str) -> Box<Fault> {
        Box::new(Fault { kind, line, member: self.offset, message: message.into(), rule })
    }

    #[cold]
    fn refusal(&self, line: u32, refusal: Refusal) -> Box<Fault> {
        self.fault(refusal.kind, line, refusal.message, refusal.rule)
    }

    #[cold]
    fn unwritten(&self, line: u32) -> Box<Fault> {
        let rule = "registers and local memory hold nothing";
        self.fault(FaultKind::Uninitialised, line, "a variable or array element", rule)
    }

    #[cold]
    fn unknown(&self, line: u32) -> Box<Fault> {
        let message = "operands for which the result is not documented";
        self.fault(FaultKind::Limit, line, message, "the intrinsic's range")
    }

    #[cold]
    fn shift(&self, line: u32) -> Box<Fault> {
        self.fault(FaultKind::Limit, line, "a shift by more than 31", "the result is not defined in C")
    }
}
