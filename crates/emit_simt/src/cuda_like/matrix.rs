//! The matrix unit of PTX: `mma.sync.m16n8k16` on bf16 or f16 with f32 sums.
//!
//! A thread with `g = lane / 4` and `t = lane % 4` holds, of the 16x16 matrix A, rows `g` and `g + 8` at columns `2t`, `2t + 1`,
//! `2t + 8`, `2t + 9`; of the 16x8 matrix B, these as rows of column `g`; of the 16x8 sums, rows `g` and `g + 8` at columns
//! `2t` and `2t + 1` (PTX ISA, "Matrix fragments for mma.m16n8k16 with floating point type").

use emit::{Prec, Text};
use lower_simt::ir::FragmentRole;
use lower_simt::target::MatrixUnit;
use tile_ir::Elem;

use super::{CudaLike, FUNCTION};
use crate::dialect::{Dialect, MatrixAccess, MatrixFill};
use crate::vector::VectorSyntax;
use emit::Helpers;

/// An array of fragments: each the registers of one thread.
pub(super) fn declaration(name: &str, unit: &MatrixUnit, role: FragmentRole, len: u32) -> String {
    let registers = registers(unit, role);
    match role {
        FragmentRole::A | FragmentRole::B => format!("unsigned int {name}[{len}][{registers}]"),
        FragmentRole::Acc => format!("float {name}[{len}][{registers}]"),
    }
}

/// Registers a thread holds of a fragment: 32 threads share it, operands two to a register.
const fn registers(unit: &MatrixUnit, role: FragmentRole) -> u32 {
    match role {
        FragmentRole::A => unit.m * unit.k / 64,
        FragmentRole::B => unit.k * unit.n / 64,
        FragmentRole::Acc => unit.m * unit.n / 32,
    }
}

pub(super) fn fill(dialect: &CudaLike, fill: &MatrixFill<'_>, helpers: &mut Helpers) -> String {
    let count = registers(fill.unit, fill.role);
    let value = dialect.float(fill.value);
    let (ty, value) = match fill.role {
        FragmentRole::Acc => ("float", value),
        FragmentRole::A | FragmentRole::B => {
            let pack = dialect.pack(fill.elem, helpers);
            ("unsigned int", Text::call(&pack, &[value.clone(), value]))
        }
    };
    let name = if fill.role == FragmentRole::Acc { "fill_sums" } else { "fill_operand" };
    helpers.need(&format!("{name} {count}"), |_| {
        format!(
            "{FUNCTION} void {name}({ty} (&fragment)[{count}], {ty} value) {{
    #pragma unroll
    for (int i = 0; i < {count}; ++i) {{
        fragment[i] = value;
    }}
}}"
        )
    });
    format!("{name}({}, {});", fill.fragment, value.text)
}

pub(super) fn load(load: &MatrixAccess<'_>, helpers: &mut Helpers) -> String {
    let name = match (load.role, load.transposed) {
        (FragmentRole::A, false) => "load_a",
        (FragmentRole::A, true) => "load_a_transposed",
        (FragmentRole::B, false) => "load_b",
        (FragmentRole::B, true) => "load_b_transposed",
        (FragmentRole::Acc, false) => "load_sums",
        (FragmentRole::Acc, true) => "load_sums_transposed",
    };
    helpers.need(name, |helpers| match load.role {
        FragmentRole::A => {
            operand(name, load, helpers, &[("g", "t2"), ("g + 8", "t2"), ("g", "t2 + 8"), ("g + 8", "t2 + 8")])
        }
        // Columns of B lie like rows of A.
        FragmentRole::B => operand(name, load, helpers, &[("g", "t2"), ("g", "t2 + 8")]),
        FragmentRole::Acc => sums(name, load.transposed),
    });
    format!("{name}({}, {}, {});", load.fragment, load.place, load.stride)
}

/// Loads pairs of operands. `cells` are the row (for B: the column) and first column (row) of each register's pair.
fn operand(name: &str, load: &MatrixAccess<'_>, helpers: &mut Helpers, cells: &[(&str, &str)]) -> String {
    let count = cells.len();
    // A pair lies in one word where memory runs along k: A as it is, B transposed.
    let adjacent = (load.role == FragmentRole::A) != load.transposed;
    if !adjacent {
        helpers.need("pair_of", |_| {
            format!(
                "// Two elements, one in each half of a word: the first in the low half.
{FUNCTION} unsigned int pair_of(const unsigned short* first, const unsigned short* second) {{
    return *first | ((unsigned int)*second << 16);
}}"
            )
        });
    }
    let mut text = format!(
        "{FUNCTION} void {name}(unsigned int (&fragment)[{count}], const unsigned short* from, unsigned int stride) {{
    const unsigned int g = (threadIdx.x % 32) / 4;
    const unsigned int t2 = (threadIdx.x % 4) * 2;\n"
    );
    for (register, (row, column)) in cells.iter().enumerate() {
        let at = |row: &str, column: &str| {
            let row = Text::new(row, if row.contains('+') { Prec::Sum } else { Prec::Postfix });
            format!("{} * stride + {column}", row.at_least(Prec::Product))
        };
        let value = if adjacent {
            format!("*(const unsigned int*)&from[{}]", at(row, column))
        } else {
            let next = if column.contains('+') { "t2 + 9" } else { "t2 + 1" };
            format!("pair_of(&from[{}], &from[{}])", at(column, row), at(next, row))
        };
        text.push_str(&format!("    fragment[{register}] = {value};\n"));
    }
    text + "}"
}

/// Loads f32 sums one by one.
fn sums(name: &str, transposed: bool) -> String {
    let mut text = format!(
        "{FUNCTION} void {name}(float (&fragment)[4], const float* from, unsigned int stride) {{
    const unsigned int g = (threadIdx.x % 32) / 4;
    const unsigned int t2 = (threadIdx.x % 4) * 2;\n"
    );
    for (register, place) in sum_places(transposed).iter().enumerate() {
        text.push_str(&format!("    fragment[{register}] = from[{place}];\n"));
    }
    text + "}"
}

const fn sum_places(transposed: bool) -> [&'static str; 4] {
    if transposed {
        ["t2 * stride + g", "(t2 + 1) * stride + g", "t2 * stride + g + 8", "(t2 + 1) * stride + g + 8"]
    } else {
        ["g * stride + t2", "g * stride + t2 + 1", "(g + 8) * stride + t2", "(g + 8) * stride + t2 + 1"]
    }
}

pub(super) fn store(store: &MatrixAccess<'_>, helpers: &mut Helpers) -> String {
    helpers.need("store_sums", |_| {
        format!(
            "{FUNCTION} void store_sums(float* to, const float (&fragment)[4], unsigned int stride) {{
    const unsigned int g = (threadIdx.x % 32) / 4;
    const unsigned int t2 = (threadIdx.x % 4) * 2;
    *(float2*)&to[g * stride + t2] = make_float2(fragment[0], fragment[1]);
    *(float2*)&to[(g + 8) * stride + t2] = make_float2(fragment[2], fragment[3]);
}}"
        )
    });
    format!("store_sums({}, {}, {});", store.place, store.fragment, store.stride)
}

/// Adds the function of one product and gives its name.
pub(super) fn multiply(elem: Elem, helpers: &mut Helpers) -> String {
    let name = format!("multiply_{elem}");
    helpers.need(&name, |_| {
        format!(
            "// acc += a * b, by a whole warp.
{FUNCTION} void {name}(float (&acc)[4], const unsigned int (&a)[4], const unsigned int (&b)[2]) {{
    asm volatile(
        \"mma.sync.aligned.m16n8k16.row.col.f32.{elem}.{elem}.f32 {{%0, %1, %2, %3}}, {{%4, %5, %6, %7}}, {{%8, %9}}, {{%0, %1, %2, %3}};\"
        : \"+f\"(acc[0]), \"+f\"(acc[1]), \"+f\"(acc[2]), \"+f\"(acc[3])
        : \"r\"(a[0]), \"r\"(a[1]), \"r\"(a[2]), \"r\"(a[3]), \"r\"(b[0]), \"r\"(b[1])
    );
}}"
        )
    });
    name
}
