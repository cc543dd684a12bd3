//! What the compiler does not take is found before anything runs, at its line.

use crate::harness::{IMPORTS, compile, refuse, text};

const SOUND: &str = "def helper(dst, src):
    nisa.dma_copy(dst=dst, src=src)


@nki.jit
def k(x, scale=2.0):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    parts = []
    names = {\"a\": 1}
    for part in nl.affine_range(2):
        t = nl.ndarray((64, 8), dtype=x.dtype, buffer=nl.sbuf)
        helper(t, x[part * 64:part * 64 + 64, :])
        parts.append(t)
    assert len(parts) == 2 and names[\"a\"] == 1, f\"{len(parts)} parts\"
    for part in range(2):
        helper(out[part * 64:part * 64 + 64, :], parts[part])
    return out
";

fn sound() -> String {
    format!("{}{SOUND}", IMPORTS.trim_end_matches("@nki.jit\n"))
}

/// A text whose lines that end in `# bad` are all found, and no other.
fn finds(source: &str) {
    let Some(error) = refuse(source) else { return };
    let mut found: Vec<u32> = error.diagnostics().iter().map(|diagnostic| diagnostic.line).collect();
    found.dedup();
    let marked = source.lines().zip(1..).filter(|(line, _)| line.ends_with("# bad")).map(|(_, number)| number);
    let marked: Vec<u32> = marked.collect();
    assert!(!marked.is_empty());
    let line = found.iter().find(|line| !marked.contains(line)).or(marked.iter().find(|line| !found.contains(line)));
    assert_eq!(found, marked, "{:?}\n{:#?}", line.map(|line| text(source, *line)), error.diagnostics());
}

#[test]
fn constructs() {
    assert!(compile(&sound()).is_none_or(|program| program.parameters() == ["x", "scale"]));
    let inside = "
    t = x is None # bad
    t = x is not None # bad
    while True: # bad
        pass
    t = [n for n in range(2)] # bad
    t = lambda n: n # bad
    t = {1: 2} # bad
    t = 2 ** 3 # bad
    t = 4294967296 # bad
    t = 1j # bad
    for n in range(2):
        break # bad
    t = sum([1, 2]) # bad
    t = x.sum() # bad
    print(*[1]) # bad
    x.shape = 3 # bad
    t = x._storage # bad
    del x # bad
    with nl.no_reorder(): # bad
        pass
    import numpy # bad
    t = nl.arange(4) # bad
    t = nl.divide # bad
    nisa.tensor_divide(dst=x, src=x) # bad
    nisa.dma_copy(x, x) # bad
    nisa.dma_copy(dst=x, src=x, mask=None) # bad
    nisa.dma_copy(dst=x) # bad
    nki.benchmark(x) # bad
    k(x) # bad
    global helper # bad
";
    finds(&sound().replace("    parts = []\n", &format!("    parts = []\n{inside}")));
}

#[test]
fn text_around_kernels() {
    let rest = "
print(1) # bad
import neuronxcc.nki as nki # bad
import nki.language as lang # bad
from nki import language # bad
import numpy # bad


@nki.jit(mode=\"trace\") # bad
def one(x):
    return x


def two(x, *, y): # bad
    return x


def three(x, *y): # bad
    return x


def four(x, **y): # bad
    return x


class Five: # bad
    pass
";
    finds(&format!("{}{rest}", sound()));
    let Some(error) = refuse(&sound().replace("    return out\n", "    return out\n  bad\n")) else { return };
    assert!(error.to_string().contains("syntax"), "{error}");
}

#[test]
fn bodies_of_loops_change_nothing_that_python_holds() {
    let body = |lines: &str| {
        format!(
            "{IMPORTS}def k(x):\n    parts = []\n\n    def body(i):\n        t = nl.ndarray((1, 8), dtype=nl.float32, buffer=nl.sbuf)\n{lines}\n    \
             nl.fori_loop(0, 2, body)\n    return x\n"
        )
    };
    compile(&body("        nisa.memset(dst=t, value=0.0)\n"));
    finds(&body(
        "        parts.append(t) # bad\n        parts[0] = t # bad\n        nonlocal parts # bad\n        return t # bad\n",
    ));
}

#[test]
fn check_reads_without_running() {
    let faulty =
        format!("{IMPORTS}def k(x):\n    t = nl.ndarray((129, 8), dtype=nl.float32, buffer=nl.sbuf)\n    return x\n");
    match emulator::nki::check(&faulty) {
        Err(error) => assert!(error.is_skip(), "{error}"),
        Ok(()) => assert!(emulator::nki::check("x = lambda: 1\n").is_err()),
    }
}

#[test]
fn no_such_kernel() {
    for entry in ["helper", "nothing", "", "k k"] {
        let error = emulator::nki::Program::compile(&sound(), entry).expect_err(entry);
        assert!(error.is_skip() || error.to_string().contains("no kernel"), "{error}");
    }
}

#[test]
fn bodies_of_loops_with_a_condition_return_a_register() {
    let body = |line: &str| {
        format!(
            "{IMPORTS}def k(x):\n    first = nisa.register_alloc(1)\n\n    def body(r):\n        \
             after = nisa.register_alloc(0)\n        {line}\n    nl.while_loop(first, body)\n    return x\n"
        )
    };
    compile(&body("return after"));
    finds(&body("return # bad"));
}
