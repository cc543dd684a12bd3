//! Elementary functions.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::types::{F32, F32X4, I32, I32X4};
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
            UnaryOp::Floor if self.features.rounding() => self.map(x, |this, part| this.b.ins().floor(part)),
            UnaryOp::Floor => self.by_library("floorf", x)?,
            UnaryOp::Exp => self.map(x, |this, part| this.exponential(part)),
            UnaryOp::Log => self.by_library("logf", x)?,
            UnaryOp::Tanh => self.by_library("tanhf", x)?,
            UnaryOp::Sin => self.by_library("sinf", x)?,
            UnaryOp::Cos => self.by_library("cosf", x)?,
        };
        Ok(self.round_to(elem, &result))
    }

    /// `e^x` of a scalar or vector, to about one unit in the last place.
    ///
    /// With n the integer nearest `x / ln 2` and `r = x - n ln 2`, it is `2^n` times the Taylor polynomial of `e^r`, whose
    /// remainder for `|r| <= ln 2 / 2` is below `r^8 / 8! < 6e-9`.
    fn exponential(&mut self, x: ir::Value) -> ir::Value {
        let float = self.b.func.dfg.value_type(x);
        let int = if float == F32X4 { I32X4 } else { I32 };
        // Beyond these the result is infinite or zero. NaN passes both comparisons. What becomes zero must not be
        // computed: processors take a hundred cycles for a product that underflows, and masked scores all do.
        let most = self.float_const(float, 89.0);
        let above = self.b.ins().fcmp(FloatCC::GreaterThan, x, most);
        let x = self.choose(above, most, x);
        let least = self.float_const(float, -104.0);
        let vanishes = self.b.ins().fcmp(FloatCC::LessThan, x, least);
        let zero = self.float_const(float, 0.0);
        let x = self.choose(vanishes, zero, x);
        // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
        let shift = self.float_const(float, 12_582_912.0);
        let per_doubling = self.float_const(float, std::f32::consts::LOG2_E);
        let shifted = self.multiply_add(x, per_doubling, shift);
        let n = self.b.ins().fsub(shifted, shift);
        // ln 2 in two parts: 355/512 has few bits, so its products with n are exact.
        let split = 355.0 / 512.0;
        let high = self.float_const(float, -split as f32);
        let low = self.float_const(float, (split - std::f64::consts::LN_2) as f32);
        let r = self.multiply_add(n, high, x);
        let r = self.multiply_add(n, low, r);
        let mut sum = self.float_const(float, 1.0 / 5040.0);
        for divisor in [720.0, 120.0, 24.0, 6.0, 2.0, 1.0, 1.0] {
            let term = self.float_const(float, 1.0 / divisor);
            sum = self.multiply_add(sum, r, term);
        }
        // 2^n as two factors, since n reaches beyond the exponents of finite normal numbers.
        let bits = self.recast(int, shifted);
        let base = self.int_const(int, 12_582_912.0_f32.to_bits());
        let n = self.b.ins().isub(bits, base);
        let one = self.b.ins().iconst(I32, 1);
        let half = self.b.ins().sshr(n, one);
        let rest = self.b.ins().isub(n, half);
        let factor = self.power_of_two(half);
        let sum = self.b.ins().fmul(sum, factor);
        let factor = self.power_of_two(rest);
        let result = self.b.ins().fmul(sum, factor);
        self.choose(vanishes, zero, result)
    }

    /// `2^n` for integers n that are exponents of normal numbers.
    fn power_of_two(&mut self, n: ir::Value) -> ir::Value {
        let int = self.b.func.dfg.value_type(n);
        let float = if int == I32X4 { F32X4 } else { F32 };
        let bias = self.int_const(int, 127);
        let biased = self.b.ins().iadd(n, bias);
        let by = self.b.ins().iconst(I32, 23);
        let bits = self.b.ins().ishl(biased, by);
        self.recast(float, bits)
    }

    fn by_library(&mut self, name: &'static str, x: &Chunk) -> Result<Chunk> {
        let function = self.maths(name, 1)?;
        Ok(self.per_lane(Reg::Float, Reg::Float, &[x], |this, e| this.call(function, e)))
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
