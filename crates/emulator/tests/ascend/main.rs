//! Texts for the vector core of the Ascend 910B: right ones pass under every schedule, faulty ones are caught.

mod compile;
mod faults;
mod harness;
mod limits;
mod numbers;
mod pto;
mod schedules;
mod sound;
mod speed;
