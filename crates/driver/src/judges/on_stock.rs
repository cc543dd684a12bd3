//! Runs a case's arguments through stock MLIR.

use judge::{ArgValue, Case, Outputs};
use tile_ir::{Access, Elem, Kernel, Module};
use tile_mlir::stock::{StockArg, StockError, StockKernel};

/// Why stock MLIR gave no outputs.
#[derive(Debug)]
pub enum Refusal {
    /// It cannot judge this kernel.
    Skip(String),
    /// It should have, and did not.
    Fail(String),
}

impl From<StockError> for Refusal {
    fn from(error: StockError) -> Refusal {
        if error.is_skip() { Refusal::Skip(error.to_string()) } else { Refusal::Fail(error.to_string()) }
    }
}

/// Stock MLIR turns each element of a tile into code of its own: larger tiles take a minute and more to compile.
const MAX_TILE_ELEMENTS: u64 = 8192;

/// Compiles `kernel` with MLIR's own passes and tools.
///
/// # Errors
/// See [`Refusal`].
pub fn compile(kernel: &Kernel) -> Result<StockKernel, Refusal> {
    let largest = kernel.values.iter().map(|value| value.ty.shape.count()).max().unwrap_or(0);
    if largest > MAX_TILE_ELEMENTS {
        return Err(Refusal::Skip(format!(
            "stock MLIR would unroll a tile of {largest} elements; the limit is {MAX_TILE_ELEMENTS}"
        )));
    }
    let module = Module { name: "stock".into(), kernels: vec![kernel.clone()] };
    let text = tile_ir::print_module(&module).map_err(|errors| {
        Refusal::Fail(errors.first().map_or_else(|| "the module is invalid".into(), ToString::to_string))
    })?;
    Ok(StockKernel::compile(&text, &kernel.name)?)
}

/// Runs all programs of `kernel`, compiled before, on the case's arguments.
///
/// # Errors
/// See [`Refusal`].
pub fn run(stock: &StockKernel, kernel: &Kernel, case: &Case) -> Result<Outputs, Refusal> {
    let mut views: Vec<Option<judge::Buffer>> = case
        .args
        .iter()
        .map(|arg| match &arg.value {
            ArgValue::View { buffer, .. } => Some(buffer.clone()),
            ArgValue::Float(_) | ArgValue::Int { .. } => None,
        })
        .collect();
    let mut args = Vec::with_capacity(views.len());
    for (arg, view) in case.args.iter().zip(&mut views) {
        args.push(match (&arg.value, view) {
            (_, Some(buffer)) => StockArg::View(&mut buffer.bytes),
            (ArgValue::Float(value), None) => StockArg::F32(*value),
            (ArgValue::Int { elem: Elem::I64, value }, None) => StockArg::I64(*value as i64),
            (ArgValue::Int { elem: _, value }, None) => StockArg::I32(*value as u32 as i32),
            (ArgValue::View { .. }, None) => return Err(Refusal::Fail("a view without a buffer".into())),
        });
    }
    // SAFETY: the kernel has passed the interpreter on this case, so no access leaves its view, and each buffer has
    // the size of its view.
    unsafe { stock.run(&mut args, kernel.grid) }?;
    drop(args);
    let written = case.args.iter().zip(views).filter_map(|(arg, view)| match (&arg.value, view) {
        (ArgValue::View { access: Access::Write, .. }, Some(buffer)) => Some((arg.name.clone(), buffer)),
        (_, _) => None,
    });
    Ok(Outputs(written.collect()))
}
