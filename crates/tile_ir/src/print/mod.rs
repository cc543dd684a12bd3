//! MLIR text of a module, in the subset of `docs/ir.md`.
//!
//! One operation of the IR becomes one line, in MLIR 19's pretty form and with the user's location. A few need helper
//! lines: tiles that count along one of several dimensions are broadcast from a compact constant, mixed bounds of a mask
//! become constants, gathers see the view collapsed to one dimension, and reshapes that `vector.shape_cast` does not
//! know go through one dimension.

mod literal;
mod memory;
mod names;
mod ops;
mod region;
#[cfg(test)]
mod tests;

use std::fmt::Write;

use crate::kernel::{Kernel, Loc, Module, Own, Param, ParamKind, View};
use crate::types::{Shape, Type};
use crate::validate::{ValidateError, validate};
use names::Names;

/// The module as MLIR text. Two runs give the same bytes.
///
/// # Errors
/// Everything the validator finds wrong with the module: only valid modules have a spelling.
pub fn print_module(module: &Module) -> Result<String, Vec<ValidateError>> {
    validate(module)?;
    let mut out = String::from("module");
    if !module.name.is_empty() {
        let _ = write!(out, " @{}", quoted(&module.name));
    }
    out.push_str(" {\n");
    for kernel in &module.kernels {
        let (out_so_far, names) = (std::mem::take(&mut out), Names::new(kernel));
        let mut printer = Printer { kernel, out: out_so_far, indent: 2, loops: 0, names };
        printer.function();
        out = printer.out;
    }
    out.push_str("}\n");
    Ok(out)
}

/// Prints one kernel. Writing to a string cannot fail, so results of `write!` are dropped.
struct Printer<'a> {
    kernel: &'a Kernel,
    out: String,
    /// Nesting depth.
    indent: usize,
    /// Counted loops that are open.
    loops: usize,
    names: Names,
}

impl Printer<'_> {
    /// A line with a location.
    fn line(&mut self, text: &str, loc: &Loc) {
        let _ = writeln!(self.out, "{:1$}{text} {2}", "", self.indent, location(loc));
    }

    /// A line that goes on, or that needs no location.
    fn open(&mut self, text: &str) {
        let _ = writeln!(self.out, "{:1$}{text}", "", self.indent);
    }

    fn function(&mut self) {
        let kernel = self.kernel;
        let params: Vec<String> = (0..kernel.params.len()).map(|i| self.param(i)).collect();
        let mut attributes = vec![format!("tenfold.family = {}", quoted(&kernel.family))];
        if !kernel.tuning.is_empty() {
            let tuning: Vec<String> =
                kernel.tuning.iter().map(|(name, size)| format!("{name} = {size} : i64")).collect();
            attributes.push(format!("tenfold.tuning = {{{}}}", tuning.join(", ")));
        }
        attributes.push(format!("tenfold.grid = array<i64: {}>", comma(kernel.grid)));
        self.open(&format!("func.func @{}(", kernel.name));
        for (i, param) in params.iter().enumerate() {
            let end = if i + 1 < params.len() { "," } else { "" };
            self.open(&format!("    {param}{end}"));
        }
        self.open(&format!("    ) attributes {{{}}} {{", attributes.join(", ")));
        self.indent += 2;
        self.ops(&kernel.body);
        self.line("return", &kernel.loc);
        self.indent -= 2;
        self.line("}", &kernel.loc);
    }

    fn param(&mut self, number: usize) -> String {
        let Param { name, kind, loc } = &self.kernel.params[number];
        let mut attributes = vec![format!("tenfold.name = {}", quoted(name))];
        let (value, ty) = match kind {
            ParamKind::View(view) => {
                attributes.push(format!("tenfold.access = {}", quoted(view.access.name())));
                if !view.own.is_empty() {
                    let own: Vec<String> = view.own.iter().map(|own| quoted(&self.own(own))).collect();
                    attributes.push(format!("tenfold.own = [{}]", own.join(", ")));
                }
                (self.names.view(number).to_owned(), memref(view))
            }
            ParamKind::Scalar(scalar) => {
                if let Some(bound) = scalar.bound {
                    attributes.push(format!("tenfold.bound = {bound} : i64"));
                }
                (self.names.define(self.kernel, scalar.value), scalar.elem.to_string())
            }
        };
        format!("{value}: {ty} {{{}}} {}", attributes.join(", "), location(loc))
    }

    fn own(&self, own: &Own) -> String {
        match own {
            Own::Whole => "whole".to_owned(),
            Own::Block { axis, size } => format!("block({}, {size})", axis.name()),
            Own::At { param } => format!("at({})", self.kernel.params[*param].name),
        }
    }
}

/// `memref<8x16xf32>`.
fn memref(view: &View) -> String {
    format!("memref<{}x{}>", view.shape, view.elem)
}

/// A vector type of this element type, even for a rank that is a scalar in the IR.
fn vector(ty: Type, dims: &[u64]) -> Type {
    ty.with_shape(Shape::new(dims).unwrap_or_default())
}

fn location(loc: &Loc) -> String {
    named(loc, None)
}

/// A location that carries the user's name for what is defined there.
fn named(loc: &Loc, name: Option<&str>) -> String {
    let place = match loc {
        Loc::Unknown => "unknown".to_owned(),
        Loc::File { file, line, column } => format!("{}:{line}:{column}", quoted(file)),
    };
    match name {
        None => format!("loc({place})"),
        Some(name) => format!("loc({}({place}))", quoted(name)),
    }
}

/// A string literal of MLIR: anything but plain ASCII as hexadecimal escapes.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => {
                let _ = write!(out, "\\{}", char::from(byte));
            }
            b' '..=b'~' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\{byte:02X}");
            }
        }
    }
    out.push('"');
    out
}

/// Items with commas between.
fn comma<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}
