//! A declaration applied to a module.

use bundle::manifest::Slot;
use tile_ir::{Kernel, Module};

use crate::declare::Declaration;
use crate::error::Error;
use crate::inline::{Origin, fits, inline_producer, output_of};

/// Kernels that become one launch.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Name of the fused kernel.
    pub name: String,
    /// Families of the kernels it stands for, in the order of their launches.
    pub launches: Vec<String>,
    /// What is to stand side by side; alone, it is the fused kernel.
    pub parts: Vec<Part>,
    /// Arguments that are one buffer: the producer's output and the consumers' views of it.
    pub same: Vec<Vec<Slot>>,
    /// Views that nothing writes any more.
    pub drops: Vec<Slot>,
}

/// A consumer with its producer inside, if there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The candidates of one family, in the consumer's order. An only part has the fused kernel's name.
    pub candidates: Vec<Kernel>,
    /// For each parameter: whose binding it takes.
    pub slots: Vec<Slot>,
}

/// Finds a declaration's kernels in `module`, and computes the producer in each consumer.
///
/// # Errors
/// Kernels or arguments that are not there, or are not of the form that [`inline_producer`] wants.
pub fn group(declaration: &Declaration, module: &Module) -> Result<Group, Error> {
    let name = &declaration.name;
    if module.kernels.iter().any(|kernel| kernel.family == *name || kernel.name == *name) {
        return Err(Error::NameTaken { fusion: name.clone() });
    }
    let family = |kernel: &str| -> Result<Vec<&Kernel>, Error> {
        let found: Vec<&Kernel> = module.kernels.iter().filter(|candidate| candidate.family == kernel).collect();
        let unknown = || Error::UnknownKernel { fusion: name.clone(), kernel: kernel.to_owned() };
        if found.is_empty() { Err(unknown()) } else { Ok(found) }
    };
    let mut group = Group { name: name.clone(), launches: vec![], parts: vec![], same: vec![], drops: vec![] };
    let producer = match &declaration.producer {
        Some(producer) => {
            let candidates = family(producer)?;
            // Candidates compute the same thing: one that is a single program will do.
            let kernel = candidates.iter().find(|kernel| kernel.programs() == 1).unwrap_or(&candidates[0]);
            let output = output_of(kernel)?;
            let slot = Slot { launch: 0, arg: kernel.params[output].name.clone() };
            group.launches.push(producer.clone());
            group.same.push(vec![slot.clone()]);
            group.drops.push(slot);
            Some((*kernel, output))
        }
        None => None,
    };
    for consumer in &declaration.consumers {
        let launch = group.launches.len();
        let candidates = family(&consumer.kernel)?;
        let input = match producer {
            Some((producer, output)) => Some(link(producer, output, candidates[0], consumer.arg.as_deref())?),
            None => None,
        };
        let mut part = Part { candidates: vec![], slots: vec![] };
        for &candidate in &candidates {
            let own = |i: usize| Slot { launch, arg: candidate.params[i].name.clone() };
            let (mut kernel, slots) = match (producer, input) {
                (Some((producer, _)), Some(input)) => {
                    let inlined = inline_producer(producer, candidate, input)?;
                    let slot = |origin: &Origin| match *origin {
                        Origin::Producer(i) => Slot { launch: 0, arg: producer.params[i].name.clone() },
                        Origin::Consumer(i) => own(i),
                    };
                    let slots = inlined.origins.iter().map(slot).collect();
                    (inlined.kernel, slots)
                }
                (None, _) | (Some(_), None) => (candidate.clone(), (0..candidate.params.len()).map(own).collect()),
            };
            let only = declaration.consumers.len() == 1;
            kernel.family = if only { name.clone() } else { format!("{name}_{}", consumer.kernel) };
            kernel.name = format!("{}{}", kernel.family, suffix(candidate));
            part.candidates.push(kernel);
            part.slots = slots;
        }
        if let (Some(input), Some(same)) = (input, group.same.first_mut()) {
            same.push(Slot { launch, arg: candidates[0].params[input].name.clone() });
        }
        group.launches.push(consumer.kernel.clone());
        group.parts.push(part);
    }
    Ok(group)
}

/// The consumer's parameter that is the producer's output.
fn link(producer: &Kernel, output: usize, consumer: &Kernel, arg: Option<&str>) -> Result<usize, Error> {
    let fitting: Vec<usize> =
        (0..consumer.params.len()).filter(|&input| fits(producer, consumer, output, input)).collect();
    match arg {
        None => match fitting[..] {
            [only] => Ok(only),
            _ => Err(Error::NoLink {
                kernel: consumer.family.clone(),
                producer: producer.family.clone(),
                found: fitting.len(),
            }),
        },
        Some(arg) => fitting.into_iter().find(|&input| consumer.params[input].name == arg).ok_or_else(|| {
            let (kernel, producer) = (consumer.family.clone(), producer.family.clone());
            Error::WrongLink { kernel, arg: arg.to_owned(), producer }
        }),
    }
}

/// What a candidate's name has beyond its family's: `_bn16`.
fn suffix(candidate: &Kernel) -> String {
    candidate.tuning.iter().map(|(key, value)| format!("_{}{value}", key.to_ascii_lowercase())).collect()
}
