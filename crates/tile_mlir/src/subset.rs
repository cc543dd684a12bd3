//! The operations of the subset by MLIR name, and what to write instead of some others.

use tile_ir::{BinaryOp, CastOp, UnaryOp};

/// An operation of the subset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Unary(UnaryOp),
    Binary(BinaryOp),
    Fma,
    CompareFloat,
    CompareInt,
    Select,
    Cast(CastOp),
    Constant,
    BlockId,
    GridDim,
    Broadcast,
    ShapeCast,
    Transpose,
    ExtractStridedSlice,
    InsertStridedSlice,
    Extract,
    Insert,
    ExtractElement,
    InsertElement,
    MultiReduction,
    Reduction,
    Contract,
    CreateMask,
    ConstantMask,
    TransferRead,
    TransferWrite,
    MemLoad,
    MemStore,
    CollapseShape,
    Gather,
    For,
    While,
    If,
    Yield,
    Condition,
    Return,
}

/// Every operation that is not in one of `tile_ir`'s own tables.
const NAMES: &[(&str, Known)] = &[
    ("math.fma", Known::Fma),
    ("arith.cmpf", Known::CompareFloat),
    ("arith.cmpi", Known::CompareInt),
    ("arith.select", Known::Select),
    ("arith.constant", Known::Constant),
    ("gpu.block_id", Known::BlockId),
    ("gpu.grid_dim", Known::GridDim),
    ("vector.broadcast", Known::Broadcast),
    ("vector.splat", Known::Broadcast),
    ("vector.shape_cast", Known::ShapeCast),
    ("vector.transpose", Known::Transpose),
    ("vector.extract_strided_slice", Known::ExtractStridedSlice),
    ("vector.insert_strided_slice", Known::InsertStridedSlice),
    ("vector.extract", Known::Extract),
    ("vector.insert", Known::Insert),
    ("vector.extractelement", Known::ExtractElement),
    ("vector.insertelement", Known::InsertElement),
    ("vector.multi_reduction", Known::MultiReduction),
    ("vector.reduction", Known::Reduction),
    ("vector.contract", Known::Contract),
    ("vector.create_mask", Known::CreateMask),
    ("vector.constant_mask", Known::ConstantMask),
    ("vector.transfer_read", Known::TransferRead),
    ("vector.transfer_write", Known::TransferWrite),
    ("memref.load", Known::MemLoad),
    ("memref.store", Known::MemStore),
    ("memref.collapse_shape", Known::CollapseShape),
    ("vector.gather", Known::Gather),
    ("scf.for", Known::For),
    ("scf.while", Known::While),
    ("scf.if", Known::If),
    ("scf.yield", Known::Yield),
    ("scf.condition", Known::Condition),
    ("func.return", Known::Return),
];

/// What to write instead of common operations outside the subset.
const INSTEAD: &[(&str, &str)] = &[
    ("arith.maximumf", "use `arith.maxnumf`, which prefers the number where one side is NaN"),
    ("arith.minimumf", "use `arith.minnumf`, which prefers the number where one side is NaN"),
    ("arith.remf", "use `x - y * floor(x / y)`, with `math.floor`"),
    ("arith.ceildivsi", "use `arith.addi` and `arith.divsi`"),
    ("arith.ceildivui", "use `arith.addi` and `arith.divui`"),
    ("arith.floordivsi", "use `arith.divsi` on numbers that are not negative"),
    ("math.exp2", "use `math.exp` of `x * 0.6931472`"),
    ("math.log2", "use `math.log` times `1.442695`"),
    ("math.log10", "use `math.log` times `0.4342945`"),
    ("math.powf", "use `math.exp` of `y * math.log(x)`"),
    ("math.fpowi", "multiply with `arith.mulf`"),
    ("math.ipowi", "multiply with `arith.muli`"),
    ("math.ceil", "use `-floor(-x)`, with `arith.negf` and `math.floor`"),
    ("math.erf", "use `math.tanh` or a polynomial"),
    ("math.tan", "use `math.sin` divided by `math.cos`"),
    ("math.absi", "use `arith.maxsi` of `x` and `0 - x`"),
    ("vector.fma", "use `math.fma`"),
    ("vector.load", "use `vector.transfer_read`"),
    ("vector.store", "use `vector.transfer_write`"),
    ("vector.maskedload", "use `vector.transfer_read` with a mask"),
    ("vector.maskedstore", "use `vector.transfer_write` with a mask"),
    ("vector.scatter", "write rows with `vector.transfer_write`"),
    ("vector.mask", "pass the mask to `vector.transfer_read` or `vector.transfer_write`"),
    ("vector.outerproduct", "use `vector.contract`"),
    ("vector.matrix_multiply", "use `vector.contract`"),
    ("vector.flat_transpose", "use `vector.transpose`"),
    ("vector.shuffle", "use `vector.extract_strided_slice` and `vector.insert_strided_slice`"),
    ("vector.from_elements", "use `vector.splat` and `vector.insert`"),
    ("vector.bitcast", "use `arith.bitcast` between types of one width"),
    ("memref.alloc", "keep tiles in vectors; the compiler places them"),
    ("memref.alloca", "keep tiles in vectors; the compiler places them"),
    ("memref.dim", "write the size with `arith.constant`: shapes are static"),
    ("memref.subview", "index the view with `vector.transfer_read` or `vector.transfer_write`"),
    ("memref.reinterpret_cast", "pass a view of the right shape"),
    ("memref.expand_shape", "pass a view of the right shape"),
    ("memref.cast", "pass a view of the right shape"),
    ("memref.copy", "use `vector.transfer_read` and `vector.transfer_write`"),
    ("scf.parallel", "use the program grid: `tenfold.grid` and `gpu.block_id`"),
    ("scf.forall", "use the program grid: `tenfold.grid` and `gpu.block_id`"),
    ("scf.index_switch", "use `scf.if`"),
    ("scf.execute_region", "use `scf.if` or write the operations in place"),
    ("affine.for", "use `scf.for`"),
    ("affine.if", "use `scf.if`"),
    ("affine.apply", "use `arith.muli` and `arith.addi`"),
    ("affine.load", "use `memref.load`"),
    ("affine.store", "use `memref.store`"),
    ("cf.br", "use `scf.for`, `scf.while` or `scf.if`"),
    ("cf.cond_br", "use `scf.for`, `scf.while` or `scf.if`"),
    ("func.call", "inline the function: a kernel makes no calls"),
    ("call", "inline the function: a kernel makes no calls"),
    ("func.call_indirect", "inline the function: a kernel makes no calls"),
    ("gpu.thread_id", "use `gpu.block_id`: one program is one thread of control"),
    ("gpu.lane_id", "use `gpu.block_id`: one program is one thread of control"),
    ("gpu.block_dim", "one program is one thread of control; the block has no size"),
    ("gpu.global_id", "use `gpu.block_id` times the block's size"),
    ("gpu.barrier", "remove it: one program is one thread of control"),
    ("gpu.launch", "write the kernel as a `func.func`"),
    ("gpu.launch_func", "write the kernel as a `func.func`"),
    ("gpu.module", "write the kernel as a `func.func` of the module"),
    ("gpu.func", "write the kernel as a `func.func`"),
    ("builtin.module", "put all kernels in one module"),
    ("builtin.unrealized_conversion_cast", "use the cast operations of `arith`"),
];

/// The operation of the subset with this name.
pub(crate) fn known(name: &str) -> Option<Known> {
    let unary = || UnaryOp::ALL.iter().find(|op| op.mlir_name() == name).map(|&op| Known::Unary(op));
    let binary = || {
        let named =
            |op: &&BinaryOp| [false, true].into_iter().any(|float| op.takes(float) && op.mlir_name(float) == name);
        BinaryOp::ALL.iter().find(named).map(|&op| Known::Binary(op))
    };
    let cast = || CastOp::ALL.iter().find(|op| op.mlir_name() == name).map(|&op| Known::Cast(op));
    let listed = || NAMES.iter().find(|row| row.0 == name).map(|row| row.1);
    listed().or_else(unary).or_else(binary).or_else(cast)
}

/// Advice for an operation outside the subset: a known replacement, or the nearest name of the subset.
pub(crate) fn instead(name: &str) -> Option<String> {
    if let Some((_, advice)) = INSTEAD.iter().find(|row| row.0 == name) {
        return Some((*advice).to_owned());
    }
    let near = nearest(name, names())?;
    Some(format!("did you mean `{near}`?"))
}

fn names() -> impl Iterator<Item = &'static str> {
    let binary = BinaryOp::ALL
        .iter()
        .flat_map(|op| [false, true].into_iter().filter(|&float| op.takes(float)).map(|float| op.mlir_name(float)));
    NAMES
        .iter()
        .map(|row| row.0)
        .chain(UnaryOp::ALL.iter().map(|op| op.mlir_name()))
        .chain(binary)
        .chain(CastOp::ALL.iter().map(|op| op.mlir_name()))
}

/// The candidate with the fewest edits from `word`, if few enough to be a slip of the hand.
pub(crate) fn nearest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    if word.len() > 64 {
        return None;
    }
    let allowed = (word.len() / 4).clamp(1, 3);
    candidates
        .map(|candidate| (edits(word, candidate), candidate))
        .min()
        .filter(|best| best.0 <= allowed)
        .map(|best| best.1)
}

/// Levenshtein distance in bytes.
fn edits(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_known_once() {
        let mut all: Vec<_> = names().collect();
        assert!(all.iter().all(|name| known(name).is_some()));
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(INSTEAD.iter().all(|row| known(row.0).is_none()), "advice against something supported");
    }

    #[test]
    fn advice_is_a_replacement_or_the_nearest_name() {
        assert_eq!(known("arith.addf"), Some(Known::Binary(BinaryOp::Add)));
        assert_eq!(known("arith.divf"), Some(Known::Binary(BinaryOp::DivF)));
        assert_eq!(known("arith.remf"), None);
        assert!(instead("vector.load").is_some_and(|advice| advice.contains("vector.transfer_read")));
        assert_eq!(instead("arith.adf"), Some("did you mean `arith.addf`?".into()));
        assert_eq!(instead("tosa.conv2d"), None);
    }
}
