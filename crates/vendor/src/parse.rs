//! Reading compilers' messages.
//!
//! Three spellings are known: clang's `file:line:col: error: text` (Metal, mcc), EDG's `file(line): error #n: text` (nvcc,
//! NVRTC) and messages without a place, `tool: error: text` or `tool fatal : text` (drivers, ptxas, linkers).

use crate::Severity;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// File and line (from 1), if given.
    pub place: Option<(String, u32)>,
    /// The text, with the notes that follow it.
    pub message: String,
}

/// The errors and warnings in a tool's output, in its order. Everything else (snippets, summaries, `info`) is left out.
pub fn parse(output: &str) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    for line in output.lines() {
        if let Some(note) = note(line) {
            if let Some(last) = found.last_mut() {
                last.message.push_str("; ");
                last.message.push_str(note);
            }
        } else if let Some(diagnostic) = clang(line).or_else(|| edg(line)).or_else(|| bare(line)) {
            found.push(diagnostic);
        }
    }
    found
}

/// Words for a severity, longest first.
const SEVERITIES: [(&str, Severity); 5] = [
    ("catastrophic error", Severity::Error),
    ("fatal error", Severity::Error),
    ("error", Severity::Error),
    ("fatal", Severity::Error),
    ("warning", Severity::Warning),
];

/// Splits `SEVERITY [#NUMBER]: TEXT`; spaces may stand before the colon.
fn severity(text: &str) -> Option<(Severity, &str)> {
    for (word, severity) in SEVERITIES {
        let Some(rest) = text.strip_prefix(word) else {
            continue;
        };
        let (middle, message) = rest.split_once(':')?;
        let middle = middle.trim();
        let number = middle.strip_prefix('#').is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()));
        if middle.is_empty() || number {
            return Some((severity, message.trim()));
        }
    }
    None
}

/// `file:line:col: error: text`; the column may be missing.
fn clang(line: &str) -> Option<Diagnostic> {
    let (file, number, rest) = clang_place(line)?;
    let (severity, message) = severity(rest)?;
    Some(Diagnostic { severity, place: Some((file.to_owned(), number)), message: message.to_owned() })
}

/// `file:line:[col:] REST`.
fn clang_place(line: &str) -> Option<(&str, u32, &str)> {
    for (at, _) in line.match_indices(':') {
        let (file, rest) = (&line[..at], &line[at + 1..]);
        let Some((number, rest)) = rest.split_once(':') else {
            continue;
        };
        let Ok(number) = number.parse::<u32>() else {
            continue;
        };
        let rest = match rest.split_once(':') {
            Some((column, rest)) if column.parse::<u32>().is_ok() => rest,
            Some(_) | None => rest,
        };
        return (!file.is_empty()).then_some((file, number, rest.trim_start()));
    }
    None
}

/// `file(line): error #20: text`.
fn edg(line: &str) -> Option<Diagnostic> {
    let (head, rest) = line.split_once("): ")?;
    let (file, number) = head.rsplit_once('(')?;
    let number = number.parse().ok()?;
    let (severity, message) = severity(rest)?;
    Some(Diagnostic { severity, place: Some((file.to_owned(), number)), message: message.to_owned() })
}

/// `tool: error: text`, `tool fatal   : text`, `ptxas file, line 3; error : text` or `error: text`.
fn bare(line: &str) -> Option<Diagnostic> {
    if line.starts_with(char::is_whitespace) {
        return None;
    }
    let diagnostic = |(severity, message): (Severity, &str)| Diagnostic {
        severity,
        place: None,
        message: message.to_owned(),
    };
    if let Some(found) = severity(line) {
        return Some(diagnostic(found));
    }
    // The tool's name is one word; ptxas adds a place in its own input, of no use to anyone.
    let word = line.find([' ', ':'])?;
    let rest = line[word..].trim_start_matches([':', ' ']);
    let rest = rest.split_once("; ").filter(|(place, _)| place.contains(", line ")).map_or(rest, |(_, rest)| rest.trim());
    severity(rest).map(diagnostic)
}

/// The text of a `note:`.
fn note(line: &str) -> Option<&str> {
    let (_, _, rest) = clang_place(line)?;
    rest.strip_prefix("note: ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> (Severity, Option<(String, u32)>, String) {
        let found = parse(line);
        assert_eq!(found.len(), 1, "{line}: {found:?}");
        let Diagnostic { severity, place, message } = found.into_iter().next().expect("one");
        (severity, place, message)
    }

    #[test]
    fn spellings() {
        use Severity::{Error, Warning};
        let at = |file: &str, line| Some((file.to_owned(), line));
        for (line, severity, place, message) in [
            ("/tmp/k.metal:12:3: error: use of x", Error, at("/tmp/k.metal", 12), "use of x"),
            ("C:\\k.mu:7:1: fatal error: no a: b", Error, at("C:\\k.mu", 7), "no a: b"),
            ("k.mu:7: warning: unused", Warning, at("k.mu", 7), "unused"),
            ("k.cu(4): error: identifier \"y\" is undefined", Error, at("k.cu", 4), "identifier \"y\" is undefined"),
            ("k(1).cu(4): warning #177-D: unused", Warning, at("k(1).cu", 4), "unused"),
            ("k.cu(4): catastrophic error: no file", Error, at("k.cu", 4), "no file"),
            ("nvcc fatal   : Unsupported gpu architecture", Error, None, "Unsupported gpu architecture"),
            ("nvrtc: error: invalid value for --gpu-architecture", Error, None, "invalid value for --gpu-architecture"),
            ("ptxas error   : Entry function 'k' uses", Error, None, "Entry function 'k' uses"),
            ("ptxas /tmp/a.ptx, line 8; error   : Unknown symbol", Error, None, "Unknown symbol"),
            ("xcrun: error: unable to find utility", Error, None, "unable to find utility"),
            ("clang++: warning: argument unused", Warning, None, "argument unused"),
            ("error: no input", Error, None, "no input"),
        ] {
            assert_eq!(one(line), (severity, place, message.to_owned()), "{line}");
        }
    }

    #[test]
    fn other_lines() {
        for line in [
            "",
            "    float error: x = 3;",
            "      ^",
            "ptxas info    : Used 8 registers",
            "1 error detected in the compilation of \"k.cu\".",
            "3 errors generated.",
            "Remark: The warnings can be suppressed with \"-diag-suppress <warning-number>\"",
            "error",
            "warning(",
            ":3: error: x",
        ] {
            assert_eq!(parse(line), [], "{line}");
        }
    }

    #[test]
    fn notes_belong_to_what_they_explain() {
        let found = parse("k.cu:2:1: note: lost\nk.metal:3:1: error: no match\n  x\n  ^\nk.metal:1:1: note: candidate\n");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "no match; candidate");
    }
}
