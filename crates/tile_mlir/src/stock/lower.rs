//! A kernel to a function that stock tools can compile: no program index, no attributes of ours, no huge unrolled calls.

use std::fmt::Write;
use std::sync::Arc;

use tile_ir::{Elem, Shape, Type};

use super::StockError;
use super::edit::Editor;
use crate::context::Session;
use crate::errors::{ImportError, Problem};
use crate::raw::{Attribute, Block, Operation, TypeClass, Value};
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
    /// Functions, helpers first called by name.
    pub(super) text: String,
    /// Parameters of the kernel; six `index` arguments follow: the program's index, then the number of programs.
    pub(super) params: Vec<StockParam>,
}

/// Tiles above this many elements are computed in loops where every element costs a call or a branch.
const UNROLLED_ELEMENTS: u64 = 64;

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
        let prepared = rewriter.kernel(kernel, name).map_err(|error| vec![error])?;
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
    fn kernel(&self, kernel: Operation<'_>, name: &str) -> Result<Prepared, ImportError> {
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
        let unit = self.editor.attribute("unit").ok_or_else(failed)?;
        self.editor.set_attribute(kernel, "llvm.emit_c_interface", unit);
        let mut helpers = String::new();
        let mut large = Vec::new();
        collect_large(kernel, &mut large);
        for (number, op) in large.into_iter().enumerate() {
            let helper = format!("{name}_loop{number}");
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
            let cast = self.editor.insert(first, "memref.cast", &[arg], self.editor.ty(&row_major)?, &[])?;
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

    /// Moves a large operation into a helper function that computes element by element, and calls it instead.
    fn outline(&self, op: Operation<'_>, helper: &str, helpers: &mut String) -> Option<()> {
        let result = op.results().next()?;
        let callee = self.editor.attribute(&format!("@{helper}"))?;
        let mut operands: Vec<_> = op.operands().collect();
        match op.name() {
            "vector.gather" => {
                // The base index is the constant 0.
                operands.remove(1);
                gather_helper(&operands, result, helper, helpers)?;
            }
            "vector.extract" => position_helper(op, None, *operands.first()?, result, helper, helpers)?,
            "vector.insert" => {
                position_helper(op, operands.first().copied(), *operands.get(1)?, result, helper, helpers)?
            }
            _ => elementwise_helper(op, &operands, result, helper, helpers)?,
        }
        let call = self.editor.insert(op, "func.call", &operands, result.ty().to_raw(), &[("callee", callee)])?;
        self.editor.replace_uses(result, call);
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

/// Whether an element or part of a tile of several dimensions is chosen at run time: LLVM has no such instruction, and
/// MLIR no lowering. (Masks stay as they are, because vectors of bits are packed in memory.)
fn has_runtime_position(op: Operation<'_>) -> bool {
    let tile = op.operand(usize::from(op.name() == "vector.insert")).and_then(|tile| types::value(tile.ty()).ok());
    let positions = op.attribute("static_position").and_then(Attribute::as_ints).unwrap_or_default();
    positions.iter().any(|position| *position < 0) && tile.is_some_and(|ty| ty.shape.rank() > 1 && ty.elem != Elem::I1)
}

/// Operations that are outlined: on large tiles those whose straight-line form costs a call or a branch per element, and
/// those that only memory can do.
fn collect_large<'m>(kernel: Operation<'m>, found: &mut Vec<Operation<'m>>) {
    collect(kernel, found, &|op| {
        if matches!(op.name(), "vector.extract" | "vector.insert") {
            return has_runtime_position(op);
        }
        let costly = match op.name() {
            "math.exp" | "math.log" | "math.tanh" | "math.sin" | "math.cos" | "math.fma" | "arith.truncf"
            | "vector.gather" => true,
            "arith.extf" => {
                op.operand(0).and_then(|value| value.ty().element()).is_some_and(|ty| ty.class() == TypeClass::F16)
            }
            _ => false,
        };
        let large = op.results().next().and_then(|result| types::value(result.ty()).ok());
        costly && large.is_some_and(|ty| ty.shape.count() > UNROLLED_ELEMENTS)
    });
}

/// Texts of one tile operand or result and its buffer.
struct Buffer {
    name: String,
    elem: Elem,
    vector: String,
    memory: String,
    flat: String,
    shape: Shape,
}

impl Buffer {
    fn new(value: Value<'_>, name: String) -> Option<Buffer> {
        let ty = types::value(value.ty()).ok()?;
        // Vectors of bits are packed in memory, so masks are kept as bytes.
        let elem = if ty.elem == Elem::I1 { Elem::I8 } else { ty.elem };
        Some(Buffer {
            name,
            elem,
            vector: ty.with_elem(elem).to_string(),
            memory: format!("memref<{}x{elem}>", ty.shape),
            flat: format!("memref<{}x{elem}>", ty.shape.count()),
            shape: ty.shape,
        })
    }

    fn global(&self, helper: &str, out: &mut String) -> std::fmt::Result {
        writeln!(out, "memref.global \"private\" @{helper}_{} : {} = uninitialized", self.name, self.memory)
    }

    /// The buffer, and its one-dimensional form `%NAME_flat`.
    fn open(&self, helper: &str, out: &mut String) -> std::fmt::Result {
        let Buffer { name, memory, flat, .. } = self;
        let dims: Vec<String> = (0..self.shape.rank()).map(|d| d.to_string()).collect();
        writeln!(out, "  %{name}_buffer = memref.get_global @{helper}_{name} : {memory}")?;
        let dims = dims.join(", ");
        writeln!(out, "  %{name}_flat = memref.collapse_shape %{name}_buffer [[{dims}]] : {memory} into {flat}")
    }

    fn everywhere(&self) -> (String, String) {
        (vec!["%c0"; self.shape.rank()].join(", "), vec!["true"; self.shape.rank()].join(", "))
    }

    fn fill(&self, value: &str, out: &mut String) -> std::fmt::Result {
        let (zeros, inside) = self.everywhere();
        let Buffer { name, vector, memory, .. } = self;
        writeln!(
            out,
            "  vector.transfer_write {value}, %{name}_buffer[{zeros}] {{in_bounds = [{inside}]}} : {vector}, {memory}"
        )
    }

    fn read(&self, out: &mut String) -> std::fmt::Result {
        let (zeros, inside) = self.everywhere();
        let Buffer { name, vector, memory, elem, .. } = self;
        let pad = if elem.is_float() { "0.0" } else { "0" };
        writeln!(out, "  %pad = arith.constant {pad} : {elem}")?;
        writeln!(
            out,
            "  %all = vector.transfer_read %{name}_buffer[{zeros}], %pad {{in_bounds = [{inside}]}} : {memory}, {vector}"
        )?;
        writeln!(out, "  return %all : {vector}\n}}")
    }
}

const COUNTERS: &str = "  %c0 = arith.constant 0 : index\n  %c1 = arith.constant 1 : index\n";

fn elementwise_helper(
    op: Operation<'_>,
    operands: &[Value<'_>],
    result: Value<'_>,
    helper: &str,
    out: &mut String,
) -> Option<()> {
    let inputs: Vec<_> =
        operands.iter().enumerate().map(|(i, value)| Buffer::new(*value, format!("in{i}"))).collect::<Option<_>>()?;
    let output = Buffer::new(result, "out".to_owned())?;
    write_elementwise(op.name(), &inputs, &output, helper, out).ok()
}

fn write_elementwise(
    name: &str,
    inputs: &[Buffer],
    output: &Buffer,
    helper: &str,
    out: &mut String,
) -> std::fmt::Result {
    for buffer in inputs.iter().chain([output]) {
        buffer.global(helper, out)?;
    }
    let list = |text: &dyn Fn(&Buffer) -> String| inputs.iter().map(text).collect::<Vec<_>>().join(", ");
    let params = list(&|input| format!("%{}: {}", input.name, input.vector));
    writeln!(out, "func.func private @{helper}({params}) -> {} {{\n{COUNTERS}", output.vector)?;
    for input in inputs {
        input.open(helper, out)?;
        input.fill(&format!("%{}", input.name), out)?;
    }
    output.open(helper, out)?;
    writeln!(out, "  %count = arith.constant {} : index", output.shape.count())?;
    writeln!(out, "  scf.for %i = %c0 to %count step %c1 {{")?;
    for Buffer { name, flat, .. } in inputs {
        writeln!(out, "    %{name}_x = memref.load %{name}_flat[%i] : {flat}")?;
    }
    let names = list(&|input| format!("%{}_x", input.name));
    let types = list(&|input| input.elem.to_string());
    writeln!(out, "    %y = \"{name}\"({names}) : ({types}) -> {}", output.elem)?;
    writeln!(out, "    memref.store %y, %out_flat[%i] : {}\n  }}", output.flat)?;
    output.read(out)
}

/// Reads (or replaces by `part`) the element or part of `tile` at a position known at run time.
fn position_helper(
    op: Operation<'_>,
    part: Option<Value<'_>>,
    tile: Value<'_>,
    result: Value<'_>,
    helper: &str,
    out: &mut String,
) -> Option<()> {
    let tile = Buffer::new(tile, "tile".to_owned())?;
    let part_ty = types::value(part.unwrap_or(result).ty()).ok()?;
    let positions = op.attribute("static_position")?.as_ints()?;
    write_position(&positions, &tile, part.is_some(), part_ty, helper, out).ok()
}

fn write_position(
    positions: &[i64],
    tile: &Buffer,
    insert: bool,
    part: Type,
    helper: &str,
    out: &mut String,
) -> std::fmt::Result {
    tile.global(helper, out)?;
    let mut params = if insert { vec![format!("%part: {part}")] } else { Vec::new() };
    params.push(format!("%tile: {}", tile.vector));
    let mut body = String::new();
    let mut at = Vec::new();
    for (d, position) in positions.iter().enumerate() {
        at.push(format!("%at{d}"));
        if *position < 0 {
            params.push(format!("%at{d}: index"));
        } else {
            writeln!(body, "  %at{d} = arith.constant {position} : index")?;
        }
    }
    at.resize(tile.shape.rank(), "%c0".to_owned());
    let (at, memory) = (at.join(", "), &tile.memory);
    let inside = vec!["true"; part.shape.rank()].join(", ");
    let returned = if insert { tile.vector.clone() } else { part.to_string() };
    writeln!(out, "func.func private @{helper}({}) -> {returned} {{\n{COUNTERS}{body}", params.join(", "))?;
    tile.open(helper, out)?;
    tile.fill("%tile", out)?;
    match (insert, part.is_scalar()) {
        (true, true) => writeln!(out, "  memref.store %part, %tile_buffer[{at}] : {memory}")?,
        (true, false) => writeln!(
            out,
            "  vector.transfer_write %part, %tile_buffer[{at}] {{in_bounds = [{inside}]}} : {part}, {memory}"
        )?,
        (false, true) => {
            writeln!(out, "  %found = memref.load %tile_buffer[{at}] : {memory}\n  return %found : {part}\n}}")?;
        }
        (false, false) => {
            let pad = if part.elem.is_float() { "0.0" } else { "0" };
            writeln!(out, "  %pad = arith.constant {pad} : {}", part.elem)?;
            writeln!(
                out,
                "  %found = vector.transfer_read %tile_buffer[{at}], %pad {{in_bounds = [{inside}]}} : {memory}, {part}\n  return %found : {part}\n}}"
            )?;
        }
    }
    if insert { tile.read(out) } else { Ok(()) }
}

fn gather_helper(operands: &[Value<'_>], result: Value<'_>, helper: &str, out: &mut String) -> Option<()> {
    let [base, offsets, mask, otherwise] = operands else {
        return None;
    };
    let offsets = Buffer::new(*offsets, "offsets".to_owned())?;
    let mask = Buffer::new(*mask, "mask".to_owned())?;
    let otherwise = Buffer::new(*otherwise, "otherwise".to_owned())?;
    let output = Buffer::new(result, "out".to_owned())?;
    write_gather(&base.ty().text(), [&offsets, &mask, &otherwise, &output], helper, out).ok()
}

fn write_gather(base: &str, buffers: [&Buffer; 4], helper: &str, out: &mut String) -> std::fmt::Result {
    let [offsets, mask, otherwise, output] = buffers;
    for buffer in buffers {
        buffer.global(helper, out)?;
    }
    let bits = format!("vector<{}xi1>", mask.shape);
    writeln!(
        out,
        "func.func private @{helper}(%base: {base}, %offsets: {}, %mask_bits: {bits}, %otherwise: {}) -> {} {{\n{COUNTERS}",
        offsets.vector, otherwise.vector, output.vector
    )?;
    writeln!(out, "  %mask = arith.extui %mask_bits : {bits} to {}", mask.vector)?;
    for buffer in [offsets, mask, otherwise] {
        buffer.open(helper, out)?;
        buffer.fill(&format!("%{}", buffer.name), out)?;
    }
    output.open(helper, out)?;
    writeln!(out, "  %count = arith.constant {} : index", output.shape.count())?;
    writeln!(out, "  %no = arith.constant 0 : i8")?;
    writeln!(out, "  scf.for %i = %c0 to %count step %c1 {{")?;
    writeln!(out, "    %m = memref.load %mask_flat[%i] : {}", mask.flat)?;
    writeln!(out, "    %taken = arith.cmpi ne, %m, %no : i8")?;
    writeln!(out, "    %y = scf.if %taken -> ({}) {{", output.elem)?;
    writeln!(out, "      %o = memref.load %offsets_flat[%i] : {}", offsets.flat)?;
    let at = if offsets.elem == Elem::Index {
        "%o"
    } else {
        writeln!(out, "      %at = arith.index_cast %o : {} to index", offsets.elem)?;
        "%at"
    };
    writeln!(out, "      %found = memref.load %base[{at}] : {base}")?;
    writeln!(out, "      scf.yield %found : {}\n    }} else {{", output.elem)?;
    writeln!(out, "      %kept = memref.load %otherwise_flat[%i] : {}", otherwise.flat)?;
    writeln!(out, "      scf.yield %kept : {}\n    }}", output.elem)?;
    writeln!(out, "    memref.store %y, %out_flat[%i] : {}\n  }}", output.flat)?;
    output.read(out)
}
