//! TPC-C: right kernels pass in every split of their index space and give what f64 gives; faulty ones are caught.

mod faults;
mod harness;
mod kernels;
mod lanes;
mod language;
mod speed;
