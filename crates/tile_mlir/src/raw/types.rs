//! Types.

use mlir_sys as sys;

use super::{SHOWN, Type, print};

// SAFETY of all blocks below: handles are valid for `'m` (see `from_raw`), and each accessor is called on the kind of
// object it is defined for, which the surrounding condition or the doc comment ensures.

/// What a type is, as far as the subset goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TypeClass {
    F32,
    F16,
    Bf16,
    Index,
    /// Signless integer of this width.
    Int(u32),
    /// `si8`, `ui32`, ...
    SignedInt,
    /// Any other float.
    Float,
    Vector,
    MemRef,
    UnrankedMemRef,
    Other,
}

impl<'m> Type<'m> {
    pub(crate) fn class(self) -> TypeClass {
        // SAFETY: see above; widths are asked of integers only.
        unsafe {
            match self.raw {
                ty if sys::mlirTypeIsAF32(ty) => TypeClass::F32,
                ty if sys::mlirTypeIsAF16(ty) => TypeClass::F16,
                ty if sys::mlirTypeIsABF16(ty) => TypeClass::Bf16,
                ty if sys::mlirTypeIsAIndex(ty) => TypeClass::Index,
                ty if sys::mlirTypeIsAInteger(ty) => {
                    if sys::mlirIntegerTypeIsSignless(ty) {
                        TypeClass::Int(sys::mlirIntegerTypeGetWidth(ty))
                    } else {
                        TypeClass::SignedInt
                    }
                }
                ty if sys::mlirTypeIsAFloat(ty) => TypeClass::Float,
                ty if sys::mlirTypeIsAVector(ty) => TypeClass::Vector,
                ty if sys::mlirTypeIsAMemRef(ty) => TypeClass::MemRef,
                ty if sys::mlirTypeIsAUnrankedMemRef(ty) => TypeClass::UnrankedMemRef,
                _ => TypeClass::Other,
            }
        }
    }

    /// Dimensions of a ranked shaped type (vector or memref); `None` in place of a dynamic one.
    pub(crate) fn dims(self) -> Vec<Option<i64>> {
        // SAFETY: callers ask vectors and ranked memrefs only; indices are in range.
        unsafe {
            if !sys::mlirTypeIsAShaped(self.raw) || !sys::mlirShapedTypeHasRank(self.raw) {
                return Vec::new();
            }
            (0..sys::mlirShapedTypeGetRank(self.raw) as isize)
                .map(|d| {
                    let dynamic = sys::mlirShapedTypeIsDynamicDim(self.raw, d);
                    (!dynamic).then(|| sys::mlirShapedTypeGetDimSize(self.raw, d))
                })
                .collect()
        }
    }

    /// Element type of a vector or memref.
    pub(crate) fn element(self) -> Option<Type<'m>> {
        // SAFETY: the element type is asked of shaped types only.
        unsafe { sys::mlirTypeIsAShaped(self.raw).then(|| Type::from_raw(sys::mlirShapedTypeGetElementType(self.raw))) }
    }

    pub(crate) fn is_scalable(self) -> bool {
        // SAFETY: the second question is asked of vectors only.
        unsafe { sys::mlirTypeIsAVector(self.raw) && sys::mlirVectorTypeIsScalable(self.raw) }
    }

    /// Whether a memref is laid out row-major without offset.
    pub(crate) fn has_identity_layout(self) -> bool {
        // SAFETY: the map is asked of memrefs only.
        unsafe {
            sys::mlirTypeIsAMemRef(self.raw) && sys::mlirAffineMapIsIdentity(sys::mlirMemRefTypeGetAffineMap(self.raw))
        }
    }

    /// Whether a memref names a memory space.
    pub(crate) fn has_memory_space(self) -> bool {
        // SAFETY: the space is asked of memrefs only.
        unsafe { sys::mlirTypeIsAMemRef(self.raw) && !sys::mlirMemRefTypeGetMemorySpace(self.raw).ptr.is_null() }
    }

    /// MLIR's spelling, shortened for messages.
    pub(crate) fn text(self) -> String {
        // SAFETY: see above.
        print(SHOWN, |callback, data| unsafe { sys::mlirTypePrint(self.raw, callback, data) })
    }

    /// Number of inputs and results of a function type.
    pub(crate) fn function_counts(self) -> Option<(usize, usize)> {
        // SAFETY: counts are asked of function types only.
        unsafe {
            sys::mlirTypeIsAFunction(self.raw).then(|| {
                (
                    sys::mlirFunctionTypeGetNumInputs(self.raw) as usize,
                    sys::mlirFunctionTypeGetNumResults(self.raw) as usize,
                )
            })
        }
    }
}
