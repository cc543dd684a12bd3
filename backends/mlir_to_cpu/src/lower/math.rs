//! Elementary functions.

use cranelift_codegen::ir::types::F32;
use cranelift_codegen::ir::{self, AbiParam, InstBuilder};
use cranelift_module::{Linkage, Module};
use tile_ir::{Elem, UnaryOp};

use super::chunk::Chunk;
use super::{Lower, Result};
use crate::types::Reg;

impl Lower<'_, '_> {
    /// Unary operation on floats of type `elem`.
    pub(crate) fn unary(&mut self, op: UnaryOp, elem: Elem, x: &Chunk) -> Result<Chunk> {
        let result = match op {
            UnaryOp::Neg => self.map(x, |this, part| this.b.ins().fneg(part)),
            UnaryOp::Abs => self.map(x, |this, part| this.b.ins().fabs(part)),
            UnaryOp::Sqrt => self.map(x, |this, part| this.b.ins().sqrt(part)),
            UnaryOp::Rsqrt => self.map(x, |this, part| {
                let ty = this.b.func.dfg.value_type(part);
                let one = this.float_const(ty, 1.0);
                let root = this.b.ins().sqrt(part);
                this.b.ins().fdiv(one, root)
            }),
            UnaryOp::Floor if self.features.rounding() => {
                self.map(x, |this, part| this.b.ins().floor(part))
            }
            UnaryOp::Floor => self.by_library("floorf", x)?,
            UnaryOp::Exp => self.by_library("expf", x)?,
            UnaryOp::Log => self.by_library("logf", x)?,
            UnaryOp::Tanh => self.by_library("tanhf", x)?,
            UnaryOp::Sin => self.by_library("sinf", x)?,
            UnaryOp::Cos => self.by_library("cosf", x)?,
        };
        Ok(self.round_to(elem, &result))
    }

    fn by_library(&mut self, name: &'static str, x: &Chunk) -> Result<Chunk> {
        let function = self.maths(name, 1)?;
        Ok(self.per_lane(Reg::Float, Reg::Float, &[x], |this, e| {
            this.call(function, e)
        }))
    }

    /// The C maths library's function `name` of `params` floats.
    pub(crate) fn maths(&mut self, name: &'static str, params: usize) -> Result<ir::FuncRef> {
        if let Some(&function) = self.calls.get(name) {
            return Ok(function);
        }
        let mut signature = self.module.make_signature();
        signature.params = vec![AbiParam::new(F32); params];
        signature.returns = vec![AbiParam::new(F32)];
        let id = self
            .module
            .declare_function(name, Linkage::Import, &signature)
            .map_err(|error| self.codegen(error.to_string()))?;
        let function = self.module.declare_func_in_func(id, self.b.func);
        self.calls.insert(name, function);
        Ok(function)
    }

    /// Calls a maths function.
    pub(crate) fn call(&mut self, function: ir::FuncRef, args: &[ir::Value]) -> ir::Value {
        let call = self.b.ins().call(function, args);
        self.b.inst_results(call)[0]
    }
}
