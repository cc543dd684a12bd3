//! Writing MLIR text, in the subset of `docs/ir.md`.

mod literal;
mod names;
mod ops;
mod regions;

use std::fmt::Write;

use tile_ir::{Elem, Kernel, Loc, Module, Own, Param, ParamKind, Shape, Type, Value, ViewId};

use self::names::Names;

/// The module as MLIR text. Two equal modules give equal text.
pub(crate) fn module(module: &Module) -> String {
    let mut text = format!("module @{} {{\n", quoted(&module.name));
    for (i, kernel) in module.kernels.iter().enumerate() {
        if i > 0 {
            text.push('\n');
        }
        let mut writer = Writer { kernel, names: Names::new(kernel), text: String::new(), depth: 1 };
        writer.kernel();
        text.push_str(&writer.text);
    }
    text.push_str("}\n");
    text
}

/// Writes one kernel.
struct Writer<'a> {
    kernel: &'a Kernel,
    names: Names,
    text: String,
    depth: usize,
}

impl Writer<'_> {
    fn kernel(&mut self) {
        let kernel = self.kernel;
        self.line(&format!("func.func @{}(", kernel.name));
        self.depth += 2;
        let last = kernel.params.len().saturating_sub(1);
        for (i, param) in kernel.params.iter().enumerate() {
            let end = if i == last { ")" } else { "," };
            let line = format!("{}{end}", self.param(i, param));
            self.line(&line);
        }
        if kernel.params.is_empty() {
            self.line(")");
        }
        let tuning: Vec<String> = kernel.tuning.iter().map(|(key, value)| format!("{key} = {value} : i64")).collect();
        let [x, y, z] = kernel.grid;
        let family = quoted(&kernel.family);
        let tuning = tuning.join(", ");
        self.line(&format!(
            "attributes {{tenfold.family = {family}, tenfold.tuning = {{{tuning}}}, tenfold.grid = array<i64: {x}, {y}, {z}>}} {{"
        ));
        self.depth -= 1;
        for op in &kernel.body.ops {
            self.op(op);
        }
        self.located("return", &kernel.loc);
        self.depth -= 1;
        self.located("}", &kernel.loc);
    }

    fn param(&self, number: usize, param: &Param) -> String {
        let mut attributes = format!("tenfold.name = {}", quoted(&param.name));
        match &param.kind {
            ParamKind::View(view) => {
                let _ = write!(attributes, ", tenfold.access = \"{}\"", view.access.name());
                if !view.own.is_empty() {
                    let own: Vec<String> = view.own.iter().map(|own| quoted(&self.own(own))).collect();
                    let _ = write!(attributes, ", tenfold.own = [{}]", own.join(", "));
                }
            }
            ParamKind::Scalar(scalar) => {
                if let Some(bound) = scalar.bound {
                    let _ = write!(attributes, ", tenfold.bound = {bound} : i64");
                }
            }
        }
        let ty = match &param.kind {
            ParamKind::View(view) => memref(view.shape, view.elem),
            ParamKind::Scalar(scalar) => scalar.elem.to_string(),
        };
        format!("{}: {ty} {{{attributes}}}{}", self.names.param(number), location(&param.loc))
    }

    fn own(&self, own: &Own) -> String {
        match own {
            Own::Whole => "whole".to_owned(),
            Own::Block { axis, size } => format!("block({}, {size})", axis.name()),
            Own::At { param } => format!("at({})", self.kernel.params[*param].name),
        }
    }

    /// Writes an indented line.
    fn line(&mut self, line: &str) {
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Writes an indented line that ends in a location.
    fn located(&mut self, line: &str, loc: &Loc) {
        let line = format!("{line}{}", location(loc));
        self.line(&line);
    }

    fn ty(&self, value: Value) -> Type {
        self.kernel.ty(value)
    }

    fn types(&self, values: &[Value]) -> String {
        values.iter().map(|&value| self.ty(value).to_string()).collect::<Vec<_>>().join(", ")
    }

    fn name(&self, value: Value) -> String {
        self.names.value(value)
    }

    fn list(&self, values: &[Value]) -> String {
        values.iter().map(|&value| self.name(value)).collect::<Vec<_>>().join(", ")
    }

    /// Name and type of a view.
    fn view(&self, id: ViewId) -> (String, String) {
        let ty = self.kernel.view(id).map(|view| memref(view.shape, view.elem));
        (self.names.param(id.index()), ty.unwrap_or_default())
    }
}

/// ` loc("file":line:column)`.
fn location(loc: &Loc) -> String {
    match loc {
        Loc::Unknown => " loc(unknown)".to_owned(),
        Loc::File { file, line, column } => format!(" loc({}:{line}:{column})", quoted(file)),
    }
}

fn memref(shape: Shape, elem: Elem) -> String {
    format!("memref<{shape}x{elem}>")
}

/// A string literal of MLIR.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', byte as char]),
            0x20..=0x7E => out.push(byte as char),
            _ => {
                let _ = write!(out, "\\{byte:02X}");
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        assert_eq!(quoted("a\"b\\c\n"), r#""a\"b\\c\0A""#);
        assert_eq!(quoted("é"), r#""\C3\A9""#);
    }
}
