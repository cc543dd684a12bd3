//! Locks the text of kernels that together use every construct, and of what stands beside it.

mod backend;

use std::collections::BTreeSet;

use emit::Source;

fn sources() -> Vec<Source> {
    let kernels = backend::hand();
    kernels
        .iter()
        .map(|kernel| backend::text(kernel).unwrap_or_else(|error| panic!("{error}")).expect("lowered"))
        .collect()
}

#[test]
fn texts_are_locked() {
    for source in sources() {
        insta::assert_snapshot!(source.kernel.entry.as_str(), source.text);
    }
}

#[test]
fn companions_are_locked() {
    let some: Vec<Source> =
        sources().into_iter().filter(|source| ["append", "product"].contains(&source.kernel.entry.as_str())).collect();
    let companions = mlir_to_nki::companions(&some);
    assert_eq!(companions.len(), 1);
    insta::assert_snapshot!(companions[0].file.as_str(), companions[0].text);
    assert!(mlir_to_nki::companions(&[]).is_empty());
}

/// Together the texts have every instruction that the backend prints.
#[test]
fn every_instruction_is_in_some_text() {
    let texts: String = sources().into_iter().map(|source| source.text).collect();
    for word in [
        "nisa.dma_copy(",
        "nisa.tensor_copy(",
        "nisa.memset(",
        "nisa.tensor_tensor(",
        "nisa.tensor_scalar(",
        "nl.rsqrt",
        "nisa.activation(",
        "nisa.reciprocal(",
        "nisa.tensor_reduce(",
        "nisa.nc_matmul(",
        "nisa.nc_transpose(",
        "nisa.tensor_copy_predicated(",
        "nisa.iota(",
        "nl.fori_loop(",
        "nl.while_loop(",
        "nisa.register_load(",
        "scalar_offset=",
        "nl.power",
        "range(",
    ] {
        assert!(texts.contains(word), "no text has {word}");
    }
}

#[test]
fn every_line_of_the_map_follows_its_comment() {
    let mut files = BTreeSet::new();
    for source in sources() {
        let lines: Vec<&str> = source.text.lines().collect();
        for origin in &source.kernel.lines {
            let comment = lines[origin.emitted as usize - 2].trim_start();
            assert_eq!(comment, format!("# {}:{}", origin.file, origin.line));
            files.insert(origin.file.clone());
        }
    }
    assert!(files.contains("kernels.rs"), "{files:?}");
}

/// The texts are NKI as far as the emulator's lint can tell without running them.
#[test]
fn texts_pass_the_lint() {
    for source in sources() {
        match emulator::nki::check(&source.text) {
            Ok(()) => {}
            Err(error) if error.is_skip() => return eprintln!("skipped: {error}"),
            Err(error) => panic!("{error} {:?}\n{}", error.diagnostics(), source.text),
        }
    }
}
