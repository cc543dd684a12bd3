//! Words of a C-like text, for rules that no compiler at hand checks.

/// Kind of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Identifier or keyword.
    Name,
    /// Number, with its suffix.
    Number,
    /// One character of punctuation.
    Punctuation,
}

/// One word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// Its text.
    pub text: &'a str,
    /// Its kind.
    pub kind: Kind,
    /// Its line, from 1.
    pub line: u32,
}

/// The words of `text` without comments, string literals and `#include` lines. Other preprocessor lines are kept: a
/// `#pragma` is words too.
pub fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    let mut line = 1;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (length, kind) = if rest.starts_with("//") || is_include(text, at) {
            (rest.find('\n').unwrap_or(rest.len()), None)
        } else if rest.starts_with("/*") {
            (rest[2..].find("*/").map_or(rest.len(), |end| end + 4), None)
        } else if first == '"' || first == '\'' {
            (literal(rest, first), None)
        } else if first.is_ascii_digit() {
            (span(rest, |c| c.is_ascii_alphanumeric() || c == '.' || c == '_') + exponent(rest), Some(Kind::Number))
        } else if first.is_ascii_alphabetic() || first == '_' {
            (span(rest, |c| c.is_ascii_alphanumeric() || c == '_'), Some(Kind::Name))
        } else if first.is_whitespace() {
            (first.len_utf8(), None)
        } else {
            (first.len_utf8(), Some(Kind::Punctuation))
        };
        let word = &rest[..length];
        words.extend(kind.map(|kind| Word { text: word, kind, line }));
        line += word.matches('\n').count() as u32;
        at += length;
    }
    words
}

/// The arguments of the call whose `(` is `words[open]`, split at commas outside all brackets, and the index of its `)`.
/// `None` if it is not closed. An empty list is no argument.
pub fn arguments<'w, 't>(words: &'w [Word<'t>], open: usize) -> Option<(Vec<&'w [Word<'t>]>, usize)> {
    let mut depth = 0_u32;
    let mut start = open + 1;
    let mut found = Vec::new();
    for (index, word) in words.iter().enumerate().skip(open) {
        match word.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    if index > open + 1 {
                        found.push(&words[start..index]);
                    }
                    return Some((found, index));
                }
            }
            "," if depth == 1 => {
                found.push(&words[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    None
}

/// The value of an unsigned integer literal: decimal or hexadecimal, with or without a suffix.
pub fn integer(word: &str) -> Option<u64> {
    let digits = word.trim_end_matches(['u', 'U', 'l', 'L']);
    match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    }
}

/// Whether a number is a floating-point literal of type `double`.
pub fn is_double(word: &str) -> bool {
    let hexadecimal = word.starts_with("0x") || word.starts_with("0X");
    let float = word.contains('.') || (!hexadecimal && word.contains(['e', 'E'])) || word.contains(['p', 'P']);
    let suffixed = word.ends_with(['h', 'H']) || word.ends_with("bf") || {
        // In a hexadecimal float, `f` after the exponent is a suffix too.
        let tail = if hexadecimal { word.rsplit(['p', 'P']).next().unwrap_or_default() } else { word };
        tail.ends_with(['f', 'F'])
    };
    float && !suffixed
}

fn is_include(text: &str, at: usize) -> bool {
    let before = text[..at].rsplit('\n').next().unwrap_or_default();
    text[at..].starts_with('#')
        && before.trim().is_empty()
        && text[at + 1..].trim_start_matches([' ', '\t']).starts_with("include")
}

/// Bytes of the longest beginning whose characters all pass.
fn span(text: &str, passes: impl Fn(char) -> bool) -> usize {
    text.find(|c| !passes(c)).unwrap_or(text.len())
}

/// Bytes of `+7` or `-7f` after a number that ends with its exponent's letter.
fn exponent(text: &str) -> usize {
    let end = span(text, |c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
    let letters: &[char] = if text.starts_with("0x") || text.starts_with("0X") { &['p', 'P'] } else { &['e', 'E'] };
    let rest = &text[end..];
    if text[..end].ends_with(letters) && rest.starts_with(['+', '-']) {
        1 + span(&rest[1..], |c| c.is_ascii_alphanumeric())
    } else {
        0
    }
}

/// Bytes of a literal with its quotes; an unclosed one ends with its line.
fn literal(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return index,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return index + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<(&str, u32)> {
        words(text).iter().map(|word| (word.text, word.line)).collect()
    }

    #[test]
    fn splits() {
        assert_eq!(texts("#include <a.h>\n a_1 += 0x1p-3f; // b\n/* c\n */ d"), [
            ("a_1", 2),
            ("+", 2),
            ("=", 2),
            ("0x1p-3f", 2),
            (";", 2),
            ("d", 4)
        ]);
        assert_eq!(texts("asm(\"x \\\" y\" : 'a')"), [("asm", 1), ("(", 1), (":", 1), (")", 1)]);
        assert_eq!(texts("1.5e+7f-x é"), [("1.5e+7f", 1), ("-", 1), ("x", 1), ("é", 1)]);
        assert_eq!(texts("#pragma unroll 8"), [("#", 1), ("pragma", 1), ("unroll", 1), ("8", 1)]);
        assert_eq!(texts("/* open"), []);
        assert_eq!(texts("\"open\nx"), [("x", 2)]);
        assert_eq!(texts("0x1e+1"), [("0x1e", 1), ("+", 1), ("1", 1)]);
    }

    #[test]
    fn numbers() {
        for double in ["1.0", "1e3", "0x1p-3", "1.", "2.5L"] {
            assert!(is_double(double), "{double}");
        }
        for other in ["1.0f", "1e3f", "0x1p-3f", "3", "0xef", "1u", "0xffffffffu", "0.5h", "0.5bf", "1.5F"] {
            assert!(!is_double(other), "{other}");
        }
        assert_eq!(integer("0xffu"), Some(255));
        assert_eq!(integer("32"), Some(32));
        assert_eq!(integer("1.5"), None);
    }

    #[test]
    fn calls() {
        let words = words("f(a, g(b, c)[d, e], {1, 2})");
        let (arguments, close) = arguments(&words, 1).expect("closed");
        let counts: Vec<usize> = arguments.iter().map(|argument| argument.len()).collect();
        assert_eq!((counts, close), (vec![1, 11, 5], words.len() - 1));
        assert_eq!(super::arguments(&super::words("f()"), 1), Some((vec![], 2)));
        assert_eq!(super::arguments(&super::words("f(a"), 1), None);
    }
}
