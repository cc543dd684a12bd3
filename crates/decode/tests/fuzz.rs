//! Mutated model files: whatever their bytes, opening and reading one returns, soon, and without allocating much more
//! than the file's size. Runs for `TENFOLD_FUZZ_SECONDS` seconds in all (default 5), from a fixed seed.
mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::tiny;
use decode::{Architecture, Config, Model, Tensor, gguf};
use safetensors::Dtype;

/// The system's allocator, which remembers the largest request.
struct Watched;

static LARGEST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        // SAFETY: as promised by our caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as promised by our caller.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LARGEST.fetch_max(size, Ordering::Relaxed);
        // SAFETY: as promised by our caller.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Watched = Watched;

/// Largest single allocation that reading a file of these may need: tables of the tokenizer included.
const MAX_ALLOCATION: usize = 8 << 20;
/// Longest that one file may take.
const MAX_TIME: Duration = Duration::from_secs(10);

/// xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// A number that breaks things.
    fn nasty(&mut self) -> u64 {
        let base = [0, 1, 2, 7, 8, 31, 32, 33, 255, 256, 65_535, 1 << 20, 1 << 31, 1 << 32, 1 << 62, 1 << 63, u64::MAX];
        let value: u64 = base[self.below(base.len())];
        match self.below(4) {
            0 => value.wrapping_sub(1),
            1 => value.wrapping_add(1),
            2 => self.next() >> self.below(64),
            _ => value,
        }
    }
}

/// Changes bytes somewhere in the first `hot` bytes (mostly), or the length.
fn mutate(bytes: &mut Vec<u8>, hot: usize, random: &mut Random) {
    for _ in 0..1 + random.below(4) {
        if bytes.len() < 16 {
            return;
        }
        let limit = if random.below(10) == 0 { bytes.len() } else { hot.min(bytes.len()) };
        let at = random.below(limit.saturating_sub(8));
        match random.below(9) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.next() as u8,
            2 => {
                let value = random.nasty().to_le_bytes();
                bytes[at..at + 8].copy_from_slice(&value);
            }
            3 => {
                let value = (random.nasty() as u32).to_le_bytes();
                bytes[at..at + 4].copy_from_slice(&value);
            }
            4 => bytes.truncate(random.below(bytes.len())),
            5 => {
                let count = 1 + random.below(64);
                bytes.drain(at..(at + count).min(limit));
            }
            6 => {
                let part = bytes[at..(at + 1 + random.below(64)).min(limit)].to_vec();
                let to = random.below(limit);
                bytes.splice(to..to, part);
            }
            7 => {
                // A digit for a digit, so that numbers in JSON stay numbers.
                if let Some(found) = (at..limit.min(bytes.len())).find(|&at| bytes[at].is_ascii_digit()) {
                    bytes[found] = b'0' + random.below(10) as u8;
                }
            }
            _ => {
                let number = random.nasty().to_string();
                if let Some(found) = (at..limit.min(bytes.len())).find(|&at| bytes[at].is_ascii_digit()) {
                    bytes.splice(found..found + 1, number.into_bytes());
                }
            }
        }
    }
}

/// Runs one case and checks time and memory; what the case returns does not matter.
fn bounded(case: impl FnOnce() -> bool) -> bool {
    LARGEST.store(0, Ordering::Relaxed);
    let start = Instant::now();
    let accepted = case();
    let (time, largest) = (start.elapsed(), LARGEST.load(Ordering::Relaxed));
    assert!(time < MAX_TIME, "took {time:?}");
    assert!(largest < MAX_ALLOCATION, "allocated {largest} bytes at once");
    accepted
}

fn read_all(path: &Path) -> bool {
    let read = |model: Model| {
        Tensor::all(model.config()).into_iter().try_for_each(|tensor| model.load(tensor).map(drop))?;
        model.tokenizer().encode("hello 12 \u{1F980}").map(drop)
    };
    match Model::open(path).and_then(read) {
        Ok(()) => true,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

fn seconds() -> f64 {
    std::env::var("TENFOLD_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5.0)
}

fn tiny_config(architecture: Architecture) -> Config {
    Config { layers: 1, ..tiny::config(architecture, true) }
}

/// One test, so that no other test's allocations are counted.
#[test]
fn mutated_files() {
    let dir = tempfile::tempdir().unwrap();
    let share = Duration::from_secs_f64(seconds() / 3.0);

    // The header alone, in memory: many cases.
    let good = tiny::gguf(&tiny_config(Architecture::Llama)).finish();
    let hot = good.windows(4).rposition(|window| window == b".wei").unwrap() + 64;
    let mut random = Random(0x7E4F_01D0);
    let (mut cases, mut accepted) = (0u64, 0u64);
    let start = Instant::now();
    while start.elapsed() < share {
        let mut bytes = good.clone();
        mutate(&mut bytes, hot, &mut random);
        accepted += u64::from(bounded(|| gguf::Header::parse(&bytes).is_ok()));
        cases += 1;
    }
    println!("GGUF headers: {cases} cases, {accepted} accepted");
    assert!(accepted < cases);

    // Whole GGUF files, with tokenizer and tensors.
    let path = dir.path().join("tiny.gguf");
    let (mut cases, mut accepted) = (0u64, 0u64);
    let start = Instant::now();
    while start.elapsed() < share {
        let mut bytes = good.clone();
        mutate(&mut bytes, hot, &mut random);
        fs::write(&path, &bytes).unwrap();
        accepted += u64::from(bounded(|| read_all(&path)));
        cases += 1;
    }
    println!("GGUF files: {cases} cases, {accepted} accepted");
    assert!(accepted < cases);

    // Safetensors, their index and the configuration.
    let folder = dir.path().join("folder");
    fs::create_dir(&folder).unwrap();
    tiny::write_folder(&folder, &tiny_config(Architecture::Qwen2), Dtype::BF16, 2);
    assert!(read_all(&folder));
    let names = ["model-0.safetensors", "model-1.safetensors", "model.safetensors.index.json", "config.json"];
    let (mut cases, mut accepted) = (0u64, 0u64);
    let start = Instant::now();
    while start.elapsed() < share {
        let path = folder.join(names[random.below(names.len())]);
        let good = fs::read(&path).unwrap();
        let mut bytes = good.clone();
        mutate(&mut bytes, 2048, &mut random);
        fs::write(&path, &bytes).unwrap();
        accepted += u64::from(bounded(|| read_all(&folder)));
        cases += 1;
        fs::write(&path, &good).unwrap();
    }
    println!("safetensors folders: {cases} cases, {accepted} accepted");
    assert!(accepted < cases);
}
