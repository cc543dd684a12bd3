//! Address arithmetic in `index`.
//!
//! rustc computes offsets in `u32` and `u64`, and a view is indexed with `index`. Where the ranges of values show that
//! nothing wraps, the arithmetic is done in `index` from the start: loop counters and program indices then meet view
//! accesses without conversions, which people and index analysis read alike.

mod range;

use std::collections::{BTreeSet, HashMap};

use tile_ir::{BinaryOp, Block, CastOp, Elem, Kernel, Literal, Number, Op, OpKind, Type, Value, ValueData};

use self::range::Ranges;

/// Rewrites a kernel.
pub(crate) fn promote(kernel: &mut Kernel) {
    let ranges = Ranges::of(kernel);
    let mut definitions = HashMap::new();
    let mut wanted = BTreeSet::new();
    let mut constants = HashMap::new();
    for op in &kernel.body.ops {
        if let (OpKind::Constant(Literal::Splat(Number::Int(number))), [result]) = (&op.kind, op.results.as_slice())
            && kernel.ty(*result) == Type::INDEX
        {
            constants.entry(*number).or_insert(*result);
        }
    }
    kernel.body.for_each_op(&mut |op| {
        for &result in &op.results {
            definitions.insert(result, op.kind.clone());
        }
        if let OpKind::Cast(CastOp::IndexU, value) = op.kind
            && op.results.iter().all(|&result| kernel.ty(result) == Type::INDEX)
        {
            wanted.insert(value);
        }
    });
    let mut promotion = Promotion { ranges, definitions, constants, wanted, index: HashMap::new(), values: Vec::new() };
    promotion.close(kernel);
    promotion.values = std::mem::take(&mut kernel.values);
    let params: Vec<Value> = kernel.params.iter().filter_map(scalar).collect();
    let mut body = std::mem::take(&mut kernel.body);
    promotion.block(&mut body, &params);
    kernel.body = body;
    kernel.values = promotion.values;
}

fn scalar(param: &tile_ir::Param) -> Option<Value> {
    match &param.kind {
        tile_ir::ParamKind::Scalar(scalar) => Some(scalar.value),
        tile_ir::ParamKind::View(_) => None,
    }
}

struct Promotion {
    ranges: Ranges,
    definitions: HashMap<Value, OpKind>,
    /// `index` constants outside all loops.
    constants: HashMap<i64, Value>,
    /// Integers whose `index` form is used.
    wanted: BTreeSet<Value>,
    /// That form, once it is defined.
    index: HashMap<Value, Value>,
    values: Vec<ValueData>,
}

/// How the `index` form of a value is made.
enum Form {
    /// It is this `index` already.
    Same(Value),
    /// It is the `index` form of this integer.
    Of(Value),
    /// An `index` constant.
    Constant(i64),
    /// The operation on the operands' `index` forms.
    Binary(BinaryOp, Value, Value),
    /// A conversion.
    Cast,
}

impl Promotion {
    /// Adds the operands that promoted arithmetic needs.
    fn close(&mut self, kernel: &Kernel) {
        let mut work: Vec<Value> = self.wanted.iter().copied().collect();
        while let Some(value) = work.pop() {
            let operands = match self.form(value, &|value| kernel.ty(value)) {
                Form::Of(a) => vec![a],
                Form::Binary(_, a, b) => vec![a, b],
                Form::Same(_) | Form::Constant(_) | Form::Cast => Vec::new(),
            };
            work.extend(operands.into_iter().filter(|&operand| self.wanted.insert(operand)));
        }
    }

    fn form(&self, value: Value, ty: &dyn Fn(Value) -> Type) -> Form {
        let fits = |most: Option<u64>| most.is_some_and(|most| most <= range::most(ty(value).elem));
        match self.definitions.get(&value) {
            Some(OpKind::Constant(Literal::Splat(Number::Int(number)))) if *number >= 0 => Form::Constant(*number),
            Some(&OpKind::Cast(CastOp::ExtU, a)) if ty(a).elem != Elem::I1 => Form::Of(a),
            Some(&OpKind::Cast(CastOp::IndexU, a)) if fits(self.ranges.get(a).map(|range| range.1)) => Form::Same(a),
            Some(&OpKind::Binary(op, a, b)) => {
                let (Some(ra), Some(rb)) = (self.ranges.get(a), self.ranges.get(b)) else {
                    return Form::Cast;
                };
                // `index` is signed.
                if ra.1.max(rb.1) > range::most(Elem::Index) {
                    return Form::Cast;
                }
                let exact = match op {
                    BinaryOp::Add => fits(ra.1.checked_add(rb.1)),
                    BinaryOp::Mul => fits(ra.1.checked_mul(rb.1)),
                    BinaryOp::Sub => ra.0 >= rb.1,
                    BinaryOp::DivU | BinaryOp::RemU => rb.0 > 0,
                    BinaryOp::MinU | BinaryOp::MaxU => true,
                    _ => false,
                };
                if exact { Form::Binary(op, a, b) } else { Form::Cast }
            }
            _ => Form::Cast,
        }
    }

    fn block(&mut self, block: &mut Block, params: &[Value]) {
        let mut ops = Vec::with_capacity(block.ops.len());
        let loc = block.ops.first().map(|op| op.loc.clone()).unwrap_or_default();
        for value in params.iter().chain(&block.args) {
            self.define(*value, &loc, &mut ops);
        }
        for mut op in std::mem::take(&mut block.ops) {
            for nested in op.kind.blocks_mut() {
                self.block(nested, &[]);
            }
            let (results, loc) = (op.results.clone(), op.loc.clone());
            ops.push(self.fold(op));
            for result in results {
                self.define(result, &loc, &mut ops);
            }
        }
        block.ops = ops;
        block.map_own_uses(&|value| self.replacement(value));
    }

    /// What a conversion to `index` is replaced by.
    fn replacement(&self, value: Value) -> Value {
        match self.definitions.get(&value) {
            Some(OpKind::Cast(CastOp::IndexU, from)) if self.values[value.index()].ty == Type::INDEX => {
                self.index.get(from).copied().unwrap_or(value)
            }
            _ => value,
        }
    }

    /// Cutting an `index` in two steps is cutting it in one.
    fn fold(&self, mut op: Op) -> Op {
        if let OpKind::Cast(CastOp::TruncI, value) = op.kind
            && let Some(&OpKind::Cast(CastOp::IndexU, from)) = self.definitions.get(&value)
            && self.values[from.index()].ty == Type::INDEX
        {
            op.kind = OpKind::Cast(CastOp::IndexU, from);
        }
        op
    }

    /// Appends the `index` form of a value that was just defined.
    fn define(&mut self, value: Value, loc: &tile_ir::Loc, ops: &mut Vec<Op>) {
        if !self.wanted.contains(&value) {
            return;
        }
        let of = |value: &Value| self.index.get(value).copied();
        let kind = match self.form(value, &|value| self.values[value.index()].ty) {
            Form::Same(index) => {
                self.index.insert(value, index);
                self.name(value, index);
                return;
            }
            Form::Of(integer) => {
                if let Some(index) = of(&integer) {
                    self.index.insert(value, index);
                    self.name(value, index);
                }
                return;
            }
            Form::Constant(number) => {
                // Constants come first in a kernel, so any that there is will do.
                if let Some(&known) = self.constants.get(&number) {
                    self.index.insert(value, known);
                    return;
                }
                OpKind::Constant(Literal::Splat(Number::Int(number)))
            }
            Form::Binary(op, a, b) => match (of(&a), of(&b)) {
                (Some(a), Some(b)) => OpKind::Binary(op, a, b),
                _ => OpKind::Cast(CastOp::IndexU, value),
            },
            Form::Cast => OpKind::Cast(CastOp::IndexU, value),
        };
        let name = self.values[value.index()].name.clone();
        self.values.push(ValueData { ty: Type::INDEX, name });
        let result = Value((self.values.len() - 1) as u32);
        ops.push(Op { kind, results: vec![result], loc: loc.clone() });
        self.index.insert(value, result);
    }

    /// Both are one number: the variable that holds the one holds the other.
    fn name(&mut self, value: Value, index: Value) {
        let constant = matches!(self.definitions.get(&index), Some(OpKind::Constant(_)));
        if self.values[index.index()].name.is_none() && !constant {
            self.values[index.index()].name = self.values[value.index()].name.clone();
        }
    }
}

/// Replacing uses in one block, its operations' own blocks left out.
trait MapOwnUses {
    fn map_own_uses(&mut self, map: &dyn Fn(Value) -> Value);
}

impl MapOwnUses for Block {
    fn map_own_uses(&mut self, map: &dyn Fn(Value) -> Value) {
        for op in &mut self.ops {
            op.kind.map_operands(map);
            if let OpKind::While { cond, .. } = &mut op.kind {
                *cond = map(*cond);
            }
        }
        for value in &mut self.yields {
            *value = map(*value);
        }
    }
}
