//! IRON designs: right ones give what f64 gives, faulty ones are caught at their line, each beside a right twin.

mod attention;
mod compile;
mod designs;
mod functions;
mod harness;
mod kernels;
mod movement;
mod runs;
