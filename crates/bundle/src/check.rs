//! The rules every manifest obeys, checked before anything uses it.

use std::collections::BTreeSet;

use crate::check_fusion;
use crate::error::Error;
use crate::manifest::{Access, Arg, ArgKind, Dtype, FORMAT_VERSION, HostRead, Kernel, Manifest, Own};

/// Sizes beyond any real bundle; they keep a hostile one from using up memory or time.
pub mod limits {
    /// Bytes of `manifest.json`.
    pub const MANIFEST_BYTES: u64 = 64 << 20;
    /// Bytes of one file.
    pub const FILE_BYTES: u64 = 1 << 30;
    /// Files.
    pub const FILES: u64 = 4096;
    /// Kernels.
    pub const KERNELS: u64 = 4096;
    /// Launches that one fused kernel stands for.
    pub const LAUNCHES: u64 = 64;
    /// Arguments of one kernel.
    pub const ARGS: u64 = 64;
    /// Dimensions of a view.
    pub const RANK: u64 = 4;
    /// Bytes of a view.
    pub const VIEW_BYTES: u64 = 1 << 40;
    /// Programs of a launch.
    pub const PROGRAMS: u64 = 1 << 40;
    /// Threads of one program.
    pub const THREADS: u64 = 1 << 16;
    /// Bytes of one memory space per program.
    pub const BUDGET_BYTES: u64 = 1 << 30;
    /// Bytes of arguments passed by value.
    pub const PUSH_CONSTANT_BYTES: u64 = 4096;
}

/// Bytes of a view of this type and shape, or `None` if they exceed [`limits::VIEW_BYTES`].
pub fn view_bytes(dtype: Dtype, shape: &[u64]) -> Option<u64> {
    shape
        .iter()
        .try_fold(dtype.bytes(), |bytes, &extent| bytes.checked_mul(extent))
        .filter(|&bytes| bytes <= limits::VIEW_BYTES)
}

/// Checks a manifest against the format's rules.
///
/// # Errors
/// The first broken rule: version, sizes beyond [`limits`], file names that could leave the folder, hashes that are not
/// 64 lower-case hex digits, kernels without their file, names or needs given twice, empty or overflowing shapes, ownership that
/// does not fit the view, fusions of kernels and arguments that are not there.
pub fn check(manifest: &Manifest) -> Result<(), Error> {
    if manifest.version != FORMAT_VERSION {
        return Err(Error::Manifest {
            message: format!("format version {} instead of {FORMAT_VERSION}", manifest.version),
        });
    }
    at_most("the number of files", manifest.files.len() as u64, limits::FILES)?;
    at_most("the number of kernels", manifest.kernels.len() as u64, limits::KERNELS)?;
    for (name, hash) in &manifest.files {
        file_name(name)?;
        if hash.len() != 64 || !hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(Error::Manifest { message: format!("the hash of `{name}` is not 64 lower-case hex digits") });
        }
    }
    let mut names = BTreeSet::new();
    for kernel in &manifest.kernels {
        check_kernel(manifest, kernel)?;
        if !names.insert(&kernel.name) {
            return Err(broken(kernel, "listed twice"));
        }
    }
    at_most("the number of fusions", manifest.fusions.len() as u64, limits::KERNELS)?;
    manifest.fusions.iter().try_for_each(|fusion| check_fusion::check(manifest, fusion))
}

/// Checks that a relative path stays inside the bundle and means the same on every system.
pub(crate) fn file_name(name: &str) -> Result<(), Error> {
    let bad = |reason| Err(Error::FileName { name: name.to_owned(), reason });
    if name.len() > 255 {
        return bad("longer than 255 bytes");
    }
    if name.eq_ignore_ascii_case(crate::MANIFEST_FILE) {
        return bad("it is the manifest itself");
    }
    for part in name.split('/') {
        match part {
            "" => return bad("an empty part; paths are relative and use single slashes"),
            "." | ".." => return bad("`.` and `..` are not allowed"),
            part if !part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+')) => {
                return bad("only ASCII letters, digits and `.`, `_`, `-`, `+` are allowed");
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_kernel(manifest: &Manifest, kernel: &Kernel) -> Result<(), Error> {
    if kernel.name.is_empty() || kernel.entry.is_empty() || kernel.entry.contains('\0') {
        return Err(broken(kernel, "name and entry must not be empty"));
    }
    if !manifest.files.contains_key(&kernel.file) {
        return Err(broken(kernel, format!("its file `{}` is not in the manifest's list of files", kernel.file)));
    }
    if let Some(part) = kernel.parts.iter().find(|part| !manifest.files.contains_key(*part)) {
        return Err(broken(kernel, format!("its part `{part}` is not in the manifest's list of files")));
    }
    bounded_product(kernel, "grid", &kernel.grid, limits::PROGRAMS)?;
    bounded_product(kernel, "block", &kernel.block, limits::THREADS)?;
    if let Some(workgroups) = &kernel.workgroups {
        bounded_product(kernel, "grid of workgroups", workgroups, limits::PROGRAMS)?;
    }
    for (space, &bytes) in &kernel.budgets {
        at_most(&format!("`{space}` memory of kernel `{}`", kernel.name), bytes, limits::BUDGET_BYTES)?;
    }
    let what = format!("the number of bytes passed by value to kernel `{}`", kernel.name);
    at_most(&what, kernel.push_constant_bytes, limits::PUSH_CONSTANT_BYTES)?;
    let what = format!("the scratch memory of a group of kernel `{}`", kernel.name);
    at_most(&what, kernel.scratch_bytes, limits::BUDGET_BYTES)?;
    let mut needs = BTreeSet::new();
    if let Some(twice) = kernel.needs.iter().find(|&&need| !needs.insert(need)) {
        return Err(broken(kernel, format!("its need `{twice}` is listed twice")));
    }
    at_most(&format!("the number of arguments of kernel `{}`", kernel.name), kernel.args.len() as u64, limits::ARGS)?;
    let mut names = BTreeSet::new();
    for arg in &kernel.args {
        if !names.insert(&arg.name) {
            return Err(broken(kernel, format!("argument `{}` is listed twice", arg.name)));
        }
        check_arg(kernel, arg)?;
    }
    let reads = kernel.host_reads.len() as u64;
    at_most(&format!("the number of elements that the host reads for kernel `{}`", kernel.name), reads, limits::ARGS)?;
    kernel.host_reads.iter().try_for_each(|read| check_host_read(kernel, read))
}

fn check_host_read(kernel: &Kernel, read: &HostRead) -> Result<(), Error> {
    let HostRead { arg, element } = read;
    match kernel.args.iter().find(|other| other.name == *arg).map(|other| &other.kind) {
        Some(ArgKind::View { access: Access::Read | Access::Weights, shape, .. }) => {
            if *element < shape.iter().product() {
                Ok(())
            } else {
                Err(broken(kernel, format!("the host reads element {element} of `{arg}`, which has {shape:?}")))
            }
        }
        Some(ArgKind::View { access: Access::Write, .. } | ArgKind::Scalar { .. }) | None => {
            Err(broken(kernel, format!("the host reads `{arg}`, which is no view that is only read")))
        }
    }
}

fn check_arg(kernel: &Kernel, arg: &Arg) -> Result<(), Error> {
    let bad = |message: &str| Err(broken(kernel, format!("argument `{}` {message}", arg.name)));
    match &arg.kind {
        ArgKind::View { dtype, shape, access, layout: _, own } => {
            if shape.is_empty() || shape.len() as u64 > limits::RANK {
                return bad("must have 1 to 4 dimensions");
            }
            if shape.contains(&0) || view_bytes(*dtype, shape).is_none() {
                return bad("has an empty or overflowing shape");
            }
            match access {
                Access::Read | Access::Weights if !own.is_empty() => bad("is only read, yet has owners"),
                Access::Write if own.len() != shape.len() => bad("needs one owner rule per dimension"),
                Access::Read | Access::Weights | Access::Write => {
                    own.iter().zip(shape).try_for_each(|(own, &extent)| check_own(kernel, arg, own, extent))
                }
            }
        }
        ArgKind::Scalar { dtype, bound } => match (dtype, bound) {
            (Dtype::F32, None) => Ok(()),
            (Dtype::F32, Some(_)) => bad("is a float and cannot have a bound"),
            (Dtype::I32 | Dtype::I64, Some(0)) => bad("has bound 0, so that no value fits"),
            (Dtype::I32, Some(bound)) if *bound > 1 << 32 => bad("has a bound beyond its type"),
            (Dtype::I32 | Dtype::I64, _) => Ok(()),
            (Dtype::F16 | Dtype::Bf16 | Dtype::I8 | Dtype::Bool, _) => bad("must be f32, i32 or i64"),
        },
    }
}

fn check_own(kernel: &Kernel, arg: &Arg, own: &Own, extent: u64) -> Result<(), Error> {
    let bad = |message: String| Err(broken(kernel, format!("argument `{}` {message}", arg.name)));
    match own {
        Own::Whole => Ok(()),
        Own::Block { axis, size } => match kernel.grid.get(*axis) {
            None => bad(format!("is owned along program axis {axis}; there are 3")),
            Some(_) if *size == 0 => bad("is owned in empty blocks".to_owned()),
            Some(programs) if (*programs - 1).checked_mul(*size).is_none_or(|start| start >= extent) => {
                bad(format!("has blocks of {size} past its extent {extent} for {programs} programs"))
            }
            Some(_) => Ok(()),
        },
        Own::Range { axis, size, first, programs } => {
            let end = first.checked_add(*programs);
            match kernel.grid.get(*axis) {
                None => bad(format!("is owned along program axis {axis}; there are 3")),
                Some(_) if *size == 0 || *programs == 0 => bad("is owned in empty blocks".to_owned()),
                Some(all) if end.is_none_or(|end| end > *all) => {
                    bad(format!("is owned by {programs} programs from {first} on; there are {all}"))
                }
                Some(_) if (*programs - 1).checked_mul(*size).is_none_or(|start| start >= extent) => {
                    bad(format!("has blocks of {size} past its extent {extent} for {programs} programs"))
                }
                Some(_) => Ok(()),
            }
        }
        Own::Folded { size, first, grid, along } => {
            let all = grid.iter().try_fold(1_u64, |all, &one| all.checked_mul(one));
            let end = all.filter(|&all| all > 0).and_then(|all| first.checked_add(all));
            match grid.get(*along) {
                None => bad(format!("is owned along axis {along} of a grid; there are 3")),
                Some(_) if *size == 0 => bad("is owned in empty blocks".to_owned()),
                Some(_) if end.is_none_or(|end| end > kernel.grid[0]) => {
                    bad(format!("is owned by a grid of {grid:?} from program {first} on; there are {}", kernel.grid[0]))
                }
                Some(blocks) if (*blocks - 1).checked_mul(*size).is_none_or(|start| start >= extent) => {
                    bad(format!("has blocks of {size} past its extent {extent} for {blocks} programs"))
                }
                Some(_) => Ok(()),
            }
        }
        Own::At { arg: scalar } => {
            let found = kernel.args.iter().find(|other| other.name == *scalar);
            match found.map(|other| &other.kind) {
                Some(ArgKind::Scalar { bound: Some(bound), .. }) if *bound <= extent => Ok(()),
                Some(ArgKind::Scalar { .. }) => {
                    bad(format!("is owned at `{scalar}`, which needs a bound of at most {extent}"))
                }
                Some(ArgKind::View { .. }) | None => {
                    bad(format!("is owned at `{scalar}`, which is no scalar argument"))
                }
            }
        }
    }
}

fn bounded_product(kernel: &Kernel, what: &str, extents: &[u64; 3], limit: u64) -> Result<(), Error> {
    match extents.iter().try_fold(1u64, |product, &extent| product.checked_mul(extent)) {
        Some(0) => Err(broken(kernel, format!("its {what} is empty"))),
        Some(product) if product <= limit => Ok(()),
        product => Err(Error::TooLarge {
            what: format!("the {what} of kernel `{}`", kernel.name),
            found: product.unwrap_or(u64::MAX),
            limit,
        }),
    }
}

pub(crate) fn at_most(what: &str, found: u64, limit: u64) -> Result<(), Error> {
    if found > limit { Err(Error::TooLarge { what: what.to_owned(), found, limit }) } else { Ok(()) }
}

pub(crate) fn broken(kernel: &Kernel, message: impl Into<String>) -> Error {
    Error::Kernel { kernel: kernel.name.clone(), message: message.into() }
}
