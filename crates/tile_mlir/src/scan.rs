//! Limits checked on the text itself, before MLIR's recursive parser sees it.
//!
//! MLIR's parser and printer recurse on nesting, and the expressions of affine maps recurse on their length; aliases
//! (`#a = [#b, #b]`) can describe exponentially large attributes in few bytes. All of this is refused here.

use std::collections::HashMap;

use crate::errors::Problem;

/// Largest text read, in bytes.
pub const MAX_BYTES: usize = 64 << 20;
/// Deepest nesting of brackets of any kind.
pub const MAX_DEPTH: usize = 256;
/// Longest `affine_map<..>` or `affine_set<..>`, in bytes.
pub const MAX_MAP_BYTES: usize = 2048;
/// Largest expanded size of an alias, in tokens.
pub const MAX_ALIAS_TOKENS: usize = 1 << 16;

/// Checks the limits; on refusal also gives the byte offset of the place.
pub(crate) fn check(text: &str) -> Result<(), (Problem, usize)> {
    if text.len() > MAX_BYTES {
        return Err((Problem::TooLarge { bytes: text.len(), limit: MAX_BYTES }, 0));
    }
    if let Some(at) = text.bytes().position(|byte| byte == 0) {
        return Err((Problem::NulByte, at));
    }
    let mut scanner = Scanner { text: text.as_bytes(), at: 0, open: Vec::new(), alias: None, sizes: HashMap::new() };
    while let Some((token, start)) = scanner.next() {
        scanner.take(token, start).map_err(|problem| (problem, start))?;
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'t> {
    Open(u8),
    Close(u8),
    /// `#name` or `!name`.
    Sigil(&'t [u8]),
    /// A keyword or an operation's name.
    Word(&'t [u8]),
    Text,
    Other(u8),
}

/// An alias definition being read.
struct Alias<'t> {
    name: &'t [u8],
    size: usize,
    tokens: usize,
}

struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
    /// Open brackets, with the offset where an affine map or set began.
    open: Vec<(u8, Option<usize>)>,
    alias: Option<Alias<'t>>,
    sizes: HashMap<&'t [u8], usize>,
}

impl<'t> Scanner<'t> {
    fn take(&mut self, token: Token<'t>, start: usize) -> Result<(), Problem> {
        let top = self.open.is_empty();
        match token {
            Token::Open(b'{') if self.peek() == Some(b'-') && self.text.get(self.at + 1) == Some(&b'#') => {
                return Err(Problem::Resources);
            }
            Token::Open(open) => {
                let map = (open == b'<' && is_map_keyword(&self.text[..start])).then_some(start);
                let map = map.or(self.open.last().and_then(|entry| entry.1));
                self.open.push((open, map));
                if self.open.len() > MAX_DEPTH {
                    return Err(Problem::TooDeep { limit: MAX_DEPTH });
                }
            }
            // A bracket that closes nothing is the parser's to refuse; it must not lower the count.
            Token::Close(close) => {
                if self.open.last().is_some_and(|(open, _)| closing(*open) == close) {
                    self.open.pop();
                }
            }
            Token::Sigil(name) if top && self.peek_after_space() == Some(b'=') => {
                self.end_alias();
                self.alias = Some(Alias { name, size: 0, tokens: 0 });
            }
            Token::Sigil(name) => {
                let size = self.sizes.get(name).copied().unwrap_or(1);
                if let Some(alias) = &mut self.alias {
                    alias.size = alias.size.saturating_add(size);
                }
            }
            // Only an operation begins with a dotted word, a value, or `module`, so the alias ends here.
            Token::Word(word) if top && (word.contains(&b'.') || word == b"module") => self.end_alias(),
            Token::Other(b'%') if top => self.end_alias(),
            Token::Text if top && self.alias.as_ref().is_some_and(|alias| alias.tokens > 1) => self.end_alias(),
            Token::Word(_) | Token::Text | Token::Other(_) => {}
        }
        if let Some(alias) = &mut self.alias {
            alias.tokens += 1;
            alias.size = alias.size.saturating_add(1);
            if alias.size > MAX_ALIAS_TOKENS {
                let name = String::from_utf8_lossy(alias.name).into_owned();
                return Err(Problem::AliasTooLarge { name, limit: MAX_ALIAS_TOKENS });
            }
        }
        match self.open.last() {
            Some((_, Some(begin))) if start - begin > MAX_MAP_BYTES => {
                Err(Problem::MapTooLong { limit: MAX_MAP_BYTES })
            }
            Some(_) | None => Ok(()),
        }
    }

    fn end_alias(&mut self) {
        if let Some(alias) = self.alias.take() {
            self.sizes.insert(alias.name, alias.size);
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn peek_after_space(&self) -> Option<u8> {
        self.text[self.at..].iter().copied().find(|byte| !byte.is_ascii_whitespace())
    }

    fn word(&mut self) -> &'t [u8] {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'$')) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    /// The next token and its offset; comments and spaces are skipped.
    fn next(&mut self) -> Option<(Token<'t>, usize)> {
        loop {
            let start = self.at;
            let byte = self.peek()?;
            self.at += 1;
            let token = match byte {
                byte if byte.is_ascii_whitespace() => continue,
                b'/' if self.peek() == Some(b'/') => {
                    while self.peek().is_some_and(|byte| byte != b'\n') {
                        self.at += 1;
                    }
                    continue;
                }
                b'"' => {
                    self.string();
                    Token::Text
                }
                b'(' | b'[' | b'{' | b'<' => Token::Open(byte),
                b')' | b']' | b'}' | b'>' => Token::Close(byte),
                // `->`, `>=`, `==` close nothing.
                b'-' | b'=' if matches!(self.peek(), Some(b'>' | b'=')) => {
                    self.at += 1;
                    Token::Other(byte)
                }
                b'#' | b'!' => Token::Sigil(self.word()),
                byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                    self.at = start;
                    Token::Word(self.word())
                }
                _ => Token::Other(byte),
            };
            return Some((token, start));
        }
    }

    /// Skips the rest of a string literal; like MLIR's, it ends at a quote or at the line's end.
    fn string(&mut self) {
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'"' | b'\n' => return,
                b'\\' if self.peek().is_some_and(|next| next != b'\n') => self.at += 1,
                _ => {}
            }
        }
    }
}

fn closing(open: u8) -> u8 {
    match open {
        b'(' => b')',
        b'[' => b']',
        b'{' => b'}',
        _ => b'>',
    }
}

fn is_map_keyword(before: &[u8]) -> bool {
    let end = before.iter().rposition(|byte| !byte.is_ascii_whitespace()).map_or(0, |last| last + 1);
    before[..end].ends_with(b"affine_map") || before[..end].ends_with(b"affine_set")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Option<Problem> {
        check(text).err().map(|(problem, _)| problem)
    }

    #[test]
    fn ordinary_text_passes() {
        let text = "#map = affine_map<(d0, d1) -> (d0, d1)>\n#loc1 = loc(\"a>b<(\":1:2)\n// (((\nmodule { func.func @f() -> () { return loc(#loc1) } }";
        assert_eq!(refused(text), None);
    }

    #[test]
    fn deep_nesting_is_refused_whatever_the_bracket() {
        for open in ["(", "[", "{", "<", "({", "[<", "( > ", "scf.if %c {"] {
            let text = open.repeat(100_000);
            assert_eq!(refused(&text), Some(Problem::TooDeep { limit: MAX_DEPTH }), "{open}");
        }
        assert_eq!(refused(&"{}".repeat(100_000)), None);
        assert_eq!(refused(&format!("\"{}\"", "(".repeat(1000))), None);
    }

    #[test]
    fn long_maps_are_refused() {
        let text = format!("#m = affine_map<(d0) -> (d0{})>", " + d0".repeat(100_000));
        assert_eq!(refused(&text), Some(Problem::MapTooLong { limit: MAX_MAP_BYTES }));
        let text = format!("#m = affine_map <(d0) -> ({}d0)>", "- ".repeat(100_000));
        assert_eq!(refused(&text), Some(Problem::MapTooLong { limit: MAX_MAP_BYTES }));
    }

    #[test]
    fn doubling_aliases_are_refused() {
        for (sigil, open, close) in [('#', "[", "]"), ('!', "tuple<", ">")] {
            let mut text = format!("{sigil}a0 = {open}{close}\n");
            for i in 0..64 {
                text += &format!("{sigil}a{} = {open}{sigil}a{i}, {sigil}a{i}{close}\n", i + 1);
            }
            assert!(matches!(refused(&text), Some(Problem::AliasTooLarge { .. })), "{sigil}");
        }
    }

    #[test]
    fn an_alias_ends_where_operations_begin() {
        let uses = "loc(#a) ".repeat(MAX_ALIAS_TOKENS);
        assert_eq!(refused(&format!("#a = loc(\"f\":1:1)\nmodule {{ {uses} }}")), None);
        assert_eq!(refused(&format!("#a = loc(\"f\":1:1)\nfunc.func @f() {{ {uses} }}")), None);
    }

    #[test]
    fn resources_and_nul_are_refused() {
        assert_eq!(refused("module {} {-# dialect_resources: {} #-}"), Some(Problem::Resources));
        assert_eq!(refused("module {}\0"), Some(Problem::NulByte));
    }
}
