//! IR of our own that is added to a kernel's.

use super::ir::{EntryParam, SharedArray};
use super::signature::{Param, ParamKind};

/// A table of address and size of each shared array, `__emu_shared`.
pub(crate) fn table(shared: &[SharedArray]) -> String {
    let rows = shared.iter().map(|array| {
        let size = match array.ty.is_empty() {
            true => "0".to_owned(),
            false => format!("ptrtoint (ptr getelementptr ({}, ptr null, i64 1) to i64)", array.ty),
        };
        format!("{{ ptr, i64 }} {{ ptr {}, i64 {size} }}", array.symbol)
    });
    let rows = rows.collect::<Vec<_>>().join(", ");
    // No null terminator: an empty array keeps the symbol.
    format!("\n@__emu_shared = constant [{} x {{ ptr, i64 }}] [{rows}]\n{NARROW}", shared.len())
}

/// bfloat16 rounding, which compilers call where the machine lacks it.
const NARROW: &str = "
define hidden bfloat @__truncsfbf2(float %x) noinline nounwind {
  %bits = bitcast float %x to i32
  %high = lshr i32 %bits, 16
  %odd = and i32 %high, 1
  %bias = add i32 %odd, 32767
  %sum = add i32 %bits, %bias
  %rounded = lshr i32 %sum, 16
  %quiet = or i32 %high, 64
  %nan = fcmp uno float %x, %x
  %chosen = select i1 %nan, i32 %quiet, i32 %rounded
  %short = trunc i32 %chosen to i16
  %result = bitcast i16 %short to bfloat
  ret bfloat %result
}
";

/// `__emu_entry(args, numbers)`, which calls the kernel. A buffer's argument is its address, a scalar's the address of its value;
/// `numbers` are those of [`super::signature::Builtin`].
///
/// The kernel is not inlined, since its lines would be lost in a function without any.
pub(crate) fn entry(name: &str, types: &[EntryParam], params: &[Param]) -> String {
    let mut body = String::new();
    let mut call = Vec::new();
    for (index, (ty, param)) in types.iter().zip(params).enumerate() {
        let EntryParam { ty, extend, .. } = ty;
        let place = match &param.kind {
            ParamKind::Number(builtin) => format!("getelementptr i32, ptr %numbers, i64 {}", *builtin as usize),
            ParamKind::Buffer | ParamKind::Reference(_) | ParamKind::Value(_) => {
                format!("getelementptr ptr, ptr %args, i64 {}", param.slot)
            }
        };
        body.push_str(&format!("  %place{index} = {place}\n"));
        let load = match &param.kind {
            ParamKind::Number(_) if ty == "i16" => {
                format!("  %wide{index} = load i32, ptr %place{index}\n  %v{index} = trunc i32 %wide{index} to i16\n")
            }
            ParamKind::Number(_) => format!("  %v{index} = load {ty}, ptr %place{index}, align 4\n"),
            ParamKind::Buffer | ParamKind::Reference(_) => format!("  %v{index} = load ptr, ptr %place{index}\n"),
            ParamKind::Value(_) => {
                format!("  %at{index} = load ptr, ptr %place{index}\n  %v{index} = load {ty}, ptr %at{index}\n")
            }
        };
        body.push_str(&load);
        call.push(format!("{ty} {extend} %v{index}"));
    }
    let call = call.join(", ");
    format!(
        "\ndefine void @__emu_entry(ptr %args, ptr %numbers) {{\n{body}  call void @{name}({call}) noinline\n  ret void\n}}\n"
    )
}
