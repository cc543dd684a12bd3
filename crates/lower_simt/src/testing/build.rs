//! Builds lane programs by hand.

use tile_ir::{Access, Elem, Loc, Own, Param, ParamKind, ReduceOp, Shape, Value, View, ViewId};

use crate::ir::{
    Expr, Fragment, FragmentData, FragmentRole, LaneKernel, MatrixOp, Place, Scalar, Shared, SharedData, Stmt,
    StmtKind, Unroll, Var, VarData,
};

/// A lane program in the making. Statements go to the innermost open block; each gets a line of its own in `lanes.rs`.
#[derive(Debug)]
pub struct Build {
    kernel: LaneKernel,
    blocks: Vec<Vec<Stmt>>,
    line: u32,
}

impl Build {
    /// A kernel of one program with this many threads.
    pub fn new(name: &str, threads: u32) -> Build {
        let kernel = LaneKernel {
            name: name.to_string(),
            family: name.to_string(),
            tuning: Vec::new(),
            params: Vec::new(),
            grid: [1; 3],
            threads,
            vars: Vec::new(),
            shared: Vec::new(),
            fragments: Vec::new(),
            early: None,
            body: Vec::new(),
            loc: Loc::Unknown,
        };
        Build { kernel, blocks: vec![Vec::new()], line: 0 }
    }

    /// Sets the number of programs.
    pub fn grid(&mut self, grid: [u64; 3]) {
        self.kernel.grid = grid;
    }

    fn view(&mut self, name: &str, elem: Elem, dims: &[u64], access: Access) -> ViewId {
        let own = if access == Access::Write { vec![Own::Whole; dims.len()] } else { Vec::new() };
        let shape = Shape::new(dims).unwrap_or_default();
        let kind = ParamKind::View(View { elem, shape, access, own });
        self.kernel.params.push(Param { name: name.to_string(), kind, loc: Loc::Unknown });
        ViewId(self.kernel.params.len() as u32 - 1)
    }

    /// Adds a view that is read.
    pub fn read(&mut self, name: &str, elem: Elem, dims: &[u64]) -> ViewId {
        self.view(name, elem, dims, Access::Read)
    }

    /// Adds a view that is written.
    pub fn write(&mut self, name: &str, elem: Elem, dims: &[u64]) -> ViewId {
        self.view(name, elem, dims, Access::Write)
    }

    /// Adds a scalar parameter.
    pub fn scalar(&mut self, name: &str, elem: Elem) -> Expr {
        let kind = ParamKind::Scalar(tile_ir::Scalar { value: Value(0), elem, bound: None });
        self.kernel.params.push(Param { name: name.to_string(), kind, loc: Loc::Unknown });
        Expr::Param(self.kernel.params.len() - 1)
    }

    /// Adds a shared array.
    pub fn shared(&mut self, name: &str, elem: Elem, len: u64) -> Shared {
        self.kernel.shared.push(SharedData { name: name.to_string(), elem, len });
        Shared(self.kernel.shared.len() as u32 - 1)
    }

    /// Adds and declares fragments.
    pub fn fragment(&mut self, name: &str, role: FragmentRole, elem: Elem, len: u32) -> Fragment {
        self.kernel.fragments.push(FragmentData { name: name.to_string(), role, elem, len });
        let fragment = Fragment(self.kernel.fragments.len() as u32 - 1);
        self.matrix(MatrixOp::Declare { fragment });
        fragment
    }

    /// Adds a variable without declaring it.
    pub fn var(&mut self, name: &str, scalar: Scalar, len: Option<u32>) -> Var {
        self.kernel.vars.push(VarData { name: name.to_string(), scalar, len });
        Var(self.kernel.vars.len() as u32 - 1)
    }

    /// Adds a statement.
    pub fn push(&mut self, kind: StmtKind) {
        self.line += 1;
        let loc = Loc::File { file: "lanes.rs".into(), line: self.line, column: 1 };
        if let Some(block) = self.blocks.last_mut() {
            block.push(Stmt { kind, loc });
        }
    }

    /// The statements `f` adds, in a block of their own.
    pub fn block(&mut self, f: impl FnOnce(&mut Build)) -> Vec<Stmt> {
        self.blocks.push(Vec::new());
        f(self);
        self.blocks.pop().unwrap_or_default()
    }

    /// Defines a scalar.
    pub fn define(&mut self, name: &str, value: Expr) -> Var {
        let scalar = value.scalar(&self.kernel);
        let var = self.var(name, scalar, None);
        self.push(StmtKind::Let { var, value });
        var
    }

    /// Declares a scalar or array.
    pub fn declare(&mut self, name: &str, scalar: Scalar, len: Option<u32>, init: Option<Expr>) -> Var {
        let var = self.var(name, scalar, len);
        self.push(StmtKind::Declare { var, init });
        var
    }

    /// Changes a scalar.
    pub fn assign(&mut self, var: Var, value: Expr) {
        self.push(StmtKind::Assign { var, index: None, value });
    }

    /// Changes an element.
    pub fn assign_at(&mut self, var: Var, index: Expr, value: Expr) {
        self.push(StmtKind::Assign { var, index: Some(index), value });
    }

    /// Writes an element.
    pub fn store(&mut self, place: Place, value: Expr) {
        self.push(StmtKind::Store { place, value });
    }

    /// Loads neighbouring elements.
    pub fn load_vector(&mut self, var: Var, index: Expr, place: Place, lanes: u32) {
        self.push(StmtKind::LoadVector { var, index, place, lanes });
    }

    /// Stores neighbouring elements.
    pub fn store_vector(&mut self, place: Place, var: Var, index: Expr, lanes: u32) {
        self.push(StmtKind::StoreVector { place, var, index, lanes });
    }

    /// Combines a scalar over threads.
    pub fn lane_reduce(&mut self, var: Var, op: ReduceOp, lanes: u32) {
        self.push(StmtKind::LaneReduce { var, index: None, op, lanes });
    }

    /// A barrier over shared arrays.
    pub fn barrier(&mut self) {
        self.push(StmtKind::Barrier { global: false, shared: true });
    }

    /// An operation of the matrix unit.
    pub fn matrix(&mut self, op: MatrixOp) {
        self.push(StmtKind::Matrix(op));
    }

    /// A loop from `bounds[0]` below `bounds[1]` in steps of `bounds[2]`, of the type of its first bound.
    pub fn for_loop(&mut self, name: &str, bounds: [Expr; 3], unroll: Unroll, f: impl FnOnce(&mut Build, Var)) {
        let scalar = bounds[0].scalar(&self.kernel);
        let var = self.var(name, scalar, None);
        let body = self.block(|b| f(b, var));
        let [lower, upper, step] = bounds;
        self.push(StmtKind::For { var, lower, upper, step, unroll, body });
    }

    /// A branch without other side.
    pub fn when(&mut self, condition: Expr, f: impl FnOnce(&mut Build)) {
        let then = self.block(f);
        self.push(StmtKind::If { condition, then, otherwise: Vec::new() });
    }

    /// The kernel.
    pub fn finish(mut self) -> LaneKernel {
        self.kernel.body = self.blocks.swap_remove(0);
        self.kernel
    }
}
