//! Decides where each tile lives before any statement is written.
//!
//! A tile is *virtual* where possible: its elements are computed where they are used, so a chain of loads and elementwise
//! operations becomes one loop. It is *kept* in registers where it must exist as a whole (products, reductions, tiles
//! carried by loops) or where computing it again would cost more. What the lowering later finds in the wrong threads
//! goes to shared memory: it starts over with that tile *demoted*.

use std::collections::{BTreeMap, BTreeSet};

use tile_ir::{BinaryOp, Block, CastOp, Kernel, Op, OpKind, UnaryOp, Value, ViewId};

use super::ahead;
use super::layout::{Layout, lanes_per_row};
use super::matrix_plan::matrix;
use super::product::{self, Strategy};
use super::streams::{Streams, streams};
use crate::ir::WeightRange;
use crate::target::Target;

/// Where a tile lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Nowhere.
    Virtual,
    /// In registers.
    Keep(Layout),
    /// In shared memory.
    Shared,
}

/// Tiles that an earlier attempt found in the wrong place.
pub(crate) type Demoted = BTreeMap<Value, Plan>;

/// Longest chain of virtual tiles.
const MAX_CHAIN: u32 = 24;
/// A loaded tile is kept for its second use if it takes no more registers than this.
const LOAD_REGISTERS: u64 = 16;

/// What a lowering may use; it starts over with less where that does not hold or does not fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// Loads and stores of neighbours at once.
    pub(crate) vectors: bool,
    /// Sums shared by teams of threads.
    pub(crate) teams: bool,
    /// Weights copied into shared memory ahead.
    pub(crate) copies: bool,
}

impl Form {
    /// All of it.
    pub(crate) const ALL: Form = Form { vectors: true, teams: true, copies: true };
}

/// What is known of a kernel before it is lowered.
pub(crate) struct Facts<'a> {
    pub(crate) kernel: &'a Kernel,
    pub(crate) target: &'a Target,
    pub(crate) threads: u64,
    /// Whether neighbours may be loaded and stored at once.
    pub(crate) vectors: bool,
    /// Whether sums may be shared by teams of threads, which takes shared memory.
    pub(crate) teams: bool,
    /// Loads of weights that are in shared memory from the start, copied ahead.
    pub(crate) copies: BTreeMap<Value, WeightRange>,
    /// By value: the operation that defines it.
    pub(crate) defs: Vec<Option<&'a Op>>,
    /// By value: operands and yields that name it.
    pub(crate) uses: Vec<u32>,
    /// Loads whose element is read by the thread that stores it, just before: they need not be kept.
    pub(crate) in_place: BTreeSet<Value>,
    /// Views the kernel writes.
    pub(crate) written: BTreeSet<ViewId>,
    /// How tiles of some numbers of rows are spread.
    pub(crate) streams: Streams,
    /// By value: how many loops stand around its definition.
    loops: Vec<u32>,
    /// Values used inside a loop that does not define them.
    hoisted: BTreeSet<Value>,
    /// Values read many times over by a product.
    pub(crate) repeated: BTreeSet<Value>,
    /// Values that live where another one does: results of loops, arguments of the second half of a `while`.
    aliases: BTreeMap<Value, Value>,
}

impl<'a> Facts<'a> {
    /// With the number of threads that suits the kernel, and what it copies ahead.
    pub(crate) fn of(kernel: &'a Kernel, target: &'a Target, form: Form) -> Facts<'a> {
        let facts = Facts::new(kernel, target, target.busy_threads, form);
        let Some(copy) = target.ahead.and_then(|ahead| ahead.copy).filter(|_| form.copies) else { return facts };
        let copies = ahead::copies(&facts, copy);
        if copies.is_empty() {
            return facts;
        }
        Facts { copies, ..Facts::new(kernel, target, copy.threads, form) }
    }

    /// With nothing copied ahead; `busy` as in [`threads`].
    pub(crate) fn new(kernel: &'a Kernel, target: &'a Target, busy: u32, form: Form) -> Facts<'a> {
        let n = kernel.values.len();
        let mut facts = Facts {
            kernel,
            target,
            threads: threads(kernel, target, busy),
            vectors: form.vectors,
            teams: form.teams,
            copies: BTreeMap::new(),
            defs: vec![None; n],
            uses: vec![0; n],
            in_place: BTreeSet::new(),
            written: BTreeSet::new(),
            streams: Streams::new(),
            loops: vec![0; n],
            hoisted: BTreeSet::new(),
            repeated: BTreeSet::new(),
            aliases: BTreeMap::new(),
        };
        kernel.body.for_each_op(&mut |op| {
            for result in &op.results {
                facts.defs[result.index()] = Some(op);
            }
            facts.written.extend(op.kind.view_written());
            match &op.kind {
                OpKind::For { body, .. } => {
                    facts.aliases.extend(op.results.iter().copied().zip(body.args.iter().skip(1).copied()));
                }
                OpKind::While { after, .. } => {
                    facts.aliases.extend(after.args.iter().copied().zip(op.results.iter().copied()));
                }
                _ => {}
            }
        });
        facts.count(&kernel.body, 0);
        facts.find_in_place(&kernel.body);
        facts.streams = streams(&facts);
        facts
    }

    fn count(&mut self, block: &'a Block, depth: u32) {
        for arg in &block.args {
            self.loops[arg.index()] = depth;
        }
        for op in &block.ops {
            for operand in op.kind.operands() {
                self.used(operand, depth);
            }
            // The matrix unit has its own copies: every element is made once.
            if let OpKind::Contract { lhs, rhs, spec, .. } = &op.kind
                && matrix(self, op).is_none()
            {
                for (value, map) in [(lhs, &spec.lhs), (rhs, &spec.rhs)] {
                    if product::repetition(self.kernel, &op.kind, map) > 1 {
                        self.repeated.insert(*value);
                    }
                }
            }
            let inner = match op.kind {
                OpKind::For { .. } | OpKind::While { .. } => depth + 1,
                _ => depth,
            };
            for block in op.kind.blocks() {
                self.count(block, inner);
            }
            for result in &op.results {
                self.loops[result.index()] = depth;
            }
        }
        for value in &block.yields {
            self.used(*value, depth);
        }
    }

    fn used(&mut self, value: Value, depth: u32) {
        self.uses[value.index()] += 1;
        if self.loops[value.index()] < depth {
            self.hoisted.insert(value);
        }
    }

    /// Finds loads that feed, through elementwise operations only, a store to the same place.
    fn find_in_place(&mut self, block: &'a Block) {
        for (at, op) in block.ops.iter().enumerate() {
            if let OpKind::Store { view, value, indices, mask: None, .. } = &op.kind {
                let mut chain = vec![*value];
                while let Some(value) = chain.pop() {
                    let Some(def) = self.defs[value.index()] else { continue };
                    if self.uses[value.index()] != 1 {
                        continue;
                    }
                    match &def.kind {
                        OpKind::Unary(_, x) | OpKind::Cast(_, x) => chain.push(*x),
                        OpKind::Binary(_, x, y) => chain.extend([*x, *y]),
                        OpKind::Fma(x, y, z) => chain.extend([*x, *y, *z]),
                        OpKind::Load { view: from, indices: start, mask: None, .. }
                            if from == view && start == indices =>
                        {
                            let first = block.ops.iter().position(|other| other.result() == Some(value));
                            let between = first.map(|first| &block.ops[first..at]);
                            if between.is_some_and(|ops| !ops.iter().any(|op| stores_to(op, *view))) {
                                self.in_place.insert(value);
                            }
                        }
                        _ => {}
                    }
                }
            }
            for block in op.kind.blocks() {
                self.find_in_place(block);
            }
        }
    }

    /// The value whose place decides where `value` lives.
    pub(crate) fn owner(&self, value: Value) -> Value {
        self.aliases.get(&value).copied().unwrap_or(value)
    }

    /// Rows and columns of a tile whose last dimension becomes the columns.
    pub(crate) fn rows_cols(&self, value: Value) -> (u64, u64) {
        let shape = self.kernel.ty(value).shape;
        let cols = shape.dims().last().copied().unwrap_or(1);
        (shape.count() / cols.max(1), cols)
    }

    /// The layout of a tile if nothing else decides it.
    pub(crate) fn spread(&self, value: Value) -> Layout {
        let (rows, cols) = self.rows_cols(value);
        let lanes = self.lanes_per_row(rows, cols);
        match self.streams.get(&(rows, cols)) {
            Some(stream) => {
                let layout = Layout::with_lanes(rows, cols, lanes, stream.vector, self.threads);
                Layout { every: stream.every, ..layout }
            }
            None => Layout::with_lanes(rows, cols, lanes, 4, self.threads),
        }
    }

    /// Threads for each of `rows` rows of `cols` columns: numbers of one row are where its elements are.
    pub(crate) fn lanes_per_row(&self, rows: u64, cols: u64) -> u64 {
        let own = self.streams.get(&(rows, cols));
        let other = || self.streams.range((rows, 0)..=(rows, u64::MAX)).map(|(_, stream)| stream).find(|_| rows > 1);
        own.or_else(other).map_or_else(|| lanes_per_row(rows, self.threads), |stream| stream.lanes)
    }

    /// How many loops stand around a value's definition.
    pub(crate) fn depth(&self, value: Value) -> u32 {
        self.loops[value.index()]
    }

    /// Whether a tile is, or is made element by element of, one of its size that threads hold in registers: a tile that a loop
    /// carries, or a sum.
    pub(crate) fn held(&self, value: Value) -> bool {
        let shape = self.kernel.ty(value).shape;
        let fits = |value: Value| self.fits(self.spread(value));
        let (mut seen, mut queue) = (BTreeSet::new(), vec![value]);
        while let Some(value) = queue.pop() {
            let same = self.kernel.ty(value).shape == shape;
            match self.defs[value.index()].map(|op| &op.kind) {
                // Carried by a loop: in the layout that tiles of its shape are spread in.
                None | Some(OpKind::For { .. } | OpKind::While { .. }) if same && fits(value) => return true,
                Some(
                    OpKind::Unary(..) | OpKind::Binary(..) | OpKind::Fma(..) | OpKind::Select { .. } | OpKind::Cast(..),
                ) => {
                    let operands = self.defs[value.index()].map(|op| op.kind.operands()).unwrap_or_default();
                    queue.extend(operands.into_iter().filter(|operand| seen.insert(*operand)));
                }
                _ => {}
            }
        }
        false
    }

    pub(crate) fn fits(&self, layout: Layout) -> bool {
        layout.registers(self.threads) <= u64::from(self.target.tile_registers)
    }

    /// Bytes of a tile in shared memory.
    pub(crate) fn bytes(&self, value: Value) -> u64 {
        let ty = self.kernel.ty(value);
        let size = if ty.elem.is_float() { 4 } else { ty.elem.bytes() };
        ty.shape.count().saturating_mul(size)
    }
}

fn stores_to(op: &Op, view: ViewId) -> bool {
    op.kind.view_written() == Some(view)
        || op.kind.blocks().iter().any(|block| block.ops.iter().any(|op| stores_to(op, view)))
}

/// Plans every tile of a kernel.
pub(crate) fn plan(facts: &Facts<'_>, demoted: &Demoted) -> Vec<Plan> {
    let n = facts.kernel.values.len();
    let mut planner = Planner { facts, plans: vec![Plan::Virtual; n], cost: vec![0; n], chain: vec![0; n], demoted };
    planner.block(&facts.kernel.body);
    planner.plans
}

struct Planner<'a> {
    facts: &'a Facts<'a>,
    plans: Vec<Plan>,
    /// By value: operations to compute one element again.
    cost: Vec<u32>,
    /// By value: length of the longest chain of virtual tiles that ends in it.
    chain: Vec<u32>,
    demoted: &'a Demoted,
}

impl Planner<'_> {
    fn block(&mut self, block: &Block) {
        for op in &block.ops {
            self.op(op);
        }
    }

    fn keep(&mut self, value: Value, layout: Layout) {
        let plan =
            if self.facts.fits(layout) || self.facts.in_stream(value) { Plan::Keep(layout) } else { Plan::Shared };
        self.set(value, plan);
    }

    fn set(&mut self, value: Value, plan: Plan) {
        self.plans[value.index()] = self.demoted.get(&value).copied().unwrap_or(plan);
        if self.plans[value.index()] != Plan::Virtual {
            self.cost[value.index()] = 0;
            self.chain[value.index()] = 0;
        }
    }

    fn op(&mut self, op: &Op) {
        let kernel = self.facts.kernel;
        match &op.kind {
            OpKind::For { body, .. } => {
                self.carried(&body.args[1..]);
                self.block(body);
                self.carried_from(&body.args[1..], &body.yields);
                for (&result, &arg) in op.results.iter().zip(&body.args[1..]) {
                    self.plans[result.index()] = self.plans[arg.index()];
                }
            }
            OpKind::While { before, after, .. } => {
                self.carried(&before.args);
                self.block(before);
                self.carried(&after.args);
                self.block(after);
                self.carried(&op.results);
            }
            OpKind::If { then, otherwise, .. } => {
                self.block(then);
                self.block(otherwise);
                self.carried(&op.results);
            }
            OpKind::Reduce { .. } | OpKind::Contract { .. } => {
                if let Some(result) = op.result() {
                    let layout = product::strategy(self.facts, op).layout();
                    self.keep(result, layout);
                    self.start(op, layout);
                }
            }
            _ => {
                if let Some(result) = op.result().filter(|result| !kernel.ty(*result).is_scalar()) {
                    self.elementwise(op, result);
                }
            }
        }
    }

    fn carried(&mut self, values: &[Value]) {
        for &value in values {
            if !self.facts.kernel.ty(value).is_scalar() {
                self.keep(value, self.facts.spread(value));
            }
        }
    }

    /// A start value that is loaded is loaded where it stands, by the threads that add it: it is there when the sum is.
    fn start(&mut self, op: &Op, layout: Layout) {
        let (OpKind::Contract { acc, .. } | OpKind::Reduce { acc, .. }) = &op.kind else { return };
        let defs = &self.facts.defs;
        let mut from = *acc;
        while let Some(OpKind::Cast(_, inner)) = defs[from.index()].map(|op| &op.kind) {
            from = *inner;
        }
        let loaded = matches!(defs[from.index()].map(|op| &op.kind), Some(OpKind::Load { .. }));
        let tile = !self.facts.kernel.ty(from).is_scalar();
        if loaded && tile && self.facts.uses[from.index()] == 1 && self.facts.fits(layout) {
            self.keep(from, layout);
        }
    }

    /// A carried tile takes the layout of the product that makes its next value.
    fn carried_from(&mut self, args: &[Value], yields: &[Value]) {
        for (&arg, yielded) in args.iter().zip(yields) {
            let product = self.facts.defs[yielded.index()]
                .is_some_and(|op| matches!(op.kind, OpKind::Reduce { .. } | OpKind::Contract { .. }));
            if let (true, Plan::Keep(layout)) = (product, self.plans[yielded.index()])
                && matches!(self.plans[arg.index()], Plan::Keep(_))
            {
                self.keep(arg, layout);
            }
        }
    }

    fn elementwise(&mut self, op: &Op, result: Value) {
        let facts = self.facts;
        let operands = op.kind.operands();
        let own = cost(op);
        let below: u32 = operands.iter().fold(0, |sum, operand| sum.saturating_add(self.cost[operand.index()]));
        self.cost[result.index()] = own.saturating_add(below);
        self.chain[result.index()] = 1 + operands.iter().map(|operand| self.chain[operand.index()]).max().unwrap_or(0);
        if let OpKind::Broadcast(value) = &op.kind
            && !facts.kernel.ty(*value).is_scalar()
            && self.cost[value.index()] >= 4
            && self.plans[value.index()] == Plan::Virtual
            && facts.kernel.ty(*value).shape.count() < facts.kernel.ty(result).shape.count()
        {
            self.keep(*value, facts.spread(*value));
            self.cost[result.index()] = own;
        }
        let layout = facts.spread(result);
        let keep = match &op.kind {
            OpKind::Load { .. } if facts.copies.contains_key(&result) => {
                return self.set(result, Plan::Shared);
            }
            OpKind::Load { view, .. } | OpKind::Gather { view, .. } if facts.written.contains(view) => {
                !facts.in_place.contains(&result)
            }
            OpKind::Load { .. } | OpKind::Gather { .. } => {
                let again = facts.uses[result.index()] > 1 && layout.registers(facts.threads) <= LOAD_REGISTERS;
                again || self.facts.streamed(result)
            }
            _ => {
                let cost = self.cost[result.index()];
                let again = facts.uses[result.index()] > 1 || facts.hoisted.contains(&result);
                let small = facts.fits(layout)
                    || facts.in_stream(result)
                    || facts.bytes(result) <= facts.target.shared_bytes / 4;
                let repeated = cost > 1 && facts.repeated.contains(&result);
                let long = self.chain[result.index()] > MAX_CHAIN;
                small && ((again && cost > 2) || repeated || long)
            }
        };
        if keep { self.keep(result, layout) } else { self.set(result, Plan::Virtual) }
    }
}

/// Operations of one element.
fn cost(op: &Op) -> u32 {
    match &op.kind {
        OpKind::Unary(op, _) => match op {
            UnaryOp::Neg | UnaryOp::Abs | UnaryOp::Floor => 1,
            UnaryOp::Sqrt | UnaryOp::Rsqrt => 4,
            UnaryOp::Exp | UnaryOp::Log | UnaryOp::Tanh | UnaryOp::Sin | UnaryOp::Cos => 8,
        },
        OpKind::Binary(op, ..) => match op {
            BinaryOp::DivF | BinaryOp::DivS | BinaryOp::DivU | BinaryOp::RemS | BinaryOp::RemU => 4,
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::MinF
            | BinaryOp::MaxF
            | BinaryOp::MinS
            | BinaryOp::MaxS
            | BinaryOp::MinU
            | BinaryOp::MaxU
            | BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Xor
            | BinaryOp::Shl
            | BinaryOp::ShrS
            | BinaryOp::ShrU => 1,
        },
        OpKind::Cast(CastOp::ExtF, _) => 0,
        OpKind::Cast(..) | OpKind::Fma(..) | OpKind::Compare(..) | OpKind::Select { .. } => 1,
        OpKind::InsertSlice { .. } | OpKind::Insert { .. } => 1,
        OpKind::Load { .. } => 1,
        OpKind::Gather { .. } => 4,
        OpKind::ProgramId(_)
        | OpKind::NumPrograms(_)
        | OpKind::Constant(_)
        // Bounds: part of an access.
        | OpKind::CreateMask { .. }
        | OpKind::Broadcast(_)
        | OpKind::Reshape(_)
        | OpKind::Transpose { .. }
        | OpKind::Slice { .. }
        | OpKind::Extract { .. }
        | OpKind::Reduce { .. }
        | OpKind::Contract { .. }
        | OpKind::Store { .. }
        | OpKind::LoadScalar { .. }
        | OpKind::StoreScalar { .. }
        | OpKind::For { .. }
        | OpKind::While { .. }
        | OpKind::If { .. } => 0,
    }
}

/// Threads for a kernel: enough that each has some work, fewer where there are many programs.
/// `busy`: most of them for products and where there are many programs.
fn threads(kernel: &Kernel, target: &Target, busy: u32) -> u64 {
    let mut work = 1;
    let mut product = false;
    kernel.body.for_each_op(&mut |op| {
        let tile = |value: &Value| kernel.ty(*value).shape.count();
        work = work.max(match &op.kind {
            OpKind::Contract { lhs, rhs, .. } => {
                product = true;
                tile(lhs).max(tile(rhs))
            }
            OpKind::Reduce { value, .. } | OpKind::Store { value, .. } => tile(value),
            _ => 1,
        });
    });
    let alone = kernel.programs() <= 4 && !product;
    let (each, most) = if alone { (4, 1024) } else { (16, u64::from(busy)) };
    let wanted = 1 << (work / each).max(1).ilog2();
    wanted.clamp(u64::from(target.warp), most.min(u64::from(target.max_threads)))
}

impl Strategy {
    /// The layout of the result.
    pub(crate) fn layout(self) -> Layout {
        match self {
            Strategy::Lanes { layout, .. }
            | Strategy::Owned(layout)
            | Strategy::Teams { layout, .. }
            | Strategy::Columns { layout, .. } => layout,
            Strategy::Matrix(plan) => plan.layout,
        }
    }
}
