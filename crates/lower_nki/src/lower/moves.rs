//! Patterns of elements in HBM and on the chip, and copies between them.

use super::state::{Lower, Result};
use crate::ir::{Dtype, Expr, Hbm, Mem, Span};
use crate::limits;

/// An axis: elements, and the step between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dim {
    pub(super) count: u64,
    pub(super) step: u64,
}

/// Cuts axes so that those in front have `parts` elements together; an axis may be cut in two.
pub(super) fn split(dims: &[Dim], parts: u64) -> Option<(Vec<Dim>, Vec<Dim>)> {
    let (mut lead, mut left, mut at) = (Vec::new(), parts, 0);
    while left > 1 {
        let dim = *dims.get(at)?;
        at += 1;
        if left.is_multiple_of(dim.count) {
            lead.push(dim);
            left /= dim.count;
        } else if dim.count.is_multiple_of(left) {
            let inner = dim.count / left;
            lead.push(Dim { count: left, step: dim.step * inner });
            let mut trail = vec![Dim { count: inner, step: dim.step }];
            trail.extend(&dims[at..]);
            return Some((lead, trail));
        } else {
            return None;
        }
    }
    Some((lead, dims[at..].to_vec()))
}

/// A pattern of elements of which each is one of a pattern itself: `trail` counts in elements of `inner`.
pub(super) fn compose(trail: &[Dim], inner: &[(u64, u64)]) -> Option<Vec<(u64, u64)>> {
    // Elements of `inner` behind each of its axes.
    let mut behind = vec![1; inner.len()];
    for axis in (0..inner.len().saturating_sub(1)).rev() {
        behind[axis] = behind[axis + 1] * inner[axis + 1].1;
    }
    let (mut result, mut reach) = (Vec::new(), vec![0; inner.len()]);
    for dim in trail {
        let (mut rest, mut step) = (dim.step, 0);
        for (axis, &(inner_step, _)) in inner.iter().enumerate() {
            let digit = rest / behind[axis];
            rest %= behind[axis];
            step += digit * inner_step;
            reach[axis] += digit * (dim.count - 1);
        }
        result.push((step, dim.count));
    }
    let fits = inner.iter().zip(&reach).all(|(&(_, count), &reach)| reach < count);
    if fits {
        return Some(result);
    }
    // An axis of `trail` that runs through several of `inner`.
    let cut: Vec<Dim> = trail
        .iter()
        .flat_map(|dim| {
            let size = inner.last().map_or(1, |last| last.1);
            let whole = dim.step > 0 && size.is_multiple_of(dim.step) && dim.count.is_multiple_of(size / dim.step);
            if whole && dim.count * dim.step > size && size / dim.step > 1 {
                let run = size / dim.step;
                vec![Dim { count: dim.count / run, step: size }, Dim { count: run, step: dim.step }]
            } else {
                vec![*dim]
            }
        })
        .collect();
    if cut.len() > trail.len() { compose(&cut, inner) } else { None }
}

/// The span as one axis of neighbours, if it is that.
pub(super) fn flat(span: &Span) -> Option<Span> {
    match span.merged()[..] {
        [] => Some(Span { dims: vec![(1, 1)], ..span.clone() }),
        [(step, count)] => Some(Span { dims: vec![(step, count)], ..span.clone() }),
        [_, ..] => None,
    }
}

impl Span {
    /// `size` elements from `first` on, of a span of one axis.
    pub(super) fn part_of(&self, first: u64, size: u64) -> Span {
        let step = self.dims.first().map_or(1, |dim| dim.0);
        Span { offset: self.offset.clone().plus(Expr::from(first * step)), dims: vec![(step, size)], ..self.clone() }
    }
}

/// Partitions for a box of a tile, so that each has all of its elements inside or none: its rows, or parts of its only row.
pub(super) fn box_parts(shape: &[u64], part: &[(u64, u64)]) -> u64 {
    let Some((&cols, rows)) = shape.split_last() else { return 1 };
    let rows: u64 = rows.iter().product();
    let (first, count) = part.last().copied().unwrap_or((0, cols));
    if rows > 1 {
        return super::values::divisor(rows);
    }
    let whole = |parts: &u64| {
        let run = cols / parts;
        let long = run >= super::values::RUN || *parts == 1;
        long && cols.is_multiple_of(*parts) && first.is_multiple_of(run) && count.is_multiple_of(run)
    };
    (1..=limits::PARTITIONS.min(cols)).rev().find(whole).unwrap_or(1)
}

/// Axes without those of one element, neighbours that are one axis as one.
fn tidy(dims: &[Dim]) -> Vec<Dim> {
    let pairs: Vec<(u64, u64)> = dims.iter().map(|dim| (dim.step, dim.count)).collect();
    crate::ir::merged(&pairs).into_iter().map(|(step, count)| Dim { count, step }).collect()
}

impl Lower<'_> {
    /// Loads the elements of these axes, in row-major order, into a new tile of `parts` partitions.
    pub(super) fn gather_dims(&mut self, hbm: &Hbm, dims: &[Dim], dtype: Dtype, parts: u64) -> Result<Span> {
        let count: u64 = dims.iter().map(|dim| dim.count).product();
        let span = self.temp(dtype, parts, count / parts);
        self.transfer(&span, dims, hbm, true)?;
        Ok(span)
    }

    /// Stores a tile's elements at these axes. With `part`, only those in a box of the tile's axes: first and count of each.
    pub(super) fn scatter(&mut self, span: &Span, dims: &[Dim], hbm: &Hbm, part: Option<&[(u64, u64)]>) -> Result<()> {
        match part {
            None => self.transfer(span, dims, hbm, false),
            Some(part) => self.transfer_box(span, dims, part, hbm, false),
        }
    }

    fn transfer(&mut self, span: &Span, dims: &[Dim], hbm: &Hbm, load: bool) -> Result<()> {
        let whole: Vec<(u64, u64)> = dims.iter().map(|dim| (0, dim.count)).collect();
        self.transfer_box(span, dims, &whole, hbm, load)
    }

    /// Copies between HBM and the box `part` (first and count by axis) of a tile with axes `dims`, whose steps are those in HBM.
    /// `hbm` is where the box begins.
    pub(super) fn transfer_box(
        &mut self,
        span: &Span,
        dims: &[Dim],
        part: &[(u64, u64)],
        hbm: &Hbm,
        load: bool,
    ) -> Result<()> {
        if !load && span.merged().len() > 1 {
            let copy = self.contiguous(span)?;
            return self.transfer_box(&copy, dims, part, hbm, load);
        }
        let sizes: Vec<Dim> = dims.iter().zip(part).map(|(dim, part)| Dim { count: part.1, step: dim.step }).collect();
        let whole = dims.iter().zip(part).all(|(dim, part)| *part == (0, dim.count));
        // On the chip an element's number is partition times run and the place in the run.
        let run = span.free();
        let mut flat_steps = vec![1; dims.len()];
        for axis in (0..dims.len().saturating_sub(1)).rev() {
            flat_steps[axis] = flat_steps[axis + 1] * dims[axis + 1].count;
        }
        if whole {
            let tidied = tidy(dims);
            let tidied = if tidied.is_empty() { vec![Dim { count: 1, step: 1 }] } else { tidied };
            if tidied.len() < dims.len() {
                let part: Vec<(u64, u64)> = tidied.iter().map(|dim| (0, dim.count)).collect();
                return self.transfer_box(span, &tidied, &part, hbm, load);
            }
        }
        // Axes that lie across partitions, and those within; one may be both if it is whole.
        let (mut across, mut within) = (Vec::new(), Vec::new());
        let (mut first_part, mut first_free) = (0, 0);
        for (axis, size) in sizes.iter().enumerate() {
            let (first, flat_step) = (part[axis].0, flat_steps[axis]);
            if flat_step.is_multiple_of(run) {
                first_part += first * flat_step / run;
                across.push((Dim { count: size.count, step: flat_step / run }, *size));
            } else if run.is_multiple_of(flat_step * dims[axis].count) {
                first_free += first * flat_step;
                within.push((Dim { count: size.count, step: flat_step }, *size));
            } else if run.is_multiple_of(flat_step) {
                let inner = run / flat_step;
                if [dims[axis].count, first, size.count].iter().any(|n| !n.is_multiple_of(inner)) {
                    return self.transfer_rows(span, dims, part, hbm, load);
                }
                first_part += first / inner;
                let count = size.count / inner;
                across.push((Dim { count, step: 1 }, Dim { count, step: size.step * inner }));
                within.push((Dim { count: inner, step: flat_step }, Dim { count: inner, step: size.step }));
            } else {
                return self.transfer_rows(span, dims, part, hbm, load);
            }
        }
        self.copy_axes(span, (first_part, first_free), &mutable(across), &mutable(within), hbm, load)
    }

    /// One copy for each row of the box, where no pattern fits partitions.
    fn transfer_rows(&mut self, span: &Span, dims: &[Dim], part: &[(u64, u64)], hbm: &Hbm, load: bool) -> Result<()> {
        // Runs of elements that stay in one partition.
        let run = span.free();
        let mut flat_steps = vec![1; dims.len()];
        for axis in (0..dims.len().saturating_sub(1)).rev() {
            flat_steps[axis] = flat_steps[axis + 1] * dims[axis + 1].count;
        }
        let Some((last, outer)) = part.split_last() else { return self.broken("a box without axes") };
        let mut index = vec![0; outer.len()];
        loop {
            let flat: u64 = index.iter().zip(outer).zip(&flat_steps).map(|((i, part), step)| (i + part.0) * step).sum();
            let at: u64 = index.iter().zip(dims).map(|(i, dim)| i * dim.step).sum();
            let (mut done, step) = (0, dims.last().map_or(1, |dim| dim.step));
            while done < last.1 {
                let place = flat + last.0 + done;
                let size = (run - place % run).min(last.1 - done);
                let offset = hbm.offset.clone().plus(Expr::from(at + done * step));
                let there = Hbm { offset, ..hbm.clone() };
                let within = [(Dim { count: size, step: 1 }, Dim { count: size, step })];
                self.copy_axes(span, (place / run, place % run), &[], &within, &there, load)?;
                done += size;
            }
            let mut axis = outer.len();
            loop {
                if axis == 0 {
                    return Ok(());
                }
                axis -= 1;
                index[axis] += 1;
                if index[axis] < outer[axis].1 {
                    break;
                }
                index[axis] = 0;
            }
        }
    }

    /// Copies axes across partitions and within them: each is counted on the chip and in HBM.
    fn copy_axes(
        &mut self,
        span: &Span,
        (first_part, first_free): (u64, u64),
        across: &[(Dim, Dim)],
        within: &[(Dim, Dim)],
        hbm: &Hbm,
        load: bool,
    ) -> Result<()> {
        // Partitions follow one another, and are one axis in HBM: outer axes that are not are copied one by one.
        let one = |axes: &[(Dim, Dim)]| {
            let chip = tidy(&axes.iter().map(|axis| axis.0).collect::<Vec<_>>());
            let there = tidy(&axes.iter().map(|axis| axis.1).collect::<Vec<_>>());
            match (&chip[..], &there[..]) {
                ([], []) => Some((1, 1)),
                ([chip], [there]) if chip.step == 1 && chip.count == there.count => Some((there.step, chip.count)),
                (_, _) => None,
            }
        };
        let Some((part_step, parts)) = one(across) else {
            let (first, rest) = (across[0], &across[1..]);
            for i in 0..first.0.count {
                let there = Hbm { offset: hbm.offset.clone().plus(Expr::from(i * first.1.step)), ..hbm.clone() };
                self.copy_axes(span, (first_part + i * first.0.step, first_free), rest, within, &there, load)?;
            }
            return Ok(());
        };
        let trail: Vec<Dim> = within.iter().map(|axis| axis.0).collect();
        let start = [Dim { count: 1, step: first_free }];
        let Some(begin) = start_of(&start, &span.dims) else { return self.broken("a place outside of a run") };
        let Some(chip) = compose(&trail, &span.dims).filter(|chip| chip.len() == within.len()) else {
            if load || span.dims == [(1, span.free())] {
                return self.broken("a run that is not a pattern");
            }
            let copy = self.contiguous(span)?;
            return self.copy_axes(&copy, (first_part, first_free), across, within, hbm, load);
        };
        let mut pairs: Vec<((u64, u64), (u64, u64))> = Vec::new();
        for (&(step, count), (_, there)) in chip.iter().zip(within) {
            if count == 1 {
                continue;
            }
            match pairs.last_mut() {
                Some((chip, far)) if chip.0 == step * count && far.0 == there.step * count => {
                    (chip.0, chip.1, far.0, far.1) = (step, chip.1 * count, there.step, far.1 * count);
                }
                Some(_) | None => pairs.push(((step, count), (there.step, count))),
            }
        }
        if pairs.len() > limits::FREE_AXES || pairs.iter().any(|(chip, _)| chip.1 > limits::AXIS_ELEMENTS) {
            let (first, rest) = (within[0], &within[1..]);
            if rest.is_empty() {
                // One long axis in two.
                let half = first.0.count / 2;
                for (from, count) in [(0, half), (half, first.0.count - half)] {
                    let axis = (Dim { count, ..first.0 }, Dim { count, ..first.1 });
                    let there = Hbm { offset: hbm.offset.clone().plus(Expr::from(from * first.1.step)), ..hbm.clone() };
                    self.copy_axes(
                        span,
                        (first_part, first_free + from * first.0.step),
                        across,
                        &[axis],
                        &there,
                        load,
                    )?;
                }
                return Ok(());
            }
            for i in 0..first.0.count {
                let there = Hbm { offset: hbm.offset.clone().plus(Expr::from(i * first.1.step)), ..hbm.clone() };
                self.copy_axes(span, (first_part, first_free + i * first.0.step), across, rest, &there, load)?;
            }
            return Ok(());
        }
        if pairs.is_empty() {
            pairs.push(((1, 1), (1, 1)));
        }
        let chip = Span {
            tile: span.tile,
            part: span.part + first_part,
            parts,
            offset: span.offset.clone().plus(Expr::from(begin)),
            dims: pairs.iter().map(|pair| pair.0).collect(),
        };
        let dims = std::iter::once((part_step, parts)).chain(pairs.iter().map(|pair| pair.1)).collect();
        let there = self.addressed(Hbm { dims, ..hbm.clone() })?;
        if load {
            self.dma(Mem::Chip(chip), Mem::Hbm(there));
        } else {
            self.dma(Mem::Hbm(there), Mem::Chip(chip));
        }
        Ok(())
    }
}

fn mutable(axes: Vec<(Dim, Dim)>) -> Vec<(Dim, Dim)> {
    axes.into_iter().filter(|axis| axis.0.count > 1).collect()
}

/// Place of an element in a pattern.
fn start_of(start: &[Dim], inner: &[(u64, u64)]) -> Option<u64> {
    let mut rest = start.first()?.step;
    let mut at = 0;
    let mut behind: u64 = inner.iter().map(|dim| dim.1).product();
    for &(step, count) in inner {
        behind /= count;
        at += rest / behind * step;
        rest %= behind;
    }
    Some(at)
}
