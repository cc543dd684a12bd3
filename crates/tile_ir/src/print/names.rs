//! Names of values: the Rust variable's where known, else numbers in order of definition.

use std::collections::BTreeSet;

use crate::kernel::{Kernel, ParamKind};
use crate::op::Value;

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
        let hint = kernel.values[value.index()].name.as_deref().unwrap_or("");
        let name = if is_name(hint) { self.unique(hint) } else { self.number() };
        self.values[value.index()].clone_from(&name);
        name
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

fn is_name(hint: &str) -> bool {
    hint.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && hint.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
