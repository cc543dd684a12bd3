//! Attributes.

use mlir_sys as sys;

use super::{Attribute, SHOWN, Type, TypeClass, bytes, named, print};

// SAFETY of all blocks below: handles are valid for `'m` (see `from_raw`), and each accessor is called on the kind of
// object it is defined for, which the surrounding condition or the doc comment ensures.

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
