//! Right programs pass, faulty ones are caught, in each language.

mod compile;
mod copies;
mod faults;
mod harness;
mod lanes;
mod matrix;
mod numbers;
mod speed;
