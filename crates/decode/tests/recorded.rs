//! The engine records the launches of a token once and runs them again and again: what reaches the device, and that the
//! tokens are those of launches one by one.
mod common;

use std::sync::{Arc, Mutex};

use bundle::Bundle;
use bundle::manifest::Dtype;
use common::suite::{self, Types};
use common::tiny;
use decode::{Architecture, Engine, Launching, Model, open_device};
use device::{Arg, Binding, Buffer, BufferInfo, Device, Error, Judge, Program, Sequence, Usage};

const F32: Types = Types { norm: Dtype::F32, cache: Dtype::F32 };

/// What reached the device.
#[derive(Clone, Debug, PartialEq)]
enum Call {
    Upload(u64),
    Download(u64),
    Launch,
    /// So many launches.
    Record(usize),
    /// So many launches, and the 32-bit scalars among their arguments.
    Replay(usize, Vec<u32>),
}

/// The `cpu` device, with a list of calls.
struct Listening {
    inner: Box<dyn Device>,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Listening {
    fn note(&self, call: Call) {
        self.calls.lock().unwrap().push(call);
    }
}

impl Device for Listening {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn judge(&self) -> Judge {
        self.inner.judge()
    }

    fn alloc(&mut self, bytes: u64, usage: Usage) -> Result<Buffer, Error> {
        self.inner.alloc(bytes, usage)
    }

    fn free(&mut self, buffer: Buffer) -> Result<(), Error> {
        self.inner.free(buffer)
    }

    fn info(&self, buffer: Buffer) -> Result<BufferInfo, Error> {
        self.inner.info(buffer)
    }

    fn upload(&mut self, buffer: Buffer, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        self.note(Call::Upload(bytes.len() as u64));
        self.inner.upload(buffer, offset, bytes)
    }

    fn download(&mut self, buffer: Buffer, offset: u64, bytes: &mut [u8]) -> Result<(), Error> {
        self.note(Call::Download(bytes.len() as u64));
        self.inner.download(buffer, offset, bytes)
    }

    fn load(&mut self, bundle: &Bundle) -> Result<Program, Error> {
        self.inner.load(bundle)
    }

    fn launch(&mut self, binding: &Binding) -> Result<(), Error> {
        self.note(Call::Launch);
        self.inner.launch(binding)
    }

    fn sync(&mut self) -> Result<(), Error> {
        self.inner.sync()
    }

    fn record(&mut self, bindings: &[&Binding]) -> Result<Sequence, Error> {
        self.note(Call::Record(bindings.len()));
        self.inner.record(bindings)
    }

    fn replay(&mut self, sequence: &mut Sequence) -> Result<(), Error> {
        let scalar = |arg: &Arg| match *arg {
            Arg::U32(value) => Some(value),
            Arg::Buffer(_) | Arg::F32(_) | Arg::U64(_) => None,
        };
        let scalars = sequence.bindings().iter().flat_map(|binding| binding.args()).filter_map(scalar).collect();
        self.note(Call::Replay(sequence.bindings().len(), scalars));
        self.inner.replay(sequence)
    }
}

struct Setup {
    engine: Engine,
    calls: Arc<Mutex<Vec<Call>>>,
    _dir: tempfile::TempDir,
}

impl Setup {
    fn new(model: &Model) -> Setup {
        let dir = tempfile::tempdir().unwrap();
        let bundle = suite::bundle(dir.path(), model.config(), 64, F32, |_| {});
        let calls = Arc::default();
        let device = Listening { inner: open_device("cpu", Some(2)).unwrap(), calls: Arc::clone(&calls) };
        let engine = Engine::new(Box::new(device), &bundle, model).unwrap();
        calls.lock().unwrap().clear();
        Setup { engine, calls, _dir: dir }
    }

    fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    fn greedy(&mut self, first: u32, count: usize) -> Vec<u32> {
        let mut tokens = vec![first];
        for _ in 0..count {
            tokens.push(self.engine.next(*tokens.last().unwrap()).unwrap());
        }
        tokens.split_off(1)
    }
}

fn tiny_model() -> (tempfile::TempDir, Model) {
    let dir = tempfile::tempdir().unwrap();
    tiny::write_folder(dir.path(), &tiny::config(Architecture::Llama, true), safetensors::Dtype::BF16, 2);
    let model = Model::open(dir.path()).unwrap();
    (dir, model)
}

#[test]
fn same_tokens_both_ways() {
    let (_dir, tiny) = tiny_model();
    for model in [tiny, Model::synthetic("synthetic:qwen2-reduced").unwrap()] {
        let mut setup = Setup::new(&model);
        let mut runs = Vec::new();
        // Sequences that are already recorded give the same after launches one by one.
        for launching in [Launching::Recorded, Launching::OneByOne, Launching::Recorded] {
            setup.engine.set_launching(launching);
            setup.engine.reset();
            setup.engine.feed(3).unwrap();
            setup.engine.feed(90).unwrap();
            let mut tokens = setup.greedy(17, 25);
            // The other way to a token, in the middle of a text.
            let logits = setup.engine.next_logits(*tokens.last().unwrap()).unwrap();
            tokens.push(setup.engine.argmax().unwrap());
            tokens.extend(setup.greedy(tokens[25], 25));
            runs.push((tokens, logits));
        }
        assert!(runs.iter().all(|run| *run == runs[0]), "{runs:?}");
        let distinct: std::collections::BTreeSet<u32> = runs[0].0.iter().copied().collect();
        assert!(distinct.len() > 5, "tokens that say little: {:?}", runs[0].0);
        assert_eq!(setup.engine.notes(), []);
    }
}

#[test]
fn recorded_once_with_a_new_position_each_time() {
    let (_dir, model) = tiny_model();
    let mut setup = Setup::new(&model);
    let (launches, layers) = (setup.engine.plan().launches_per_token(), model.config().layers as usize);
    setup.greedy(5, 4);
    let calls = setup.calls();
    // The keys and values, two rotations and attention take the position.
    let replay = |position| Call::Replay(launches, vec![position; layers * 4]);
    let back = [Call::Download(4), Call::Download(4)];
    let first = [Call::Upload(4), Call::Record(launches), replay(0)];
    // The token that the device picked is not brought there again.
    let expected = [&first[..], &back, &[replay(1)], &back, &[replay(2)], &back, &[replay(3)], &back].concat();
    assert_eq!(calls, expected);

    // Another token than the device's is; so is the same one after another run has written over it.
    setup.engine.next(9).unwrap();
    assert_eq!(setup.calls()[..2], [Call::Upload(4), replay(4)]);
    setup.engine.next_logits(11).unwrap();
    assert_eq!(setup.calls()[0], Call::Upload(4));
    setup.engine.next(11).unwrap();
    assert_ne!(setup.calls()[0], Call::Upload(4), "logits leave the token as it is");
    setup.engine.reset();
    setup.engine.feed(2).unwrap();
    let step = setup.engine.plan().step.len();
    let feed = Call::Replay(step, vec![0; layers * 4]);
    assert_eq!(setup.calls(), [Call::Upload(4), Call::Record(step), feed]);
}

#[test]
fn one_by_one_records_nothing() {
    let (_dir, model) = tiny_model();
    let mut setup = Setup::new(&model);
    setup.engine.set_launching(Launching::OneByOne);
    setup.greedy(5, 3);
    let calls = setup.calls();
    let launches = setup.engine.plan().launches_per_token();
    assert_eq!(calls.iter().filter(|call| **call == Call::Launch).count(), 3 * launches);
    assert!(calls.iter().all(|call| matches!(call, Call::Upload(_) | Call::Download(_) | Call::Launch)), "{calls:?}");
}
