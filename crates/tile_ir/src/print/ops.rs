//! One line per operation.

use super::{Printer, comma, named, vector};
use crate::kernel::Loc;
use crate::op::{Block, ContractSpec, Index, Literal, Number, Op, OpKind, Value};
use crate::types::Type;

impl Printer<'_> {
    /// A value's name.
    pub(super) fn v(&self, value: Value) -> &str {
        self.names.get(value)
    }

    pub(super) fn ty(&self, value: Value) -> Type {
        self.kernel.ty(value)
    }

    /// Names separated by commas.
    pub(super) fn vs(&self, values: &[Value]) -> String {
        comma(values.iter().map(|&value| self.v(value)))
    }

    /// Types separated by commas.
    pub(super) fn types(&self, values: &[Value]) -> String {
        comma(values.iter().map(|&value| self.ty(value)))
    }

    pub(super) fn ops(&mut self, block: &Block) {
        for op in &block.ops {
            self.op(op);
        }
    }

    fn op(&mut self, op: &Op) {
        let loc = &op.loc;
        let ty = op.result().map_or(Type::INDEX, |result| self.ty(result));
        let name = op.kind.mlir_name(Some(ty));
        let text = match &op.kind {
            OpKind::ProgramId(axis) | OpKind::NumPrograms(axis) => {
                format!("{name} {}", axis.name())
            }
            OpKind::Constant(literal) => {
                let result = op.results.first().map(|&result| self.names.constant(self.kernel, result, literal));
                return self.constant(&result.unwrap_or_default(), literal, ty, loc);
            }
            OpKind::Unary(_, a) => format!("{name} {} : {ty}", self.v(*a)),
            OpKind::Binary(_, a, b) => format!("{name} {}, {} : {ty}", self.v(*a), self.v(*b)),
            OpKind::Fma(a, b, c) => format!("{name} {} : {ty}", self.vs(&[*a, *b, *c])),
            OpKind::Compare(predicate, a, b) => {
                format!("{name} {}, {} : {}", predicate.keyword(), self.vs(&[*a, *b]), self.ty(*a))
            }
            OpKind::Select { cond, on_true, on_false } => {
                let cond_ty = self.ty(*cond);
                let cond_ty = if cond_ty.is_scalar() { String::new() } else { format!("{cond_ty}, ") };
                format!("{name} {} : {cond_ty}{ty}", self.vs(&[*cond, *on_true, *on_false]))
            }
            OpKind::Cast(_, a) | OpKind::Broadcast(a) => {
                format!("{name} {} : {} to {ty}", self.v(*a), self.ty(*a))
            }
            OpKind::Reshape(a) => {
                let (operand, from) = self.flattened(*a, ty, loc);
                format!("{name} {operand} : {from} to {ty}")
            }
            OpKind::Transpose { value, perm } => {
                format!("{name} {}, [{}] : {} to {ty}", self.v(*value), comma(perm), self.ty(*value))
            }
            OpKind::Slice { value, offsets } => format!(
                "{name} {} {{offsets = [{}], sizes = [{}], strides = [{}]}} : {} to {ty}",
                self.v(*value),
                comma(offsets),
                comma(ty.shape.dims()),
                comma(offsets.iter().map(|_| 1)),
                self.ty(*value)
            ),
            OpKind::InsertSlice { value, into, offsets } => format!(
                "{name} {}, {} {{offsets = [{}], strides = [{}]}} : {} into {ty}",
                self.v(*value),
                self.v(*into),
                comma(offsets),
                comma(offsets.iter().map(|_| 1)),
                self.ty(*value)
            ),
            OpKind::Extract { value, indices } => {
                let (value, from) = (self.v(*value), self.ty(*value));
                format!("{name} {value}[{}] : {ty} from {from}", self.indices(indices))
            }
            OpKind::Insert { value, into, indices } => {
                let (value, part) = (self.v(*value), self.ty(*value));
                let into = self.v(*into);
                format!("{name} {value}, {into} [{}] : {part} into {ty}", self.indices(indices))
            }
            OpKind::Reduce { op, value, acc, dims } => format!(
                "{name} <{}>, {} [{}] : {} to {ty}",
                op.keyword(),
                self.vs(&[*value, *acc]),
                comma(dims),
                self.ty(*value)
            ),
            OpKind::Contract { lhs, rhs, acc, spec } => format!(
                "{name} {} {} : {} into {ty}",
                contract_attributes(spec),
                self.vs(&[*lhs, *rhs, *acc]),
                self.types(&[*lhs, *rhs])
            ),
            OpKind::CreateMask { bounds } => {
                let bounds: Vec<String> = bounds.iter().map(|bound| self.bound(bound, loc)).collect();
                format!("{name} {} : {ty}", bounds.join(", "))
            }
            OpKind::Load { view, indices, pad, mask, in_bounds } => {
                self.load(*view, indices, *pad, *mask, in_bounds, ty)
            }
            OpKind::Store { view, value, indices, mask, in_bounds } => {
                self.store(*view, *value, indices, *mask, in_bounds)
            }
            OpKind::LoadScalar { view, indices } => self.load_scalar(*view, indices),
            OpKind::StoreScalar { view, value, indices } => self.store_scalar(*view, *value, indices),
            OpKind::Gather { view, offsets, mask, passthru } => self.gather(*view, *offsets, *mask, *passthru, loc),
            OpKind::For { lower, upper, step, init, body } => {
                return self.for_loop([*lower, *upper, *step], init, body, op);
            }
            OpKind::While { init, before, cond, after } => {
                return self.while_loop(init, before, *cond, after, op);
            }
            OpKind::If { cond, then, otherwise } => return self.branch(*cond, then, otherwise, op),
        };
        let results = self.results(op);
        let line = format!("{results}{text} {}", named(loc, op.result().and_then(|result| self.variable(result))));
        self.open(&line);
    }

    /// The user's name for a value.
    pub(super) fn variable(&self, value: Value) -> Option<&str> {
        self.kernel.values[value.index()].name.as_deref()
    }

    /// `%x = ` or nothing.
    pub(super) fn results(&mut self, op: &Op) -> String {
        match self.names.define_all(self.kernel, &op.results) {
            name if name.is_empty() => name,
            name => format!("{name} = "),
        }
    }

    fn indices(&self, indices: &[Index]) -> String {
        comma(indices.iter().map(|index| match *index {
            Index::Static(index) => index.to_string(),
            Index::Dynamic(value) => self.v(value).to_owned(),
        }))
    }

    /// A mask bound as a value; a constant gets a line of its own.
    fn bound(&mut self, bound: &Index, loc: &Loc) -> String {
        match *bound {
            Index::Dynamic(value) => self.v(value).to_owned(),
            Index::Static(bound) => {
                let name = self.names.number();
                let literal = Literal::Splat(Number::Int(i64::try_from(bound).unwrap_or(i64::MAX)));
                self.constant(&name, &literal, Type::INDEX, loc);
                name
            }
        }
    }

    /// Operand of a reshape to `to`: the value, or the value in one dimension where MLIR needs the detour.
    fn flattened(&mut self, value: Value, to: Type, loc: &Loc) -> (String, Type) {
        let (operand, from) = (self.v(value).to_owned(), self.ty(value));
        if castable(from.shape.dims(), to.shape.dims()) {
            return (operand, from);
        }
        let (name, flat) = (self.names.number(), vector(from, &[from.shape.count()]));
        self.line(&format!("{name} = vector.shape_cast {operand} : {from} to {flat}"), loc);
        (name, flat)
    }
}

/// Whether `vector.shape_cast` takes these shapes of equal count: with unequal ranks, each dimension of the shorter must
/// be a product of neighbours in the longer (MLIR 19; ones at the end are free).
fn castable(a: &[u64], b: &[u64]) -> bool {
    if a.len() == b.len() {
        return true;
    }
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let ones = |dims: &[u64]| dims.iter().all(|&dim| dim == 1);
    let (mut i, mut j) = (0, 0);
    while i < short.len() && j < long.len() {
        let mut product = 1;
        while product < short[i] && j < long.len() {
            product *= long[j];
            j += 1;
        }
        if product != short[i] {
            return false;
        }
        i += 1;
        if ones(&short[i..]) {
            i = short.len();
        }
        if ones(&long[j..]) {
            j = long.len();
        }
    }
    i == short.len() && j == long.len()
}

fn contract_attributes(spec: &ContractSpec) -> String {
    let iterators = comma((0..spec.reduced.len()).map(|i| format!("d{i}")));
    let map = |map: &[usize]| format!("affine_map<({iterators}) -> ({})>", comma(map.iter().map(|i| format!("d{i}"))));
    let kinds = spec.reduced.iter().map(|&r| if r { "\"reduction\"" } else { "\"parallel\"" });
    format!(
        "{{indexing_maps = [{}, {}, {}], iterator_types = [{}], kind = #vector.kind<add>}}",
        map(&spec.lhs),
        map(&spec.rhs),
        map(&spec.acc),
        comma(kinds)
    )
}
