//! Pipes, what orders them, what they touch, and when they run.

pub(crate) mod clock;
pub(crate) mod queue;
pub(crate) mod shadow;

/// Pipes of a vector core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pipe {
    /// The scalar unit.
    S,
    V,
    Mte2,
    Mte3,
}

/// How many there are.
pub(crate) const PIPES: usize = 4;

impl Pipe {
    pub(crate) const ALL: [Pipe; PIPES] = [Pipe::S, Pipe::V, Pipe::Mte2, Pipe::Mte3];

    /// The number that texts pass for all of them.
    pub(crate) const ALL_NUMBER: u64 = 7;

    /// By the number that texts pass.
    pub(crate) fn of(number: u64) -> Option<Pipe> {
        Pipe::ALL.get(usize::try_from(number).ok()?).copied()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Pipe::S => "the scalar unit",
            Pipe::V => "pipe V",
            Pipe::Mte2 => "pipe MTE2",
            Pipe::Mte3 => "pipe MTE3",
        }
    }
}
