//! Launch limits of an accelerator, checked when a kernel is loaded: what a driver refuses late, or not at all.

use bundle::manifest::Kernel;

use crate::error::Error;

/// What one accelerator takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Threads of a group along x, y, z.
    pub(crate) block: [u64; 3],
    /// Threads of a group of this kernel; registers may leave fewer than the accelerator has at most.
    pub(crate) threads: u64,
    /// Bytes of group memory.
    pub(crate) shared_bytes: u64,
    /// Parameters.
    pub(crate) args: u64,
}

impl Limits {
    /// Refuses a kernel that needs more; `shared_bytes` is the group memory it uses.
    pub(crate) fn check(&self, kernel: &Kernel, shared_bytes: u64) -> Result<(), Error> {
        let refuse = |message: String| Err(Error::Kernel { kernel: kernel.name.clone(), message });
        let threads: u64 = kernel.block.iter().product();
        if threads > self.threads {
            return refuse(format!("has {threads} threads per group, this device runs {} of it", self.threads));
        }
        for ((axis, &found), limit) in ["x", "y", "z"].iter().zip(&kernel.block).zip(self.block) {
            if found > limit {
                return refuse(format!("has {found} threads per group along {axis}, this device runs {limit}"));
            }
        }
        if shared_bytes > self.shared_bytes {
            return refuse(format!("uses {shared_bytes} bytes of group memory, this device has {}", self.shared_bytes));
        }
        let args = kernel.args.len() as u64;
        if args > self.args {
            return refuse(format!("has {args} parameters, this device passes {}", self.args));
        }
        // Thread numbers are 32-bit in the kernels.
        for ((axis, &groups), &block) in ["x", "y", "z"].iter().zip(&kernel.grid).zip(&kernel.block) {
            if groups.checked_mul(block).is_none_or(|threads| threads > u64::from(u32::MAX)) {
                return refuse(format!(
                    "has {groups} groups of {block} threads along {axis}, more than 32 bits number"
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bundle::manifest::{Arg, ArgKind, Dtype};

    use super::*;

    #[test]
    fn each_limit_is_exact() {
        let scalar =
            |name: &str| Arg { name: name.to_owned(), kind: ArgKind::Scalar { dtype: Dtype::F32, bound: None } };
        let fits = Kernel {
            name: "k".to_owned(),
            entry: "k".to_owned(),
            file: "k.metal".to_owned(),
            tuning: BTreeMap::new(),
            grid: [1 << 20, 1, 1],
            block: [32, 8, 1],
            args: vec![scalar("a"), scalar("b")],
            budgets: BTreeMap::new(),
            dependent: false,
            needs: vec![],
            push_constant_bytes: 0,
            parts: vec![],
            scratch_bytes: 0,
            host_reads: vec![],
            workgroups: None,
            lines: vec![],
        };
        let limits = Limits { block: [1024, 8, 4], threads: 256, shared_bytes: 100, args: 2 };
        limits.check(&fits, 100).unwrap();
        let refused = |edit: &dyn Fn(&mut Kernel), shared: u64| {
            let mut kernel = fits.clone();
            edit(&mut kernel);
            limits.check(&kernel, shared).unwrap_err().to_string()
        };
        let cases = [
            (
                refused(&|k| k.block = [33, 8, 1], 0),
                "kernel `k`: has 264 threads per group, this device runs 256 of it",
            ),
            (refused(&|k| k.block = [1, 9, 1], 0), "kernel `k`: has 9 threads per group along y, this device runs 8"),
            (refused(&|_| {}, 101), "kernel `k`: uses 101 bytes of group memory, this device has 100"),
            (refused(&|k| k.args.push(scalar("c")), 0), "kernel `k`: has 3 parameters, this device passes 2"),
            (
                refused(&|k| k.grid = [1 << 27, 1, 1], 0),
                "kernel `k`: has 134217728 groups of 32 threads along x, more than 32 bits number",
            ),
        ];
        for (found, expected) in cases {
            assert_eq!(found, expected);
        }
    }
}
