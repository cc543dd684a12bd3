//! Kernels over a limit are refused with what fits, and what is said to fit does.

mod common;

use common::TARGET;
use diagnostics::Report;
use lower_simt::Error;
use lower_simt::ir::LaneModule;
use lower_simt::target::Target;
use tile_ir::{Axis, BinaryOp, ContractSpec, Elem, Kernel, KernelBuilder, Module, Number, Own, UnaryOp, Value, ViewId};

/// Rows of every view.
const TOTAL: u64 = 512;

fn lower(kernel: Kernel, target: &Target) -> Result<LaneModule, Error> {
    let module = Module { name: "test".into(), kernels: vec![kernel] };
    lower_simt::lower(&module, target).map_err(|errors| errors.into_iter().next().expect("an error"))
}

fn report(kernel: Kernel, target: &Target) -> String {
    Report::from(&lower(kernel, target).expect_err("over the limit")).to_string()
}

/// A kernel over blocks of `rows` rows: the builder, the number of the first row and zero.
fn blocks(name: &str, rows: u64) -> (KernelBuilder, Value, Value) {
    let mut t = KernelBuilder::new(name);
    t.at("src/kernels.rs", 3, 1);
    t.grid([TOTAL / rows, 1, 1]);
    let (size, zero, id) = (t.index(rows as i64), t.index(0), t.program_id(Axis::X));
    let row = t.binary(BinaryOp::Mul, id, size);
    (t, row, zero)
}

fn rows_of(t: &mut KernelBuilder, name: &str, cols: u64, rows: u64) -> ViewId {
    t.write(name, Elem::F32, &[TOTAL, cols], &[Own::Block { axis: Axis::X, size: rows }, Own::Whole])
}

/// `exp` of a block, with a name and a place.
fn exp_of(t: &mut KernelBuilder, view: &str, at: [Value; 2], dims: [u64; 2], line: u32) -> Value {
    let view = t.read(view, Elem::F32, &[TOTAL, dims[1]]);
    let value = t.load(view, &at, &dims);
    t.at("src/kernels.rs", line, 9);
    let value = t.unary(UnaryOp::Exp, value);
    t.name(value, &format!("power{line}"));
    value
}

/// Stored as it is and transposed.
fn transposed(rows: u64, cols: u64) -> Kernel {
    let (mut t, row, zero) = blocks("transposed", rows);
    let power = exp_of(&mut t, "x", [row, zero], [rows, cols], 5);
    let plain = rows_of(&mut t, "plain", cols, rows);
    let own = [Own::Whole, Own::Block { axis: Axis::X, size: rows }];
    let turned = t.write("turned", Elem::F32, &[cols, TOTAL], &own);
    t.store(plain, power, &[row, zero]);
    let transpose = t.transpose(power, &[1, 0]);
    t.store(turned, transpose, &[zero, row]);
    t.finish().expect("valid")
}

/// Sums of columns and of rows of the same block, added to it.
fn columns(rows: u64, cols: u64) -> Kernel {
    let (mut t, row, zero) = blocks("columns", rows);
    let power = exp_of(&mut t, "x", [row, zero], [rows, cols], 5);
    let out = rows_of(&mut t, "out", cols, rows);
    let down = t.sum(power, &[0]);
    let down = t.broadcast(down, &[rows, cols]);
    let sum = t.add(power, down);
    t.store(out, sum, &[row, zero]);
    t.finish().expect("valid")
}

/// Two blocks, both read transposed.
fn two_tiles(rows: u64, cols: u64) -> Kernel {
    let (mut t, row, zero) = blocks("two_tiles", rows);
    let a = exp_of(&mut t, "x", [row, zero], [rows, cols], 5);
    let b = exp_of(&mut t, "z", [row, zero], [rows, cols], 6);
    let (first, second) = (rows_of(&mut t, "first", cols, rows), rows_of(&mut t, "second", cols, rows));
    let own = [Own::Whole, Own::Block { axis: Axis::X, size: rows }];
    let turned = t.write("turned", Elem::F32, &[cols, TOTAL], &own);
    t.store(first, a, &[row, zero]);
    t.store(second, b, &[row, zero]);
    let (a, b) = (t.transpose(a, &[1, 0]), t.transpose(b, &[1, 0]));
    let sum = t.add(a, b);
    t.store(turned, sum, &[zero, row]);
    t.finish().expect("valid")
}

/// A block carried through a loop, stored transposed.
fn carried(rows: u64, cols: u64) -> Kernel {
    let (mut t, row, zero) = blocks("carried", rows);
    let x = t.read("x", Elem::F32, &[TOTAL, cols]);
    let own = [Own::Whole, Own::Block { axis: Axis::X, size: rows }];
    let turned = t.write("turned", Elem::F32, &[cols, TOTAL], &own);
    let start = t.splat(Elem::F32, &[rows, cols], 0.0);
    let (one, four) = (t.index(1), t.index(4));
    t.at("src/kernels.rs", 7, 9);
    let sums = t.for_loop(zero, four, one, &[start], |t, _, carried| {
        t.name(carried[0], "total");
        let value = t.load(x, &[row, zero], &[rows, cols]);
        vec![t.add(carried[0], value)]
    });
    let transpose = t.transpose(sums[0], &[1, 0]);
    t.store(turned, transpose, &[zero, row]);
    t.finish().expect("valid")
}

/// An operand of a product that is costly to compute again.
fn operand(rows: u64, cols: u64) -> Kernel {
    let (mut t, row, zero) = blocks("operand", rows);
    let power = exp_of(&mut t, "x", [row, zero], [rows, cols], 5);
    let weights = t.weights("w", Elem::F32, &[64, cols]);
    let weights = t.load(weights, &[zero, zero], &[64, cols]);
    let out = rows_of(&mut t, "out", 64, rows);
    let start = t.splat(Elem::F32, &[rows, 64], 0.0);
    let product = t.contract(power, weights, start, ContractSpec::matmul(true));
    t.store(out, product, &[row, zero]);
    t.finish().expect("valid")
}

/// The number before and after: `a block of 8 rows instead of 64 fits`.
fn suggestion(help: &str) -> (u64, &str, u64) {
    let words: Vec<&str> = help.split([' ', ':']).collect();
    let [_, _, _, size, unit, _, _, old, ..] = words[..] else { panic!("{help}") };
    (size.parse().expect(help), unit, old.parse().expect(help))
}

#[test]
fn suggested_blocks_fit() {
    let kernels: [fn(u64, u64) -> Kernel; 5] = [transposed, columns, two_tiles, carried, operand];
    for (at, build) in kernels.into_iter().enumerate() {
        let mut refused = 0;
        for shared_bytes in [16 << 10, 28_672, 32 << 10] {
            for matrix in [TARGET.matrix, &[]] {
                for (rows, cols) in [(64, 256), (128, 128), (32, 512), (64, 192), (256, 60)] {
                    let target = Target { shared_bytes, matrix, ..TARGET };
                    let name = format!("kernel {at} of {rows}x{cols} in {shared_bytes}");
                    let help = match lower(build(rows, cols), &target) {
                        Ok(_) => continue,
                        Err(Error::Limit { needed, limit, help, .. }) => {
                            assert!(needed > limit && limit == shared_bytes, "{name}");
                            help
                        }
                        Err(error) => panic!("{name}: {error}"),
                    };
                    refused += 1;
                    let (size, unit, old) = suggestion(&help);
                    assert_eq!((unit, old), ("rows", rows), "{name}: {help}");
                    let lowered = lower(build(size, cols), &target).unwrap_or_else(|error| panic!("{name}: {error}"));
                    assert!(lowered.kernels[0].shared_bytes() <= shared_bytes, "{name}");
                    let next = (size + 1..rows).find(|&next| rows.is_multiple_of(next) && TOTAL.is_multiple_of(next));
                    // With a matrix unit, a larger block may fit by way of it.
                    if let (Some(next), true) = (next, matrix.is_empty()) {
                        assert!(lower(build(next, cols), &target).is_err(), "{name}: {next} rows fit too");
                    }
                }
            }
        }
        assert!(refused > 0, "kernel {at} is never over the limit");
    }
}

#[test]
fn shared_memory_names_the_tile() {
    assert_eq!(
        report(transposed(64, 256), &TARGET).trim_end(),
        "error: kernel `transposed`: tile `power5` of 64x256xf32 (65536 bytes), in bytes of shared memory, needs 65536, above the limit of 32768 of target `test`\n\
         --> src/kernels.rs:5:9\n = help: a block of 32 rows instead of 64 fits: 32x256xf32, 32768 bytes in all"
    );
    assert_eq!(
        report(two_tiles(64, 256), &Target { shared_bytes: 28_672, ..TARGET }).trim_end(),
        "error: kernel `two_tiles`: tile `power6` of 64x256xf32 (65536 bytes) with 65536 of others, in bytes of shared memory, needs 131072, above the limit of 28672 of target `test`\n\
         --> src/kernels.rs:6:9\n = help: a block of 8 rows instead of 64 fits: 8x256xf32, 16384 bytes in all"
    );
    assert_eq!(
        report(carried(64, 256), &Target { shared_bytes: 28_672, ..TARGET }).trim_end(),
        "error: kernel `carried`: tile `total` of 64x256xf32 (65536 bytes), in bytes of shared memory, needs 65536, above the limit of 28672 of target `test`\n\
         --> src/kernels.rs:7:9\n = help: a block of 16 rows instead of 64 fits: 16x256xf32, 16384 bytes in all"
    );
    assert_eq!(
        report(transposed(64, 256), &Target { shared_bytes: 64, ..TARGET }).trim_end(),
        "error: kernel `transposed`: tile `power5` of 64x256xf32 (65536 bytes), in bytes of shared memory, needs 65536, above the limit of 64 of target `test`\n\
         --> src/kernels.rs:5:9\n = help: split the kernel: no smaller block of this tile fits beside the others"
    );
}

/// As `transposed`, with tables along rows, and along columns if `both`: their sizes cannot be changed.
fn fixed(rows: u64, cols: u64, both: bool) -> Kernel {
    let (mut t, row, zero) = blocks("fixed", rows);
    let power = exp_of(&mut t, "x", [row, zero], [rows, cols], 5);
    let plain = rows_of(&mut t, "plain", cols, rows);
    let own = [Own::Whole, Own::Block { axis: Axis::X, size: rows }];
    let turned = t.write("turned", Elem::F32, &[cols, TOTAL], &own);
    let mut sum = power;
    for dims in [[rows, 1], [1, cols]].iter().take(1 + usize::from(both)) {
        let numbers = (0..dims[0] * dims[1]).map(|i| Number::Float(i as f32)).collect();
        let table = t.dense(Elem::F32, dims, numbers);
        let table = t.broadcast(table, &[rows, cols]);
        sum = t.add(sum, table);
    }
    t.store(plain, sum, &[row, zero]);
    let transpose = t.transpose(power, &[1, 0]);
    t.store(turned, transpose, &[zero, row]);
    t.finish().expect("valid")
}

#[test]
fn blocks_of_fixed_size_get_columns_or_an_estimate() {
    let needs = "error: kernel `fixed`: tile `power5` of 64x256xf32 (65536 bytes), in bytes of shared memory, needs 65536, \
                 above the limit of 32768 of target `test`\n--> src/kernels.rs:5:9\n = help: ";
    assert_eq!(
        report(fixed(64, 256, false), &TARGET).trim_end(),
        format!("{needs}a block of 128 columns instead of 256 fits: 64x128xf32, 32768 bytes in all")
    );
    assert!(lower(fixed(64, 128, false), &TARGET).is_ok());
    assert_eq!(
        report(fixed(64, 256, true), &TARGET).trim_end(),
        format!("{needs}there is room for 32 rows of this tile instead of 64")
    );
    assert!(lower(fixed(32, 256, true), &TARGET).is_ok());
}

#[test]
fn threads_stay_within_the_target() {
    for kernel in [transposed(16, 256), columns(16, 256), carried(16, 256), operand(16, 256)] {
        assert!(lower(kernel.clone(), &TARGET).expect("fits").kernels[0].threads > 64, "{} is small", kernel.name);
        let target = Target { max_threads: 64, ..TARGET };
        let lowered = lower(kernel.clone(), &target).expect("fewer threads do the same");
        assert_eq!(lowered.kernels[0].threads, 64);
        common::check(&kernel, &lowered.kernels[0], &target, &[1]).expect("the same results");
    }
    assert_eq!(
        report(transposed(16, 64), &Target { warp: 128, max_threads: 64, ..TARGET }).trim_end(),
        "error: kernel `transposed`: a group of the threads that run in step needs 128, above the limit of 64 of target `test`\n\
         --> src/kernels.rs:3:1\n = help: no kernel fits such a target: its groups cannot hold what runs in step"
    );
}

#[test]
fn grids_name_the_axis() {
    assert_eq!(
        report(transposed(2, 64), &Target { max_grid: [100, 1, 1], ..TARGET }).trim_end(),
        "error: kernel `transposed`: the grid along x, in programs, needs 256, above the limit of 100 of target `test`\n\
         --> src/kernels.rs:3:1\n = help: blocks 4 times as large along x make it 64 programs; or put this dimension on another axis"
    );
    // Three times the rows are enough, but four times divide the work evenly.
    let target = Target { max_grid: [100, 1, 1], ..TARGET };
    assert!(lower(transposed(8, 64), &target).is_ok());
}

/// `views` inputs and `scalars` numbers are added up.
fn many(views: usize, scalars: usize) -> Kernel {
    let (mut t, row, zero) = blocks("many", 1);
    let out = rows_of(&mut t, "out", 32, 1);
    let mut sum = t.splat(Elem::F32, &[1, 32], 0.0);
    for i in 0..views - 1 {
        let view = t.read(&format!("x{i}"), Elem::F32, &[TOTAL, 32]);
        let value = t.load(view, &[row, zero], &[1, 32]);
        sum = t.add(sum, value);
    }
    for i in 0..scalars {
        let scalar = t.scalar(&format!("s{i}"), Elem::F32, None);
        let value = t.broadcast(scalar, &[1, 32]);
        sum = t.add(sum, value);
    }
    t.store(out, sum, &[row, zero]);
    t.finish().expect("valid")
}

#[test]
fn buffers_count_scalars_where_they_take_one() {
    let target = Target { max_buffers: 8, ..TARGET };
    let strict = Target { scalars_take_buffers: true, ..target };
    assert!(lower(many(8, 3), &target).is_ok());
    assert!(lower(many(5, 3), &strict).is_ok());
    assert_eq!(
        report(many(9, 3), &target).trim_end(),
        "error: kernel `many`: the number of views needs 9, above the limit of 8 of target `test`\n\
         --> src/kernels.rs:3:1\n = help: pass at most 8 views: several can be parts of one"
    );
    assert_eq!(
        report(many(9, 0), &strict).trim_end(),
        "error: kernel `many`: the number of views needs 9, above the limit of 8 of target `test`\n\
         --> src/kernels.rs:3:1\n = help: pass at most 8 views: several can be parts of one"
    );
    assert_eq!(
        report(many(6, 3), &strict).trim_end(),
        "error: kernel `many`: the number of parameters (6 views, 3 scalars) needs 9, above the limit of 8 of target `test`\n\
         --> src/kernels.rs:3:1\n = help: pass at most 8 views and scalars: several views can be parts of one"
    );
}
