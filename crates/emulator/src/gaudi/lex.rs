//! Words of a text.

use super::error::Error;

/// A word and its line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) line: u32,
}

/// Kind of a word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Word(String),
    /// Digits of a whole number, and whether it has the suffix `u`.
    Whole(i64, bool),
    Float(f32),
    Mark(&'static str),
    End,
}

/// Longest first.
const MARKS: [&str; 45] = [
    "<<=", ">>=", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>", "<=", ">=", "==", "!=", "&&",
    "||", "->", "(", ")", "{", "}", "[", "]", ";", ",", ".", "?", ":", "+", "-", "*", "/", "%", "&", "|", "^", "~",
    "!", "<", ">", "=",
];

/// Pragmas that only steer the compiler (source: TPC-C Language).
const PRAGMAS: [&str; 3] = ["loop_unroll", "loop_taken", "unroll"];

fn number(word: &str, line: u32) -> Result<Kind, Error> {
    let lower = word.to_ascii_lowercase();
    if let Some(hexadecimal) = lower.strip_prefix("0x") {
        let digits = hexadecimal.trim_end_matches('u');
        let value = u32::from_str_radix(digits, 16)
            .map_err(|_| Error::at(line, format!("`{word}` is not a number of 32 bits")))?;
        // As in C: what an int does not hold is unsigned.
        return Ok(Kind::Whole(i64::from(value), digits.len() < hexadecimal.len() || value > i32::MAX as u32));
    }
    if lower.contains(['.', 'e']) || lower.ends_with('f') {
        let Some(digits) = lower.strip_suffix('f') else {
            return Err(Error::at(
                line,
                format!("`{word}` is double, which the core does not have; `{word}f` is meant"),
            ));
        };
        if !digits.contains(['.', 'e']) {
            return Err(Error::at(line, format!("`{word}` is not a number")));
        }
        let value = digits.parse().map_err(|_| Error::at(line, format!("`{word}` is not a number")))?;
        return Ok(Kind::Float(value));
    }
    let digits = lower.trim_end_matches('u');
    let unsigned = digits.len() < lower.len();
    let value: i64 = digits.parse().map_err(|_| Error::at(line, format!("`{word}` is not a number")))?;
    if (digits.len() > 1 && digits.starts_with('0'))
        || value > if unsigned { i64::from(u32::MAX) } else { i64::from(i32::MAX) }
    {
        return Err(Error::at(line, format!("`{word}` is not a decimal number of 32 bits")));
    }
    Ok(Kind::Whole(value, unsigned))
}

/// Bytes at the start of `rest` that belong to a number.
fn digits(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let hexadecimal = rest.len() > 1 && matches!(bytes[1], b'x' | b'X');
    let belongs = |at: usize| match bytes[at] {
        b'+' | b'-' => at > 0 && !hexadecimal && matches!(bytes[at - 1], b'e' | b'E'),
        byte => byte.is_ascii_alphanumeric() || byte == b'.',
    };
    (0..bytes.len()).find(|at| !belongs(*at)).unwrap_or(bytes.len())
}

/// The words of a text, and an end.
pub(super) fn tokens(source: &str) -> Result<Vec<Token>, Error> {
    let (mut tokens, mut rest, mut line) = (Vec::new(), source, 1_u32);
    while let Some(first) = rest.bytes().next() {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let second = rest.as_bytes().get(1).copied().unwrap_or(0);
        let length = match first {
            byte if byte.is_ascii_whitespace() => 1,
            b'/' if second == b'/' => rest.find('\n').unwrap_or(rest.len()),
            b'/' if second == b'*' => match rest.find("*/") {
                Some(end) => end + 2,
                None => return Err(Error::at(line, "a comment without an end")),
            },
            b'#' => {
                let text = &rest[..rest.find('\n').unwrap_or(rest.len())];
                let mut words = text[1..].split([' ', '(', '\t']).filter(|word| !word.is_empty());
                let known = words.next() == Some("pragma") && words.next().is_some_and(|word| PRAGMAS.contains(&word));
                if !known {
                    return Err(Error::at(line, format!("`{}`: only pragmas of loops are known", text.trim())));
                }
                text.len()
            }
            byte if byte.is_ascii_digit() || (byte == b'.' && second.is_ascii_digit()) => {
                let length = digits(rest);
                tokens.push(Token { kind: number(&rest[..length], line)?, line });
                length
            }
            byte if word(byte) => {
                let length = rest.bytes().position(|byte| !word(byte)).unwrap_or(rest.len());
                tokens.push(Token { kind: Kind::Word(rest[..length].to_owned()), line });
                length
            }
            _ => {
                let Some(mark) = MARKS.into_iter().find(|mark| rest.starts_with(mark)) else {
                    let found = rest.chars().next().unwrap_or(' ');
                    return Err(Error::at(line, format!("`{found}` is not of the language")));
                };
                tokens.push(Token { kind: Kind::Mark(mark), line });
                mark.len()
            }
        };
        let (text, tail) = rest.split_at(length);
        line += text.matches('\n').count() as u32;
        rest = tail;
    }
    tokens.push(Token { kind: Kind::End, line });
    Ok(tokens)
}
