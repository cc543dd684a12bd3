//! Kernels and the fusions they are declared for.

use bundle::manifest::Slot;
use diagnostics::Report;
use fuse::{Declaration, Group, Part, Span};
use lower_simt::beside::{Beside, beside};
use lower_simt::ir::LaneKernel;
use tile_ir::{Kernel, Module, ParamKind};

use super::{Compiled, Target, Text, alone, compile, simt};
use crate::pipeline::Reports;

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
                    Ok((source, fused)) => {
                        let (text, mut kernel) = Text::of(source);
                        fuse::own_spans(&mut kernel, &fused.spans);
                        compiled.texts.push(text);
                        compiled.kernels.push(kernel);
                        compiled.fusions.push(fuse::rule(group, fused.slots, fused.alike));
                    }
                    Err(why) => compiled.left_out.push(LeftOut { name: group.name.clone(), why }),
                }
            }
            Ok(compiled)
        }
        None if target.is_alone() => one_by_one(target, module, &groups),
        None => together(target, module, &groups),
    }
}

/// A target whose kernels do not stand side by side: fusions of one part.
fn one_by_one(target: Target, module: &Module, groups: &[Group]) -> anyhow::Result<Compiled> {
    let mut sources = alone::sources(target, module)?;
    let (mut fusions, mut left_out) = (Vec::new(), Vec::new());
    for group in groups {
        let fused = single(target, group).and_then(|part| {
            let module = Module { name: String::new(), kernels: part.candidates.clone() };
            Ok((alone::sources(target, &module).map_err(first)?, part))
        });
        match fused {
            Ok((printed, part)) => {
                sources.extend(printed);
                fusions.push(fuse::rule(group, part.slots.clone(), Vec::new()));
            }
            Err(why) => left_out.push(LeftOut { name: group.name.clone(), why }),
        }
    }
    Ok(Compiled { fusions, left_out, ..alone::compiled(target, sources) })
}

/// The CPU, which refuses no kernel, and has one object for all.
fn together(target: Target, module: &Module, groups: &[Group]) -> anyhow::Result<Compiled> {
    let mut all = module.clone();
    let (mut fusions, mut left_out) = (Vec::new(), Vec::new());
    for group in groups {
        match single(target, group) {
            Ok(part) => {
                all.kernels.extend(part.candidates.iter().cloned());
                fusions.push(fuse::rule(group, part.slots.clone(), Vec::new()));
            }
            Err(why) => left_out.push(LeftOut { name: group.name.clone(), why }),
        }
    }
    Ok(Compiled { fusions, left_out, ..compile(target, &all)? })
}

/// The one part of a group.
fn single(target: Target, group: &Group) -> Result<&Part, Report> {
    match group.parts.as_slice() {
        [part] => Ok(part),
        _ => {
            let message = format!("target `{target}` does not put kernels side by side");
            Err(Report::new(diagnostics::Kind::Unsupported, message))
        }
    }
}

/// The first report of a refusal.
fn first(error: anyhow::Error) -> Report {
    match error.downcast::<Reports>() {
        Ok(Reports(mut reports)) if !reports.is_empty() => reports.swap_remove(0),
        Ok(reports) => Report::new(diagnostics::Kind::Bug, reports.to_string()),
        Err(error) => Report::new(diagnostics::Kind::Bug, format!("{error:#}")),
    }
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

/// Lowers a group's parts and puts them side by side. The target's own choice of candidates is taken, or, where a part does
/// not fit beside the parts before it, its first candidate that does.
fn lanes(group: &Group, limits: &lower_simt::target::Target) -> Result<Fused, Report> {
    let families: Vec<Vec<Kernel>> = group.parts.iter().map(|part| part.candidates.clone()).collect();
    let chosen = lower_simt::lower_beside(&families, limits).map_err(|errors| errors[0].report())?;
    let mut parts = chosen.into_iter().zip(&group.parts);
    let empty = || Report::new(diagnostics::Kind::Bug, format!("fusion `{}` has no kernels", group.name));
    let (first, part) = parts.next().ok_or_else(empty)?;
    let mut fused = alone(first, part);
    for (kernel, part) in parts {
        let joined = join(&group.name, &fused, alone(kernel, part), limits);
        fused = joined.or_else(|refusal| {
            let others =
                part.candidates.iter().filter_map(|candidate| lower(std::slice::from_ref(candidate), limits).ok());
            let mut fitting = others.filter_map(|kernel| join(&group.name, &fused, alone(kernel, part), limits).ok());
            fitting.next().ok_or(refusal)
        })?;
    }
    Ok(fused)
}

/// One part by itself.
fn alone(kernel: LaneKernel, part: &Part) -> Fused {
    let span = Span { first: 0, programs: kernel.grid[0], folded: None };
    Fused { spans: vec![span; part.slots.len()], slots: part.slots.clone(), alike: Vec::new(), kernel }
}

/// The target's choice of candidates of one family.
fn lower(candidates: &[Kernel], limits: &lower_simt::target::Target) -> Result<LaneKernel, Report> {
    let module = Module { name: String::new(), kernels: candidates.to_vec() };
    let mut lowered = lower_simt::lower(&module, limits).map_err(|errors| errors[0].report())?;
    Ok(lowered.kernels.remove(0))
}

fn join(name: &str, first: &Fused, second: Fused, limits: &lower_simt::target::Target) -> Result<Fused, Report> {
    let shared = shared(first, &second);
    let refused = |error: lower_simt::beside::BesideError| {
        Report::new(diagnostics::Kind::Unsupported, format!("fusion `{name}`: {error}"))
    };
    let Beside { kernel, second: indices } =
        beside(name, &first.kernel, &second.kernel, &shared, limits).map_err(refused)?;
    let edge = programs(&first.kernel);
    let mut alike = first.alike.clone();
    for &(with, number) in &shared {
        let (one, other) = (&first.slots[with], &second.slots[number]);
        match alike.iter_mut().find(|slots| slots.contains(one)) {
            _ if one == other => {}
            Some(slots) => slots.push(other.clone()),
            None => alike.push(vec![one.clone(), other.clone()]),
        }
    }
    let (mut slots, mut spans) = (first.slots.clone(), first.spans.clone());
    if let Some(grid) = several_axes(&first.kernel) {
        spans.iter_mut().for_each(|span| *span = Span { programs: edge, folded: Some(grid), ..*span });
    }
    for (number, index) in indices.into_iter().enumerate() {
        if index == slots.len() {
            slots.push(second.slots[number].clone());
            let folded = several_axes(&second.kernel);
            spans.push(Span { first: edge, programs: programs(&second.kernel), folded });
        }
    }
    Ok(Fused { kernel, slots, spans, alike })
}

fn programs(kernel: &LaneKernel) -> u64 {
    kernel.grid.iter().product()
}

/// The grid that side by side is counted along one axis.
fn several_axes(kernel: &LaneKernel) -> Option<[u64; 3]> {
    (kernel.grid[1..] != [1, 1]).then_some(kernel.grid)
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
