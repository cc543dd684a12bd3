//! The functions of the cores.

use emit::{Text, Writer};
use emit_dma::{ParameterKind, Pieces, c_type};
use lower_dma::ir::Scalar;

use super::dialect::Aie;
use super::layout::Layout;
use super::objects::{geometry, object};
use super::transport;
use super::uses::Uses;
use crate::plan::{Amount, Item, Plan};

/// The text of the functions, and how they are called.
pub(super) struct Cores {
    /// The kernel's name in texts.
    pub(super) entry: String,
    /// Names of parameters of the kernel.
    pub(super) params: Vec<String>,
    /// By function of the plan; `None` for those that do nothing.
    pub(super) functions: Vec<Option<Called>>,
    /// All of them.
    pub(super) text: Writer,
}

/// A function as it is called.
#[derive(Clone)]
pub(super) struct Called {
    /// Name.
    pub(super) name: String,
    /// Parameters, in order.
    pub(super) params: Vec<Parameter>,
}

/// A parameter of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Parameter {
    /// An object that came in.
    Taken,
    /// An object that goes out.
    Given,
    /// Its number in its transfer.
    Number,
    /// The core's memory.
    Local,
    /// Numbers of turns that are computed.
    Turns,
    /// Numbers that the sequence hands over.
    Numbers,
}

impl Parameter {
    const fn declaration(self) -> &'static str {
        match self {
            Parameter::Taken => "const int32_t *__restrict object",
            Parameter::Given => "int32_t *__restrict object",
            Parameter::Number => "int32_t number",
            Parameter::Local => "int32_t *__restrict local",
            Parameter::Turns => "int32_t *__restrict turns",
            Parameter::Numbers => "const int32_t *__restrict numbers",
        }
    }
}

/// Prints the functions.
pub(super) fn print(plan: &Plan, layout: &Layout) -> Result<Cores, String> {
    let mut pieces = Pieces::new(&plan.kernel, &Aie, &layout.names);
    let mut functions = Vec::new();
    for function in &plan.functions {
        if function.items.is_empty() {
            functions.push(None);
            continue;
        }
        let uses = Uses::of(function, plan);
        let name = pieces.name(&function.name);
        let params: Vec<Parameter> = uses.params.iter().copied().collect();
        let list: Vec<&str> = params.iter().map(|param| param.declaration()).collect();
        pieces.function(&format!("extern \"C\" void {name}({}) {{", list.join(", ")), |pieces| {
            start(pieces, &uses, layout);
            for item in &function.items {
                self::item(pieces, item, plan);
            }
        });
        functions.push(Some(Called { name, params }));
    }
    let entry = pieces.entry().to_owned();
    let params = pieces.params().iter().map(|param| param.name.clone()).collect();
    let (helpers, body) = pieces.finish()?;
    let mut text = Pieces::writer();
    for line in ["#include <aie_api/aie.hpp>", ""] {
        text.line(line);
    }
    for helper in helpers.texts() {
        text.line(helper);
        text.blank();
    }
    if !layout.fields.is_empty() {
        text.line("// What outlives a function.");
        text.open("struct Kept {");
        for (ty, name) in &layout.fields {
            text.line(&format!("{ty} {name};"));
        }
        text.close("};");
        text.blank();
    }
    text.append(body);
    Ok(Cores { entry, params, functions, text })
}

/// First lines of a function.
fn start(pieces: &mut Pieces<'_>, uses: &Uses, layout: &Layout) {
    if uses.rounds {
        // It is toward minus infinity when a core starts (source: mlir-aie, aie_kernels).
        pieces.line("aie::set_rounding(aie::rounding_mode::conv_even);");
    }
    if uses.core {
        let line = format!("const int64_t {} = numbers[0];", pieces.core());
        pieces.line(&line);
    }
    for param in &uses.scalars {
        let (Some(word), Some(declared)) = (layout.numbers.get(param), pieces.params().get(*param)) else { continue };
        let ParameterKind::Scalar(scalar) = declared.kind else { continue };
        let value = match scalar {
            Scalar::F32 => format!("__builtin_bit_cast(float, numbers[{word}])"),
            Scalar::Bool => format!("numbers[{word}] != 0"),
            Scalar::I32 | Scalar::I64 => format!("numbers[{word}]"),
        };
        let line = format!("const {} {} = {value};", c_type(scalar), declared.name);
        pieces.line(&line);
    }
    if uses.kept {
        pieces.line(&format!("Kept &kept = *(Kept *)(local + {});", layout.kept));
    }
    if uses.edges {
        pieces.line(&format!("int32_t *edges = local + {};", layout.edges));
    }
    for buffer in &uses.buffers {
        let lines = emit_dma::Dialect::buffer(&Aie, &pieces.buffer(*buffer));
        lines.iter().for_each(|line| pieces.line(line));
    }
}

fn item(pieces: &mut Pieces<'_>, item: &Item, plan: &Plan) {
    match item {
        Item::Stmts(stmts) => pieces.statements(stmts),
        Item::Turns(slot, amount) => {
            let value = turns(pieces, amount, plan);
            pieces.line(&format!("turns[{slot}] = {value};"));
        }
        Item::Bounds(var, bounds) => {
            let [lower, upper, step] = bounds.as_ref();
            pieces.turns(*var, [lower, upper, step]);
        }
        Item::Set(var, value, loc) => {
            pieces.at(loc);
            let (name, value) = (pieces.kept(*var), pieces.expr(value));
            pieces.line(&format!("{name} = {};", value.text));
        }
        Item::Object(number, local) => object(pieces, &plan.transfers[*number], local, plan),
    }
}

/// A number of turns.
fn turns(pieces: &mut Pieces<'_>, amount: &Amount, plan: &Plan) -> String {
    match amount {
        Amount::Trips(bounds) => {
            let function = transport::trips(pieces.lines().helpers);
            let bounds: Vec<String> = bounds.iter().map(|bound| pieces.expr(bound).text).collect();
            format!("{function}({})", bounds.join(", "))
        }
        Amount::If(condition) => pieces.expr(condition).text,
        Amount::Unless(condition) => Text::prefix("!", &pieces.expr(condition)).text,
        Amount::Objects(number) => {
            let transfer = &plan.transfers[*number];
            let function = transport::objects(pieces.lines().helpers);
            let words = plan.flows.words(transfer.flow);
            format!("{function}({words}, {})", geometry(pieces, transfer).join(", "))
        }
    }
}
