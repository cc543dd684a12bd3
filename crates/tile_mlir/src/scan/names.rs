//! Definitions before uses. The subset has only structured control flow, so the text's order is the order of visibility.

use std::collections::HashMap;

use super::Seen;
use super::tokens::{Token, Tokens};
use crate::errors::Problem;
use crate::subset;

/// Longest result list searched for its end, in tokens.
const RESULT_LIST: usize = 256;

#[derive(Default)]
pub(super) struct Names<'t> {
    /// How many visible definitions a name has.
    visible: HashMap<&'t [u8], usize>,
    /// Names defined in each open region (or dictionary).
    scopes: Vec<Vec<&'t [u8]>>,
    /// Arguments whose region has not begun: of functions and loops.
    pending: Vec<&'t [u8]>,
    /// The last operation name seen.
    operation: &'t [u8],
}

/// What an occurrence of a name is.
enum Role {
    Use,
    /// A result, or an argument of a labelled block.
    Definition,
    /// An argument of the region that follows.
    Argument,
}

impl<'t> Names<'t> {
    pub(super) fn take(&mut self, seen: &Seen<'t, '_>) -> Result<(), Problem> {
        let inside = seen.open.last();
        match seen.token {
            Token::Word(word) if word.contains(&b'.') || word == b"return" => self.operation = word,
            Token::Open(b'{') => {
                let dictionary = inside.is_some_and(|open| open.bracket != b'{')
                    || matches!(seen.before, Some(Token::Word(b"attributes") | Token::Other(b'=')));
                let arguments = if dictionary { Vec::new() } else { std::mem::take(&mut self.pending) };
                for name in &arguments {
                    *self.visible.entry(name).or_default() += 1;
                }
                self.scopes.push(arguments);
            }
            Token::Close(b'}') if inside.is_some_and(|open| open.bracket == b'{') => {
                for name in self.scopes.pop().unwrap_or_default() {
                    if let Some(count) = self.visible.get_mut(name) {
                        *count = count.saturating_sub(1);
                    }
                }
            }
            Token::Value(name) => match role(seen) {
                Role::Definition => {
                    if let Some(scope) = self.scopes.last_mut() {
                        scope.push(name);
                        *self.visible.entry(name).or_default() += 1;
                    }
                }
                Role::Argument => self.pending.push(name),
                Role::Use if self.visible.get(name).is_some_and(|count| *count > 0) => {}
                Role::Use => return Err(self.refuse(name)),
            },
            Token::Open(_)
            | Token::Close(_)
            | Token::Alias(_)
            | Token::Label
            | Token::Word(_)
            | Token::Text
            | Token::Other(_) => {}
        }
        Ok(())
    }

    /// Operations outside the subset may define names in ways of their own; then they are what is wrong.
    fn refuse(&self, name: &[u8]) -> Problem {
        let operation = String::from_utf8_lossy(self.operation).into_owned();
        let known = operation.is_empty() || operation == "return" || operation == "func.func";
        if known || subset::known(&operation).is_some() {
            return Problem::Undefined { name: String::from_utf8_lossy(name).into_owned() };
        }
        Problem::Operation { instead: subset::instead(&operation), name: operation }
    }
}

fn role(seen: &Seen<'_, '_>) -> Role {
    let mut rest = seen.rest.clone();
    let next = rest.next().map(|next| next.0);
    let in_list = seen.open.last().filter(|open| open.bracket == b'(');
    if let Some(list) = in_list {
        return match (next, list.before) {
            (Some(Token::Other(b':' | b'=')), Some(Token::Label)) => Role::Definition,
            (Some(Token::Other(b':' | b'=')), _) => Role::Argument,
            _ => Role::Use,
        };
    }
    match (next, seen.before) {
        (Some(Token::Other(b'=')), Some(Token::Word(before))) if before.ends_with(b".for") => Role::Argument,
        (Some(Token::Other(b'=' | b':' | b',')), _) if ends_in_equals(seen.rest.clone()) => Role::Definition,
        _ => Role::Use,
    }
}

/// Whether a result list goes on as `:2, %b, %c:3 =`.
fn ends_in_equals(rest: Tokens<'_>) -> bool {
    for (token, _) in rest.take(RESULT_LIST) {
        match token {
            Token::Other(b'=') => return true,
            Token::Other(b':' | b',' | b'0'..=b'9') | Token::Value(_) => {}
            Token::Other(_)
            | Token::Open(_)
            | Token::Close(_)
            | Token::Alias(_)
            | Token::Label
            | Token::Word(_)
            | Token::Text => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use crate::errors::Problem;
    use crate::scan::check;

    fn refused(text: &str) -> Option<Problem> {
        check(text).err().map(|(problem, _)| problem)
    }

    fn undefined(name: &str) -> Option<Problem> {
        Some(Problem::Undefined { name: name.into() })
    }

    #[test]
    fn definitions_of_every_form_are_seen() {
        let text = "func.func @f(%a: f32 {x = 1}, %b: i1) attributes {y = 2, z = {w = 3}} {
            %c, %d:2 = scf.if %b -> (f32, f32, f32) { scf.yield %a, %a, %a : f32, f32, f32 }
            %k = arith.constant 0 : index
            %r = scf.for %i = %lo to %d#1 step %k iter_args(%s = %a, %t = %c) -> (f32) { scf.yield %i : f32 }
            %w = scf.while (%p = %r) : (f32) -> f32 { scf.condition(%b) %p : f32 } do { ^bb0(%q: f32): scf.yield %q : f32 }
            \"scf.if\"(%b) ({ ^bb0(%z: f32): \"x.y\"(%z, %w) : (f32, f32) -> () }) : (i1) -> ()
            return
          }";
        assert_eq!(refused(&text.replace("%lo", "%c")), None);
        assert_eq!(refused(text), undefined("lo"));
    }

    #[test]
    fn names_end_with_their_region() {
        let two = |second: &str| {
            format!("func.func @f(%a: f32) {{ %b = arith.negf %a : f32 }} func.func @g(%c: f32) {{ {second} }}")
        };
        assert_eq!(refused(&two("%d = arith.negf %c : f32")), None);
        assert_eq!(refused(&two("%d = arith.negf %a : f32")), undefined("a"));
        assert_eq!(refused(&two("%d = arith.negf %b : f32")), undefined("b"));
        let text = "func.func @f(%n: index) { scf.for %i = %n to %n step %n { } %x = arith.addi %i, %n : index }";
        assert_eq!(refused(text), undefined("i"));
        assert_eq!(refused("func.func @f() { %a = arith.negf %b : f32 %b = arith.negf %a : f32 }"), undefined("b"));
    }

    #[test]
    fn foreign_operations_are_blamed_themselves() {
        let text = "func.func @f(%n: index) { scf.parallel (%i) = (%n) to (%n) step (%n) { } }";
        assert!(matches!(refused(text), Some(Problem::Operation { name, .. }) if name == "scf.parallel"));
    }
}
