//! Changes of the IR before it is optimised.

use std::collections::HashSet;

use super::{DYNAMIC_BYTES, ptx};
use crate::{Checks, Error, Language};

/// Layout of data on x86-64, as clang 19 writes it.
const LAYOUT: &str = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128";
/// Bytes behind a shared array that belong to nobody, so that the access behind the end is not in the next array.
const GAP: u64 = 4096;

/// A parameter of the kernel as compiled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EntryParam {
    /// IR type.
    pub(crate) ty: String,
    /// `zeroext`, `signext` or empty.
    pub(crate) extend: &'static str,
    /// Size of what a reference names.
    pub(crate) dereferenceable: Option<u64>,
}

/// An array in shared memory.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SharedArray {
    /// Symbol with `@`.
    pub(crate) symbol: String,
    /// Name in the text.
    pub(crate) name: String,
    /// IR type; empty for the dynamic array.
    pub(crate) ty: String,
}

/// A rewritten module.
#[derive(Debug)]
pub(super) struct Module {
    /// IR.
    pub(super) text: String,
    /// Shared arrays.
    pub(super) shared: Vec<SharedArray>,
    /// Name of the array declared `extern __shared__`, which is in `shared` too.
    pub(super) dynamic: Option<String>,
    /// Symbol of the kernel.
    pub(super) symbol: String,
    /// Parameters of the kernel.
    pub(super) entry: Vec<EntryParam>,
}

/// Makes IR for x86-64 of the IR of a text.
pub(super) fn rewrite(text: &str, language: Language, entry: &str, checks: Checks) -> Result<Module, Error> {
    let mut module = Module {
        text: String::with_capacity(text.len()),
        shared: vec![],
        dynamic: None,
        symbol: entry.to_owned(),
        entry: vec![],
    };
    let mut helpers = String::new();
    let mut found = false;
    // Variables of the current function.
    let mut locals: HashSet<&str> = HashSet::new();
    for line in text.lines() {
        if line.contains(" asm ") && line.contains("call ") {
            if language != Language::Cuda {
                return Err(Error::Unsupported { what: format!("inline assembly in {language}") });
            }
            let (call, helper) = ptx::rewrite(line, helpers.matches("define ").count(), checks)?;
            module.text.push_str(&call);
            module.text.push('\n');
            helpers.push_str(&helper);
            continue;
        }
        // Marks of the binding table; they would keep parameters in memory.
        if line.contains("call void @llvm.var.annotation") {
            continue;
        }
        if line.starts_with("target datalayout") {
            module.text.push_str(&format!("target datalayout = \"{LAYOUT}\"\n"));
            continue;
        }
        if line.starts_with("target triple") {
            module.text.push_str("target triple = \"x86_64-unknown-linux-gnu\"\n");
            continue;
        }
        if line.starts_with('@') && is_shared(line, language) {
            module.shared(line, checks);
            continue;
        }
        match line.split_once(" = alloca ") {
            Some((local, _)) => drop(locals.insert(local.trim())),
            None if line.starts_with("define ") => locals.clear(),
            None => {}
        }
        if checks == Checks::Memory && line.contains("call void @llvm.memcpy.") {
            module.text.push_str(&copy_alignment(line, &locals));
        }
        let mut line = flat_addresses(line);
        if line.starts_with("attributes #") {
            line = attributes(&line, checks);
        }
        if line.starts_with("!") {
            line = line.replace("DebugDirectivesOnly", "LineTablesOnly");
            // In version 5 the text is file 0, which readers of inlined calls take for none.
            line = line.replace("\"Dwarf Version\", i32 5", "\"Dwarf Version\", i32 4");
        }
        if line.starts_with("define ") || line.contains(" call spir_") || line.starts_with("declare ") {
            line = line.replace("spir_kernel ", "").replace("spir_func ", "");
        }
        if let Some(symbol) = kernel_symbol(&line, language, entry) {
            module.symbol = symbol;
            module.entry = entry_params(&line);
            found = true;
        }
        module.text.push_str(&line);
        module.text.push('\n');
    }
    if !found {
        return Err(Error::NoEntry { entry: entry.to_owned() });
    }
    module.text.push_str(&helpers);
    module.text.push_str("\ndeclare void @__emu_aligned(ptr, i64) nounwind\n");
    Ok(module)
}

/// The symbol of kernel `entry`, if `line` defines it. Kernels of PTO are C++ functions, whose symbols tell their parameters.
fn kernel_symbol(line: &str, language: Language, entry: &str) -> Option<String> {
    let (_, rest) = line.strip_prefix("define ")?.split_once(" void @")?;
    let (symbol, _) = rest.split_once('(')?;
    let mangled = match language {
        Language::Pto => symbol.starts_with(&format!("_Z{}{entry}", entry.len())),
        Language::Msl | Language::Cuda | Language::Musa | Language::AscendC => false,
    };
    (symbol == entry || mangled).then(|| symbol.to_owned())
}

/// Checks of the alignment that a copy of a structure relies on. A variable needs none, and would be kept in memory by it.
fn copy_alignment(line: &str, locals: &HashSet<&str>) -> String {
    let debug = line.split(", ").find(|part| part.starts_with("!dbg")).unwrap_or("!nosanitize !{}");
    let mut text = String::new();
    for part in line.split("align ").skip(1) {
        let Some((align, rest)) = part.split_once(' ') else { continue };
        let operand = rest.split([',', ')', ' ']).next().unwrap_or("");
        if operand.starts_with('%') && !locals.contains(operand) && align.bytes().all(|digit| digit.is_ascii_digit()) {
            text.push_str(&format!("  call void @__emu_aligned(ptr {operand}, i64 {align}), {debug}\n"));
        }
    }
    text
}

/// Whether a global is a shared array. Metal's other globals are constants.
fn is_shared(line: &str, language: Language) -> bool {
    match language {
        Language::Msl => line.contains("= internal global "),
        Language::Cuda | Language::Musa => line.contains(" addrspace(3) global "),
        Language::AscendC | Language::Pto => false,
    }
}

impl Module {
    fn shared(&mut self, line: &str, checks: Checks) {
        let (symbol, rest) = line.split_once(" = ").unwrap_or((line, ""));
        let (linkage, rest) = rest.split_once(" global ").unwrap_or(("", rest));
        let name = source_name(symbol);
        let array = if linkage.starts_with("external") {
            self.text
                .push_str(&format!("{symbol} = hidden global [{DYNAMIC_BYTES} x i8] zeroinitializer, align 128\n"));
            self.dynamic = Some(name.clone());
            SharedArray { symbol: symbol.to_owned(), name, ty: String::new() }
        } else {
            let (ty, _) = split_type(rest);
            let gap = match checks {
                Checks::Memory => GAP,
                Checks::Barriers => 0,
            };
            let align = rest.rsplit_once(", align ").map_or("16", |(_, align)| align);
            let align = align.trim().parse::<u64>().unwrap_or(16).max(16);
            // Not `internal`: the optimiser would turn a global that one function uses into a local of each thread.
            self.text.push_str(&format!(
                "{symbol} = hidden global {{ {ty}, [{gap} x i8] }} zeroinitializer, align {align}\n"
            ));
            SharedArray { symbol: symbol.to_owned(), name, ty: ty.to_owned() }
        };
        self.shared.push(array);
    }
}

/// `_ZZ3rmsE4part` is `part`: the last name of a mangled symbol.
pub(crate) fn source_name(symbol: &str) -> String {
    let name = symbol.trim_start_matches('@').trim_matches('"');
    if !name.starts_with("_Z") {
        return name.to_owned();
    }
    let Some((_, tail)) = name.rsplit_once('E') else { return name.to_owned() };
    let digits = tail.bytes().take_while(u8::is_ascii_digit).count();
    let length = tail[..digits].parse::<usize>().unwrap_or(0);
    tail.get(digits..digits + length).filter(|name| !name.is_empty()).unwrap_or(name).to_owned()
}

/// The type at the start of `text`, and the rest.
pub(crate) fn split_type(text: &str) -> (&str, &str) {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' | b'{' | b'<' | b'(' => depth += 1,
            b']' | b'}' | b'>' | b')' => depth = depth.saturating_sub(1),
            b' ' | b',' if depth == 0 => return text.split_at(at),
            _ => {}
        }
    }
    (text, "")
}

/// Everything is in one address space on this machine.
fn flat_addresses(line: &str) -> String {
    let mut line = line.to_owned();
    if !line.contains("addrspace") {
        return line;
    }
    while let Some(start) = line.find("addrspacecast (") {
        let open = start + "addrspacecast ".len();
        let mut depth = 0_usize;
        let end = line[open..].bytes().position(|byte| {
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let Some(end) = end.map(|end| open + end) else { break };
        let inner = line[open + 1..end].to_owned();
        let inner = inner.rsplit_once(" to ").map_or(inner.as_str(), |(inner, _)| inner);
        // The type stands before the cast already.
        let inner = inner
            .split_once("ptr addrspace")
            .and_then(|(_, rest)| rest.split_once(") "))
            .map_or(inner, |(_, rest)| rest);
        line = format!("{}{inner}{}", &line[..start], &line[end + 1..]);
    }
    for space in ["addrspace(1) ", "addrspace(3) ", "addrspace(4) ", "addrspace(5) "] {
        line = line.replace(space, "");
    }
    for space in [" addrspace(1)", " addrspace(3)", " addrspace(4)", " addrspace(5)"] {
        line = line.replace(space, "");
    }
    match line.split_once(" = addrspacecast ptr ") {
        Some((result, rest)) => match rest.split_once(" to ptr") {
            Some((operand, rest)) => format!("{result} = getelementptr i8, ptr {operand}, i64 0{rest}"),
            None => line,
        },
        None => line,
    }
}

/// Drops the processor of the first step; turns on the instrumentation of the second.
pub(crate) fn attributes(line: &str, checks: Checks) -> String {
    let mut kept: String = line.split(" \"target-").enumerate().fold(String::new(), |mut kept, (index, part)| {
        match index {
            0 => kept.push_str(part),
            _ => kept.push_str(
                part.split_once("=\"").and_then(|(_, rest)| rest.split_once('"')).map_or("", |(_, rest)| rest),
            ),
        }
        kept
    });
    for dropped in [" \"tune-cpu\"=\"generic\"", " sanitize_thread"] {
        kept = kept.replace(dropped, "");
    }
    match checks {
        Checks::Memory => kept.replacen("= {", "= { sanitize_thread", 1),
        Checks::Barriers => kept,
    }
}

pub(crate) fn entry_params(line: &str) -> Vec<EntryParam> {
    let Some(start) = line.find('(') else { return vec![] };
    let mut params = Vec::new();
    let mut rest = &line[start + 1..];
    while !rest.is_empty() && !rest.starts_with(')') {
        let (ty, tail) = split_type(rest);
        let mut depth = 0_usize;
        let end = tail.bytes().position(|byte| {
            match byte {
                b'(' => depth += 1,
                b')' if depth > 0 => depth -= 1,
                b')' | b',' if depth == 0 => return true,
                _ => {}
            }
            false
        });
        let (data, tail) = tail.split_at(end.unwrap_or(tail.len()));
        let extend = match () {
            () if data.contains("zeroext") => "zeroext",
            () if data.contains("signext") => "signext",
            () => "",
        };
        let size = data.split_once("dereferenceable(").and_then(|(_, rest)| rest.split_once(')'));
        let dereferenceable = size.and_then(|(size, _)| size.parse().ok());
        params.push(EntryParam { ty: ty.to_owned(), extend, dereferenceable });
        rest = tail.trim_start_matches(',').trim_start();
    }
    params
}
