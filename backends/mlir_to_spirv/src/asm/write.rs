//! The text and the words of a module.

use std::collections::BTreeMap;

use bundle::manifest::LineOrigin;
use emit::{FloatClass, Writer, float_literal};
use spirv::{AddressingModel, MemoryModel, Op};

use super::{Id, Inst, Item, Module, Operand};

/// Version 1.5.
const VERSION: u32 = 0x0001_0500;

/// What starts a comment.
pub(crate) const COMMENT: &str = ";";

/// A module's two forms.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// Text.
    pub(crate) text: String,
    /// Where its lines come from.
    pub(crate) lines: Vec<LineOrigin>,
    /// Words.
    pub(crate) words: Vec<u32>,
}

impl Module {
    /// Writes the module, `header` in front of the text.
    pub(crate) fn write(&self, header: &str) -> Written {
        let mut out = Output {
            module: self,
            writer: Writer::new("    ", COMMENT),
            words: vec![spirv::MAGIC_NUMBER, VERSION, 0, 0, 0],
            numbers: BTreeMap::new(),
        };
        out.writer.line(header);
        for (_, capability) in &self.capabilities {
            out.inst(&Inst::new(Op::Capability, [capability.clone()]));
        }
        if let Some(id) = self.maths {
            out.inst(&Inst::result(Op::ExtInstImport, None, id, vec![Operand::Text("GLSL.std.450".to_owned())]));
        }
        let addresses = Operand::of(AddressingModel::PhysicalStorageBuffer64);
        out.inst(&Inst::new(Op::MemoryModel, [addresses, Operand::of(MemoryModel::GLSL450)]));
        for section in [&self.modes, &self.debug, &self.decorations, &self.globals] {
            out.writer.blank();
            section.iter().for_each(|inst| out.inst(inst));
        }
        for function in &self.functions {
            out.writer.blank();
            let (first, rest) = function.head.split_at(1);
            first.iter().for_each(|inst| out.inst(inst));
            out.writer.deeper();
            rest.iter().chain(&function.variables).for_each(|inst| out.inst(inst));
            for item in &function.items {
                match item {
                    Item::Inst(inst) => out.inst(inst),
                    Item::At(loc) => out.writer.at(loc),
                    Item::Deeper => out.writer.deeper(),
                    Item::Shallower => out.writer.shallower(),
                }
            }
            out.writer.shallower();
            out.inst(&Inst::new(Op::FunctionEnd, []));
        }
        out.words[3] = out.numbers.len() as u32 + 1;
        let (text, lines) = out.writer.finish();
        Written { text, lines, words: out.words }
    }
}

struct Output<'a> {
    module: &'a Module,
    writer: Writer,
    words: Vec<u32>,
    numbers: BTreeMap<Id, u32>,
}

impl Output<'_> {
    fn inst(&mut self, inst: &Inst) {
        self.writer.line(&self.text(inst));
        let start = self.words.len();
        self.words.push(0);
        for id in inst.ty.iter().chain(&inst.result) {
            self.number(*id);
        }
        for operand in &inst.operands {
            match operand {
                Operand::Id(id) => self.number(*id),
                Operand::Word(word) | Operand::Float(word) | Operand::Name(_, word) => self.words.push(*word),
                Operand::Wide(wide) => self.words.extend([*wide as u32, (*wide >> 32) as u32]),
                Operand::Text(text) => self.string(text),
            }
        }
        let count = (self.words.len() - start) as u32;
        self.words[start] = count << 16 | inst.op as u32;
    }

    fn number(&mut self, id: Id) {
        let next = self.numbers.len() as u32 + 1;
        let number = *self.numbers.entry(id).or_insert(next);
        self.words.push(number);
    }

    /// UTF-8, ended by a zero byte, four bytes a word.
    fn string(&mut self, text: &str) {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize((bytes.len() + 1).next_multiple_of(4), 0);
        let words = bytes.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
        self.words.extend(words);
    }

    fn text(&self, inst: &Inst) -> String {
        let name = |id: &Id| format!("%{}", self.module.names[id.0 as usize]);
        let mut line = inst.result.as_ref().map_or_else(String::new, |id| format!("{} = ", name(id)));
        line.push_str(&format!("Op{:?}", inst.op));
        if let Some(ty) = &inst.ty {
            line.push_str(&format!(" {}", name(ty)));
        }
        for operand in &inst.operands {
            line.push(' ');
            line.push_str(&match operand {
                Operand::Id(id) => name(id),
                Operand::Word(word) => word.to_string(),
                Operand::Wide(wide) => wide.to_string(),
                Operand::Float(bits) => float(*bits),
                Operand::Text(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
                Operand::Name(name, _) => name.clone(),
            });
        }
        line
    }
}

/// A decimal that reads back as these bits; what has none is written by exponent and fraction.
fn float(bits: u32) -> String {
    let value = f32::from_bits(bits);
    let sign = if value.is_sign_negative() { "-" } else { "" };
    match float_literal(value) {
        FloatClass::Number(digits) if value == 0.0 || value.is_normal() => {
            digits.strip_suffix(".0").map_or(digits.clone(), str::to_owned)
        }
        FloatClass::Number(_) => format!("{sign}0x{:x}p-149", bits & 0x007f_ffff),
        FloatClass::Infinity { .. } => format!("{sign}0x1p+128"),
        FloatClass::Nan(_) => format!("{sign}0x1.{:06x}p+128", (bits & 0x007f_ffff) << 1),
    }
}
