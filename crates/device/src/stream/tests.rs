//! The stream against a queue that models an accelerator at its least helpful.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::*;
use crate::buffer::Table;

/// A small generator of numbers.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

/// Whether two launches may not run at the same time.
pub(crate) fn conflicts<K: PartialEq>(one: &[(K, Mode)], other: &[(K, Mode)]) -> bool {
    one.iter().any(|a| other.iter().any(|b| a.0 == b.0 && (a.1 == Mode::Write || b.1 == Mode::Write)))
}

/// A launch of the model: each written buffer becomes a digest of everything the launch may read and of its own salt.
#[derive(Clone, Debug)]
struct Work {
    accesses: Vec<(Buffer, Mode)>,
    salt: u64,
}

type Memory = BTreeMap<String, u64>;

fn key(buffer: Buffer) -> String {
    format!("{buffer:?}")
}

fn run(memory: &mut Memory, work: &Work) {
    let value = |memory: &Memory, buffer| memory.get(&key(buffer)).copied().unwrap_or(0);
    let digest = work.accesses.iter().fold(work.salt, |digest, (buffer, _)| {
        (digest ^ value(memory, *buffer)).wrapping_mul(0x100_0000_01b3).rotate_left(17)
    });
    for (buffer, mode) in &work.accesses {
        if *mode == Mode::Write {
            memory.insert(key(*buffer), digest);
        }
    }
}

/// What the model does, shared with the test.
struct Model {
    memory: Memory,
    random: Random,
    /// Batches that were sent, oldest first; `None` once they have run.
    batches: Vec<Option<Vec<Vec<Work>>>>,
    sizes: Vec<usize>,
    barriers: usize,
    fail: Option<usize>,
}

impl Model {
    /// Runs the batches up to `number`: epochs in order, the launches of one epoch in any order.
    fn run_through(&mut self, number: usize) {
        for index in 0..=number {
            for mut epoch in self.batches[index].take().into_iter().flatten() {
                while !epoch.is_empty() {
                    let next = self.random.below(epoch.len() as u64) as usize;
                    run(&mut self.memory, &epoch.swap_remove(next));
                }
            }
        }
    }
}

struct Worst(Rc<RefCell<Model>>);

impl Queue for Worst {
    type Launch<'a> = &'a Work;
    type Open = Vec<Vec<Work>>;
    type Sent = usize;

    fn open(&mut self) -> Result<Self::Open, Error> {
        Ok(vec![vec![]])
    }

    fn barrier(&mut self, batch: &mut Self::Open) {
        self.0.borrow_mut().barriers += 1;
        batch.push(vec![]);
    }

    fn dispatch(&mut self, batch: &mut Self::Open, launch: &Work) {
        batch.last_mut().unwrap().push(launch.clone());
    }

    fn send(&mut self, batch: Self::Open) -> usize {
        let mut model = self.0.borrow_mut();
        let size = batch.iter().map(Vec::len).sum();
        model.sizes.push(size);
        model.batches.push(Some(batch));
        model.batches.len() - 1
    }

    /// Nothing runs before somebody waits, except now and then.
    fn is_done(&self, batch: &usize) -> bool {
        let mut model = self.0.borrow_mut();
        if model.random.below(3) == 0 {
            model.run_through(*batch);
        }
        model.batches[*batch].is_none()
    }

    fn wait(&self, batch: &usize) -> Result<(), (Cause, String)> {
        let mut model = self.0.borrow_mut();
        model.run_through(*batch);
        if model.fail == Some(*batch) { Err((Cause::Fault, "seeded".to_owned())) } else { Ok(()) }
    }
}

struct Setup {
    model: Rc<RefCell<Model>>,
    stream: Stream<Worst>,
    buffers: Vec<Buffer>,
}

impl Setup {
    fn new(seed: u64, buffers: usize) -> Setup {
        let model = Model {
            memory: Memory::new(),
            random: Random::new(seed + 1000),
            batches: vec![],
            sizes: vec![],
            barriers: 0,
            fail: None,
        };
        let model = Rc::new(RefCell::new(model));
        let mut table = Table::new(0);
        let buffers = (0..buffers).map(|_| table.insert(())).collect();
        Setup { stream: Stream::new(Worst(Rc::clone(&model))), model, buffers }
    }

    fn launch(&mut self, work: &Work) -> Result<(), Error> {
        self.stream.launch(&format!("k{}", work.salt), &work.accesses, work)
    }

    /// A launch that reads the first buffer, and writes the second if there is one.
    fn step(&mut self, salt: u64, buffers: &[usize]) -> Work {
        let accesses = buffers
            .iter()
            .enumerate()
            .map(|(index, buffer)| (self.buffers[*buffer], if index == 1 { Mode::Write } else { Mode::Read }))
            .collect();
        Work { accesses, salt }
    }
}

/// A launch of up to four buffers.
fn work(random: &mut Random, setup: &Setup, salt: u64) -> Work {
    let accesses = (0..1 + random.below(4))
        .map(|_| {
            let buffer = setup.buffers[random.below(setup.buffers.len() as u64) as usize];
            (buffer, if random.below(3) == 0 { Mode::Write } else { Mode::Read })
        })
        .collect();
    Work { accesses, salt }
}

/// Random launches, one by one and in batches of their own, uploads and downloads leave what the same things done one by one leave.
#[test]
fn any_order_that_the_barriers_allow_is_as_good_as_one_by_one() {
    let mut barriers = 0;
    let mut launches = 0;
    for seed in 0..300 {
        let mut random = Random::new(seed);
        let count = 2 + random.below(8) as usize;
        let mut setup = Setup::new(seed, count);
        let mut expected = Memory::new();
        for salt in 0..150 {
            let buffer = setup.buffers[random.below(count as u64) as usize];
            match random.below(20) {
                0 => {
                    setup.stream.wait_for(buffer).unwrap();
                    setup.model.borrow_mut().memory.insert(key(buffer), salt);
                    expected.insert(key(buffer), salt);
                }
                1 => {
                    setup.stream.sync().unwrap();
                    let model = setup.model.borrow();
                    assert_eq!(model.memory, expected, "seed {seed}");
                }
                2 => {
                    let works: Vec<Work> =
                        (0..1 + random.below(9)).map(|n| work(&mut random, &setup, salt + n)).collect();
                    let mut hazards = Hazards::new();
                    let encode = |queue: &mut Worst, batch: &mut Vec<Vec<Work>>| {
                        for work in &works {
                            if hazards.launch(&work.accesses) {
                                queue.barrier(batch);
                            }
                            queue.dispatch(batch, work);
                        }
                    };
                    setup.stream.whole(("first", "last"), works.len() as u32, encode).unwrap();
                    works.iter().for_each(|work| run(&mut expected, work));
                    launches += works.len();
                }
                _ => {
                    let work = work(&mut random, &setup, salt);
                    setup.launch(&work).unwrap();
                    run(&mut expected, &work);
                    launches += 1;
                }
            }
        }
        setup.stream.sync().unwrap();
        let model = setup.model.borrow();
        assert_eq!(model.memory, expected, "seed {seed}");
        barriers += model.barriers;
    }
    assert!(barriers > 1000 && barriers < launches, "{barriers} barriers for {launches} launches");
}

#[test]
fn batches_start_small_and_grow() {
    let mut setup = Setup::new(0, 2);
    for salt in 0..300 {
        let work = setup.step(salt, &[0, 1]);
        setup.launch(&work).unwrap();
    }
    assert_eq!(setup.model.borrow().sizes, [8, 16, 32, 64, 64, 64]);
    setup.stream.sync().unwrap();
    assert_eq!(setup.model.borrow().sizes, [8, 16, 32, 64, 64, 64, 52]);
    for salt in 0..9 {
        let work = setup.step(salt, &[0, 1]);
        setup.launch(&work).unwrap();
    }
    assert_eq!(setup.model.borrow().sizes[7..], [8], "small again after the accelerator ran dry");
}

#[test]
fn independent_launches_share_an_epoch() {
    let mut setup = Setup::new(0, 4);
    let steps = [[0, 1], [0, 2], [1, 3], [2, 3], [0, 1]];
    for (salt, step) in steps.iter().enumerate() {
        let work = setup.step(salt as u64, step);
        setup.launch(&work).unwrap();
    }
    assert!(setup.model.borrow().sizes.is_empty(), "one open batch");
    setup.stream.sync().unwrap();
    // Before the third (reads 1), before the fourth (writes 3 again); the last only meets the fourth, which is no
    // conflict.
    assert_eq!(setup.model.borrow().barriers, 2);
    assert_eq!(setup.model.borrow().sizes, [5], "one batch");
}

#[test]
fn an_upload_waits_only_for_launches_that_use_the_buffer() {
    let mut setup = Setup::new(0, 4);
    for salt in 0..10 {
        let work = setup.step(salt, if salt < 8 { &[0, 1] } else { &[2, 3] });
        setup.launch(&work).unwrap();
    }
    setup.stream.wait_for(setup.buffers[0]).unwrap();
    assert_eq!(setup.model.borrow().sizes, [8], "the open batch does not use the buffer and stays open");
    assert!(setup.model.borrow().batches[0].is_none(), "the first has run");
    setup.stream.wait_for(setup.buffers[2]).unwrap();
    assert_eq!(setup.model.borrow().sizes, [8, 2]);
    assert!(setup.model.borrow().batches[1].is_none());
}

/// A batch that was encoded elsewhere may use any buffer; it comes after what is encoded.
#[test]
fn an_upload_waits_for_whole_batches() {
    let mut setup = Setup::new(0, 2);
    let work = setup.step(0, &[0]);
    setup.launch(&work).unwrap();
    setup.stream.whole(("a", "b"), 2, |queue, batch| queue.dispatch(batch, &work)).unwrap();
    assert_eq!(setup.model.borrow().sizes, [1, 1], "both are sent");
    setup.launch(&work).unwrap();
    setup.stream.wait_for(setup.buffers[1]).unwrap();
    assert!(setup.model.borrow().batches[1].is_none(), "it has run");
    assert_eq!(setup.model.borrow().sizes, [1, 1], "what came after stays open");
    setup.stream.flush();
    assert_eq!(setup.model.borrow().sizes, [1, 1, 1]);
    setup.model.borrow_mut().fail = Some(3);
    setup.stream.whole(("a", "b"), 2, |queue, batch| queue.dispatch(batch, &work)).unwrap();
    let text =
        "2 launches, from kernel `a` to kernel `b`, failed: the accelerator met an address it cannot use: seeded";
    assert_eq!(setup.stream.sync().unwrap_err().to_string(), text);
    assert_eq!(setup.stream.whole(("a", "b"), 1, |_, _| {}).unwrap_err().to_string(), text);
}

#[test]
fn a_failure_is_reported_and_stays() {
    let mut setup = Setup::new(0, 2);
    setup.model.borrow_mut().fail = Some(0);
    for salt in 3..8 {
        let work = setup.step(salt, &[0, 1]);
        setup.launch(&work).unwrap();
    }
    let error = setup.stream.sync().unwrap_err();
    let text =
        "5 launches, from kernel `k3` to kernel `k7`, failed: the accelerator met an address it cannot use: seeded";
    assert_eq!(error.to_string(), text);
    let work = setup.step(9, &[0, 1]);
    assert_eq!(setup.launch(&work).unwrap_err().to_string(), text);
    assert_eq!(setup.stream.wait_for(setup.buffers[0]).unwrap_err().to_string(), text);
}

#[test]
fn a_forgotten_buffer_is_not_waited_for() {
    let mut setup = Setup::new(0, 2);
    let work = setup.step(0, &[0, 1]);
    setup.launch(&work).unwrap();
    setup.stream.forget(setup.buffers[1]);
    setup.stream.wait_for(setup.buffers[1]).unwrap();
    assert!(setup.model.borrow().sizes.is_empty(), "the batch is still open");
    setup.stream.wait_for(setup.buffers[0]).unwrap();
    assert_eq!(setup.model.borrow().sizes, [1]);
}

/// Views become accesses as their manifest says, scalars become none.
#[test]
fn accesses_follow_the_manifest() {
    use bundle::manifest::{self, Dtype, Kernel, Layout, Own};

    use crate::program::{KernelHandle, LoadedKernel};
    use crate::{Cpu, Device, Usage};

    let view = |name: &str, access, own: &[Own]| {
        let (shape, own) = (vec![4], own.to_vec());
        let kind = ArgKind::View { dtype: Dtype::F32, shape, access, layout: Layout::RowMajor, own };
        manifest::Arg { name: name.to_owned(), kind }
    };
    let scalar = manifest::Arg { name: "n".to_owned(), kind: ArgKind::Scalar { dtype: Dtype::F32, bound: None } };
    let manifest = Kernel {
        name: "k".to_owned(),
        entry: "k".to_owned(),
        file: "k".to_owned(),
        tuning: BTreeMap::new(),
        grid: [1, 1, 1],
        block: [1, 1, 1],
        args: vec![
            view("x", Access::Read, &[]),
            scalar,
            view("y", Access::Write, &[Own::Whole]),
            view("w", Access::Weights, &[]),
        ],
        budgets: BTreeMap::new(),
        dependent: false,
        needs: vec![],
        push_constant_bytes: 0,
        parts: vec![],
        scratch_bytes: 0,
        host_reads: vec![],
        workgroups: None,
        lines: vec![],
    };
    let mut device = Cpu::new(Some(1)).unwrap();
    let [x, y] = [(); 2].map(|()| device.alloc(16, Usage::Data).unwrap());
    let w = device.alloc(16, Usage::Weights).unwrap();
    let kernel = LoadedKernel { handle: KernelHandle { device: 0, index: 0 }, manifest: manifest.into() };
    let args = [Arg::Buffer(x), Arg::F32(1.0), Arg::Buffer(y), Arg::Buffer(w)];
    let binding = Binding::new(&device, &kernel, &args).unwrap();
    let mut accesses = vec![(w, Mode::Write)];
    accesses_of(&binding, &mut accesses);
    assert_eq!(accesses, [(x, Mode::Read), (y, Mode::Write), (w, Mode::Read)]);
}
