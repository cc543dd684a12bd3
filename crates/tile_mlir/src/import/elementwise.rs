//! Elementwise arithmetic, comparison, selection, conversion, and the program's index.

use tile_ir::{Axis, BinaryOp, Block, CastOp, Elem, Literal, Number, OpKind, Predicate, UnaryOp, Value};

use super::{Importer, Site};
use crate::errors::ImportError;

/// Float predicates that are the complement of one the IR has, by MLIR's number: `ugt` is "not `ole`", and so on.
const COMPLEMENTS: [(i64, Predicate); 4] =
    [(9, Predicate::FLe), (10, Predicate::FLt), (11, Predicate::FGe), (12, Predicate::FGt)];

impl<'m> Importer<'m> {
    pub(super) fn unary(&mut self, site: &Site<'m>, block: &mut Block, op: UnaryOp) -> Result<(), ImportError> {
        let value = self.operand(site, 0)?;
        self.push(site, block, OpKind::Unary(op, value))
    }

    pub(super) fn binary(&mut self, site: &Site<'m>, block: &mut Block, op: BinaryOp) -> Result<(), ImportError> {
        let (lhs, rhs) = (self.operand(site, 0)?, self.operand(site, 1)?);
        self.push(site, block, OpKind::Binary(op, lhs, rhs))
    }

    pub(super) fn fma(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let (x, y, z) = (self.operand(site, 0)?, self.operand(site, 1)?, self.operand(site, 2)?);
        self.push(site, block, OpKind::Fma(x, y, z))
    }

    pub(super) fn compare_float(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let (code, lhs, rhs) = self.comparison(site)?;
        if let Some(predicate) = predicate(code, true) {
            return self.push(site, block, OpKind::Compare(predicate, lhs, rhs));
        }
        let Some((_, opposite)) = COMPLEMENTS.iter().find(|row| row.0 == code) else {
            let what = format!("has predicate `{}`", FLOAT_PREDICATES.get(code as usize).unwrap_or(&"?"));
            return Err(
                site.form(what, Some("use oeq, une, olt, ole, ogt or oge; `une` of a value with itself finds NaN"))
            );
        };
        let ty = self.result_type(site)?;
        let inverted = self.helper(site, block, OpKind::Compare(*opposite, lhs, rhs), ty);
        let ones = self.helper(site, block, OpKind::Constant(Literal::Splat(Number::Int(1))), ty);
        self.push(site, block, OpKind::Binary(BinaryOp::Xor, inverted, ones))
    }

    pub(super) fn compare_int(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let (code, lhs, rhs) = self.comparison(site)?;
        let predicate = predicate(code, false).ok_or_else(|| site.form("has an unknown predicate", None))?;
        self.push(site, block, OpKind::Compare(predicate, lhs, rhs))
    }

    fn comparison(&self, site: &Site<'m>) -> Result<(i64, Value, Value), ImportError> {
        let code = site.attribute("predicate")?.as_int();
        let code = code.ok_or_else(|| site.form("has an unknown predicate", None))?;
        Ok((code, self.operand(site, 0)?, self.operand(site, 1)?))
    }

    pub(super) fn select(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let (cond, on_true, on_false) = (self.operand(site, 0)?, self.operand(site, 1)?, self.operand(site, 2)?);
        self.push(site, block, OpKind::Select { cond, on_true, on_false })
    }

    pub(super) fn cast(&mut self, site: &Site<'m>, block: &mut Block, op: CastOp) -> Result<(), ImportError> {
        let value = self.operand(site, 0)?;
        // MLIR numbers its rounding modes from 0, nearest even.
        if let Some(mode) = site.op.attribute("roundingmode")
            && mode.as_int() != Some(0)
        {
            return Err(site.form("rounds other than to nearest even", Some("leave the rounding mode out")));
        }
        self.push(site, block, OpKind::Cast(op, value))
    }

    pub(super) fn program_index(
        &mut self,
        site: &Site<'m>,
        block: &mut Block,
        kind: impl Fn(Axis) -> OpKind,
    ) -> Result<(), ImportError> {
        let dimension = site.attribute("dimension")?.text();
        let axis = Axis::ALL.into_iter().find(|axis| dimension == format!("#gpu<dim {}>", axis.name()));
        let axis = axis.ok_or_else(|| site.form("has an unknown dimension", Some("use x, y or z")))?;
        self.push(site, block, kind(axis))
    }

    /// `value` as an `index` scalar: an integer is taken as unsigned.
    pub(super) fn as_index(&mut self, site: &Site<'m>, block: &mut Block, value: Value) -> Value {
        let ty = self.ty(value);
        if ty.elem == Elem::Index {
            return value;
        }
        self.helper(site, block, OpKind::Cast(CastOp::IndexU, value), ty.with_elem(Elem::Index))
    }
}

fn predicate(code: i64, float: bool) -> Option<Predicate> {
    Predicate::ALL.iter().find(|row| row.0.is_float() == float && row.2 == code).map(|row| row.0)
}

/// MLIR's float predicates by number.
const FLOAT_PREDICATES: [&str; 16] =
    ["false", "oeq", "ogt", "oge", "olt", "ole", "one", "ord", "ueq", "ugt", "uge", "ult", "ule", "une", "uno", "true"];
