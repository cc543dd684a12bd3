//! Comparing what was computed with what should have been.
//!
//! Floats pass if the relative L2 error over the output is within the tolerance of its type, and no single element is
//! further off than [`ELEMENT_FACTOR`] times that, relative to the larger of itself and the output's root mean square: a
//! long output must not hide a wrong element. Integers must be equal. NaN never passes.

use view_types::Elem;

use crate::buffer::Buffer;
use crate::case::{Case, Outputs};
use crate::verdict::{Comparison, Element, Fault, OutputReport};

/// See the module.
pub const ELEMENT_FACTOR: f64 = 16.0;

/// Largest relative L2 error of an output of this type; `None` where only equality passes.
pub const fn tolerance(elem: Elem) -> Option<f64> {
    match elem {
        Elem::F32 => Some(1e-5),
        Elem::Bf16 => Some(4e-3),
        Elem::F16 => Some(1e-3),
        Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => None,
    }
}

/// What one output should hold after the launch.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// The argument's name.
    pub name: String,
    /// One per element; `None` where the launch must leave it as it was.
    pub values: Vec<Option<f64>>,
}

impl Expected {
    /// An output written everywhere.
    pub fn all(name: &str, values: Vec<f64>) -> Expected {
        Expected { name: name.to_string(), values: values.into_iter().map(Some).collect() }
    }

    /// What the outputs of another run of `case` (the interpreter's) say: their values, and "as it was" where they are
    /// as they were.
    pub fn from_outputs(case: &Case, outputs: &Outputs) -> Vec<Expected> {
        let before = case.outputs();
        let expected = |(name, buffer): &(String, Buffer)| {
            let initial = before.get(name).filter(|initial| initial.len() == buffer.len());
            let changed = |i: usize| initial.is_none_or(|initial| initial.bits(i) != buffer.bits(i));
            let values = (0..buffer.len()).map(|i| changed(i).then(|| buffer.get(i))).collect();
            Expected { name: name.clone(), values }
        };
        outputs.0.iter().map(expected).collect()
    }
}

/// Compares the outputs `got` of launching `case` with `want`. An output of the case that `want` does not name must be
/// unchanged.
pub fn compare(case: &Case, want: &[Expected], got: &Outputs) -> Comparison {
    let before = case.outputs();
    let mut reports = Vec::new();
    for (name, initial) in &before.0 {
        let unchanged = vec![None; initial.len()];
        let values =
            want.iter().find(|expected| expected.name == *name).map_or(&unchanged, |expected| &expected.values);
        reports.push(output(name, initial, values, got.get(name)));
    }
    for expected in want.iter().filter(|expected| before.get(&expected.name).is_none()) {
        reports.push(failed(&expected.name, Fault::Missing));
    }
    Comparison { outputs: reports }
}

fn failed(name: &str, fault: Fault) -> OutputReport {
    OutputReport { name: name.to_string(), compared: 0, relative: 0.0, worst: None, faults: vec![fault] }
}

/// Row-major index of element `linear`.
fn index_of(buffer: &Buffer, linear: usize) -> Vec<u64> {
    let mut rest = linear as u64;
    let divide = |&stride: &u64| {
        let index = rest / stride;
        rest %= stride;
        index
    };
    buffer.shape.strides().iter().map(divide).collect()
}

/// Counts elements and keeps the first.
#[derive(Default)]
struct Tally {
    count: usize,
    first: usize,
}

impl Tally {
    fn add(&mut self, index: usize) {
        if self.count == 0 {
            self.first = index;
        }
        self.count += 1;
    }
}

fn output(name: &str, initial: &Buffer, want: &[Option<f64>], got: Option<&Buffer>) -> OutputReport {
    let Some(got) = got else {
        return failed(name, Fault::Missing);
    };
    let form = |buffer: &Buffer, count: usize| format!("{count} elements of {}", buffer.elem);
    if got.elem != initial.elem || got.len() != initial.len() || want.len() != initial.len() || !got.is_consistent() {
        return failed(name, Fault::Form { got: form(got, got.len()), want: form(initial, want.len()) });
    }
    let element =
        |i: usize| Element { index: index_of(initial, i), got: got.get(i), want: want[i].unwrap_or(f64::NAN) };
    let tolerance = tolerance(got.elem);
    let finite =
        || (0..got.len()).filter_map(|i| Some((i, got.get(i), want[i]?))).filter(|(_, g, w)| (g - w).is_finite());
    let norm: f64 = finite().map(|(_, _, w)| w * w).sum::<f64>().sqrt();
    let compared = finite().count();
    let rms = norm / (compared.max(1) as f64).sqrt();
    let (mut unwritten, mut overwritten, mut nan, mut wrong) =
        (Tally::default(), Tally::default(), Tally::default(), Tally::default());
    let mut worst: Option<(usize, f64)> = None;
    let mut square = 0.0;
    for i in 0..got.len() {
        let value = got.get(i);
        let limit = |want: f64| tolerance.map_or(0.0, |tolerance| ELEMENT_FACTOR * tolerance * want.abs().max(rms));
        let Some(want) = want[i] else {
            // A launch may rewrite what it owns with the same value, give or take rounding.
            let before = initial.get(i);
            let same = (value - before).abs() <= limit(before) && !initial.is_poison(i);
            if got.bits(i) != initial.bits(i) && !same {
                overwritten.add(i);
            }
            continue;
        };
        let difference = (value - want).abs();
        if got.is_poison(i) && initial.is_poison(i) && !(tolerance.is_none() && value == want) {
            unwritten.add(i);
        } else if value.is_nan() || want.is_nan() {
            nan.add(i);
        } else if !difference.is_finite() {
            // Equal infinities differ by NaN.
            if value != want {
                wrong.add(i);
            }
        } else {
            square += difference * difference;
            if difference > worst.map_or(0.0, |(_, largest)| largest) {
                worst = Some((i, difference));
            }
            if difference > limit(want) {
                wrong.add(i);
            }
        }
    }
    let relative = match (tolerance, norm > 0.0) {
        (None, _) => 0.0,
        (Some(_), true) => square.sqrt() / norm,
        (Some(_), false) => square.sqrt(),
    };
    let mut faults = Vec::new();
    if unwritten.count > 0 {
        faults.push(Fault::Unwritten { count: unwritten.count, first: index_of(initial, unwritten.first) });
    }
    if overwritten.count > 0 {
        faults.push(Fault::Overwritten { count: overwritten.count, first: index_of(initial, overwritten.first) });
    }
    if nan.count > 0 {
        faults.push(Fault::Nan { count: nan.count, first: element(nan.first) });
    }
    if let Some(tolerance) = tolerance.filter(|&tolerance| relative > tolerance) {
        faults.push(Fault::Error { relative, tolerance });
    }
    if wrong.count > 0 {
        faults.push(Fault::Elements { count: wrong.count, first: element(wrong.first) });
    }
    OutputReport { name: name.to_string(), compared, relative, worst: worst.map(|(i, _)| element(i)), faults }
}
