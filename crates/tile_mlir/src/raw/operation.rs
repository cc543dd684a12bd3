//! Operations, blocks and values.

use mlir_sys as sys;

use super::{Attribute, Block, Operation, Type, Value, bytes, named, print, string_ref};

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
