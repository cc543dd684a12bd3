//! Helper functions that move several neighbouring elements between memory and registers in one access.
//!
//! Elements of 32 and 64 bits travel as vectors of their own type, smaller ones packed in 32-bit words, the first in the
//! lowest bits: every target of this family is little-endian.

use lower_simt::ir::Scalar;
use tile_ir::Elem;

use crate::dialect::{Dialect, Space};
use crate::number::Number;
use emit::Helpers;

/// What the helpers need of a language beyond [`Dialect`].
pub trait VectorSyntax: Dialect {
    /// What a function without result begins with, such as `inline void`.
    fn procedure(&self) -> &'static str;

    /// Pointer type to memory of `space`.
    fn pointer(&self, ty: &str, space: Space, constant: bool) -> String;

    /// Pointer type to registers.
    fn registers(&self, ty: &str, constant: bool) -> String;

    /// Name of the unsigned type of 16 bits.
    fn short(&self) -> &'static str;

    /// Name of the vector type of `count` numbers, and of the function that makes one.
    fn vector(&self, number: Number, count: u64) -> (String, String);

    /// f32 with the value of an `f16` whose bits are the low half of a word, or the high one.
    fn half_of_word(&self, word: &str, high: bool, helpers: &mut Helpers) -> String;

    /// Name of a function that packs two f32, rounded to `elem`, in a word: the first in the low half.
    fn pack(&self, elem: Elem, helpers: &mut Helpers) -> String;
}

/// A vector access's parts: `count` units of type `unit`, each of which holds `per_unit` elements.
struct Layout {
    unit: Number,
    count: u64,
    per_unit: u32,
    /// A unit of 16 bits: two bytes.
    short: bool,
}

impl Layout {
    fn of(elem: Elem, lanes: u32) -> Layout {
        let bytes = u64::from(lanes) * elem.bytes();
        match elem {
            Elem::F32 => Layout { unit: Number::F32, count: u64::from(lanes), per_unit: 1, short: false },
            Elem::I32 => Layout { unit: Number::U32, count: u64::from(lanes), per_unit: 1, short: false },
            Elem::I64 | Elem::Index => Layout { unit: Number::U64, count: u64::from(lanes), per_unit: 1, short: false },
            Elem::F16 | Elem::Bf16 | Elem::I1 | Elem::I8 if bytes >= 4 => {
                Layout { unit: Number::U32, count: bytes / 4, per_unit: (4 / elem.bytes()) as u32, short: false }
            }
            Elem::F16 | Elem::Bf16 | Elem::I1 | Elem::I8 => {
                Layout { unit: Number::U32, count: 1, per_unit: lanes, short: true }
            }
        }
    }

    /// The unit's or the vector's type, and the function that makes it from units; none for a single unit.
    fn types(&self, syntax: &dyn VectorSyntax) -> (String, Option<String>) {
        if self.short {
            return (syntax.short().to_owned(), None);
        }
        if self.count == 1 {
            return (syntax.number(self.unit).to_owned(), None);
        }
        let (ty, make) = syntax.vector(self.unit, self.count);
        (ty, Some(make))
    }

    /// The unit that holds an element.
    fn unit_of(&self, lane: u32) -> String {
        let component = ["x", "y", "z", "w"][(lane / self.per_unit) as usize % 4];
        if self.count == 1 { "bits".to_owned() } else { format!("bits.{component}") }
    }
}

/// Adds `load_<elem>x<lanes>(out, from)` and gives its name.
pub fn load(syntax: &dyn VectorSyntax, elem: Elem, lanes: u32, space: Space, helpers: &mut Helpers) -> String {
    let name = format!("load_{elem}x{lanes}");
    let register = syntax.number(Number::of(Scalar::of(elem)));
    let head = format!(
        "{} {name}({} out, {} from) {{",
        syntax.procedure(),
        syntax.registers(register, false),
        syntax.pointer(syntax.storage(elem), space, true)
    );
    helpers.need(&head.clone(), |helpers| {
        let layout = Layout::of(elem, lanes);
        let (ty, _) = layout.types(syntax);
        let mut text = format!("{head}\n    const {ty} bits = *({})from;\n", syntax.pointer(&ty, space, true));
        for lane in 0..lanes {
            let value = unpack(syntax, elem, &layout, lane, helpers);
            text.push_str(&format!("    out[{lane}] = {value};\n"));
        }
        text + "}"
    });
    name
}

/// One element out of a unit.
fn unpack(syntax: &dyn VectorSyntax, elem: Elem, layout: &Layout, lane: u32, helpers: &mut Helpers) -> String {
    let unit = layout.unit_of(lane);
    let cell = lane % layout.per_unit;
    let word = emit::Text::atom(&unit);
    match elem {
        Elem::F32 | Elem::I32 | Elem::I64 | Elem::Index => unit,
        Elem::Bf16 => {
            let bits = if cell == 0 { format!("{unit} << 16") } else { format!("{unit} & 0xffff0000u") };
            syntax.float_from_bits(&emit::Text::new(bits, emit::Prec::BitAnd)).text
        }
        Elem::F16 => syntax.half_of_word(&unit, cell == 1, helpers),
        Elem::I8 | Elem::I1 => {
            let shifted =
                if cell == 0 { word } else { emit::Text::new(format!("{unit} >> {}", 8 * cell), emit::Prec::Shift) };
            if elem == Elem::I8 {
                syntax.cast(Number::U8, &shifted).text
            } else {
                format!("({} & 0xff) != 0", shifted.at_least(emit::Prec::Unary))
            }
        }
    }
}

/// Adds `store_<elem>x<lanes>(to, in)` and gives its name.
pub fn store(syntax: &dyn VectorSyntax, elem: Elem, lanes: u32, space: Space, helpers: &mut Helpers) -> String {
    let name = format!("store_{elem}x{lanes}");
    let register = syntax.number(Number::of(Scalar::of(elem)));
    let head = format!(
        "{} {name}({} to, {} in) {{",
        syntax.procedure(),
        syntax.pointer(syntax.storage(elem), space, false),
        syntax.registers(register, true)
    );
    helpers.need(&head.clone(), |helpers| {
        let layout = Layout::of(elem, lanes);
        let (ty, make) = layout.types(syntax);
        let units: Vec<String> =
            (0..layout.count as u32).map(|unit| packed(syntax, elem, &layout, unit, helpers)).collect();
        let value = match make {
            Some(make) if layout.per_unit > 1 => format!("{make}(\n        {}\n    )", units.join(",\n        ")),
            Some(make) => format!("{make}({})", units.join(", ")),
            None => units.concat(),
        };
        format!("{head}\n    *({})to = {value};\n}}", syntax.pointer(&ty, space, false))
    });
    name
}

/// The value of one unit.
fn packed(syntax: &dyn VectorSyntax, elem: Elem, layout: &Layout, unit: u32, helpers: &mut Helpers) -> String {
    let first = unit * layout.per_unit;
    match elem {
        Elem::F32 | Elem::I32 | Elem::I64 | Elem::Index => format!("in[{first}]"),
        Elem::F16 | Elem::Bf16 => format!("{}(in[{first}], in[{}])", syntax.pack(elem, helpers), first + 1),
        Elem::I8 | Elem::I1 => {
            let parts: Vec<String> = (0..layout.per_unit)
                .map(|cell| {
                    let byte = emit::Text::atom(format!("in[{}]", first + cell));
                    let word = syntax.cast(Number::U32, &byte);
                    if cell == 0 {
                        word.text
                    } else {
                        format!("({} << {})", word.at_least(emit::Prec::Unary), 8 * cell)
                    }
                })
                .collect();
            parts.join(" | ")
        }
    }
}
