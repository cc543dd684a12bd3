//! Threads that share the programs of a launch.
//!
//! A decode step is some hundred launches of 5 to 500 µs each, so handing one over must cost about a microsecond: workers
//! spin for a while before they sleep, and the caller works too. A worker *joins* an open launch, takes chunks until none is left
//! and leaves; the caller takes chunks as well, closes the launch and waits only for workers that joined. A worker that
//! wakes late therefore delays nobody.

use std::cell::UnsafeCell;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long a worker looks for work before it sleeps.
const SPIN: Duration = Duration::from_micros(300);

/// Bit of [`Shared::state`] that is set while workers may join.
const OPEN: u64 = 1 << 16;
/// One launch in [`Shared::state`]; the bits below [`OPEN`] count workers that joined.
const EPOCH: u64 = 1 << 17;

/// What is run: thread, first program, one past the last program.
type Task<'a> = dyn Fn(usize, u64, u64) + Sync + 'a;

/// A fixed set of threads; number 0 is whoever calls [`Pool::run`].
pub(crate) struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

struct Shared {
    /// Launch number, [`OPEN`], and how many workers have joined.
    state: AtomicU64,
    /// First program that nobody has taken.
    next: AtomicU64,
    job: UnsafeCell<Job>,
    /// Per worker: it sleeps, or is about to.
    asleep: Vec<AtomicBool>,
    stop: AtomicBool,
}

// SAFETY: `job` is written only while no launch is open and nobody has joined, and read only by workers that joined.
unsafe impl Sync for Shared {}
// SAFETY: the pointer in `job` leads to a task that is `Sync`.
unsafe impl Send for Shared {}

#[derive(Clone, Copy)]
struct Job {
    task: *const Task<'static>,
    programs: u64,
    chunk: u64,
}

impl Pool {
    /// A pool of `threads` threads, one of which is the caller.
    pub(crate) fn new(threads: usize) -> io::Result<Pool> {
        let nothing: &'static Task<'static> = &|_, _, _| {};
        let shared = Arc::new(Shared {
            state: AtomicU64::new(0),
            next: AtomicU64::new(0),
            job: UnsafeCell::new(Job { task: nothing, programs: 0, chunk: 1 }),
            asleep: (1..threads).map(|_| AtomicBool::new(false)).collect(),
            stop: AtomicBool::new(false),
        });
        let mut pool = Pool { shared, workers: Vec::new() };
        for worker in 1..threads {
            let shared = Arc::clone(&pool.shared);
            let name = format!("tenfold-{worker}");
            pool.workers.push(thread::Builder::new().name(name).spawn(move || shared.work(worker))?);
        }
        Ok(pool)
    }

    /// Threads, the caller included.
    pub(crate) fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Runs programs `0..programs`, `chunk` at a time, and returns when all have run.
    pub(crate) fn run(&mut self, programs: u64, chunk: u64, task: &Task<'_>) {
        let chunk = chunk.max(1);
        if programs <= chunk || self.workers.is_empty() {
            if programs > 0 {
                task(0, 0, programs);
            }
            return;
        }
        let shared = &*self.shared;
        let task: *const Task<'_> = task;
        // SAFETY: only the lifetime changes. Workers use the task between joining and leaving, and this function waits,
        // even when unwinding (`Close`), until all that joined have left.
        let task = unsafe { std::mem::transmute::<*const Task<'_>, *const Task<'static>>(task) };
        let job = Job { task, programs, chunk };
        // SAFETY: no launch is open and nobody has joined: the last `run` waited for that, and `self` is borrowed mutably.
        unsafe { *shared.job.get() = job };
        shared.next.store(0, Ordering::Relaxed);
        let close = Close(shared);
        let epoch = (shared.state.load(Ordering::Relaxed) & !(EPOCH - 1)).wrapping_add(EPOCH);
        shared.state.store(epoch | OPEN, Ordering::SeqCst);
        let helpers = (programs.div_ceil(chunk) - 1).min(self.workers.len() as u64) as usize;
        for (worker, asleep) in self.workers.iter().zip(&shared.asleep).take(helpers) {
            if asleep.load(Ordering::SeqCst) {
                worker.thread().unpark();
            }
        }
        shared.take_chunks(0, job);
        drop(close);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        for worker in self.workers.drain(..) {
            worker.thread().unpark();
            // A worker that panicked has said so already.
            let _ = worker.join();
        }
    }
}

/// Closes a launch when dropped, then waits for the workers that joined it.
struct Close<'a>(&'a Shared);

impl Drop for Close<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state.fetch_and(!OPEN, Ordering::AcqRel) & !OPEN;
        let mut spins = 0u32;
        while state & (OPEN - 1) != 0 {
            spins += 1;
            // The worker may have lost its core to another process.
            if spins.is_multiple_of(256) {
                thread::yield_now();
            } else {
                std::hint::spin_loop();
            }
            state = self.0.state.load(Ordering::Acquire);
        }
    }
}

/// Leaves a launch when dropped, even by a panic, so that the caller does not wait for ever.
struct Leave<'a>(&'a Shared);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.state.fetch_sub(1, Ordering::Release);
    }
}

impl Shared {
    /// A worker's life.
    fn work(&self, worker: usize) {
        let mut last = 0;
        while let Some(state) = self.wait(worker, last) {
            last = state & !(EPOCH - 1);
            if self.state.compare_exchange(state, state + 1, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                let _leave = Leave(self);
                // SAFETY: joined, so the job stays until left.
                let job = unsafe { *self.job.get() };
                self.take_chunks(worker, job);
            } else {
                // Another worker joined or the launch was closed: look again.
                last = last.wrapping_sub(EPOCH);
            }
        }
    }

    /// Waits for an open launch other than `last`; `None` when the pool stops.
    fn wait(&self, worker: usize, last: u64) -> Option<u64> {
        let found = |state: u64| state & OPEN != 0 && state & !(EPOCH - 1) != last;
        let asleep = &self.asleep[worker - 1];
        loop {
            let start = Instant::now();
            while start.elapsed() < SPIN {
                for _ in 0..64 {
                    let state = self.state.load(Ordering::Acquire);
                    if found(state) {
                        return Some(state);
                    }
                    std::hint::spin_loop();
                }
                if self.stop.load(Ordering::Relaxed) {
                    return None;
                }
            }
            // Say so first, look again, then sleep: `run` opens first, then looks who sleeps.
            asleep.store(true, Ordering::SeqCst);
            while !found(self.state.load(Ordering::SeqCst)) && !self.stop.load(Ordering::SeqCst) {
                thread::park();
            }
            asleep.store(false, Ordering::SeqCst);
        }
    }

    fn take_chunks(&self, thread: usize, job: Job) {
        loop {
            let first = self.next.fetch_add(job.chunk, Ordering::Relaxed);
            if first >= job.programs {
                return;
            }
            // SAFETY: the caller of `run` keeps the task alive until everyone has left.
            let task = unsafe { &*job.task };
            task(thread, first, (first + job.chunk).min(job.programs));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_runs_once() {
        for threads in [1, 2, 3, 8] {
            let mut pool = Pool::new(threads).unwrap();
            for programs in [0u64, 1, 2, 7, 64, 1000] {
                for chunk in [1u64, 3, 64, 5000] {
                    let counts: Vec<AtomicU64> = (0..programs).map(|_| AtomicU64::new(0)).collect();
                    pool.run(programs, chunk, &|thread, first, last| {
                        assert!(thread < threads && first < last);
                        for program in first..last {
                            counts[program as usize].fetch_add(1, Ordering::Relaxed);
                        }
                    });
                    assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) == 1));
                }
            }
        }
    }

    #[test]
    fn sees_what_earlier_launches_wrote() {
        let mut pool = Pool::new(4).unwrap();
        let cells: Vec<AtomicU64> = (0..64).map(|_| AtomicU64::new(0)).collect();
        for round in 0..5000u64 {
            pool.run(64, 4, &|_, first, last| {
                for program in first..last {
                    let neighbour = (program as usize + round as usize) % 64;
                    let _ = cells[neighbour].load(Ordering::Relaxed);
                    let before = cells[program as usize].load(Ordering::Relaxed);
                    assert_eq!(before, round);
                    cells[program as usize].store(before + 1, Ordering::Relaxed);
                }
            });
        }
    }

    #[test]
    fn wakes_sleepers() {
        let mut pool = Pool::new(2).unwrap();
        for _ in 0..3 {
            thread::sleep(SPIN * 4);
            let seen = [AtomicBool::new(false), AtomicBool::new(false)];
            // Each program waits for the other, so two threads must take part.
            pool.run(2, 1, &|thread, _, _| {
                seen[thread].store(true, Ordering::SeqCst);
                while !seen.iter().all(|flag| flag.load(Ordering::SeqCst)) {
                    thread::yield_now();
                }
            });
        }
    }

    #[test]
    fn a_panicking_program_does_not_hang() {
        let mut pool = Pool::new(3).unwrap();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            pool.run(100, 1, &|thread, _, _| assert_ne!(thread, 0, "expected by the test"));
        }));
        // Thread 0 panics if it gets a chunk at all; either way the call returns.
        drop(result);
        pool.run(10, 1, &|_, _, _| {});
    }
}
