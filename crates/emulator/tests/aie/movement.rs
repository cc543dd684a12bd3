//! What DMAs do to the order of elements, and memory tiles.

use emulator::aie::FaultKind;

use crate::harness::{COPY, copies, design, fail, input, out, pass};

#[test]
fn transposes_by_access_patterns() {
    // 16 x 16 of f32, columns first.
    let fill = |sizes: &str, strides: &str| format!("    ha.fill(x, sizes=[{sizes}], strides=[{strides}])\n");
    let x: Vec<f32> = (0..256).map(|i| i as f32).collect();
    let mut y = vec![0.0_f32; 256];
    let turned: Vec<f32> = (0..256).map(|i| x[i % 16 * 16 + i / 16]).collect();
    let shim = copies(4, &[("    ha.fill(x)\n", &fill("1, 1, 16, 16", "0, 0, 1, 16"))]);
    if pass(&shim, COPY, &[input(&x), out(&mut y)]) {
        assert_eq!(y, turned);
    }
    // 8 x 8 objects, turned by the DMA of the core.
    let line = "b = ObjectFifo(T(64), depth=2, name='b')";
    let text = |dims: &str| {
        copies(4, &[(line, &format!("b = ObjectFifo(T(64), depth=2, name='b', dims_to_stream={dims})"))])
            .replace(".resolve_program())", ".resolve_program()) # here")
    };
    if pass(&text("[(8, 1), (8, 8)]"), COPY, &[input(&x), out(&mut y)]) {
        let turned: Vec<f32> = (0..256).map(|i| x[i / 64 * 64 + i % 8 * 8 + i % 64 / 8]).collect();
        assert_eq!(y, turned);
    }
    for wrong in ["[(2, 32), (2, 16), (2, 8), (8, 1)]", "[(8, 1), (4, 8)]", "[(8, 1), (8, 9)]"] {
        fail(&text(wrong), COPY, &[], FaultKind::Limit);
    }
}

/// Copies of `copies(4)` whose FIFO `a` is declared with `line`, and what they give.
fn copied(from: &str, to: &str) -> Option<Vec<f32>> {
    let x: Vec<f32> = (0..256).map(|i| i as f32).collect();
    let mut y = vec![0.0_f32; 256];
    pass(&copies(4, &[(from, to)]), COPY, &[input(&x), out(&mut y)]).then_some(y)
}

#[test]
fn consumers_turn_what_they_receive() {
    // Element i of the stream goes to the i-th place of the pattern.
    let Some(y) = copied("[a.cons(),", "[a.cons(dims_from_stream=[(8, 1), (8, 8)]),") else { return };
    for (i, value) in y.iter().enumerate() {
        assert_eq!(*value as usize, i / 64 * 64 + i % 8 * 8 + i % 64 / 8);
    }
}

#[test]
fn objects_through_memory_tiles() {
    let Some(y) = copied("[a.cons(),", "[a.cons().forward(name='m').cons(),") else { return };
    assert!(y.iter().enumerate().all(|(i, value)| *value as usize == i));
    let text = |parts: u32| {
        design(&format!(
            "n = {parts}
a = ObjectFifo(T(64 * n), name='a')
b = ObjectFifo(T(64 * n), name='b')
ins = a.cons().split([64 * i for i in range(n)], obj_types=[T(64)] * n)
outs = b.prod().join([64 * i for i in range(n)], obj_types=[T(64)] * n)
copy = Kernel('copy', 'k.o', [T(64), T(64)])
def core(a, b, copy):
    copy(a.acquire(1), b.acquire(1))
    a.release(1)
    b.release(1)
ws = [Worker(core, [i.cons(), o.prod(), copy], while_true=False) for i, o in zip(ins, outs)]
def sequence(x, y, h, g):
    h.fill(x)
    g.drain(y, wait=True)
rt = Runtime(sequence, [T(64 * n), T(64 * n), a.prod(), b.cons()])
Program(NPU2(), rt, workers=ws).resolve_program() # here
"
        ))
    };
    for parts in [6, 7] {
        let x: Vec<f32> = (0..64 * parts).map(|i| i as f32).collect();
        let mut y = vec![0.0_f32; x.len()];
        let args = [input(&x), out(&mut y)];
        if parts == 7 {
            fail(&text(parts), COPY, &args, FaultKind::Channels);
        } else if pass(&text(parts), COPY, &args) {
            assert_eq!(x, y);
        }
    }
}
