//! Figures: `cargo test -p emulator --test gaudi -- --ignored --nocapture speed`.

use std::time::Instant;

use emulator::Checks;
use emulator::gaudi::{Launch, Program, Split};

use crate::harness::{bf16s, f32s, input, out, space};

#[test]
#[ignore = "a figure, not a check"]
fn speed() {
    let source = format!(
        "void main(tensor x, tensor w, tensor y) {{\n{}
         int5 cx = {{ 0, 0, 0, 0, 0 }};
         int5 cw = {{ 0, 0, 0, 0, 0 }};
         for (int row = start[1]; row < end[1]; row += 1) {{
             float128 acc = {{ 0 }};
             cw[1] = row;
             for (int k = 0; k < 1536; k += 128) {{
                 cx[0] = k;
                 cw[0] = k;
                 acc = v_bf16_mac_acc32_b(v_bf16_ld_tnsr_b(cw, w), v_bf16_ld_tnsr_b(cx, x), acc);
             }}
             int5 o = {{ row, 0, 0, 0, 0 }};
             v_f32_st_tnsr_partial(o, y, v_f32_reduce_add(acc.v1 + acc.v2), 0, 0);
         }} }}",
        crate::kernels::PART
    );
    let (x, w, mut y) = (vec![0x3f80_u16; 1536], vec![0x3f80_u16; 1536 * 1536], vec![0.0_f32; 1536]);
    let args = [input(&x), input(&w), out(&mut y)];
    let tensors = [bf16s(&[1536]), bf16s(&[1536, 1536]), f32s(&[1536])];
    for checks in [Checks::Memory, Checks::Barriers] {
        let program = Program::compile(&source, checks).unwrap();
        let started = Instant::now();
        let launch = Launch {
            index_space: space(&[1, 1536]),
            tensors: &tensors,
            access: &[],
            args: &args,
            split: Split::Members,
            workers: 1,
        };
        program.launch(&launch).unwrap();
        println!("{checks:?}: 1536x1536 bf16: {:?}", started.elapsed());
    }
    assert!(y.iter().all(|y| *y == 1536.0));
}
