//! Straight-line operations.

use tile_ir::{ContractSpec, Index, Op, OpKind, Predicate, ReduceOp, Type, Value};

use super::{Writer, literal};

impl Writer<'_> {
    /// Writes an operation.
    pub(super) fn op(&mut self, op: &Op) {
        let result = op.results.first().map(|&result| self.ty(result));
        let text = match &op.kind {
            OpKind::For { .. } | OpKind::While { .. } | OpKind::If { .. } => return self.structured(op),
            OpKind::Load { .. } | OpKind::Store { .. } | OpKind::LoadScalar { .. } | OpKind::StoreScalar { .. } => {
                self.memory(&op.kind, result)
            }
            OpKind::Gather { .. } => self.gather(op, result),
            kind => self.pure(kind, result),
        };
        let text = match op.results.first() {
            Some(&result) => format!("{} = {text}", self.name(result)),
            None => text,
        };
        self.located(&text, &op.loc);
    }

    fn pure(&self, kind: &OpKind, result: Option<Type>) -> String {
        let ty = result.map_or_else(String::new, |ty| ty.to_string());
        let name = kind.mlir_name(result);
        let n = |value: &Value| self.name(*value);
        let t = |value: &Value| self.ty(*value).to_string();
        match kind {
            OpKind::ProgramId(axis) | OpKind::NumPrograms(axis) => format!("{name} {}", axis.name()),
            OpKind::Constant(value) => match result {
                Some(ty) => format!("{name} {}", literal::constant(value, ty)),
                None => name.to_owned(),
            },
            OpKind::Unary(_, a) => format!("{name} {} : {ty}", n(a)),
            OpKind::Binary(_, a, b) => format!("{name} {}, {} : {ty}", n(a), n(b)),
            OpKind::Fma(a, b, c) => format!("{name} {}, {}, {} : {ty}", n(a), n(b), n(c)),
            OpKind::Compare(predicate, a, b) => format!("{name} {}, {}, {} : {}", spelling(*predicate), n(a), n(b), t(a)),
            OpKind::Select { cond, on_true, on_false } => {
                let types = if self.ty(*cond).is_scalar() { ty } else { format!("{}, {ty}", t(cond)) };
                format!("{name} {}, {}, {} : {types}", n(cond), n(on_true), n(on_false))
            }
            OpKind::Cast(_, a) | OpKind::Broadcast(a) | OpKind::Reshape(a) => {
                format!("{name} {} : {} to {ty}", n(a), t(a))
            }
            OpKind::Transpose { value, perm } => format!("{name} {}, {perm:?} : {} to {ty}", n(value), t(value)),
            OpKind::Slice { value, offsets } => {
                let sizes = result.map_or_else(Vec::new, |ty| ty.shape.dims().to_vec());
                let strides = vec![1; offsets.len()];
                let attributes = format!("{{offsets = {offsets:?}, sizes = {sizes:?}, strides = {strides:?}}}");
                format!("{name} {} {attributes} : {} to {ty}", n(value), t(value))
            }
            OpKind::InsertSlice { value, into, offsets } => {
                let strides = vec![1; offsets.len()];
                let attributes = format!("{{offsets = {offsets:?}, strides = {strides:?}}}");
                format!("{name} {}, {} {attributes} : {} into {ty}", n(value), n(into), t(value))
            }
            OpKind::Extract { value, indices } => {
                format!("{name} {}{} : {ty} from {}", n(value), self.indices(indices), t(value))
            }
            OpKind::Insert { value, into, indices } => {
                format!("{name} {}, {}{} : {} into {ty}", n(value), n(into), self.indices(indices), t(value))
            }
            OpKind::Reduce { op, value, acc, dims } => {
                format!("{name} {}, {}, {} {dims:?} : {} to {ty}", reduction(*op), n(value), n(acc), t(value))
            }
            OpKind::Contract { lhs, rhs, acc, spec } => {
                let operands = format!("{}, {}, {}", n(lhs), n(rhs), n(acc));
                format!("{name} {} {operands} : {}, {} into {ty}", contraction(spec), t(lhs), t(rhs))
            }
            OpKind::CreateMask { bounds } => {
                let fixed: Option<Vec<u64>> = bounds
                    .iter()
                    .map(|bound| match bound {
                        Index::Static(number) => Some(*number),
                        Index::Dynamic(_) => None,
                    })
                    .collect();
                match fixed {
                    Some(bounds) => format!("vector.constant_mask {bounds:?} : {ty}"),
                    None => format!("{name} {} : {ty}", self.indices(bounds).trim_matches(['[', ']'])),
                }
            }
            OpKind::Load { .. }
            | OpKind::Store { .. }
            | OpKind::LoadScalar { .. }
            | OpKind::StoreScalar { .. }
            | OpKind::Gather { .. } => self.memory(kind, result),
            // Written by `structured`.
            OpKind::For { .. } | OpKind::While { .. } | OpKind::If { .. } => String::new(),
        }
    }

    fn memory(&self, kind: &OpKind, result: Option<Type>) -> String {
        let ty = result.map_or_else(String::new, |ty| ty.to_string());
        let name = kind.mlir_name(result);
        let masked = |mask: &Option<Value>| mask.map_or_else(String::new, |mask| format!(", {}", self.name(mask)));
        match kind {
            OpKind::Load { view, indices, pad, mask, in_bounds } => {
                let (view, memref) = self.view(*view);
                let (at, pad) = (self.list(indices), self.name(*pad));
                format!("{name} {view}[{at}], {pad}{} {{in_bounds = {in_bounds:?}}} : {memref}, {ty}", masked(mask))
            }
            OpKind::Store { view, value, indices, mask, in_bounds } => {
                let (view, memref) = self.view(*view);
                let (at, ty) = (self.list(indices), self.ty(*value));
                let value = self.name(*value);
                format!("{name} {value}, {view}[{at}]{} {{in_bounds = {in_bounds:?}}} : {ty}, {memref}", masked(mask))
            }
            OpKind::LoadScalar { view, indices } => {
                let (view, memref) = self.view(*view);
                format!("{name} {view}[{}] : {memref}", self.list(indices))
            }
            OpKind::StoreScalar { view, value, indices } => {
                let (view, memref) = self.view(*view);
                format!("{name} {}, {view}[{}] : {memref}", self.name(*value), self.list(indices))
            }
            _ => String::new(),
        }
    }

    /// `vector.gather` takes a buffer of one dimension.
    fn gather(&mut self, op: &Op, result: Option<Type>) -> String {
        let OpKind::Gather { view, offsets, mask, passthru } = &op.kind else { return String::new() };
        let (name, memref) = self.view(*view);
        let Some(shape) = self.kernel.view(*view).map(|view| (view.shape, view.elem)) else { return String::new() };
        let flat_type = format!("memref<{}x{}>", shape.0.count(), shape.1);
        let dims: Vec<usize> = (0..shape.0.rank()).collect();
        let flat = self.names.extra();
        self.located(&format!("{flat} = memref.collapse_shape {name} [{dims:?}] : {memref} into {flat_type}"), &op.loc);
        let zero = self.names.extra();
        self.located(&format!("{zero} = arith.constant 0 : index"), &op.loc);
        let operands = format!("[{}], {}, {}", self.name(*offsets), self.name(*mask), self.name(*passthru));
        let types = self.types(&[*offsets, *mask, *passthru]);
        let ty = result.map_or_else(String::new, |ty| ty.to_string());
        format!("vector.gather {flat}[{zero}] {operands} : {flat_type}, {types} into {ty}")
    }

    fn indices(&self, indices: &[Index]) -> String {
        let item = |index: &Index| match index {
            Index::Static(number) => number.to_string(),
            Index::Dynamic(value) => self.name(*value),
        };
        format!("[{}]", indices.iter().map(item).collect::<Vec<_>>().join(", "))
    }
}

fn spelling(predicate: Predicate) -> &'static str {
    match predicate {
        Predicate::FEq => "oeq",
        Predicate::FNe => "une",
        Predicate::FLt => "olt",
        Predicate::FLe => "ole",
        Predicate::FGt => "ogt",
        Predicate::FGe => "oge",
        Predicate::IEq => "eq",
        Predicate::INe => "ne",
        Predicate::SLt => "slt",
        Predicate::SLe => "sle",
        Predicate::SGt => "sgt",
        Predicate::SGe => "sge",
        Predicate::ULt => "ult",
        Predicate::ULe => "ule",
        Predicate::UGt => "ugt",
        Predicate::UGe => "uge",
    }
}

fn reduction(op: ReduceOp) -> &'static str {
    match op {
        ReduceOp::Add => "<add>",
        ReduceOp::MinF => "<minnumf>",
        ReduceOp::MaxF => "<maxnumf>",
        ReduceOp::MinS => "<minsi>",
        ReduceOp::MaxS => "<maxsi>",
        ReduceOp::MinU => "<minui>",
        ReduceOp::MaxU => "<maxui>",
    }
}

/// Attributes of `vector.contract`.
fn contraction(spec: &ContractSpec) -> String {
    let names: Vec<String> = (0..spec.reduced.len()).map(|i| format!("d{i}")).collect();
    let all = names.join(", ");
    let map = |dims: &[usize]| {
        let dims: Vec<&str> = dims.iter().map(|&d| names[d].as_str()).collect();
        format!("affine_map<({all}) -> ({})>", dims.join(", "))
    };
    let iterators: Vec<&str> = spec.reduced.iter().map(|&r| if r { "\"reduction\"" } else { "\"parallel\"" }).collect();
    let maps = [&spec.lhs, &spec.rhs, &spec.acc].map(|dims| map(dims)).join(", ");
    format!(
        "{{indexing_maps = [{maps}], iterator_types = [{}], kind = #vector.kind<add>}}",
        iterators.join(", ")
    )
}
