//! What a kernel chose, on its way to the host; and marks in the order of launches.

use std::any::Any;

/// A number that a kernel chose, and the value that it stands for: see [`crate::Device::choose`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chosen {
    /// The number.
    pub index: u32,
    /// The element of this number, NaN if there is none.
    pub value: f32,
}

/// A [`Chosen`] on its way to the host. One that nobody waits for is lost without harm.
pub enum Choice {
    /// It is here: devices that have nothing better bring it at once.
    Here(Chosen),
    /// What the device knows it by.
    Pending(Box<dyn Any + Send>),
}

/// A point in the order of launches, as the device knows it: see [`crate::Device::mark`].
pub struct Mark(pub Box<dyn Any + Send>);
