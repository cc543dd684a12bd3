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
