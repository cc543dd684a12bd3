//! Bytes that a program moves, without running it.
