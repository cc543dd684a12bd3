//! Programs out of operations on buffers that hold input. There is one view of input and one of results for each element type.

use std::collections::BTreeMap;

use lower_dma::ir::{Buffer, Copy, CoreKernel, Expr, Operand, Span, StmtKind, VectorOp};
use lower_dma::place::{Placed, place};
use lower_dma::sync::synchronise;
use lower_dma::target::Target;
use lower_dma::testing::Build;
use tile_ir::{Access, Elem, ParamKind, Shape, ViewId};

use super::Hand;

/// Blocks beside a part of a buffer: before each row, and behind it.
const GAPS: [u64; 2] = [2, 3];

/// Numbers that are not too regular.
const fn mix(index: u64) -> u64 {
    let x = (index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (x ^ (x >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11
}

/// Eighths of -2 to 2, so that some are equal and some zero, and numbers between, whose sums are exact too.
fn real(index: u64) -> f32 {
    let eighths = (mix(index) % 33) as f32 / 8.0 - 2.0;
    if index.is_multiple_of(3) { eighths + (mix(index + 7) % 128) as f32 / 1024.0 } else { eighths }
}

/// The bytes of an element of input. `i32` ones have products that the type holds, since the units may saturate; small and large ones.
fn element(elem: Elem, index: u64) -> Vec<u8> {
    let value = real(index);
    match elem {
        Elem::F32 => value.to_le_bytes().to_vec(),
        Elem::F16 => half::f16::from_f32(value).to_le_bytes().to_vec(),
        Elem::Bf16 => half::bf16::from_f32(value).to_le_bytes().to_vec(),
        Elem::I1 => vec![(mix(index) & 1) as u8],
        Elem::I8 => vec![mix(index) as u8],
        Elem::I32 => ((mix(index) % 92_681) as i32 - 46_340).to_le_bytes().to_vec(),
        Elem::I64 | Elem::Index => mix(index).to_le_bytes().to_vec(),
    }
}

/// The operand.
#[must_use]
pub fn span(span: &Span) -> Operand {
    Operand::Span(span.clone())
}

/// The operand.
#[must_use]
pub const fn number(value: f32) -> Operand {
    Operand::Scalar(Expr::Float(value))
}

/// Builds a program.
pub struct Maker {
    /// Where statements go.
    pub b: Build<'static>,
    /// What it is for.
    pub target: &'static Target,
    inputs: BTreeMap<Elem, (ViewId, u64)>,
    outputs: BTreeMap<Elem, (ViewId, u64)>,
    /// Contents of views with contents of their own.
    given: BTreeMap<u32, Vec<u8>>,
}

impl Maker {
    /// An empty program.
    #[must_use]
    pub fn new(name: &str, target: &'static Target) -> Maker {
        let b = Build::new(name, target);
        Maker { b, target, inputs: BTreeMap::new(), outputs: BTreeMap::new(), given: BTreeMap::new() }
    }

    /// Elements of a local buffer for elements of a view.
    #[must_use]
    pub const fn held(elem: Elem) -> Elem {
        match elem {
            Elem::I1 => Elem::I8,
            Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => elem,
        }
    }

    /// `count` elements of input: the view, and the first of them.
    pub fn input(&mut self, elem: Elem, count: u64) -> (ViewId, u64) {
        let b = &mut self.b;
        let entry =
            self.inputs.entry(elem).or_insert_with(|| (b.view(&format!("x_{elem}"), elem, &[1], Access::Read), 0));
        let first = entry.1;
        entry.1 += count;
        (entry.0, first)
    }

    /// Room for `count` elements of results: the view, and the first of them.
    pub fn room(&mut self, elem: Elem, count: u64) -> (ViewId, u64) {
        let b = &mut self.b;
        let entry =
            self.outputs.entry(elem).or_insert_with(|| (b.view(&format!("y_{elem}"), elem, &[1], Access::Write), 0));
        let first = entry.1;
        entry.1 += count;
        (entry.0, first)
    }

    /// A read view that holds these numbers.
    pub fn numbers(&mut self, name: &str, elem: Elem, numbers: &[i64]) -> ViewId {
        let view = self.b.view(name, elem, &[numbers.len() as u64], Access::Read);
        let bytes = |number: &i64| number.to_le_bytes()[..elem.bytes() as usize].to_vec();
        self.given.insert(view.index() as u32, numbers.iter().flat_map(bytes).collect());
        view
    }

    /// A buffer that holds input.
    pub fn filled(&mut self, name: &str, elem: Elem, rows: u64, cols: u64) -> Buffer {
        let (view, first) = self.input(elem, rows * cols);
        let buffer = self.b.buffer(name, Maker::held(elem), rows, cols);
        self.b.load(buffer, view, Expr::int(first as i64));
        buffer
    }

    /// All of a new buffer that holds input.
    pub fn dense(&mut self, name: &str, elem: Elem, rows: u64, cols: u64) -> Span {
        let buffer = self.filled(name, elem, rows, cols);
        self.b.all(buffer)
    }

    /// A part of a new buffer that holds input, with blocks before and behind each row.
    pub fn part(&mut self, name: &str, elem: Elem, rows: u64, cols: u64) -> Span {
        let step = self.target.step(elem);
        let [before, behind] = GAPS.map(|blocks| blocks * step);
        let buffer = self.filled(name, elem, rows, before + cols.next_multiple_of(step) + behind);
        Span { offset: Expr::int(before as i64), cols, ..self.b.all(buffer) }
    }

    /// All of a new buffer that holds nothing yet.
    pub fn empty(&mut self, name: &str, elem: Elem, rows: u64, cols: u64) -> Span {
        let buffer = self.b.buffer(name, elem, rows, cols);
        self.b.all(buffer)
    }

    /// A vector operation.
    pub fn put(&mut self, op: VectorOp, dst: &Span, args: &[Operand]) {
        self.b.put(StmtKind::Vector { op, dst: dst.clone(), args: args.to_vec() });
    }

    /// A vector operation; all of the result's buffer is stored, but for what it may have written beside the result.
    pub fn vector(&mut self, op: VectorOp, dst: &Span, args: &[Operand]) {
        self.put(op, dst, args);
        self.store(dst);
    }

    /// Stores all rows of a span's buffer, without what lies between the end of the span's rows and the next block.
    pub fn store(&mut self, span: &Span) {
        let data = self.b.kernel.buffer(span.buffer).clone();
        let first = span.offset.as_int().unwrap_or(0) as u64 % data.pitch;
        let end = first + span.cols;
        let rest = end.next_multiple_of(self.target.step(data.elem));
        let pieces =
            if rest == end || end >= data.cols { vec![(0, data.cols)] } else { vec![(0, end), (rest, data.cols)] };
        for (from, to) in pieces {
            if from < to {
                let piece = Span { offset: Expr::int(from as i64), cols: to - from, ..self.b.all(span.buffer) };
                self.store_span(&piece);
            }
        }
    }

    /// Stores a span.
    pub fn store_span(&mut self, span: &Span) {
        let elem = self.b.kernel.buffer(span.buffer).elem;
        let (view, first) = self.room(elem, span.rows * span.cols);
        let extents = [span.rows, span.cols].map(|extent| Expr::int(extent as i64));
        let copy = self.copy(span, view, first, span.cols, extents);
        self.b.put(StmtKind::CopyOut(copy));
    }

    /// A copy of `rows` and `cols` elements, at most as many as the span has, between a span and a view.
    #[must_use]
    pub fn copy(&self, span: &Span, view: ViewId, first: u64, view_pitch: u64, [rows, cols]: [Expr; 2]) -> Copy {
        Copy {
            buffer: span.buffer,
            offset: span.offset.clone(),
            pitch: span.pitch,
            view,
            view_offset: Expr::int(first as i64),
            view_pitch,
            rows,
            cols,
            max_rows: span.rows,
            max_cols: span.cols,
            pad: None,
        }
    }

    /// The program, with its flags and barriers.
    #[must_use]
    pub fn finish(self) -> Hand {
        let target = self.target;
        self.hand(|core| synchronise(Placed(core), target))
    }

    /// The program, which has all flags and barriers already.
    #[must_use]
    pub fn ordered(self) -> Hand {
        self.hand(|core| core)
    }

    fn hand(self, order: impl FnOnce(CoreKernel) -> CoreKernel) -> Hand {
        let target = self.target;
        let mut core = self.b.finish();
        // Views are as large as what is read and written.
        for (id, count) in self.inputs.values().chain(self.outputs.values()) {
            if let ParamKind::View(view) = &mut core.params[id.index()].kind {
                view.shape = Shape::new(&[*count]).unwrap_or_else(|| panic!("a view of {count} elements"));
            }
        }
        // Where memory is small, buffers are where others were.
        if target.used(&core) > target.local_bytes {
            core = place(core.clone(), target).map_or(core, |Placed(placed)| placed);
        }
        let contents = core.params.iter().enumerate().map(|(at, param)| {
            let ParamKind::View(view) = &param.kind else { panic!("`{}` is a number", param.name) };
            match (self.given.get(&(at as u32)), view.access) {
                (Some(bytes), _) => bytes.clone(),
                (None, Access::Read | Access::Weights) => {
                    (0..view.shape.count()).flat_map(|index| element(view.elem, index)).collect()
                }
                (None, Access::Write) => vec![0; (view.shape.count() * view.elem.bytes()) as usize],
            }
        });
        let contents = contents.collect();
        // Where local memory is small, buffers that are needed one after the other share it.
        let core = match self.target.vectors {
            Some(_) => place(core, self.target).unwrap_or_else(|error| panic!("{error}")).0,
            None => core,
        };
        Hand { core: order(core), contents }
    }
}
