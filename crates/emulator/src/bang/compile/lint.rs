//! Rules that no compiler of this machine knows: words of the text.
//!
//! A floating literal without `f` is half there, `double` arithmetic does not exist, and the numbers of a task are keywords (source:
//! Cambricon BANG C/C++ Programming Guide 1.7.0).

use crate::Diagnostic;

/// Keywords that a text may use but not declare or define anew.
const RESERVED: [&str; 13] = [
    "taskId",
    "taskIdX",
    "taskIdY",
    "taskIdZ",
    "taskDim",
    "taskDimX",
    "taskDimY",
    "taskDimZ",
    "clusterId",
    "clusterDim",
    "coreId",
    "coreDim",
    "CNRT_CHECK",
];

/// Words that stand before an expression, where a reserved name is only used.
const BEFORE_USE: [&str; 6] = ["return", "case", "else", "do", "co_return", "sizeof"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    Number,
    Other,
}

struct Token<'a> {
    kind: Kind,
    text: &'a str,
    line: u32,
    column: u32,
}

/// Bytes of the token at the start of `rest`, and its kind; `None` for space and comments, with their length.
fn next(rest: &str) -> (Option<Kind>, usize) {
    let bytes = rest.as_bytes();
    let run = |holds: &dyn Fn(u8) -> bool| bytes.iter().position(|byte| !holds(*byte)).unwrap_or(bytes.len());
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let second = bytes.get(1).copied().unwrap_or(0);
    match bytes[0] {
        byte if byte.is_ascii_whitespace() => (None, run(&|byte| byte.is_ascii_whitespace())),
        b'/' if second == b'/' => (None, rest.find('\n').unwrap_or(rest.len())),
        b'/' if second == b'*' => (None, rest.find("*/").map_or(rest.len(), |end| end + 2)),
        quote @ (b'"' | b'\'') => {
            let mut at = 1;
            while at < bytes.len() && bytes[at] != quote && bytes[at] != b'\n' {
                at += if bytes[at] == b'\\' { 2 } else { 1 };
            }
            (Some(Kind::Other), (at + 1).min(bytes.len()))
        }
        byte if byte.is_ascii_digit() || (byte == b'.' && second.is_ascii_digit()) => {
            // A preprocessing number: signs belong to it behind an exponent, and a quote between digits.
            let hexadecimal = byte == b'0' && matches!(second, b'x' | b'X');
            let mut at = 1;
            while at < bytes.len() {
                let exponent = match bytes[at - 1] {
                    b'e' | b'E' => !hexadecimal,
                    b'p' | b'P' => hexadecimal,
                    _ => false,
                };
                let sign = matches!(bytes[at], b'+' | b'-') && exponent;
                let digit = bytes[at] == b'\'' && bytes.get(at + 1).is_some_and(|byte| word(*byte));
                if !(word(bytes[at]) || bytes[at] == b'.' || sign || digit) {
                    break;
                }
                at += 1;
            }
            (Some(Kind::Number), at)
        }
        byte if word(byte) => (Some(Kind::Word), run(&word)),
        _ => (Some(Kind::Other), rest.chars().next().map_or(1, char::len_utf8)),
    }
}

fn tokens(source: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut rest, mut line, mut column) = (Vec::new(), source, 1, 1);
    while !rest.is_empty() {
        let (kind, length) = next(rest);
        let (text, tail) = rest.split_at(length);
        if let Some(kind) = kind {
            tokens.push(Token { kind, text, line, column });
        }
        match text.rfind('\n') {
            Some(last) => {
                line += text.matches('\n').count() as u32;
                column = (text.len() - last) as u32;
            }
            None => column += text.len() as u32,
        }
        rest = tail;
    }
    tokens
}

/// Whether a number is floating and not an f32.
fn wide(number: &str) -> bool {
    let lower = number.to_ascii_lowercase();
    let floating = match lower.strip_prefix("0x") {
        Some(digits) => digits.contains(['.', 'p']),
        None => lower.contains(['.', 'e']),
    };
    floating && !lower.ends_with('f')
}

/// What is wrong with the words of a text, in its order.
pub(super) fn lint(source: &str) -> Vec<Diagnostic> {
    let tokens = tokens(source);
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| &tokens[before]);
        let message = match token.kind {
            Kind::Number if wide(token.text) => {
                format!("the literal `{0}` is half in BANG C; `{0}f` is meant", token.text)
            }
            Kind::Word if token.text == "double" => "`double` arithmetic is not supported on MLU".to_owned(),
            Kind::Word if RESERVED.contains(&token.text) => {
                let declares = before.is_some_and(|before| match before.kind {
                    Kind::Word => !BEFORE_USE.contains(&before.text),
                    Kind::Number | Kind::Other => false,
                });
                // `unsigned *taskId`: a pointer's star stands behind a type, which is no operand.
                let pointer = before.is_some_and(|before| matches!(before.text, "*" | "&"))
                    && index.checked_sub(2).is_some_and(|at| is_type(tokens[at].text));
                if !declares && !pointer {
                    continue;
                }
                format!("`{}` is a reserved name", token.text)
            }
            Kind::Word | Kind::Number | Kind::Other => continue,
        };
        found.push(Diagnostic { line: token.line, column: token.column, message });
    }
    found
}

fn is_type(word: &str) -> bool {
    matches!(word, "float" | "int" | "unsigned" | "char" | "short" | "long" | "void" | "bool" | "half" | "auto")
        || word.ends_with("_t")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(source: &str) -> Vec<(u32, u32)> {
        lint(source).into_iter().map(|found| (found.line, found.column)).collect()
    }

    #[test]
    fn literals() {
        for right in [
            "1.0f",
            "1.5e-3f",
            "1e3F",
            ".5f",
            "7",
            "0x1e3",
            "0x1p3f",
            "100'000",
            "a.x",
            "1u",
            "// 1.0",
            "\"1.0\"",
            "/* 2.0 */",
        ] {
            assert!(lint(right).is_empty(), "{right}");
        }
        for wrong in ["1.0", "1.", ".5", "1e3", "1.0e-3", "0x1p3", "1.0L"] {
            assert_eq!(lines(&format!("x =\n {wrong};")), [(2, 2)], "{wrong}");
        }
    }

    #[test]
    fn reserved_names() {
        for right in
            ["return taskId;", "r = taskId * R;", "2 * coreId", "f(taskDim)", "a = b * taskId;", "(unsigned)taskId"]
        {
            assert!(lint(right).is_empty(), "{right}");
        }
        for wrong in
            ["unsigned taskId = 0;", "#define taskDim 4", "int *coreId;", "#define CNRT_CHECK(x) x", "double x;"]
        {
            assert_eq!(lint(wrong).len(), 1, "{wrong}");
        }
    }
}
