//! Products of the sizes of language models, and of odd ones: they fit, and compute what the tile program says.

mod backend;

use backend::BACKEND;
use dma_testing::{Program, lower, random_case, told};
use mlir_to_aie::limits::{MEMORY_BYTES, TARGET};
use tile_ir::{Axis, BinaryOp, CastOp, ContractSpec, Elem, Kernel, KernelBuilder, Own};

/// `output += input * transpose(weight)`, `block` columns per program, elements of the output of type `elem`.
fn residual(n: u64, k: u64, block: u64, elem: Elem) -> Kernel {
    let mut t = KernelBuilder::new("residual");
    t.at("residual.rs", 1, 1);
    t.grid([n.div_ceil(block), 1, 1]);
    let own = [Own::Whole, Own::Block { axis: Axis::X, size: block }];
    let (x, w) = (t.read("input", Elem::F32, &[1, k]), t.weights("weight", Elem::Bf16, &[n, k]));
    let y = t.write("hidden", elem, &[1, n], &own);
    let (zero, size, id) = (t.index(0), t.index(block as i64), t.program_id(Axis::X));
    let row = t.binary(BinaryOp::Mul, id, size);
    let left = t.load(x, &[zero, zero], &[1, k]);
    let right = t.load(w, &[row, zero], &[block, k]);
    let right = t.cast(CastOp::ExtF, right, Elem::F32);
    let before = t.load(y, &[zero, row], &[1, block]);
    let before = if elem == Elem::F32 { before } else { t.cast(CastOp::ExtF, before, Elem::F32) };
    let result = t.contract(left, right, before, ContractSpec::matmul(true));
    let result = if elem == Elem::F32 { result } else { t.cast(CastOp::TruncF, result, elem) };
    t.store(y, result, &[zero, row]);
    t.finish().expect("valid")
}

#[test]
fn products_of_real_sizes() {
    let shapes = [
        (64, 1536, 8, Elem::F32),
        (64, 8960, 4, Elem::F32),
        (192, 576, 16, Elem::F32),
        (93, 171, 7, Elem::F32),
        (120, 93, 5, Elem::Bf16),
        (171, 93, 3, Elem::Bf16),
        (31, 1009, 31, Elem::Bf16),
    ];
    for (n, k, block, elem) in shapes {
        let kernel = residual(n, k, block, elem);
        let core = lower(&kernel, &TARGET).unwrap_or_else(|error| panic!("{n}x{k}: {}", error.report()));
        let source = mlir_to_aie::print(&core).unwrap_or_else(|error| panic!("{n}x{k}: {}", error.report()));
        assert!(source.kernel.budgets["data_memory"] <= MEMORY_BYTES);
        let program = Program::new(&core, &BACKEND).unwrap_or_else(|error| panic!("{n}x{k}: {error}"));
        let checked = program.check(&kernel, &random_case(&kernel, 3));
        checked.unwrap_or_else(|error| panic!("{n}x{k}: {error}\n{}\n{}", told(&kernel, &core), program.text()));
    }
}
