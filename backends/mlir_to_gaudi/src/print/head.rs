//! What stands around the statements: arrays, parameters, the loop over members.

use bundle::members::{TENSORS, all_are_inputs};
use emit::{Namer, Writer};
use lower_dma::Error;
use lower_dma::ir::{CoreKernel, Scalar};
use tile_ir::{Access, Elem, Own, ParamKind};

use super::{COMMENT, INDENT, Printer};
use crate::limits::{SCALARS, TARGET, VECTOR};
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

/// Views, and those that are written.
fn counts(kernel: &CoreKernel) -> (usize, usize) {
    let mut counts = (0, 0);
    for param in &kernel.params {
        if let ParamKind::View(view) = &param.kind {
            counts = (counts.0 + 1, counts.1 + usize::from(view.access == Access::Write));
        }
    }
    counts
}

/// By parameter: the tensor that a view is loaded from. What a written one held before is an input of its own, in the same memory.
pub(super) fn inputs(kernel: &CoreKernel, params: &[String], namer: &mut Namer) -> Vec<Option<String>> {
    let (views, written) = counts(kernel);
    let all = all_are_inputs(views, written);
    let inputs = kernel.params.iter().zip(params).map(|(param, name)| match &param.kind {
        ParamKind::View(view) if view.access == Access::Write => {
            let kept = view.own.iter().any(|own| matches!(own, Own::At { .. }));
            (all || kept).then(|| namer.name(&format!("{name}_in")))
        }
        ParamKind::View(_) | ParamKind::Scalar(_) => Some(name.clone()),
    });
    inputs.collect()
}

impl Printer<'_> {
    /// Refuses too many parameters.
    pub(super) fn parameters(&mut self) {
        let (views, written) = counts(self.kernel);
        let scalars = self.kernel.params.len() - views;
        let inputs = self.inputs.iter().flatten().count() - scalars;
        for (what, needed, limit) in [
            ("tensors, of which a written view may have two,", inputs + written + usize::from(self.scratch), TENSORS),
            ("scalar parameters", scalars, SCALARS),
        ] {
            if needed > limit {
                self.too_many(needed, limit, what);
            }
        }
    }

    /// Notes that there are too many parameters.
    pub(super) fn too_many(&mut self, needed: usize, limit: usize, what: &str) {
        if self.problem.is_none() {
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
            let more: Vec<&str> = array.holds.iter().filter(|name| **name != array.name).map(String::as_str).collect();
            let remark = if more.is_empty() { String::new() } else { format!(" {COMMENT} also {}", more.join(", ")) };
            writer.line(&format!("__local__ {ty} {}[{}];{remark}", array.name, array.vectors));
        }
        writer
    }

    /// The lines of the kernel's head.
    pub(super) fn head_text(&self) -> Writer {
        let mut writer = Writer::new(INDENT, COMMENT);
        let (mut tensors, mut outputs, mut scalars) = (Vec::new(), Vec::new(), Vec::new());
        for ((param, name), input) in self.kernel.params.iter().zip(&self.params).zip(&self.inputs) {
            match &param.kind {
                ParamKind::View(view) => {
                    let way = match view.access {
                        Access::Read => "read",
                        Access::Weights => "weights",
                        Access::Write => "written",
                    };
                    let before = input.as_ref().filter(|input| *input != name);
                    let before = before.map_or_else(String::new, |input| format!("; {input}: what it held before"));
                    writer.line(&format!("{COMMENT} {name}: [{}; {}], {way}{before}", view.elem, view.shape));
                    tensors.extend(input.iter().map(|input| format!("tensor {input}")));
                    if view.access == Access::Write {
                        outputs.push(format!("tensor {name}"));
                    }
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
            outputs.push(format!("tensor {scratch}"));
        }
        tensors.extend(outputs);
        tensors.extend(scalars);
        writer.line(&format!("void {}({}) {{", names::ENTRY, tensors.join(", ")));
        writer
    }
}
