//! Changing MLIR in place, for the few rewrites the judge needs.

use mlir_sys as sys;

use crate::raw::{Block, Operation, Value};

fn string_ref(text: &str) -> sys::MlirStringRef {
    sys::MlirStringRef { data: text.as_ptr().cast(), length: text.len() }
}

/// Edits the operations of one context.
///
/// Every method is called between parsing and printing, by the only holder of the module; handles into removed
/// operations are not used again.
#[derive(Clone, Copy)]
pub(super) struct Editor {
    context: sys::MlirContext,
}

// SAFETY of all blocks below: the context is alive while its session is, handles belong to it, and texts of types and
// attributes come from this crate (a null result of a failed parse is refused).
impl Editor {
    pub(super) fn new(context: &melior::Context) -> Editor {
        Editor { context: context.to_raw() }
    }

    pub(super) fn ty(self, text: &str) -> Option<sys::MlirType> {
        // SAFETY: see above.
        let ty = unsafe { sys::mlirTypeParseGet(self.context, string_ref(text)) };
        (!ty.ptr.is_null()).then_some(ty)
    }

    pub(super) fn attribute(self, text: &str) -> Option<sys::MlirAttribute> {
        // SAFETY: see above.
        let attribute = unsafe { sys::mlirAttributeParseGet(self.context, string_ref(text)) };
        (!attribute.ptr.is_null()).then_some(attribute)
    }

    pub(super) fn set_attribute(self, op: Operation<'_>, name: &str, value: sys::MlirAttribute) {
        // SAFETY: see above.
        unsafe { sys::mlirOperationSetAttributeByName(op.to_raw(), string_ref(name), value) };
    }

    pub(super) fn remove_attribute(self, op: Operation<'_>, name: &str) {
        // SAFETY: see above.
        unsafe { sys::mlirOperationRemoveAttributeByName(op.to_raw(), string_ref(name)) };
    }

    pub(super) fn set_type(self, value: Value<'_>, ty: sys::MlirType) {
        // SAFETY: see above.
        unsafe { sys::mlirValueSetType(value.to_raw(), ty) };
    }

    /// Appends an argument to a block.
    pub(super) fn add_argument<'m>(self, block: Block<'m>, ty: sys::MlirType) -> Value<'m> {
        // SAFETY: see above; the new argument lives as long as the block.
        unsafe {
            let loc = sys::mlirLocationUnknownGet(self.context);
            Value::from_raw(sys::mlirBlockAddArgument(block.to_raw(), ty, loc))
        }
    }

    pub(super) fn replace_uses(self, old: Value<'_>, new: Value<'_>) {
        // SAFETY: see above.
        unsafe { sys::mlirValueReplaceAllUsesOfWith(old.to_raw(), new.to_raw()) };
    }

    pub(super) fn set_operand(self, op: Operation<'_>, index: usize, value: Value<'_>) {
        // SAFETY: see above; callers pass the number of an operand that exists.
        unsafe { sys::mlirOperationSetOperand(op.to_raw(), index as isize, value.to_raw()) };
    }

    /// Removes an operation whose results have no uses.
    pub(super) fn erase(self, op: Operation<'_>) {
        // SAFETY: see above; the caller drops all handles to it.
        unsafe { sys::mlirOperationDestroy(op.to_raw()) };
    }

    /// Inserts a new operation before `before`.
    pub(super) fn insert<'m>(
        self,
        before: Operation<'m>,
        name: &str,
        operands: &[Value<'m>],
        result: Option<sys::MlirType>,
        attributes: &[(&str, sys::MlirAttribute)],
    ) -> Option<Operation<'m>> {
        let operands: Vec<_> = operands.iter().map(|value| value.to_raw()).collect();
        let results: Vec<_> = result.into_iter().collect();
        // SAFETY: see above; the arrays outlive the call that copies them, and the block takes the operation over.
        unsafe {
            let loc = sys::mlirOperationGetLocation(before.to_raw());
            let attributes: Vec<_> = attributes
                .iter()
                .map(|(name, value)| {
                    sys::mlirNamedAttributeGet(sys::mlirIdentifierGet(self.context, string_ref(name)), *value)
                })
                .collect();
            let mut state = sys::mlirOperationStateGet(string_ref(name), loc);
            sys::mlirOperationStateAddOperands(&mut state, operands.len() as isize, operands.as_ptr());
            sys::mlirOperationStateAddResults(&mut state, results.len() as isize, results.as_ptr());
            sys::mlirOperationStateAddAttributes(&mut state, attributes.len() as isize, attributes.as_ptr());
            let op = sys::mlirOperationCreate(&mut state);
            if op.ptr.is_null() {
                return None;
            }
            sys::mlirBlockInsertOwnedOperationBefore(sys::mlirOperationGetBlock(before.to_raw()), before.to_raw(), op);
            Some(Operation::from_raw(op))
        }
    }

    pub(super) fn verify(self, op: Operation<'_>) -> bool {
        // SAFETY: see above.
        unsafe { sys::mlirOperationVerify(op.to_raw()) }
    }
}
