//! The kernel's head: parameters, built-in numbers, shared arrays.

use std::collections::{BTreeMap, BTreeSet};

use emit::Writer;
use lower_simt::ir::{Builtin, Expr, Scalar, Shared, Stmt, WeightRange};
use tile_ir::{Elem, ParamKind};

use super::{COMMENT, INDENT, Printer};
use crate::dialect::{BuiltinForm, EarlyUse, Signature};
use crate::number::Number;

impl Printer<'_> {
    /// The head up to its opening brace; starts the body with what the kernel declares for its whole length.
    pub(super) fn head(&mut self) -> Writer {
        let mut parameters = self.parameters();
        let mut locals = Vec::new();
        let mut declared: BTreeMap<&'static str, String> = BTreeMap::new();
        for builtin in self.used_builtins() {
            let access = match self.dialect.builtin(builtin) {
                BuiltinForm::Expression(text) => text.to_owned(),
                BuiltinForm::Parameter { name, declaration, access } => {
                    let name = match declared.get(declaration) {
                        Some(name) => name.clone(),
                        None => {
                            let name = self.namer.name(name);
                            parameters.push((declaration.replace("{}", &name), String::new()));
                            declared.insert(declaration, name.clone());
                            name
                        }
                    };
                    access.replace("{}", &name)
                }
                BuiltinForm::Local { name, value } => {
                    let name = self.namer.name(name);
                    locals.push(format!("const {} {name} = {value};", self.dialect.number(Number::U32)));
                    name
                }
            };
            self.builtins.insert(builtin, access);
        }

        let mut head = Writer::new(INDENT, COMMENT);
        let signature = Signature { entry: &self.entry, threads: self.kernel.threads, parameters: &parameters };
        let mut lines = self.dialect.head(&signature);
        let open = lines.pop().unwrap_or_default();
        for line in lines {
            head.line(&line);
        }
        if parameters.is_empty() {
            head.line(&format!("{open}) {{"));
        } else {
            head.open(&open);
            let last = parameters.len() - 1;
            for (index, (declaration, remark)) in parameters.iter().enumerate() {
                let comma = if index == last { "" } else { "," };
                let remark = if remark.is_empty() { String::new() } else { format!("  // {remark}") };
                head.line(&format!("{declaration}{comma}{remark}"));
            }
            head.close(") {");
        }

        self.body.deeper();
        self.shared_arrays();
        for local in locals {
            self.body.line(&local);
        }
        self.early();
        head
    }

    /// What is asked for before anything else.
    fn early(&mut self) {
        let Some(early) = &self.kernel.early else { return };
        let used = EarlyUse { prefetches: !early.prefetches.is_empty(), copies: !early.copies.is_empty() };
        let Some(form) = self.dialect.early(used, &mut self.helpers) else {
            return self.fail("the language has no start before earlier kernels have ended");
        };
        let mut arrivals = BTreeMap::new();
        for array in self.kernel.copied() {
            let name = self.namer.name(&format!("{}_arrival", self.shared[array.0 as usize]));
            self.body.line(&format!("{};", form.arrival.replace("{}", &name)));
            self.waits.insert(array, format!("{}(&{name});", form.wait_for_copy));
            arrivals.insert(array, name);
        }
        for copy in &early.copies {
            let (pointer, ..) = self.pointer(&copy.from.place());
            let (to, arrival) = (&self.shared[copy.to.0 as usize], &arrivals[&copy.to]);
            let call = format!("{}({to}, {pointer}, {}, &{arrival});", form.copy, copy.from.bytes);
            self.by_programs(&copy.from, &call);
        }
        if used.prefetches {
            let thread = self.builtins.get(&Builtin::Thread).cloned().unwrap_or_default();
            self.body.open(&format!("if ({thread} == 0) {{"));
            for prefetch in &early.prefetches {
                let (pointer, ..) = self.pointer(&prefetch.place());
                let call = format!("{}({pointer}, {});", form.prefetch, prefetch.bytes);
                self.by_programs(prefetch, &call);
            }
            self.body.close("}");
        }
        self.body.line(&format!("{}();", form.release));
        if used.copies {
            // What tells that they have arrived must be there for all threads.
            self.barrier(false, true);
        }
        self.wait = Some(format!("{}();", form.wait));
    }

    /// The wait for earlier kernels.
    pub(super) fn await_earlier(&mut self) {
        match self.wait.clone() {
            Some(wait) => self.body.line(&wait),
            None => self.fail("a wait for earlier kernels, which the language lacks"),
        }
    }

    /// The wait for the copy to an array.
    pub(super) fn await_copy(&mut self, array: Shared) {
        match self.waits.get(&array) {
            Some(wait) => self.body.line(wait),
            None => self.fail("a wait for a copy that nobody asked for"),
        }
    }

    /// A call, made by the programs that ask for this range.
    fn by_programs(&mut self, range: &WeightRange, call: &str) {
        let tests: Vec<String> = range.condition(self.kernel.grid).iter().map(|test| self.expr(test).text).collect();
        if tests.is_empty() {
            return self.body.line(call);
        }
        self.body.open(&format!("if ({}) {{", tests.join(" && ")));
        self.body.line(call);
        self.body.close("}");
    }

    fn parameters(&mut self) -> Vec<(String, String)> {
        let mut parameters = Vec::new();
        for (index, param) in self.kernel.params.iter().enumerate() {
            let name = &self.params[index];
            parameters.push(match &param.kind {
                ParamKind::View(view) => (
                    self.dialect.view_parameter(name, view.elem, view.access, index, self.kernel.early.is_some()),
                    if view.shape.rank() == 0 {
                        view.elem.to_string()
                    } else {
                        format!("{} {}", view.elem, view.shape)
                    },
                ),
                ParamKind::Scalar(scalar) => (
                    self.dialect.scalar_parameter(name, Number::of(Scalar::of(scalar.elem)), index),
                    scalar.bound.map_or_else(String::new, |bound| format!("below {bound}")),
                ),
            });
            if let ParamKind::View(view) = &param.kind
                && view.elem == Elem::Index
            {
                self.fail(format!("view `{}` has elements of type `index`", param.name));
            }
        }
        parameters
    }

    fn used_builtins(&self) -> BTreeSet<Builtin> {
        let mut used = BTreeSet::new();
        let mut see = |expr: &Expr| {
            expr.for_each(&mut |expr| {
                if let Expr::Builtin(builtin) = expr {
                    used.insert(*builtin);
                }
            });
        };
        if let Some(early) = &self.kernel.early {
            if !early.prefetches.is_empty() {
                // One thread asks.
                see(&Expr::Builtin(Builtin::Thread));
            }
            for range in early.prefetches.iter().chain(early.copies.iter().map(|copy| &copy.from)) {
                see(&range.place().offset);
                range.condition(self.kernel.grid).iter().for_each(&mut see);
            }
        }
        for stmt in &self.kernel.body {
            stmt.for_each(&mut |stmt: &Stmt| stmt.exprs().into_iter().for_each(&mut see));
        }
        used
    }

    fn shared_arrays(&mut self) {
        let kernel = self.kernel;
        self.shared = kernel.shared.iter().map(|shared| self.namer.name(&shared.name)).collect();
        for shared in &kernel.shared {
            if shared.elem == Elem::Index {
                self.fail(format!("shared array `{}` has elements of type `index`", shared.name));
            }
        }
        if kernel.shared_bytes() <= self.dialect.facts().static_shared {
            for (name, shared) in self.shared.iter().zip(&kernel.shared) {
                self.body.line(&format!("{};", self.dialect.shared(name, shared)));
            }
            return;
        }
        let mut offset = 0;
        let mut arrays = Vec::new();
        for (name, shared) in self.shared.iter().zip(&kernel.shared) {
            arrays.push((name.as_str(), shared, offset));
            offset += shared.bytes();
        }
        for line in self.dialect.dynamic_shared(&arrays) {
            self.body.line(&line);
        }
    }
}
