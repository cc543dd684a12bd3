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

/// An array declared with a memory qualifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Array<'a> {
    /// Its name.
    pub name: &'a str,
    /// Line of its name.
    pub line: u32,
    /// Bytes; `None` if its type is not known or its length is not a literal.
    pub bytes: Option<u64>,
}

/// The arrays declared as `QUALIFIER [alignas(N) | __align__(N)] TYPE NAME[N]...`; `size` gives the bytes of a type.
/// Pointers and references to such memory are not arrays.
pub fn arrays<'t>(words: &[Word<'t>], qualifier: &str, size: impl Fn(&str) -> Option<u64>) -> Vec<Array<'t>> {
    let mut found = Vec::new();
    for start in (0..words.len()).filter(|&index| words[index].text == qualifier) {
        let mut declared: Vec<Word<'t>> = Vec::new();
        let mut lengths = Some(1_u64);
        let mut at = start + 1;
        let mut dimensions = 0;
        while let Some(word) = words.get(at) {
            match (word.text, declared.is_empty()) {
                ("alignas" | "__align__", true) => match arguments(words, at + 1) {
                    Some((_, close)) => at = close,
                    None => break,
                },
                ("[", false) => {
                    let Some((length, close)) = arguments(words, at) else {
                        break;
                    };
                    let length = match length.as_slice() {
                        [[length]] => integer(length.text),
                        _ => None,
                    };
                    lengths = lengths.zip(length).and_then(|(product, length)| product.checked_mul(length));
                    dimensions += 1;
                    at = close;
                }
                _ if word.kind == Kind::Name && dimensions == 0 => declared.push(*word),
                _ => break,
            }
            at += 1;
        }
        if let ([kinds @ .., name], 1..) = (declared.as_slice(), dimensions) {
            let kind: Vec<&str> = kinds.iter().map(|word| word.text).collect();
            let bytes = lengths.zip(size(&kind.join(" "))).and_then(|(length, size)| length.checked_mul(size));
            found.push(Array { name: name.text, line: name.line, bytes });
        }
    }
    found
}

/// Findings for arrays beyond `limit` bytes together (each counted up to a multiple of 16) and for those whose size is
/// not seen, as line and message; `memory` is what the language calls it.
pub fn over_budget(arrays: &[Array<'_>], limit: u64, memory: &str) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    let mut sum = 0_u64;
    for array in arrays {
        let Some(bytes) = array.bytes else {
            found.push((array.line, format!("the size of {memory} array `{}` cannot be read off the text", array.name)));
            continue;
        };
        let before = sum;
        sum = sum.saturating_add(bytes.checked_next_multiple_of(16).unwrap_or(u64::MAX));
        if before <= limit && sum > limit {
            let text = format!("{memory} memory exceeds {limit} bytes at `{}`: {sum} bytes", array.name);
            found.push((array.line, text));
        }
    }
    found
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
    fn shared_arrays() {
        let size = |kind: &str| match kind {
            "float" => Some(4),
            "unsigned short" => Some(2),
            _ => None,
        };
        let text = "mem float a[4][2];\nmem alignas(16) unsigned short b[0x10];\nmem float* p; mem float c; f(mem float& r)\n\
                    mem odd d[2]; mem float e[N], x[3];";
        let words = words(text);
        let found: Vec<_> = arrays(&words, "mem", size).iter().map(|a| (a.name, a.line, a.bytes)).collect();
        assert_eq!(found, [("a", 1, Some(32)), ("b", 2, Some(32)), ("d", 4, None), ("e", 4, None)]);
        let arrays = arrays(&words, "mem", size);
        assert_eq!(over_budget(&arrays[..2], 64, "mem"), []);
        let lines: Vec<u32> = over_budget(&arrays, 63, "mem").iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [2, 4, 4]);
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
