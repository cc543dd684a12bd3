//! Checks every access before it happens.

mod flight;
mod global;
mod guard;
mod shadow;

use std::sync::Arc;

pub(crate) use global::Global;
pub(crate) use guard::Guarded;
pub(crate) use shadow::Touch;

use self::flight::Flight;
use self::shadow::{Cell, Clock};
use crate::FaultKind;

/// An access, or with size 0 only a claim about alignment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    pub(crate) address: usize,
    pub(crate) size: u64,
    pub(crate) write: bool,
    pub(crate) align: u64,
}

/// Why an access was refused.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) kind: FaultKind,
    pub(crate) message: String,
    /// The other thread of a race: number, what it did, where.
    pub(crate) other: Option<(u32, &'static str, usize)>,
}

/// Memory a kernel may use.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    /// Such as ``argument 1 `y` ``.
    pub(crate) name: String,
    pub(crate) start: usize,
    pub(crate) bytes: u64,
    pub(crate) kind: RegionKind,
}

/// Whose memory it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RegionKind {
    /// A buffer or scalar that is only read.
    Constant,
    /// A buffer that is written: its number among those.
    Written(usize),
    /// A shared array: the number of its first byte among all.
    Shared(usize),
    /// Constants of the library.
    Image,
}

impl Region {
    fn holds(&self, access: Access) -> bool {
        let end = self.start as u64 + self.bytes;
        access.address >= self.start && (access.address as u64).saturating_add(access.size) <= end
    }

    /// Bytes between an address and this region; 0 inside.
    fn distance(&self, address: usize) -> u64 {
        let (address, start) = (address as u64, self.start as u64);
        match address.checked_sub(start) {
            Some(offset) => offset.saturating_sub(self.bytes.saturating_sub(1)),
            None => start - address,
        }
    }
}

/// The checks of one worker.
#[derive(Debug)]
pub(crate) struct Checker {
    regions: Vec<Region>,
    /// Index of the region that the last access was in.
    last: usize,
    /// Stack of each thread.
    stacks: Vec<(usize, usize)>,
    shared: Vec<Cell>,
    global: Arc<Global>,
    clock: Clock,
    /// What asynchronous copies of this program write.
    flights: Vec<Flight>,
}

impl Checker {
    /// `regions`: written buffers before constant ones, so that a buffer bound twice counts as written.
    pub(crate) fn new(
        regions: Vec<Region>,
        stacks: Vec<(usize, usize)>,
        shared_bytes: usize,
        global: Arc<Global>,
    ) -> Checker {
        Checker {
            regions,
            last: 0,
            stacks,
            shared: vec![Cell::default(); shared_bytes],
            global,
            clock: Clock::default(),
            flights: Vec::new(),
        }
    }

    /// A program starts; its shared memory is undefined.
    pub(crate) fn start(&mut self, program: u64, threads: usize) {
        self.clock.start(program, threads);
        self.flights.clear();
        for region in &self.regions {
            if let RegionKind::Shared(_) = region.kind {
                // SAFETY: a shared array of the loaded library; no fiber runs.
                unsafe { std::ptr::write_bytes(region.start as *mut u8, 0xff, region.bytes as usize) };
            }
        }
    }

    /// All threads of the group have met.
    pub(crate) fn group_barrier(&mut self, scope: u32) {
        self.clock.group_barrier(scope);
    }

    /// All lanes of a subgroup have met.
    pub(crate) fn subgroup_barrier(&mut self, subgroup: usize, scope: u32) {
        self.clock.subgroup_barrier(subgroup, scope);
    }

    /// Whether `thread` may do this now, in the call that returns to `site`.
    pub(crate) fn check(&mut self, thread: u32, access: Access, site: usize) -> Result<(), Refused> {
        if access.align > 1 && !(access.address as u64).is_multiple_of(access.align) {
            let message = format!("{} is no multiple of {} bytes", self.name(access.address), access.align);
            return Err(Refused { kind: FaultKind::Misaligned, message, other: None });
        }
        if access.size == 0 {
            return Ok(());
        }
        if self.stacks.get(thread as usize).is_some_and(|(low, high)| (*low..*high).contains(&access.address)) {
            return Ok(());
        }
        if !self.regions.get(self.last).is_some_and(|region| region.holds(access)) {
            self.last =
                self.regions.iter().position(|region| region.holds(access)).ok_or_else(|| self.outside(access))?;
        }
        let region = &self.regions[self.last];
        let offset = access.address - region.start;
        match region.kind {
            RegionKind::Constant | RegionKind::Image if access.write => {
                let message = format!("{} bytes at {}", access.size, self.name(access.address));
                Err(Refused { kind: FaultKind::WriteToConstant, message, other: None })
            }
            RegionKind::Constant | RegionKind::Image => Ok(()),
            RegionKind::Shared(first) => {
                self.in_flight(thread, access)?;
                let now = self.clock.shared(thread, site);
                let cells = &mut self.shared[first + offset..][..access.size as usize];
                for (index, cell) in cells.iter_mut().enumerate() {
                    if !access.write && !cell.written_by(now.program) {
                        let message = format!("{} bytes at {}", access.size, self.name(access.address + index));
                        return Err(Refused { kind: FaultKind::Uninitialised, message, other: None });
                    }
                    if let Err(other) = cell.touch_own(now, access.write) {
                        return Err(self.race(FaultKind::Race, access, index, other));
                    }
                }
                Ok(())
            }
            RegionKind::Written(buffer) => {
                let now = self.clock.global(thread, site);
                match self.global.touch(buffer, offset, access.size as usize, now, access.write) {
                    Ok(()) => Ok(()),
                    Err((index, other)) => {
                        let kind =
                            if other.0.program == now.program { FaultKind::Race } else { FaultKind::ProgramRace };
                        Err(self.race(kind, access, index, other))
                    }
                }
            }
        }
    }

    /// Whether an access of shared memory meets a copy that the thread has not waited for. A read before it has arrived is one
    /// of memory that nobody wrote.
    fn in_flight(&self, thread: u32, access: Access) -> Result<(), Refused> {
        let epoch = self.clock.shared_epoch();
        let meets = |flight: &&Flight| {
            let early = flight.landed.is_none() && !access.write;
            flight.overlaps(access.address, access.size) && !early && flight.unknown_to(thread, epoch)
        };
        if !self.flights.iter().any(|flight| meets(&flight)) {
            return Ok(());
        }
        let verb = if access.write { "writes" } else { "reads" };
        let message = format!("{verb} {} without a wait for the copy to it", self.name(access.address));
        Err(Refused { kind: FaultKind::Race, message, other: None })
    }

    /// Whether a range lies in one shared array.
    pub(crate) fn is_shared(&self, address: usize, size: u64) -> bool {
        self.first_cell(address, size).is_some()
    }

    /// A copy starts that will write a range of shared memory, which was checked as a write.
    pub(crate) fn leaves(&mut self, arrival: usize, to: usize, bytes: u64) {
        self.cells(to, to + bytes as usize).iter_mut().for_each(Cell::forget_write);
        self.flights.push(Flight { arrival, start: to, end: to + bytes as usize, landed: None });
    }

    /// A thread has waited for the copies of an arrival.
    pub(crate) fn arrives(&mut self, arrival: usize, thread: u32) {
        let (epoch, now) = (self.clock.shared_epoch(), self.clock.shared(thread, 0));
        let mut flights = std::mem::take(&mut self.flights);
        for flight in flights.iter_mut().filter(|flight| flight.arrival == arrival) {
            if flight.landed.is_none() {
                self.cells(flight.start, flight.end).iter_mut().for_each(|cell| cell.arrive(now));
            }
            let (_, waited) = flight.landed.get_or_insert_with(|| (epoch, Vec::new()));
            let length = waited.len().max(thread as usize + 1);
            waited.resize(length, false);
            waited[thread as usize] = true;
        }
        self.flights = flights;
    }

    /// The shadow of a range of one shared array.
    fn cells(&mut self, start: usize, end: usize) -> &mut [Cell] {
        match self.first_cell(start, (end - start) as u64) {
            Some(first) => &mut self.shared[first..][..end - start],
            None => &mut [],
        }
    }

    /// Where the shadow of a range starts, if it lies in one shared array.
    fn first_cell(&self, address: usize, size: u64) -> Option<usize> {
        let access = Access { address, size, write: true, align: 1 };
        self.regions.iter().find_map(|region| match region.kind {
            RegionKind::Shared(first) if region.holds(access) => Some(first + address - region.start),
            RegionKind::Shared(_) | RegionKind::Constant | RegionKind::Written(_) | RegionKind::Image => None,
        })
    }

    fn race(&self, kind: FaultKind, access: Access, index: usize, (other, wrote): (Touch, bool)) -> Refused {
        let verb = if access.write { "writes" } else { "reads" };
        let what = if wrote { "wrote it" } else { "read it" };
        let place = self.name(access.address + index);
        let (message, other) = match kind {
            FaultKind::ProgramRace => (format!("{verb} {place}; program number {} {what}", other.program), None),
            _ => {
                let message = format!("{verb} {place} without a barrier after another thread {what}");
                (message, Some((other.thread, what, other.site)))
            }
        };
        Refused { kind, message, other }
    }

    fn outside(&self, access: Access) -> Refused {
        let kind = if access.write { FaultKind::WriteOutOfBounds } else { FaultKind::ReadOutOfBounds };
        Refused { kind, message: format!("{} bytes at {}", access.size, self.name(access.address)), other: None }
    }

    /// An address, as an offset from the nearest memory with a name.
    fn name(&self, address: usize) -> String {
        let named = self.regions.iter().filter(|region| region.kind != RegionKind::Image);
        match named.min_by_key(|region| region.distance(address)) {
            Some(region) => {
                let offset = address as i128 - region.start as i128;
                format!("byte {offset} of {}, which has {} bytes", region.name, region.bytes)
            }
            None => format!("address {address:#x}"),
        }
    }
}
