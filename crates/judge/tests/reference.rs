//! References against results worked out by hand.

use judge::{Case, ReferenceError, reference};
use tile_ir::Elem::{self, Bf16, F32, I32};

/// The named output's expected values; unchanged ones are NaN.
fn values(case: &Case, name: &str) -> Vec<f64> {
    let expected = reference(case).expect("reference");
    let output = expected.into_iter().find(|output| output.name == name).expect("output");
    output.values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect()
}

fn near(got: &[f64], want: &[f64]) {
    assert_eq!(got.len(), want.len());
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        assert!((got - want).abs() < 1e-12 || (got.is_nan() && want.is_nan()), "{i}: {got} instead of {want}");
    }
}

const NAN: f64 = f64::NAN;

#[test]
fn rms_norm_of_three_and_four() {
    // Mean square 12.5; with eps 0 the scale is sqrt(2) / 5.
    let case = Case::new("rms_norm_2")
        .read("input", F32, &[1, 2], &[3.0, 4.0])
        .read("gamma", F32, &[1, 2], &[5.0, -10.0])
        .float("eps", 0.0)
        .write("output", F32, &[1, 2], None);
    near(&values(&case, "output"), &[3.0 * 2f64.sqrt(), -8.0 * 2f64.sqrt()]);
}

#[test]
fn embedding_takes_one_row() {
    let case = |token| {
        Case::new("embedding_lookup")
            .read("table", Bf16, &[3, 2], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
            .int("token", token)
            .write("output", F32, &[1, 2], None)
    };
    near(&values(&case(2), "output"), &[4.0, 5.0]);
    assert!(matches!(reference(&case(3)), Err(ReferenceError::Misfit { name, .. }) if name == "token"));
}

#[test]
fn a_token_may_lie_in_a_buffer() {
    let case = Case::new("embedding_lookup")
        .read("table", F32, &[2, 1], &[7.0, 8.0])
        .read("token", I32, &[1], &[1.0])
        .write("output", F32, &[1, 1], None);
    near(&values(&case, "output"), &[8.0]);
}

fn matvec(family: &str) -> Case {
    Case::new(family).read("input", F32, &[1, 3], &[1.0, 2.0, 3.0]).read(
        "weight",
        Bf16,
        &[2, 3],
        &[1.0, 0.0, -1.0, 0.5, 0.5, 0.5],
    )
}

#[test]
fn matvec_multiplies_rows() {
    let case = matvec("lm_head_matvec").write("output", F32, &[1, 2], None);
    near(&values(&case, "output"), &[-2.0, 3.0]);
    let case = matvec("q_proj_matvec").read("bias", F32, &[1, 2], &[10.0, 20.0]).write("output", F32, &[1, 2], None);
    near(&values(&case, "output"), &[8.0, 23.0]);
}

#[test]
fn residual_matvecs_add_to_hidden() {
    for family in ["o_proj_residual", "down_proj_residual"] {
        let case = matvec(family).write("hidden", F32, &[1, 2], Some(&[100.0, 200.0]));
        near(&values(&case, "hidden"), &[98.0, 203.0]);
    }
}

#[test]
fn kv_proj_writes_one_row_of_each_cache() {
    let case = Case::new("kv_proj_matvec")
        .read("input", F32, &[1, 2], &[1.0, 2.0])
        .read("k_weight", Bf16, &[2, 2], &[1.0, 0.0, 0.0, 1.0])
        .read("v_weight", Bf16, &[2, 2], &[0.0, 1.0, 1.0, 0.0])
        .read("k_bias", F32, &[1, 2], &[0.5, 0.5])
        .read("v_bias", F32, &[1, 2], &[-0.5, -0.5])
        .write("k_cache", Bf16, &[3, 2], None)
        .write("v_cache", Bf16, &[3, 2], None)
        .int("position", 1);
    near(&values(&case, "k_cache"), &[NAN, NAN, 1.5, 2.5, NAN, NAN]);
    near(&values(&case, "v_cache"), &[NAN, NAN, 1.5, 0.5, NAN, NAN]);
}

#[test]
fn rope_turns_halves_against_each_other() {
    // A quarter turn of the first pair, none of the second, at position 1 of the tables.
    let tables = |case: Case| {
        case.read("cos", F32, &[2, 2], &[9.0, 9.0, 0.0, 1.0])
            .read("sin", F32, &[2, 2], &[9.0, 9.0, 1.0, 0.0])
            .int("position", 1)
    };
    let heads = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
    let turned = [-3.0, 2.0, 1.0, 4.0, -7.0, 6.0, 5.0, 8.0];
    let case = tables(Case::new("rope_q_decode").write("q", F32, &[2, 4], Some(&heads)));
    near(&values(&case, "q"), &turned);
    let mut cache = vec![0.0; 8];
    cache.extend(heads);
    let case = tables(Case::new("rope_k_decode").write("k_cache", F32, &[2, 8], Some(&cache)));
    let mut want = vec![NAN; 8];
    want.extend(turned);
    near(&values(&case, "k_cache"), &want);
    // By halves of heads, the same.
    let case = tables(Case::new("rope_q_decode").write("q", F32, &[4, 2], Some(&heads)));
    near(&values(&case, "q"), &turned);
    let case = tables(Case::new("rope_k_decode").write("k_cache", F32, &[2, 4, 2], Some(&cache)));
    near(&values(&case, "k_cache"), &want);
}

#[test]
fn attention_groups_heads_and_ignores_later_positions() {
    // Two query heads of one element share a KV head; logits are q * k: 0 and ln 3 for the second head.
    let ln3 = 3f64.ln();
    let case = Case::new("attention_decode_gqa")
        .read("q", F32, &[2, 1], &[0.0, 1.0])
        .read("k_cache", Elem::I64, &[3, 1], &[0.0, 0.0, 0.0])
        .read("v_cache", F32, &[3, 1], &[1.0, 5.0, NAN])
        .write("output", F32, &[2, 1], None)
        .int("position", 1);
    near(&values(&case, "output"), &[3.0, 3.0]);
    let mut sharper = case.clone();
    *sharper.buffer_mut("k_cache").expect("cache") =
        judge::Buffer::from_values(F32, tile_ir::Shape::new(&[3, 1]).expect("rank"), &[0.0, ln3, NAN]);
    let third = f64::from(ln3 as f32).exp();
    near(&values(&sharper, "output"), &[3.0, (1.0 + 5.0 * third) / (1.0 + third)]);
}

#[test]
fn attention_gives_each_kv_head_its_queries() {
    // d = 2, four query heads on two KV heads, one position: the output is that head's value row.
    let case = Case::new("attention_decode_gqa")
        .read("q", F32, &[4, 2], &[1.0; 8])
        .read("k_cache", F32, &[1, 4], &[1.0; 4])
        .read("v_cache", F32, &[1, 4], &[1.0, 2.0, 3.0, 4.0])
        .write("output", F32, &[4, 2], None)
        .int("position", 0);
    near(&values(&case, "output"), &[1.0, 2.0, 1.0, 2.0, 3.0, 4.0, 3.0, 4.0]);
}

#[test]
fn gate_and_up() {
    let silu = |x: f64| x / (1.0 + (-x).exp());
    let case = Case::new("mlp_gate_up_silu")
        .read("input", F32, &[1, 1], &[2.0])
        .read("gate_weight", Bf16, &[2, 1], &[1.0, -1.0])
        .read("up_weight", Bf16, &[2, 1], &[3.0, 4.0])
        .write("output", F32, &[1, 2], None);
    near(&values(&case, "output"), &[silu(2.0) * 6.0, silu(-2.0) * 8.0]);
    let case = Case::new("silu_mul_fused")
        .read("gate", F32, &[1, 2], &[0.0, -200.0])
        .read("up", F32, &[1, 2], &[7.0, 7.0])
        .write("output", F32, &[1, 2], None);
    near(&values(&case, "output"), &[0.0, 0.0]);
}

#[test]
fn sums_and_argmax() {
    let case = Case::new("residual_add")
        .read("a", F32, &[1, 2], &[1.0, 2.0])
        .read("b", F32, &[1, 2], &[0.5, -2.0])
        .write("output", F32, &[1, 2], None);
    near(&values(&case, "output"), &[1.5, 0.0]);
    let case = Case::new("argmax_greedy").read("logits", F32, &[1, 5], &[-1.0, 3.0, 2.0, 3.0, -5.0]).write(
        "output",
        I32,
        &[1, 1],
        None,
    );
    near(&values(&case, "output"), &[1.0]);
}

#[test]
fn unknown_families_and_wrong_arguments_are_errors() {
    let message = |case: &Case| reference(case).expect_err("refused").to_string();
    assert_eq!(message(&Case::new("frobnicate")), "there is no reference for kernels named `frobnicate`");
    assert!(!judge::has_reference("frobnicate") && judge::has_reference("rms_norm_1536"));
    assert_eq!(message(&Case::new("residual_add")), "the reference of `residual_add` needs a buffer named `a`");
    let case = matvec("q_proj_matvec").write("output", F32, &[1, 3], None);
    assert_eq!(message(&case), "the reference of `q_proj_matvec` cannot use `output`: it has 3 elements instead of 2");
    let empty = Case::new("rope_k_decode").write("k_cache", F32, &[0, 4], Some(&[])).int("position", 0);
    assert!(reference(&empty).is_err());
}
