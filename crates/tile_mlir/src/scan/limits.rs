//! Sizes and nesting.

use std::collections::HashMap;

use super::Seen;
use super::tokens::Token;
use crate::errors::Problem;

/// Largest text read, in bytes.
pub const MAX_BYTES: usize = 64 << 20;
/// Deepest nesting of brackets of any kind.
pub const MAX_DEPTH: usize = 256;
/// Longest `affine_map<..>` or `affine_set<..>`, in bytes.
pub const MAX_MAP_BYTES: usize = 2048;
/// Largest expanded size of an alias, in tokens.
pub const MAX_ALIAS_TOKENS: usize = 1 << 16;

/// An alias definition being read.
struct Alias<'t> {
    name: &'t [u8],
    size: usize,
    tokens: usize,
}

#[derive(Default)]
pub(super) struct Limits<'t> {
    alias: Option<Alias<'t>>,
    /// Expanded sizes of the aliases defined so far.
    sizes: HashMap<&'t [u8], usize>,
}

impl<'t> Limits<'t> {
    pub(super) fn take(&mut self, seen: &Seen<'t, '_>) -> Result<(), Problem> {
        let top = seen.open.is_empty();
        let mut rest = seen.rest.clone();
        match seen.token {
            Token::Open(b'{') if is_next(&mut rest, b'-') && matches!(rest.next(), Some((Token::Alias(_), _))) => {
                return Err(Problem::Resources);
            }
            Token::Open(_) if seen.open.len() >= MAX_DEPTH => {
                return Err(Problem::TooDeep { limit: MAX_DEPTH });
            }
            Token::Alias(name) if top && is_next(&mut rest, b'=') => {
                self.end_alias();
                self.alias = Some(Alias { name, size: 0, tokens: 0 });
            }
            Token::Alias(name) => {
                let size = self.sizes.get(name).copied().unwrap_or(1);
                if let Some(alias) = &mut self.alias {
                    alias.size = alias.size.saturating_add(size);
                }
            }
            // Only an operation begins with a dotted word, a value, or `module`, so the alias ends here.
            Token::Word(word) if top && (word.contains(&b'.') || word == b"module") => self.end_alias(),
            Token::Value(_) if top => self.end_alias(),
            Token::Text if top && self.alias.as_ref().is_some_and(|alias| alias.tokens > 2) => self.end_alias(),
            Token::Open(_)
            | Token::Close(_)
            | Token::Value(_)
            | Token::Label
            | Token::Word(_)
            | Token::Text
            | Token::Other(_) => {}
        }
        self.count_alias()?;
        match seen.open.last().and_then(|open| open.map) {
            Some(begin) if seen.start - begin > MAX_MAP_BYTES => Err(Problem::MapTooLong { limit: MAX_MAP_BYTES }),
            Some(_) | None => Ok(()),
        }
    }

    fn count_alias(&mut self) -> Result<(), Problem> {
        let Some(alias) = &mut self.alias else {
            return Ok(());
        };
        alias.tokens += 1;
        alias.size = alias.size.saturating_add(1);
        if alias.size <= MAX_ALIAS_TOKENS {
            return Ok(());
        }
        let name = String::from_utf8_lossy(alias.name).into_owned();
        Err(Problem::AliasTooLarge { name, limit: MAX_ALIAS_TOKENS })
    }

    fn end_alias(&mut self) {
        if let Some(alias) = self.alias.take() {
            self.sizes.insert(alias.name, alias.size);
        }
    }
}

fn is_next<'t>(rest: &mut impl Iterator<Item = (Token<'t>, usize)>, byte: u8) -> bool {
    rest.next().is_some_and(|(token, _)| token == Token::Other(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::check;

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
        for open in ["(", "[", "{", "<", "({", "[<", "( > ", "scf.if {"] {
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
