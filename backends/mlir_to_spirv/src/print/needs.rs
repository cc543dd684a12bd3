//! What a module declares and asks of the device.

use bundle::manifest::Need;
use lower_simt::ir::Scalar;
use spirv::Capability;
use tile_ir::{Param, ParamKind};

use super::{Printer, head};
use crate::asm::Ty;

impl Printer<'_> {
    /// Declares what the kernel uses.
    pub(super) fn capabilities(&mut self) {
        let kernel = self.kernel;
        self.module.capability(Capability::Shader);
        self.module.capability(Capability::PhysicalStorageBufferAddresses);
        if kernel.params.iter().any(|param| matches!(param.kind, ParamKind::View(_))) {
            self.needs.insert(Need::BufferDeviceAddress);
        }
        for (shared, elem) in memories(kernel) {
            let (arithmetic, access) = match Ty::of(elem) {
                Ty::Byte => (
                    (Capability::Int8, Need::ShaderInt8),
                    (Capability::StorageBuffer8BitAccess, Need::StorageBuffer8BitAccess),
                ),
                Ty::Short => (
                    (Capability::Int16, Need::ShaderInt16),
                    (Capability::StorageBuffer16BitAccess, Need::StorageBuffer16BitAccess),
                ),
                Ty::Float | Ty::Bool | Ty::Uint | Ty::Ulong => continue,
            };
            // Nothing is computed in these types; but shared arrays of them, and pointers that are cast, need the types whole.
            let all = [Some(arithmetic), (!shared).then_some(access)];
            for (capability, need) in all.into_iter().flatten() {
                self.module.capability(capability);
                self.needs.insert(need);
            }
        }
        let wide = |param: &Param| match &param.kind {
            ParamKind::Scalar(scalar) => Scalar::of(scalar.elem) == Scalar::I64,
            ParamKind::View(_) => false,
        };
        if kernel.vars.iter().any(|var| var.scalar == Scalar::I64)
            || kernel.params.iter().any(wide)
            || self.module.is_used(Ty::Ulong)
        {
            self.module.capability(Capability::Int64);
            self.needs.insert(Need::ShaderInt64);
        }
        if head::exchanges(kernel) {
            for capability in [Capability::GroupNonUniform, Capability::GroupNonUniformShuffle] {
                self.module.capability(capability);
            }
            self.needs.extend([Need::SubgroupBasic, Need::SubgroupShuffle]);
            if self.exchange.contains_key("ulong") {
                self.needs.insert(Need::ShaderSubgroupExtendedTypes);
            }
        }
        if self.module.is_used(Ty::Float) {
            for capability in [Capability::RoundingModeRTE, Capability::SignedZeroInfNanPreserve] {
                self.module.capability(capability);
            }
            self.needs.extend([Need::ShaderRoundingModeRteFloat32, Need::ShaderSignedZeroInfNanPreserveFloat32]);
        }
    }
}

/// Memories that the module declares: whether shared, and of which elements.
fn memories(kernel: &lower_simt::ir::LaneKernel) -> impl Iterator<Item = (bool, tile_ir::Elem)> + '_ {
    let views = kernel.params.iter().filter_map(|param| match &param.kind {
        ParamKind::View(view) => Some((false, view.elem)),
        ParamKind::Scalar(_) => None,
    });
    views.chain(kernel.shared.iter().map(|shared| (true, shared.elem)))
}
