//! Reads a text: one pass that gives every expression its type, as C can.

mod call;
mod expression;
mod statement;
mod types;

use super::error::Error;
use super::ir::{Array, Function, Module, Statement};
use super::lex::{Kind, Token, tokens};
use super::names;
use super::ty::Ty;

/// Tensors and scalars that a kernel may have (source: TPC-C Language).
const TENSORS: usize = 16;
const SCALARS: usize = 32;

/// Levels of braces and operands, so that no text can exhaust the stack.
const DEPTH: usize = 100;

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
struct Local {
    slot: usize,
    ty: Ty,
    constant: bool,
}

pub(super) struct Parser {
    tokens: Vec<Token>,
    at: usize,
    functions: Vec<Function>,
    arrays: Vec<Array>,
    tables: Option<&'static str>,
    scopes: Vec<Vec<(String, Local)>>,
    slots: Vec<Ty>,
    result: Ty,
    loops: usize,
    depth: usize,
}

/// Reads a text.
pub(super) fn parse(source: &str) -> Result<Module, Error> {
    let mut parser = Parser {
        tokens: tokens(source)?,
        at: 0,
        functions: vec![],
        arrays: vec![],
        tables: None,
        scopes: vec![],
        slots: vec![],
        result: Ty::Void,
        loops: 0,
        depth: 0,
    };
    while parser.peek() != &Kind::End {
        parser.top()?;
    }
    let main = parser.functions.iter().position(|function| function.name == "main").ok_or(Error::NoEntry)?;
    Ok(Module { functions: parser.functions, arrays: parser.arrays, main, tables: parser.tables })
}

impl Parser {
    fn peek(&self) -> &Kind {
        &self.tokens[self.at].kind
    }

    fn line(&self) -> u32 {
        self.tokens[self.at].line
    }

    fn next(&mut self) -> Kind {
        let kind = self.tokens[self.at].kind.clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        kind
    }

    fn error<T>(&self, message: impl Into<String>) -> Result<T, Error> {
        Err(Error::at(self.line(), message))
    }

    /// Reads what may stand inside itself.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Parser) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth == DEPTH {
            return self.error(format!("more than {DEPTH} levels of braces or operands"));
        }
        self.depth += 1;
        let found = read(self);
        self.depth -= 1;
        found
    }

    fn is(&self, mark: &str) -> bool {
        matches!(self.peek(), Kind::Mark(found) if *found == mark)
    }

    fn take(&mut self, mark: &str) -> bool {
        let found = self.is(mark);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, mark: &str) -> Result<(), Error> {
        if self.take(mark) { Ok(()) } else { self.error(format!("`{mark}` is missing")) }
    }

    fn word(&self) -> Option<&str> {
        match self.peek() {
            Kind::Word(word) => Some(word),
            Kind::Whole(..) | Kind::Float(_) | Kind::Mark(_) | Kind::End => None,
        }
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.word() == Some(word);
        if found {
            self.next();
        }
        found
    }

    /// A name that the text may give.
    fn name(&mut self) -> Result<String, Error> {
        let Some(word) = self.word().map(str::to_owned) else { return self.error("a name is missing") };
        let known = Ty::of(&word).is_some() || names::signature(&word).is_some() || names::constant(&word).is_some();
        let keywords = ["if", "else", "for", "while", "do", "return", "break", "continue", "const", "static", "inline"];
        let here = self.scopes.last().is_some_and(|scope| scope.iter().any(|(name, _)| *name == word));
        let top = self.functions.iter().any(|function| function.name == word)
            || self.arrays.iter().any(|array| array.name == word);
        if known || keywords.contains(&word.as_str()) || here || top {
            return self.error(format!("the name `{word}` is taken"));
        }
        self.next();
        Ok(word)
    }

    /// A type if one stands here, and whether it is constant.
    fn ty(&mut self) -> Result<Option<(Ty, bool)>, Error> {
        let mut constant = self.take_word("const");
        let Some(ty) = self.word().and_then(Ty::of) else {
            if constant || matches!(self.word(), Some("double" | "long" | "short" | "char" | "struct" | "short128")) {
                return self.error(format!("`{}` is not a type that is known here", self.word().unwrap_or("")));
            }
            return Ok(None);
        };
        if self.take_word("unsigned") {
            self.take_word("int");
        } else {
            self.next();
        }
        constant |= self.take_word("const");
        if self.is("*") {
            return self.error("pointers are not known here");
        }
        Ok(Some((ty, constant)))
    }

    /// A function or an array in local memory.
    fn top(&mut self) -> Result<(), Error> {
        if self.take_word("__local__") {
            return self.array();
        }
        let mut inline = false;
        while let Some("static" | "inline") = self.word() {
            inline |= self.word() == Some("inline");
            self.next();
        }
        let Some((result, _)) = self.ty()? else {
            return self.error("a function or a `__local__` array is missing");
        };
        let line = self.line();
        let name = self.name()?;
        if !self.is("(") {
            return Err(Error::at(line, format!("the variable `{name}` is outside functions and not `__local__`")));
        }
        if name == "main" && (inline || result != Ty::Void) {
            return Err(Error::at(line, "`main` returns void and is not inline"));
        }
        self.function(name, result)
    }

    fn array(&mut self) -> Result<(), Error> {
        let line = self.line();
        let Some((ty, _)) = self.ty()? else { return self.error("the type of a local array is missing") };
        if ty.local_bytes().is_none() {
            return Err(Error::at(line, format!("{ty} is not an element of local arrays")));
        }
        let name = self.name()?;
        self.expect("[")?;
        let count = self.constant()?;
        if !(1..=1 << 20).contains(&count) {
            return Err(Error::at(line, format!("`{name}` has {count} elements")));
        }
        self.expect("]")?;
        if self.is("=") {
            return self.error("local memory has no initial values");
        }
        self.expect(";")?;
        self.arrays.push(Array { name, ty, count: count as u64 });
        Ok(())
    }

    fn function(&mut self, name: String, result: Ty) -> Result<(), Error> {
        let line = self.line();
        self.scopes = vec![vec![]];
        (self.slots, self.result, self.loops) = (vec![], result, 0);
        self.expect("(")?;
        let mut params: Vec<(String, Ty)> = Vec::new();
        if !self.take(")") {
            loop {
                let Some((ty, constant)) = self.ty()? else { return self.error("the type of a parameter is missing") };
                if ty == Ty::Void || ty == Ty::Address {
                    return self.error(format!("{ty} is not a parameter's type"));
                }
                let param = self.name()?;
                if self.is("[") {
                    return self.error("arrays are not parameters");
                }
                self.declare(&param, ty, constant || ty == Ty::Tensor);
                params.push((param, ty));
                if self.take(")") {
                    break;
                }
                self.expect(",")?;
            }
        }
        if name == "main" {
            main_params(line, &params)?;
        }
        if self.is(";") {
            return self.error("a declaration without a body; functions stand in front of their calls");
        }
        self.expect("{")?;
        let body = self.block()?;
        if result != Ty::Void && !returns(&body) {
            return Err(Error::at(line, format!("`{name}` may end without a value")));
        }
        // Its names are nobody's outside of it.
        self.scopes.clear();
        self.functions.push(Function { name, result, params, slots: std::mem::take(&mut self.slots), body });
        Ok(())
    }

    fn declare(&mut self, name: &str, ty: Ty, constant: bool) -> usize {
        let slot = self.slots.len();
        self.slots.push(ty);
        if let Some(scope) = self.scopes.last_mut() {
            scope.push((name.to_owned(), Local { slot, ty, constant }));
        }
        slot
    }

    fn local(&self, name: &str) -> Option<Local> {
        let mut all = self.scopes.iter().rev().flat_map(|scope| scope.iter().rev());
        all.find(|(known, _)| known == name).map(|(_, local)| *local)
    }
}

/// Whether a body ends with a return on every way.
fn returns(body: &Statement) -> bool {
    match body {
        Statement::Return(_) => true,
        Statement::Block(statements) => statements.last().is_some_and(returns),
        Statement::If(_, then, Some(other)) => returns(then) && returns(other),
        Statement::If(_, _, None) | Statement::Declare(_) | Statement::Assign(..) | Statement::Do(_) => false,
        Statement::Loop(..) | Statement::Break | Statement::Continue => false,
    }
}

fn main_params(line: u32, params: &[(String, Ty)]) -> Result<(), Error> {
    let tensors = params.iter().take_while(|(_, ty)| *ty == Ty::Tensor).count();
    let scalars = &params[tensors..];
    if let Some((name, _)) = scalars.iter().find(|(_, ty)| *ty == Ty::Tensor) {
        return Err(Error::at(line, format!("the tensor `{name}` stands behind a scalar; tensors come first")));
    }
    if let Some((name, ty)) = scalars.iter().find(|(_, ty)| !matches!(ty, Ty::Int | Ty::Uint | Ty::Float)) {
        return Err(Error::at(line, format!("the parameter `{name}` of `main` is {ty}; scalars have 32 bits here")));
    }
    for (what, value, limit) in
        [("tensors of a kernel", tensors, TENSORS), ("scalars of a kernel", scalars.len(), SCALARS)]
    {
        if value > limit {
            return Err(Error::Limit { what, value: value as u64, limit: limit as u64 });
        }
    }
    Ok(())
}
