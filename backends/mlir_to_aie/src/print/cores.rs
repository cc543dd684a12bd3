//! The functions of the cores.

use std::collections::BTreeSet;

use emit::{Prec, Text, Writer, float_literal};
use emit_dma::{ParameterKind, Pieces, c_type, storage};
use lower_dma::ir::{Buffer, Expr, Operand, Scalar, Span, Stmt, StmtKind, VectorOp};
use tile_ir::{BinaryOp, Elem, Number};

use super::dialect::Aie;
use super::layout::Layout;
use super::transport;
use crate::limits::{TARGET, WORD};
use crate::plan::{Amount, Count, Function, Item, Local, Plan, Transfer};
use crate::types;

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

/// What a function uses.
#[derive(Default)]
struct Uses {
    params: BTreeSet<Parameter>,
    scalars: BTreeSet<usize>,
    buffers: BTreeSet<Buffer>,
    core: bool,
    kept: bool,
    edges: bool,
    rounds: bool,
}

impl Uses {
    fn of(function: &Function, plan: &Plan) -> Uses {
        let mut uses = Uses::default();
        for item in &function.items {
            match item {
                Item::Stmts(stmts) => stmts.iter().for_each(|stmt| stmt.for_each(&mut |stmt| uses.stmt(stmt, plan))),
                Item::Turns(_, amount) => {
                    uses.params.insert(Parameter::Turns);
                    match amount {
                        Amount::Trips(bounds) => bounds.iter().for_each(|bound| uses.expr(bound, plan)),
                        Amount::If(condition) | Amount::Unless(condition) => uses.expr(condition, plan),
                        Amount::Objects(number) => uses.transfer(&plan.transfers[*number], plan),
                    }
                }
                Item::Bounds(..) => {}
                Item::Set(_, value, _) => {
                    uses.kept = true;
                    uses.expr(value, plan);
                }
                Item::Object(number, local) => uses.object(&plan.transfers[*number], local, plan),
            }
        }
        if uses.kept || uses.edges || !uses.buffers.is_empty() {
            uses.params.insert(Parameter::Local);
        }
        if uses.core || !uses.scalars.is_empty() {
            uses.params.insert(Parameter::Numbers);
        }
        uses
    }

    fn object(&mut self, transfer: &Transfer, local: &Local, plan: &Plan) {
        if transfer.objects(plan.flows.words(transfer.flow)) != Count::Fixed(1) {
            self.params.insert(Parameter::Number);
        }
        let taken = transfer.flow.comes_in();
        self.params.insert(if taken { Parameter::Taken } else { Parameter::Given });
        match local {
            Local::Take { buffer, offset, .. } | Local::Give { buffer, offset, .. } => {
                self.transfer(transfer, plan);
                self.buffers.insert(*buffer);
                self.expr(offset, plan);
                self.edges |= matches!(local, Local::Give { edges: true, .. });
            }
            Local::Edges => {
                self.transfer(transfer, plan);
                self.edges = true;
            }
            Local::Fetch(var) => {
                self.transfer(transfer, plan);
                self.kept |= plan.kept.contains(var);
            }
            Local::Pick { var, element, active } => {
                self.expr(element, plan);
                self.kept |= plan.kept.contains(var) || active.is_some();
            }
        }
    }

    fn transfer(&mut self, transfer: &Transfer, plan: &Plan) {
        transfer.exprs().into_iter().for_each(|expr| self.expr(expr, plan));
    }

    fn expr(&mut self, expr: &Expr, plan: &Plan) {
        expr.for_each(&mut |expr| match expr {
            Expr::Core => self.core = true,
            Expr::Param(param) => {
                self.scalars.insert(*param);
            }
            Expr::Var(var) => self.kept |= plan.kept.contains(var),
            Expr::Float(_)
            | Expr::Int(..)
            | Expr::Bool(_)
            | Expr::Unary(..)
            | Expr::Binary(..)
            | Expr::Fma(..)
            | Expr::Compare(..)
            | Expr::Select(..)
            | Expr::Convert(..) => {}
        });
    }

    fn stmt(&mut self, stmt: &Stmt, plan: &Plan) {
        stmt.exprs().into_iter().for_each(|expr| self.expr(expr, plan));
        match &stmt.kind {
            StmtKind::Let { var, .. } | StmtKind::Assign { var, .. } => self.kept |= plan.kept.contains(var),
            StmtKind::Read { var, buffer, .. } => {
                self.kept |= plan.kept.contains(var);
                self.buffers.insert(*buffer);
            }
            StmtKind::Write { buffer, .. } => {
                self.buffers.insert(*buffer);
            }
            StmtKind::Vector { op, dst, args } => {
                self.rounds |= *op == VectorOp::Cast && plan.kernel.buffer(dst.buffer).elem == Elem::Bf16;
                self.buffers.insert(dst.buffer);
                self.buffers.extend(args.iter().filter_map(|arg| match arg {
                    Operand::Span(Span { buffer, .. })
                    | Operand::Row(Span { buffer, .. })
                    | Operand::Column(Span { buffer, .. }) => Some(*buffer),
                    Operand::Scalar(_) => None,
                }));
            }
            StmtKind::ReadGlobal { .. }
            | StmtKind::CopyIn(_)
            | StmtKind::CopyOut(_)
            | StmtKind::For { .. }
            | StmtKind::While { .. }
            | StmtKind::If { .. }
            | StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => {}
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

/// A number of 32 bits.
fn int(pieces: &mut Pieces<'_>, value: &Expr) -> String {
    let text = pieces.expr(value);
    match value.as_int() {
        Some(_) => text.text,
        None => format!("(int32_t){}", text.at_least(Prec::Unary)),
    }
}

fn scaled(value: &Expr, by: u64) -> Expr {
    match value {
        Expr::Int(scalar, n) => Expr::Int(*scalar, n * by as i64),
        _ if by == 1 => value.clone(),
        _ => Expr::Binary(BinaryOp::Mul, Box::new(value.clone()), Box::new(Expr::int(by as i64))),
    }
}

/// Phase, whether rows are apart, bytes of a row, rows.
fn geometry(pieces: &mut Pieces<'_>, transfer: &Transfer) -> [String; 4] {
    let bytes = transfer.bytes();
    let start = scaled(&transfer.start, bytes);
    let phase = match start.as_int() {
        Some(start) => (start.unsigned_abs() % WORD).to_string(),
        None if transfer.multiple == WORD => "0".to_owned(),
        None => {
            let phase = Expr::Binary(BinaryOp::RemS, Box::new(start), Box::new(Expr::int(WORD as i64)));
            int(pieces, &phase)
        }
    };
    let size = int(pieces, &scaled(&transfer.cols, bytes));
    let rows = int(pieces, &transfer.rows);
    [phase, transfer.apart.to_string(), size, rows]
}

/// What is done with an object.
fn object(pieces: &mut Pieces<'_>, transfer: &Transfer, local: &Local, plan: &Plan) {
    pieces.at(&transfer.loc);
    let words = plan.flows.words(transfer.flow);
    let number = if transfer.objects(words) == Count::Fixed(1) { "0" } else { "number" };
    match local {
        Local::Take { buffer, offset, pitch, pad } => {
            let shape = geometry(pieces, transfer);
            let (to, pitch) = place(pieces, transfer, *buffer, offset, *pitch);
            let function = transport::unpack(pieces.lines().helpers);
            pieces.line(&format!("{function}(object, {number}, {words}, {}, {to}, {pitch});", shape.join(", ")));
            if let Some(pad) = pad {
                rest(pieces, transfer, *pad, &to, &pitch, &shape[3], number);
            }
        }
        Local::Edges => {
            let shape = geometry(pieces, transfer);
            let [function, _] = transport::edges(pieces.lines().helpers);
            pieces.line(&format!("{function}(object, {number}, {words}, {}, edges);", shape.join(", ")));
        }
        Local::Give { buffer, offset, pitch, edges } => {
            let shape = geometry(pieces, transfer);
            let (from, pitch) = place(pieces, transfer, *buffer, offset, *pitch);
            if *edges {
                let [_, function] = transport::edges(pieces.lines().helpers);
                pieces.line(&format!("{function}(object, {number}, {words}, {}, edges);", shape.join(", ")));
            }
            let function = transport::pack(pieces.lines().helpers);
            pieces.line(&format!("{function}(object, {number}, {words}, {}, {from}, {pitch});", shape.join(", ")));
        }
        Local::Fetch(var) => {
            if !plan.kept.contains(var) {
                return;
            }
            let [phase, ..] = geometry(pieces, transfer);
            let ty = storage(transfer.elem);
            let index = match (phase.parse::<u64>(), transfer.bytes()) {
                (Ok(phase), bytes) => (phase / bytes.min(WORD)).to_string(),
                (Err(_), 1) => phase,
                (Err(_), bytes) => format!("{phase} / {bytes}"),
            };
            let value = pieces.held(transfer.elem, Text::atom(format!("((const {ty} *)object)[{index}]")));
            let name = pieces.kept(*var);
            pieces.line(&format!("{name} = {};", value.text));
        }
        Local::Pick { var, element, active } => {
            if !plan.kept.contains(var) {
                return;
            }
            let ty = storage(transfer.elem);
            let count = words * WORD / transfer.bytes();
            let place = pieces.expr(element);
            pieces.line(&format!("const int64_t place = {};", place.text));
            let value = pieces.held(transfer.elem, Text::atom(format!("((const {ty} *)object)[place % {count}]")));
            let mut condition = format!("place / {count} == {number}");
            if let Some(active) = active {
                condition = format!("{} && {condition}", pieces.kept(*active));
            }
            let name = pieces.kept(*var);
            pieces.line(&format!("if ({condition}) {{"));
            pieces.line(&format!("    {name} = {};", value.text));
            pieces.line("}");
        }
    }
}

/// A pointer to the local elements of a transfer, as what copies move, and what rows are apart in these.
fn place(pieces: &mut Pieces<'_>, transfer: &Transfer, buffer: Buffer, offset: &Expr, pitch: u64) -> (String, String) {
    let ty = types::bits(transfer.elem);
    let by = if transfer.bytes() == 8 { 2 } else { 1 };
    let offset = pieces.expr(&scaled(offset, by));
    let name = Text::new(format!("({ty} *){}", pieces.buffer(buffer).name), Prec::Unary);
    let to = match offset.text.as_str() {
        "0" => name.text,
        _ => Text::binary(&name, "+", &offset, Prec::Sum, true).text,
    };
    (to, (pitch * by).to_string())
}

/// Fills the rest of the last vector of each row.
fn rest(pieces: &mut Pieces<'_>, transfer: &Transfer, pad: Number, to: &str, pitch: &str, rows: &str, number: &str) {
    let step = TARGET.step(transfer.elem);
    if transfer.cols.as_int().is_some_and(|cols| (cols.unsigned_abs()).is_multiple_of(step)) {
        return;
    }
    let bits: Vec<u64> = match (transfer.elem, pad) {
        (Elem::F32, Number::Float(value)) => vec![u64::from(value.to_bits())],
        (Elem::F16, Number::Float(value)) => vec![u64::from(half::f16::from_f32(value).to_bits())],
        (Elem::Bf16, Number::Float(value)) => vec![u64::from(half::bf16::from_f32(value).to_bits())],
        (Elem::I64 | Elem::Index, Number::Int(value)) => {
            vec![value.cast_unsigned() & 0xffff_ffff, value.cast_unsigned() >> 32]
        }
        (_, Number::Int(value)) => {
            let width = transfer.bytes() * 8;
            vec![value.cast_unsigned() & ((1 << width) - 1)]
        }
        (_, Number::Float(value)) => vec![u64::from(value.to_bits())],
    };
    let remark = match pad {
        Number::Float(value) => match float_literal(value) {
            emit::FloatClass::Number(text) => text,
            emit::FloatClass::Infinity { negative: true } => "-infinity".to_owned(),
            emit::FloatClass::Infinity { negative: false } => "infinity".to_owned(),
            emit::FloatClass::Nan(_) => "NaN".to_owned(),
        },
        Number::Int(value) => value.to_string(),
    };
    let cols = int(pieces, &transfer.cols);
    if number != "0" {
        pieces.line("if (number != 0) {");
        pieces.line("    return;");
        pieces.line("}");
    }
    pieces.line(&format!("// {remark} behind the rows' ends."));
    pieces.line(&format!("for (int32_t row = 0; row < {rows}; ++row) {{"));
    pieces.line(&format!("    for (int32_t col = {cols}; col % {step} != 0; ++col) {{"));
    for (at, word) in bits.iter().enumerate() {
        let index = match (bits.len(), at) {
            (1, _) => "col".to_owned(),
            (_, 0) => "2 * col".to_owned(),
            (_, at) => format!("2 * col + {at}"),
        };
        pieces.line(&format!("        ({to})[row * {pitch} + {index}] = {word:#x}u;"));
    }
    pieces.line("    }");
    pieces.line("}");
}
