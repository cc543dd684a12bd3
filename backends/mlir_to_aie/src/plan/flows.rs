//! FIFOs: which transfer goes through which, and how large their objects are.
//!
//! A core has two channels each way. What comes in is either much, in objects that are chosen for it, or a few words. What comes in
//! is filled up to whole objects; what goes out cannot be, so that its objects divide all that goes through their FIFO, and there
//! is one FIFO of single words.

use super::transfer::Transfer;
use crate::limits::{FEW_WORDS, IN_WORDS, OUT_WORDS};

/// A FIFO of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Flow {
    /// In: much at once.
    Stream,
    /// In: a few words.
    Few,
    /// Out: as many words as always.
    Out,
    /// Out: single words.
    Single,
}

impl Flow {
    /// All of them, in the order of arguments.
    pub(crate) const ALL: [Flow; 4] = [Flow::Stream, Flow::Few, Flow::Out, Flow::Single];

    /// Name in designs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Flow::Stream => "stream",
            Flow::Few => "few",
            Flow::Out => "out",
            Flow::Single => "single",
        }
    }

    /// Whether the worker takes from it.
    pub(crate) const fn comes_in(self) -> bool {
        match self {
            Flow::Stream | Flow::Few => true,
            Flow::Out | Flow::Single => false,
        }
    }
}

/// Words of an object of each FIFO, those that nothing goes through left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flows(Vec<(Flow, u64)>);

impl Flows {
    /// Those that there are, with the words of their objects.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Flow, u64)> + '_ {
        self.0.iter().copied()
    }

    /// Words of an object.
    pub(crate) fn words(&self, flow: Flow) -> u64 {
        self.iter().find(|(own, _)| *own == flow).map_or(1, |(_, words)| words)
    }
}

/// What taking an object costs, in words that could be moved meanwhile.
const OBJECT: u64 = 128;

/// Gives every transfer its FIFO, and objects their sizes. On entry transfers have one of the right direction.
pub(super) fn choose(transfers: &mut [Transfer]) -> Flows {
    for transfer in transfers.iter_mut() {
        if transfer.flow.comes_in() {
            transfer.flow = if transfer.most_words() > 4 * FEW_WORDS { Flow::Stream } else { Flow::Few };
        }
    }
    let stream: Vec<u64> = transfers.iter().filter(|one| one.flow == Flow::Stream).map(Transfer::most_words).collect();
    let cost = |words: u64| stream.iter().map(|all| all.div_ceil(words) * (words + OBJECT)).sum::<u64>();
    let sizes = (FEW_WORDS..=IN_WORDS).step_by(FEW_WORDS as usize);
    let best = sizes.min_by_key(|&words| (cost(words), words)).unwrap_or(FEW_WORDS);

    let fixed = |one: &Transfer| one.fixed_words().filter(|_| !one.flow.comes_in());
    let most = transfers.iter().filter_map(fixed).max().unwrap_or(0);
    // A few words are not worth smaller objects for all others.
    let few = |words: u64| words < FEW_WORDS && most >= 4 * FEW_WORDS;
    let divisor = transfers.iter().filter_map(fixed).filter(|words| !few(*words)).fold(0, gcd);
    let out = (1..=OUT_WORDS).rev().find(|words| divisor.is_multiple_of(*words)).unwrap_or(1);
    for transfer in transfers.iter_mut() {
        if !transfer.flow.comes_in() {
            let right = transfer.fixed_words().is_some_and(|words| words.is_multiple_of(out));
            transfer.flow = if right { Flow::Out } else { Flow::Single };
        }
    }
    let size = |flow| match flow {
        Flow::Stream => best,
        Flow::Few => FEW_WORDS,
        Flow::Out => out,
        Flow::Single => 1,
    };
    let used = Flow::ALL.into_iter().filter(|flow| transfers.iter().any(|transfer| transfer.flow == *flow));
    Flows(used.map(|flow| (flow, size(flow))).collect())
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
