//! From a planned kernel to Cranelift's IR.
//!
//! The entry point loops over its programs; operations with effects, and those that the plan gives a place, become
//! code where they stand; everything else is computed where it is used ([`eval`](self)).

mod access;
mod cast;
mod chunk;
mod constants;
mod contract;
mod control;
mod element;
mod elementwise;
mod eval;
mod float16;
mod index;
mod insert;
mod math;
mod memory;
mod nest;
mod reduce;
mod shape;
mod site;
mod split;

use std::collections::BTreeMap;
use std::rc::Rc;

use cranelift_codegen::ir::types::{F32, I32, I64};
use cranelift_codegen::ir::{self, AbiParam, InstBuilder, MemFlagsData, SourceLoc};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::Module;
use cranelift_object::ObjectModule;
use tile_ir::{Block, Kernel, Loc, Op, OpKind, ParamKind, Value};

use crate::error::Error;
use crate::features::Features;
use crate::plan::{Place, Plan};
use crate::types::Reg;
use access::Mem;
use chunk::Chunk;
use index::Pos;
use site::Site;
use split::Known;

pub(crate) type Result<T> = std::result::Result<T, Error>;

/// The state of lowering one kernel.
pub(crate) struct Lower<'a, 'b> {
    kernel: &'a Kernel,
    plan: &'a Plan<'a>,
    features: &'a Features,
    module: &'a mut ObjectModule,
    entry: &'a str,
    b: FunctionBuilder<'b>,
    /// By parameter: address of a view.
    params: Vec<Option<ir::Value>>,
    /// By value: the machine value of one element.
    ssa: Vec<Option<ir::Value>>,
    /// By value: address of a kept tile.
    mem: Vec<Option<ir::Value>>,
    /// By argument of a loop body: address of the tile in the next iteration.
    next: Vec<Option<ir::Value>>,
    /// By value: where a load's tile lies.
    sites: Vec<Option<Rc<Site>>>,
    /// Constant tiles already placed.
    constants: BTreeMap<Value, ir::GlobalValue>,
    /// Chunks already computed, innermost scope last.
    memo: Vec<BTreeMap<(Value, Pos), Chunk>>,
    /// Index of the current program along x, y, z.
    program: [ir::Value; 3],
    scratch: ir::Value,
    /// Library functions already declared.
    calls: BTreeMap<&'static str, ir::FuncRef>,
    /// The code being emitted runs only where every load is inside its view.
    full: bool,
    /// What the loops around the code being emitted know of loads.
    sides: Vec<Known>,
    /// Work so far, against [`crate::limits::MAX_EMITTED`].
    emitted: u64,
    /// Source positions, numbered for the code generator.
    locs: BTreeMap<(String, u32, u32), u32>,
}

/// A lowered kernel.
pub(crate) struct Lowered {
    /// The function.
    pub(crate) function: ir::Function,
    /// By source number: file, line and column.
    pub(crate) locs: Vec<(String, u32, u32)>,
}

/// Lowers one kernel to the function of symbol `entry`.
pub(crate) fn lower(
    kernel: &Kernel,
    plan: &Plan<'_>,
    features: &Features,
    module: &mut ObjectModule,
    entry: &str,
) -> Result<Lowered> {
    let mut signature = module.make_signature();
    signature.params = vec![AbiParam::new(I64); 4];
    let mut function = ir::Function::with_name_signature(ir::UserFuncName::testcase(entry), signature);
    let mut context = FunctionBuilderContext::new();
    let b = FunctionBuilder::new(&mut function, &mut context);
    let none = ir::Value::from_u32(0);
    let n = kernel.values.len();
    let mut lower = Lower {
        kernel,
        plan,
        features,
        module,
        entry,
        b,
        params: vec![None; kernel.params.len()],
        ssa: vec![None; n],
        mem: vec![None; n],
        next: vec![None; n],
        sites: vec![None; n],
        constants: BTreeMap::new(),
        memo: Vec::new(),
        program: [none; 3],
        scratch: none,
        calls: BTreeMap::new(),
        full: false,
        sides: Vec::new(),
        emitted: 0,
        locs: BTreeMap::new(),
    };
    lower.entry_point()?;
    let mut locs = vec![(String::new(), 0, 0); lower.locs.len()];
    for (loc, number) in &lower.locs {
        locs[*number as usize] = loc.clone();
    }
    lower.b.seal_all_blocks();
    let config = lower.module.target_config();
    lower.b.finalize(config);
    Ok(Lowered { function, locs })
}

impl<'a> Lower<'a, '_> {
    /// A value is not what the validator and the plan promise.
    fn broken(&self, value: Value, message: &str) -> Error {
        let loc = self.plan.defs.get(value.index()).copied().flatten().map_or(&self.kernel.loc, |op| &op.loc);
        let detail = format!("a value {message}");
        Error::Codegen { kernel: self.kernel.name.clone(), detail, loc: loc.clone() }
    }

    fn codegen(&self, detail: String) -> Error {
        Error::Codegen { kernel: self.kernel.name.clone(), detail, loc: self.kernel.loc.clone() }
    }

    /// The operation that defines a value.
    fn def(&self, value: Value) -> Result<&'a Op> {
        self.plan.defs[value.index()].ok_or_else(|| self.broken(value, "has no definition"))
    }

    /// Runs `f` with the code it emits attributed to a source position.
    fn at_loc<T>(&mut self, loc: &Loc, f: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.b.srcloc();
        if let Loc::File { file, line, column } = loc {
            let fresh = self.locs.len() as u32;
            let number = *self.locs.entry((file.to_string(), *line, *column)).or_insert(fresh);
            self.b.set_srcloc(SourceLoc::new(number));
        }
        let result = f(self);
        self.b.set_srcloc(before);
        result
    }

    /// Moves the current block out of the way of the fast path.
    fn mark_cold(&mut self) {
        if let Some(block) = self.b.current_block() {
            self.b.set_cold_block(block);
        }
    }

    /// `fn(args, first, last, scratch)`: runs the programs `first..last`.
    fn entry_point(&mut self) -> Result<()> {
        let entry = self.b.create_block();
        self.b.append_block_params_for_function_params(entry);
        self.b.switch_to_block(entry);
        let [args, first, last, scratch] = self.b.block_params(entry) else {
            return Err(self.codegen("the entry point has four parameters".to_owned()));
        };
        let (args, first, last) = (*args, *first, *last);
        self.scratch = *scratch;
        let kernel = self.kernel;
        let flags = MemFlagsData::trusted().with_readonly().with_can_move();
        for (i, param) in kernel.params.iter().enumerate() {
            let pointer = self.b.ins().load(I64, flags, args, i as i32 * 8);
            match &param.kind {
                ParamKind::View(_) => self.params[i] = Some(pointer),
                ParamKind::Scalar(scalar) => {
                    let ty = match Reg::of(scalar.elem) {
                        Reg::Float => F32,
                        Reg::Int | Reg::Bool => I32,
                        Reg::Long => I64,
                    };
                    let value = self.b.ins().load(ty, flags, pointer, 0);
                    self.ssa[scalar.value.index()] = Some(value);
                }
            }
        }
        let header = self.b.create_block();
        let body = self.b.create_block();
        let exit = self.b.create_block();
        let program = self.b.append_block_param(header, I64);
        self.b.ins().jump(header, &[first.into()]);
        self.b.switch_to_block(header);
        let more = self.b.ins().icmp(ir::condcodes::IntCC::UnsignedLessThan, program, last);
        self.b.ins().brif(more, body, &[], exit, &[]);
        self.b.switch_to_block(body);
        self.program = self.split_program(program);
        self.scoped(|this| this.block(&kernel.body))?;
        let one = self.long(1);
        let next = self.b.ins().iadd(program, one);
        self.b.ins().jump(header, &[next.into()]);
        self.b.switch_to_block(exit);
        self.b.ins().return_(&[]);
        Ok(())
    }

    /// Program indices along x, y and z from the linear index, x fastest.
    fn split_program(&mut self, linear: ir::Value) -> [ir::Value; 3] {
        let [x_size, y_size, _] = self.kernel.grid;
        let zero = self.long(0);
        if x_size == self.kernel.programs() {
            return [linear, zero, zero];
        }
        let size = self.long(x_size.max(1) as i64);
        let x = self.b.ins().urem(linear, size);
        let rows = self.b.ins().udiv(linear, size);
        let size = self.long(y_size.max(1) as i64);
        let y = self.b.ins().urem(rows, size);
        let z = self.b.ins().udiv(rows, size);
        [x, y, z]
    }

    fn block(&mut self, block: &Block) -> Result<()> {
        block.ops.iter().try_for_each(|op| self.at_loc(&op.loc, |this| this.op(op)))
    }

    /// Emits an operation where it stands, if it has to be.
    fn op(&mut self, op: &Op) -> Result<()> {
        match &op.kind {
            OpKind::For { .. } => return self.lower_for(op),
            OpKind::While { .. } => return self.lower_while(op),
            OpKind::If { .. } => return self.lower_if(op),
            OpKind::Store { .. } => return self.store(op),
            OpKind::StoreScalar { view, value, indices } => return self.store_scalar(*view, *value, indices),
            OpKind::ProgramId(_)
            | OpKind::NumPrograms(_)
            | OpKind::Constant(_)
            | OpKind::Unary(..)
            | OpKind::Binary(..)
            | OpKind::Fma(..)
            | OpKind::Compare(..)
            | OpKind::Select { .. }
            | OpKind::Cast(..)
            | OpKind::Broadcast(_)
            | OpKind::Reshape(_)
            | OpKind::Transpose { .. }
            | OpKind::Slice { .. }
            | OpKind::InsertSlice { .. }
            | OpKind::Extract { .. }
            | OpKind::Insert { .. }
            | OpKind::Reduce { .. }
            | OpKind::Contract { .. }
            | OpKind::CreateMask { .. }
            | OpKind::Load { .. }
            | OpKind::LoadScalar { .. }
            | OpKind::Gather { .. } => {}
        }
        let Some(result) = op.result() else {
            return Ok(());
        };
        let place = self.plan.places[result.index()];
        if place == Place::Dead {
            return Ok(());
        }
        self.prepare(op, result)?;
        let base = match place {
            Place::Dead | Place::Virtual | Place::Carried => return Ok(()),
            Place::Scalar => None,
            Place::Buffer(id) => Some(self.buffer(id)),
            Place::Next(arg) => {
                Some(self.next[arg.index()].ok_or_else(|| self.broken(result, "is used before it is defined"))?)
            }
        };
        let ty = self.kernel.ty(result);
        let dest = base.map(|base| Mem::tile(base, ty.elem, &ty.shape, false));
        let element = self.make(op, result, dest)?;
        self.ssa[result.index()] = element;
        self.mem[result.index()] = base;
        Ok(())
    }

    /// Computes a result into `dest`, or gives its one element.
    fn make(&mut self, op: &Op, result: Value, dest: Option<Mem>) -> Result<Option<ir::Value>> {
        match &op.kind {
            OpKind::Reduce { .. } => return self.reduce(&op.kind, result, dest),
            OpKind::Contract { .. } => return self.contract(&op.kind, result, dest),
            OpKind::InsertSlice { .. } | OpKind::Insert { .. } => {
                return self.insert(&op.kind, result, dest);
            }
            OpKind::ProgramId(_)
            | OpKind::NumPrograms(_)
            | OpKind::Constant(_)
            | OpKind::Unary(..)
            | OpKind::Binary(..)
            | OpKind::Fma(..)
            | OpKind::Compare(..)
            | OpKind::Select { .. }
            | OpKind::Cast(..)
            | OpKind::Broadcast(_)
            | OpKind::Reshape(_)
            | OpKind::Transpose { .. }
            | OpKind::Slice { .. }
            | OpKind::Extract { .. }
            | OpKind::CreateMask { .. }
            | OpKind::Load { .. }
            | OpKind::Store { .. }
            | OpKind::LoadScalar { .. }
            | OpKind::StoreScalar { .. }
            | OpKind::Gather { .. }
            | OpKind::For { .. }
            | OpKind::While { .. }
            | OpKind::If { .. } => {}
        }
        let Some(mem) = dest else {
            let pos = self.origin(result);
            return Ok(self.eval_op(op, result, &pos)?.parts.first().copied());
        };
        let dims = self.kernel.ty(result).shape;
        let own = self.sites[result.index()].as_ref().and_then(|site| site.full);
        self.versioned(&op.kind.operands(), own, &mut |this| {
            this.nest(dims.dims(), site::lane_dim(dims.dims()), nest::WIDTHS, &mut |this, pos| {
                let chunk = this.eval_op(op, result, &pos)?;
                this.write(&mem, &pos, &chunk);
                Ok(())
            })?;
            Ok(Vec::new())
        })?;
        Ok(None)
    }
}
