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

#[test]
fn constructs() {
    assert!(compile(&sound()).is_none_or(|program| program.parameters() == ["x", "scale"]));
    let inside = [
        "t = x is None",
        "t = x is not None",
        "while True:\n        pass",
        "t = [n for n in range(2)]",
        "t = lambda n: n",
        "t = {1: 2}",
        "t = 2 ** 3",
        "t = 4294967296",
        "t = 1j",
        "for n in range(2):\n        break",
        "t = sum([1, 2])",
        "t = x.sum()",
        "print(*[1])",
        "x.shape = 3",
        "del x",
        "with nl.no_reorder():\n        pass",
        "import numpy",
        "t = nl.arange(4)",
        "t = nl.divide",
        "nisa.tensor_divide(dst=x, src=x)",
        "nisa.dma_copy(x, x)",
        "nisa.dma_copy(dst=x, src=x, mask=None)",
        "nisa.dma_copy(dst=x)",
        "nki.benchmark(x)",
        "k(x)",
        "global helper",
    ];
    for line in inside {
        // The line behind the imports of a kernel's body.
        let source = sound().replace("    parts = []\n", &format!("    parts = []\n    {line}\n"));
        let Some(error) = refuse(&source) else { return };
        let found = error.diagnostics().first().map_or(0, |diagnostic| diagnostic.line);
        let marked = line.lines().any(|line| text(&source, found).trim() == line.trim());
        assert!(marked, "{error}\n{line}");
    }
}

#[test]
fn text_around_kernels() {
    for (right, wrong) in [
        ("import nki\n", "import neuronxcc.nki as nki\n"),
        ("import nki.language as nl\n", "import nki.language as lang\n"),
        ("import nki.language as nl\n", "from nki import language as nl\n"),
        ("import nki.isa as nisa\n", "import nki.isa as nisa\nprint(1)\n"),
        ("@nki.jit\n", "@nki.jit(mode=\"trace\")\n"),
        ("def k(x, scale=2.0)", "def k(x, *, scale=2.0)"),
        ("def k(x, scale=2.0)", "def k(x, *scale)"),
        ("def helper(dst, src)", "@nki.jit\ndef helper(dst, src)"),
        ("    return out\n", "    return out\n  bad\n"),
    ] {
        let source = sound();
        assert!(source.contains(right));
        let Some(error) = refuse(&source.replacen(right, wrong, 1)) else { return };
        assert!(!error.diagnostics().is_empty(), "{error}\n{wrong}");
    }
}

#[test]
fn bodies_of_loops_change_nothing_that_python_holds() {
    let body = |line: &str| {
        format!(
            "{IMPORTS}def k(x):\n    parts = []\n\n    def body(i):\n        t = nl.ndarray((1, 8), dtype=nl.float32, buffer=nl.sbuf)\n        {line}\n\n    \
             nl.fori_loop(0, 2, body)\n    return x\n"
        )
    };
    compile(&body("nisa.memset(dst=t, value=0.0)"));
    for line in ["parts.append(t)", "parts[0] = t", "return t", "nonlocal parts"] {
        let Some(error) = refuse(&body(line)) else { return };
        assert_eq!(error.diagnostics().first().map(|found| found.line), Some(12), "{error}\n{line}");
    }
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
