//! Applies the bundle's rewrites of launches to a plan.

use std::collections::BTreeSet;

use bundle::manifest::{Access, Fusion, Kernel, Manifest, Slot};

use crate::plan::split::{far_from, is_merged, split_attention};
use crate::plan::{Argument, Content, Far, Launch, Plan, Source};

/// The plan with as few launches as the rewrites of `manifest` allow, applied greedily: from the first launch on, the
/// rewrite that saves most. For long contexts attention is in parts if a rewrite takes in what brings them together. A buffer
/// that a rewrite no longer writes is read by nobody else, or its launch stays; launches and buffers without use go.
pub fn fuse(plan: &Plan, manifest: &Manifest) -> Plan {
    fuse_except(plan, manifest, &[])
}

/// [`fuse`] without the rewrites to these kernels.
pub fn fuse_except(plan: &Plan, manifest: &Manifest, except: &[String]) -> Plan {
    // The one with attention in parts has all buffers of the other.
    let (near, split) = match split_attention(plan, manifest, except) {
        Some(split) => (Plan { buffers: split.buffers.clone(), ..plan.clone() }, Some(split)),
        None => (plan.clone(), None),
    };
    let mut fused = rewrite(&near, manifest, except);
    if let Some(split) = split.map(|split| rewrite(&split, manifest, except)).filter(is_merged) {
        fused.far = Some(Far { from: far_from(plan.capacity), step: split.step });
    }
    without_unused(fused)
}

fn rewrite(plan: &Plan, manifest: &Manifest, except: &[String]) -> Plan {
    let mut rules: Vec<&Fusion> = manifest.fusions.iter().filter(|rule| !except.contains(&rule.kernel)).collect();
    rules.sort_by_key(|rule| (std::cmp::Reverse(rule.launches.len()), &rule.kernel));
    // A view that some rewrite drops is overwritten as a whole by its kernel, wherever that is launched.
    let whole = rules
        .iter()
        .flat_map(|rule| rule.drops.iter().filter_map(|slot| Some((rule.launches.get(slot.launch)?, &slot.arg))))
        .map(|(kernel, arg)| (kernel.clone(), arg.clone()))
        .collect();
    let mut fuser = Fuser { parts: [plan.step.clone(), plan.logits.clone(), plan.argmax.clone()], plan, whole };
    for part in 0..fuser.parts.len() {
        let mut at = 0;
        while at < fuser.parts[part].len() {
            let found = rules.iter().find_map(|rule| {
                let kernel = manifest.kernels.iter().find(|kernel| kernel.name == rule.kernel)?;
                fuser.matched(part, at, rule, kernel)
            });
            match found {
                Some(found) => fuser.apply(part, found),
                None => at += 1,
            }
        }
    }
    fuser.remove_dead();
    let [step, logits, argmax] = fuser.parts;
    Plan { step, logits, argmax, ..plan.clone() }
}

struct Fuser<'a> {
    plan: &'a Plan,
    /// Steps, logits, argmax.
    parts: [Vec<Launch>; 3],
    /// Kernels and views that they overwrite as a whole without reading them.
    whole: BTreeSet<(String, String)>,
}

/// A rewrite that applies.
struct Match {
    /// The launches that go.
    gone: Vec<usize>,
    /// Where the fused launch comes: the last of the launches matched.
    at: usize,
    fused: Launch,
}

impl Fuser<'_> {
    /// The rewrite `rule` with its first launch at `at`, if it holds there and saves a launch.
    fn matched(&self, part: usize, at: usize, rule: &Fusion, kernel: &Kernel) -> Option<Match> {
        let launches = &self.parts[part];
        let mut found = vec![];
        for name in &rule.launches {
            let next = found.last().map_or(at, |last| last + 1);
            let index = (next..launches.len()).find(|&index| launches[index].kernel == *name)?;
            found.push(index);
        }
        if found.first() != Some(&at) {
            return None;
        }
        let last = *found.last()?;
        // All launches move to the place of the last one.
        let between = (at..last).filter(|index| !found.contains(index));
        if between
            .into_iter()
            .any(|index| found.iter().any(|&other| other < index && !independent(&launches[other], &launches[index])))
        {
            return None;
        }
        let source = |slot: &Slot| -> Option<Source> {
            let launch = &launches[*found.get(slot.launch)?];
            Some(launch.args.iter().find(|arg| arg.name == slot.arg)?.source)
        };
        for same in &rule.same {
            let sources: Vec<Source> = same.iter().map(source).collect::<Option<_>>()?;
            if sources.windows(2).any(|pair| !alike(pair[0], pair[1])) {
                return None;
            }
        }
        let args: Vec<Argument> = kernel
            .args
            .iter()
            .zip(&rule.args)
            .map(|(arg, slot)| Some(Argument { name: arg.name.clone(), source: source(slot)? }))
            .collect::<Option<_>>()?;
        let fused = Launch { kernel: rule.kernel.clone(), args };
        if !writes_alone(&fused) {
            return None;
        }
        let mut kept = BTreeSet::new();
        for slot in &rule.drops {
            let Source::Buffer { buffer, .. } = source(slot)? else { return None };
            // Only the arguments that the rewrite knows of may be this buffer.
            let known = |launch: usize, arg: &Argument| {
                let slot = Slot { launch, arg: arg.name.clone() };
                rule.drops.contains(&slot) || rule.same.iter().any(|same| same.contains(&slot))
            };
            let stranger = found.iter().enumerate().any(|(number, &index)| {
                launches[index].args.iter().any(|arg| buffer_of(arg) == Some(buffer) && !known(number, arg))
            });
            if stranger || fused.args.iter().any(|arg| buffer_of(arg) == Some(buffer)) {
                return None;
            }
            if self.is_live(part, last, buffer) {
                kept.insert(found[slot.launch]);
            }
        }
        let gone: Vec<usize> = found.into_iter().filter(|index| !kept.contains(index)).collect();
        (gone.len() > 1 && gone.contains(&last)).then_some(Match { gone, at: last, fused })
    }

    fn apply(&mut self, part: usize, found: Match) {
        let launches = std::mem::take(&mut self.parts[part]);
        for (index, launch) in launches.into_iter().enumerate() {
            if index == found.at {
                self.parts[part].push(found.fused.clone());
            } else if !found.gone.contains(&index) {
                self.parts[part].push(launch);
            }
        }
    }

    /// Whether anybody may read what is in `buffer` after launch `after` of a part.
    fn is_live(&self, part: usize, after: usize, buffer: usize) -> bool {
        let host = [self.plan.token, self.plan.logits_buffer];
        if host.contains(&buffer) || self.plan.buffers[buffer].content != Content::Zero {
            return true;
        }
        let mut seen = [false; 3];
        let mut work = vec![(part, after + 1)];
        while let Some((part, from)) = work.pop() {
            match self.parts[part][from..].iter().find_map(|launch| self.next_use(launch, buffer)) {
                Some(true) => return true,
                Some(false) => {}
                None => {
                    // A step is followed by another one or by its logits, those by a step or the choice of a token.
                    let next: &[usize] = [&[0, 1][..], &[0, 2], &[0]][part];
                    for &next in next {
                        if !std::mem::replace(&mut seen[next], true) {
                            work.push((next, 0));
                        }
                    }
                }
            }
        }
        false
    }

    /// Whether a launch may read a buffer, or overwrites it; `None` if it does not touch it.
    fn next_use(&self, launch: &Launch, buffer: usize) -> Option<bool> {
        let uses: Vec<&Argument> = launch.args.iter().filter(|arg| buffer_of(arg) == Some(buffer)).collect();
        match uses[..] {
            [] => None,
            [arg] => Some(!self.whole.contains(&(launch.kernel.clone(), arg.name.clone()))),
            [..] => Some(true),
        }
    }

    /// Removes launches that write only what nobody reads.
    fn remove_dead(&mut self) {
        for part in 0..self.parts.len() {
            for at in (0..self.parts[part].len()).rev() {
                let dead = |arg: &Argument| match arg.source {
                    Source::Buffer { buffer, access: Access::Write, .. } => !self.is_live(part, at, buffer),
                    Source::Buffer { .. } | Source::Position | Source::F32(_) => true,
                };
                if self.parts[part][at].args.iter().all(dead) {
                    self.parts[part].remove(at);
                }
            }
        }
    }
}

fn buffer_of(arg: &Argument) -> Option<usize> {
    match arg.source {
        Source::Buffer { buffer, .. } => Some(buffer),
        Source::Position | Source::F32(_) => None,
    }
}

fn writes(arg: &Argument) -> bool {
    matches!(arg.source, Source::Buffer { access: Access::Write, .. })
}

/// Whether two arguments are the same buffer or number.
fn alike(one: Source, other: Source) -> bool {
    match (one, other) {
        (Source::Buffer { buffer: one, .. }, Source::Buffer { buffer: other, .. }) => one == other,
        (Source::Position, Source::Position) => true,
        (Source::F32(one), Source::F32(other)) => one.to_bits() == other.to_bits(),
        (Source::Buffer { .. } | Source::Position | Source::F32(_), _) => false,
    }
}

/// Whether two launches may run in either order.
fn independent(one: &Launch, other: &Launch) -> bool {
    let touches = |x: &Argument, launch: &Launch| launch.args.iter().any(|y| buffer_of(y) == buffer_of(x));
    let clash = |from: &Launch, to: &Launch| from.args.iter().any(|arg| writes(arg) && touches(arg, to));
    !clash(one, other) && !clash(other, one)
}

/// Whether each buffer that a launch writes is bound once.
fn writes_alone(launch: &Launch) -> bool {
    launch
        .args
        .iter()
        .filter(|arg| writes(arg))
        .all(|arg| launch.args.iter().filter(|other| buffer_of(other) == buffer_of(arg)).count() == 1)
}

/// The plan without the buffers that no launch names.
fn without_unused(plan: Plan) -> Plan {
    let mut used = vec![false; plan.buffers.len()];
    [plan.token, plan.logits_buffer].into_iter().for_each(|buffer| used[buffer] = true);
    let far = plan.far.iter().flat_map(|far| &far.step);
    let all = plan.step.iter().chain(far).chain(&plan.logits).chain(&plan.argmax);
    all.flat_map(|launch| launch.args.iter().filter_map(buffer_of)).for_each(|buffer| used[buffer] = true);
    let number: Vec<usize> =
        used.iter().scan(0, |next, &used| Some(std::mem::replace(next, *next + usize::from(used)))).collect();
    let renumber = |launches: Vec<Launch>| -> Vec<Launch> {
        let mut launches = launches;
        for arg in launches.iter_mut().flat_map(|launch| &mut launch.args) {
            if let Source::Buffer { buffer, .. } = &mut arg.source {
                *buffer = number[*buffer];
            }
        }
        launches
    };
    let buffers = plan.buffers.into_iter().zip(&used).filter(|(_, used)| **used).map(|(buffer, _)| buffer).collect();
    Plan {
        buffers,
        step: renumber(plan.step),
        far: plan.far.map(|far| Far { step: renumber(far.step), ..far }),
        logits: renumber(plan.logits),
        argmax: renumber(plan.argmax),
        capacity: plan.capacity,
        token: number[plan.token],
        logits_buffer: number[plan.logits_buffer],
    }
}
