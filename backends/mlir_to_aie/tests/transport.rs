//! What moves data is judged too: a design with one transfer left out, moved or not waited for is noticed.

use dma_testing::programs::{Hand, all};
use emulator::Arg;
use emulator::aie::{Launch, Program, Texts};
use lower_dma::ir::{Expr, StmtKind, VectorOp};
use lower_dma::testing::Build;
use mlir_to_aie::limits::TARGET;
use rayon::prelude::*;
use tile_ir::{Access, BinaryOp, Elem, ParamKind};

/// What a design leaves in the written views, or why it does not run.
fn run(hand: &Hand, design: &str, functions: &str) -> Result<Vec<Vec<u8>>, String> {
    let program = Program::compile(Texts { design, kernels: functions }).map_err(|error| error.to_string())?;
    let mut contents = hand.contents.clone();
    let args: Vec<Arg> = hand
        .core
        .params
        .iter()
        .zip(&mut contents)
        .map(|(param, bytes)| {
            let writable = matches!(&param.kind, ParamKind::View(view) if view.access == Access::Write);
            Arg::Buffer { address: bytes.as_mut_ptr(), bytes: bytes.len() as u64, writable }
        })
        .collect();
    program.launch(&Launch { args: &args, seconds: 60 }).map_err(|fault| fault.to_string())?;
    Ok(contents)
}

/// Elements of a row, and where it is in its view: it begins and ends inside words that hold others.
const ROW: (u64, i64) = (30, 1);

/// A program that stores a row, and doubles what it stored, several times over.
fn doubled() -> Hand {
    let mut b = Build::new("doubled", &TARGET);
    let x = b.view("x", Elem::Bf16, &[33], Access::Read);
    let y = b.view("y", Elem::Bf16, &[33], Access::Write);
    let (raw, wide) = (b.buffer("raw", Elem::Bf16, 1, ROW.0), b.buffer("wide", Elem::F32, 1, ROW.0));
    b.load(raw, x, Expr::int(ROW.1));
    b.store(raw, y, Expr::int(ROW.1));
    b.count("turn", 3, |b, _| {
        b.load(raw, y, Expr::int(ROW.1));
        let operand = b.span(raw);
        b.vector(VectorOp::Cast, wide, &[operand]);
        let operand = b.span(wide);
        b.vector(VectorOp::Binary(BinaryOp::Add), wide, &[operand.clone(), operand.clone()]);
        b.vector(VectorOp::Cast, raw, &[operand]);
        b.store(raw, y, Expr::int(ROW.1));
    });
    let bits = |from: u16| (0..33).flat_map(|value| (from + value).to_le_bytes()).collect();
    Hand { core: b.finish(), contents: vec![bits(0x3f80), bits(0x4100)] }
}

/// The text with line `at` as `line`.
fn with(text: &str, at: usize, line: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines[at] = line;
    lines.join("\n")
}

/// Designs with one line damaged: what was done, and the text.
fn damaged(design: &str) -> Vec<(String, String)> {
    let mut list = Vec::new();
    for (at, line) in design.lines().enumerate() {
        let blanks = &line[..line.len() - line.trim_start().len()];
        let mut put = |what: &str, changed: &str| {
            list.push((format!("{what}: {}", line.trim()), with(design, at, &format!("{blanks}{changed}"))));
        };
        let code = line.trim_start();
        if let Some(arguments) = code.strip_prefix("yield from fill(").or(code.strip_prefix("yield from drain(")) {
            put("left out", "yield from ()");
            put("twice", &format!("{code}; {code}"));
            // The byte that it starts at stands behind the view, and for fills the words beside it.
            let place = if code.contains("fill(") { 4 } else { 2 };
            let mut parts: Vec<&str> = arguments.trim_end_matches(')').split(", ").collect();
            let (start, size) = (format!("{} + 4", parts[place]), format!("{} - 4", parts[place + 1]));
            let head = &code[..code.len() - arguments.len()];
            let rest = parts.clone();
            parts[place] = &start;
            put("moved", &format!("{head}{})", parts.join(", ")));
            let mut parts = rest;
            parts[place + 1] = &size;
            put("shorter", &format!("{head}{})", parts.join(", ")));
        }
        if code.contains(".acquire(1)") || code.contains(".release(1)") {
            put("left out", "pass");
        }
        // That orders two transfers to one place only where something is loaded again.
        if code.starts_with("yield None") && design.contains("kernel doubled;") {
            put("not waited for", "pass");
        }
        if code.starts_with("run(view, sizes") {
            put("nothing waits", &code.replace(", wait=True", ""));
        }
    }
    list
}

/// A design whose transfers are damaged is refused, ends with a fault or leaves something else.
#[test]
fn damaged_transfers_are_noticed() {
    // All that these load is stored again.
    let programs = all(&TARGET).into_iter().filter(|hand| hand.core.name == "control");
    let programs: Vec<Hand> = programs.chain([doubled()]).collect();
    assert_eq!(programs.len(), 2);
    for hand in &programs {
        let source = mlir_to_aie::print(&hand.core).unwrap_or_else(|error| panic!("{error:?}"));
        let functions = &source.parts[0].text;
        let expected = run(hand, &source.text, functions).unwrap_or_else(|error| panic!("{error}\n{}", source.text));
        let list = damaged(&source.text);
        assert!(list.len() > 10, "{}", hand.core.name);
        let missed: Vec<&str> = list
            .par_iter()
            .filter(|(_, text)| run(hand, text, functions).is_ok_and(|found| found == expected))
            .map(|(what, _)| what.as_str())
            .collect();
        assert!(missed.is_empty(), "{}: {missed:#?}\n{}", hand.core.name, source.text);
    }
}

/// Every turn reads what the turn before it stored.
#[test]
fn what_was_stored_is_loaded() {
    let hand = doubled();
    let source = mlir_to_aie::print(&hand.core).unwrap_or_else(|error| panic!("{error:?}"));
    let found =
        run(&hand, &source.text, &source.parts[0].text).unwrap_or_else(|error| panic!("{error}\n{}", source.text));
    // Three exponents more, and what is beside the row stays.
    let inside = |at: u16| (1..31).contains(&at);
    let bits = |at: u16| if inside(at) { 0x3f80 + at + (3 << 7) } else { 0x4100 + at };
    let expected: Vec<u8> = (0..33_u16).flat_map(|at| bits(at).to_le_bytes()).collect();
    assert_eq!(found[1], expected);
    assert!(hand.core.body.iter().any(|stmt| matches!(stmt.kind, StmtKind::For { .. })));
}
