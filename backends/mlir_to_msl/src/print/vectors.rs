//! Pointers and vector types.

use emit_simt::vector::VectorSyntax;
use emit_simt::{Helpers, Number, Space};
use tile_ir::Elem;

use super::Msl;
use crate::types;

impl VectorSyntax for Msl {
    fn procedure(&self) -> &'static str {
        "inline void"
    }

    fn pointer(&self, ty: &str, space: Space, constant: bool) -> String {
        let space = match space {
            Space::Global => "device",
            Space::Shared => "threadgroup",
        };
        if constant { format!("{space} const {ty}*") } else { format!("{space} {ty}*") }
    }

    fn registers(&self, ty: &str, constant: bool) -> String {
        if constant { format!("thread const {ty}*") } else { format!("thread {ty}*") }
    }

    fn short(&self) -> &'static str {
        "ushort"
    }

    fn vector(&self, number: Number, count: u64) -> (String, String) {
        let ty = format!("{}{count}", types::number(number));
        (ty.clone(), ty)
    }

    fn half_of_word(&self, word: &str, high: bool, _helpers: &mut Helpers) -> String {
        if high {
            format!("float(as_type<half>(ushort({word} >> 16)))")
        } else {
            format!("float(as_type<half>(ushort({word})))")
        }
    }

    fn pack(&self, elem: Elem, helpers: &mut Helpers) -> String {
        let name = format!("pack_{elem}");
        let ty = types::storage(elem);
        helpers.need(&name, |_| {
            format!(
                "inline uint {name}(float low, float high) {{
    return as_type<ushort>({ty}(low)) | (uint(as_type<ushort>({ty}(high))) << 16);
}}"
            )
        });
        name
    }
}
