//! NKI: right kernels give what f64 gives; each rule has a program that breaks it and is caught at its line, and a sound twin.

mod arguments;
mod faults;
mod harness;
mod kernels;
mod language;
mod launches;
mod memory;
mod numbers;
