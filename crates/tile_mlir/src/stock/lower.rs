//! A kernel to a function that stock tools can compile: no program index, no attributes of ours, no huge unrolled calls.

use std::sync::Arc;

use tile_ir::{Elem, Shape};

use super::edit::Editor;
use super::{StockError, outline};
use crate::context::Session;
use crate::errors::{ImportError, Problem};
use crate::raw::{Block, Operation, Value};
use crate::types::{self, AnyType};
use crate::{check, location, parse};

/// A parameter as the compiled function takes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum StockParam {
    /// A memory descriptor.
    View(Elem, Shape),
    /// A number.
    Scalar(Elem),
}

/// What the tools get.
pub(super) struct Prepared {
    /// The kernel, named [`SYMBOL`], and its helpers.
    pub(super) text: String,
    /// Parameters of the kernel; six `index` arguments follow: the program's index, then the number of programs.
    pub(super) params: Vec<StockParam>,
}

/// Name of the prepared kernel: a name of the user's could be one that the C library has.
pub(super) const SYMBOL: &str = "tenfold_stock_kernel";

/// Prepares kernel `name` of a module.
pub(super) fn prepare(text: &str, name: &str) -> Result<Prepared, StockError> {
    let text_name: Arc<str> = "kernel.mlir".into();
    // The outer result is about the kernel's name, the inner one about the text.
    let prepared = parse::on_own_stack(&text_name, || {
        let session = Session::new();
        let module = parse::parse(&session, text, &text_name)?;
        // SAFETY: the module outlives the handle; edits go through `Editor` only.
        let module_op = unsafe { Operation::from_raw(module.as_operation().to_raw()) };
        let refused = check::module(module_op, &text_name);
        if !refused.is_empty() {
            return Err(refused);
        }
        let functions: Vec<_> = module_op.blocks(0).into_iter().flat_map(Block::operations).collect();
        let kernel = functions.into_iter().find(|op| symbol(*op) == Some(name));
        let Some(kernel) = kernel else {
            return Ok(None);
        };
        let rewriter = Rewriter { editor: Editor::new(session.context()), text_name: &text_name };
        let prepared = rewriter.kernel(kernel).map_err(|error| vec![error])?;
        if !rewriter.editor.verify(kernel) {
            return Err(parse::errors(&session, text, &text_name));
        }
        Ok(Some(Prepared { text: format!("{}\n{}", kernel.text(), prepared.text), params: prepared.params }))
    });
    prepared.map_err(StockError::Import)?.ok_or_else(|| StockError::NoKernel(name.to_owned()))
}

fn symbol(op: Operation<'_>) -> Option<&str> {
    op.attribute("sym_name")?.as_str()
}

struct Rewriter<'t> {
    editor: Editor,
    text_name: &'t Arc<str>,
}

impl Rewriter<'_> {
    fn refuse(&self, op: Operation<'_>, what: &str) -> ImportError {
        let loc = location::read(&op.location_text(), self.text_name).loc;
        Problem::Form { name: op.name().to_owned(), what: what.to_owned(), instead: None }.at(loc)
    }

    /// Rewrites the kernel in place; the text of the result holds the helpers.
    fn kernel(&self, kernel: Operation<'_>) -> Result<Prepared, ImportError> {
        let failed = || self.refuse(kernel, "cannot be prepared for stock MLIR");
        let [body] = kernel.blocks(0)[..] else {
            return Err(self.refuse(kernel, "has no single body"));
        };
        let Some(first) = body.operations().next() else {
            return Err(failed());
        };
        let mut params = Vec::new();
        let mut signature = Vec::new();
        for arg in body.args() {
            let loc = || location::read(&kernel.location_text(), self.text_name).loc;
            match types::any(arg.ty()).map_err(|problem| problem.at(loc()))? {
                AnyType::View(elem, shape) => {
                    params.push(StockParam::View(elem, shape));
                    signature.push(self.pass_with_strides(arg, elem, shape, first).ok_or_else(failed)?);
                }
                AnyType::Value(ty) => {
                    params.push(StockParam::Scalar(ty.elem));
                    signature.push(ty.to_string());
                }
            }
        }
        self.program_index(kernel, body).ok_or_else(failed)?;
        signature.extend(std::iter::repeat_n("index".to_owned(), 6));
        let ty = self.editor.attribute(&format!("({}) -> ()", signature.join(", "))).ok_or_else(failed)?;
        self.editor.set_attribute(kernel, "function_type", ty);
        let ours: Vec<_> =
            kernel.attributes().map(|entry| entry.0).filter(|name| name.starts_with("tenfold.")).collect();
        for name in ours.into_iter().chain(["arg_attrs", "sym_visibility"]) {
            self.editor.remove_attribute(kernel, name);
        }
        let symbol = self.editor.attribute(&format!("\"{SYMBOL}\"")).ok_or_else(failed)?;
        self.editor.set_attribute(kernel, "sym_name", symbol);
        let unit = self.editor.attribute("unit").ok_or_else(failed)?;
        self.editor.set_attribute(kernel, "llvm.emit_c_interface", unit);
        let mut helpers = String::new();
        let mut outlined = Vec::new();
        collect(kernel, &mut outlined, &outline::is_outlined);
        for (number, op) in outlined.into_iter().enumerate() {
            let helper = format!("tenfold_helper{number}");
            self.outline(op, &helper, &mut helpers).ok_or_else(failed)?;
        }
        Ok(Prepared { text: helpers, params })
    }

    /// Gives a view runtime strides, so that transfers become loops instead of long masked moves. Operations that need
    /// a row-major view get it back by a cast. Returns the new type.
    fn pass_with_strides(&self, arg: Value<'_>, elem: Elem, shape: Shape, first: Operation<'_>) -> Option<String> {
        let row_major = format!("memref<{shape}x{elem}>");
        let strided = format!("memref<{shape}x{elem}, strided<[{}]>>", vec!["?"; shape.rank()].join(", "));
        let needs_row_major: Vec<_> = arg
            .uses()
            .filter(|(user, _)| {
                !matches!(
                    user.name(),
                    "vector.transfer_read" | "vector.transfer_write" | "memref.load" | "memref.store"
                )
            })
            .collect();
        self.editor.set_type(arg, self.editor.ty(&strided)?);
        if !needs_row_major.is_empty() {
            let ty = self.editor.ty(&row_major)?;
            let cast = self.editor.insert(first, "memref.cast", &[arg], Some(ty), &[])?.results().next()?;
            for (user, operand) in needs_row_major {
                self.editor.set_operand(user, operand, cast);
            }
        }
        Some(strided)
    }

    /// Replaces `gpu.block_id` and `gpu.grid_dim` by six new arguments.
    fn program_index(&self, kernel: Operation<'_>, body: Block<'_>) -> Option<()> {
        let index = self.editor.ty("index")?;
        let args: Vec<_> = (0..6).map(|_| self.editor.add_argument(body, index)).collect();
        let mut found = Vec::new();
        collect(kernel, &mut found, &|op| matches!(op.name(), "gpu.block_id" | "gpu.grid_dim"));
        for op in found {
            let axis = match op.attribute("dimension")?.text().as_str() {
                "#gpu<dim x>" => 0,
                "#gpu<dim y>" => 1,
                "#gpu<dim z>" => 2,
                _ => return None,
            };
            let first = if op.name() == "gpu.block_id" { 0 } else { 3 };
            self.editor.replace_uses(op.results().next()?, args[first + axis]);
            self.editor.erase(op);
        }
        Some(())
    }

    /// Moves an operation into a helper function, and calls that instead.
    fn outline(&self, op: Operation<'_>, helper: &str, helpers: &mut String) -> Option<()> {
        let operands = outline::write(op, helper, helpers)?;
        let callee = self.editor.attribute(&format!("@{helper}"))?;
        let result = op.results().next();
        let ty = result.map(|result| result.ty().to_raw());
        let call = self.editor.insert(op, "func.call", &operands, ty, &[("callee", callee)])?;
        if let (Some(old), Some(new)) = (result, call.results().next()) {
            self.editor.replace_uses(old, new);
        }
        self.editor.erase(op);
        Some(())
    }
}

fn collect<'m>(op: Operation<'m>, found: &mut Vec<Operation<'m>>, wanted: &dyn Fn(Operation<'m>) -> bool) {
    for block in (0..op.region_count()).flat_map(|region| op.blocks(region)) {
        for inner in block.operations() {
            if wanted(inner) {
                found.push(inner);
            }
            collect(inner, found, wanted);
        }
    }
}
