//! The comparison must catch every way an output can be wrong.

use judge::{Case, Comparison, Expected, Fault, compare, reference};
use tile_ir::Elem;

/// A 2 x 3 output, unwritten before the launch.
fn case(elem: Elem) -> Case {
    Case::new("test").write("output", elem, &[2, 3], None)
}

fn judged(elem: Elem, want: &[f64], got: &[f64]) -> Comparison {
    let case = case(elem);
    let mut outputs = case.outputs();
    let buffer = outputs.get_mut("output").expect("output");
    for (i, &value) in got.iter().enumerate() {
        buffer.set(i, value);
    }
    compare(&case, &[Expected::all("output", want.to_vec())], &outputs)
}

fn faults(comparison: &Comparison) -> &[Fault] {
    &comparison.outputs[0].faults
}

const WANT: [f64; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];

#[test]
fn equal_and_nearly_equal_outputs_pass() {
    assert!(judged(Elem::F32, &WANT, &WANT).passed());
    let near = WANT.map(|x| x * (1.0 + 2e-6));
    let comparison = judged(Elem::F32, &WANT, &near);
    assert!(comparison.passed(), "{comparison}");
    assert!(comparison.relative() > 1e-6);
    let third = WANT.map(|x| x / 3.0);
    assert!(judged(Elem::Bf16, &third, &third).passed());
    assert!(judged(Elem::F16, &third, &third).passed());
    assert!(!judged(Elem::Bf16, &third, &third.map(|x| x * 1.01)).passed());
}

#[test]
fn one_wrong_element_is_caught_and_named() {
    let mut got = WANT;
    got[4] += 0.01;
    let comparison = judged(Elem::F32, &WANT, &got);
    assert!(!comparison.passed());
    let worst = comparison.outputs[0].worst.as_ref().expect("worst");
    assert_eq!(worst.index, [1, 1]);
    assert!(comparison.to_string().contains("worst [1, 1]: "), "{comparison}");
}

#[test]
fn a_long_output_does_not_hide_a_wrong_element() {
    let n = 200_000;
    let case = Case::new("test").write("output", Elem::Bf16, &[1, n as u64], None);
    let mut outputs = case.outputs();
    let buffer = outputs.get_mut("output").expect("output");
    (0..n).for_each(|i| buffer.set(i, 1.0));
    buffer.set(777, 0.0);
    let comparison = compare(&case, &[Expected::all("output", vec![1.0; n])], &outputs);
    assert!(comparison.relative() < 4e-3, "the norm alone would pass");
    assert!(matches!(faults(&comparison), [Fault::Elements { count: 1, first }] if first.index == [0, 777]));
}

#[test]
fn nan_never_passes() {
    let mut got = WANT;
    got[2] = f64::NAN;
    let comparison = judged(Elem::F32, &WANT, &got);
    assert!(matches!(faults(&comparison), [Fault::Nan { count: 1, first }] if first.index == [0, 2]), "{comparison}");
    let comparison = judged(Elem::F32, &got, &got);
    assert!(!comparison.passed(), "not even where a NaN is expected");
}

#[test]
fn infinities_must_be_equal() {
    let mut want = WANT;
    want[0] = f64::NEG_INFINITY;
    assert!(judged(Elem::F32, &want, &want).passed());
    assert!(!judged(Elem::F32, &want, &WANT).passed());
    let mut other = want;
    other[0] = f64::INFINITY;
    assert!(!judged(Elem::F32, &want, &other).passed());
}

#[test]
fn a_transposed_output_is_caught() {
    let transposed = [1.0, 4.0, 2.0, 5.0, 3.0, 6.0];
    assert!(!judged(Elem::F32, &WANT, &transposed).passed());
}

#[test]
fn unwritten_elements_are_reported_as_such() {
    let comparison = judged(Elem::F32, &WANT, &WANT[..4]);
    assert_eq!(faults(&comparison), [Fault::Unwritten { count: 2, first: vec![1, 1] }]);
    let comparison = judged(Elem::I32, &WANT, &[]);
    assert_eq!(faults(&comparison), [Fault::Unwritten { count: 6, first: vec![0, 0] }]);
}

#[test]
fn a_zero_output_must_be_zero() {
    assert!(judged(Elem::F32, &[0.0; 6], &[0.0; 6]).passed());
    assert!(!judged(Elem::F32, &[0.0; 6], &[0.0, 0.0, 1e-4, 0.0, 0.0, 0.0]).passed());
}

#[test]
fn an_argmax_off_by_one_on_a_tie_is_caught() {
    let case = Case::new("argmax_greedy").read("logits", Elem::F32, &[1, 4], &[0.0, 2.0, 2.0, 1.0]).write(
        "output",
        Elem::I32,
        &[1, 1],
        None,
    );
    let want = reference(&case).expect("reference");
    let mut outputs = case.outputs();
    outputs.get_mut("output").expect("output").set(0, 1.0);
    assert!(compare(&case, &want, &outputs).passed());
    outputs.get_mut("output").expect("output").set(0, 2.0);
    assert!(!compare(&case, &want, &outputs).passed());
}

#[test]
fn what_the_launch_does_not_own_must_stay() {
    let cache = [1.0, 2.0, 3.0, 4.0, f64::NAN, f64::NAN];
    let case = Case::new("test").write("cache", Elem::F32, &[3, 2], Some(&cache));
    let want = Expected { name: "cache".into(), values: vec![None, None, Some(7.0), Some(8.0), None, None] };
    let mut outputs = case.outputs();
    let buffer = outputs.get_mut("cache").expect("cache");
    buffer.set(2, 7.0);
    buffer.set(3, 8.0);
    assert!(compare(&case, std::slice::from_ref(&want), &outputs).passed());
    outputs.get_mut("cache").expect("cache").set(1, 2.5);
    let comparison = compare(&case, std::slice::from_ref(&want), &outputs);
    assert_eq!(faults(&comparison), [Fault::Overwritten { count: 1, first: vec![0, 1] }]);
    outputs.get_mut("cache").expect("cache").set(1, 2.0);
    outputs.get_mut("cache").expect("cache").set(4, 0.0);
    let comparison = compare(&case, &[want], &outputs);
    assert_eq!(faults(&comparison), [Fault::Overwritten { count: 1, first: vec![2, 0] }]);
}

#[test]
fn another_run_can_be_the_expectation() {
    let case = Case::new("test").write("cache", Elem::Bf16, &[2, 2], Some(&[1.0, 2.0, f64::NAN, f64::NAN]));
    let mut outputs = case.outputs();
    outputs.get_mut("cache").expect("cache").set(2, 5.0);
    let want = Expected::from_outputs(&case, &outputs);
    assert_eq!(want[0].values, [None, None, Some(5.0), None]);
    assert!(compare(&case, &want, &outputs).passed());
    // Rewriting an owned element with nearly its old value is not a change.
    outputs.get_mut("cache").expect("cache").set(1, 2.0 + 2f64.powi(-6));
    assert!(compare(&case, &want, &outputs).passed());
}

#[test]
fn missing_and_misshapen_outputs_are_refused() {
    let case = case(Elem::F32);
    let want = [Expected::all("output", WANT.to_vec())];
    let comparison = compare(&case, &want, &judge::Outputs::default());
    assert_eq!(faults(&comparison), [Fault::Missing]);
    let mut outputs = self::case(Elem::Bf16).outputs();
    assert!(matches!(faults(&compare(&case, &want, &outputs)), [Fault::Form { .. }]));
    outputs = case.outputs();
    outputs.get_mut("output").expect("output").bytes.truncate(3);
    assert!(matches!(faults(&compare(&case, &want, &outputs)), [Fault::Form { .. }]));
    assert!(!compare(&Case::new("test"), &[], &judge::Outputs::default()).passed(), "nothing compared is not a pass");
    let stray = [Expected::all("other", vec![1.0])];
    assert!(!compare(&Case::new("test"), &stray, &judge::Outputs::default()).passed());
}
