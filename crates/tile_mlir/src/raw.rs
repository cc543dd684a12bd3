//! Small copyable handles over the MLIR C API: operations, blocks, values, types, attributes.
//!
//! Every handle borrows from a parsed module (lifetime `'m`), which keeps the objects alive and, being borrowed, unchanged.
//! All reading goes through here, so that the unsafe calls and their conditions stay in one file.

use std::ffi::c_void;
use std::marker::PhantomData;

use mlir_sys as sys;

macro_rules! handle {
    ($(#[$meta:meta])* $name:ident, $raw:ty) => {
        $(#[$meta])*
        #[derive(Clone, Copy)]
        pub(crate) struct $name<'m> {
            raw: $raw,
            module: PhantomData<&'m ()>,
        }

        impl<'m> $name<'m> {
            /// # Safety
            /// `raw` must be valid and stay so for `'m`.
            #[allow(dead_code)] // Each handle needs a few of these.
            pub(crate) unsafe fn from_raw(raw: $raw) -> Self {
                $name { raw, module: PhantomData }
            }

            #[allow(dead_code)]
            fn optional(raw: $raw) -> Option<Self> {
                (!raw.ptr.is_null()).then_some($name { raw, module: PhantomData })
            }

            #[allow(dead_code)]
            pub(crate) fn to_raw(self) -> $raw {
                self.raw
            }
        }
    };
}

handle!(
    /// An operation.
    Operation,
    sys::MlirOperation
);
handle!(
    /// A block.
    Block,
    sys::MlirBlock
);
handle!(
    /// An SSA value.
    Value,
    sys::MlirValue
);
handle!(
    /// A type.
    Type,
    sys::MlirType
);
handle!(
    /// An attribute.
    Attribute,
    sys::MlirAttribute
);

/// Collects printed text up to `limit` bytes; the rest is dropped.
struct Printed {
    text: Vec<u8>,
    limit: usize,
}

unsafe extern "C" fn collect(part: sys::MlirStringRef, data: *mut c_void) {
    // SAFETY: `data` is the `Printed` that `print` passed, and `part` is valid for the call.
    let (printed, part) = unsafe { (&mut *data.cast::<Printed>(), bytes(part)) };
    let room = printed.limit.saturating_sub(printed.text.len());
    printed.text.extend_from_slice(&part[..part.len().min(room)]);
}

/// Text that `call` prints through MLIR's callback, cut at `limit` bytes.
pub(crate) fn print(limit: usize, call: impl FnOnce(sys::MlirStringCallback, *mut c_void)) -> String {
    let mut printed = Printed { text: Vec::new(), limit };
    call(Some(collect), (&raw mut printed).cast());
    let cut = printed.text.len() == limit;
    let mut text = String::from_utf8_lossy(&printed.text).into_owned();
    if cut {
        text.push_str("...");
    }
    text
}

/// # Safety
/// `text` must be valid for `'a`.
unsafe fn bytes<'a>(text: sys::MlirStringRef) -> &'a [u8] {
    if text.length == 0 {
        return &[];
    }
    // SAFETY: a non-empty string reference points at `length` bytes.
    unsafe { std::slice::from_raw_parts(text.data.cast(), text.length) }
}

fn string_ref(text: &str) -> sys::MlirStringRef {
    sys::MlirStringRef { data: text.as_ptr().cast(), length: text.len() }
}

/// Longest type or attribute shown in a message.
const SHOWN: usize = 120;

// SAFETY of all blocks below: handles are valid for `'m` (see `from_raw`), and each accessor is called on the kind of
// object it is defined for, which the surrounding condition or the doc comment ensures.

impl<'m> Operation<'m> {
    /// Name, such as `arith.addf`.
    pub(crate) fn name(self) -> &'m str {
        // SAFETY: see above; identifiers live as long as the context.
        let name = unsafe { bytes(sys::mlirIdentifierStr(sys::mlirOperationGetName(self.raw))) };
        std::str::from_utf8(name).unwrap_or("?")
    }

    /// Location as MLIR prints it, cut at a length no honest location reaches.
    pub(crate) fn location_text(self) -> String {
        // SAFETY: see above.
        print(1 << 16, |callback, data| unsafe {
            sys::mlirLocationPrint(sys::mlirOperationGetLocation(self.raw), callback, data);
        })
    }

    /// The attribute, inherent or discardable.
    pub(crate) fn attribute(self, name: &str) -> Option<Attribute<'m>> {
        // SAFETY: see above.
        Attribute::optional(unsafe { sys::mlirOperationGetAttributeByName(self.raw, string_ref(name)) })
    }

    /// All attributes with their names.
    pub(crate) fn attributes(self) -> impl Iterator<Item = (&'m str, Attribute<'m>)> {
        // SAFETY: see above.
        let count = unsafe { sys::mlirOperationGetNumAttributes(self.raw) };
        (0..count).map(move |i| {
            // SAFETY: `i` is below the count.
            named(unsafe { sys::mlirOperationGetAttribute(self.raw, i) })
        })
    }

    pub(crate) fn operand_count(self) -> usize {
        // SAFETY: see above.
        unsafe { sys::mlirOperationGetNumOperands(self.raw) as usize }
    }

    pub(crate) fn operand(self, index: usize) -> Option<Value<'m>> {
        (index < self.operand_count()).then(|| {
            // SAFETY: the index is in range.
            unsafe { Value::from_raw(sys::mlirOperationGetOperand(self.raw, index as isize)) }
        })
    }

    pub(crate) fn operands(self) -> impl DoubleEndedIterator<Item = Value<'m>> + ExactSizeIterator {
        (0..self.operand_count()).map(move |i| {
            // SAFETY: the index is in range.
            unsafe { Value::from_raw(sys::mlirOperationGetOperand(self.raw, i as isize)) }
        })
    }

    pub(crate) fn results(self) -> impl ExactSizeIterator<Item = Value<'m>> {
        // SAFETY: see above.
        let count = unsafe { sys::mlirOperationGetNumResults(self.raw) } as usize;
        (0..count).map(move |i| {
            // SAFETY: the index is in range.
            unsafe { Value::from_raw(sys::mlirOperationGetResult(self.raw, i as isize)) }
        })
    }

    pub(crate) fn region_count(self) -> usize {
        // SAFETY: see above.
        unsafe { sys::mlirOperationGetNumRegions(self.raw) as usize }
    }

    /// Blocks of a region; none if the region is empty or missing.
    pub(crate) fn blocks(self, region: usize) -> Vec<Block<'m>> {
        let mut blocks = Vec::new();
        if region < self.region_count() {
            // SAFETY: the index is in range.
            let mut next =
                unsafe { sys::mlirRegionGetFirstBlock(sys::mlirOperationGetRegion(self.raw, region as isize)) };
            while let Some(block) = Block::optional(next) {
                blocks.push(block);
                // SAFETY: the block is valid.
                next = unsafe { sys::mlirBlockGetNextInRegion(block.raw) };
            }
        }
        blocks
    }

    /// The operation without its regions, with locations, cut at `limit` bytes.
    pub(crate) fn header_text(self, limit: usize) -> String {
        // SAFETY: see above; the flags live until they are destroyed.
        unsafe {
            let flags = sys::mlirOpPrintingFlagsCreate();
            sys::mlirOpPrintingFlagsEnableDebugInfo(flags, true, false);
            sys::mlirOpPrintingFlagsUseLocalScope(flags);
            sys::mlirOpPrintingFlagsSkipRegions(flags);
            let text = print(limit, |callback, data| sys::mlirOperationPrintWithFlags(self.raw, flags, callback, data));
            sys::mlirOpPrintingFlagsDestroy(flags);
            text
        }
    }

    /// The operation as MLIR prints it, whole.
    pub(crate) fn text(self) -> String {
        // SAFETY: see above.
        print(usize::MAX, |callback, data| unsafe { sys::mlirOperationPrint(self.raw, callback, data) })
    }

    /// Value of an `arith.constant` that is an integer scalar.
    pub(crate) fn constant_int(self) -> Option<i64> {
        if self.name() == "arith.constant" { self.attribute("value")?.as_int() } else { None }
    }
}

fn named<'m>(attribute: sys::MlirNamedAttribute) -> (&'m str, Attribute<'m>) {
    // SAFETY: named attributes hold valid parts; identifiers live as long as the context.
    unsafe {
        let name = bytes(sys::mlirIdentifierStr(attribute.name));
        (std::str::from_utf8(name).unwrap_or("?"), Attribute::from_raw(attribute.attribute))
    }
}

impl<'m> Block<'m> {
    pub(crate) fn args(self) -> impl Iterator<Item = Value<'m>> {
        // SAFETY: see above; indices are in range.
        unsafe {
            let count = sys::mlirBlockGetNumArguments(self.raw);
            (0..count).map(move |i| Value::from_raw(sys::mlirBlockGetArgument(self.raw, i)))
        }
    }

    pub(crate) fn operations(self) -> impl Iterator<Item = Operation<'m>> {
        // SAFETY: see above.
        let first = Operation::optional(unsafe { sys::mlirBlockGetFirstOperation(self.raw) });
        std::iter::successors(first, |operation| {
            // SAFETY: the operation is in a block.
            Operation::optional(unsafe { sys::mlirOperationGetNextInBlock(operation.raw) })
        })
    }
}

impl<'m> Value<'m> {
    /// Identity, for lookup tables.
    pub(crate) fn id(self) -> usize {
        self.raw.ptr as usize
    }

    pub(crate) fn ty(self) -> Type<'m> {
        // SAFETY: see above.
        unsafe { Type::from_raw(sys::mlirValueGetType(self.raw)) }
    }

    /// The operation it is a result of; `None` for block arguments.
    pub(crate) fn definition(self) -> Option<Operation<'m>> {
        // SAFETY: the owner is asked only of operation results.
        unsafe { sys::mlirValueIsAOpResult(self.raw).then(|| Operation::from_raw(sys::mlirOpResultGetOwner(self.raw))) }
    }

    /// Its uses: the operation and the operand number.
    pub(crate) fn uses(self) -> impl Iterator<Item = (Operation<'m>, usize)> {
        // SAFETY: see above; null operands end the walk.
        let mut next = unsafe { sys::mlirValueGetFirstUse(self.raw) };
        std::iter::from_fn(move || {
            // SAFETY: `next` is null or a use of a live value.
            unsafe {
                if sys::mlirOpOperandIsNull(next) {
                    return None;
                }
                let item = (
                    Operation::from_raw(sys::mlirOpOperandGetOwner(next)),
                    sys::mlirOpOperandGetOperandNumber(next) as usize,
                );
                next = sys::mlirOpOperandGetNextUse(next);
                Some(item)
            }
        })
    }
}

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

impl<'m> Attribute<'m> {
    /// MLIR's spelling, shortened for messages.
    pub(crate) fn text(self) -> String {
        // SAFETY: see above.
        print(SHOWN, |callback, data| unsafe { sys::mlirAttributePrint(self.raw, callback, data) })
    }

    /// Type it is a value of.
    pub(crate) fn ty(self) -> Option<Type<'m>> {
        // SAFETY: see above.
        Type::optional(unsafe { sys::mlirAttributeGetType(self.raw) })
    }

    pub(crate) fn as_str(self) -> Option<&'m str> {
        // SAFETY: the text is asked of strings only and lives as long as the context.
        unsafe {
            if !sys::mlirAttributeIsAString(self.raw) {
                return None;
            }
            std::str::from_utf8(bytes(sys::mlirStringAttrGetValue(self.raw))).ok()
        }
    }

    /// A signless integer of at most 64 bits or an index, sign-extended (`i1` as 0 or 1).
    pub(crate) fn as_int(self) -> Option<i64> {
        // SAFETY: the value is asked of signless integers of at most 64 bits and of index attributes only.
        unsafe {
            if sys::mlirAttributeIsABool(self.raw) {
                return Some(i64::from(sys::mlirBoolAttrGetValue(self.raw)));
            }
            if !sys::mlirAttributeIsAInteger(self.raw) {
                return None;
            }
            match self.ty()?.class() {
                TypeClass::Index | TypeClass::Int(1..=64) => Some(sys::mlirIntegerAttrGetValueInt(self.raw)),
                TypeClass::F32
                | TypeClass::F16
                | TypeClass::Bf16
                | TypeClass::Int(_)
                | TypeClass::SignedInt
                | TypeClass::Float
                | TypeClass::Vector
                | TypeClass::MemRef
                | TypeClass::UnrankedMemRef
                | TypeClass::Other => None,
            }
        }
    }

    pub(crate) fn as_bool(self) -> Option<bool> {
        // SAFETY: the value is asked of booleans only.
        unsafe { sys::mlirAttributeIsABool(self.raw).then(|| sys::mlirBoolAttrGetValue(self.raw)) }
    }

    pub(crate) fn as_float(self) -> Option<f64> {
        // SAFETY: the value is asked of floats only; `double` conversion is exact for up to 64 bits.
        unsafe { sys::mlirAttributeIsAFloat(self.raw).then(|| sys::mlirFloatAttrGetValueDouble(self.raw)) }
    }

    /// Elements of an array attribute.
    pub(crate) fn as_array(self) -> Option<Vec<Attribute<'m>>> {
        // SAFETY: elements are asked of arrays only, in range.
        unsafe {
            sys::mlirAttributeIsAArray(self.raw).then(|| {
                (0..sys::mlirArrayAttrGetNumElements(self.raw))
                    .map(|i| Attribute::from_raw(sys::mlirArrayAttrGetElement(self.raw, i)))
                    .collect()
            })
        }
    }

    /// Integers of an `array<i64: ..>` or of an array of integer attributes.
    pub(crate) fn as_ints(self) -> Option<Vec<i64>> {
        // SAFETY: elements are asked of 64-bit arrays only, in range.
        unsafe {
            if sys::mlirAttributeIsADenseI64Array(self.raw) {
                let count = sys::mlirDenseArrayGetNumElements(self.raw);
                return Some((0..count).map(|i| sys::mlirDenseI64ArrayGetElement(self.raw, i)).collect());
            }
        }
        self.as_array()?.into_iter().map(Attribute::as_int).collect()
    }

    /// Entries of a dictionary, by name.
    pub(crate) fn as_dictionary(self) -> Option<Vec<(&'m str, Attribute<'m>)>> {
        // SAFETY: elements are asked of dictionaries only, in range.
        unsafe {
            sys::mlirAttributeIsADictionary(self.raw).then(|| {
                (0..sys::mlirDictionaryAttrGetNumElements(self.raw))
                    .map(|i| named(sys::mlirDictionaryAttrGetElement(self.raw, i)))
                    .collect()
            })
        }
    }

    /// Type held by a type attribute.
    pub(crate) fn as_type(self) -> Option<Type<'m>> {
        // SAFETY: the value is asked of type attributes only.
        unsafe { sys::mlirAttributeIsAType(self.raw).then(|| Type::from_raw(sys::mlirTypeAttrGetValue(self.raw))) }
    }

    /// Whether it is an affine map to the last dimensions in order.
    pub(crate) fn is_minor_identity_map(self) -> bool {
        // SAFETY: the map is asked of affine map attributes only.
        unsafe {
            sys::mlirAttributeIsAAffineMap(self.raw)
                && sys::mlirAffineMapIsMinorIdentity(sys::mlirAffineMapAttrGetValue(self.raw))
        }
    }

    /// For an affine map whose results are plain dimensions: their numbers.
    pub(crate) fn as_dimension_map(self) -> Option<Vec<usize>> {
        // SAFETY: maps, results and positions are asked of the kinds that have them, in range.
        unsafe {
            if !sys::mlirAttributeIsAAffineMap(self.raw) {
                return None;
            }
            let map = sys::mlirAffineMapAttrGetValue(self.raw);
            (0..sys::mlirAffineMapGetNumResults(map))
                .map(|i| {
                    let result = sys::mlirAffineMapGetResult(map, i);
                    sys::mlirAffineExprIsADim(result).then(|| sys::mlirAffineDimExprGetPosition(result) as usize)
                })
                .collect()
        }
    }

    pub(crate) fn is_dense_elements(self) -> bool {
        // SAFETY: see above. Resources also count as dense for MLIR, but hold no typed values.
        unsafe { sys::mlirAttributeIsADenseElements(self.raw) && !sys::mlirAttributeIsADenseResourceElements(self.raw) }
    }

    pub(crate) fn is_splat(self) -> bool {
        // SAFETY: asked of dense elements only.
        unsafe { self.is_dense_elements() && sys::mlirDenseElementsAttrIsSplat(self.raw) }
    }

    /// The single value of a splat.
    pub(crate) fn splat_value(self) -> Option<Attribute<'m>> {
        // SAFETY: asked of splats only.
        self.is_splat().then(|| unsafe { Attribute::from_raw(sys::mlirDenseElementsAttrGetSplatValue(self.raw)) })
    }

    /// The elements of a dense non-splat attribute of whole bytes, as they lie in memory: `count * width` bytes.
    pub(crate) fn dense_bytes(self, count: usize, width: usize) -> Option<&'m [u8]> {
        let length = count.checked_mul(width)?;
        // SAFETY: a dense attribute that is no splat holds every element; the caller gives its type's count and width,
        // and the storage lives as long as the context.
        unsafe {
            if !self.is_dense_elements() || self.is_splat() {
                return None;
            }
            let data = sys::mlirDenseElementsAttrGetRawData(self.raw);
            Some(std::slice::from_raw_parts(data.cast(), length))
        }
    }

    /// Element `index` (in range) of a dense `i1` attribute.
    pub(crate) fn dense_bool(self, index: usize) -> bool {
        // SAFETY: the caller asks `i1` elements in range.
        unsafe { sys::mlirDenseElementsAttrGetBoolValue(self.raw, index as isize) }
    }
}
