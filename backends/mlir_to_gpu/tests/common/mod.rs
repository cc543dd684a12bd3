//! Hand-written texts and scripts in the place of tools.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use bundle::manifest::{Kernel, LineOrigin};
use emit::Source;

/// Sums rows: shuffles, then shared memory.
pub(crate) const ROWSUM: &str = r#"extern "C" __global__ void __launch_bounds__(256) rowsum(const float* __restrict__ x, float* __restrict__ y) {
  __shared__ float part[8];
  const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  float sum = 0.0f;
  for (unsigned k = threadIdx.x; k < 1536; k += 256) sum += x[blockIdx.x * 1536 + k];
  for (unsigned offset = 16; offset > 0; offset >>= 1)
    sum += __shfl_xor_sync(0xffffffffu, sum, offset, 32);
  if (lane == 0)
    part[warp] = sum;
  __syncthreads();
  sum = lane < 8 ? part[lane] : 0.0f;
  for (unsigned offset = 4; offset > 0; offset >>= 1)
    sum += __shfl_xor_sync(0xffffffffu, sum, offset, 32);
  if (threadIdx.x == 0) y[blockIdx.x] = sum;
}
"#;

/// An array indexed at run time, which no register can hold.
pub(crate) const SPILLS: &str = r#"extern "C" __global__ void indexed(const int* x, int* y) {
  int held[64];
  for (int i = 0; i < 64; ++i) held[i] = x[i];
  for (int i = 0; i < 64; ++i) held[x[i] & 63] += i;
  y[threadIdx.x] = held[threadIdx.x & 63];
}
"#;

/// The Rust line that emitted line `line` comes from.
pub(crate) const fn rust_line(line: u32) -> u32 {
    100 + line
}

/// A source whose lines come from `src/NAME.rs`.
pub(crate) fn source(name: &str, text: &str) -> Source {
    let file = format!("{name}.cu");
    let lines = (1..=text.lines().count() as u32).map(|emitted| LineOrigin {
        emitted,
        file: format!("src/{name}.rs"),
        line: rust_line(emitted),
    });
    let kernel = Kernel {
        name: name.to_owned(),
        entry: name.to_owned(),
        file: file.clone(),
        tuning: BTreeMap::new(),
        grid: [1, 1, 1],
        block: [256, 1, 1],
        args: Vec::new(),
        budgets: BTreeMap::new(),
        dependent: false,
        needs: vec![],
        push_constant_bytes: 0,
        parts: vec![],
        scratch_bytes: 0,
        host_reads: vec![],
        workgroups: None,
        lines: lines.collect(),
    };
    Source { file, text: text.to_owned(), binary: None, parts: vec![], kernel }
}

/// An executable shell script.
pub(crate) fn script(folder: &Path, name: &str, lines: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}
