//! Names of variables: the user's where the kernel has them, else words for what an operation does.

use std::collections::BTreeSet;

use tile_ir::{BinaryOp, CastOp, Kernel, OpKind, ReduceOp, UnaryOp, Value};

use super::Lower;

/// The user's names of a kernel's values.
pub(crate) struct Names {
    /// By value.
    user: Vec<Option<String>>,
    /// Values without a name that loops count to.
    ends: BTreeSet<Value>,
    /// All of them: no other value gets one of these.
    taken: BTreeSet<String>,
}

impl Names {
    /// Reads the names of a kernel.
    ///
    /// A value without one whose elements are those of a named value, under another shape or in a wider type, takes that
    /// name; so does a value that a loop carries on as a named one. Where a loop carries a variable on as itself, the
    /// next value is `next_x`.
    pub(crate) fn of(kernel: &Kernel) -> Names {
        let mut user: Vec<Option<String>> = kernel.values.iter().map(|data| data.name.clone()).collect();
        let taken = user.iter().flatten().cloned().collect();
        let mut uses = vec![0u32; user.len()];
        let (mut same, mut ends) = (Vec::new(), BTreeSet::new());
        kernel.body.for_each_op(&mut |op| {
            let yields = op.kind.blocks().into_iter().flat_map(|block| &block.yields);
            yields.for_each(|value| uses[value.index()] += 1);
            op.kind.for_each_operand(|operand| uses[operand.index()] += 1);
            if let (OpKind::Reshape(from) | OpKind::Cast(CastOp::ExtF, from), Some(to)) = (&op.kind, op.result()) {
                same.push((*from, to));
            }
            let (args, next): (&[Value], &[Value]) = match &op.kind {
                OpKind::For { upper, body, .. } => {
                    ends.insert(*upper);
                    (body.args.get(1..).unwrap_or_default(), &body.yields)
                }
                OpKind::While { before, after, .. } => (&before.args, &after.yields),
                _ => (&[], &[]),
            };
            for (&arg, &next) in args.iter().zip(next).filter(|(arg, next)| arg != next) {
                let name = kernel.values[next.index()].name.clone();
                if user[arg.index()].is_none() {
                    user[arg.index()] = name;
                } else if user[arg.index()] == name {
                    user[next.index()] = name.map(|name| format!("next_{name}"));
                }
            }
        });
        // From users to what they use, so that names pass through several.
        for (from, to) in same.into_iter().rev() {
            if user[from.index()].is_none() && uses[from.index()] == 1 {
                user[from.index()] = user[to.index()].clone();
            }
        }
        Names { user, ends, taken }
    }

    /// The user's name for a value.
    pub(crate) fn of_value(&self, value: Value) -> Option<&str> {
        self.user[value.index()].as_deref()
    }

    /// A word for a value without a name, unless the user calls another value so.
    fn free(&self, word: &str, otherwise: &str) -> String {
        if self.taken.contains(word) { otherwise } else { word }.to_owned()
    }
}

impl Lower<'_> {
    /// A name for a value: the user's where there is one, else what it is.
    pub(crate) fn name(&self, value: Value) -> String {
        let Some(op) = self.facts.defs[value.index()] else { return self.name_or(value, "carried") };
        let word = match (&op.kind, op.kind.operands().first().and_then(|&of| self.names.of_value(of))) {
            (OpKind::Load { view, .. } | OpKind::Gather { view, .. }, _) => format!("{}_tile", self.view_name(*view)),
            (OpKind::Reduce { op, .. }, Some(of)) => format!("{of}_{}", reduced(*op)),
            _ if self.names.ends.contains(&value) => "end".to_owned(),
            (kind, _) => hint(self.kernel, kind, value).to_owned(),
        };
        self.name_or(value, &word)
    }

    /// As [`Lower::name`], with another word.
    pub(crate) fn name_or(&self, value: Value, word: &str) -> String {
        match self.names.of_value(value) {
            Some(name) if self.is_param(name) && !self.kernel.ty(value).is_scalar() => format!("{name}_tile"),
            Some(name) => name.to_owned(),
            None => self.names.free(word, if self.kernel.ty(value).elem.is_float() { "value" } else { "number" }),
        }
    }

    /// A name for a position, unless the user calls something else so.
    pub(crate) fn index_name(&self, word: &str) -> String {
        if self.names.taken.contains(word) { format!("{word}_index") } else { word.to_owned() }
    }

    fn is_param(&self, name: &str) -> bool {
        self.kernel.params.iter().any(|param| param.name == name)
    }

    /// A name for a single element of a tile.
    pub(crate) fn element(&self, value: Value) -> Element {
        // What is read through a slice or a broadcast is an element of that.
        let value = self.passing.unwrap_or(value);
        match (self.names.of_value(value), self.facts.defs[value.index()].map(|op| &op.kind)) {
            (Some(name), _) if self.is_param(name) => Element::of(name),
            (Some(name), _) => Element { one: name.to_owned(), several: format!("{name}_part") },
            (None, Some(OpKind::Load { view, .. } | OpKind::Gather { view, .. } | OpKind::LoadScalar { view, .. })) => {
                Element::of(&self.view_name(*view))
            }
            (None, _) => Element::of(&self.name(value)),
        }
    }
}

/// Names for elements of a tile or view that a thread reads.
pub(crate) struct Element {
    /// Of one.
    pub(crate) one: String,
    /// Of neighbours.
    pub(crate) several: String,
}

impl Element {
    /// Elements of something called `name`.
    fn of(name: &str) -> Element {
        let several = format!("{name}_values");
        // What is called a value already says so.
        Element { one: if name == "value" { name.to_owned() } else { format!("{name}_value") }, several }
    }
}

/// What a reduction gives.
pub(crate) const fn reduced(op: ReduceOp) -> &'static str {
    match op {
        ReduceOp::Add => "sum",
        ReduceOp::MinF | ReduceOp::MinS | ReduceOp::MinU => "smallest",
        ReduceOp::MaxF | ReduceOp::MaxS | ReduceOp::MaxU => "largest",
    }
}

/// What an operation gives, for results that have no name in the source.
fn hint(kernel: &Kernel, kind: &OpKind, result: Value) -> &'static str {
    let float = kernel.ty(result).elem.is_float();
    match kind {
        OpKind::Reduce { op, .. } => reduced(*op),
        OpKind::Contract { .. } => "dot",
        OpKind::Load { .. } | OpKind::LoadScalar { .. } | OpKind::Gather { .. } => "loaded",
        OpKind::Compare(..) => "holds",
        OpKind::CreateMask { .. } => "inside",
        OpKind::Select { .. } => "chosen",
        OpKind::Binary(op, ..) => match (op, float) {
            (BinaryOp::Add, true) => "sum",
            (BinaryOp::Sub, true) => "difference",
            (BinaryOp::Mul, true) => "product",
            (BinaryOp::DivF, _) => "quotient",
            (BinaryOp::Mul, false) => "base",
            (BinaryOp::Sub, false) => "rest",
            (BinaryOp::Add, false) => "index",
            (BinaryOp::MinF | BinaryOp::MinS | BinaryOp::MinU, _) => "lesser",
            (BinaryOp::MaxF | BinaryOp::MaxS | BinaryOp::MaxU, _) => "greater",
            (BinaryOp::DivS | BinaryOp::DivU, _) => "whole",
            (BinaryOp::RemS | BinaryOp::RemU, _) => "remainder",
            (BinaryOp::And | BinaryOp::Or | BinaryOp::Xor | BinaryOp::Shl | BinaryOp::ShrS | BinaryOp::ShrU, _) => {
                "bits"
            }
        },
        OpKind::Unary(op, _) => match op {
            UnaryOp::Exp => "exponential",
            UnaryOp::Sqrt => "root",
            UnaryOp::Rsqrt => "inverse_root",
            UnaryOp::Abs => "magnitude",
            UnaryOp::Floor => "floored",
            UnaryOp::Neg | UnaryOp::Log | UnaryOp::Tanh | UnaryOp::Sin | UnaryOp::Cos => "value",
        },
        OpKind::ProgramId(_)
        | OpKind::NumPrograms(_)
        | OpKind::Constant(_)
        | OpKind::Fma(..)
        | OpKind::Cast(..)
        | OpKind::Broadcast(_)
        | OpKind::Reshape(_)
        | OpKind::Transpose { .. }
        | OpKind::Slice { .. }
        | OpKind::InsertSlice { .. }
        | OpKind::Extract { .. }
        | OpKind::Insert { .. }
        | OpKind::Store { .. }
        | OpKind::StoreScalar { .. }
        | OpKind::For { .. }
        | OpKind::While { .. }
        | OpKind::If { .. } => "value",
    }
}
