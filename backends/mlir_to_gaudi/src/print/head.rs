//! What stands around the statements: arrays, parameters, the loop over members.

use emit::{Namer, Writer};
use lower_dma::Error;
use lower_dma::ir::{CoreKernel, Scalar};
use tile_ir::{Elem, ParamKind};

use super::{COMMENT, INDENT, Printer};
use crate::limits::{SCALARS, TARGET, TENSORS, VECTOR};
use crate::{TARGET as NAME, names, types};

/// An array of vector local memory.
#[derive(Clone, Debug)]
pub(super) struct Array {
    pub(super) name: String,
    pub(super) elem: Elem,
    pub(super) vectors: u64,
    /// Names of the buffers that it holds one after the other.
    holds: Vec<String>,
}

/// The arrays of a kernel, and by buffer which one holds it: buffers at one address share one.
pub(super) fn arrays(kernel: &CoreKernel, namer: &mut Namer) -> (Vec<Array>, Vec<usize>) {
    let mut arrays: Vec<Array> = Vec::new();
    let (mut addresses, mut buffers) = (Vec::new(), Vec::new());
    for data in &kernel.buffers {
        let vectors = TARGET.bytes(data.elem, data.elements()).div_ceil(VECTOR);
        let known = addresses.iter().position(|&known| known == (data.address, types::local(data.elem)));
        let array = known.unwrap_or_else(|| {
            addresses.push((data.address, types::local(data.elem)));
            let name = namer.name(&data.name);
            arrays.push(Array { name, elem: data.elem, vectors: 0, holds: Vec::new() });
            arrays.len() - 1
        });
        let Array { vectors: most, holds, .. } = &mut arrays[array];
        *most = vectors.max(*most);
        if !holds.contains(&data.name) {
            holds.push(data.name.clone());
        }
        buffers.push(array);
    }
    (arrays, buffers)
}

impl Printer<'_> {
    /// Refuses too many parameters, and what they cannot be.
    pub(super) fn parameters(&mut self) {
        let views = self.kernel.params.iter().filter(|param| matches!(param.kind, ParamKind::View(_))).count();
        let scalars = self.kernel.params.len() - views;
        // One is kept for the scratch tensor.
        for (what, needed, limit) in [("tensors", views, TENSORS - 1), ("scalar parameters", scalars, SCALARS)] {
            if needed > limit && self.problem.is_none() {
                self.problem = Some(Error::Limit {
                    target: NAME,
                    kernel: self.kernel.name.clone(),
                    what: what.to_owned(),
                    needed: needed as u64,
                    limit: limit as u64,
                    loc: self.kernel.loc.clone(),
                    help: "pass fewer parameters".to_owned(),
                });
            }
        }
    }

    /// Everything up to the first statement.
    pub(super) fn start(&mut self) {
        self.body.deeper();
        let [first, last] = ["first", "last"].map(|name| self.namer.name(name));
        let (at, member) = (self.at.clone(), self.member.clone());
        self.body.line(&format!("const int5 {first} = get_index_space_offset();"));
        self.body.line(&format!("const int5 {last} = {first} + get_index_space_size();"));
        self.body.line(&format!("int5 {at} = {{ 0, 0, 0, 0, 0 }};"));
        self.prepare();
        self.body.open(&format!("for (int {member} = {first}[0]; {member} < {last}[0]; {member} += 1) {{"));
    }

    pub(super) fn end(&mut self) {
        self.body.close("}");
        self.body.close("}");
    }

    pub(super) fn arrays_text(&self) -> Writer {
        let mut writer = Writer::new(INDENT, COMMENT);
        for array in &self.arrays {
            let Some(ty) = types::local(array.elem) else { continue };
            let more: Vec<&str> =
                array.holds.iter().filter(|name| **name != array.name).map(String::as_str).collect();
            let remark =
                if more.is_empty() { String::new() } else { format!(" {COMMENT} also {}", more.join(", ")) };
            writer.line(&format!("__local__ {ty} {}[{}];{remark}", array.name, array.vectors));
        }
        writer
    }

    /// The lines of the kernel's head.
    pub(super) fn head_text(&self) -> Writer {
        let mut writer = Writer::new(INDENT, COMMENT);
        let (mut tensors, mut scalars) = (Vec::new(), Vec::new());
        for (param, name) in self.kernel.params.iter().zip(&self.params) {
            match &param.kind {
                ParamKind::View(view) => {
                    let way = match view.access {
                        tile_ir::Access::Read => "read",
                        tile_ir::Access::Weights => "weights",
                        tile_ir::Access::Write => "written",
                    };
                    writer.line(&format!("{COMMENT} {name}: [{}; {}], {way}", view.elem, view.shape));
                    tensors.push(format!("tensor {name}"));
                }
                ParamKind::Scalar(scalar) => {
                    let remark = match scalar.bound {
                        Some(bound) => format!("{}, below {bound}", scalar.elem),
                        None => scalar.elem.to_string(),
                    };
                    writer.line(&format!("{COMMENT} {name}: {remark}"));
                    // There are no parameters of one bit.
                    let ty = match Scalar::of(scalar.elem) {
                        Scalar::F32 => "float",
                        Scalar::Bool | Scalar::I32 | Scalar::I64 => "int",
                    };
                    scalars.push(format!("{ty} {name}"));
                }
            }
        }
        if self.scratch {
            let scratch = names::SCRATCH;
            writer.line(&format!("{COMMENT} {scratch}: i32, a vector for each member, written"));
            tensors.push(format!("tensor {scratch}"));
        }
        tensors.extend(scalars);
        writer.line(&format!("void {}({}) {{", names::ENTRY, tensors.join(", ")));
        writer
    }
}
