//! What a kernel needs of the device beyond its target.

use serde::{Deserialize, Serialize};

macro_rules! needs {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// A capability that a device may lack, by the name that the accelerator's interface gives it. The names are
        /// those of Vulkan 1.2: members of its feature structures, flags of its subgroup operations with `subgroup` in
        /// front, members of its properties of float controls.
        ///
        /// A device checks every one when it loads the kernel: a kernel is refused before it can compute anything wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Need {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $variant,)+
        }

        impl Need {
            /// Every one.
            pub const ALL: &[Need] = &[$(Need::$variant),+];

            /// The name in manifests and messages.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Need::$variant => $name,)+
                }
            }
        }
    };
}

needs! {
    /// Views are addresses of memory.
    BufferDeviceAddress = "bufferDeviceAddress",
    /// 8-bit elements in memory.
    StorageBuffer8BitAccess = "storageBuffer8BitAccess",
    /// 16-bit elements in memory.
    StorageBuffer16BitAccess = "storageBuffer16BitAccess",
    /// Elements aligned to their own size only.
    ScalarBlockLayout = "scalarBlockLayout",
    /// Arithmetic on 8-bit integers.
    ShaderInt8 = "shaderInt8",
    /// Arithmetic on 16-bit integers.
    ShaderInt16 = "shaderInt16",
    /// Arithmetic on 64-bit integers.
    ShaderInt64 = "shaderInt64",
    /// Arithmetic on 16-bit floats.
    ShaderFloat16 = "shaderFloat16",
    /// Arithmetic on 64-bit floats.
    ShaderFloat64 = "shaderFloat64",
    /// Availability and visibility said at each access.
    VulkanMemoryModel = "vulkanMemoryModel",
    /// The same for all groups.
    VulkanMemoryModelDeviceScope = "vulkanMemoryModelDeviceScope",
    /// Every subgroup has all of its lanes, numbered along x.
    ComputeFullSubgroups = "computeFullSubgroups",
    /// Subgroup operations on 8-bit, 16-bit and 64-bit integers and on 16-bit floats.
    ShaderSubgroupExtendedTypes = "shaderSubgroupExtendedTypes",
    /// Barriers and election within a subgroup.
    SubgroupBasic = "subgroupBasic",
    /// `all`, `any` and `allEqual` of a subgroup.
    SubgroupVote = "subgroupVote",
    /// Sums, products, minima and maxima of a subgroup.
    SubgroupArithmetic = "subgroupArithmetic",
    /// Ballots and broadcasts of a subgroup.
    SubgroupBallot = "subgroupBallot",
    /// A value of any lane of the subgroup, or of the lane whose number differs in given bits.
    SubgroupShuffle = "subgroupShuffle",
    /// A value of the lane so many lanes above or below.
    SubgroupShuffleRelative = "subgroupShuffleRelative",
    /// Sums, products, minima and maxima of parts of a subgroup.
    SubgroupClustered = "subgroupClustered",
    /// Exchange among four lanes.
    SubgroupQuad = "subgroupQuad",
    /// Signed zeros, infinities and NaN of 16-bit floats are kept.
    ShaderSignedZeroInfNanPreserveFloat16 = "shaderSignedZeroInfNanPreserveFloat16",
    /// Signed zeros, infinities and NaN of 32-bit floats are kept.
    ShaderSignedZeroInfNanPreserveFloat32 = "shaderSignedZeroInfNanPreserveFloat32",
    /// Denormal numbers of 16-bit floats are kept.
    ShaderDenormPreserveFloat16 = "shaderDenormPreserveFloat16",
    /// Denormal numbers of 32-bit floats are kept.
    ShaderDenormPreserveFloat32 = "shaderDenormPreserveFloat32",
    /// Denormal numbers of 32-bit floats become zeros.
    ShaderDenormFlushToZeroFloat32 = "shaderDenormFlushToZeroFloat32",
    /// 16-bit floats are rounded to the nearest, halves to even.
    ShaderRoundingModeRteFloat16 = "shaderRoundingModeRTEFloat16",
    /// 32-bit floats are rounded to the nearest, halves to even.
    ShaderRoundingModeRteFloat32 = "shaderRoundingModeRTEFloat32",
}

impl std::fmt::Display for Need {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
