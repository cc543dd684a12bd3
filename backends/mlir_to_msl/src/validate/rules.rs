//! What Apple's compiler or runtime rejects and clang behind our header takes, checked on the text's words.

use emit::Source;
use vendor::lint::{Word, arguments, arrays, integer, over_budget, words};
use vendor::{Finding, Severity};

use crate::limits::TARGET;

/// Address spaces; Apple's compiler has no default for a pointer.
const SPACES: [&str; 4] = ["device", "constant", "threadgroup", "thread"];

/// Attributes of a thread's place in the grid; all of one kernel have one vector width.
const GRID: [&str; 6] = [
    "thread_position_in_grid",
    "threadgroup_position_in_grid",
    "thread_position_in_threadgroup",
    "threads_per_threadgroup",
    "threads_per_grid",
    "threadgroups_per_grid",
];

/// A function with a body.
struct Function<'w, 't> {
    name: Word<'t>,
    kernel: bool,
    parameters: Vec<&'w [Word<'t>]>,
    body: &'w [Word<'t>],
}

/// Breaches of the rules in `source`, in the order of the text.
pub fn check(source: &Source) -> Vec<Finding> {
    let words = words(&source.text);
    let mut found: Vec<(u32, String)> = Vec::new();
    let functions = functions(&words);
    for function in &functions {
        found.extend(spaces(function));
        // An overload may call another of its name.
        if functions.iter().filter(|other| other.name.text == function.name.text).count() == 1 {
            found.extend(recursion(function));
        }
        if function.kernel {
            found.extend(buffers(function));
            found.extend(widths(function));
        }
        found.extend(over_budget(&arrays(function.body, "threadgroup", bytes), TARGET.shared_bytes, "threadgroup"));
    }
    for at in 0..words.len() {
        found.extend(flow(&words, at));
        found.extend(threads(&words, at));
    }
    found.sort_by_key(|(line, _)| *line);
    let finding = |line, text| Finding::new("rules", Severity::Error, source, line, text);
    let mut findings: Vec<Finding> = found.into_iter().map(|(line, text)| finding(Some(line), text)).collect();
    let threads: u64 = source.kernel.block.iter().product();
    if threads == 0 || threads > u64::from(TARGET.max_threads) {
        findings.push(finding(None, format!("a group of {threads} threads; there are {} at most", TARGET.max_threads)));
    }
    findings
}

/// Functions at file scope: `NAME ( parameters ) { body }`.
fn functions<'w, 't>(words: &'w [Word<'t>]) -> Vec<Function<'w, 't>> {
    let mut found = Vec::new();
    let (mut at, mut start) = (0, 0);
    while let Some(word) = words.get(at) {
        match word.text {
            "(" => {
                let Some((parameters, close)) = arguments(words, at) else {
                    break;
                };
                if words.get(close + 1).is_some_and(|next| next.text == "{") && at > 0 {
                    let Some((_, end)) = arguments(words, close + 1) else {
                        break;
                    };
                    let kernel = words[start..at].iter().any(|word| word.text == "kernel");
                    let body = &words[close + 2..end];
                    found.push(Function { name: words[at - 1], kernel, parameters, body });
                    start = end + 1;
                    at = end;
                } else {
                    at = close;
                }
            }
            ";" | "}" => start = at + 1,
            _ => {}
        }
        at += 1;
    }
    found
}

/// Pointers and references name their address space; clang takes one without as private.
fn spaces(function: &Function<'_, '_>) -> Vec<(u32, String)> {
    let bare = function.parameters.iter().filter(|parameter| {
        let has = |texts: &[&str]| parameter.iter().any(|word| texts.contains(&word.text));
        has(&["*", "&"]) && !has(&SPACES)
    });
    let message = |parameter: &&[Word<'_>]| {
        let line = parameter.first().map_or(function.name.line, |word| word.line);
        (line, format!("a pointer parameter of `{}` names no address space", function.name.text))
    };
    bare.map(message).collect()
}

/// There is no recursion on the device.
fn recursion(function: &Function<'_, '_>) -> Option<(u32, String)> {
    let name = function.name.text;
    let call = function.body.windows(2).find(|pair| pair[0].text == name && pair[1].text == "(")?;
    Some((call[0].line, format!("`{name}` calls itself")))
}

/// Each buffer index is used once, and is below the number of slots.
fn buffers(function: &Function<'_, '_>) -> Vec<(u32, String)> {
    let mut seen: Vec<u64> = Vec::new();
    let mut found = Vec::new();
    for parameter in &function.parameters {
        for (at, word) in parameter.iter().enumerate().filter(|(_, word)| word.text == "buffer") {
            let Some([_, index]) = parameter.get(at + 1..at + 3) else {
                continue;
            };
            let Some(index) = integer(index.text) else {
                found.push((word.line, "a buffer index is not a number".to_owned()));
                continue;
            };
            if seen.contains(&index) {
                found.push((word.line, format!("buffer index {index} is used twice")));
            }
            if index >= TARGET.max_buffers as u64 {
                found.push((word.line, format!("buffer index {index}; there are {} slots", TARGET.max_buffers)));
            }
            seen.push(index);
        }
    }
    found
}

/// One vector width for all grid attributes, and one name for the width of a simdgroup.
fn widths(function: &Function<'_, '_>) -> Vec<(u32, String)> {
    let mut width: Option<&str> = None;
    let mut simd: Option<&str> = None;
    let mut found = Vec::new();
    for parameter in &function.parameters {
        let (Some(kind), Some(attribute)) = (parameter.first(), attribute(parameter)) else {
            continue;
        };
        if GRID.contains(&attribute.text) && *width.get_or_insert(kind.text) != kind.text {
            let first = width.unwrap_or_default();
            found.push((attribute.line, format!("`{}` is a {}, others are {first}", attribute.text, kind.text)));
        }
        if ["thread_execution_width", "threads_per_simdgroup"].contains(&attribute.text)
            && *simd.get_or_insert(attribute.text) != attribute.text
        {
            found.push((attribute.line, "the width of a simdgroup is asked for under two names".to_owned()));
        }
    }
    found
}

/// The name in `[[NAME...]]`.
fn attribute<'t>(parameter: &[Word<'t>]) -> Option<Word<'t>> {
    let at = parameter.windows(2).position(|pair| pair[0].text == "[" && pair[1].text == "[")?;
    parameter.get(at + 2).copied()
}

/// No `goto` and no lambda.
fn flow(words: &[Word<'_>], at: usize) -> Option<(u32, String)> {
    let word = words[at];
    let next = words.get(at + 1).map_or("", |next| next.text);
    let before = if at > 0 { words[at - 1].text } else { "" };
    match word.text {
        "goto" => Some((word.line, "there is no `goto`".to_owned())),
        // An attribute has two brackets, a subscript follows a name or a bracket.
        "[" if ["=", "(", ",", "return", "{"].contains(&before) && next != "[" => {
            Some((word.line, "there are no lambdas".to_owned()))
        }
        _ => None,
    }
}

/// `max_total_threads_per_threadgroup`.
fn threads(words: &[Word<'_>], at: usize) -> Option<(u32, String)> {
    if words[at].text != "max_total_threads_per_threadgroup" {
        return None;
    }
    let (arguments, _) = arguments(words, at + 1)?;
    let count = match arguments.as_slice() {
        [[count]] => integer(count.text)?,
        _ => return None,
    };
    let most = u64::from(TARGET.max_threads);
    (count > most).then(|| (words[at].line, format!("a group of {count} threads; there are {most} at most")))
}

/// Bytes of a type; vectors of three take the room of four.
fn bytes(kind: &str) -> Option<u64> {
    let base = kind.trim_end_matches(['2', '3', '4']);
    let lanes = match &kind[base.len()..] {
        "" => 1,
        "2" => 2,
        "3" | "4" => 4,
        _ => return None,
    };
    let bytes = match base {
        "bool" | "char" | "uchar" => 1,
        "short" | "ushort" | "half" | "bfloat" => 2,
        "float" | "int" | "uint" => 4,
        "long" | "ulong" => 8,
        _ => return None,
    };
    Some(bytes * lanes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str) -> Vec<String> {
        let source = Source {
            file: "k.metal".to_owned(),
            text: text.to_owned(),
            binary: None,
            parts: vec![],
            kernel: bundle::manifest::Kernel {
                name: "k".to_owned(),
                entry: "k".to_owned(),
                file: "k.metal".to_owned(),
                tuning: Default::default(),
                grid: [1; 3],
                block: [128, 1, 1],
                args: Vec::new(),
                budgets: Default::default(),
                dependent: false,
                needs: vec![],
                push_constant_bytes: 0,
                parts: vec![],
                scratch_bytes: 0,
                host_reads: vec![],
                workgroups: None,
                lines: Vec::new(),
            },
        };
        check(&source).iter().map(|finding| format!("{}: {}", finding.line.unwrap_or(0), finding.message)).collect()
    }

    #[test]
    fn every_rule_catches_its_breach() {
        for (text, words) in [
            ("kernel void k(\ndevice int* a [[buffer(0)]], constant uint& b [[buffer(0)]]) {}", "used twice"),
            ("kernel void k(\ndevice int* a [[buffer(31)]]) {}", "31 slots"),
            ("kernel void k(\ndevice int* a [[buffer(N)]]) {}", "not a number"),
            (
                "kernel void k(uint3 a [[threadgroup_position_in_grid]],\nuint b [[threads_per_grid]]) {}",
                "others are uint3",
            ),
            ("kernel void k(uint a [[threads_per_simdgroup]],\nuint b [[thread_execution_width]]) {}", "two names"),
            ("kernel void k() {\nthreadgroup float a[8193]; }", "exceeds 32768 bytes"),
            ("kernel void k() { threadgroup float4 a[2000];\nthreadgroup half b[500]; }", "exceeds 32768 bytes"),
            ("kernel void k() {\nthreadgroup float a[N]; }", "cannot be read"),
            ("inline float f(\nconst float* p) { return p[0]; }", "no address space"),
            ("inline void f(\nfloat& p) { p = 0; }", "no address space"),
            ("inline void f(\nfloat (&p)[4]) { p[0] = 0; }", "no address space"),
            ("inline int f(int x) {\nreturn x < 1 ? x : f(x - 1); }", "calls itself"),
            ("kernel void k() {\ngoto end; end: return; }", "no `goto`"),
            ("kernel void k() {\nauto f = [](int x) { return x; }; }", "no lambdas"),
            ("\n[[max_total_threads_per_threadgroup(2048)]] kernel void k() {}", "1024 at most"),
        ] {
            let found = broken(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].starts_with("2: ") && found[0].contains(words), "{text}: {found:?}");
        }
    }

    #[test]
    fn what_is_allowed() {
        let text = "inline float f(thread const float* p, float x) { return p[0] * x; }\n\
                    [[max_total_threads_per_threadgroup(1024)]] kernel void k(device float* a [[buffer(0)]],\n\
                    uint3 p [[threadgroup_position_in_grid]], uint t [[thread_index_in_threadgroup]]) {\n\
                    alignas(16) threadgroup float s[8192]; float v[2] = {a[0], s[1]}; *(threadgroup float*)s = f(v, v[1]); }";
        assert_eq!(broken(text), [""; 0]);
        assert_eq!(broken("kernel void k("), [""; 0], "unclosed: the compiler says so");
    }
}
