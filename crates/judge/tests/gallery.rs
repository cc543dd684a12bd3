//! References of the gallery's kernels against results worked out by hand.

use judge::{Case, reference};
use tile_ir::Elem::{Bf16, F16, F32, I8, I32};

fn values(case: &Case, name: &str) -> Vec<f64> {
    let expected = reference(case).expect("reference");
    let output = expected.into_iter().find(|output| output.name == name).expect("output");
    output.values.into_iter().map(|value| value.expect("written")).collect()
}

fn near(got: &[f64], want: &[f64]) {
    assert_eq!(got.len(), want.len());
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        assert!(got == want || (got - want).abs() < 1e-7, "{i}: {got} instead of {want}");
    }
}

const LOW: f64 = f64::NEG_INFINITY;

#[test]
fn softmax_and_layer_norm() {
    let ln3 = 3f64.ln();
    let case = |family| {
        Case::new(family).read("input", F32, &[2, 2], &[100.0, 100.0 + ln3, 5.0, 5.0]).write(
            "output",
            F32,
            &[2, 2],
            None,
        )
    };
    let got = values(&case("softmax_chunked"), "output");
    near(&got[2..], &[0.5, 0.5]);
    assert!((got[0] - 0.25).abs() < 1e-5, "{got:?}");
    // Mean 2, variance 1.
    let case = Case::new("layer_norm")
        .read("input", F32, &[1, 2], &[1.0, 3.0])
        .read("gamma", F32, &[1, 2], &[10.0, 20.0])
        .read("beta", F32, &[1, 2], &[1.0, 2.0])
        .float("eps", 0.0)
        .write("output", F32, &[1, 2], None);
    near(&values(&case, "output"), &[-9.0, 22.0]);
}

#[test]
fn products() {
    let case = Case::new("matmul")
        .read("a", Bf16, &[2, 2], &[1.0, 2.0, 3.0, 4.0])
        .read("b", Bf16, &[2, 3], &[1.0, 0.0, 2.0, 0.0, 1.0, 3.0])
        .write("c", F32, &[2, 3], None);
    near(&values(&case, "c"), &[1.0, 2.0, 8.0, 3.0, 4.0, 18.0]);
    let case = Case::new("batched_matmul")
        .read("a", F32, &[2, 1], &[2.0, 3.0])
        .read("b", F32, &[2, 2], &[1.0, 10.0, 100.0, 1000.0])
        .write("output", F32, &[2, 2], None);
    near(&values(&case, "output"), &[2.0, 20.0, 300.0, 3000.0]);
    let case =
        Case::new("gram").read("a", F32, &[3, 2], &[1.0, 2.0, 0.0, 1.0, 1.0, 0.0]).write("output", Bf16, &[2, 2], None);
    near(&values(&case, "output"), &[2.0, 2.0, 2.0, 5.0]);
    let case = Case::new("matrix_power")
        .read("matrix", F32, &[2, 2], &[1.0, 1.0, 1.0, 0.0])
        .read("input", F32, &[2, 1], &[1.0, 0.0])
        .int("power", 7)
        .write("output", F32, &[2, 1], None);
    near(&values(&case, "output"), &[21.0, 13.0]);
    let case = Case::new("shared_scores")
        .read("q", F32, &[2, 1], &[0.0, 100.0])
        .read("k", F32, &[2, 1], &[0.0, 1.0])
        .write("output", F32, &[1, 2], None);
    near(&values(&case, "output"), &[0.25, 0.75]);
}

#[test]
fn linear_layers() {
    let layer = |family| {
        Case::new(family)
            .read("input", F32, &[2, 2], &[1.0, 0.0, 0.0, 2.0])
            .read("weight", Bf16, &[1, 2], &[3.0, -4.0])
            .read("bias", Bf16, &[1, 1], &[-1.0])
            .write("output", F32, &[2, 1], None)
    };
    near(&values(&layer("gelu_down"), "output"), &[2.0, -9.0]);
    let gelu = values(&layer("gelu_up"), "output");
    assert!((gelu[0] - 1.954_597_7).abs() < 1e-6 && gelu[1].abs() < 1e-6, "{gelu:?}");
    let case = Case::new("matvec_int8")
        .read("input", F32, &[1, 4], &[1.0, 1.0, 1.0, 2.0])
        .read("weight", I8, &[1, 4], &[127.0, -128.0, 3.0, 4.0])
        .read("scale", F32, &[1, 2], &[0.5, 10.0])
        .write("output", F32, &[1, 1], None);
    near(&values(&case, "output"), &[109.5]);
    let case = Case::new("quantize_rows")
        .read("input", F32, &[2, 3], &[127.0, -126.6, 0.4, 0.0, 0.0, 0.0])
        .write("values", I8, &[2, 3], None)
        .write("scale", F32, &[2, 1], None);
    near(&values(&case, "values"), &[127.0, -127.0, 0.0, 0.0, 0.0, 0.0]);
    near(&values(&case, "scale"), &[1.0, 0.0]);
}

#[test]
fn choosing() {
    let x = [1.0, 9.0, 3.0, 9.0, 9.0, 2.0, 9.0, 0.0];
    let case = Case::new("top_k_mask").read("input", F32, &[1, 8], &x).write("output", F32, &[1, 8], None);
    near(&values(&case, "output"), &[LOW, 9.0, 3.0, 9.0, 9.0, LOW, 9.0, LOW]);
    let ties = Case::new("top_k_mask").read("input", F32, &[1, 7], &[1.0; 7]).write("output", F32, &[1, 7], None);
    near(&values(&ties, "output"), &[1.0, 1.0, 1.0, 1.0, 1.0, LOW, LOW]);
    let case = Case::new("row_argmax")
        .read("input", F32, &[2, 3], &[1.0, 2.0, 2.0, -1.0, -3.0, -2.0])
        .write("index", I32, &[2, 1], None)
        .write("value", F32, &[2, 1], None);
    near(&values(&case, "index"), &[1.0, 0.0]);
    near(&values(&case, "value"), &[2.0, -1.0]);
}

#[test]
fn moving() {
    let case = Case::new("transpose").read("input", F32, &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).write(
        "output",
        F32,
        &[3, 2],
        None,
    );
    near(&values(&case, "output"), &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    let case = Case::new("interleave")
        .read("left", F32, &[1, 1], &[1.0])
        .read("right", F32, &[1, 2], &[2.0, 3.0])
        .write("output", F32, &[2, 3], None);
    near(&values(&case, "output"), &[1.0, 2.0, 3.0, 2.0, 3.0, 1.0]);
    let gather = |family, dims: &[u64], index: &[f64]| {
        Case::new(family).read("table", F16, dims, &[1.0, 2.0, 3.0, 4.0]).read(
            "index",
            I32,
            &[index.len() as u64, 1],
            index,
        )
    };
    let case = gather("embedding_bag", &[2, 2], &[1.0, 1.0, 0.0, 2.0, -1.0]).write("output", F32, &[1, 2], None);
    near(&values(&case, "output"), &[7.0, 10.0]);
    let case = gather("lookup", &[1, 4], &[3.0, 4.0, 0.0]).write("output", F32, &[3, 1], None);
    near(&values(&case, "output"), &[4.0, 0.0, 1.0]);
    let sum = |length| {
        let case = Case::new("prefix_sum_rows").read("input", F32, &[2, 2], &[1.0, 2.0, 3.0, 4.0]);
        values(&case.int("length", length).write("output", F32, &[1, 2], None), "output")
    };
    near(&sum(0), &[0.0, 0.0]);
    near(&sum(2), &[4.0, 6.0]);
}

#[test]
fn windows() {
    // 22 equal keys: each row is the mean of the last 20 values.
    let zeros = [0.0; 22];
    let v: Vec<f64> = (0..22).map(f64::from).collect();
    let case = Case::new("sliding_window_attention")
        .read("q", F32, &[22, 1], &zeros)
        .read("k", F32, &[22, 1], &zeros)
        .read("v", F32, &[22, 1], &v)
        .write("output", F32, &[22, 1], None);
    let got = values(&case, "output");
    near(&[got[0], got[1], got[19], got[20], got[21]], &[0.0, 0.5, 9.5, 10.5, 11.5]);
}

#[test]
fn elementwise() {
    let one =
        |family: &str, x: f64| Case::new(family).read("input", F32, &[1, 1], &[x]).write("output", F32, &[1, 1], None);
    near(&values(&one("newton_sqrt", 9.0), "output"), &[3.0]);
    let (x, ln) = (-0.5f64, 1.5f64.ln());
    near(&values(&one("functions", x), "output"), &[x.sin() * x.cos() + ln + 1.25f64.sqrt() - x.tanh() + 0.5]);
    let activation =
        |kind, scale| values(&one("activation", -2.0).int("kind", kind).float("scale", scale), "output")[0];
    near(&[activation(0, 2.0), activation(1, 2.0), activation(3, 2.0)], &[-4.0, 0.0, 2.0 * (-2f64).tanh()]);
    near(&[activation(2, 1.0), activation(1, 0.0)], &[-2.0 / (1.0 + 2f64.exp()), -2.0]);
    let two = |family: &str, elem, a: f64, b: f64| {
        Case::new(family).read("a", elem, &[1, 1], &[a]).read("b", elem, &[1, 1], &[b]).write(
            "output",
            elem,
            &[1, 1],
            None,
        )
    };
    near(&values(&two("distance", F32, 2.0, -3.0), "output"), &[5.0]);
    near(&values(&two("signed", I32, -8.0, 5.0), "output"), &[-31.0]);
    near(&values(&two("signed", I32, 65536.0, 65536.0), "output"), &[-1000.0]);
    let case = Case::new("axpy_f16").read("x", F16, &[1, 1], &[2.0]).read("y", F16, &[1, 1], &[1.0]);
    near(&values(&case.float("alpha", 0.5).write("output", F16, &[1, 1], None), "output"), &[2.0]);
    let hash = |x: f64, modulus| {
        let case = Case::new("hash").read("input", I32, &[1, 1], &[x]).int("modulus", modulus);
        values(&case.write("output", I32, &[1, 1], None), "output")[0]
    };
    // xorshift32 of 1 is 270369.
    near(&[hash(1.0, 1_000_000), hash(1.0, 1000), hash(1.0, 0)], &[270_369.0, 369.0, 0.0]);
}
