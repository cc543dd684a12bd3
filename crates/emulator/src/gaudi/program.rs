//! Programs: read once, launch often.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::Error;
use super::exec::tensor::{Bound, Cell, Way};
use super::exec::{Code, Core, build};
use super::fault::Fault;
use super::ir::Module;
use super::parse::parse;
use super::split::{allowed, parts};
use super::ty::Ty;
use super::{Access, Launch, SLM_BYTES, Tensor, VLM_BYTES, VLM_BYTES_WITH_TABLES};
use crate::{Arg, Checks};

/// A text that was read.
#[derive(Clone, Debug)]
pub struct Program {
    module: Arc<Module>,
    code: Arc<Code>,
    checks: Checks,
    vlm: u64,
    slm: u64,
}

/// Checks words, types, arguments and sums of arrays of a text.
///
/// # Errors
/// [`Error::Text`] with the first line that is wrong, [`Error::Limit`] if its arrays or parameters are too many, [`Error::NoEntry`].
pub fn check(source: &str) -> Result<(), Error> {
    Program::compile(source, Checks::Barriers).map(drop)
}

impl Program {
    /// Reads a text; its kernel is `main`. With [`Checks::Memory`] launches also look at who touches elements.
    ///
    /// # Errors
    /// As [`check`].
    pub fn compile(source: &str, checks: Checks) -> Result<Program, Error> {
        let module = parse(source)?;
        let sum = |vectors: bool| {
            let arrays = module.arrays.iter().filter(|array| array.ty.is_vector() == vectors);
            arrays.map(|array| array.count * array.ty.local_bytes().unwrap_or(0)).sum::<u64>()
        };
        let (vlm, slm) = (sum(true), sum(false));
        let most = if module.tables.is_some() { VLM_BYTES_WITH_TABLES } else { VLM_BYTES };
        for (what, value, limit) in
            [("bytes of vector local memory", vlm, most), ("bytes of scalar local memory", slm, SLM_BYTES)]
        {
            if value > limit {
                return Err(Error::Limit { what, value, limit });
            }
        }
        let code = Arc::new(build(&module));
        Ok(Program { module: Arc::new(module), code, checks, vlm, slm })
    }

    /// Bytes of vector local memory that the text's arrays take.
    pub fn vlm_bytes(&self) -> u64 {
        self.vlm
    }

    /// Bytes of scalar local memory that the text's arrays take.
    pub fn slm_bytes(&self) -> u64 {
        self.slm
    }

    /// Runs the kernel. Buffers are valid for their bytes, and nothing else uses them meanwhile.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn launch(&self, launch: &Launch<'_>) -> Result<(), Fault> {
        if launch.index_space.contains(&0) {
            return Err(Fault::launch(format!("the index space {:?} is empty", launch.index_space)));
        }
        let members = launch.index_space.iter().try_fold(1_u32, |all, size| all.checked_mul(*size));
        if members.is_none() || launch.index_space.iter().any(|size| *size > i32::MAX as u32) {
            return Err(Fault::launch("the index space has more members than are known here"));
        }
        let params = &self.module.functions[self.module.main].params;
        if params.len() != launch.args.len() {
            return Err(Fault::launch(format!("{} arguments for {} parameters", launch.args.len(), params.len())));
        }
        let tensors = params.iter().filter(|(_, ty)| *ty == Ty::Tensor).count();
        if tensors != launch.tensors.len() {
            return Err(Fault::launch(format!("{} shapes for {tensors} tensors", launch.tensors.len())));
        }
        let known = |access: &Access| match *access {
            Access::All => true,
            Access::Of { dim, start, end, .. } => dim < 5 && start <= end,
        };
        if !(launch.access.is_empty() || launch.access.len() == tensors) || !launch.access.iter().flatten().all(known) {
            return Err(Fault::launch("the access patterns are not those of the tensors"));
        }
        let (mut bound, mut args) = (Vec::new(), Vec::new());
        for (number, ((name, ty), arg)) in params.iter().zip(launch.args).enumerate() {
            args.push(match (ty, arg) {
                (Ty::Tensor, Arg::Buffer { .. }) => {
                    bound.push(bind(name, &launch.tensors[number], arg)?);
                    number as u32
                }
                (Ty::Int | Ty::Uint, Arg::U32(value)) => *value,
                (Ty::Float, Arg::F32(value)) => value.to_bits(),
                (_, _) => {
                    return Err(Fault::launch(format!("argument {number} is not what the parameter `{name}` takes")));
                }
            });
        }
        let mut cells = self.cells(&mut bound)?;
        let parts = parts(launch.index_space, launch.split);
        // What is checked across members is checked by one thread.
        let workers = if self.checks == Checks::Memory { 1 } else { launch.workers.clamp(1, parts.len().min(1024)) };
        if workers == 1 {
            let mut core = Core::new(&self.code, Way::new(&bound, &mut cells));
            return (0..parts.len()).try_for_each(|run| run_part(&mut core, launch.access, &args, parts[run], run));
        }
        let (next, first) = (AtomicUsize::new(0), Mutex::new(None::<(usize, Fault)>));
        let (bound, access) = (Shared(&bound), launch.access);
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    let mut core = Core::new(&self.code, Way::new(bound.get(), &mut []));
                    while let Some((run, part)) = {
                        let run = next.fetch_add(1, Ordering::Relaxed);
                        parts.get(run).map(|part| (run, *part))
                    } {
                        if let Err(fault) = run_part(&mut core, access, &args, part, run) {
                            next.store(parts.len(), Ordering::Relaxed);
                            let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
                            if first.as_ref().is_none_or(|(earlier, _)| run < *earlier) {
                                *first = Some((run, fault));
                            }
                        }
                    }
                });
            }
        });
        match first.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some((_, fault)) => Err(fault),
            None => Ok(()),
        }
    }

    /// Cells for what is written. Two tensors have the same memory, as an output bound to its input has, or none in common.
    fn cells(&self, bound: &mut [Bound]) -> Result<Vec<Vec<Cell>>, Fault> {
        let range =
            |of: &Bound| (of.address as usize, of.address as usize + (of.count() * of.element.bytes()) as usize);
        let mut cells: Vec<Vec<Cell>> = Vec::new();
        for at in 0..bound.len() {
            let (start, end) = range(&bound[at]);
            let mut written = bound[at].writable;
            let mut first = at;
            for other in 0..bound.len() {
                let (from, to) = range(&bound[other]);
                if other == at || from >= end || start >= to {
                    continue;
                }
                let writes = bound[at].writable || bound[other].writable;
                if writes && ((from, to) != (start, end) || bound[at].element != bound[other].element) {
                    let (a, b) = (&bound[at].name, &bound[other].name);
                    return Err(Fault::launch(format!("`{a}` and `{b}` share a part of their memory")));
                }
                written |= writes;
                if writes {
                    first = first.min(other);
                }
            }
            if !written || self.checks == Checks::Barriers {
                continue;
            }
            bound[at].cells = match bound[first].cells {
                Some(known) if first < at => Some(known),
                Some(_) | None => {
                    cells.push(vec![Cell::default(); bound[at].count() as usize]);
                    Some(cells.len() - 1)
                }
            };
        }
        Ok(cells)
    }
}

fn bind(name: &str, tensor: &Tensor, arg: &Arg) -> Result<Bound, Fault> {
    let Arg::Buffer { address, bytes, writable } = *arg else {
        return Err(Fault::launch(format!("the tensor `{name}` has no buffer")));
    };
    let element = tensor.element;
    let count = tensor.dims.iter().try_fold(1_u64, |all, dim| all.checked_mul(u64::from(*dim)));
    let fits = count.and_then(|count| count.checked_mul(element.bytes())) == Some(bytes);
    if !fits || tensor.dims.iter().any(|dim| *dim == 0 || *dim > i32::MAX as u32) {
        return Err(Fault::launch(format!("`{name}` of {:?} has a buffer of {bytes} bytes", tensor.dims)));
    }
    Ok(Bound { name: name.to_owned(), address, element, dims: tensor.dims, writable, cells: None })
}

/// Tensors that several threads work on: members write no element that another one touches.
#[derive(Clone, Copy)]
struct Shared<'a>(&'a [Bound]);

impl<'a> Shared<'a> {
    fn get(self) -> &'a [Bound] {
        self.0
    }
}

// SAFETY: the buffers are the launch's, valid while it runs; which elements a thread touches is the kernel's matter, as it is on a device.
unsafe impl Send for Shared<'_> {}
// SAFETY: as above.
unsafe impl Sync for Shared<'_> {}

/// Runs one part of the index space.
fn run_part(
    core: &mut Core<'_>,
    access: &[[Access; 5]],
    args: &[u32],
    (offset, size): ([u32; 5], [u32; 5]),
    run: usize,
) -> Result<(), Fault> {
    for (to, access) in core.way.allowed.iter_mut().zip(access) {
        *to = Some(allowed(access, offset, size));
    }
    core.main((offset, size), args, run as u32 + 1)
}
