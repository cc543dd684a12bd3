//! Steps that run ahead of the host: the same text as when every token is waited for, on a device whose tokens arrive late.
mod common;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use bundle::Bundle;
use bundle::manifest::Dtype;
use common::suite::{self, Types};
use common::tiny;
use decode::{Architecture, Engine, Error as DecodeError, Launching, Model, Options, generate, open_device};
use device::{Binding, Buffer, BufferInfo, Choice, Chosen, Device, Error, Judge, Program, Sequence, Usage};

const TYPES: Types = Types { norm: Dtype::F32, cache: Dtype::F32 };
const CAPACITY: u64 = 48;

/// What reached the device.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Call {
    Step,
    Upload,
    Ask(u64),
    Wait(u64),
}

#[derive(Default)]
struct Log {
    calls: Vec<Call>,
    /// Values of this choice are NaN.
    damaged: Option<u64>,
}

/// The `cpu` device, whose choices are told only when they are waited for.
struct Late {
    inner: Box<dyn Device>,
    log: Arc<Mutex<Log>>,
    asked: u64,
    under_way: BTreeMap<u64, Chosen>,
}

impl Device for Late {
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
        self.log.lock().unwrap().calls.push(Call::Upload);
        self.inner.upload(buffer, offset, bytes)
    }

    fn download(&mut self, buffer: Buffer, offset: u64, bytes: &mut [u8]) -> Result<(), Error> {
        self.inner.download(buffer, offset, bytes)
    }

    fn load(&mut self, bundle: &Bundle) -> Result<Program, Error> {
        self.inner.load(bundle)
    }

    fn launch(&mut self, binding: &Binding) -> Result<(), Error> {
        self.inner.launch(binding)
    }

    fn sync(&mut self) -> Result<(), Error> {
        self.inner.sync()
    }

    fn record(&mut self, bindings: &[&Binding]) -> Result<Sequence, Error> {
        self.inner.record(bindings)
    }

    fn replay(&mut self, sequence: &mut Sequence) -> Result<(), Error> {
        self.log.lock().unwrap().calls.push(Call::Step);
        self.inner.replay(sequence)
    }

    fn choose(&mut self, index: Buffer, values: Buffer) -> Result<Choice, Error> {
        let choice = self.inner.choose(index, values)?;
        let mut chosen = self.inner.chosen(choice)?;
        let mut log = self.log.lock().unwrap();
        log.calls.push(Call::Ask(self.asked));
        if log.damaged == Some(self.asked) {
            chosen.value = f32::NAN;
        }
        self.under_way.insert(self.asked, chosen);
        self.asked += 1;
        Ok(Choice::Pending(Box::new(self.asked - 1)))
    }

    fn chosen(&mut self, choice: Choice) -> Result<Chosen, Error> {
        let Choice::Pending(number) = choice else { return Err(Error::ForeignChoice) };
        let number = *number.downcast::<u64>().map_err(|_| Error::ForeignChoice)?;
        self.log.lock().unwrap().calls.push(Call::Wait(number));
        self.under_way.remove(&number).ok_or(Error::ForeignChoice)
    }
}

struct Setup {
    engine: Engine,
    model: Model,
    log: Arc<Mutex<Log>>,
    _dirs: [tempfile::TempDir; 2],
}

impl Setup {
    fn new() -> Setup {
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let config = tiny::config(Architecture::Llama, true);
        tiny::write_folder(dirs[0].path(), &config, safetensors::Dtype::BF16, 2);
        let model = Model::open(dirs[0].path()).unwrap();
        let bundle = suite::bundle(dirs[1].path(), model.config(), CAPACITY, TYPES, |_| {});
        let log: Arc<Mutex<Log>> = Arc::default();
        let inner = open_device("cpu", Some(2)).unwrap();
        let device = Late { inner, log: Arc::clone(&log), asked: 0, under_way: BTreeMap::new() };
        let engine = Engine::new(Box::new(device), &bundle, &model).unwrap();
        log.lock().unwrap().calls.clear();
        Setup { engine, model, log, _dirs: dirs }
    }

    fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.log.lock().unwrap().calls)
    }

    /// So many tokens after `first`, at most `stop` of them.
    fn greedy(&mut self, first: u32, count: u64, ahead: u64, stop: usize) -> Vec<u32> {
        let mut tokens = Vec::new();
        let each = &mut |token| {
            tokens.push(token);
            if tokens.len() == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        self.engine.greedy(first, count, ahead, each).unwrap();
        tokens
    }
}

#[test]
fn the_same_text_however_far_ahead() {
    let mut setup = Setup::new();
    let mut expected = vec![17];
    for _ in 0..30 {
        expected.push(setup.engine.next(*expected.last().unwrap()).unwrap());
    }
    let expected = expected.split_off(1);
    let distinct: std::collections::BTreeSet<u32> = expected.iter().copied().collect();
    assert!(distinct.len() > 5, "tokens that say little: {expected:?}");
    for launching in [Launching::Recorded, Launching::OneByOne] {
        setup.engine.set_launching(launching);
        for ahead in [0, 1, 2, 5, 100] {
            setup.engine.reset();
            assert_eq!(setup.greedy(17, 30, ahead, usize::MAX), expected, "{launching:?}, {ahead} ahead");
            assert_eq!(setup.engine.position(), 30);
        }
    }
}

#[test]
fn steps_are_sent_before_tokens_are_waited_for() {
    use Call::{Ask, Step, Upload, Wait};
    let mut setup = Setup::new();
    setup.greedy(5, 4, 1, usize::MAX);
    let started = [Upload, Step, Ask(0), Step, Ask(1), Wait(0)];
    // No step beyond the last token wanted.
    let rest = [Step, Ask(2), Wait(1), Step, Ask(3), Wait(2), Wait(3)];
    assert_eq!(setup.calls(), [&started[..], &rest].concat());
    setup.greedy(9, 2, 0, usize::MAX);
    assert_eq!(setup.calls(), [Upload, Step, Ask(4), Wait(4), Step, Ask(5), Wait(5)]);
    setup.greedy(9, 0, 2, usize::MAX);
    assert_eq!(setup.calls(), []);
}

#[test]
fn a_text_that_ends_early_forgets_what_ran_for_nothing() {
    let mut setup = Setup::new();
    let whole = setup.greedy(17, 20, 0, usize::MAX);
    for ahead in [0, 1, 2, 7] {
        for stop in [1, 2, 9] {
            setup.engine.reset();
            setup.calls();
            assert_eq!(setup.greedy(17, 20, ahead, stop), whole[..stop], "{ahead} ahead");
            assert_eq!(setup.engine.position(), stop as u64);
            let calls = setup.calls();
            let steps = calls.iter().filter(|call| **call == Call::Step).count();
            assert_eq!(steps, (stop + ahead as usize).min(20), "{calls:?}");
            let waits = calls.iter().filter(|call| matches!(call, Call::Wait(_))).count();
            assert_eq!(waits, steps, "what was sent has ended: {calls:?}");
            // The text goes on as if nothing had been run for nothing.
            assert_eq!(setup.greedy(whole[stop - 1], 20 - stop as u64, ahead, usize::MAX), whole[stop..]);
            // And another one does not see it: the token is brought to the device again.
            setup.engine.reset();
            assert_eq!(setup.engine.next(17).unwrap(), whole[0]);
        }
    }
}

#[test]
fn a_text_longer_than_the_cache_is_refused_before_it_runs() {
    let mut setup = Setup::new();
    let error = setup.engine.greedy(17, CAPACITY + 1, 2, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(
        matches!(error, DecodeError::CacheFull { needed, capacity: CAPACITY } if needed == CAPACITY + 1),
        "{error}"
    );
    assert_eq!(setup.calls(), []);
    assert_eq!(setup.greedy(17, CAPACITY, 3, usize::MAX).len(), CAPACITY as usize);
}

#[test]
fn a_value_that_is_no_number_ends_the_text_where_it_is() {
    for damaged in [0, 3, 9] {
        let mut setup = Setup::new();
        setup.log.lock().unwrap().damaged = Some(damaged);
        let mut told = 0;
        let error = setup.engine.greedy(17, 10, 2, &mut |_| {
            told += 1;
            ControlFlow::Continue(())
        });
        assert!(matches!(error.unwrap_err(), DecodeError::NotFinite { position } if position == damaged));
        assert_eq!((told, setup.engine.position()), (damaged, damaged));
    }
}

#[test]
fn generated_text_stops_at_a_stop_token_seen_late() {
    let mut setup = Setup::new();
    let prompt = setup.model.tokenizer().encode("hello w").unwrap();
    let options = Options { max_tokens: 24, ..Options::default() };
    let mut shown = String::new();
    let tokenizer = setup.model.tokenizer();
    let made = generate(&mut setup.engine, tokenizer, &prompt, &options, &mut |piece| shown += piece).unwrap();
    assert_eq!(shown, made.text);
    // With logits every token is waited for.
    let waiting = Options { top: 1, ..options };
    let same = generate(&mut setup.engine, tokenizer, &prompt, &waiting, &mut |_| {}).unwrap();
    assert_eq!((&made.tokens, &made.text, made.bytes_per_token), (&same.tokens, &same.text, same.bytes_per_token));
    assert_eq!(same.steps.len(), made.tokens.len());
}
