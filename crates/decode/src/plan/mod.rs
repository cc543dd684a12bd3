//! The decode plan: which kernels a token needs, in order, and what each argument is bound to. Plain data.
//!
//! A step appends one token: embedding, then per layer norm, query, key and value, two rotations, attention, output
//! projection, norm, gate and up, down. The head turns the last hidden row into logits and the most likely token.
//! Sizes come from the model, element types and the cache's capacity from the bundle's manifest; [`build`] checks that
//! the two belong together. [`fuse`] then takes attention apart where the bundle has its parts, and replaces launches by the bundle's
//! fused kernels.
mod build;
mod fuse;
mod layers;
mod split;

use std::fmt;

use bundle::manifest::{Access, Dtype};

use crate::weights::Tensor;

pub use build::build;
pub use fuse::{fuse, fuse_except};

/// What a token needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Buffers, in order of first use.
    pub buffers: Vec<BufferPlan>,
    /// Launches that append a token to the cache.
    pub step: Vec<Launch>,
    /// Those of long contexts, if they are others.
    pub far: Option<Far>,
    /// Launches that make logits from the last hidden row.
    pub logits: Vec<Launch>,
    /// The launch that picks the most likely token.
    pub argmax: Vec<Launch>,
    /// Rows of the key-value cache: the longest context.
    pub capacity: u64,
    /// Index of the buffer that holds the token, `u32[1, 1]`.
    pub token: usize,
    /// Index of the buffer that holds the logits.
    pub logits_buffer: usize,
}

/// Another step that does the same as [`Plan::step`], and is faster from a position on.
#[derive(Clone, Debug, PartialEq)]
pub struct Far {
    /// The first position of a token that it appends.
    pub from: u64,
    /// The launches.
    pub step: Vec<Launch>,
}

/// A buffer.
#[derive(Clone, Debug, PartialEq)]
pub struct BufferPlan {
    /// Its name, for people.
    pub name: String,
    /// Element type.
    pub dtype: Dtype,
    /// Elements.
    pub elements: u64,
    /// What is in it before the first token.
    pub content: Content,
}

/// What a buffer holds before the first token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Content {
    /// Zeros; kernels write it.
    Zero,
    /// Keys or values of the context: zeros at first, one row per token.
    Cache,
    /// A tensor of the model.
    Weights(Tensor),
    /// Cosines of the rotary angles, one row per position.
    Cos,
    /// Sines of the rotary angles.
    Sin,
}

/// One launch; grid and code are the manifest's.
#[derive(Clone, Debug, PartialEq)]
pub struct Launch {
    /// The kernel's name.
    pub kernel: String,
    /// Arguments, in the manifest's order.
    pub args: Vec<Argument>,
}

/// One argument.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// Its name in the kernel.
    pub name: String,
    /// What is bound to it.
    pub source: Source,
}

/// What is bound to an argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source {
    /// A buffer.
    Buffer {
        /// Index into [`Plan::buffers`].
        buffer: usize,
        /// What the kernel does with it.
        access: Access,
        /// How much of it a launch reads.
        traffic: Traffic,
    },
    /// The new token's position.
    Position,
    /// A constant.
    F32(f32),
}

/// How much of a view a launch reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// All of it.
    Whole,
    /// One row of so many.
    Row {
        /// Rows of the view.
        rows: u64,
    },
    /// The rows up to the position, of so many.
    Filled {
        /// Rows of the view.
        rows: u64,
    },
}

impl Traffic {
    /// Bytes read of a view of `bytes` bytes at a position.
    fn bytes(self, bytes: u64, position: u64) -> u64 {
        match self {
            Traffic::Whole => bytes,
            Traffic::Row { rows } => bytes / rows.max(1),
            Traffic::Filled { rows } => bytes / rows.max(1) * (position + 1),
        }
    }
}

impl BufferPlan {
    /// Size in bytes.
    pub fn bytes(&self) -> u64 {
        self.elements * self.dtype.bytes()
    }
}

impl Plan {
    /// Bytes that a launch reads through its `read` and `weights` views at a position.
    pub fn bytes_read(&self, launch: &Launch, position: u64) -> u64 {
        self.sum(launch, position, |_| true)
    }

    /// Bytes per token at a position: every weight that the step and the head read (norms and head included, one row
    /// of the embedding table), plus the keys and values of the `position + 1` tokens of the context.
    ///
    /// Activations and the rotary tables are left out: they stay in a cache, and are under one percent.
    pub fn bytes_per_token(&self, position: u64) -> u64 {
        let counts = |content| matches!(content, Content::Weights(_) | Content::Cache);
        self.step_at(position).iter().chain(&self.logits).map(|launch| self.sum(launch, position, counts)).sum()
    }

    /// The part of [`Plan::bytes_per_token`] that does not grow with the context: the weights.
    pub fn weight_bytes_per_token(&self) -> u64 {
        let counts = |content| matches!(content, Content::Weights(_));
        self.step.iter().chain(&self.logits).map(|launch| self.sum(launch, 0, counts)).sum()
    }

    fn sum(&self, launch: &Launch, position: u64, counts: impl Fn(Content) -> bool) -> u64 {
        let bytes = |argument: &Argument| match argument.source {
            Source::Buffer { buffer, access: Access::Read | Access::Weights, traffic } => {
                let buffer = &self.buffers[buffer];
                if counts(buffer.content) { traffic.bytes(buffer.bytes(), position) } else { 0 }
            }
            Source::Buffer { access: Access::Write, .. } | Source::Position | Source::F32(_) => 0,
        };
        launch.args.iter().map(bytes).sum()
    }

    /// The launches that append a token at a position.
    pub fn step_at(&self, position: u64) -> &[Launch] {
        match &self.far {
            Some(far) if position >= far.from => &far.step,
            Some(_) | None => &self.step,
        }
    }

    /// The launches that append a token at a position and pick the next one.
    pub fn launches_at(&self, position: u64) -> impl Iterator<Item = &Launch> {
        self.step_at(position).iter().chain(&self.logits).chain(&self.argmax)
    }

    /// Launches of one decoded token in a short context.
    pub fn launches_per_token(&self) -> usize {
        self.step.len() + self.logits.len() + self.argmax.len()
    }
}

impl fmt::Display for Plan {
    /// One launch per line, with what is bound to its arguments; written buffers are marked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let far = self.far.iter().map(|far| (format!("step from position {}", far.from), &far.step));
        let parts = [("logits".to_owned(), &self.logits), ("argmax".to_owned(), &self.argmax)];
        for (name, launches) in [("step".to_owned(), &self.step)].into_iter().chain(far).chain(parts) {
            writeln!(f, "{name}: {} launches", launches.len())?;
            for launch in launches {
                write!(f, "  {}", launch.kernel)?;
                for (i, arg) in launch.args.iter().enumerate() {
                    write!(f, "{}{} = ", if i == 0 { " " } else { ", " }, arg.name)?;
                    match arg.source {
                        Source::Buffer { buffer, access, .. } => {
                            let mark = if access == Access::Write { "mut " } else { "" };
                            write!(f, "{mark}[{}]", self.buffers[buffer].name)?;
                        }
                        Source::Position => write!(f, "position")?,
                        Source::F32(value) => write!(f, "{value:e}")?,
                    }
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}
