//! Locks the text of lane programs that together use every construct.

use std::process::Command;

use emit::{Binary, Source};
use emit_simt::testing;
use lower_simt::ir::LaneKernel;

/// Every kernel but the one whose views are too many to pass, which comes in parts.
fn kernels() -> Vec<LaneKernel> {
    let mut kernels = testing::all();
    kernels.retain(|kernel| kernel.name != "vectors");
    kernels.extend(testing::vectors_by_elem());
    kernels
}

fn print(kernel: &LaneKernel) -> Source {
    mlir_to_spirv::print(kernel).unwrap_or_else(|error| panic!("{}: {error:?}", kernel.name))
}

fn words(source: &Source) -> Vec<u32> {
    let Binary { bytes, .. } = source.binary.as_ref().expect("a module has words");
    bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().expect("four bytes"))).collect()
}

#[test]
fn texts_are_locked() {
    for kernel in kernels() {
        insta::assert_snapshot!(kernel.name.as_str(), print(&kernel).text);
    }
}

/// Assembling the text gives the words; only the generator's number in the header differs.
#[test]
fn the_text_says_what_the_words_do() {
    if Command::new("spirv-as").arg("--version").output().is_err() {
        println!("skipped: no spirv-as");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for kernel in kernels() {
        let source = print(&kernel);
        let (text, made) = (folder.path().join("k.spvasm"), folder.path().join("k.spv"));
        std::fs::write(&text, &source.text).expect("the text is written");
        let run = Command::new("spirv-as").args(["--target-env", "vulkan1.2", "-o"]).arg(&made).arg(&text).output();
        let run = run.expect("spirv-as runs");
        assert!(run.status.success(), "{}: {}", kernel.name, String::from_utf8_lossy(&run.stderr));
        let bytes = std::fs::read(&made).expect("it made a module");
        let mut assembled: Vec<u32> =
            bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().expect("four bytes"))).collect();
        assembled[2] = 0;
        let own = words(&source);
        let differs = own.iter().zip(&assembled).position(|(own, other)| own != other);
        assert!(
            own == assembled,
            "{}: {} and {} words, differ at {differs:?}",
            kernel.name,
            own.len(),
            assembled.len()
        );
    }
}

#[test]
fn every_line_of_the_map_follows_its_comment() {
    for kernel in kernels() {
        let source = print(&kernel);
        let lines: Vec<&str> = source.text.lines().collect();
        assert!(!source.kernel.lines.is_empty(), "{}", kernel.name);
        for origin in &source.kernel.lines {
            let comment = lines[origin.emitted as usize - 2].trim_start();
            assert_eq!(comment, format!("; {}:{}", origin.file, origin.line));
        }
    }
}

/// What every device passes is the limit, and what desktop GPUs have of shared memory.
#[test]
fn limits_are_errors_that_say_what_to_do() {
    let vectors = testing::vectors();
    let mut shared = testing::lane_reductions();
    shared.shared.push(lower_simt::ir::SharedData { name: "large".to_owned(), elem: tile_ir::Elem::F32, len: 8000 });
    let mut grid = testing::norm();
    grid.grid = [70_000, 65_535, 1];
    for (kernel, words) in [
        (vectors, "in bytes, needs 304, above the limit of 128"),
        (shared, "above the limit of 32768"),
        (grid, "in workgroups along an axis, needs 131070, above the limit of 65535"),
    ] {
        let error = mlir_to_spirv::print(&kernel).expect_err("it is too large");
        assert!(matches!(error, lower_simt::Error::Limit { .. }), "{error:?}");
        let report = error.report().to_string();
        assert!(report.contains(words) && report.contains("kernels/test/src/lib.rs:1"), "{report}");
    }
}

#[test]
fn broken_programs_are_errors() {
    let mut kernel = testing::norm();
    kernel.vars[0].scalar = lower_simt::ir::Scalar::I64;
    let error = mlir_to_spirv::print(&kernel).expect_err("the array does not hold bf16");
    assert!(matches!(error, lower_simt::Error::Broken { target: "spirv", .. }), "{error:?}");
}

/// The manifest says what each device must be asked.
#[test]
fn needs_are_those_of_the_module() {
    use bundle::manifest::Need;
    let of = |kernel: &LaneKernel| print(kernel).kernel.needs;
    let norm = of(&testing::norm());
    for need in [
        Need::BufferDeviceAddress,
        Need::StorageBuffer16BitAccess,
        Need::SubgroupShuffle,
        Need::ShaderRoundingModeRteFloat32,
        Need::ShaderSignedZeroInfNanPreserveFloat32,
    ] {
        assert!(norm.contains(&need), "{need}");
    }
    assert!(!norm.contains(&Need::ShaderInt64) && !norm.contains(&Need::StorageBuffer8BitAccess), "{norm:?}");
    let lanes = of(&testing::lane_reductions());
    assert!(lanes.contains(&Need::ShaderInt64) && lanes.contains(&Need::ShaderSubgroupExtendedTypes), "{lanes:?}");
    assert!(!of(&testing::control()).contains(&Need::SubgroupShuffle));
}
