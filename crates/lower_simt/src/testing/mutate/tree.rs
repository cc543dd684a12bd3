//! Finds and replaces statements and expressions by number.

use crate::ir::{Expr, LaneKernel, Stmt};

/// Statement `number`, outermost first in order of the text.
pub(super) fn nth(kernel: &LaneKernel, number: usize) -> Option<&Stmt> {
    let (mut left, mut found) = (number as isize, None);
    for stmt in &kernel.body {
        stmt.for_each(&mut |stmt| {
            if left == 0 {
                found = Some(stmt);
            }
            left -= 1;
        });
    }
    found
}

/// The kernel with other statements in place of statement `number`.
pub(super) fn replace(kernel: &LaneKernel, number: usize, by: Vec<Stmt>) -> LaneKernel {
    fn walk(block: &mut Vec<Stmt>, left: &mut usize, by: &mut Option<Vec<Stmt>>) {
        let mut at = 0;
        while at < block.len() && by.is_some() {
            if *left == 0 {
                block.splice(at..=at, by.take().unwrap_or_default());
                return;
            }
            *left -= 1;
            block[at].blocks_mut().into_iter().for_each(|block| walk(block, left, by));
            at += 1;
        }
    }
    let mut kernel = kernel.clone();
    walk(&mut kernel.body, &mut { number }, &mut Some(by));
    kernel
}

/// Expression `number` of a statement, and what it is an operand of.
pub(super) fn nth_expr(stmt: &Stmt, number: usize) -> Option<(&Expr, Option<&Expr>)> {
    fn walk<'a>(expr: &'a Expr, parent: Option<&'a Expr>, all: &mut Vec<(&'a Expr, Option<&'a Expr>)>) {
        all.push((expr, parent));
        expr.operands().into_iter().for_each(|operand| walk(operand, Some(expr), all));
    }
    let mut all = Vec::new();
    stmt.exprs().into_iter().for_each(|expr| walk(expr, None, &mut all));
    all.get(number).copied()
}

pub(super) fn replace_expr(stmt: &mut Stmt, number: usize, by: Expr) {
    fn walk(expr: &mut Expr, left: &mut isize, by: &mut Option<Expr>) {
        if *left == 0
            && let Some(by) = by.take()
        {
            *expr = by;
            return;
        }
        *left -= 1;
        expr.operands_mut().into_iter().for_each(|operand| {
            if by.is_some() {
                walk(operand, left, by);
            }
        });
    }
    let (mut left, mut by) = (number as isize, Some(by));
    for expr in stmt.exprs_mut() {
        if by.is_some() {
            walk(expr, &mut left, &mut by);
        }
    }
}
