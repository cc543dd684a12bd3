//! Checks on the text itself, before MLIR's parser sees it.
//!
//! The parser of MLIR 19 recurses on nesting, and on the length of affine expressions; aliases (`#a = [#b, #b]`) can
//! describe exponentially large attributes in few bytes; and it crashes when a value is used before its definition in a
//! region that then turns out to be wrong, or when a `vector.contract` lacks its iterators. All of this is refused here,
//! in one pass over the tokens. [`crate::isolated`] is for what nobody has found yet.

mod contract;
mod limits;
mod names;
mod tokens;

use crate::errors::Problem;
use contract::Contracts;
use limits::Limits;
use names::Names;
use tokens::{Token, Tokens};

pub use limits::{MAX_ALIAS_TOKENS, MAX_BYTES, MAX_DEPTH, MAX_MAP_BYTES};

/// An open bracket.
#[derive(Clone, Copy)]
struct Open<'t> {
    bracket: u8,
    /// The token before it.
    before: Option<Token<'t>>,
    /// Where the innermost affine map or set around it began.
    map: Option<usize>,
}

/// A token in its surroundings.
struct Seen<'t, 's> {
    token: Token<'t>,
    /// Offset in the text.
    start: usize,
    before: Option<Token<'t>>,
    /// Brackets open before the token.
    open: &'s [Open<'t>],
    /// Tokens behind it.
    rest: Tokens<'t>,
}

/// Checks a text; on refusal also gives the byte offset of the place.
pub(crate) fn check(text: &str) -> Result<(), (Problem, usize)> {
    if text.len() > MAX_BYTES {
        return Err((Problem::TooLarge { bytes: text.len(), limit: MAX_BYTES }, 0));
    }
    if let Some(at) = text.bytes().position(|byte| byte == 0) {
        return Err((Problem::NulByte, at));
    }
    let mut tokens = Tokens::new(text);
    let mut open: Vec<Open<'_>> = Vec::new();
    let (mut limits, mut names, mut contracts) = (Limits::default(), Names::default(), Contracts::default());
    let mut before = None;
    while let Some((token, start)) = tokens.next() {
        let seen = Seen { token, start, before, open: &open, rest: tokens.clone() };
        let checked = limits.take(&seen).and_then(|()| names.take(&seen)).and_then(|()| contracts.take(&seen));
        checked.map_err(|problem| (problem, start))?;
        match token {
            Token::Open(bracket) => {
                let inherited = open.last().and_then(|open| open.map);
                let begins = bracket == b'<' && matches!(before, Some(Token::Word(b"affine_map" | b"affine_set")));
                open.push(Open { bracket, before, map: if begins { Some(start) } else { inherited } });
            }
            // A bracket that closes nothing is the parser's to refuse; it must not lower the count.
            Token::Close(bracket) if open.last().is_some_and(|open| closing(open.bracket) == bracket) => {
                open.pop();
            }
            Token::Close(_)
            | Token::Alias(_)
            | Token::Value(_)
            | Token::Label
            | Token::Word(_)
            | Token::Text
            | Token::Other(_) => {}
        }
        before = Some(token);
    }
    Ok(())
}

fn closing(open: u8) -> u8 {
    match open {
        b'(' => b')',
        b'[' => b']',
        b'{' => b'}',
        _ => b'>',
    }
}
