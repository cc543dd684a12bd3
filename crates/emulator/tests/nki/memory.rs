//! Rules of memories: partitions, room, patterns, slices.

use emulator::nki::FaultKind::{Capacity, Dtype, Language, Limit, OutOfBounds, Shape};

use crate::harness::rules;

#[test]
fn tiles() {
    let tile = "t = nl.ndarray((128, 8), dtype=nl.float32, buffer=nl.sbuf)";
    rules(&[
        (Limit, tile, "t = nl.ndarray((129, 8), dtype=nl.float32, buffer=nl.sbuf)"),
        (Shape, tile, "t = nl.ndarray((128,), dtype=nl.float32, buffer=nl.sbuf)"),
        (Shape, tile, "t = nl.ndarray((128, 0), dtype=nl.float32, buffer=nl.sbuf)"),
        (Language, tile, "t = nl.ndarray((128, 8), dtype=nl.float32, buffer=\"sbuf\")"),
        (Dtype, tile, "t = nl.ndarray((128, 8), dtype=\"float32\", buffer=nl.sbuf)"),
        // The tables of every body take 1,412 bytes of 211,968 (six tiles of 256 or 128 bytes, one of 4).
        (
            Capacity,
            "t = nl.ndarray((128, 52639), dtype=nl.float32, buffer=nl.sbuf)",
            "t = nl.ndarray((128, 52640), dtype=nl.float32, buffer=nl.sbuf)",
        ),
        // A tile lives until its name is another's, which is made first.
        (
            Capacity,
            "for n in range(9):\n    t = nl.ndarray((128, 20000), dtype=nl.float32, buffer=nl.sbuf)",
            "for n in range(9):\n    t = nl.ndarray((128, 30000), dtype=nl.float32, buffer=nl.sbuf)",
        ),
        (
            Capacity,
            "t = nl.ndarray((128, 3072), dtype=nl.float32, buffer=nl.psum)",
            "t = nl.ndarray((128, 3073), dtype=nl.float32, buffer=nl.psum)",
        ),
        (
            Limit,
            "nisa.tensor_copy(dst=c[32:64, :], src=a[0:32, :])",
            "nisa.tensor_copy(dst=c[32:65, :], src=a[0:33, :])",
        ),
        (
            Limit,
            "nisa.tensor_copy(dst=c[64:128, :], src=a[0:64, :])",
            "nisa.tensor_copy(dst=c[16:32, :], src=a[0:16, :])",
        ),
        // Copies of DMA reach every partition.
        (Limit, "nisa.dma_copy(dst=c[17:33, :], src=x[0:16, :])", "nisa.memset(dst=c[17:33, :], value=0.0)"),
    ]);
}

#[test]
fn views() {
    let good = "nisa.dma_copy(dst=c, src=x.ap(pattern=[[64, 128], [1, 64]]))";
    rules(&[
        (OutOfBounds, "t = a[:, 60:64]", "t = a[:, 60:65]"),
        (OutOfBounds, "t = a[:, 63:64]", "t = a[:, 64]"),
        (OutOfBounds, "t = a[127, :]", "t = a[128, :]"),
        (OutOfBounds, "t = a[:, 0:1]", "t = a[:, -1]"),
        (OutOfBounds, "t = a[:, nl.ds(60, 4)]", "t = a[:, nl.ds(61, 4)]"),
        (Shape, "t = a[:, 0:1]", "t = a[:, 4:4]"),
        (Shape, "t = a[:, 0:1]", "t = a[:, 0:1, 0:1]"),
        (Limit, "t = a[:, 0:64:2]", "t = a[0:128:2, :]"),
        (OutOfBounds, good, "nisa.dma_copy(dst=c, src=x.ap(pattern=[[64, 128], [1, 64]], offset=1))"),
        (Limit, good, "nisa.dma_copy(dst=c, src=x.ap(pattern=[[64, 128], [-1, 64]], offset=63))"),
        (
            Limit,
            "nisa.tensor_copy(dst=c[:, 0:8], src=a.ap(pattern=[[64, 128], [8, 8]]))",
            "nisa.tensor_copy(dst=c[:, 0:8], src=a.ap(pattern=[[32, 128], [8, 8]]))",
        ),
        (
            OutOfBounds,
            "nisa.tensor_copy(dst=c[0:64, 0:8], src=a.ap(pattern=[[64, 64], [8, 8]], offset=7))",
            "nisa.tensor_copy(dst=c[0:64, 0:8], src=a.ap(pattern=[[64, 64], [8, 8]], offset=8))",
        ),
        (Shape, "t = a.reshape((128, 8, 8))", "t = a.reshape((128, 8, 9))"),
        (Shape, "t = a.reshape((128, 8, 8))", "t = a.reshape((64, 128))"),
        (Shape, "t = a[0:64, :].reshape((64, 8, 8))", "t = a[:, 0:32].reshape((128, 4, 8))"),
        (
            Limit,
            "nisa.tensor_copy(dst=c.ap(pattern=[[64, 128], [32, 2], [8, 2], [2, 2]]), src=a.ap(pattern=[[64, 128], [32, 2], [8, 2], [2, 2]]))",
            "nisa.tensor_copy(dst=c.ap(pattern=[[64, 128], [32, 2], [12, 2], [5, 2], [2, 2]]), \
             src=a.ap(pattern=[[64, 128], [32, 2], [12, 2], [5, 2], [2, 2]]))",
        ),
    ]);
}
