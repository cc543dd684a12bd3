//! Tensors of a launch, and who touched their elements.

use super::Lanes;
use crate::gaudi::fault::FaultKind;
use crate::gaudi::ty::Element;

/// A tensor as a kernel sees it.
#[derive(Debug)]
pub(in crate::gaudi) struct Bound {
    pub(in crate::gaudi) name: String,
    pub(in crate::gaudi) address: *mut u8,
    pub(in crate::gaudi) element: Element,
    pub(in crate::gaudi) dims: [u32; 5],
    pub(in crate::gaudi) writable: bool,
    /// Which cells its elements have; none where nothing writes them, or nothing is checked.
    pub(in crate::gaudi) cells: Option<usize>,
}

/// Who touched an element: the part of the index space that ran, from 1, and the line.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::gaudi) struct Cell {
    written: u32,
    line: u32,
    /// Which of the part's stores wrote it: those between two waits have one number.
    epoch: u32,
    /// Two readers: a later writer races with one of them if it races with any.
    readers: [u32; 2],
}

/// A refusal without its line.
pub(in crate::gaudi) struct Refusal {
    pub(in crate::gaudi) kind: FaultKind,
    pub(in crate::gaudi) message: String,
    pub(in crate::gaudi) rule: &'static str,
}

/// Elements of one access: the first one's number, and how many there are.
#[derive(Clone, Copy, Debug)]
pub(in crate::gaudi) struct Span {
    first: u64,
    count: usize,
}

impl Bound {
    pub(in crate::gaudi) fn count(&self) -> u64 {
        self.dims.iter().map(|dim| u64::from(*dim)).product()
    }

    /// The elements from a coordinate on along dimension 0, at most `lanes`. Behind an end there are none: they are padding when read and
    /// dropped when written (source: TPC Programming Model).
    fn span(&self, at: [i32; 5], lanes: usize, allowed: Option<[(i64, i64); 5]>) -> Result<Span, Refusal> {
        if let Some(dim) = at.iter().position(|at| *at < 0) {
            return Err(Refusal {
                kind: FaultKind::OutOfBounds,
                message: format!("coordinate {dim} of `{}` is {}", self.name, at[dim]),
                rule: "a printed kernel reads padding behind the end of a tensor only",
            });
        }
        let (mut first, mut stride) = (0, 1);
        for (at, dim) in at.iter().zip(self.dims) {
            if *at as u32 >= dim {
                return Ok(Span { first: 0, count: 0 });
            }
            first += *at as u64 * stride;
            stride *= u64::from(dim);
        }
        let count = lanes.min((self.dims[0] - at[0] as u32) as usize);
        for (dim, (low, high)) in allowed.into_iter().flatten().enumerate() {
            let first = i64::from(at[dim]);
            let last = if dim == 0 { first + count as i64 - 1 } else { first };
            if first < low || last > high {
                return Err(Refusal {
                    kind: FaultKind::Access,
                    message: format!(
                        "elements {first} to {last} along dimension {dim} of `{}`, the member has {low} to {high}",
                        self.name
                    ),
                    rule: "tensors are cut by their access patterns (source: tpc_kernel_lib_interface.h)",
                });
            }
        }
        Ok(Span { first, count })
    }

    fn bytes(&self, span: Span) -> (*mut u8, usize) {
        let size = self.element.bytes() as usize;
        // Wrapping: nothing is behind the address when there are no elements.
        (self.address.wrapping_add(span.first as usize * size), span.count * size)
    }
}

fn expect(tensor: &Bound, element: Element) -> Result<(), Refusal> {
    if tensor.element == element {
        return Ok(());
    }
    Err(Refusal {
        kind: FaultKind::Element,
        message: format!(
            "`{}` has elements of {}, the function is for {}",
            tensor.name,
            tensor.element.tag(),
            element.tag()
        ),
        rule: "an intrinsic moves elements of the tensor's type",
    })
}

/// What a part of the index space may touch, and what it has waited for.
pub(in crate::gaudi) struct Way<'a> {
    pub(in crate::gaudi) bound: &'a [Bound],
    /// First and last element along each dimension of each tensor that may be touched; none where nothing is said.
    pub(in crate::gaudi) allowed: Vec<Option<[(i64, i64); 5]>>,
    pub(in crate::gaudi) cells: &'a mut [Vec<Cell>],
    /// Number of the part, from 1.
    pub(in crate::gaudi) run: u32,
    /// Number of the stores that come next, from 1.
    epoch: u32,
    /// The last stores behind which a semaphore was raised, and those that were waited for, by vector and by scalar loads.
    raised: u32,
    over: u32,
    seen: u32,
}

/// Which unit loads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::gaudi) enum Unit {
    Vector,
    Scalar,
}

impl<'a> Way<'a> {
    pub(in crate::gaudi) fn new(bound: &'a [Bound], cells: &'a mut [Vec<Cell>]) -> Way<'a> {
        Way { bound, allowed: vec![None; bound.len()], cells, run: 0, epoch: 1, raised: 0, over: 0, seen: 0 }
    }

    /// Starts with another part.
    pub(in crate::gaudi) fn start(&mut self, run: u32) {
        (self.run, self.epoch, self.raised, self.over, self.seen) = (run, 1, 0, 0, 0);
    }

    /// Raises a semaphore once all older stores are over.
    pub(in crate::gaudi) fn raise(&mut self) {
        self.raised = self.epoch;
        self.epoch += 1;
    }

    /// Waits for it, so that younger vector loads see what was stored; `false` if nothing raised it.
    pub(in crate::gaudi) fn lower(&mut self) -> bool {
        self.over = self.raised;
        self.raised != 0
    }

    /// Empties the cache of scalar loads.
    pub(in crate::gaudi) fn invalidate(&mut self) {
        self.seen = self.over;
    }

    /// Reads elements into the first lanes; those behind `lanes` stay.
    pub(in crate::gaudi) fn load(
        &mut self,
        (tensor, element): (usize, Element),
        at: [i32; 5],
        lanes: usize,
        out: &mut Lanes,
        line: u32,
    ) -> Result<(), Refusal> {
        let bound = &self.bound[tensor];
        expect(bound, element)?;
        let span = bound.span(at, lanes, self.allowed[tensor])?;
        let (from, bytes) = bound.bytes(span);
        let size = element.bytes() as usize;
        let to = out.bytes_mut();
        debug_assert!(bytes <= lanes * size);
        // SAFETY: a span has at most as many elements as the vector has lanes, and lies in the launch's buffer; both are plain numbers.
        unsafe { std::ptr::copy_nonoverlapping(from, to.as_mut_ptr(), bytes) };
        to[bytes..lanes * size].fill(0);
        self.touch(tensor, span, Touch::Read(Unit::Vector), line)
    }

    pub(in crate::gaudi) fn store(
        &mut self,
        (tensor, element): (usize, Element),
        at: [i32; 5],
        lanes: usize,
        value: &Lanes,
        line: u32,
    ) -> Result<(), Refusal> {
        let bound = &self.bound[tensor];
        expect(bound, element)?;
        if !bound.writable {
            return Err(Refusal {
                kind: FaultKind::WriteToConstant,
                message: format!("`{}` is an input", bound.name),
                rule: "kernels write their outputs only",
            });
        }
        let span = bound.span(at, lanes, self.allowed[tensor])?;
        let (to, bytes) = bound.bytes(span);
        self.touch(tensor, span, Touch::Write, line)?;
        // SAFETY: as in `load`; the buffer may be written, and no two members write one element.
        unsafe { std::ptr::copy_nonoverlapping(value.bytes().as_ptr(), to, bytes) };
        Ok(())
    }

    /// Reads one element, by its address: there is no padding.
    pub(in crate::gaudi) fn element(
        &mut self,
        (tensor, element): (usize, Element),
        at: [i32; 5],
        unit: Unit,
        line: u32,
    ) -> Result<u32, Refusal> {
        let bound = &self.bound[tensor];
        let span = bound.span(at, 1, self.allowed[tensor])?;
        if span.count != 1 {
            return Err(Refusal {
                kind: FaultKind::OutOfBounds,
                message: format!("{at:?} is outside `{}` of {:?}", bound.name, bound.dims),
                rule: "an address is that of an element",
            });
        }
        expect(bound, element)?;
        let (from, bytes) = bound.bytes(span);
        let mut word = [0_u8; 4];
        // SAFETY: as in `load`.
        unsafe { std::ptr::copy_nonoverlapping(from, word.as_mut_ptr(), bytes) };
        self.touch(tensor, span, Touch::Read(unit), line)?;
        let word = u32::from_le_bytes(word);
        Ok(if element == Element::I8 { i32::from(word as u8 as i8) as u32 } else { word })
    }

    /// Notes an access, or says what it conflicts with.
    fn touch(&mut self, tensor: usize, span: Span, touch: Touch, line: u32) -> Result<(), Refusal> {
        let bound = &self.bound[tensor];
        let Some(cells) = bound.cells else { return Ok(()) };
        let (first, run) = (span.first as usize, self.run);
        for (at, cell) in self.cells[cells][first..first + span.count].iter_mut().enumerate() {
            let element = first + at;
            let race = |what: &str| Refusal {
                kind: FaultKind::MemberRace,
                message: format!("element {element} of `{}` is {what}", bound.name),
                rule: "members of the index space run in any order, on any core (source: TPC Programming Model)",
            };
            if cell.written != 0 && cell.written != run {
                return Err(race(&format!("written by another member at line {}", cell.line)));
            }
            let visible = match touch {
                Touch::Write => {
                    if cell.readers.iter().any(|reader| *reader != 0 && *reader != run) {
                        return Err(race("read by another member"));
                    }
                    (cell.written, cell.line, cell.epoch) = (run, line, self.epoch);
                    continue;
                }
                Touch::Read(Unit::Vector) => self.over,
                Touch::Read(Unit::Scalar) => self.seen,
            };
            if cell.written == run && cell.epoch > visible {
                return Err(Refusal {
                    kind: FaultKind::Coherence,
                    message: format!("element {element} of `{}` was written at line {}", bound.name, cell.line),
                    rule: "a load behind a store to the same address sees the old or the new value, unless the core waits for \
                           the store, and a scalar load empties its cache (source: TPC Coherency)",
                });
            }
            if !cell.readers.contains(&run)
                && let Some(free) = cell.readers.iter_mut().find(|reader| **reader == 0)
            {
                *free = run;
            }
        }
        Ok(())
    }
}

/// What is done with an element.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Touch {
    Read(Unit),
    Write,
}
