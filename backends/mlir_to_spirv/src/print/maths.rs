//! Functions of f32, composed: Vulkan bounds the errors of its own too loosely (Vulkan specification, Precision and Operation
//! of SPIR-V Instructions). Polynomials and split constants are those of Cephes (S. L. Moshier), single precision.

use spirv::{GlslStd450Op as GLOp, Op};

use super::Printer;
use crate::asm::{Id, Ty};

impl Printer<'_> {
    /// `tanh(x)`: a polynomial near zero, else `1 - 2 / (e^2x + 1)`.
    pub(super) fn tanh(&mut self, x: Id) -> Id {
        self.call("tanh", (Ty::Float, &[Ty::Float]), &[x], |printer, args| printer.tanh_body(args[0]))
    }

    fn tanh_body(&mut self, x: Id) -> Id {
        let magnitude = self.glsl(GLOp::FAbs, Ty::Float, &[x]);
        let square = self.float_op(Op::FMul, &[x, x]);
        let odd = self.horner(square, &[-5.704_988_8e-3, 2.063_908_8e-2, -5.373_971_5e-2, 0.133_314_42, -0.333_332_8]);
        let odd = self.float_op(Op::FMul, &[odd, square]);
        let small = self.fma(odd, x, x);
        let (one, two, limit) = (self.module.float(1.0), self.module.float(2.0), self.module.float(0.625));
        let twice = self.float_op(Op::FAdd, &[magnitude, magnitude]);
        let power = self.exp(twice);
        let below = self.float_op(Op::FAdd, &[power, one]);
        let part = self.float_op(Op::FDiv, &[two, below]);
        let large = self.float_op(Op::FSub, &[one, part]);
        let large = self.with_sign(large, x);
        let is_small = self.op(Op::FOrdLessThan, Ty::Bool, &[magnitude, limit]);
        self.choose(Ty::Float, is_small, small, large)
    }

    /// A magnitude with the sign of another number.
    pub(super) fn with_sign(&mut self, magnitude: Id, of: Id) -> Id {
        let (magnitude, of) = (self.op(Op::Bitcast, Ty::Uint, &[magnitude]), self.op(Op::Bitcast, Ty::Uint, &[of]));
        let mask = self.module.uint(1 << 31);
        let sign = self.op(Op::BitwiseAnd, Ty::Uint, &[of, mask]);
        let bits = self.op(Op::BitwiseOr, Ty::Uint, &[sign, magnitude]);
        self.op(Op::Bitcast, Ty::Float, &[bits])
    }

    pub(super) fn fma(&mut self, x: Id, y: Id, z: Id) -> Id {
        self.glsl(GLOp::Fma, Ty::Float, &[x, y, z])
    }

    /// A polynomial; coefficients from that of the highest power down.
    pub(super) fn horner(&mut self, x: Id, coefficients: &[f32]) -> Id {
        let mut coefficients =
            coefficients.iter().map(|&coefficient| self.module.float(coefficient)).collect::<Vec<_>>();
        let rest = coefficients.split_off(1);
        rest.into_iter().fold(coefficients[0], |sum, coefficient| self.fma(sum, x, coefficient))
    }
}
