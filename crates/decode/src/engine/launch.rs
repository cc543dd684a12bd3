//! How launches reach the device.

use std::ops::Range;

use device::{Arg, Binding, Sequence};

use super::Engine;
use super::bind::Bound;
use crate::error::Error;

/// How the launches of a token reach the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Launching {
    /// Recorded once and run as one unit, as far as the device can: see [`Device::record`].
    #[default]
    Recorded,
    /// Each by itself.
    OneByOne,
}

/// How far a step is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// The token is in the cache.
    Cache,
    /// Its logits are there too.
    Logits,
    /// The most likely next token is picked.
    Token,
}

/// The launches of a step, from one position on.
pub(super) struct Form {
    pub(super) from: u64,
    /// Launches of the step itself; those of its logits and of the most likely token follow.
    pub(super) step: usize,
    pub(super) launches: Vec<Bound>,
    /// Made when first wanted.
    pub(super) sequences: Vec<Recorded>,
}

/// A recorded range of the launches.
pub(super) struct Recorded {
    range: Range<usize>,
    sequence: Sequence,
    /// Launch of the sequence and argument of it, for each that is the position.
    positions: Vec<(usize, usize)>,
}

impl Bound {
    /// Tells the launch the position, if it wants it.
    pub(super) fn at(&mut self, position: u64) -> Result<(), Error> {
        if let Some(argument) = self.position {
            // Below the capacity, which fits: see `Engine::begin`.
            self.binding.set(argument, Arg::U32(position as u32))?;
        }
        Ok(())
    }
}

impl Engine {
    /// The form of a step at `self.position`: an index into `self.forms`.
    pub(super) fn form(&self) -> usize {
        self.forms.iter().rposition(|form| form.from <= self.position).unwrap_or(0)
    }

    /// Runs a step for the token at `self.position`.
    pub(super) fn run(&mut self, until: Until) -> Result<(), Error> {
        let form = self.form();
        let end = match until {
            Until::Cache => self.forms[form].step,
            Until::Logits => self.forms[form].step + self.plan.logits.len(),
            Until::Token => self.forms[form].launches.len(),
        };
        self.run_range(form, 0..end)
    }

    /// Picks the most likely token of the logits that are there.
    pub(super) fn pick(&mut self) -> Result<(), Error> {
        let form = self.form();
        let with_logits = self.forms[form].step + self.plan.logits.len();
        self.run_range(form, with_logits..self.forms[form].launches.len())
    }

    fn run_range(&mut self, form: usize, range: Range<usize>) -> Result<(), Error> {
        if self.forms[form].launches[range.clone()].iter().any(|bound| bound.writes_token) {
            self.held = None;
        }
        match self.launching {
            Launching::OneByOne => range.into_iter().try_for_each(|index| {
                let bound = &mut self.forms[form].launches[index];
                bound.at(self.position)?;
                Ok(self.device.launch(&bound.binding)?)
            }),
            Launching::Recorded => {
                let known = self.forms[form].sequences.iter().position(|recorded| recorded.range == range);
                let index = match known {
                    Some(index) => index,
                    None => self.record(form, range)?,
                };
                let Recorded { sequence, positions, .. } = &mut self.forms[form].sequences[index];
                for &mut (launch, argument) in positions {
                    // Below the capacity, which fits: see `Engine::begin`.
                    sequence.set(launch, argument, Arg::U32(self.position as u32))?;
                }
                Ok(self.device.replay(sequence)?)
            }
        }
    }

    /// Records a range of the launches; its index in the form's sequences.
    fn record(&mut self, form: usize, range: Range<usize>) -> Result<usize, Error> {
        let form = &mut self.forms[form];
        let launches = &form.launches[range.clone()];
        let bindings: Vec<&Binding> = launches.iter().map(|bound| &bound.binding).collect();
        let sequence = self.device.record(&bindings)?;
        if let Some(note) = sequence.note()
            && !self.notes.contains(note)
        {
            self.notes.push(note.clone());
        }
        let positions = launches.iter().enumerate();
        let positions = positions.filter_map(|(index, bound)| Some((index, bound.position?))).collect();
        form.sequences.push(Recorded { range, sequence, positions });
        Ok(form.sequences.len() - 1)
    }
}
