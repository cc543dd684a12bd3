//! The kernel language.
#![no_std]
pub mod abi;
pub mod intrinsics;
