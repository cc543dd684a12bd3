//! The calls that compiled kernels make into the runtime.
//!
//! A library cannot name functions of the program that loads it, so each call goes through a table the runtime fills. The
//! assembly stubs also pass the address they return to: it tells the line, and whether two threads wait at the same place.

/// Rows of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Hook {
    /// `(op, value, arg, site) -> value`.
    Lane,
    /// `(scope, site)`.
    Barrier,
    /// `(index) -> number`: what a thread knows of itself.
    Number,
    /// `(op, payload, site)`.
    Matrix,
    /// `(address, size, write, site)`.
    Access,
    /// `(to, from, size, site)`.
    Copy,
    /// `(to, byte, size, site)`.
    Fill,
    /// `(place, address, site)`.
    Alignment,
    /// `(address, align, site)`.
    Aligned,
    /// `(op, arrival, to, from, bytes, site) -> done`.
    Async,
    /// `(request, site) -> value`: a call to a core.
    Ascend,
    /// `(place, from, to, site)`: an implicit conversion that cut a number.
    Conversion,
    /// `(op, words, site) -> result`: a call of BANG C.
    Bang,
}

/// Rows of the table.
pub(crate) const COUNT: usize = 13;

/// Hooks that take their arguments as they are; the site follows in the register named.
const DIRECT: [(&str, Hook, &str); 15] = [
    ("__emu_lane", Hook::Lane, "%rcx"),
    ("__emu_barrier", Hook::Barrier, "%rsi"),
    ("__emu_number", Hook::Number, "%rsi"),
    ("__emu_matrix", Hook::Matrix, "%rdx"),
    ("__emu_aligned", Hook::Aligned, "%rdx"),
    ("__emu_async", Hook::Async, "%r9"),
    ("__emu_ascend", Hook::Ascend, "%rsi"),
    ("__ubsan_handle_implicit_conversion", Hook::Conversion, "%rcx"),
    ("__ubsan_handle_implicit_conversion_abort", Hook::Conversion, "%rcx"),
    ("__emu_bang", Hook::Bang, "%rdx"),
    ("__ubsan_handle_type_mismatch_v1", Hook::Alignment, "%rdx"),
    ("__ubsan_handle_type_mismatch_v1_abort", Hook::Alignment, "%rdx"),
    ("__tsan_memcpy", Hook::Copy, "%rcx"),
    ("__tsan_memmove", Hook::Copy, "%rcx"),
    ("__tsan_memset", Hook::Fill, "%rcx"),
];

/// The stubs, the table `__emu_hooks`, and the functions of the sanitizer's interface that need no check.
pub(crate) fn assembly() -> String {
    let mut text = String::from(".text\n");
    for (name, hook, register) in DIRECT {
        stub(&mut text, name, hook, &format!("movq (%rsp), {register}\n"));
    }
    for (write, verb) in [(0, "read"), (1, "write")] {
        for size in [1, 2, 4, 8, 16] {
            for prefix in ["", "unaligned_"] {
                let set = format!("movl ${size}, %esi\nmovl ${write}, %edx\nmovq (%rsp), %rcx\n");
                stub(&mut text, &format!("__tsan_{prefix}{verb}{size}"), Hook::Access, &set);
            }
        }
    }
    for name in ["__tsan_init", "__tsan_func_entry", "__tsan_func_exit"] {
        text.push_str(&format!(".globl {name}\n.hidden {name}\n{name}:\nretq\n"));
    }
    text.push_str(".data\n.balign 8\n.globl __emu_hooks\n.type __emu_hooks, @object\n__emu_hooks:\n");
    text.push_str(&format!(".zero {}\n.size __emu_hooks, {}\n", COUNT * 8, COUNT * 8));
    text.push_str(".section .note.GNU-stack,\"\",@progbits\n");
    text
}

fn stub(text: &mut String, name: &str, hook: Hook, set: &str) {
    let offset = hook as usize * 8;
    text.push_str(&format!(".globl {name}\n.hidden {name}\n{name}:\n{set}jmp *__emu_hooks+{offset}(%rip)\n"));
}
