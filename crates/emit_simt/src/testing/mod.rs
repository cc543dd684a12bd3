//! Lane programs that together use every construct, for tests of dialects.

mod control;
mod elementwise;
mod memory;
mod norm;
mod product;

use lower_simt::ir::{Expr, LaneKernel, Memory, Place, Scalar, Stmt, StmtKind, Var, VarData};
use tile_ir::{Access, Elem, Loc, Own, Param, ParamKind, Shape, Value, View, ViewId};

pub use control::{control, hostile_names};
pub use elementwise::{binary, comparisons, conversions, lane_reductions, unary};
pub use memory::{memory, vectors, vectors_by_elem};
pub use norm::norm;
pub use product::product;

/// Every kernel that needs no matrix unit.
pub fn all() -> Vec<LaneKernel> {
    vec![
        norm(),
        control(),
        hostile_names(),
        memory(),
        vectors(),
        unary(),
        binary(),
        comparisons(),
        conversions(),
        lane_reductions(),
    ]
}

/// A kernel in the making.
pub(crate) struct Draft {
    kernel: LaneKernel,
    line: u32,
}

impl Draft {
    pub(crate) fn new(name: &str, threads: u32) -> Draft {
        Draft {
            kernel: LaneKernel {
                name: name.to_owned(),
                family: name.to_owned(),
                tuning: Vec::new(),
                params: Vec::new(),
                grid: [4, 2, 1],
                threads,
                vars: Vec::new(),
                shared: Vec::new(),
                fragments: Vec::new(),
                early: None,
                body: Vec::new(),
                loc: loc(1),
            },
            line: 10,
        }
    }

    pub(crate) fn view(&mut self, name: &str, elem: Elem, dims: &[u64], access: Access) -> Memory {
        let own = if access == Access::Write { vec![Own::Whole; dims.len()] } else { Vec::new() };
        let shape = Shape::new(dims).unwrap_or_default();
        self.param(name, ParamKind::View(View { elem, shape, access, own }));
        Memory::Global(ViewId(self.kernel.params.len() as u32 - 1))
    }

    pub(crate) fn scalar(&mut self, name: &str, elem: Elem, bound: Option<u64>) -> Expr {
        self.param(name, ParamKind::Scalar(tile_ir::Scalar { value: Value(0), elem, bound }));
        Expr::Param(self.kernel.params.len() - 1)
    }

    fn param(&mut self, name: &str, kind: ParamKind) {
        self.kernel.params.push(Param { name: name.to_owned(), kind, loc: Loc::Unknown });
    }

    pub(crate) fn var(&mut self, name: &str, scalar: Scalar, len: Option<u32>) -> Var {
        self.kernel.vars.push(VarData { name: name.to_owned(), scalar, len });
        Var(self.kernel.vars.len() as u32 - 1)
    }

    pub(crate) fn shared(&mut self, name: &str, elem: Elem, len: u64) -> Memory {
        self.kernel.shared.push(lower_simt::ir::SharedData { name: name.to_owned(), elem, len });
        Memory::Shared(lower_simt::ir::Shared(self.kernel.shared.len() as u32 - 1))
    }

    /// The user's next line.
    pub(crate) fn next_line(&mut self) {
        self.line += 1;
    }

    pub(crate) fn stmt(&self, kind: StmtKind) -> Stmt {
        Stmt { kind, loc: loc(self.line) }
    }

    pub(crate) fn push(&mut self, kind: StmtKind) {
        let stmt = self.stmt(kind);
        self.kernel.body.push(stmt);
    }

    /// `const name = value;` of the value's type.
    pub(crate) fn define(&mut self, name: &str, value: Expr) -> Expr {
        let scalar = value.scalar(&self.kernel);
        let var = self.var(name, scalar, None);
        self.push(StmtKind::Let { var, value });
        Expr::Var(var)
    }

    pub(crate) fn store(&mut self, memory: Memory, offset: u32, value: Expr) {
        self.push(StmtKind::Store { place: place(memory, Expr::int(offset)), value });
    }

    pub(crate) fn kernel(&mut self) -> &mut LaneKernel {
        &mut self.kernel
    }

    pub(crate) fn finish(self) -> LaneKernel {
        self.kernel
    }
}

pub(crate) fn loc(line: u32) -> Loc {
    Loc::File { file: "kernels/test/src/lib.rs".into(), line, column: 5 }
}

pub(crate) fn place(memory: Memory, offset: Expr) -> Place {
    Place { memory, offset: Box::new(offset), owner: None }
}

pub(crate) fn load(memory: Memory, offset: Expr) -> Expr {
    Expr::Load(place(memory, offset))
}

pub(crate) fn bin(op: tile_ir::BinaryOp, x: Expr, y: Expr) -> Expr {
    Expr::Binary(op, Box::new(x), Box::new(y))
}

pub(crate) fn compare(predicate: tile_ir::Predicate, x: Expr, y: Expr) -> Expr {
    Expr::Compare(predicate, Box::new(x), Box::new(y))
}

pub(crate) fn select(condition: Expr, x: Expr, y: Expr) -> Expr {
    Expr::Select(Box::new(condition), Box::new(x), Box::new(y))
}

pub(crate) fn convert(convert: lower_simt::ir::Convert, x: Expr) -> Expr {
    Expr::Convert(convert, Box::new(x))
}
