//! Programs as text.

mod expr;
mod instr;
mod place;
mod stmt;

use std::collections::BTreeMap;

use emit::{Described, Header, Namer, Source, Writer, describe};
use lower_nki::ir::{Program, Tile};
use tile_ir::{Access, ParamKind};

use crate::names;

/// What is known while a kernel is printed.
struct Printer<'a> {
    program: &'a Program,
    namer: Namer,
    /// By parameter.
    params: Vec<String>,
    /// By tile that is declared.
    tiles: BTreeMap<Tile, String>,
    /// By variable that a loop around counts.
    vars: BTreeMap<u32, String>,
    /// Names of tiles in PSUM that were given back: a tile that takes one over takes its room as well.
    free: Vec<String>,
    out: Writer,
}

/// Prints a program that was verified.
pub(crate) fn print(program: &Program) -> Source {
    let mut namer = Namer::new(&[names::WORDS, names::CALLED]);
    let entry = namer.name(&program.name);
    let params: Vec<String> = program.params.iter().map(|param| namer.name(&param.name)).collect();
    let mut out = Writer::new("    ", "#");
    let bytes = lower_nki::verify::sbuf_bytes(program);
    let facts = [("sbuf", format!("{bytes} bytes per partition"))];
    let header = Header {
        comment: "#",
        language: "NKI 0.6.0",
        target: crate::TARGET,
        kernel: &entry,
        grid: program.grid,
        facts: &facts,
    };
    out.line(&header.line());
    out.line("import nki\nimport nki.isa as nisa\nimport nki.language as nl\n\n");
    out.at(&program.loc);
    out.line("@nki.jit");
    out.open(&format!("def {entry}({}):", params.join(", ")));
    let written: Vec<String> = program
        .params
        .iter()
        .zip(&params)
        .filter(|(param, _)| matches!(&param.kind, ParamKind::View(view) if view.access == Access::Write))
        .map(|(_, name)| name.clone())
        .collect();
    let mut printer =
        Printer { program, namer, params, tiles: BTreeMap::new(), vars: BTreeMap::new(), free: vec![], out };
    printer.block(&program.body);
    printer.out.line(format!("return {}", written.join(", ")).trim_end());
    let (text, lines) = printer.out.finish();
    let file = format!("{}.{}", program.name, names::EXTENSION);
    let described = Described {
        family: &program.family,
        entry,
        file: file.clone(),
        tuning: &program.tuning,
        params: &program.params,
        grid: program.grid,
        block: [1, 1, 1],
        budgets: BTreeMap::from([("sbuf".to_owned(), bytes)]),
        dependent: false,
        needs: vec![],
        push_constant_bytes: 0,
        workgroups: Some([1, 1, 1]),
        lines,
    };
    Source { file, text, binary: None, parts: vec![], kernel: describe(described) }
}
