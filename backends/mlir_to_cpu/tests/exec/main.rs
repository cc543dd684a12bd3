//! Compiled kernels against the interpreter.

mod casts;
mod control;
mod elementwise;
mod harness;
mod memory;
mod products;
mod random;
mod reductions;
mod shapes;
