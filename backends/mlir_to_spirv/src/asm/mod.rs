//! A SPIR-V module in the making, and its two forms: text in the syntax of `spirv-as`, and words.
//!
//! Both are written from the same instructions in the same order. Identifiers have names; the words number them in the order in
//! which they first appear, as `spirv-as` does, so that assembling the text gives the words.

mod inst;
mod intern;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use emit::Namer;
use spirv::{Capability, Op};
use tile_ir::Loc;

pub(crate) use inst::{Enumerant, Id, Inst, Operand};
pub(crate) use intern::Ty;
pub(crate) use write::COMMENT;

use crate::names;

/// A module. Types, constants and capabilities appear once each, whoever asks for them.
#[derive(Debug)]
pub(crate) struct Module {
    /// Name of each identifier.
    names: Vec<String>,
    namer: Namer,
    /// Number of the next identifier without a name of its own.
    unnamed: u32,
    capabilities: BTreeSet<(u32, Operand)>,
    modes: Vec<Inst>,
    debug: Vec<Inst>,
    decorations: Vec<Inst>,
    globals: Vec<Inst>,
    known: BTreeMap<(u32, Option<Id>, Vec<Operand>), Id>,
    functions: Vec<Function>,
    /// Module-scope variables, which the entry point lists.
    interface: Vec<Id>,
    /// The extended instructions.
    maths: Option<Id>,
}

/// A function in the making: variables come first whenever they are asked for.
#[derive(Debug, Default)]
pub(crate) struct Function {
    head: Vec<Inst>,
    variables: Vec<Inst>,
    items: Vec<Item>,
}

/// What a function's text consists of.
#[derive(Debug)]
enum Item {
    Inst(Inst),
    /// What follows comes from this line of the user's.
    At(Loc),
    /// What follows stands one level deeper.
    Deeper,
    /// The level ends.
    Shallower,
}

impl Module {
    pub(crate) fn new() -> Module {
        Module {
            names: Vec::new(),
            namer: Namer::new(&[names::WORDS]),
            unnamed: 0,
            capabilities: BTreeSet::new(),
            modes: Vec::new(),
            debug: Vec::new(),
            decorations: Vec::new(),
            globals: Vec::new(),
            known: BTreeMap::new(),
            functions: Vec::new(),
            interface: Vec::new(),
            maths: None,
        }
    }

    /// A new identifier named by its number.
    pub(crate) fn fresh(&mut self) -> Id {
        self.unnamed += 1;
        self.names.push(self.unnamed.to_string());
        Id(self.names.len() as u32 - 1)
    }

    /// A new identifier with a name that resembles `wanted`, which is the user's.
    pub(crate) fn named(&mut self, wanted: &str) -> Id {
        let name = self.namer.name(wanted);
        self.names.push(name);
        Id(self.names.len() as u32 - 1)
    }

    /// A new identifier with one of the printer's own names, [`names::WORDS`].
    fn fixed(&mut self, name: &str) -> Id {
        self.names.push(name.to_owned());
        Id(self.names.len() as u32 - 1)
    }

    /// Gives an identifier without a name of its own one; others keep theirs.
    pub(crate) fn rename(&mut self, id: Id, wanted: &str) {
        if self.is_unnamed(id) {
            self.names[id.0 as usize] = self.namer.name(wanted);
        }
    }

    /// Whether an identifier has no name of its own.
    fn is_unnamed(&self, id: Id) -> bool {
        self.names[id.0 as usize].starts_with(|c: char| c.is_ascii_digit())
    }

    /// Shows an identifier's name to debuggers and disassemblers.
    pub(crate) fn show(&mut self, id: Id) {
        let text = Operand::Text(self.names[id.0 as usize].clone());
        self.debug.push(Inst::new(Op::Name, [Operand::Id(id), text]));
    }

    /// Shows the name of a struct's member.
    pub(crate) fn show_member(&mut self, id: Id, member: u32, name: &str) {
        let text = Operand::Text(name.to_owned());
        self.debug.push(Inst::new(Op::MemberName, [Operand::Id(id), Operand::Word(member), text]));
    }

    /// Declares a capability.
    pub(crate) fn capability(&mut self, capability: Capability) {
        self.capabilities.insert((capability.word(), Operand::of(capability)));
    }

    /// Whether a capability is declared.
    pub(crate) fn has(&self, capability: Capability) -> bool {
        self.capabilities.iter().any(|(word, _)| *word == capability.word())
    }

    /// Adds an execution mode or the entry point.
    pub(crate) fn mode(&mut self, inst: Inst) {
        self.modes.push(inst);
    }

    /// Adds a decoration.
    pub(crate) fn decorate(&mut self, inst: Inst) {
        self.decorations.push(inst);
    }

    /// Variables of the module, in the order in which they were made.
    pub(crate) fn interface(&self) -> &[Id] {
        &self.interface
    }

    /// Adds a finished function.
    pub(crate) fn function(&mut self, function: Function) {
        self.functions.push(function);
    }
}

impl Function {
    /// A function that starts with these instructions, up to its first label.
    pub(crate) fn new(head: Vec<Inst>) -> Function {
        Function { head, ..Function::default() }
    }

    /// Appends an instruction.
    pub(crate) fn push(&mut self, inst: Inst) {
        self.items.push(Item::Inst(inst));
    }

    /// The place where the next instruction will stand.
    pub(crate) fn spot(&self) -> usize {
        self.items.len()
    }

    /// Inserts an instruction at a place.
    pub(crate) fn insert(&mut self, spot: usize, inst: Inst) {
        self.items.insert(spot, Item::Inst(inst));
    }

    /// Adds a variable.
    pub(crate) fn variable(&mut self, inst: Inst) {
        self.variables.push(inst);
    }

    /// What follows comes from this line of the user's.
    pub(crate) fn at(&mut self, loc: &Loc) {
        self.items.push(Item::At(loc.clone()));
    }

    /// What follows stands one level deeper.
    pub(crate) fn deeper(&mut self) {
        self.items.push(Item::Deeper);
    }

    /// The level ends.
    pub(crate) fn shallower(&mut self) {
        self.items.push(Item::Shallower);
    }
}
