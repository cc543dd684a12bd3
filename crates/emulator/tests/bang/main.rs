//! BANG C: right kernels pass on each arch under every schedule and give what f64 gives; faulty ones are caught.

mod compile;
mod faults;
mod functions;
mod harness;
mod hazards;
mod kernels;
mod numbers;
mod speed;
