//! Where things are in a core's memory: local buffers as they were placed, then the variables that outlive a function, then words that
//! copies share with others.

use std::collections::BTreeMap;

use emit::{Namer, words};
use emit_dma::c_type;
use lower_dma::ir::{Scalar, Var};
use tile_ir::ParamKind;

use crate::limits::{DEPTH, STACK_BYTES, TARGET, WORD};
use crate::plan::Plan;

/// The memory of a core, in words.
pub(super) struct Layout {
    /// Where variables are that outlive a function.
    pub(super) kept: u64,
    /// Where shared words are.
    pub(super) edges: u64,
    /// All of it.
    pub(super) words: u64,
    /// Fields of the variables: type and name, in order.
    pub(super) fields: Vec<(&'static str, String)>,
    /// How each of them is named in a function.
    pub(super) names: BTreeMap<Var, String>,
    /// By parameter, the word among the numbers that the sequence hands over; word 0 is the number of the core.
    pub(super) numbers: BTreeMap<usize, u64>,
    /// Words of computed numbers of turns.
    pub(super) turns: u64,
    /// Bytes of FIFOs.
    objects: u64,
}

impl Layout {
    pub(super) fn new(plan: &Plan) -> Layout {
        let kernel = &plan.kernel;
        let mut namer = Namer::new(&[words::CPP]);
        let (mut fields, mut names, mut bytes) = (Vec::new(), BTreeMap::new(), 0);
        // Wide ones first, so that nothing is between them.
        for (scalar, size) in [(Scalar::I64, 8), (Scalar::F32, 4), (Scalar::I32, 4), (Scalar::Bool, 1)] {
            for var in plan.kept.iter().filter(|var| kernel.var(**var).scalar == scalar) {
                let name = namer.name(&kernel.var(*var).name);
                names.insert(*var, format!("kept.{name}"));
                fields.push((c_type(scalar), name));
                bytes += size;
            }
        }
        let kept = TARGET.used(kernel).next_multiple_of(8) / WORD;
        let edges = kept + u64::next_multiple_of(bytes, 8) / WORD;
        let scalars = kernel.params.iter().enumerate().filter(|(_, param)| matches!(param.kind, ParamKind::Scalar(_)));
        let numbers = scalars.enumerate().map(|(at, (param, _))| (param, at as u64 + 1)).collect();
        let objects = plan.flows.iter().map(|(_, words)| DEPTH * words * WORD).sum();
        let words = (edges + 2 * plan.edge_rows).max(1);
        Layout { kept, edges, words, fields, names, numbers, turns: plan.turns as u64, objects }
    }

    /// Words of the numbers that the sequence hands over, with the core's.
    pub(super) fn number_words(&self) -> u64 {
        self.numbers.len() as u64 + 1
    }

    /// Bytes of data memory that a core needs in all.
    pub(super) fn bytes(&self) -> u64 {
        STACK_BYTES + self.objects + WORD * (self.words + self.number_words() + self.turns.max(1))
    }
}
