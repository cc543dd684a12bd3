//! What a core does with an object of a FIFO.

use emit::{Prec, Text, float_literal};
use emit_dma::{Pieces, storage};
use lower_dma::ir::{Buffer, Expr};
use tile_ir::{BinaryOp, Elem, Number};

use super::transport;
use crate::limits::{TARGET, WORD};
use crate::plan::{Count, Local, Plan, Transfer};
use crate::types;

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
pub(super) fn geometry(pieces: &mut Pieces<'_>, transfer: &Transfer) -> [String; 4] {
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
pub(super) fn object(pieces: &mut Pieces<'_>, transfer: &Transfer, local: &Local, plan: &Plan) {
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
