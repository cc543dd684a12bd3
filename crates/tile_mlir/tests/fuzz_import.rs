//! Mutated texts: whatever the importer is given, the tool answers.
//!
//! A child process imports one mutated text after the other, and notes each before it tries it. If it panics, that is a
//! failure. If MLIR crashes, which no pre-check can wholly rule out, the tool's own way for such files must answer
//! instead ([`isolated::import`]), and the child goes on behind that text. `TENFOLD_FUZZ_SECONDS` sets the time (5 by
//! default), `TENFOLD_FUZZ_SEED` other mutations; `TENFOLD_FUZZ_KEEP` names a folder for texts that crash MLIR.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use tile_ir::testing::Rng;
use tile_mlir::isolated;
use tile_mlir::{Options, import, import_with};

const CHILD: &str = "TENFOLD_FUZZ_CHILD";
const FIRST: &str = "TENFOLD_FUZZ_FIRST";
const WORKER: &str = "TENFOLD_FUZZ_WORKER";

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn this_test(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.args([name, "--exact", "--nocapture", "--test-threads=1"]);
    command
}

#[test]
fn mutated_texts_get_an_answer() {
    let seconds = number("TENFOLD_FUZZ_SECONDS", 5);
    if let Some(folder) = std::env::var_os(CHILD) {
        return child(Path::new(&folder), Duration::from_secs(seconds), number(FIRST, 0));
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fuzz_import");
    std::fs::create_dir_all(&folder).expect("a folder");
    let deadline = Instant::now() + Duration::from_secs(seconds);
    let mut first = 0;
    let mut crashes = 0;
    while let Some(left) = deadline.checked_duration_since(Instant::now()) {
        let mut process = this_test("mutated_texts_get_an_answer");
        process.env(CHILD, &folder).env(FIRST, first.to_string());
        process.env("TENFOLD_FUZZ_SECONDS", left.as_secs().max(1).to_string());
        let mut process = process.spawn().expect("a child");
        let status = wait(&mut process, deadline + Duration::from_secs(60), &folder);
        if status.success() {
            break;
        }
        // Panics of ours end with an exit status, crashes of MLIR with a signal.
        assert_eq!(status.code(), None, "see {}", folder.join("input.mlir").display());
        let text = std::fs::read_to_string(folder.join("input.mlir")).expect("a note");
        let number = std::fs::read_to_string(folder.join("number")).expect("a note");
        for simplify in [false, true] {
            if let Err(errors) = isolated::import(worker(), &text, "fuzz.mlir", Options { simplify }) {
                assert!(!errors.is_empty());
            }
        }
        if let Some(keep) = std::env::var_os("TENFOLD_FUZZ_KEEP") {
            std::fs::write(Path::new(&keep).join(format!("{number}.mlir")), &text).expect("a file");
        }
        first = number.trim().parse::<u64>().expect("a number") + 1;
        crashes += 1;
    }
    println!("{crashes} crashes of MLIR, all contained");
}

fn wait(process: &mut Child, deadline: Instant, folder: &Path) -> ExitStatus {
    loop {
        if let Some(status) = process.try_wait().expect("a status") {
            return status;
        }
        if Instant::now() > deadline {
            process.kill().expect("a running child");
            panic!("no answer within a minute: see {}", folder.join("input.mlir").display());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn child(folder: &Path, budget: Duration, first: u64) {
    let samples = common::samples();
    let seed = number("TENFOLD_FUZZ_SEED", 1);
    let started = Instant::now();
    let (mut accepted, mut refused) = (0, 0);
    let mut number = first;
    while started.elapsed() < budget {
        let mut rng = Rng::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ number);
        let (name, text) = &samples[rng.below(samples.len() as u64) as usize];
        let other = &samples[rng.below(samples.len() as u64) as usize].1;
        let mut bytes = text.clone().into_bytes();
        for _ in 0..=rng.below(4) {
            mutate(&mut bytes, other.as_bytes(), &mut rng);
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        std::fs::write(folder.join("input.mlir"), &text).expect("a note");
        std::fs::write(folder.join("number"), number.to_string()).expect("a note");
        number += 1;
        let simplify = rng.below(4) > 0;
        match import_with(&text, name, Options { simplify }) {
            // What is accepted can be printed, and what is printed is accepted.
            Ok(module) => {
                accepted += 1;
                let printed = tile_ir::print_module(&module).expect("imported modules are valid");
                if let Err(errors) = import(&printed, "printed.mlir") {
                    panic!("{}\n{printed}", errors[0]);
                }
            }
            Err(errors) => {
                refused += 1;
                assert!(!errors.is_empty());
                for error in errors {
                    let _ = error.report().to_string();
                }
            }
        }
    }
    println!("{accepted} accepted, {refused} refused");
}

fn mutate(bytes: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    if bytes.is_empty() {
        return;
    }
    let at = rng.below(bytes.len() as u64) as usize;
    match rng.below(10) {
        0 => bytes[at] ^= 1 << rng.below(8),
        1 => {
            bytes.remove(at);
        }
        2 => bytes.insert(at, rng.below(256) as u8),
        3 => {
            let token = token_at(bytes, at);
            bytes.drain(token);
        }
        4 => {
            let token = token_at(bytes, at);
            let copy = bytes[token.clone()].to_vec();
            bytes.splice(token.end..token.end, copy);
        }
        5 => {
            // Two tokens change places.
            let from = rng.below(bytes.len() as u64) as usize;
            let (a, b) = (token_at(bytes, at.min(from)), token_at(bytes, at.max(from)));
            if a.end <= b.start {
                let (left, right) = (bytes[a.clone()].to_vec(), bytes[b.clone()].to_vec());
                bytes.splice(b, left);
                bytes.splice(a, right);
            }
        }
        6 => {
            // A token of another sample.
            let token = token_at(bytes, at);
            let foreign = token_at(other, rng.below(other.len() as u64) as usize);
            bytes.splice(token, other[foreign].to_vec());
        }
        7 | 8 => {
            let digits: Vec<usize> = (0..bytes.len()).filter(|&i| bytes[i].is_ascii_digit()).collect();
            if let Some(&digit) = digits.get(rng.below(digits.len().max(1) as u64) as usize) {
                let numbers = [
                    "0",
                    "1",
                    "-1",
                    "2",
                    "3",
                    "7",
                    "16",
                    "255",
                    "65536",
                    "4294967296",
                    "9223372036854775807",
                    "18446744073709551616",
                    "?",
                ];
                let token = token_at(bytes, digit);
                bytes.splice(token, rng.pick(&numbers).bytes());
            }
        }
        _ => {
            // A line is dropped, doubled or replaced.
            let line = |bytes: &[u8], at: usize| {
                let start = bytes[..at].iter().rposition(|&b| b == b'\n').map_or(0, |newline| newline + 1);
                let end = bytes[at..].iter().position(|&b| b == b'\n').map_or(bytes.len(), |length| at + length + 1);
                start..end
            };
            let range = line(bytes, at);
            match rng.below(3) {
                0 => {
                    bytes.drain(range);
                }
                1 => {
                    let copy = bytes[range.clone()].to_vec();
                    bytes.splice(range.start..range.start, copy);
                }
                _ => {
                    let foreign = line(other, rng.below(other.len() as u64) as usize);
                    bytes.splice(range, other[foreign].to_vec());
                }
            }
        }
    }
}

/// The run of letters and digits at a place, or the one byte there.
fn token_at(bytes: &[u8], at: usize) -> std::ops::Range<usize> {
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'%' | b'@');
    if !bytes.get(at).is_some_and(is_word) {
        return at..(at + 1).min(bytes.len());
    }
    let start = bytes[..at].iter().rposition(|b| !is_word(b)).map_or(0, |before| before + 1);
    let end = bytes[at..].iter().position(|b| !is_word(b)).map_or(bytes.len(), |length| at + length);
    start..end
}

fn worker() -> Command {
    let mut command = this_test("a_worker_tries_first");
    command.env(WORKER, "1");
    command
}

#[test]
fn a_worker_tries_first() {
    if std::env::var_os(WORKER).is_some() {
        isolated::worker();
        return;
    }
    for (name, text) in common::samples() {
        let module = isolated::import(worker(), &text, &name, Options::default()).expect("a sample");
        assert!(module == import(&text, &name).expect("a sample"));
    }
    assert!(isolated::import(worker(), "func.func @f(", "f.mlir", Options::default()).is_err());
    // A worker that dies, and a process that is no worker.
    let mut dying = Command::new("sh");
    dying.args(["-c", "kill -SEGV $$"]);
    for (command, how) in [(dying, "signal: 11"), (Command::new("true"), "exit status: 0")] {
        let errors = isolated::import(command, "module {}", "m.mlir", Options::default()).expect_err("a crash");
        assert!(errors[0].problem.to_string().contains(how), "{}", errors[0]);
    }
}
