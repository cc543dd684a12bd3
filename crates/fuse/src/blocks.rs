//! A kernel of many programs, computed piece by piece inside the programs of another.

use std::collections::{BTreeMap, BTreeSet};

use tile_ir::{
    Access, Axis, BinaryOp, Block, Elem, Kernel, Literal, Loc, Number, Op, OpKind, Param, ParamKind, Shape, Type,
    Value, View, ViewId, rewrite,
};

use crate::error::Error;
use crate::inline::{Inlined, Origin};
use crate::merge::{remap_view, rename};
use crate::pieces::{Affine, Needs, Output, Piece, needs, output};
use crate::place::Places;

/// Whether the consumer's parameter `input` may be what the producer writes piece by piece: as many elements of the same
/// type, read, or overwritten in place.
pub(crate) fn fits_blocks(producer: &Kernel, consumer: &Kernel, written: usize, input: usize) -> bool {
    let views = (producer.view(ViewId(written as u32)), consumer.view(ViewId(input as u32)));
    let (Some(from), Some(to)) = views else { return false };
    from.access == Access::Write
        && to.access != Access::Weights
        && (from.elem, from.shape.count()) == (to.elem, to.shape.count())
}

/// Computes programs of `producer` in each program of `consumer`, in place of its loads from parameter `input`, which is the
/// producer's parameter `written`.
///
/// Each program of the producer stores one piece of that view, neighbouring elements, once. Each load of the consumer is,
/// for every one of its programs, made of whole pieces, and each piece is needed by one program of the consumer: the index
/// expressions are evaluated for all of them. What else the producer stores at the same places is stored in the program that
/// computes the piece, so that these views are shaped like the consumer's.
///
/// The consumer's view may be one that it overwrites: then its own stores stand for the producer's, where they overwrite all
/// that it read.
///
/// # Errors
/// Kernels that are not of this form.
pub fn inline_blocks(producer: &Kernel, written: usize, consumer: &Kernel, input: usize) -> Result<Inlined, Error> {
    let view = consumer.view(ViewId(input as u32)).filter(|_| fits_blocks(producer, consumer, written, input));
    let Some(view) = view else {
        let arg = consumer.params.get(input).map_or_else(|| format!("#{input}"), |param| param.name.clone());
        return Err(Error::WrongLink { kernel: consumer.name.clone(), arg, producer: producer.name.clone() });
    };
    let places = Places::of(producer);
    let stored = output(producer, &places, written)?;
    let needs = needs(producer, &stored, consumer, (input, view))?;
    let others = others(producer, &places, &stored, view)?;
    if view.access == Access::Read && !producer.view(stored.view).is_some_and(|view| stored.whole(view)) {
        let what = "writes only a part of its output, which is read and not overwritten".to_owned();
        return Err(Error::Pieces { kernel: producer.name.clone(), what, loc: producer.loc.clone() });
    }
    if !needs.rows && !(others.is_empty() && (needs.overwritten || view.access == Access::Read)) {
        let what =
            format!("stores pieces that are neither parts of rows of `{}` nor whole ones", consumer.params[input].name);
        return Err(Error::Pieces { kernel: producer.name.clone(), what, loc: producer.loc.clone() });
    }
    let mut fused = Fuser::new(producer, consumer, &stored, &needs, (input, view));
    for piece in &needs.pieces {
        fused.piece(piece, &others);
    }
    fused.finish()
}

/// The producer's other outputs: each program writes the same elements of them.
fn others(producer: &Kernel, places: &Places<'_>, linked: &Output, view: &View) -> Result<Vec<ViewId>, Error> {
    let mut found = Vec::new();
    for (number, param) in producer.params.iter().enumerate() {
        let id = ViewId(number as u32);
        let Some(own) = producer.view(id).filter(|own| own.access == Access::Write && id != linked.view) else {
            continue;
        };
        let refuse = |what: String| Error::Pieces { kernel: producer.name.clone(), what, loc: param.loc.clone() };
        if view.access != Access::Write {
            return Err(refuse(format!("writes `{}` too, and only what is overwritten has an owner", param.name)));
        }
        let shape = producer.view(linked.view).map(|view| view.shape);
        if Some(own.shape) != shape || !output(producer, places, number)?.alike(linked) {
            return Err(refuse(format!("writes `{}` too, at other places", param.name)));
        }
        found.push(id);
    }
    Ok(found)
}

/// The kernel in the making.
struct Fuser<'a> {
    producer: &'a Kernel,
    consumer: &'a Kernel,
    stored: &'a Output,
    needs: &'a Needs,
    input: usize,
    view: &'a View,
    kernel: Kernel,
    origins: Vec<Origin>,
    /// New parameter of each of the producer's.
    from_producer: Vec<usize>,
    /// New parameter of each of the consumer's.
    from_consumer: Vec<usize>,
    /// By scalar value of the producer: the fused kernel's.
    scalars: BTreeMap<Value, Value>,
    /// What comes before the consumer's own operations.
    first: Vec<Op>,
    /// By axis: the program's number.
    program: [Option<Value>; 3],
    /// By piece: what is stored.
    values: Vec<Value>,
}

impl<'a> Fuser<'a> {
    fn new(
        producer: &'a Kernel,
        consumer: &'a Kernel,
        stored: &'a Output,
        needs: &'a Needs,
        (input, view): (usize, &'a View),
    ) -> Fuser<'a> {
        let mut fuser = Fuser {
            producer,
            consumer,
            stored,
            needs,
            input,
            view,
            kernel: consumer.clone(),
            origins: Vec::new(),
            from_producer: vec![0; producer.params.len()],
            from_consumer: vec![0; consumer.params.len()],
            scalars: BTreeMap::new(),
            first: Vec::new(),
            program: [None; 3],
            values: Vec::new(),
        };
        fuser.params();
        fuser
    }

    /// The parameters of both. The view between them is the consumer's if it is overwritten, and goes if not; numbers
    /// that choose an element of its leading dimensions are the consumer's. Names stay the consumer's.
    fn params(&mut self) {
        let (producer, consumer) = (self.producer, self.consumer);
        let gone = (self.view.access != Access::Write).then_some(self.input);
        let kept = |i: &usize| Some(*i) != gone;
        let mut taken: BTreeSet<String> =
            (0..consumer.params.len()).filter(kept).map(|i| consumer.params[i].name.clone()).collect();
        let linked = |i: usize| match self.needs.lead.iter().find(|(own, _)| *own == i) {
            Some((_, with)) => Some(*with),
            None => (i == self.stored.view.index()).then_some(self.input),
        };
        let mut params: Vec<Param> = Vec::new();
        for (i, param) in producer.params.iter().enumerate().filter(|(i, _)| linked(*i).is_none()) {
            let mut param = param.clone();
            param.take_name(&mut taken);
            self.from_producer[i] = params.len();
            params.push(param);
            self.origins.push(Origin::Producer(i));
        }
        let own = params.len();
        for i in (0..consumer.params.len()).filter(kept) {
            self.from_consumer[i] = params.len();
            params.push(consumer.params[i].clone());
            self.origins.push(Origin::Consumer(i));
        }
        for i in 0..producer.params.len() {
            if let Some(with) = linked(i) {
                self.from_producer[i] = self.from_consumer[with];
            }
        }
        // Numbers are one value in all pieces.
        for (i, param) in producer.params.iter().enumerate() {
            let ParamKind::Scalar(scalar) = &param.kind else { continue };
            let of = self.from_producer[i];
            let value = if of < own {
                self.kernel.values.push(producer.values[scalar.value.index()].clone());
                Value(self.kernel.values.len() as u32 - 1)
            } else {
                match &params[of].kind {
                    ParamKind::Scalar(with) => with.value,
                    ParamKind::View(_) => continue,
                }
            };
            self.scalars.insert(scalar.value, value);
            if let ParamKind::Scalar(with) = &mut params[of].kind {
                with.value = value;
                // Both are promised.
                with.bound = with.bound.into_iter().chain(scalar.bound).min();
            }
        }
        for (number, param) in params.iter_mut().enumerate() {
            if let ParamKind::View(view) = &mut param.kind
                && view.access == Access::Write
                && number < own
            {
                view.shape = self.view.shape;
                view.own = self.view.own.clone();
            }
            param.map_owners(|owner| self.from_consumer[owner]);
        }
        self.kernel.params = params;
    }

    fn op(&mut self, kind: OpKind, ty: Type, loc: &Loc) -> Value {
        let result = self.kernel.new_value(ty);
        self.first.push(Op { kind, results: vec![result], loc: loc.clone() });
        result
    }

    fn index(&mut self, number: i64, loc: &Loc) -> Value {
        self.op(OpKind::Constant(Literal::Splat(Number::Int(number))), Type::INDEX, loc)
    }

    /// A number that grows with the program.
    fn affine(&mut self, affine: Affine, loc: &Loc) -> Value {
        let mut sum = None;
        for (axis, step) in Axis::ALL.into_iter().zip(affine.steps).filter(|(_, step)| *step != 0) {
            let program = match self.program[axis.index()] {
                Some(known) => known,
                None => self.op(OpKind::ProgramId(axis), Type::INDEX, loc),
            };
            self.program[axis.index()] = Some(program);
            let term = if step == 1 {
                program
            } else {
                let step = self.index(step, loc);
                self.op(OpKind::Binary(BinaryOp::Mul, program, step), Type::INDEX, loc)
            };
            sum = Some(match sum {
                Some(sum) => self.op(OpKind::Binary(BinaryOp::Add, sum, term), Type::INDEX, loc),
                None => term,
            });
        }
        match sum {
            None => self.index(affine.first, loc),
            Some(sum) if affine.first == 0 => sum,
            Some(sum) => {
                let first = self.index(affine.first, loc);
                self.op(OpKind::Binary(BinaryOp::Add, sum, first), Type::INDEX, loc)
            }
        }
    }

    /// The body of the producer, as the program that makes a piece.
    fn piece(&mut self, piece: &Piece, others: &[ViewId]) {
        let producer = self.producer;
        let loc = producer.loc.clone();
        let program = piece.program.map(|along| self.affine(along, &loc));
        let at: Vec<Value> = piece.at.iter().map(|along| self.affine(*along, &loc)).collect();
        let base = self.kernel.values.len() as u32;
        self.kernel.values.extend(producer.values.iter().cloned());
        let scalars = self.scalars.clone();
        let moved = move |value: Value| scalars.get(&value).copied().unwrap_or(Value(value.0 + base));
        let mut body = producer.body.clone();
        rename(&mut body, &moved);
        // The numbers of the producer's program.
        let mut numbers = BTreeMap::new();
        body.for_each_op_mut(&mut |op| match op.kind {
            OpKind::ProgramId(axis) => {
                numbers.extend(op.results.iter().map(|&result| (result, program[axis.index()])));
            }
            OpKind::NumPrograms(axis) => {
                let programs = i64::try_from(producer.grid[axis.index()]).unwrap_or(i64::MAX);
                op.kind = OpKind::Constant(Literal::Splat(Number::Int(programs)));
            }
            _ => {}
        });
        body.map_uses(&mut |value| numbers.get(&value).copied().unwrap_or(value));
        for mut op in std::mem::take(&mut body.ops) {
            let stored = op.kind.view_written();
            let kept = stored.is_some_and(|view| others.contains(&view))
                || (stored == Some(self.stored.view) && !self.dropped());
            if kept {
                self.store(op, &at);
            } else if stored.is_none() {
                op.kind.view_mut().into_iter().for_each(|view| *view = ViewId(self.from_producer[view.index()] as u32));
                let map = &self.from_producer;
                let blocks = op.kind.blocks_mut();
                blocks.into_iter().for_each(|block| block.for_each_op_mut(&mut |op| remap_view(op, map)));
                self.first.push(op);
            }
        }
        self.values.push(moved(self.stored.value));
    }

    /// Whether nobody reads what the producer stores.
    fn dropped(&self) -> bool {
        self.needs.overwritten || self.view.access != Access::Write
    }

    /// A store of a piece, where it lies in the consumer's view.
    fn store(&mut self, op: Op, at: &[Value]) {
        let OpKind::Store { view, value, indices, .. } = op.kind else { return };
        let lead = self.needs.lead.len();
        let (extents, len) = (self.view.shape.dims(), self.needs.len);
        // A piece is a part of a row, or several whole ones.
        let columns = extents.last().copied().unwrap_or(1);
        let tile = if len > columns { vec![len / columns, columns] } else { vec![len] };
        let rank = extents.len();
        let dims: Vec<u64> = std::iter::repeat_n(1, (rank - lead).saturating_sub(tile.len())).chain(tile).collect();
        let ty = Type { shape: Shape::new(&dims).unwrap_or_default(), ..self.kernel.ty(value) };
        let value = self.reshaped(value, ty, &op.loc);
        let indices = indices[..lead].iter().chain(at).copied().collect();
        let in_bounds = vec![false; dims.len()];
        let view = ViewId(self.from_producer[view.index()] as u32);
        let kind = OpKind::Store { view, value, indices, mask: None, in_bounds };
        self.first.push(Op { kind, results: vec![], loc: op.loc });
    }

    fn reshaped(&mut self, value: Value, ty: Type, loc: &Loc) -> Value {
        if self.kernel.ty(value) == ty { value } else { self.op(OpKind::Reshape(value), ty, loc) }
    }

    /// What stands for the consumer's loads, and the whole kernel.
    fn finish(mut self) -> Result<Inlined, Error> {
        let mut gone = BTreeMap::new();
        let needs = self.needs;
        for load in &needs.loads {
            let ty = self.consumer.ty(load.result);
            let made = match load.parts[..] {
                [only] => self.values[only],
                _ => self.assembled(&load.parts, load.rows, ty.elem, &load.loc),
            };
            let made = self.reshaped(made, ty, &load.loc);
            gone.insert(load.result, made);
        }
        let mut body = self.consumer.body.clone();
        without(&mut body, &gone);
        body.map_uses(&mut |value| gone.get(&value).copied().unwrap_or(value));
        body.for_each_op_mut(&mut |op| remap_view(op, &self.from_consumer));
        body.ops.splice(..0, self.first);
        self.kernel.body = body;
        rewrite::merge_common(&mut self.kernel);
        rewrite::remove_dead(&mut self.kernel);
        let name = self.kernel.name.clone();
        tile_ir::validate_kernel(&self.kernel)
            .map_err(|mut errors| Error::Invalid { kernel: name, source: Box::new(errors.remove(0)) })?;
        let written = self.stored.view.index();
        let same = [(written, self.input)].into_iter().chain(needs.lead.iter().copied()).collect();
        let drops = (self.view.access != Access::Write).then_some(written);
        Ok(Inlined { kernel: self.kernel, origins: self.origins, same, copies: needs.pieces.len(), drops })
    }

    /// A tile of `rows` rows out of pieces, in order.
    fn assembled(&mut self, parts: &[usize], rows: u64, elem: Elem, loc: &Loc) -> Value {
        let len = self.needs.len;
        let in_row = parts.len() as u64 / rows;
        let row = |columns: u64, rows: u64| Type { shape: Shape::new(&[rows, columns]).unwrap_or_default(), elem };
        let whole = row(in_row * len, rows);
        let zero = if elem.is_float() { Number::Float(0.0) } else { Number::Int(0) };
        let mut tile = self.op(OpKind::Constant(Literal::Splat(zero)), whole, loc);
        for (number, &part) in (0..).zip(parts) {
            let value = self.reshaped(self.values[part], row(len, 1), loc);
            let offsets = vec![number / in_row, number % in_row * len];
            tile = self.op(OpKind::InsertSlice { value, into: tile, offsets }, whole, loc);
        }
        tile
    }
}

/// Takes the operations away whose results something else stands for.
fn without(block: &mut Block, gone: &BTreeMap<Value, Value>) {
    block.ops.retain(|op| !op.result().is_some_and(|result| gone.contains_key(&result)));
    block.ops.iter_mut().flat_map(|op| op.kind.blocks_mut()).for_each(|block| without(block, gone));
}
