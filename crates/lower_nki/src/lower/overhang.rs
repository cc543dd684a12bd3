//! Tiles that hang over a view where only the run knows.

use tile_ir::Shape;

use super::calc::{Arg, Size};
use super::memory::{Place, Start};
use super::moves::Dim;
use super::state::{Lower, Result};
use super::values::{FormsId, Origin, Source, Val};
use crate::ir::{Alu, Dtype, Expr, Hbm, Span};
use crate::limits::PARTITIONS;

impl Lower<'_> {
    /// A tile that may hang over where only the run knows: the nearest tile that is inside goes into a private tensor with padding around,
    /// out of which the right elements are read.
    pub(super) fn load_anywhere(
        &mut self,
        place: &Place,
        shape: &Shape,
        dtype: Dtype,
        pad: &Val,
        name: &str,
    ) -> Result<FormsId> {
        let view = self.shape_as_loaded(place.view, place.load)?;
        let size = Size { parts: PARTITIONS, free: 1 };
        let before = std::mem::replace(&mut self.naming, "start".to_owned());
        // A number between these, as far as it is not known to be, and what is known then.
        let clamp =
            |lower: &mut Self, (x, from, to): &(Span, i64, i64), low: i64, high: i64| -> Result<(Span, i64, i64)> {
                let mut x = x.clone();
                if *from < low {
                    x = lower.exact(Alu::Maximum, Dtype::I32, &Arg::Span(x), &Arg::Int(low), size)?;
                }
                if *to > high {
                    x = lower.exact(Alu::Minimum, Dtype::I32, &Arg::Span(x), &Arg::Int(high), size)?;
                }
                Ok((x, (*from).clamp(low, high), (*to).clamp(low, high)))
            };
        let (mut near, mut begin) = (
            Place { view: place.view, starts: vec![], sizes: vec![], inside: vec![], load: true, ranges: vec![] },
            vec![],
        );
        // By dimension: elements of the private tensor, where the tile near begins in it, and what the run adds.
        let mut around: Vec<(u64, u64, Option<Span>)> = Vec::new();
        for (dim, start) in place.starts.iter().enumerate() {
            let (whole, inside) = (place.sizes[dim], place.inside[dim]);
            match start {
                Start::Anywhere(id) => {
                    let count = whole.min(view.dims()[dim]);
                    let range = place.ranges[dim];
                    let index = (self.form(*id, PARTITIONS)?, range.lo(), range.hi());
                    let nearest = clamp(self, &index, 0, (view.dims()[dim] - count) as i64)?;
                    // Far outside, the difference may leave 32 bits, so that the index is brought nearer first.
                    let reach = (view.dims()[dim] + whole) as i64;
                    let index = clamp(self, &index, -reach, reach)?;
                    let apart = Arg::Span(nearest.0.clone());
                    let away = self.exact(Alu::Subtract, Dtype::I32, &Arg::Span(index.0.clone()), &apart, size)?;
                    // Its number less the nearest one that is inside: nothing as long as it is inside itself.
                    let last = (view.dims()[dim] - count) as i64;
                    let away = (away, index.1.min(0), (index.2 - last).max(0));
                    let away = clamp(self, &away, -(whole as i64), count as i64)?.0;
                    let id = self.new_forms("start", Dtype::I32, 1, Origin::Forms, vec![nearest.0]);
                    near.starts.push(Start::Inside(id));
                    near.sizes.push(count);
                    near.inside.push((0, count));
                    around.push((2 * whole + count, whole, Some(away)));
                    begin.push(whole);
                }
                Start::Known(_) | Start::Inside(_) => {
                    near.starts.push(start.clone());
                    near.sizes.push(whole);
                    near.inside.push(inside);
                    around.push((whole, inside.0, None));
                    begin.push(0);
                }
            }
        }
        let (hbm, mut dims) = self.address(&near)?;
        self.naming = before;
        for (dim, inside) in dims.iter_mut().zip(&near.inside) {
            dim.count = inside.1;
        }
        let count: u64 = dims.iter().map(|dim| dim.count).product();
        let block = self.gather_dims(&hbm, &dims, dtype, super::values::divisor(count))?;
        let total: u64 = around.iter().map(|dim| dim.0).product();
        let scratch = self.scratch(name, dtype, total);
        let parts = super::values::divisor(total);
        let padding = self.padded(dtype, parts, total / parts, pad)?;
        self.scatter(&padding, &[Dim { count: total, step: 1 }], &scratch, None)?;
        let mut steps = vec![1; around.len()];
        for dim in (0..around.len().saturating_sub(1)).rev() {
            steps[dim] = steps[dim + 1] * around[dim + 1].0;
        }
        let first: u64 = around.iter().zip(&steps).map(|(dim, step)| dim.1 * step).sum();
        let inner: Vec<Dim> = dims.iter().zip(&steps).map(|(dim, &step)| Dim { count: dim.count, step }).collect();
        self.scatter(&block, &inner, &Hbm { offset: Expr::from(first), ..scratch.clone() }, None)?;
        let before = std::mem::replace(&mut self.naming, "start".to_owned());
        let mut index = None;
        for ((_, _, away), &step) in around.iter().zip(&steps) {
            let Some(away) = away else { continue };
            let term = self.exact(Alu::Multiply, Dtype::I32, &Arg::Span(away.clone()), &Arg::Int(step as i64), size)?;
            index = Some(match index {
                None => term,
                Some(sum) => self.exact(Alu::Add, Dtype::I32, &Arg::Span(sum), &term.into(), size)?,
            });
        }
        let Some(index) = index else { return self.broken("nothing hangs over") };
        // Addresses are not negative: the run adds to the element before the least one.
        let from: u64 = begin.iter().zip(&steps).map(|(begin, step)| begin * step).sum();
        let index = self.exact(Alu::Add, Dtype::I32, &index.into(), &Arg::Int(from as i64), size)?;
        self.naming = before;
        let dynamic = Some(self.dynamic(index, 0));
        let leading = place.sizes.len() - shape.rank();
        let dims = place.sizes.iter().zip(&steps).skip(leading).map(|(&count, &step)| Dim { count, step }).collect();
        let source = Source { hbm: Hbm { dynamic, ..scratch }, dims, written: None };
        Ok(self.new_forms(name, dtype, shape.count(), Origin::Source(source), vec![]))
    }
}
