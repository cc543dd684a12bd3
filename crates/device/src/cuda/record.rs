//! Recorded sequences as launch graphs.

use cudarc::driver::{CudaFunction, DriverError};

use super::errors::NAME;
use super::graph::{Graph, Support};
use super::nodes::Nodes;
use super::{Cuda, errors, facts, launch};
use crate::Device;
use crate::binding::Binding;
use crate::error::Error;
use crate::sequence::{Note, Sequence};

/// What the GPU keeps of a recorded sequence.
struct Recorded {
    graph: Graph<Nodes>,
    /// [`Cuda::frees`] when its buffers were last looked up.
    frees: u64,
    /// They keep the code alive; dropped after the graph.
    _functions: Vec<CudaFunction>,
}

// SAFETY: its handles belong to no thread. They must not be used by two at a time, and this has one owner.
unsafe impl Send for Recorded {}

impl Cuda {
    /// Makes the graph of a list of launches.
    pub(super) fn record_graph(&mut self, bindings: &[&Binding]) -> Result<Sequence, Error> {
        let launches = bindings.iter().map(|binding| self.prepare(binding)).collect::<Result<Vec<_>, _>>()?;
        let functions = bindings.iter().map(|binding| Ok(self.kernels.get(binding)?.function.clone()));
        let functions = functions.collect::<Result<Vec<_>, Error>>()?;
        let mut sequence = Sequence::plain(bindings);
        let (Some(first), Some(last)) = (bindings.first(), bindings.last()) else { return Ok(sequence) };
        let support = Support::of_driver(facts::driver_version());
        if support == Support::None {
            let reason = "launch graphs need a driver for CUDA 12.0 or newer".to_owned();
            sequence.note = Some(Note::OneByOne { device: NAME, reason });
            return Ok(sequence);
        }
        let made = self.context.bind_to_thread();
        let made = made.and_then(|()| Graph::record(|| Nodes::new(&self.stream), launches, support));
        let count = u32::try_from(bindings.len()).unwrap_or(u32::MAX);
        let (graph, refused) =
            made.map_err(|error| errors::launch(&last.kernel().name, &first.kernel().name, count, error))?;
        sequence.note = refused.map(|refused| Note::FullOrder { device: NAME, reason: refused.reason() });
        sequence.prepared = Some(Box::new(Recorded { graph, frees: self.frees, _functions: functions }));
        Ok(sequence)
    }

    /// Starts a sequence, as a graph if there is one.
    pub(super) fn replay_graph(&mut self, sequence: &mut Sequence) -> Result<(), Error> {
        let mut prepared = sequence.prepared.take();
        let result = match prepared.as_mut().and_then(|prepared| prepared.downcast_mut::<Recorded>()) {
            Some(recorded) => self.run(sequence, recorded),
            // It was recorded without a graph, or by another device: then the first launch says so.
            None => sequence.bindings.iter().try_for_each(|binding| self.launch(binding)).map(Ok),
        };
        let graph = prepared.is_some();
        sequence.prepared = prepared;
        let result = result?;
        if graph && let (Some(first), Some(last)) = (sequence.bindings.first(), sequence.bindings.last()) {
            self.pending.send(&first.kernel().name, sequence.bindings.len());
            return result.map_err(|error| self.failed(&last.kernel().name, error));
        }
        sequence.changed.clear();
        Ok(())
    }

    /// Brings a graph up to date with its sequence and starts it.
    fn run(&self, sequence: &mut Sequence, recorded: &mut Recorded) -> Result<Result<(), DriverError>, Error> {
        let Sequence { bindings, changed, .. } = sequence;
        // All launches are of one device: the graph was made from them. Is it this one?
        bindings.first().map(|binding| self.kernels.get(binding)).transpose()?;
        if recorded.frees != self.frees {
            bindings.iter().try_for_each(|binding| launch::values(binding, &self.buffers).map(drop))?;
            recorded.frees = self.frees;
        }
        if let Err(error) = self.context.bind_to_thread() {
            return Ok(Err(error));
        }
        while let Some(index) = changed.first().copied() {
            if let Err(error) = recorded.graph.set(index, self.prepare(&bindings[index])?) {
                return Ok(Err(error));
            }
            changed.remove(&index);
        }
        Ok(recorded.graph.run())
    }
}
