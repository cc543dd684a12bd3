//! Which programs of a producer each program of a consumer needs: found, and proven, by looking at every one of them.

use std::collections::{BTreeMap, BTreeSet};

use tile_ir::{Access, Kernel, Loc, Op, OpKind, ParamKind, Value, View, ViewId};

use crate::error::Error;
use crate::place::{Places, Stretches};

/// Programs times pieces that are looked at; with more, kernels are not fused.
const MOST_PIECES: u64 = 1 << 20;

/// A number that grows by the same with each step of the program along x, y, z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Affine {
    pub(crate) first: i64,
    pub(crate) steps: [i64; 3],
}

impl Affine {
    /// The one that `of` is for every program of a grid, if it is one.
    fn fit(grid: [u64; 3], of: &[u64]) -> Option<Affine> {
        let number = |at: u64| i64::try_from(*of.get(usize::try_from(at).ok()?)?).ok();
        let first = number(0)?;
        let strides = [1, grid[0], grid[0] * grid[1]];
        let mut steps = [0; 3];
        for ((step, stride), programs) in steps.iter_mut().zip(strides).zip(grid) {
            if programs > 1 {
                *step = number(stride)? - first;
            }
        }
        let fitted = Affine { first, steps };
        let all = programs(grid).zip(of).all(|(program, &value)| fitted.at(program) == i64::try_from(value).ok());
        all.then_some(fitted)
    }

    fn at(&self, program: [u64; 3]) -> Option<i64> {
        self.steps
            .iter()
            .zip(program)
            .try_fold(self.first, |sum, (step, at)| sum.checked_add(step.checked_mul(i64::try_from(at).ok()?)?))
    }
}

/// All programs of a grid, x fastest.
fn programs(grid: [u64; 3]) -> impl Iterator<Item = [u64; 3]> {
    let [along_x, along_y, along_z] = grid;
    (0..along_z).flat_map(move |z| (0..along_y).flat_map(move |y| (0..along_x).map(move |x| [x, y, z])))
}

/// What one program of the producer writes, where it lies in the consumer's view, as the consumer's program says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Piece {
    /// The producer's program.
    pub(crate) program: [Affine; 3],
    /// Its first element in each dimension of the consumer's view behind the leading ones.
    pub(crate) at: Vec<Affine>,
}

/// A load of the consumer, made of pieces.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    /// The loaded tile.
    pub(crate) result: Value,
    pub(crate) loc: Loc,
    /// Stretches of neighbours.
    pub(crate) rows: u64,
    /// By stretch, in order: indices into [`Needs::pieces`].
    pub(crate) parts: Vec<usize>,
}

/// What the programs of a consumer need of those of a producer.
#[derive(Clone, Debug)]
pub(crate) struct Needs {
    /// Pieces, each once.
    pub(crate) pieces: Vec<Piece>,
    pub(crate) loads: Vec<Made>,
    /// Elements of a piece.
    pub(crate) len: u64,
    /// Scalar parameters that choose an element of the views' leading dimensions: the producer's and the consumer's.
    pub(crate) lead: Vec<(usize, usize)>,
    /// Whether the consumer overwrites all that it reads, in place.
    pub(crate) overwritten: bool,
    /// Whether each piece is a part of one row of the consumer's view, or whole rows of it.
    pub(crate) rows: bool,
}

/// The store of the linked view, and where it lies for each of the producer's programs.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    /// The view.
    pub(crate) view: ViewId,
    /// What is stored.
    pub(crate) value: Value,
    /// By program.
    stretches: Vec<Stretches>,
}

/// Finds the one place where each program of `producer` writes a piece of `view`.
pub(crate) fn output(producer: &Kernel, places: &Places<'_>, view: usize) -> Result<Output, Error> {
    let refuse = |what: &str, loc: &Loc| {
        Err(Error::Pieces { kernel: producer.name.clone(), what: what.to_owned(), loc: loc.clone() })
    };
    if producer.programs() > MOST_PIECES {
        return refuse("runs too many programs to look at each", &producer.loc);
    }
    let id = ViewId(view as u32);
    let mut touching: Vec<&Op> = Vec::new();
    producer.body.for_each_op(&mut |op| {
        if op.kind.view() == Some(id) {
            touching.push(op);
        }
    });
    let [op] = touching[..] else {
        let name = &producer.params[view].name;
        return refuse(&format!("does not access `{name}` exactly once"), &producer.loc);
    };
    let (OpKind::Store { value, indices, mask: None, .. }, Some(declared)) = (&op.kind, producer.view(id)) else {
        return refuse("reads its output, or writes it under a mask or element by element", &op.loc);
    };
    if !producer.body.ops.iter().any(|top| std::ptr::eq(top, op)) {
        return refuse("writes its output in a loop or a branch", &op.loc);
    }
    let tile = producer.ty(*value).shape;
    let mut stretches = Vec::new();
    for program in programs(producer.grid) {
        match places.stretches(declared, indices, tile.dims(), program) {
            Ok(found) if found.starts.len() == 1 => stretches.push(found),
            Ok(_) => return refuse("writes a piece whose elements are no neighbours", &op.loc),
            Err(what) => return refuse(&format!("writes its output {what}"), &op.loc),
        }
    }
    Ok(Output { view: id, value: *value, stretches })
}

impl Output {
    /// Elements of a piece.
    fn len(&self) -> u64 {
        self.stretches.first().map_or(0, |first| first.len)
    }

    fn lead(&self) -> &[usize] {
        self.stretches.first().map_or(&[], |first| &first.lead)
    }

    /// Whether each program writes the same elements of two views.
    pub(crate) fn alike(&self, other: &Output) -> bool {
        self.stretches == other.stretches
    }

    /// Whether the pieces are all of a view.
    pub(crate) fn whole(&self, view: &View) -> bool {
        let starts: BTreeSet<u64> = self.stretches.iter().flat_map(|one| one.starts.iter().copied()).collect();
        self.lead().is_empty() && starts.len() as u64 * self.len() == view.shape.count()
    }
}

/// Finds what the programs of `consumer` need of those of `producer` in the place of their loads of `input`, a view.
pub(crate) fn needs(
    producer: &Kernel,
    output: &Output,
    consumer: &Kernel,
    (input, view): (usize, &View),
) -> Result<Needs, Error> {
    let in_place = view.access == Access::Write;
    let found =
        Needs { pieces: vec![], loads: vec![], len: output.len(), lead: vec![], overwritten: false, rows: true };
    let writers = programs(producer.grid).zip(&output.stretches).map(|(program, own)| (own.starts[0], program));
    let mut finder = Finder {
        producer,
        output,
        consumer,
        id: ViewId(input as u32),
        view,
        places: Places::of(consumer),
        writers: writers.collect(),
        needed: BTreeMap::new(),
        starts: Vec::new(),
        found,
    };
    let mut reads: Vec<&Op> = Vec::new();
    consumer.body.for_each_op(&mut |op| {
        if op.kind.view_read() == Some(finder.id) {
            reads.push(op);
        }
    });
    if consumer.programs().saturating_mul(reads.len() as u64) > MOST_PIECES {
        return Err(finder.refuse("in too many places to look at each", &consumer.loc));
    }
    if in_place {
        finder.reads_come_first(&reads)?;
    }
    finder.starts = programs(consumer.grid).map(|_| BTreeSet::new()).collect();
    for op in reads {
        finder.load(op)?;
    }
    if finder.needed.len() as u64 != producer.programs() {
        let what = "not everywhere: some programs of the producer would not run";
        return Err(finder.refuse(what, &consumer.loc));
    }
    let overwritten = in_place && finder.overwrites();
    Ok(Needs { overwritten, ..finder.found })
}

/// What is known of the consumer's loads so far.
struct Finder<'a> {
    producer: &'a Kernel,
    output: &'a Output,
    consumer: &'a Kernel,
    /// The consumer's view of what the producer writes.
    id: ViewId,
    view: &'a View,
    places: Places<'a>,
    /// By first element of a piece: the program of the producer that writes it.
    writers: BTreeMap<u64, [u64; 3]>,
    /// By program of the producer: the program of the consumer that needs it.
    needed: BTreeMap<[u64; 3], [u64; 3]>,
    /// By program of the consumer: where its pieces begin.
    starts: Vec<BTreeSet<u64>>,
    found: Needs,
}

impl Finder<'_> {
    fn refuse(&self, what: &str, loc: &Loc) -> Error {
        Error::Blocks {
            kernel: self.consumer.name.clone(),
            arg: self.consumer.params[self.id.index()].name.clone(),
            producer: self.producer.name.clone(),
            what: what.to_owned(),
            loc: loc.clone(),
        }
    }

    /// A kernel that works in place reads what the producer left only before it writes.
    fn reads_come_first(&self, reads: &[&Op]) -> Result<(), Error> {
        let mut written = false;
        let mut seen = 0;
        for op in &self.consumer.body.ops {
            if op.kind.view_read() == Some(self.id) {
                seen += 1;
                if written {
                    return Err(self.refuse("after it has overwritten some of it", &op.loc));
                }
            }
            let mut see = |op: &Op| written |= op.kind.view_written() == Some(self.id);
            see(op);
            op.kind.blocks().into_iter().for_each(|block| block.for_each_op(&mut |op| see(op)));
        }
        match reads.get(seen) {
            Some(op) if seen < reads.len() => Err(self.refuse("in a loop or a branch, and overwrites it", &op.loc)),
            Some(_) | None => Ok(()),
        }
    }

    /// One load, for every program.
    fn load(&mut self, op: &Op) -> Result<(), Error> {
        let (OpKind::Load { indices, mask: None, .. }, Some(result)) = (&op.kind, op.result()) else {
            return Err(self.refuse("element by element or under a mask", &op.loc));
        };
        let tile = self.consumer.ty(result).shape;
        let len = self.found.len;
        let mut rows = 0;
        // By piece of the load: where it begins, for each program.
        let mut begins: Vec<Vec<u64>> = Vec::new();
        for (number, program) in programs(self.consumer.grid).enumerate() {
            let stretches = self.places.stretches(self.view, indices, tile.dims(), program);
            let stretches = stretches.map_err(|what| self.refuse(what, &op.loc))?;
            self.link(&stretches.lead, &op.loc)?;
            let elsewhere = "in other pieces than it is written";
            if !stretches.len.is_multiple_of(len) {
                return Err(self.refuse(elsewhere, &op.loc));
            }
            rows = stretches.starts.len() as u64;
            let in_row = stretches.len / len;
            let pieces = stretches.starts.iter().flat_map(|start| (0..in_row).map(move |i| start + i * len));
            for (part, start) in pieces.enumerate() {
                let writer = self.writers.get(&start).copied().ok_or_else(|| self.refuse(elsewhere, &op.loc))?;
                if *self.needed.entry(writer).or_insert(program) != program {
                    return Err(self.refuse("in programs that overlap", &op.loc));
                }
                if begins.len() == part {
                    begins.push(Vec::new());
                }
                begins[part].push(start);
                self.starts[number].insert(start);
            }
        }
        let mut parts = Vec::new();
        for begin in &begins {
            let Some(piece) = self.piece(begin) else {
                return Err(self.refuse("at places that do not grow evenly with the program", &op.loc));
            };
            let pieces = &mut self.found.pieces;
            let known = pieces.iter().position(|known| *known == piece);
            parts.push(known.unwrap_or(pieces.len()));
            if known.is_none() {
                pieces.push(piece);
            }
        }
        self.found.loads.push(Made { result, loc: op.loc.clone(), rows, parts });
        Ok(())
    }

    /// What chooses an element of the leading dimensions must be one number for both.
    fn link(&mut self, lead: &[usize], loc: &Loc) -> Result<(), Error> {
        let from = self.output.lead();
        let written = self.producer.view(self.output.view).map(|view| &view.shape.dims()[..from.len()]);
        if written != self.view.shape.dims().get(..lead.len()) {
            return Err(self.refuse("with other leading dimensions than it is written", loc));
        }
        let lead: Vec<(usize, usize)> = from.iter().copied().zip(lead.iter().copied()).collect();
        let numbers =
            |&(from, to): &(usize, usize)| match (&self.producer.params[from].kind, &self.consumer.params[to].kind) {
                (ParamKind::Scalar(from), ParamKind::Scalar(to)) => from.elem == to.elem,
                (ParamKind::View(_), _) | (_, ParamKind::View(_)) => false,
            };
        if !lead.iter().all(numbers) {
            return Err(self.refuse("at a number of another type than it is written", loc));
        }
        if self.found.lead.is_empty() {
            self.found.lead = lead;
        } else if self.found.lead != lead {
            return Err(self.refuse("at several places along its leading dimensions", loc));
        }
        Ok(())
    }

    /// The piece that begins at `begins[i]` for program number `i`, if that grows evenly.
    fn piece(&mut self, begins: &[u64]) -> Option<Piece> {
        let of_axis = |axis: usize| -> Option<Affine> {
            let programs: Vec<u64> = begins.iter().map(|start| self.writers[start][axis]).collect();
            Affine::fit(self.consumer.grid, &programs)
        };
        let program = [of_axis(0)?, of_axis(1)?, of_axis(2)?];
        self.found.rows &= begins.iter().all(|&begin| self.in_rows(begin));
        let mut stride = 1;
        let mut at = Vec::new();
        for &extent in self.view.shape.dims()[self.found.lead.len()..].iter().rev() {
            let along: Vec<u64> = begins.iter().map(|start| start / stride % extent).collect();
            at.push(Affine::fit(self.consumer.grid, &along)?);
            stride *= extent;
        }
        at.reverse();
        Some(Piece { program, at })
    }

    /// Whether the piece that begins there is a part of one row, or whole rows of one matrix.
    fn in_rows(&self, begin: u64) -> bool {
        let mut inner = self.view.shape.dims()[self.found.lead.len()..].iter().rev();
        let (len, columns) = (self.found.len, inner.next().copied().unwrap_or(1));
        let rows = inner.next().copied().unwrap_or(1);
        let (row, column) = (begin / columns % rows, begin % columns);
        column + len <= columns || (column == 0 && len.is_multiple_of(columns) && row + len / columns <= rows)
    }

    /// Whether every program stores over the pieces that it needs.
    fn overwrites(&self) -> bool {
        let stores: Vec<(Value, &[Value])> = self
            .consumer
            .body
            .ops
            .iter()
            .filter_map(|op| match &op.kind {
                OpKind::Store { view, value, indices, mask: None, .. } if *view == self.id => {
                    Some((*value, indices.as_slice()))
                }
                _ => None,
            })
            .collect();
        let lead: Vec<usize> = self.found.lead.iter().map(|(_, own)| *own).collect();
        programs(self.consumer.grid).zip(&self.starts).all(|(program, starts)| {
            let stretches = stores.iter().filter_map(|(value, indices)| {
                let tile = self.consumer.ty(*value).shape;
                self.places.stretches(self.view, indices, tile.dims(), program).ok()
            });
            let stored: Vec<Stretches> = stretches.filter(|stored| stored.lead == lead).collect();
            starts.iter().all(|&start| stored.iter().any(|stored| stored.hold(start, self.found.len)))
        })
    }
}
