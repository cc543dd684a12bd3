//! `vector.contract` in its short form: MLIR's parser takes its iterators to be there, and to be strings.

use std::collections::HashSet;

use super::Seen;
use super::tokens::{Token, Tokens};
use crate::errors::Problem;

#[derive(Default)]
pub(super) struct Contracts<'t> {
    /// Aliases that hold a dictionary with iterators.
    aliases: HashSet<&'t [u8]>,
}

impl<'t> Contracts<'t> {
    pub(super) fn take(&mut self, seen: &Seen<'t, '_>) -> Result<(), Problem> {
        let mut rest = seen.rest.clone();
        match seen.token {
            Token::Alias(name) if seen.open.is_empty() => {
                let defines = matches!(rest.next(), Some((Token::Other(b'='), _)));
                if defines && has_iterators(rest) {
                    self.aliases.insert(name);
                } else if defines {
                    self.aliases.remove(name);
                }
                Ok(())
            }
            Token::Word(b"vector.contract") => {
                let complete = match rest.clone().next() {
                    Some((Token::Alias(name), _)) => self.aliases.contains(name),
                    _ => has_iterators(rest),
                };
                if complete { Ok(()) } else { Err(refusal()) }
            }
            Token::Open(_)
            | Token::Close(_)
            | Token::Alias(_)
            | Token::Value(_)
            | Token::Label
            | Token::Word(_)
            | Token::Text
            | Token::Other(_) => Ok(()),
        }
    }
}

fn refusal() -> Problem {
    Problem::Form {
        name: "vector.contract".to_owned(),
        what: "lacks a list of iterators".to_owned(),
        instead: Some(
            "write `iterator_types = [\"parallel\", \"parallel\", \"reduction\"]`, one for each dimension".to_owned(),
        ),
    }
}

/// Whether a dictionary that starts here has exactly one entry `iterator_types = ["..", ..]`.
fn has_iterators(mut tokens: Tokens<'_>) -> bool {
    if !matches!(tokens.next(), Some((Token::Open(b'{'), _))) {
        return false;
    }
    let mut depth = 1usize;
    let mut found = 0;
    while let Some((token, _)) = tokens.next() {
        match token {
            Token::Open(_) => depth += 1,
            Token::Close(_) if depth == 1 => return found == 1,
            Token::Close(_) => depth -= 1,
            Token::Word(b"iterator_types") if depth == 1 => {
                if !is_list_of_strings(&mut tokens) {
                    return false;
                }
                found += 1;
            }
            Token::Alias(_) | Token::Value(_) | Token::Label | Token::Word(_) | Token::Text | Token::Other(_) => {}
        }
    }
    false
}

/// Reads `= ["..", ".."]`.
fn is_list_of_strings(tokens: &mut Tokens<'_>) -> bool {
    let starts =
        matches!(tokens.next(), Some((Token::Other(b'='), _))) && matches!(tokens.next(), Some((Token::Open(b'['), _)));
    starts
        && tokens.map(|token| token.0).find(|token| !matches!(token, Token::Text | Token::Other(b',')))
            == Some(Token::Close(b']'))
}

#[cfg(test)]
mod tests {
    use crate::scan::check;

    #[test]
    fn iterators_are_needed_in_place_or_by_alias() {
        let accepted = |text: &str| check(text).is_ok();
        assert!(accepted(
            "vector.contract {indexing_maps = [], iterator_types = [\"parallel\"], kind = #vector.kind<add>} "
        ));
        assert!(accepted("#t = {iterator_types = []}\nvector.contract #t "));
        assert!(accepted("\"vector.contract\"() <{iterator_types = [#vector.iterator_type<parallel>]}> : () -> ()"));
        for bad in [
            "vector.contract",
            "vector.contract {}",
            "vector.contract {iterator_types = 1}",
            "vector.contract {iterator_types = [#vector.iterator_type<parallel>]}",
            "vector.contract {x = {iterator_types = []}}",
            "vector.contract #t",
            "#t = {}\nvector.contract #t",
        ] {
            assert!(!accepted(bad), "{bad}");
        }
    }
}
