//! Tensors of a launch, and who touched their elements.

use crate::gaudi::fault::FaultKind;
use crate::gaudi::ty::Element;
use crate::gaudi::value::Value;

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
    /// First and last element along each dimension that may be touched now; none where nothing is said.
    pub(in crate::gaudi) allowed: Option<[(i64, i64); 5]>,
}

/// Who touched an element: the part of the index space that ran, from 1, and the line.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::gaudi) struct Cell {
    written: u32,
    line: u32,
    /// Two readers: a later writer races with one of them if it races with any.
    readers: [u32; 2],
}

/// A refusal without its line.
pub(in crate::gaudi) struct Refusal {
    pub(in crate::gaudi) kind: FaultKind,
    pub(in crate::gaudi) message: String,
    pub(in crate::gaudi) rule: &'static str,
}

/// Tensors and cells of a launch.
#[derive(Debug, Default)]
pub(in crate::gaudi) struct Tensors {
    pub(in crate::gaudi) bound: Vec<Bound>,
    pub(in crate::gaudi) cells: Vec<Vec<Cell>>,
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
    fn span(&self, at: [i32; 5], lanes: usize) -> Result<Span, Refusal> {
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
        for (dim, (low, high)) in self.allowed.into_iter().flatten().enumerate() {
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

/// Copies elements into the first lanes.
fn fill<T: Copy, const N: usize>(lanes: &mut [T; N], from: *const u8, bytes: usize) {
    debug_assert!(bytes <= size_of_val(lanes));
    // SAFETY: a span has at most as many elements as the vector has lanes, and lies in the launch's buffer; both are plain numbers.
    unsafe { std::ptr::copy_nonoverlapping(from, lanes.as_mut_ptr().cast(), bytes) };
}

impl Tensors {
    /// Reads a vector; lanes behind `part` keep the income.
    pub(in crate::gaudi) fn load(
        &mut self,
        (tensor, element): (usize, Element),
        at: [i32; 5],
        part: Option<usize>,
        income: Value,
        (run, line): (u32, u32),
    ) -> Result<Value, Refusal> {
        let bound = &self.bound[tensor];
        expect(bound, element)?;
        let lanes = part.unwrap_or(256 / element.bytes() as usize);
        let span = bound.span(at, lanes)?;
        let (from, bytes) = bound.bytes(span);
        let mut value = income;
        match &mut value {
            Value::F32(to) => {
                to[..lanes].fill(0.0);
                fill(to, from, bytes);
            }
            Value::I32(to) => {
                to[..lanes].fill(0);
                fill(to, from, bytes);
            }
            Value::U32(to) => {
                to[..lanes].fill(0);
                fill(to, from, bytes);
            }
            Value::Half(to) => {
                to[..lanes].fill(0);
                fill(to, from, bytes);
            }
            _ => {}
        }
        self.touch(tensor, span, false, run, line)?;
        Ok(value)
    }

    pub(in crate::gaudi) fn store(
        &mut self,
        (tensor, element): (usize, Element),
        at: [i32; 5],
        part: Option<usize>,
        value: &Value,
        (run, line): (u32, u32),
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
        let span = bound.span(at, part.unwrap_or(256 / element.bytes() as usize))?;
        let (to, bytes) = bound.bytes(span);
        let from: *const u8 = match value {
            Value::F32(from) => from.as_ptr().cast(),
            Value::I32(from) => from.as_ptr().cast(),
            Value::U32(from) => from.as_ptr().cast(),
            Value::Half(from) => from.as_ptr().cast(),
            _ => return Ok(()),
        };
        self.touch(tensor, span, true, run, line)?;
        // SAFETY: as in `fill`; the buffer may be written, and one thread runs a launch.
        unsafe { std::ptr::copy_nonoverlapping(from, to, bytes) };
        Ok(())
    }

    /// Number of an element for scalar accesses, which have no padding.
    pub(in crate::gaudi) fn address(&self, tensor: usize, at: [i32; 5]) -> Result<u64, Refusal> {
        let bound = &self.bound[tensor];
        match bound.span(at, 1)? {
            Span { first, count: 1 } => Ok(first),
            _ => Err(Refusal {
                kind: FaultKind::OutOfBounds,
                message: format!("{at:?} is outside `{}` of {:?}", bound.name, bound.dims),
                rule: "an address is that of an element",
            }),
        }
    }

    /// Reads one element.
    pub(in crate::gaudi) fn element(
        &mut self,
        (tensor, element): (usize, Element),
        number: u64,
        (run, line): (u32, u32),
    ) -> Result<Value, Refusal> {
        expect(&self.bound[tensor], element)?;
        let span = Span { first: number, count: 1 };
        let (from, bytes) = self.bound[tensor].bytes(span);
        self.touch(tensor, span, false, run, line)?;
        let mut word = [0_u8; 4];
        fill(&mut word, from, bytes);
        let word = u32::from_le_bytes(word);
        Ok(match element {
            Element::F32 => Value::Float(f32::from_bits(word)),
            Element::Bf16 => Value::Bf16(word as u16),
            Element::I32 => Value::Int(word as i32),
            Element::U32 => Value::Uint(word),
        })
    }

    /// Notes an access, or says what it conflicts with.
    fn touch(&mut self, tensor: usize, span: Span, write: bool, run: u32, line: u32) -> Result<(), Refusal> {
        let bound = &self.bound[tensor];
        let Some(cells) = bound.cells else { return Ok(()) };
        let first = span.first as usize;
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
            if write {
                if cell.readers.iter().any(|reader| *reader != 0 && *reader != run) {
                    return Err(race("read by another member"));
                }
                (cell.written, cell.line) = (run, line);
            } else if cell.written == run {
                return Err(Refusal {
                    kind: FaultKind::Coherence,
                    message: format!("element {element} of `{}` was written at line {}", bound.name, cell.line),
                    rule: "a load behind a store to the same address sees the old or the new value (source: TPC Coherency)",
                });
            } else if !cell.readers.contains(&run)
                && let Some(free) = cell.readers.iter_mut().find(|reader| **reader == 0)
            {
                *free = run;
            }
        }
        Ok(())
    }
}
