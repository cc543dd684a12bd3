//! Small copyable handles over the MLIR C API: operations, blocks, values, types, attributes.
//!
//! Every handle borrows from a parsed module (lifetime `'m`), which keeps the objects alive and, being borrowed, unchanged.
//! All reading goes through here, so that the unsafe calls and their conditions stay together.

mod attribute;
mod operation;
mod types;

use std::ffi::c_void;
use std::marker::PhantomData;

use mlir_sys as sys;

pub(crate) use types::TypeClass;

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

fn named<'m>(attribute: sys::MlirNamedAttribute) -> (&'m str, Attribute<'m>) {
    // SAFETY: named attributes hold valid parts; identifiers live as long as the context.
    unsafe {
        let name = bytes(sys::mlirIdentifierStr(attribute.name));
        (std::str::from_utf8(name).unwrap_or("?"), Attribute::from_raw(attribute.attribute))
    }
}
