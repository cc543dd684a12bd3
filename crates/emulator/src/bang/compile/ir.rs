//! What the IR of a text tells: its kernel, its arrays, and things that the language does not have.

use std::collections::{BTreeMap, BTreeSet};

use crate::bang::op::Space;
use crate::build::ir::{EntryParam, SharedArray, attributes, entry_params, source_name, split_type};
use crate::build::{Param, ParamKind};
use crate::{Checks, Diagnostic, Error};

/// Bytes behind an array that belong to nobody, so that the access behind the end is not in the next array.
const GAP: u64 = 4096;

/// A rewritten module.
#[derive(Debug)]
pub(super) struct Module {
    pub(super) text: String,
    pub(super) arrays: Vec<(SharedArray, Space)>,
    pub(super) types: Vec<EntryParam>,
    pub(super) params: Vec<Param>,
    /// Functions of the headers that the text calls.
    pub(super) called: BTreeSet<String>,
    /// What the language does not have.
    pub(super) refused: Vec<Diagnostic>,
}

/// Symbol of the function that a `define` or `call` line names, without `@`; `None` if it is called through a pointer.
fn symbol(line: &str) -> Option<&str> {
    // Attributes of the result have parentheses too.
    let heads = line.match_indices('(').map(|(open, _)| &line[..open]);
    let mut words = heads.map(|head| head.rsplit(' ').next().unwrap_or(head));
    words.find(|word| word.starts_with(['@', '%']))?.strip_prefix('@').map(|word| word.trim_matches('"'))
}

/// A mangled function's name: `_ZL11__bang_add...` is `__bang_add`.
fn function_name(symbol: &str) -> String {
    let Some(rest) = symbol.strip_prefix("_Z") else { return symbol.to_owned() };
    let rest = rest.strip_prefix('L').unwrap_or(rest);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let length = rest[..digits].parse::<usize>().unwrap_or(0);
    rest.get(digits..digits + length).unwrap_or(symbol).to_owned()
}

/// Name of a variable: `@_ZL1a` at file scope is `a`, `@_ZZ1kE1a` in a function too.
fn array_name(symbol: &str) -> String {
    function_name(&source_name(symbol))
}

/// Lines of the text by the number of their debug record.
fn places(text: &str) -> BTreeMap<&str, u32> {
    let line_of = |line: &str| {
        let (_, rest) = line.split_once("line: ")?;
        rest.split([',', ')']).next()?.parse().ok()
    };
    let records = text.lines().filter(|line| line.contains("!DILocation(") || line.contains("!DISubprogram("));
    records.filter_map(|line| Some((line.split_once(" = ")?.0, line_of(line)?))).collect()
}

fn place<'a>(line: &'a str, places: &BTreeMap<&'a str, u32>) -> u32 {
    let record = line.rsplit_once("!dbg ").map(|(_, rest)| rest.split([' ', ',', '{']).next().unwrap_or(rest));
    record.and_then(|record| places.get(record)).copied().unwrap_or(0)
}

/// Rewrites the IR of a text for this machine and reads it. Without the name of a kernel none is looked for.
pub(super) fn read(text: &str, entry: Option<&str>, checks: Checks) -> Result<Module, Error> {
    let places = places(text);
    let mut module = Module {
        text: String::with_capacity(text.len()),
        arrays: vec![],
        types: vec![],
        params: vec![],
        called: BTreeSet::new(),
        refused: vec![],
    };
    let mut calls: BTreeMap<&str, (u32, BTreeSet<&str>)> = BTreeMap::new();
    let mut current = "";
    let mut found = false;
    for line in text.lines() {
        if line.starts_with('@') {
            if module.global(line, checks) {
                continue;
            }
        } else if line.starts_with("define ") {
            current = symbol(line).unwrap_or("");
            calls.insert(current, (place(line, &places), BTreeSet::new()));
            if Some(current) == entry && line.contains("section \"mlu_entry\"") {
                module.entry(line);
                found = true;
            }
        } else if let Some(call) = line.find(" call ").map(|at| &line[at..]) {
            match symbol(call) {
                _ if call.contains(" asm ") => module.refuse(place(line, &places), "inline assembly"),
                Some(callee) => {
                    if let Some((_, callees)) = calls.get_mut(current) {
                        callees.insert(callee);
                    }
                    module.called.insert(function_name(callee));
                }
                None => module.refuse(place(line, &places), "a call through a pointer; MLU has no function pointers"),
            }
        }
        if line.starts_with("  ") && (line.contains(" double ") || line.contains(" double,")) {
            module.refuse(place(line, &places), "arithmetic in `double`, which MLU does not have");
        }
        let mut line = line.to_owned();
        if line.starts_with("attributes #") {
            line = attributes(&line, checks);
        }
        if line.starts_with('!') {
            line = line.replace("\"Dwarf Version\", i32 5", "\"Dwarf Version\", i32 4");
        }
        module.text.push_str(&line);
        module.text.push('\n');
    }
    if let Some((line, name)) = recursion(&calls) {
        module.refuse(line, &format!("`{}` calls itself; functions of a kernel are inlined", function_name(name)));
    }
    match entry {
        Some(entry) if !found => Err(Error::NoEntry { entry: entry.to_owned() }),
        Some(_) | None => Ok(module),
    }
}

/// A function that leads back to itself, with its line.
fn recursion<'a>(calls: &BTreeMap<&'a str, (u32, BTreeSet<&'a str>)>) -> Option<(u32, &'a str)> {
    calls.iter().find_map(|(name, (line, _))| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![*name]);
        while let Some(function) = next.pop() {
            for callee in calls.get(function).into_iter().flat_map(|(_, callees)| callees) {
                if callee == name {
                    return Some((*line, *name));
                }
                if seen.insert(*callee) {
                    next.push(callee);
                }
            }
        }
        None
    })
}

impl Module {
    fn refuse(&mut self, line: u32, message: &str) {
        let diagnostic = Diagnostic { line, column: 0, message: message.to_owned() };
        if !self.refused.contains(&diagnostic) {
            self.refused.push(diagnostic);
        }
    }

    fn entry(&mut self, line: &str) {
        self.types = entry_params(line);
        let names = line.split('%').skip(1).map(|rest| rest.split([',', ')', ' ']).next().unwrap_or(rest));
        self.params = self
            .types
            .iter()
            .zip(names)
            .enumerate()
            .map(|(slot, (ty, name))| {
                let kind = match ty.ty.as_str() {
                    "ptr" => ParamKind::Buffer,
                    other => ParamKind::Value(other.to_owned()),
                };
                Param { name: name.to_owned(), slot, kind }
            })
            .collect();
    }

    /// Takes a global; whether it was an array, which is written anew.
    fn global(&mut self, line: &str, checks: Checks) -> bool {
        let space = match () {
            () if line.contains("section \"nram\"") => Space::Nram,
            () if line.contains("section \"wram\"") => Space::Wram,
            () => {
                let (head, _) = line.split_once(" = ").unwrap_or((line, ""));
                let name = array_name(head);
                if head == "@llvm.global_ctors" {
                    self.refuse(0, "a variable whose value is computed before the kernel runs");
                } else if line.contains(" global ") && !line.contains("= external ") {
                    self.refuse(
                        0,
                        &format!(
                            "the variable `{name}`, which is in no space; only constants and arrays of \
                                             `__nram__` or `__wram__` are known"
                        ),
                    );
                }
                return false;
            }
        };
        let Some((symbol, rest)) = line.split_once(" = ") else { return false };
        let Some((_, rest)) = rest.split_once(" global ") else { return false };
        let (ty, rest) = split_type(rest);
        let name = array_name(symbol);
        if ty == "ptr" {
            self.refuse(
                0,
                &format!(
                    "`{name}` is a pointer in {0}; the qualifier is the variable's, and a pointer into it \
                                     is written without",
                    space.name()
                ),
            );
        }
        if !rest.trim_start().starts_with("zeroinitializer") {
            self.refuse(0, &format!("`{name}` has an initial value; {} is not initialised", space.name()));
        }
        let align = rest.rsplit_once(", align ").map_or("64", |(_, align)| align);
        let align = align.split([',', ' ']).next().and_then(|align| align.parse::<u64>().ok()).unwrap_or(64);
        let gap = match checks {
            Checks::Memory => GAP,
            Checks::Barriers => 0,
        };
        self.text
            .push_str(&format!("{symbol} = hidden global {{ {ty}, [{gap} x i8] }} zeroinitializer, align {align}\n"));
        let array = SharedArray { symbol: symbol.to_owned(), name, ty: ty.to_owned() };
        self.arrays.push((array, space));
        true
    }
}
