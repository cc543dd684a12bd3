//! Judges of MUSA C++: NVRTC behind a header, and a script in the place of `mcc`.
#![cfg(unix)]

mod common;

use std::fs;
use std::time::Duration;

use common::{rust_line, script, source};
use mlir_to_musa::validate::{Judges, by_mcc, by_nvrtc, check};
use vendor::nvrtc::Nvrtc;
use vendor::{Outcome, Tools};

/// A tree reduction that needs no warp size.
const SUM: &str = r#"#include <musa_runtime.h>
extern "C" __global__ void __launch_bounds__(256) sum(const float* x, float* y) {
  __shared__ float part[256];
  part[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  for (unsigned o = 128; o > 0; o >>= 1) {
    if (threadIdx.x < o) part[threadIdx.x] += part[threadIdx.x + o];
    __syncthreads();
  }
  if (threadIdx.x == 0) y[0] = part[0];
}
"#;

#[test]
fn nvrtc_in_the_place_of_mcc() {
    let nvrtc = match Nvrtc::open() {
        Ok(nvrtc) => nvrtc,
        Err(absent) => return eprintln!("skipped: {absent}"),
    };
    let judge = |text: &str| by_nvrtc(Ok(&nvrtc), &source("sum", text));
    let Outcome::Passed(resources) = judge(SUM) else { panic!("{}", judge(SUM)) };
    assert_eq!((resources[0].kernel.as_str(), resources[0].shared), ("sum", 1024));

    let Outcome::Findings(findings) = judge(&SUM.replace("y[0] = part[0]", "z[0] = part[0]")) else { panic!("z") };
    assert_eq!(findings[0].line, Some(10));
    assert_eq!(findings[0].origin.as_ref().map(|origin| origin.line), Some(rust_line(10)));

    // Below NVIDIA's 48 KiB, above the 28 KiB of this target.
    let Outcome::Findings(findings) = judge(&SUM.replace("part[256]", "part[7424]")) else { panic!("29,696 bytes") };
    assert!(findings[0].message.contains("29696 bytes of shared memory, a group has 28672"), "{}", findings[0]);
    assert!(matches!(judge("#include <musa_runtime.h>\n"), Outcome::Findings(_)), "no kernel");

    for kernel in emit_simt::testing::all() {
        let source = mlir_to_musa::print(&kernel).expect("prints");
        let outcome = by_nvrtc(Ok(&nvrtc), &source);
        assert!(matches!(outcome, Outcome::Passed(_)), "{outcome}");
    }
}

#[test]
fn printed_texts_keep_the_rules() {
    for kernel in emit_simt::testing::all() {
        let source = mlir_to_musa::print(&kernel).expect("prints");
        assert_eq!(check(&source), [], "{}", source.text);
    }
    let mut odd = source("sum", SUM);
    odd.kernel.block = [96, 1, 1];
    assert!(check(&odd)[0].message.contains("a group of 96 threads"));
}

fn mcc(lines: &str) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    script(folder.path(), "mcc", lines);
    let path = std::env::join_paths([folder.path(), "/usr/bin".as_ref(), "/bin".as_ref()]).unwrap();
    let mcc = Tools { path, limit: Duration::from_secs(60) }.find("mcc").expect("found");
    by_mcc(Ok(&mcc), &source("sum", SUM))
}

#[test]
fn mcc_is_called_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let outcome = mcc(&format!("echo \"$@\" > {seen}; cat sum.mu >> {seen}", seen = seen.display()));
    assert_eq!(outcome, Outcome::Passed(Vec::new()));
    let seen = fs::read_to_string(seen).unwrap();
    let (arguments, text) = seen.split_once('\n').unwrap();
    assert_eq!(arguments, "--cuda-device-only --cuda-gpu-arch=mp_22 -std=c++17 -O3 -x musa sum.mu -o out.mubin");
    assert_eq!(text, SUM);
}

#[test]
fn mcc_refuses_or_crashes() {
    let lines = "echo 'sum.mu:7:5: error: no member' >&2; echo 'sum.mu:2:1: note: in kernel' >&2; exit 1";
    let Outcome::Findings(findings) = mcc(lines) else { panic!("an error") };
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].message, "no member; in kernel");
    assert_eq!(findings[0].origin.as_ref().map(|origin| origin.line), Some(rust_line(7)));
    let Outcome::Findings(findings) = mcc("kill -ABRT $$") else { panic!("a crash") };
    assert!(findings[0].message.contains("signal: 6"), "{}", findings[0]);
}

#[test]
fn mcc_is_absent() {
    let folder = tempfile::tempdir().unwrap();
    let tools = Tools { path: folder.path().into(), limit: Duration::from_secs(1) };
    let absent = tools.find("mcc").expect_err("an empty folder");
    let verdicts = Judges { nvrtc: Err(absent.clone()), mcc: Err(absent) }.judge(&source("sum", SUM));
    let said: Vec<String> = verdicts.iter().map(|verdict| format!("{}: {}", verdict.judge, verdict.outcome)).collect();
    let skipped = "skipped: mcc: not found on PATH";
    assert_eq!(said, ["rules: ok".to_owned(), format!("nvrtc: {skipped}"), format!("mcc: {skipped}")]);
}
