//! Names of values: the Rust variable's where known; constants say what they are, and loops count in `i`, `j`, `k`. All
//! others are numbers in order of definition.

use std::collections::BTreeSet;

use crate::kernel::{Kernel, ParamKind};
use crate::op::{Literal, Number, Value};
use crate::types::Type;

pub(super) struct Names {
    /// One per value; empty until it is defined.
    values: Vec<String>,
    /// One per parameter; empty for scalars.
    views: Vec<String>,
    used: BTreeSet<String>,
    next: usize,
}

impl Names {
    pub(super) fn new(kernel: &Kernel) -> Names {
        let mut names = Names {
            values: vec![String::new(); kernel.values.len()],
            views: Vec::new(),
            used: BTreeSet::new(),
            next: 0,
        };
        for param in &kernel.params {
            let name = match &param.kind {
                ParamKind::View(_) => names.unique(&param.name),
                ParamKind::Scalar(_) => String::new(),
            };
            names.views.push(name);
        }
        names
    }

    /// `%input` of a view parameter.
    pub(super) fn view(&self, param: usize) -> &str {
        &self.views[param]
    }

    /// Names a value at its definition.
    pub(super) fn define(&mut self, kernel: &Kernel, value: Value) -> String {
        self.define_as(kernel, value, "")
    }

    /// Names a value at its definition; `otherwise` if the user has no name for it.
    fn define_as(&mut self, kernel: &Kernel, value: Value, otherwise: &str) -> String {
        let hint = kernel.values[value.index()].name.as_deref().filter(|name| is_name(name)).unwrap_or(otherwise);
        let name = if hint.is_empty() { self.number() } else { self.unique(hint) };
        self.values[value.index()].clone_from(&name);
        name
    }

    /// Names a constant.
    pub(super) fn constant(&mut self, kernel: &Kernel, value: Value, literal: &Literal) -> String {
        self.define_as(kernel, value, &constant(literal, kernel.ty(value)))
    }

    /// Names the counter of a loop inside `depth` others.
    pub(super) fn counter(&mut self, kernel: &Kernel, value: Value, depth: usize) -> String {
        self.define_as(kernel, value, ["i", "j", "k"].get(depth).unwrap_or(&"n"))
    }

    /// Names the results of an operation: nothing, `%name`, or `%3:2`, of which `%3#0` is the first.
    pub(super) fn define_all(&mut self, kernel: &Kernel, values: &[Value]) -> String {
        match values {
            [] => String::new(),
            [value] => self.define(kernel, *value),
            _ => {
                let name = self.number();
                for (i, value) in values.iter().enumerate() {
                    self.values[value.index()] = format!("{name}#{i}");
                }
                format!("{name}:{}", values.len())
            }
        }
    }

    /// A name for a helper value.
    pub(super) fn number(&mut self) -> String {
        self.next += 1;
        format!("%{}", self.next - 1)
    }

    /// A value's name where it is used.
    pub(super) fn get(&self, value: Value) -> &str {
        &self.values[value.index()]
    }

    fn unique(&mut self, hint: &str) -> String {
        let mut name = format!("%{hint}");
        let mut suffix = 0;
        while !self.used.insert(name.clone()) {
            name = format!("%{hint}_{suffix}");
            suffix += 1;
        }
        name
    }
}

/// `c16`, `c16_i64`, `true`, `iota`, `cst`.
fn constant(literal: &Literal, ty: Type) -> String {
    match literal {
        Literal::Splat(Number::Int(1)) if ty == Type::BOOL => "true".to_owned(),
        Literal::Splat(Number::Int(_)) if ty == Type::BOOL => "false".to_owned(),
        Literal::Splat(Number::Int(number)) if ty.is_scalar() => {
            let sign = if *number < 0 { "m" } else { "" };
            let kind = if ty == Type::INDEX { String::new() } else { format!("_{}", ty.elem) };
            format!("c{sign}{}{kind}", number.unsigned_abs())
        }
        Literal::Iota { .. } => "iota".to_owned(),
        Literal::Splat(_) | Literal::Dense(_) => "cst".to_owned(),
    }
}

fn is_name(hint: &str) -> bool {
    hint.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && hint.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
