//! Recorded lists of launches: see [`crate::Device::record`].

use std::any::Any;
use std::collections::BTreeSet;

use crate::binding::{Arg, Binding};
use crate::error::Error;

/// A list of launches that a device has prepared to run as one unit, again and again. Kernels and buffers are fixed,
/// scalars may change between runs.
pub struct Sequence {
    pub(crate) bindings: Vec<Binding>,
    /// Launches whose scalars have been set since the last run.
    pub(crate) changed: BTreeSet<usize>,
    pub(crate) note: Option<Note>,
    /// What the device prepared; nothing for those that launch one by one.
    pub(crate) prepared: Option<Box<dyn Any + Send>>,
}

/// Something about a recorded sequence that costs time and changes no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Note {
    /// The device cannot prepare sequences.
    #[error("device `{device}` launches recorded sequences one by one: {reason}")]
    OneByOne {
        /// The device.
        device: &'static str,
        /// Why.
        reason: String,
    },
    /// No launch starts before its predecessor has ended, although kernels allow it.
    #[error("device `{device}` starts every launch of a recorded sequence after the one before has ended: {reason}")]
    FullOrder {
        /// The device.
        device: &'static str,
        /// Why.
        reason: String,
    },
}

impl Sequence {
    /// The launches themselves, nothing prepared.
    pub(crate) fn plain(bindings: &[&Binding]) -> Sequence {
        let bindings = bindings.iter().map(|&binding| binding.clone()).collect();
        Sequence { bindings, changed: BTreeSet::new(), note: None, prepared: None }
    }

    /// Changes a scalar of launch number `launch` for the runs to come; runs that are under way keep the old value.
    ///
    /// # Errors
    /// No such launch, or as [`Binding::set`]. The old value stays.
    pub fn set(&mut self, launch: usize, index: usize, value: Arg) -> Result<(), Error> {
        let launches = self.bindings.len();
        let binding = self.bindings.get_mut(launch).ok_or(Error::NoLaunch { launch, launches })?;
        binding.set(index, value)?;
        self.changed.insert(launch);
        Ok(())
    }

    /// The launches, in order, with the scalars of the next run.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// What keeps the device from running it as fast as it might.
    pub fn note(&self) -> Option<&Note> {
        self.note.as_ref()
    }
}
