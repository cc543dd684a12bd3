//! Statements.

use super::Parser;
use crate::gaudi::error::Error;
use crate::gaudi::ir::{Binary, Expr, Node, Place, Statement};
use crate::gaudi::lex::Kind;
use crate::gaudi::ty::Ty;
use crate::gaudi::value::Value;

impl Parser {
    /// Statements up to `}`.
    pub(super) fn block(&mut self) -> Result<Statement, Error> {
        self.scopes.push(vec![]);
        let mut statements = Vec::new();
        while !self.take("}") {
            if self.peek() == &Kind::End {
                return self.error("`}` is missing");
            }
            statements.push(self.statement()?);
        }
        self.scopes.pop();
        Ok(Statement::Block(statements))
    }

    fn statement(&mut self) -> Result<Statement, Error> {
        self.deeper(Parser::any)
    }

    fn any(&mut self) -> Result<Statement, Error> {
        if self.take("{") {
            return self.block();
        }
        if self.take(";") {
            return Ok(Statement::Block(vec![]));
        }
        let keyword = self.word().unwrap_or("").to_owned();
        match keyword.as_str() {
            "if" => {
                self.next();
                let condition = self.condition()?;
                let then = Box::new(self.scoped()?);
                let other = if self.take_word("else") { Some(Box::new(self.scoped()?)) } else { None };
                Ok(Statement::If(condition, then, other))
            }
            "for" => self.counted(),
            "while" => {
                self.next();
                let condition = self.condition()?;
                let body = self.body()?;
                let empty = || Box::new(Statement::Block(vec![]));
                Ok(Statement::Loop(empty(), Some(condition), empty(), Box::new(body), false))
            }
            "do" => {
                self.next();
                let body = self.body()?;
                if !self.take_word("while") {
                    return self.error("`while` is missing");
                }
                let condition = self.condition()?;
                self.expect(";")?;
                let empty = || Box::new(Statement::Block(vec![]));
                Ok(Statement::Loop(empty(), Some(condition), empty(), Box::new(body), true))
            }
            "return" => {
                self.next();
                let value = if self.is(";") { None } else { Some(self.expression()?) };
                let value = match (value, self.result) {
                    (None, Ty::Void) => None,
                    (Some(value), result) if result != Ty::Void => Some(self.convert(value, result)?),
                    (None, _) | (Some(_), _) => return self.error("what is returned does not fit the function"),
                };
                self.expect(";")?;
                Ok(Statement::Return(value))
            }
            "break" | "continue" => {
                if self.loops == 0 {
                    return self.error(format!("`{keyword}` outside a loop"));
                }
                self.next();
                self.expect(";")?;
                Ok(if keyword == "break" { Statement::Break } else { Statement::Continue })
            }
            "goto" | "switch" | "asm" => self.error(format!("`{keyword}` is not known here")),
            _ => {
                let statement = self.simple()?;
                self.expect(";")?;
                Ok(statement)
            }
        }
    }

    /// A statement with a scope of its own.
    fn scoped(&mut self) -> Result<Statement, Error> {
        self.scopes.push(vec![]);
        let statement = self.statement()?;
        self.scopes.pop();
        Ok(statement)
    }

    fn body(&mut self) -> Result<Statement, Error> {
        self.loops += 1;
        let body = self.scoped()?;
        self.loops -= 1;
        Ok(body)
    }

    fn condition(&mut self) -> Result<Expr, Error> {
        self.expect("(")?;
        let condition = self.expression()?;
        let condition = self.truth(condition)?;
        self.expect(")")?;
        Ok(condition)
    }

    fn counted(&mut self) -> Result<Statement, Error> {
        self.next();
        self.expect("(")?;
        self.scopes.push(vec![]);
        let start = if self.is(";") { Statement::Block(vec![]) } else { self.simple()? };
        self.expect(";")?;
        let condition = if self.is(";") {
            None
        } else {
            let condition = self.expression()?;
            Some(self.truth(condition)?)
        };
        self.expect(";")?;
        let step = if self.is(")") { Statement::Block(vec![]) } else { self.simple()? };
        self.expect(")")?;
        let body = self.body()?;
        self.scopes.pop();
        Ok(Statement::Loop(Box::new(start), condition, Box::new(step), Box::new(body), false))
    }

    /// A declaration, an assignment or a call.
    fn simple(&mut self) -> Result<Statement, Error> {
        if let Some((ty, constant)) = self.ty()? {
            if matches!(ty, Ty::Void | Ty::Tensor) {
                return self.error(format!("a variable of type {ty}"));
            }
            let mut all = Vec::new();
            loop {
                all.extend(self.variable(ty, constant)?);
                if !self.take(",") {
                    return Ok(Statement::Block(all));
                }
            }
        }
        for (mark, op) in [("++", Binary::Add), ("--", Binary::Sub)] {
            if self.take(mark) {
                let target = self.unary()?;
                return self.update(target, op, None);
            }
        }
        let target = self.expression()?;
        for (mark, op) in [("++", Binary::Add), ("--", Binary::Sub)] {
            if self.take(mark) {
                return self.update(target, op, None);
            }
        }
        if self.take("=") {
            let ty = target.ty;
            let place = self.place(target)?;
            let value = self.initial(ty)?;
            return Ok(Statement::Assign(place, value));
        }
        let updates = [
            ("+=", Binary::Add),
            ("-=", Binary::Sub),
            ("*=", Binary::Mul),
            ("<<=", Binary::Shl),
            (">>=", Binary::Shr),
            ("&=", Binary::And),
            ("|=", Binary::Or),
            ("^=", Binary::Xor),
        ];
        for (mark, op) in updates {
            if self.take(mark) {
                let value = self.expression()?;
                return self.update(target, op, Some(value));
            }
        }
        if matches!(target.node, Node::Call(..) | Node::Function(..)) {
            return Ok(Statement::Do(target));
        }
        self.error("a statement without effect, or an operator that is not known here")
    }

    fn variable(&mut self, ty: Ty, constant: bool) -> Result<Vec<Statement>, Error> {
        let line = self.line();
        let name = self.name()?;
        if self.is("[") {
            return self.error("an array inside a function; arrays are `__local__` at the top");
        }
        // The name is known behind its value only, so that a value cannot use it.
        let value = if self.take("=") { Some(self.initial(ty)?) } else { None };
        if constant && value.is_none() {
            return Err(Error::at(line, format!("the constant `{name}` has no value")));
        }
        let slot = self.declare(&name, ty, constant);
        let mut all = vec![Statement::Declare(slot)];
        all.extend(value.map(|value| Statement::Assign(Place::Local(slot, None), value)));
        Ok(all)
    }

    fn update(&mut self, target: Expr, op: Binary, value: Option<Expr>) -> Result<Statement, Error> {
        let (line, ty) = (target.line, target.ty);
        let value = match value {
            Some(value) => value,
            None if matches!(ty, Ty::Int | Ty::Uint) => Expr { node: Node::Const(Value::Int(1)), ty: Ty::Int, line },
            None => return self.error(format!("{ty} has no `++` and `--`")),
        };
        let place = self.place(target.clone())?;
        let value = self.binary(op, target, value)?;
        let value = self.convert(value, ty)?;
        Ok(Statement::Assign(place, value))
    }

    fn place(&self, target: Expr) -> Result<Place, Error> {
        let fail = |what: &str| Err(Error::at(target.line, what.to_owned()));
        match target.node {
            Node::Local(slot) => self.writable(slot, target.line).map(|()| Place::Local(slot, None)),
            Node::Element(array, index) => Ok(Place::Element(array, *index, None)),
            Node::Part(whole, part) => match whole.node {
                Node::Local(slot) => self.writable(slot, target.line).map(|()| Place::Local(slot, Some(part))),
                Node::Element(array, index) => Ok(Place::Element(array, *index, Some(part))),
                _ => fail("this cannot be written"),
            },
            _ => fail("this cannot be written"),
        }
    }

    fn writable(&self, slot: usize, line: u32) -> Result<(), Error> {
        let mut all = self.scopes.iter().flatten();
        match all.find(|(_, local)| local.slot == slot) {
            Some((name, local)) if local.constant => Err(Error::at(line, format!("`{name}` is constant"))),
            Some(_) | None => Ok(()),
        }
    }
}
