//! Reductions and products.

use tile_ir::{Block, ContractSpec, Index, Literal, Number, OpKind, ReduceOp};

use super::{Importer, Site};
use crate::errors::ImportError;
use crate::raw::Attribute;

impl<'m> Importer<'m> {
    pub(super) fn multi_reduction(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let op = kind(site)?;
        let (value, acc) = (self.operand(site, 0)?, self.operand(site, 1)?);
        let mut dims: Vec<usize> = site.sizes("reduction_dims")?.into_iter().map(|d| d as usize).collect();
        dims.sort_unstable();
        dims.dedup();
        if dims.is_empty() {
            return Err(site.form("reduces no dimension", Some("use the elementwise operation")));
        }
        self.push(site, block, OpKind::Reduce { op, value, acc, dims })
    }

    pub(super) fn reduction(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let op = kind(site)?;
        let value = self.operand(site, 0)?;
        let ty = self.result_type(site)?;
        let acc = match (site.op.operand(1), op) {
            (Some(acc), _) => self.value(site, acc)?,
            (None, ReduceOp::Add) => {
                // -0.0 keeps the sign of a sum of negative zeros.
                let zero = if ty.elem.is_float() { Number::Float(-0.0) } else { Number::Int(0) };
                self.helper(site, block, OpKind::Constant(Literal::Splat(zero)), ty)
            }
            // The extremes have themselves as a start: no identity would keep NaN where all elements are NaN.
            (
                None,
                ReduceOp::MinF | ReduceOp::MaxF | ReduceOp::MinS | ReduceOp::MaxS | ReduceOp::MinU | ReduceOp::MaxU,
            ) => self.helper(site, block, OpKind::Extract { value, indices: vec![Index::Static(0)] }, ty),
        };
        self.push(site, block, OpKind::Reduce { op, value, acc, dims: vec![0] })
    }

    pub(super) fn contract(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        if kind(site)? != ReduceOp::Add {
            return Err(
                site.form("combines by something other than `<add>`", Some("reduce with `vector.multi_reduction`"))
            );
        }
        let (lhs, rhs, acc) = (self.operand(site, 0)?, self.operand(site, 1)?, self.operand(site, 2)?);
        let (left, right, sum) = (self.ty(lhs).elem, self.ty(rhs).elem, self.ty(acc).elem);
        if left != sum || right != sum || !sum.is_float() {
            return Err(site.form(
                format!("multiplies {left} by {right} into {sum}"),
                Some("convert all three to one float type with `arith.extf` or `arith.sitofp`"),
            ));
        }
        let reduced = site.attribute("iterator_types")?.as_array().unwrap_or_default();
        let reduced = reduced.into_iter().map(|kind| is_reduction(site, kind)).collect::<Result<Vec<_>, _>>()?;
        let maps = site.attribute("indexing_maps")?.as_array().unwrap_or_default();
        let maps: Option<Vec<Vec<usize>>> = maps.into_iter().map(Attribute::as_dimension_map).collect();
        let Some(Ok([lhs_map, rhs_map, acc_map])) = maps.map(<[_; 3]>::try_from) else {
            return Err(site.form("has maps that are not plain dimensions", None));
        };
        let spec = ContractSpec { reduced, lhs: lhs_map, rhs: rhs_map, acc: acc_map };
        self.push(site, block, OpKind::Contract { lhs, rhs, acc, spec })
    }
}

fn kind(site: &Site<'_>) -> Result<ReduceOp, ImportError> {
    let printed = site.attribute("kind")?.text();
    let keyword = printed.strip_prefix("#vector.kind<").and_then(|rest| rest.strip_suffix('>')).unwrap_or(&printed);
    let known = ReduceOp::ALL.iter().find(|row| row.1 == keyword).map(|row| row.0);
    known.ok_or_else(|| {
        let instead = match keyword {
            "maximumf" => "use `<maxnumf>`, which prefers the number where one side is NaN",
            "minimumf" => "use `<minnumf>`, which prefers the number where one side is NaN",
            "mul" => "sum logarithms, or multiply in a loop",
            "and" => "use `<minui>` on `i1`",
            "or" => "use `<maxui>` on `i1`",
            _ => "use add, minnumf, maxnumf, minsi, maxsi, minui or maxui",
        };
        site.form(format!("combines by `<{keyword}>`"), Some(instead))
    })
}

fn is_reduction(site: &Site<'_>, iterator: Attribute<'_>) -> Result<bool, ImportError> {
    match iterator.text().as_str() {
        "#vector.iterator_type<reduction>" => Ok(true),
        "#vector.iterator_type<parallel>" => Ok(false),
        other => Err(site.form(format!("has an iterator of unknown kind `{other}`"), None)),
    }
}
