//! What is refused when a design is resolved.

use emulator::aie::FaultKind;

use crate::harness::{COPY, copies, design, fail, input, out, pass};

/// The design of copies with `from` replaced by `right` passes; with `wrong` it is caught.
fn rule(kind: FaultKind, from: &str, right: &str, wrong: &str) -> String {
    let (x, mut y) = (vec![1.5_f32; 256], vec![0.0_f32; 256]);
    let args = [input(&x), out(&mut y)];
    pass(&copies(4, &[(from, right)]), COPY, &args);
    fail(&copies(4, &[(from, wrong)]), COPY, &args, kind)
}

#[test]
fn types_of_kernels_are_those_of_the_text() {
    let line = "copy = Kernel('copy', 'k.o', [T(64), T(64)])";
    let say = rule(FaultKind::Type, line, line, "copy = Kernel('copy', 'k.o', [T(64), T(64, bfloat16)]) # here");
    assert!(say.is_empty() || say.contains("argument 2 of `copy`"), "{say}");
    rule(FaultKind::Type, line, line, "copy = Kernel('copy', 'k.o', [T(64)]) # here");
    rule(FaultKind::Type, line, line, "copy = Kernel('copies', 'k.o', [T(64), T(64)]) # here");
    rule(FaultKind::Type, line, line, "copy = Kernel('copy', 'k.o', [T(64), np.int32]) # here");
}

#[test]
fn memory_of_a_core() {
    let wide = |bytes: u32, mark: &str| format!("T(64), depth=2, name='b')\nc = Buffer(T({}))\n{mark}", bytes / 4);
    let from = "T(64), depth=2, name='b')\n";
    let args = "workers = [Worker(core, [a.cons(), b.prod(), copy])]";
    let (x, mut y) = (vec![1.5_f32; 256], vec![0.0_f32; 256]);
    let buffers = [input(&x), out(&mut y)];
    // Two FIFOs of two objects of 256 bytes, and the stack.
    let free = 65_536 - 4 * 256 - 1024;
    let text = |bytes, mark: &str| {
        let body = format!(
            "def core_(a, b, copy, c):\n    core(a, b, copy)\nworkers = [Worker(core_, [a.cons(), b.prod(), copy, c])] {mark}"
        );
        copies(4, &[(from, &wide(bytes, "")), (args, &body)])
    };
    pass(&text(free, ""), COPY, &buffers);
    fail(&text(free + 4, "# here"), COPY, &buffers, FaultKind::Memory);
    let with_table = format!(
        "static float table[4];\nextern \"C\" void use(float *y, int32_t i) {{ table[i] += 1; y[0] = table[i]; }}\n{COPY}"
    );
    let with_table = with_table.replace("static", "#include <aie_api/aie.hpp>\nstatic");
    pass(&text(free - 16, ""), &with_table, &buffers);
    fail(&text(free - 12, "# here"), &with_table, &buffers, FaultKind::Memory);
}

#[test]
fn channels_of_a_core() {
    let text = |extra: usize| {
        design(&format!(
            "ins = [ObjectFifo(T(64), name=f'i{{i}}') for i in range({extra})]
y = ObjectFifo(T(64), name='y')
copy = Kernel('copy', 'k.o', [T(64), T(64)])
def core(ins, y, copy):
    held = [i.acquire(1) for i in ins]
    copy(held[0], y.acquire(1))
    y.release(1)
    for i in ins:
        i.release(1)
w = Worker(core, [[i.cons() for i in ins], y.prod(), copy]) # here
def sequence(x, out, *hs):
    for h in hs[:-1]:
        h.fill(x)
    hs[-1].drain(out, wait=True)
rt = Runtime(sequence, [T(64), T(64), *[i.prod() for i in ins], y.cons()])
Program(NPU2(), rt, workers=[w]).resolve_program()
"
        ))
    };
    let (x, mut y) = (vec![1.5_f32; 64], vec![0.0_f32; 64]);
    let args = [input(&x), out(&mut y)];
    pass(&text(2), COPY, &args);
    fail(&text(3), COPY, &args, FaultKind::Channels);
}

#[test]
fn channels_of_shim_tiles() {
    let text = |cores: usize, device: &str| {
        design(&format!(
            "n = {cores}
a = [ObjectFifo(T(64), name=f'a{{i}}') for i in range(n)]
b = [ObjectFifo(T(64), name=f'b{{i}}') for i in range(n)]
copy = Kernel('copy', 'k.o', [T(64), T(64)])
def core(a, b, copy):
    copy(a.acquire(1), b.acquire(1))
    a.release(1)
    b.release(1)
ws = [Worker(core, [a[i].cons(), b[i].prod(), copy]) for i in range(n)]
def sequence(x, y, *hs):
    for i in range(n):
        hs[i].fill(x, sizes=[1, 1, 1, 64], strides=[0, 0, 0, 1], offset=64 * i)
        hs[n + i].drain(y, sizes=[1, 1, 1, 64], strides=[0, 0, 0, 1], offset=64 * i, wait=True)
rt = Runtime(sequence, [T(64 * n), T(64 * n), *[f.prod() for f in a], *[f.cons() for f in b]])
Program({device}(), rt, workers=ws).resolve_program() # here
"
        ))
    };
    for (cores, device, other) in [(2, "NPU2Col1", 3), (16, "NPU2", 17)] {
        let x: Vec<f32> = (0..cores * 64).map(|i| i as f32).collect();
        let mut y = vec![0.0_f32; cores * 64];
        if pass(&text(cores, device), COPY, &[input(&x), out(&mut y)]) {
            assert_eq!(x, y);
        }
        fail(&text(other, device), COPY, &[], FaultKind::Channels);
    }
}

#[test]
fn objects_and_names() {
    let line = "a = ObjectFifo(T(64), depth=2, name='a')";
    rule(
        FaultKind::Limit,
        line,
        "a = ObjectFifo(T(64), depth=1, name='a')",
        "a = ObjectFifo(T(64), depth=0, name='a') # here",
    );
    rule(FaultKind::Design, line, line, "a = ObjectFifo(T(64), name='a'); c = ObjectFifo(T(64), name='a') # here");
    rule(FaultKind::Type, line, line, "a = ObjectFifo(T(64, np.float64), name='a') # here");
    rule(FaultKind::Limit, line, line, "a = ObjectFifo(T(63, bfloat16), name='a') # here");
    let end = "print(Program(NPU2(), rt, workers=workers).resolve_program())";
    rule(FaultKind::Design, end, end, "print(Program(NPU2(), rt, workers=[]).resolve_program()) # here");
    rule(FaultKind::Design, end, end, "rt.start(workers[0]) # here");
    let args = "a.prod(), b.cons()])";
    rule(FaultKind::Design, args, args, "a.prod(), b.cons(), a.prod()]) # here");
    let core = "    x = a.acquire(1)\n";
    rule(FaultKind::Design, core, core, "    c = ObjectFifo(T(64)) # here\n    x = a.acquire(1)\n");
}

#[test]
fn parts_tile_their_object() {
    let text = |offset: u32| {
        design(&format!(
            "a = ObjectFifo(T(128), name='a')
b = ObjectFifo(T(128), name='b')
ins = a.cons().split([0, {offset}], obj_types=[T(64)] * 2, names=['a0', 'a1']) # here
outs = b.prod().join([0, 64], obj_types=[T(64)] * 2, names=['b0', 'b1'])
copy = Kernel('copy', 'k.o', [T(64), T(64)])
def core(a, b, copy):
    copy(a.acquire(1), b.acquire(1))
    a.release(1)
    b.release(1)
ws = [Worker(core, [i.cons(), o.prod(), copy]) for i, o in zip(ins, outs)]
def sequence(x, y, h, g):
    h.fill(x)
    g.drain(y, wait=True)
rt = Runtime(sequence, [T(256), T(256), a.prod(), b.cons()])
Program(NPU2(), rt, workers=ws).resolve_program()
"
        ))
    };
    let x: Vec<f32> = (0..256).map(|i| i as f32).collect();
    let mut y = vec![0.0_f32; 256];
    let args = [input(&x), out(&mut y)];
    if pass(&text(64), COPY, &args) {
        assert_eq!(x, y);
    }
    fail(&text(60), COPY, &args, FaultKind::Type);
    fail(&text(68), COPY, &args, FaultKind::Type);
}
