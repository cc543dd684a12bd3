//! Kernels and the fusions they are declared for.

use bundle::manifest::Slot;
use diagnostics::Report;
use fuse::{Declaration, Group, Part, Span};
use lower_simt::beside::{Beside, beside};
use lower_simt::ir::LaneKernel;
use tile_ir::{Module, ParamKind};

use super::{Compiled, Target, Text, compile, simt};

/// A declared fusion that a target does without.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// Its name.
    pub name: String,
    /// Why.
    pub why: Report,
}

/// Compiles `module` for `target`, and what its declarations make of its kernels; the fused ones come last.
///
/// # Errors
/// What the target lacks, and declarations that no target can follow. What only this target cannot fuse is
/// [`Compiled::left_out`].
pub fn compile_fused(target: Target, module: &Module, declarations: &[Declaration]) -> anyhow::Result<Compiled> {
    let groups: Result<Vec<Group>, fuse::Error> =
        declarations.iter().map(|declaration| fuse::group(declaration, module)).collect();
    let groups = groups.map_err(|error| error.report())?;
    match simt::printer(target) {
        Some((limits, print)) => {
            let mut compiled = compile(target, module)?;
            for group in &groups {
                match lanes(group, limits).and_then(|fused| Ok((print(&fused.kernel).map_err(|e| e.report())?, fused)))
                {
                    Ok((mut source, fused)) => {
                        fuse::own_spans(&mut source.kernel, &fused.spans);
                        compiled.texts.push(Text { file: source.file, text: source.text });
                        compiled.kernels.push(source.kernel);
                        compiled.fusions.push(fuse::rule(group, fused.slots, fused.alike));
                    }
                    Err(why) => compiled.left_out.push(LeftOut { name: group.name.clone(), why }),
                }
            }
            Ok(compiled)
        }
        None => without_lanes(target, module, &groups),
    }
}

/// A target whose programs do not stand side by side: fusions of one part.
fn without_lanes(target: Target, module: &Module, groups: &[Group]) -> anyhow::Result<Compiled> {
    let mut all = module.clone();
    let (mut fusions, mut left_out) = (Vec::new(), Vec::new());
    for group in groups {
        match group.parts.as_slice() {
            [part] => {
                all.kernels.extend(part.candidates.iter().cloned());
                fusions.push(fuse::rule(group, part.slots.clone(), Vec::new()));
            }
            _ => {
                let message = format!("target `{target}` does not put kernels side by side");
                let why = Report::new(diagnostics::Kind::Unsupported, message);
                left_out.push(LeftOut { name: group.name.clone(), why });
            }
        }
    }
    Ok(Compiled { fusions, left_out, ..compile(target, &all)? })
}

/// A group's lane program.
struct Fused {
    kernel: LaneKernel,
    /// By parameter: whose binding it takes.
    slots: Vec<Slot>,
    /// By parameter: the programs of the part that has it.
    spans: Vec<Span>,
    /// Parameters of several launches that became one.
    alike: Vec<Vec<Slot>>,
}

/// Lowers a group's parts and puts them side by side.
fn lanes(group: &Group, limits: &lower_simt::target::Target) -> Result<Fused, Report> {
    let mut fused: Option<Fused> = None;
    for part in &group.parts {
        let kernel = lower(part, &group.name, limits)?;
        let span = Span { first: 0, programs: kernel.grid[0] };
        let next = Fused { spans: vec![span; part.slots.len()], slots: part.slots.clone(), alike: Vec::new(), kernel };
        fused = Some(match fused {
            None => next,
            Some(before) => join(&group.name, before, next, limits)?,
        });
    }
    let empty = || Report::new(diagnostics::Kind::Bug, format!("fusion `{}` has no kernels", group.name));
    fused.ok_or_else(empty)
}

fn lower(part: &Part, name: &str, limits: &lower_simt::target::Target) -> Result<LaneKernel, Report> {
    let module = Module { name: name.to_owned(), kernels: part.candidates.clone() };
    let mut lowered = lower_simt::lower(&module, limits).map_err(|errors| errors[0].report())?;
    Ok(lowered.kernels.remove(0))
}

fn join(name: &str, first: Fused, second: Fused, limits: &lower_simt::target::Target) -> Result<Fused, Report> {
    let shared = shared(&first, &second);
    let refused = |error: lower_simt::beside::BesideError| {
        Report::new(diagnostics::Kind::Unsupported, format!("fusion `{name}`: {error}"))
    };
    let Beside { kernel, second: indices } =
        beside(name, &first.kernel, &second.kernel, &shared, limits).map_err(refused)?;
    let edge = first.kernel.grid[0];
    let mut alike = first.alike;
    for &(with, number) in &shared {
        let (one, other) = (&first.slots[with], &second.slots[number]);
        match alike.iter_mut().find(|slots| slots.contains(one)) {
            _ if one == other => {}
            Some(slots) => slots.push(other.clone()),
            None => alike.push(vec![one.clone(), other.clone()]),
        }
    }
    let (mut slots, mut spans) = (first.slots, first.spans);
    for (number, index) in indices.into_iter().enumerate() {
        if index == slots.len() {
            slots.push(second.slots[number].clone());
            spans.push(Span { first: edge, programs: second.kernel.grid[0] });
        }
    }
    Ok(Fused { kernel, slots, spans, alike })
}

/// Parameters that become one: the same argument of the producer, and numbers of one name and type.
fn shared(first: &Fused, second: &Fused) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (number, (param, slot)) in second.kernel.params.iter().zip(&second.slots).enumerate() {
        let mut candidates = first.kernel.params.iter().zip(&first.slots).enumerate();
        let found = candidates.find(|(_, (other, of))| {
            *of == slot
                || match (&param.kind, &other.kind) {
                    (ParamKind::Scalar(x), ParamKind::Scalar(y)) => {
                        param.name == other.name && (x.elem, x.bound) == (y.elem, y.bound)
                    }
                    (ParamKind::View(_), _) | (_, ParamKind::View(_)) => false,
                }
        });
        if let Some((with, _)) = found {
            pairs.push((with, number));
        }
    }
    pairs
}
