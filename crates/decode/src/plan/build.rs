//! Fits a model's needs to a bundle's kernels.

use std::collections::BTreeMap;

use bundle::manifest::{Arg, ArgKind, Dtype, Kernel, Layout, Manifest};

use crate::config::Config;
use crate::error::Error;
use crate::plan::layers;
use crate::plan::{Argument, BufferPlan, Content, Launch, Plan, Source, Traffic};

/// Builds the plan of a model on a bundle.
///
/// # Errors
/// A kernel that the bundle lacks; an argument that the kernel lacks, or has and the plan does not know; a shape,
/// element type or cache size that does not fit. Messages name kernel, argument, what was expected and what was found.
pub fn build(config: &Config, manifest: &Manifest) -> Result<Plan, Error> {
    layers::build(Builder { config, manifest, buffers: Vec::new(), index: BTreeMap::new(), capacity: None })
}

/// What the model wants to bind to one argument.
pub(super) struct Want {
    pub(super) arg: &'static str,
    pub(super) value: Value,
}

/// What to bind.
pub(super) enum Value {
    View { buffer: String, elem: Elem, shape: Shape, content: Content, reads: Reads },
    Position,
    F32(f32),
}

/// Which element types fit.
#[derive(Clone, Copy)]
pub(super) enum Elem {
    /// Any float; the bundle chooses.
    Float,
    /// `f32`: the host reads it.
    F32,
    /// 32-bit integers: a token.
    Token,
}

/// Which manifest shapes fit.
pub(super) enum Shape {
    /// These extents, whatever number of leading ones.
    Exact(Vec<u64>),
    /// So many elements in any shape.
    Elements(u64),
    /// So many elements per position, as a row or in any other shape.
    PerPosition(u64),
}

/// How much of a view a launch reads.
#[derive(Clone, Copy)]
pub(super) enum Reads {
    Whole,
    OneRow,
    ToPosition,
}

/// Collects buffers as launches are added.
pub(super) struct Builder<'a> {
    pub(super) config: &'a Config,
    manifest: &'a Manifest,
    buffers: Vec<BufferPlan>,
    /// Buffer name to index, and the kernel and argument that fixed its type.
    index: BTreeMap<String, (usize, String)>,
    /// Rows of the cache, and the kernel and argument that fixed it.
    capacity: Option<(u64, String)>,
}

impl Builder<'_> {
    /// Adds a launch of `kernel`.
    pub(super) fn launch(&mut self, kernel: &str, wants: &[Want]) -> Result<Launch, Error> {
        let manifest = self.manifest;
        let found = manifest.kernels.iter().find(|candidate| candidate.name == kernel).ok_or_else(|| {
            let names: Vec<&str> = manifest.kernels.iter().map(|kernel| kernel.name.as_str()).collect();
            let message = format!("group `{}` has no kernel `{kernel}`; it has: {}", manifest.group, names.join(", "));
            Error::plan(message)
        })?;
        if let Some(want) = wants.iter().find(|want| found.args.iter().all(|arg| arg.name != want.arg)) {
            let message = format!("kernel `{kernel}` has no argument `{}`; it has: {}", want.arg, names(found));
            return Err(Error::plan(message));
        }
        let mut args = Vec::new();
        for arg in &found.args {
            let want = wants.iter().find(|want| want.arg == arg.name).ok_or_else(|| {
                let known: Vec<&str> = wants.iter().map(|want| want.arg).collect();
                let place = place(found, arg);
                Error::plan(format!("{place} is unknown to the plan, which binds: {}", known.join(", ")))
            })?;
            let source = self.bind(found, arg, &want.value)?;
            args.push(Argument { name: arg.name.clone(), source });
        }
        Ok(Launch { kernel: kernel.to_owned(), args })
    }

    /// Index of a buffer that a launch has used.
    pub(super) fn buffer(&self, name: &str) -> Result<usize, Error> {
        let found = self.index.get(name).map(|entry| entry.0);
        found.ok_or_else(|| Error::plan(format!("no kernel uses the buffer `{name}`")))
    }

    /// Puts the launches together.
    pub(super) fn finish(self, launches: [Vec<Launch>; 3], token: usize, logits_buffer: usize) -> Result<Plan, Error> {
        let [step, logits, argmax] = launches;
        let capacity = self.capacity.ok_or_else(|| Error::plan("no kernel has a cache"))?.0;
        Ok(Plan { buffers: self.buffers, step, far: None, logits, argmax, capacity, token, logits_buffer })
    }

    fn bind(&mut self, kernel: &Kernel, arg: &Arg, value: &Value) -> Result<Source, Error> {
        let place = || place(kernel, arg);
        match (value, &arg.kind) {
            (Value::F32(value), ArgKind::Scalar { dtype: Dtype::F32, bound: _ }) => Ok(Source::F32(*value)),
            (Value::Position, ArgKind::Scalar { dtype: Dtype::I32, bound }) => {
                let bound = bound.ok_or_else(|| Error::plan(format!("{} has no bound", place())))?;
                self.set_capacity(bound, &place())?;
                Ok(Source::Position)
            }
            (
                Value::View { buffer, elem, shape: wanted, content, reads },
                ArgKind::View { dtype, shape, access, layout, own: _ },
            ) => {
                match layout {
                    Layout::RowMajor => {}
                }
                check_elem(*elem, *dtype, &place())?;
                self.check_shape(wanted, shape, &place())?;
                let elements = shape.iter().product();
                let buffer = self.add_buffer(buffer, *dtype, elements, *content, &place())?;
                let rows = shape.first().copied().unwrap_or(1);
                let traffic = match reads {
                    Reads::Whole => Traffic::Whole,
                    Reads::OneRow => Traffic::Row { rows },
                    Reads::ToPosition => Traffic::Filled { rows },
                };
                Ok(Source::Buffer { buffer, access: *access, traffic })
            }
            (Value::F32(_), _) => Err(Error::plan(format!("{} should be an f32 number", place()))),
            (Value::Position, _) => Err(Error::plan(format!("{} should be a 32-bit integer", place()))),
            (Value::View { .. }, ArgKind::Scalar { .. }) => Err(Error::plan(format!("{} should be a view", place()))),
        }
    }

    fn check_shape(&mut self, wanted: &Shape, found: &[u64], place: &str) -> Result<(), Error> {
        let expected = match wanted {
            Shape::Exact(extents) if strip(extents) == strip(found) => return Ok(()),
            Shape::Exact(extents) => format!("{extents:?}"),
            Shape::Elements(elements) if found.iter().product::<u64>() == *elements => {
                return Ok(());
            }
            Shape::Elements(elements) => format!("{elements} elements"),
            Shape::PerPosition(row) => match found {
                [rows, rest @ ..] if rest.iter().product::<u64>() == *row => return self.set_capacity(*rows, place),
                [..] => format!("{row} elements per position"),
            },
        };
        let model = &self.config.name;
        Err(Error::plan(format!("{place} has shape {found:?}, model `{model}` needs {expected}")))
    }

    fn set_capacity(&mut self, rows: u64, place: &str) -> Result<(), Error> {
        match &self.capacity {
            None => self.capacity = Some((rows, place.to_owned())),
            Some((known, _)) if *known == rows => {}
            Some((known, first)) => {
                return Err(Error::plan(format!("{place} is for {rows} positions, {first} for {known}")));
            }
        }
        Ok(())
    }

    fn add_buffer(
        &mut self,
        name: &str,
        dtype: Dtype,
        elements: u64,
        content: Content,
        place: &str,
    ) -> Result<usize, Error> {
        if let Some((index, first)) = self.index.get(name) {
            let known = &self.buffers[*index];
            if (known.dtype, known.elements) != (dtype, elements) {
                return Err(Error::plan(format!(
                    "{place} takes {elements} elements of {}, {first} takes the same buffer as {} of {}",
                    elem_name(dtype),
                    known.elements,
                    elem_name(known.dtype)
                )));
            }
            return Ok(*index);
        }
        let index = self.buffers.len();
        self.buffers.push(BufferPlan { name: name.to_owned(), dtype, elements, content });
        self.index.insert(name.to_owned(), (index, place.to_owned()));
        Ok(index)
    }
}

fn check_elem(wanted: Elem, found: Dtype, place: &str) -> Result<(), Error> {
    let (fits, expected) = match wanted {
        Elem::Float => (matches!(found, Dtype::F32 | Dtype::F16 | Dtype::Bf16), "floats"),
        Elem::F32 => (found == Dtype::F32, "f32"),
        Elem::Token => (found == Dtype::I32, "32-bit integers"),
    };
    if fits {
        Ok(())
    } else {
        Err(Error::plan(format!("{place} has elements of {}, it needs {expected}", elem_name(found))))
    }
}

/// The element type, as kernels write it.
fn elem_name(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::F32 => "f32",
        Dtype::F16 => "f16",
        Dtype::Bf16 => "bf16",
        Dtype::I8 => "i8",
        Dtype::I32 => "i32",
        Dtype::I64 => "i64",
        Dtype::Bool => "bool",
    }
}

fn names(kernel: &Kernel) -> String {
    let names: Vec<&str> = kernel.args.iter().map(|arg| arg.name.as_str()).collect();
    names.join(", ")
}

fn place(kernel: &Kernel, arg: &Arg) -> String {
    format!("argument `{}` of kernel `{}`", arg.name, kernel.name)
}

/// Extents without leading ones.
fn strip(extents: &[u64]) -> &[u64] {
    let ones = extents.iter().take_while(|&&extent| extent == 1).count();
    &extents[ones.min(extents.len().saturating_sub(1))..]
}
