//! A declaration applied to a module.

use bundle::manifest::Slot;
use tile_ir::{Access, Kernel, Module, ViewId};

use crate::blocks::{fits_blocks, inline_blocks};
use crate::declare::{Declaration, Link};
use crate::error::Error;
use crate::inline::{Inlined, Origin, fits, inline_producer, output_of};

/// Kernels that become one launch.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Name of the fused kernel.
    pub name: String,
    /// Families of the kernels it stands for, in the order of their launches.
    pub launches: Vec<String>,
    /// What is to stand side by side; alone, it is the fused kernel.
    pub parts: Vec<Part>,
    /// Arguments that are one buffer or number: outputs and the views of them, and what chooses their rows.
    pub same: Vec<Vec<Slot>>,
    /// Views that nothing writes any more.
    pub drops: Vec<Slot>,
}

/// A consumer with its producers inside, if there are any.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The candidates of one family, in the consumer's order. An only part has the fused kernel's name.
    pub candidates: Vec<Kernel>,
    /// For each parameter: whose binding it takes.
    pub slots: Vec<Slot>,
}

/// A candidate with what is inside of it so far.
#[derive(Clone)]
struct Step {
    kernel: Kernel,
    /// By parameter: whose binding it takes.
    slots: Vec<Slot>,
}

/// Finds a declaration's kernels in `module`, and computes each kernel before an arrow in those behind it: as a whole, where
/// it is one program, else piece by piece.
///
/// # Errors
/// Kernels or arguments that are not there, or are not of the form that [`inline_producer`] or [`inline_blocks`] wants.
pub fn group(declaration: &Declaration, module: &Module) -> Result<Group, Error> {
    let name = &declaration.name;
    if module.kernels.iter().any(|kernel| kernel.family == *name || kernel.name == *name) {
        return Err(Error::NameTaken { fusion: name.clone() });
    }
    let launches = declaration.launches();
    let mut group = Group {
        name: name.clone(),
        launches: launches.iter().map(|link| link.kernel.clone()).collect(),
        parts: vec![],
        same: vec![],
        drops: vec![],
    };
    let steps = |link: &Link| -> Result<Vec<Step>, Error> {
        let launch = launches.iter().position(|other| std::ptr::eq(*other, link)).unwrap_or_default();
        let found = module.kernels.iter().filter(|candidate| candidate.family == link.kernel);
        let slots = |kernel: &Kernel| -> Vec<Slot> {
            kernel.params.iter().map(|param| Slot { launch, arg: param.name.clone() }).collect()
        };
        let found: Vec<Step> = found.map(|kernel| Step { kernel: kernel.clone(), slots: slots(kernel) }).collect();
        let unknown = || Error::UnknownKernel { fusion: name.clone(), kernel: link.kernel.clone() };
        if found.is_empty() { Err(unknown()) } else { Ok(found) }
    };
    // Every name is one of the group, before anything else is said of them.
    launches.iter().try_for_each(|link| steps(link).map(drop))?;
    let producer = declaration.producer.as_ref().map(|link| Ok((link, steps(link)?))).transpose()?;
    for chain in &declaration.chains {
        let mut inside = producer.clone();
        for link in &chain.0 {
            let own = steps(link)?;
            let made = match &inside {
                Some((before, made)) => group.feed((before, made), (link, &own))?,
                None => own,
            };
            inside = Some((link, made));
        }
        let Some((last, made)) = inside else { continue };
        let mut part = Part { candidates: vec![], slots: vec![] };
        let family = if declaration.chains.len() == 1 { name.clone() } else { format!("{name}_{}", last.kernel) };
        for Step { mut kernel, slots } in made {
            kernel.family.clone_from(&family);
            kernel.name = format!("{family}{}", suffix(&kernel));
            part.candidates.push(kernel);
            part.slots = slots;
        }
        group.parts.push(part);
    }
    Ok(group)
}

impl Group {
    /// Computes the kernel `before` inside of the next one. Of candidates with many programs, each of the next one's takes
    /// that of which it needs the fewest.
    fn feed(&mut self, (before, made): (&Link, &[Step]), (link, own): (&Link, &[Step])) -> Result<Vec<Step>, Error> {
        // Candidates compute the same thing: one that is a single program will do.
        let alone = made.iter().find(|step| step.kernel.programs() == 1);
        let (Some(from), Some(to)) = (alone.or(made.first()), own.first()) else { return Ok(Vec::new()) };
        let (output, input) = linked(before, &from.kernel, link, &to.kernel, alone.is_some())?;
        let number = |kernel: &Kernel, name: &str| kernel.params.iter().position(|param| param.name == name);
        let mut steps = Vec::new();
        let mut refused = None;
        for candidate in own {
            let input = number(&candidate.kernel, &input).unwrap_or(usize::MAX);
            let found: Option<(&Step, Inlined)> = match alone {
                Some(step) => Some((step, inline_producer(&step.kernel, &candidate.kernel, input)?)),
                None => {
                    let mut fewest: Option<(&Step, Inlined)> = None;
                    for step in made {
                        let output = number(&step.kernel, &output).unwrap_or(usize::MAX);
                        match inline_blocks(&step.kernel, output, &candidate.kernel, input) {
                            Ok(inlined) if fewest.as_ref().is_none_or(|(_, few)| inlined.copies < few.copies) => {
                                fewest = Some((step, inlined));
                            }
                            Ok(_) => {}
                            Err(error) => refused = refused.or(Some(error)),
                        }
                    }
                    fewest
                }
            };
            steps.extend(found.map(|(step, inlined)| self.join(step, candidate, inlined)));
        }
        match refused {
            Some(error) if steps.is_empty() => Err(error),
            Some(_) | None => Ok(steps),
        }
    }

    /// Says whose bindings a kernel's parameters take, and which are alike.
    fn join(&mut self, step: &Step, candidate: &Step, inlined: Inlined) -> Step {
        for (from, to) in inlined.same {
            self.alike(&step.slots[from], &candidate.slots[to]);
        }
        if let Some(slot) = inlined.drops.map(|dropped| &step.slots[dropped])
            && !self.drops.contains(slot)
        {
            self.drops.push(slot.clone());
        }
        let slot = |origin: &Origin| match *origin {
            Origin::Producer(i) => step.slots[i].clone(),
            Origin::Consumer(i) => candidate.slots[i].clone(),
        };
        Step { slots: inlined.origins.iter().map(slot).collect(), kernel: inlined.kernel }
    }

    fn alike(&mut self, one: &Slot, other: &Slot) {
        match self.same.iter_mut().find(|same| same.contains(one)) {
            Some(same) if same.contains(other) => {}
            Some(same) => same.push(other.clone()),
            None => self.same.push(vec![one.clone(), other.clone()]),
        }
    }
}

/// The output of `from` that `to` reads, and its argument: the named ones, or the only ones that fit.
fn linked(before: &Link, from: &Kernel, link: &Link, to: &Kernel, alone: bool) -> Result<(String, String), Error> {
    let written = |i: &usize| from.view(ViewId(*i as u32)).is_some_and(|view| view.access == Access::Write);
    let outputs: Vec<usize> = match &before.output {
        Some(name) => {
            let named = (0..from.params.len()).find(|&i| written(&i) && from.params[i].name == *name);
            let missing = || Error::NoOutput { kernel: from.family.clone(), output: name.clone() };
            vec![named.ok_or_else(missing)?]
        }
        None if alone => vec![output_of(from)?],
        None => (0..from.params.len()).filter(written).collect(),
    };
    let fitting = outputs.iter().flat_map(|&output| (0..to.params.len()).map(move |input| (output, input)));
    let mut fitting: Vec<(usize, usize)> = fitting
        .filter(
            |&(output, input)| {
                if alone { fits(from, to, output, input) } else { fits_blocks(from, to, output, input) }
            },
        )
        .collect();
    let (kernel, producer) = (to.family.clone(), from.family.clone());
    if let Some(arg) = &link.arg {
        fitting.retain(|&(_, input)| to.params[input].name == *arg);
        if fitting.is_empty() {
            return Err(Error::WrongLink { kernel, arg: arg.clone(), producer });
        }
    }
    match fitting[..] {
        [(output, input)] => Ok((from.params[output].name.clone(), to.params[input].name.clone())),
        _ => Err(Error::NoLink { kernel, producer, found: fitting.len() }),
    }
}

/// What a candidate's name has beyond its family's: `_bn16`.
fn suffix(candidate: &Kernel) -> String {
    candidate.tuning.iter().map(|(key, value)| format!("_{}{value}", key.to_ascii_lowercase())).collect()
}
