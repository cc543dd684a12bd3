//! How launches reach the device.

use std::ops::Range;

use device::{Arg, Binding, Sequence};

use super::Engine;
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

/// A recorded range of the launches.
pub(super) struct Recorded {
    range: Range<usize>,
    sequence: Sequence,
    /// Launch of the sequence and argument of it, for each that is the position.
    positions: Vec<(usize, usize)>,
}

impl Engine {
    /// Runs a range of the launches, for the token at `self.position`.
    pub(super) fn run(&mut self, range: Range<usize>) -> Result<(), Error> {
        if self.launches[range.clone()].iter().any(|bound| bound.writes_token) {
            self.held = None;
        }
        match self.launching {
            Launching::OneByOne => range.into_iter().try_for_each(|index| self.launch(index)),
            Launching::Recorded => {
                let known = self.sequences.iter().position(|recorded| recorded.range == range);
                let index = match known {
                    Some(index) => index,
                    None => self.record(range)?,
                };
                let Recorded { sequence, positions, .. } = &mut self.sequences[index];
                for &mut (launch, argument) in positions {
                    // Below the capacity, which fits: see `Engine::begin`.
                    sequence.set(launch, argument, Arg::U32(self.position as u32))?;
                }
                Ok(self.device.replay(sequence)?)
            }
        }
    }

    /// Launches one kernel, for the token at `self.position`.
    pub(super) fn launch(&mut self, index: usize) -> Result<(), Error> {
        self.at_position(index)?;
        Ok(self.device.launch(&self.launches[index].binding)?)
    }

    /// Tells a launch the position, if it wants it.
    pub(super) fn at_position(&mut self, index: usize) -> Result<(), Error> {
        let bound = &mut self.launches[index];
        if let Some(argument) = bound.position {
            // Below the capacity, which fits: see `Engine::begin`.
            bound.binding.set(argument, Arg::U32(self.position as u32))?;
        }
        Ok(())
    }

    /// Records a range of the launches; its index in `self.sequences`.
    fn record(&mut self, range: Range<usize>) -> Result<usize, Error> {
        let launches = &self.launches[range.clone()];
        let bindings: Vec<&Binding> = launches.iter().map(|bound| &bound.binding).collect();
        let sequence = self.device.record(&bindings)?;
        if let Some(note) = sequence.note()
            && !self.notes.contains(note)
        {
            self.notes.push(note.clone());
        }
        let positions = launches.iter().enumerate();
        let positions = positions.filter_map(|(index, bound)| Some((index, bound.position?))).collect();
        self.sequences.push(Recorded { range, sequence, positions });
        Ok(self.sequences.len() - 1)
    }
}
