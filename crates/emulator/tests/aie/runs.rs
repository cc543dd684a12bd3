//! What is caught while a design runs.

use emulator::aie::FaultKind;

use crate::harness::{COPY, copies, design, fail, input, out, pass};

/// The design of copies with `from` replaced by `right` passes; with `wrong` it is caught.
fn rule(kind: FaultKind, from: &str, right: &str, wrong: &str) -> String {
    let (x, mut y) = (vec![1.5_f32; 256], vec![0.0_f32; 256]);
    let args = [input(&x), out(&mut y)];
    pass(&copies(4, &[(from, right)]), COPY, &args);
    fail(&copies(4, &[(from, wrong)]), COPY, &args, kind)
}

const FILL: &str = "    ha.fill(x)\n";
const DRAIN: &str = "    hb.drain(y, wait=True)\n";

#[test]
fn acquires_and_releases_balance() {
    let worker = "workers = [Worker(core, [a.cons(), b.prod(), copy])]";
    let release = "    a.release(1)\n";
    let (x, mut y) = (vec![1.5_f32; 256], vec![0.0_f32; 256]);
    let args = [input(&x), out(&mut y)];
    let text = |to: &str| copies(4, &[(release, to), (worker, &format!("{worker} # here"))]);
    pass(&text(release), COPY, &args);
    fail(&text(""), COPY, &args, FaultKind::Unbalanced);
    rule(FaultKind::Unbalanced, release, release, "    a.release(1)\n    a.release(1) # here\n");
    rule(FaultKind::Limit, "    x = a.acquire(1)\n", "    x = a.acquire(1)\n", "    x = a.acquire(3) # here\n");
    rule(
        FaultKind::Released,
        "    copy(x, y)\n    a.release(1)\n",
        "    copy(x, y)\n    a.release(1)\n",
        "    a.release(1)\n    copy(x, y) # here\n",
    );
}

#[test]
fn deadlocks_are_told() {
    // Half of the objects that the drain waits for.
    let half = "    ha.fill(x, sizes=[1, 1, 1, 128], strides=[0, 0, 0, 1]) # here\n";
    let both = "    ha.fill(x, sizes=[1, 1, 1, 128], strides=[0, 0, 0, 1])\n    ha.fill(x, sizes=[1, 1, 1, 128], strides=[0, 0, 0, 1], offset=128)\n";
    let (x, mut y) = (vec![1.5_f32; 256], vec![0.0_f32; 256]);
    let args = [input(&x), out(&mut y)];
    pass(&copies(4, &[(FILL, both)]), COPY, &args);
    let wait = ("    x = a.acquire(1)\n", "    x = a.acquire(1) # here\n");
    let message = fail(&copies(4, &[(FILL, half), wait]), COPY, &args, FaultKind::Deadlock);
    assert!(message.is_empty() || message.contains("worker 0 waits for an object of `a`"), "{message}");
    // A body that waits for nothing.
    let (worker, body) = (
        "workers = [Worker(core, [a.cons(), b.prod(), copy])]",
        "    x = a.acquire(1)\n    y = b.acquire(1)\n    copy(x, y)\n    a.release(1)\n    b.release(1)\n",
    );
    fail(&copies(4, &[(body, "    pass\n"), (worker, &format!("{worker} # here"))]), COPY, &args, FaultKind::Deadlock);
}

#[test]
fn what_the_next_run_would_find() {
    let less = "    hb.drain(y, sizes=[1, 1, 1, 192], strides=[0, 0, 0, 1], wait=True)\n";
    let more = "    hb.drain(y, sizes=[1, 1, 1, 192], strides=[0, 0, 0, 1])\n    hb.drain(y, sizes=[1, 1, 1, 64], strides=[0, 0, 0, 1], offset=192, wait=True)\n";
    let (x, mut y) = (vec![1.5_f32; 256], vec![0.0_f32; 256]);
    let args = [input(&x), out(&mut y)];
    pass(&copies(4, &[(DRAIN, more)]), COPY, &args);
    let ends = ("    x = a.acquire(1)\n", "    x = a.acquire(1)\n");
    let texts = copies(4, &[(DRAIN, less), ends]);
    let found = emulator::aie::Program::compile(emulator::aie::Texts { design: &texts, kernels: COPY });
    let Ok(program) = found else { return };
    let fault = program.launch(&emulator::aie::Launch { args: &args, seconds: 20 }).expect_err("an object is left");
    assert_eq!(fault.kind, FaultKind::Unbalanced, "{fault}");
}

#[test]
fn transfers_are_waited_for() {
    rule(FaultKind::Unwaited, DRAIN, DRAIN, "    hb.drain(y) # here\n");
    let group = "    g = TaskGroup()\n    ha.fill(x, group=g)\n    hb.drain(y, wait=True, group=g)\n";
    let tail = format!("{FILL}{DRAIN}");
    rule(
        FaultKind::Design,
        &tail,
        &format!("{group}    g.finish()\n"),
        &group.replace("TaskGroup()", "TaskGroup() # here"),
    );
    // The second transfer reads what the first may not have written yet.
    let (mut x, mut y) = (vec![1.5_f32; 256], vec![0.0_f32; 256]);
    let args = [out(&mut x), out(&mut y)];
    let half = "sizes=[1, 1, 1, 128], strides=[0, 0, 0, 1]";
    let again = format!(
        "    g = TaskGroup()\n    ha.fill(x, {half}, group=g)\n    hb.drain(y, {half}, wait=True, group=g)\n    g.finish()\n    ha.fill(y, {half}) # here\n    hb.drain(x, {half}, wait=True)\n"
    );
    pass(&copies(4, &[(&tail, &again)]), COPY, &args);
    fail(
        &copies(4, &[(&tail, &again.replace("    g.finish()\n", "").replace("ha.fill(y", "g.finish\n    ha.fill(y"))]),
        COPY,
        &args,
        FaultKind::Race,
    );
}

#[test]
fn descriptors_of_a_shim_tile() {
    let text = |count: u32, body: &str| {
        copies(
            count,
            &[(
                &format!("{FILL}{DRAIN}"),
                &format!(
                    "    g = TaskGroup()\n    for i in range({count}):\n        p = dict(sizes=[1, 1, 1, 64], strides=[0, 0, 0, 1], offset=64 * i)\n{body}        ha.fill(x, group=g, **p) # here\n        hb.drain(y, wait=True, group=g, **p)\n    g.finish()\n"
                ),
            )],
        )
    };
    let (x, mut y) = (vec![1.5_f32; 64 * 17], vec![0.0_f32; 64 * 17]);
    pass(&text(16, ""), COPY, &[input(&x[..1024]), out(&mut y[..1024])]);
    let args = [input(&x), out(&mut y)];
    fail(&text(17, ""), COPY, &args, FaultKind::Limit);
    pass(&text(17, "        if i == 8:\n            g.finish()\n            g = TaskGroup()\n"), COPY, &args);
}

#[test]
fn access_patterns() {
    let (x, mut y) = (vec![1.5_f32; 64 * 4], vec![0.0_f32; 64 * 4]);
    let args = [input(&x), out(&mut y)];
    let fill = |sizes: &str, strides: &str, offset: u32| {
        format!("    ha.fill(x, sizes=[{sizes}], strides=[{strides}], offset={offset}) # here\n")
    };
    pass(&copies(4, &[(FILL, &fill("1, 4, 2, 32", "0, 64, 32, 1", 0))]), COPY, &args);
    pass(&copies(4, &[(FILL, &fill("4, 1, 1, 64", "0, 0, 0, 1", 64))]), COPY, &args);
    for (sizes, strides, offset, kind) in [
        ("1, 4, 2, 32", "0, 64, 32, 1", 4, FaultKind::HostOutOfBounds),
        ("1, 4, 1, 64", "0, 0, 0, 1", 0, FaultKind::Limit),
        ("65, 1, 1, 4", "0, 0, 0, 1", 0, FaultKind::Limit),
        ("1, 1, 2, 1024", "0, 0, 1, 1", 0, FaultKind::Limit),
        ("1, 1, 1024, 1", "0, 0, 1, 1", 0, FaultKind::Limit),
        ("1, 1, 2, 32", "0, 0, 1048577, 1", 0, FaultKind::Limit),
        ("1, 1, 0, 32", "0, 0, 1, 1", 0, FaultKind::Limit),
        ("1, 2, 32", "0, 1, 1", 0, FaultKind::Limit),
    ] {
        fail(&copies(4, &[(FILL, &fill(sizes, strides, offset))]), COPY, &args, kind);
    }
    let tap = "    ha.fill(x, tap=TensorAccessPattern((4, 64), 0, [1, 2, 2, 64], [0, 64, 128, 1]))\n";
    pass(&copies(4, &[(FILL, tap)]), COPY, &args);
}

#[test]
fn words_of_bf16() {
    let kernels = "#include <aie_api/aie.hpp>\nextern \"C\" void copy(const bfloat16 *x, bfloat16 *y) { aie::store_v(y, aie::load_v<16>(x)); }\n";
    let text = |fill: &str| copies(4, &[("T(64)", "T(16, bfloat16)"), ("T(256)", "T(64, bfloat16)"), (FILL, fill)]);
    let (x, mut y) = (vec![0x3f80_u16; 64], vec![0_u16; 64]);
    let args = [input(&x), out(&mut y)];
    let part = |sizes: &str, strides: &str, offset: u32| {
        format!("    ha.fill(x, sizes=[{sizes}], strides=[{strides}], offset={offset}) # here\n")
    };
    let right = part("1, 1, 32, 2", "0, 0, 2, 1", 0);
    pass(&text(&right), kernels, &args);
    pass(&text(&part("1, 1, 4, 16", "0, 0, 14, 1", 2)), kernels, &args);
    for (sizes, strides, offset) in [
        ("1, 1, 1, 16", "0, 0, 0, 1", 1),
        ("1, 1, 1, 64", "0, 0, 0, 2", 0),
        ("1, 1, 21, 3", "0, 0, 2, 1", 0),
        ("1, 1, 4, 16", "0, 0, 15, 1", 0),
    ] {
        fail(&text(&part(sizes, strides, offset)), kernels, &args, FaultKind::Limit);
    }
}

#[test]
fn calls_are_as_declared() {
    let call = "    copy(x, y)\n";
    rule(FaultKind::Type, call, call, "    copy(x) # here\n");
    rule(FaultKind::Type, call, call, "    copy(x, 3) # here\n");
    rule(FaultKind::Design, call, call, "    copy2(x, y) # here\n");
    let used = "    for i in range_(1):\n        copy(x, y)\n";
    rule(FaultKind::Design, call, used, "    for i in range_(1):\n        copy([x][i], y) # here\n");
    rule(FaultKind::Design, call, used, "    for i in range_(1):\n        if i == 0: # here\n            copy(x, y)\n");
}

#[test]
fn host_arguments() {
    let (x, mut y) = (vec![1.5_f32; 256], vec![0.0_f32; 256]);
    let text = copies(4, &[(DRAIN, "    hb.drain(y, wait=True) # here\n")]);
    pass(&text, COPY, &[input(&x), out(&mut y)]);
    fail(&text, COPY, &[input(&x), input(&y)], FaultKind::WriteToConstant);
}

#[test]
fn parameters_of_the_sequence() {
    let text = |set: &str, wait: &str| {
        copies(
            4,
            &[
                (
                    "copy = Kernel('copy', 'k.o', [T(64), T(64)])",
                    "copy = Kernel('scale', 'k.o', [T(64), T(64), np.float32, np.int32])\nrtp = Buffer(T(1, np.int32), use_write_rtp=True)\nbar = WorkerRuntimeBarrier()",
                ),
                ("def core(a, b, copy):\n", &format!("def core(a, b, copy, rtp, bar):\n{wait}")),
                ("    copy(x, y)\n", "    copy(x, y, 2.0, rtp[0]) # here\n"),
                ("b.prod(), copy]", "b.prod(), copy, rtp, bar]"),
                (FILL, &format!("{set}{FILL}")),
            ],
        )
    };
    let (x, mut y) = (vec![1.5_f32; 256], vec![0.0_f32; 256]);
    let args = [input(&x), out(&mut y)];
    let set = "    rtp[0] = 64\n    bar.set(1)\n";
    // The body runs once for each object: what it takes from the barrier it gives back.
    let wait = "    bar.wait_for_value(1)\n    bar.release_with_value(1)\n";
    if pass(&text(set, wait), COPY, &args) {
        assert!(y.iter().all(|value| *value == 3.0), "{y:?}");
    }
    let args = [input(&x), out(&mut y)];
    fail(&text(set, "    bar.wait_for_value(1) # here\n"), COPY, &args, FaultKind::Deadlock);
    let args = [input(&x), out(&mut y)];
    fail(&text("", "    bar.wait_for_value(1) # here\n"), COPY, &args, FaultKind::Deadlock);
    fail(&text("", ""), COPY, &args, FaultKind::Uninitialised);
}

#[test]
fn broadcasts_and_streams() {
    let text = |take: &str| {
        design(&format!(
            "a = ObjectFifo(T(64), name='a')
b = [ObjectFifo(T(64), name=f'b{{i}}') for i in range(2)]
copy = Kernel('copy', 'k.o', [T(64), T(64)])
def core(a, b, copy):
    copy(a.acquire(1), b.acquire(1))
    a.release(1)
    b.release(1)
def idle(a, b, copy):
{take}
ws = [Worker(core, [a.cons(), b[0].prod(), copy]), Worker(idle, [a.cons(), b[1].prod(), copy])]
def sequence(x, y, h, g, f):
    h.fill(x)
    for i, o in enumerate([g, f]):
        o.drain(y, sizes=[1, 1, 1, 192], strides=[0, 0, 0, 1], offset=192 * i, wait=True)
rt = Runtime(sequence, [T(192), T(384), a.prod(), b[0].cons(), b[1].cons()])
Program(NPU2(), rt, workers=ws).resolve_program()
"
        ))
    };
    let (x, mut y) = (vec![1.5_f32; 192], vec![0.0_f32; 384]);
    let args = [input(&x), out(&mut y)];
    pass(&text("    core(a, b, copy)"), COPY, &args);
    // One that wants two objects at a time never gets the last one alone.
    let pairs = "    x = a.acquire(2) # here\n    copy(x[0], b.acquire(1))\n    b.release(1)\n    copy(x[1], b.acquire(1))\n    b.release(1)\n    a.release(2)";
    let message = fail(&text(pairs), COPY, &args, FaultKind::Deadlock);
    assert!(message.is_empty() || message.contains("worker 1 waits for an object of `a`"), "{message}");
}
