//! Random kernels, lowered, printed and executed on the machine's Vulkan device: as printed and optimised, with subgroups of
//! every size that the device can be given.

mod backend;

use std::process::Command;

use backend::{BACKEND, at_every_width, available, optimised, without_subgroups};
use simt_testing::Backend;

fn seeds() -> (std::ops::Range<u64>, u64) {
    if simt_testing::full() { (0..4000, 10) } else { (0..300, 15) }
}

#[test]
fn random_kernels_compute_what_they_should() {
    if !available() || at_every_width("random_kernels_compute_what_they_should") {
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
