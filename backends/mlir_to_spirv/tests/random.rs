//! Random kernels, lowered, printed and executed on the machine's Vulkan device: as printed and optimised, with subgroups of
//! every size that the device can be given.

mod backend;

use std::process::Command;

use backend::{BACKEND, optimised, without_subgroups};
use simt_testing::Backend;

/// Lavapipe's bits of a subgroup: 4, 8 and 16 lanes of 32 bits.
const WIDTHS: [&str; 3] = ["128", "256", "512"];

fn seeds() -> (std::ops::Range<u64>, u64) {
    if simt_testing::full() { (0..4000, 10) } else { (0..300, 15) }
}

/// Runs this file's test `name` again for each size of subgroups; `None` in such a run itself.
fn at_every_width(name: &str) -> Option<()> {
    if std::env::var_os("LP_NATIVE_VECTOR_WIDTH").is_some() {
        return None;
    }
    for width in WIDTHS {
        let mut test = Command::new(std::env::current_exe().expect("this program"));
        let output = test.args(["--exact", name]).env("LP_NATIVE_VECTOR_WIDTH", width).output().expect("it starts");
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{width} bits:\n{text}");
    }
    Some(())
}

fn available() -> bool {
    match simt_testing::available("vulkan") {
        Ok(()) => true,
        Err(why) => {
            println!("skipped: {why}");
            false
        }
    }
}

#[test]
fn random_kernels_compute_what_they_should() {
    if !available() || at_every_width("random_kernels_compute_what_they_should").is_some() {
        return;
    }
    let (seeds, stride) = seeds();
    simt_testing::random::sweep(seeds, stride, &BACKEND);
}

#[test]
fn optimised_modules_compute_the_same() {
    if Command::new("spirv-opt").arg("--version").output().is_err() {
        println!("skipped: no spirv-opt");
        return;
    }
    if !available() {
        return;
    }
    let (seeds, stride) = seeds();
    simt_testing::random::sweep(seeds, stride, &Backend { print: optimised, ..BACKEND });
}

#[test]
fn modules_do_without_subgroups() {
    if !available() {
        return;
    }
    let (seeds, stride) = seeds();
    simt_testing::random::sweep(seeds, stride, &Backend { print: without_subgroups, ..BACKEND });
}
