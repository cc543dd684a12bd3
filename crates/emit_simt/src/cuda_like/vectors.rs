//! Pointers and vector types.

use tile_ir::Elem;

use super::{CudaLike, FUNCTION, half};
use crate::dialect::{Dialect, Space};
use crate::number::Number;
use crate::vector::VectorSyntax;
use emit::Helpers;

impl VectorSyntax for CudaLike {
    fn procedure(&self) -> &'static str {
        "__device__ __forceinline__ void"
    }

    fn pointer(&self, ty: &str, _space: Space, constant: bool) -> String {
        self.registers(ty, constant)
    }

    fn registers(&self, ty: &str, constant: bool) -> String {
        if constant { format!("const {ty}*") } else { format!("{ty}*") }
    }

    fn short(&self) -> &'static str {
        "unsigned short"
    }

    fn vector(&self, number: Number, count: u64) -> (String, String) {
        let base = match number {
            Number::F32 => "float",
            Number::U64 | Number::S64 => "ulonglong",
            Number::U32 | Number::S32 | Number::U8 | Number::S8 | Number::Bool => "uint",
        };
        (format!("{base}{count}"), format!("make_{base}{count}"))
    }

    fn half_of_word(&self, word: &str, high: bool, helpers: &mut Helpers) -> String {
        let function = half::widen(self.half, Elem::F16, helpers);
        if high { format!("{function}({word} >> 16)") } else { format!("{function}({word} & 0xffffu)") }
    }

    fn pack(&self, elem: Elem, helpers: &mut Helpers) -> String {
        let name = format!("pack_{elem}");
        helpers.need(&name, |helpers| {
            let narrow = self.narrow(elem, &emit::Text::atom("low"), helpers).text;
            let high = self.narrow(elem, &emit::Text::atom("high"), helpers).text;
            format!(
                "{FUNCTION} unsigned int {name}(float low, float high) {{
    return {narrow} | ((unsigned int){high} << 16);
}}"
            )
        });
        name
    }
}
