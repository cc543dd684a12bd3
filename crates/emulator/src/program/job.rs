//! A launch, shared by workers.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{BATCH, Program};
use crate::ascend::{self, Cores};
use crate::library::Instance;
use crate::memory::{Checker, Global, Region, RegionKind};
use crate::run::{self, Fibers, Launched, Order, Worker};
use crate::{Checks, Fault};

/// A launch that workers share.
pub(super) struct Job<'a> {
    pub(super) program: &'a Program,
    pub(super) launched: Launched<'a>,
    pub(super) regions: Vec<Region>,
    pub(super) dynamic: u64,
    pub(super) order: Order,
    pub(super) programs: u64,
    /// Place in the order that nobody has taken yet.
    pub(super) next: AtomicU64,
    pub(super) stop: AtomicBool,
    pub(super) global: Arc<Global>,
    /// Where programs are cores.
    pub(super) cores: Option<Cores>,
    /// The fault that comes first in the order.
    pub(super) fault: Mutex<Option<(u64, Fault)>>,
}

impl Job<'_> {
    pub(super) fn work(&self) {
        let instance = match self.program.take() {
            Ok(instance) => instance,
            Err(error) => return self.report(0, Fault::launch(error.to_string())),
        };
        match Fibers::new(self.launched.threads as usize) {
            Ok(mut fibers) => match &self.cores {
                Some(cores) => self.blocks(cores, &instance, &mut fibers),
                None => self.programs(&instance, &mut fibers),
            },
            Err(error) => self.report(0, Fault::launch(format!("making stacks: {error}"))),
        }
        self.program.put(instance);
    }

    fn programs(&self, instance: &Instance, fibers: &mut Fibers) {
        let checker = match self.program.checks {
            Checks::Barriers => None,
            Checks::Memory => Some(self.checker(instance, fibers)),
        };
        let mut worker = Worker::new(&self.launched, checker);
        let [x, y, _] = self.launched.grid;
        loop {
            let first = self.next.fetch_add(BATCH, Ordering::Relaxed);
            for index in first..(first + BATCH).min(self.programs) {
                if self.stop.load(Ordering::Relaxed) {
                    return;
                }
                let number = self.order.at(index);
                let program = [number % x, number / x % y, number / x / y];
                if worker.checker.is_none() {
                    self.poison(instance);
                }
                if let Err(raw) = run::run(&self.launched, instance.entry, &mut worker, fibers, program, number) {
                    return self.report(index, self.program.fault(instance, raw, program));
                }
            }
            if first + BATCH >= self.programs {
                return;
            }
        }
    }

    /// As [`Job::programs`], on cores.
    fn blocks(&self, cores: &Cores, instance: &Instance, fibers: &mut Fibers) {
        let mut core = cores.core();
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= self.programs || self.stop.load(Ordering::Relaxed) {
                return;
            }
            let block = self.order.at(index);
            if let Err(refused) = ascend::run(cores, &mut core, instance, fibers, self.launched.args, block) {
                return self.report(index, self.program.refused(instance, refused, block));
            }
        }
    }

    /// Shared memory holds NaN when a program starts.
    fn poison(&self, instance: &Instance) {
        for (start, bytes) in &instance.shared {
            let bytes = if *bytes == 0 { self.dynamic } else { *bytes };
            // SAFETY: an array of the loaded copy, which only this worker uses.
            unsafe { std::ptr::write_bytes(*start as *mut u8, 0xff, bytes as usize) };
        }
    }

    fn checker(&self, instance: &Instance, fibers: &Fibers) -> Checker {
        let mut regions = self.regions.clone();
        let mut total = 0;
        for (name, (start, bytes)) in self.program.built.shared.iter().zip(&instance.shared) {
            let bytes = if *bytes == 0 { self.dynamic } else { *bytes };
            regions.push(Region {
                name: format!("the shared array `{name}`"),
                start: *start,
                bytes,
                kind: RegionKind::Shared(total),
            });
            total += bytes as usize;
        }
        for (start, end) in &instance.constants {
            let bytes = (end - start) as u64;
            regions.push(Region { name: String::new(), start: *start, bytes, kind: RegionKind::Image });
        }
        Checker::new(regions, fibers.ranges(), total, Arc::clone(&self.global))
    }

    fn report(&self, index: u64, fault: Fault) {
        self.stop.store(true, Ordering::Relaxed);
        let mut first = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        if first.as_ref().is_none_or(|(other, _)| index < *other) {
            *first = Some((index, fault));
        }
    }
}
