//! Graphs on a driver that only writes down what it is told.

use std::cell::RefCell;
use std::ptr::null_mut;
use std::rc::Rc;

use cudarc::driver::sys::CUresult;

use super::*;

/// A call: values stand for the launch.
#[derive(Clone, Debug, PartialEq)]
enum Call {
    Add(usize, u64, Option<(usize, Edge)>),
    Finish,
    Set(usize, u64),
    Run(Vec<u64>),
    Drop,
}

/// What the driver refuses.
#[derive(Clone, Copy, PartialEq)]
enum Refuses {
    Nothing,
    EarlyEdges,
    FinishingEarlyEdges,
    Everything,
    Setting,
}

struct Fake {
    calls: Rc<RefCell<Vec<Call>>>,
    refuses: Refuses,
    values: Vec<u64>,
    early: bool,
}

const NO: DriverError = DriverError(CUresult::CUDA_ERROR_NOT_SUPPORTED);

impl Maker for Fake {
    type Node = usize;

    fn add(&mut self, launch: &mut Launch, after: Option<(usize, Edge)>) -> Result<usize, DriverError> {
        let early = matches!(after, Some((_, Edge::Early)));
        if self.refuses == Refuses::Everything || early && self.refuses == Refuses::EarlyEdges {
            return Err(NO);
        }
        self.early |= early;
        let node = self.values.len();
        self.calls.borrow_mut().push(Call::Add(node, launch.values[0], after));
        self.values.push(launch.values[0]);
        Ok(node)
    }

    fn finish(&mut self) -> Result<(), DriverError> {
        if self.early && self.refuses == Refuses::FinishingEarlyEdges {
            return Err(NO);
        }
        self.calls.borrow_mut().push(Call::Finish);
        Ok(())
    }

    fn set(&mut self, node: usize, launch: &mut Launch) -> Result<(), DriverError> {
        if self.refuses == Refuses::Setting {
            return Err(NO);
        }
        self.values[node] = launch.values[0];
        self.calls.borrow_mut().push(Call::Set(node, launch.values[0]));
        Ok(())
    }

    fn run(&mut self) -> Result<(), DriverError> {
        self.calls.borrow_mut().push(Call::Run(self.values.clone()));
        Ok(())
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.calls.borrow_mut().push(Call::Drop);
    }
}

fn launch(value: u64, dependent: bool) -> Launch {
    Launch { function: null_mut(), grid: [1; 3], block: [32, 1, 1], dynamic_shared: 0, dependent, values: vec![value] }
}

type Made = Result<(Graph<Fake>, Option<Refused>), DriverError>;

fn record(launches: &[(u64, bool)], support: Support, refuses: Refuses) -> (Rc<RefCell<Vec<Call>>>, Made) {
    let calls = Rc::new(RefCell::new(Vec::new()));
    let launches = launches.iter().map(|&(value, dependent)| launch(value, dependent)).collect();
    let make = || Ok(Fake { calls: Rc::clone(&calls), refuses, values: Vec::new(), early: false });
    let made = Graph::record(make, launches, support);
    (calls, made)
}

/// The first launch has nothing in front; of the others, those that wait by themselves start early.
const MIXED: [(u64, bool); 5] = [(10, true), (11, true), (12, false), (13, true), (14, true)];

fn chain(edges: [Edge; 4]) -> Vec<Call> {
    let after = |i: usize| i.checked_sub(1).map(|before| (before, edges[before]));
    let adds = MIXED.iter().enumerate().map(|(i, &(value, _))| Call::Add(i, value, after(i)));
    adds.chain([Call::Finish]).collect()
}

#[test]
fn a_chain_in_order_with_early_starts() {
    let (calls, made) = record(&MIXED, Support::Early, Refuses::Nothing);
    assert_eq!(made.unwrap().1, None);
    let edges = [Edge::Early, Edge::Full, Edge::Early, Edge::Early];
    assert_eq!(*calls.borrow(), [chain(edges), vec![Call::Drop]].concat());
}

#[test]
fn refused_early_starts_fall_back_to_full_order_and_say_so() {
    for (support, refuses, expected) in [
        (Support::Early, Refuses::EarlyEdges, Refused::Driver(NO)),
        (Support::Early, Refuses::FinishingEarlyEdges, Refused::Driver(NO)),
        (Support::Full, Refuses::Nothing, Refused::Old),
    ] {
        let (calls, made) = record(&MIXED, support, refuses);
        let (graph, refused) = made.unwrap();
        assert_eq!(refused, Some(expected));
        let calls = calls.borrow();
        // What was begun is dropped before the plain chain is made, whole.
        let begun = calls.iter().position(|call| *call == Call::Drop).map_or(0, |at| at + 1);
        assert_eq!(begun > 0, support == Support::Early);
        assert_eq!(calls[begun..], chain([Edge::Full; 4]));
        drop(calls);
        drop(graph);
    }
}

#[test]
fn nothing_is_refused_where_nothing_is_wanted() {
    for launches in [&[(1, false), (2, false)][..], &[(1, true)], &[(1, true), (2, false)]] {
        for support in [Support::Full, Support::Early] {
            let (_, made) = record(launches, support, Refuses::EarlyEdges);
            assert_eq!(made.unwrap().1, None, "{launches:?}");
        }
    }
}

#[test]
fn what_is_refused_without_early_starts_is_an_error() {
    let (calls, made) = record(&MIXED, Support::Early, Refuses::Everything);
    assert_eq!(made.err(), Some(NO));
    assert_eq!(*calls.borrow(), [Call::Drop, Call::Drop]);
}

#[test]
fn only_changed_launches_are_set() {
    let (calls, made) = record(&MIXED, Support::Early, Refuses::Nothing);
    let (mut graph, _) = made.unwrap();
    calls.borrow_mut().clear();
    graph.run().unwrap();
    graph.set(1, launch(21, true)).unwrap();
    graph.set(1, launch(21, true)).unwrap();
    graph.set(3, launch(13, true)).unwrap();
    graph.run().unwrap();
    graph.run().unwrap();
    graph.set(1, launch(11, true)).unwrap();
    graph.run().unwrap();
    let run = |second| Call::Run(vec![10, second, 12, 13, 14]);
    let expected = [run(11), Call::Set(1, 21), run(21), run(21), Call::Set(1, 11), run(11)];
    assert_eq!(*calls.borrow(), expected);
}

#[test]
fn a_change_that_failed_is_tried_again() {
    let (calls, made) = record(&MIXED, Support::Early, Refuses::Setting);
    let (mut graph, _) = made.unwrap();
    assert_eq!(graph.set(1, launch(21, true)), Err(NO));
    graph.maker.refuses = Refuses::Nothing;
    graph.set(1, launch(21, true)).unwrap();
    assert_eq!(calls.borrow().last(), Some(&Call::Set(1, 21)));
}

#[test]
fn drivers_by_version() {
    let cases = [
        (None, Support::None),
        (Some(11080), Support::None),
        (Some(12000), Support::Full),
        (Some(12020), Support::Full),
    ];
    for (version, support) in cases.into_iter().chain([(Some(12030), Support::Early), (Some(13000), Support::Early)]) {
        assert_eq!(Support::of_driver(version), support, "{version:?}");
    }
}
