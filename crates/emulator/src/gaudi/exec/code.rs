//! What a text is built into.

use super::{Core, Flow, Lanes, Outcome};

/// A function of the host that gives a value.
pub(super) type Run<T> = Box<dyn Fn(&mut Core<'_>) -> Outcome<T> + Send + Sync>;

/// One that fills vectors: those of a structure, or one.
pub(super) type Fill<T> = Box<dyn Fn(&mut Core<'_>, &mut T) -> Outcome<()> + Send + Sync>;

/// A statement.
pub(super) type Step = Run<Flow>;

/// A scalar, as 32 bits.
pub(super) enum Word {
    Const(u32),
    /// A variable, and the line that reads it.
    Slot(usize, u32),
    Run(Run<u32>),
}

impl Word {
    #[inline]
    pub(super) fn get(&self, core: &mut Core<'_>) -> Outcome<u32> {
        match self {
            Word::Const(value) => Ok(*value),
            Word::Slot(slot, line) => {
                if core.words_known[*slot] {
                    Ok(core.words[*slot])
                } else {
                    Err(core.unwritten(*line))
                }
            }
            Word::Run(run) => run(core),
        }
    }
}

/// A vector.
pub(super) enum Vector {
    Const(Box<Lanes>),
    /// A variable, and the line that reads it.
    Slot(usize, u32),
    Run(Fill<Lanes>),
}

impl Vector {
    #[inline]
    pub(super) fn get(&self, core: &mut Core<'_>, out: &mut Lanes) -> Outcome<()> {
        match self {
            Vector::Const(value) => *out = **value,
            Vector::Slot(slot, line) => {
                if !core.vectors_known[*slot] {
                    return Err(core.unwritten(*line));
                }
                *out = core.vectors[*slot];
            }
            Vector::Run(run) => return run(core, out),
        }
        Ok(())
    }
}

/// Vectors of a structure; those that it does not have stay as they are.
pub(super) type Parts = [Lanes; 4];

/// Where a variable is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gaudi) enum Slot {
    Word(usize),
    /// Five words.
    Index(usize),
    /// Vectors of a structure, or one; a predicate of lanes is the first two words of one.
    Vectors(usize, usize),
    /// It has no value.
    Nothing,
}

/// A text as it is run.
pub(in crate::gaudi) struct Code {
    pub(super) functions: Vec<Step>,
    pub(super) main: usize,
    /// Those of `main`.
    pub(super) params: Vec<Slot>,
    /// Scalars and vectors in all.
    pub(super) words: usize,
    pub(super) vectors: usize,
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Code").field("words", &self.words).field("vectors", &self.vectors).finish_non_exhaustive()
    }
}
