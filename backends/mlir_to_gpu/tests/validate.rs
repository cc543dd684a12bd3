//! NVIDIA's compilers as judges: NVRTC itself, and a script in the place of `nvcc`.
#![cfg(unix)]

mod common;

use std::fs;
use std::time::{Duration, Instant};

use common::{ROWSUM, SPILLS, rust_line, script, source};
use diagnostics::Report;
use mlir_to_gpu::validate::{Judges, Nvrtc, by_nvcc, by_nvrtc};
use vendor::{Outcome, Severity, Tools};

/// NVRTC, or a note that its tests are skipped.
fn nvrtc() -> Option<Nvrtc> {
    match Nvrtc::open() {
        Ok(nvrtc) => Some(nvrtc),
        Err(absent) => {
            eprintln!("skipped: {absent}");
            None
        }
    }
}

#[test]
fn good_text_has_known_resources() {
    let Some(nvrtc) = nvrtc() else { return };
    let compiled = nvrtc.compile(&source("rowsum", ROWSUM)).expect("compiles");
    assert!(compiled.cubin.starts_with(b"\x7fELF"));
    let lines: Vec<String> = compiled.resources.iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["rowsum: 18 registers, 0 spills, 32 bytes shared"]);
    assert!(!compiled.resources[0].in_local_memory());
    let outcome = by_nvrtc(Ok(&nvrtc), &source("rowsum", ROWSUM));
    assert_eq!(outcome.to_string(), "ok (rowsum: 18 registers, 0 spills, 32 bytes shared)");
}

#[test]
fn local_memory_is_seen() {
    let Some(nvrtc) = nvrtc() else { return };
    let compiled = nvrtc.compile(&source("indexed", SPILLS)).expect("compiles");
    assert!(compiled.resources[0].in_local_memory(), "{:?}", compiled.resources);
    assert!(compiled.resources[0].stack >= 256);
}

#[test]
fn errors_are_at_the_rust_line() {
    let Some(nvrtc) = nvrtc() else { return };
    let source = source("rowsum", &ROWSUM.replace("part[warp] = sum", "part[warp] = total"));
    let findings = nvrtc.compile(&source).expect_err("an undefined name");
    assert_eq!(findings.len(), 1, "{findings:?}");
    let finding = &findings[0];
    assert_eq!((finding.severity, finding.line), (Severity::Error, Some(9)));
    assert!(finding.message.contains("\"total\" is undefined"), "{finding}");
    assert_eq!(finding.origin.as_ref().map(|origin| origin.line), Some(rust_line(9)));
    let report = Report::from(finding);
    assert_eq!(report.span.as_ref().map(|span| (span.file.as_str(), span.line)), Some(("src/rowsum.rs", rust_line(9))));
    assert!(report.notes[0].starts_with("rowsum.cu:9: error: "), "{report}");
}

#[test]
fn warnings_and_the_assembler_count() {
    let Some(nvrtc) = nvrtc() else { return };
    let unused = source("rowsum", &ROWSUM.replace("float sum = 0.0f;", "float sum = 0.0f; int unused;"));
    let findings = nvrtc.compile(&unused).expect_err("a warning");
    assert_eq!((findings[0].severity, findings[0].line), (Severity::Warning, Some(4)), "{findings:?}");

    let large = source("rowsum", &ROWSUM.replace("part[8]", "part[20000]"));
    let findings = nvrtc.compile(&large).expect_err("80,000 bytes of shared memory");
    assert!(findings[0].message.contains("too much shared data"), "{findings:?}");

    let include = source("rowsum", &format!("#include <cuda_bf16.h>\n{ROWSUM}"));
    let findings = nvrtc.compile(&include).expect_err("a header");
    assert_eq!(findings[0].line, Some(1), "{findings:?}");

    let zero = source("rowsum", "a\0b");
    assert!(nvrtc.compile(&zero).expect_err("a zero byte")[0].message.contains("zero byte"));
}

#[test]
fn groups_that_cannot_be_launched() {
    let Some(nvrtc) = nvrtc() else { return };
    let mut source = source("rowsum", ROWSUM);
    source.kernel.block = [1024, 8, 1];
    let Outcome::Findings(findings) = by_nvrtc(Ok(&nvrtc), &source) else { panic!("18 registers for 8192 threads") };
    assert!(findings[0].message.contains("196608 registers"), "{}", findings[0]);
    source.kernel.block = [256, 1, 1];
    source.kernel.entry = "other".to_owned();
    let Outcome::Findings(findings) = by_nvrtc(Ok(&nvrtc), &source) else { panic!("another kernel") };
    assert!(findings[0].message.contains("no kernel `other`"));
}

#[test]
fn threads_share_the_compiler() {
    let Some(nvrtc) = nvrtc() else { return };
    let start = Instant::now();
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let nvrtc = &nvrtc;
            scope.spawn(move || {
                for round in 0..4 {
                    let text = ROWSUM.replace("0.0f;", &format!("{worker}.{round}f;"));
                    let compiled = nvrtc.compile(&source("rowsum", &text)).expect("compiles");
                    assert_eq!(compiled.resources.len(), 1);
                }
            });
        }
    });
    println!("16 compilations in {:?}", start.elapsed());
    let start = Instant::now();
    nvrtc.compile(&source("rowsum", ROWSUM)).expect("compiles");
    println!("one in {:?}", start.elapsed());
}

#[test]
fn offline_is_absent() {
    let folder = tempfile::tempdir().unwrap();
    let pip = script(folder.path(), "pip", "[ \"$1\" = --version ] && exit 0\necho 'ERROR: no network' >&2\nexit 1");
    let pip = wheel::Pip { candidates: vec![vec!["/bin/sh".to_owned(), pip.to_str().unwrap().to_owned()]] };
    let absent = Nvrtc::open_in(&folder.path().join("cache"), &pip).expect_err("offline");
    assert_eq!(absent.tool, "nvrtc");
    assert!(absent.reason.contains("ERROR: no network"), "{absent}");
    let outcome = by_nvrtc(Err(&absent), &source("rowsum", ROWSUM));
    assert!(outcome.to_string().starts_with("skipped: nvrtc: cannot fetch nvidia-cuda-nvrtc==13.0.88: "), "{outcome}");
}

/// What a fake `nvcc` makes of the good text.
fn nvcc(lines: &str, limit: Duration) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    script(folder.path(), "nvcc", lines);
    let path = std::env::join_paths([folder.path(), "/usr/bin".as_ref(), "/bin".as_ref()]).unwrap();
    let tools = Tools { path, limit };
    let nvcc = tools.find("nvcc").expect("found");
    by_nvcc(Ok(&nvcc), &source("rowsum", ROWSUM))
}

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn nvcc_is_called_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let lines = format!(
        "echo \"$@\" > {seen}; cat rowsum.cu >> {seen}\n\
         echo \"ptxas info    : Compiling entry function 'rowsum' for 'sm_90'\" >&2\n\
         echo 'ptxas info    : Used 11 registers, used 1 barriers, 32 bytes smem' >&2",
        seen = seen.display()
    );
    assert_eq!(nvcc(&lines, MINUTE).to_string(), "ok (rowsum: 11 registers, 0 spills, 32 bytes shared)");
    let seen = fs::read_to_string(seen).unwrap();
    let (arguments, text) = seen.split_once('\n').unwrap();
    assert_eq!(arguments, "-arch=sm_90 -std=c++17 -fmad=false -Xptxas -v -diag-suppress 186 -cubin -o out.cubin rowsum.cu");
    assert_eq!(text, ROWSUM);
}

#[test]
fn nvcc_refuses() {
    let lines = "echo 'rowsum.cu(9): error: identifier \"total\" is undefined'\necho '1 error detected'; exit 2";
    let Outcome::Findings(findings) = nvcc(lines, MINUTE) else { panic!("an error") };
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].line, Some(9));
    assert_eq!(findings[0].origin.as_ref().map(|origin| origin.line), Some(rust_line(9)));

    let Outcome::Findings(findings) = nvcc("exit 0", MINUTE) else { panic!("no kernel in the report") };
    assert!(findings[0].message.contains("no kernel `rowsum`"), "{findings:?}");

    let header = "echo '/opt/include/x.h(9): warning #1-D: old'";
    let Outcome::Findings(findings) = nvcc(header, MINUTE) else { panic!("a warning") };
    assert_eq!((findings[0].line, findings[0].origin.clone()), (None, None), "not a line of the printed file");
    assert!(findings[0].message.starts_with("/opt/include/x.h:9: "));
}

#[test]
fn nvcc_crashes_hangs_or_says_nothing() {
    let message = |outcome: Outcome| match outcome {
        Outcome::Findings(findings) => findings.iter().map(|finding| finding.message.clone()).collect::<Vec<_>>().join("|"),
        outcome @ (Outcome::Passed(_) | Outcome::Skipped(_)) => panic!("{outcome}"),
    };
    let crash = message(nvcc("kill -SEGV $$", MINUTE));
    assert!(crash.contains("signal: 11"), "{crash}");
    let crash = message(nvcc("echo 'rowsum.cu(9): error: x'; kill -SEGV $$", MINUTE));
    assert!(crash.starts_with("x|nvcc failed with signal: 11"), "a crash is told beside errors: {crash}");
    let silent = message(nvcc("exit 3", MINUTE));
    assert!(silent.contains("exit status: 3: it gave no reason"), "{silent}");
    let other = message(nvcc("echo sorry; exit 3", MINUTE));
    assert!(other.ends_with("sorry"), "{other}");

    let start = Instant::now();
    let late = message(nvcc("sleep 30 & sleep 30", Duration::from_millis(300)));
    assert!(late.contains("did not end within 0.3 s"), "{late}");
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn nvcc_is_absent() {
    let folder = tempfile::tempdir().unwrap();
    let tools = Tools { path: folder.path().into(), limit: MINUTE };
    let absent = tools.find("nvcc").expect_err("an empty folder");
    assert_eq!(absent.to_string(), "nvcc: not found on PATH");
    let judges = Judges { nvrtc: Err(absent.clone()), nvcc: Err(absent) };
    let verdicts = judges.judge(&source("rowsum", ROWSUM));
    assert_eq!(verdicts.iter().map(|verdict| verdict.judge).collect::<Vec<_>>(), ["nvrtc", "nvcc"]);
    assert!(verdicts.iter().all(|verdict| matches!(verdict.outcome, Outcome::Skipped(_))));
}

#[test]
fn printed_texts_pass() {
    let Some(nvrtc) = nvrtc() else { return };
    let mut kernels = emit_simt::testing::all();
    kernels.extend(mlir_to_gpu::limits::TARGET.matrix.iter().map(emit_simt::testing::product));
    for kernel in kernels {
        let source = mlir_to_gpu::print(&kernel).expect("prints");
        let outcome = by_nvrtc(Ok(&nvrtc), &source);
        println!("{outcome}");
        assert!(matches!(outcome, Outcome::Passed(_)), "{outcome}");
    }
}
