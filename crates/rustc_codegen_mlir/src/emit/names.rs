//! Names of values: parameters keep theirs, constants say what they are, loop counters are `i`, `j`, .., the rest is
//! numbered in order of definition.

use std::collections::{HashMap, HashSet};

use tile_ir::{Block, Kernel, Literal, Number, OpKind, ParamKind, Value};

/// Names of one kernel's values.
pub(super) struct Names {
    params: Vec<String>,
    values: HashMap<Value, String>,
    taken: HashSet<String>,
    next: usize,
}

impl Names {
    /// Names all values of a kernel.
    pub(super) fn new(kernel: &Kernel) -> Names {
        let mut names = Names { params: Vec::new(), values: HashMap::new(), taken: HashSet::new(), next: 0 };
        for (i, param) in kernel.params.iter().enumerate() {
            let name = names.unique(&identifier(&param.name, i));
            if let ParamKind::Scalar(scalar) = &param.kind {
                names.values.insert(scalar.value, name.clone());
            }
            names.params.push(name);
        }
        names.block(&kernel.body, 0);
        names
    }

    fn block(&mut self, block: &Block, depth: usize) {
        for op in &block.ops {
            match (&op.kind, op.results.as_slice()) {
                (OpKind::Constant(literal), [result]) => {
                    let name = self.unique(&constant(literal));
                    self.values.insert(*result, name);
                }
                // One name for all results of a structured operation: `%3:2`, used as `%3#0`, `%3#1`.
                (OpKind::For { .. } | OpKind::While { .. } | OpKind::If { .. }, [_, _, ..]) => {
                    let name = self.number();
                    for (i, result) in op.results.iter().enumerate() {
                        self.values.insert(*result, format!("{name}#{i}"));
                    }
                }
                (_, results) => {
                    for result in results {
                        let name = self.number();
                        self.values.insert(*result, name);
                    }
                }
            }
            if let OpKind::For { body, .. } = &op.kind
                && let Some(&counter) = body.args.first()
            {
                let letters = ["i", "j", "k"];
                let name = self.unique(letters.get(depth).copied().unwrap_or("n"));
                self.values.insert(counter, name);
            }
            for nested in op.kind.blocks() {
                for &arg in &nested.args {
                    if !self.values.contains_key(&arg) {
                        let name = self.number();
                        self.values.insert(arg, name);
                    }
                }
                let inner = depth + usize::from(matches!(op.kind, OpKind::For { .. }));
                self.block(nested, inner);
            }
        }
    }

    fn number(&mut self) -> String {
        self.next += 1;
        format!("%{}", self.next - 1)
    }

    fn unique(&mut self, base: &str) -> String {
        let mut name = format!("%{base}");
        let mut next = 1;
        while !self.taken.insert(name.clone()) {
            name = format!("%{base}_{next}");
            next += 1;
        }
        name
    }

    /// Name of a parameter.
    pub(super) fn param(&self, number: usize) -> String {
        self.params[number].clone()
    }

    /// Name of a value.
    pub(super) fn value(&self, value: Value) -> String {
        // Every value is defined before it is used; the fallback would be refused by MLIR's parser.
        self.values.get(&value).cloned().unwrap_or_else(|| format!("%undefined{}", value.0))
    }

    /// A name for a value that only the text has.
    pub(super) fn extra(&mut self) -> String {
        self.number()
    }

    /// The common name of a structured operation's results.
    pub(super) fn results(&self, results: &[Value]) -> String {
        match results {
            [] => String::new(),
            [one] => self.value(*one),
            [first, ..] => self.value(*first).split('#').next().unwrap_or_default().to_owned(),
        }
    }
}

/// MLIR takes names that begin with a letter; those that begin with a digit are numbers.
fn identifier(name: &str, number: usize) -> String {
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match name.chars().next() {
        Some(first) if !first.is_ascii_digit() && name.chars().all(valid) => name.to_owned(),
        _ => format!("arg{number}"),
    }
}

fn constant(literal: &Literal) -> String {
    match literal {
        Literal::Splat(Number::Int(number @ 0..)) => format!("c{number}"),
        Literal::Splat(Number::Int(number)) => format!("cm{}", number.unsigned_abs()),
        Literal::Splat(Number::Float(_)) | Literal::Dense(_) => "cst".to_owned(),
        Literal::Iota { .. } => "iota".to_owned(),
    }
}
