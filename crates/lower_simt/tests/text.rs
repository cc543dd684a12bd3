//! Lane programs as text.

mod common;

use lower_simt::text::print;

#[test]
fn a_product_reads_like_a_program() {
    let (_, lane) = common::matvec(32, 256);
    let expected = "\
kernel matvec<512 threads>(input: &[f32; 1x256], weight: &[bf16; 32x256], output: &mut [f32; 1x32]), grid 2x1x1 {
    let column: i32 = (program.x * 16) + subgroup; // lanes.rs:1:1
    let mut sum: f32 = 0.0; // lanes.rs:2:1
    for i in (lane * 8..256).step_by(256) { // lanes.rs:10:1
        let mut a: [f32; 8]; // lanes.rs:3:1
        let mut c: [f32; 8]; // lanes.rs:4:1
        a[0..+4] = vector input[i]; // lanes.rs:5:1
        a[4..+4] = vector input[i + 4]; // lanes.rs:6:1
        c[0..+8] = vector weight[(column * 256) + i]; // lanes.rs:7:1
        for j in 0..8 unroll all { // lanes.rs:9:1
            sum = fma(a[j], c[j], sum); // lanes.rs:8:1
        }
    }
    sum = add of sum over 32 lanes; // lanes.rs:11:1
    if lane == 0 { // lanes.rs:13:1
        output[column] = sum; // lanes.rs:12:1
    }
}
";
    assert_eq!(print(&lane), expected);
}

#[test]
fn equal_names_are_told_apart() {
    let (_, mut lane) = common::matvec(32, 256);
    lane.vars.iter_mut().for_each(|var| var.name = "x".into());
    let text = print(&lane);
    assert!(text.contains("x_1 = fma(x_3[x_5], x_4[x_5], x_1);"), "{text}");
}
