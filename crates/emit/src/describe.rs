//! The manifest's entry for a kernel.

use std::collections::BTreeMap;

use bundle::manifest::{self, Dtype, LineOrigin, Need};
use tile_ir::{Access, Elem, Own, Param, ParamKind};

/// What a printer knows of a kernel it printed.
#[derive(Clone, Debug, PartialEq)]
pub struct Described<'a> {
    /// The kernel's name whatever the tuning.
    pub family: &'a str,
    /// Symbol of the entry point.
    pub entry: String,
    /// File that holds it.
    pub file: String,
    /// Tile sizes.
    pub tuning: &'a [(String, u64)],
    /// Parameters in order. None is of a type without a memory form: validated programs have no such views, and scalars
    /// of type `index` are passed as 64-bit integers.
    pub params: &'a [Param],
    /// Programs along x, y, z.
    pub grid: [u64; 3],
    /// Threads of a program along x, y, z.
    pub block: [u64; 3],
    /// Bytes per memory space and program.
    pub budgets: BTreeMap<String, u64>,
    /// It waits by itself for earlier kernels: [`manifest::Kernel::dependent`].
    pub dependent: bool,
    /// What it needs of the device: [`manifest::Kernel::needs`].
    pub needs: Vec<Need>,
    /// Bytes of arguments passed as one block: [`manifest::Kernel::push_constant_bytes`].
    pub push_constant_bytes: u64,
    /// Groups to start: [`manifest::Kernel::workgroups`].
    pub workgroups: Option<[u64; 3]>,
    /// Where lines come from.
    pub lines: Vec<LineOrigin>,
}

/// The manifest's entry.
pub fn describe(kernel: Described<'_>) -> manifest::Kernel {
    let args = kernel
        .params
        .iter()
        .map(|param| manifest::Arg { name: param.name.clone(), kind: describe_arg(kernel.params, &param.kind) })
        .collect();
    manifest::Kernel {
        name: kernel.family.to_owned(),
        entry: kernel.entry,
        file: kernel.file,
        tuning: kernel.tuning.iter().cloned().collect(),
        grid: kernel.grid,
        block: kernel.block,
        args,
        budgets: kernel.budgets,
        dependent: kernel.dependent,
        needs: kernel.needs,
        push_constant_bytes: kernel.push_constant_bytes,
        parts: vec![],
        scratch_bytes: 0,
        host_reads: vec![],
        workgroups: kernel.workgroups,
        lines: kernel.lines,
    }
}

fn describe_arg(params: &[Param], kind: &ParamKind) -> manifest::ArgKind {
    let memory_form = |elem| dtype(elem).unwrap_or(Dtype::I64);
    match kind {
        ParamKind::Scalar(scalar) => manifest::ArgKind::Scalar { dtype: memory_form(scalar.elem), bound: scalar.bound },
        ParamKind::View(view) => manifest::ArgKind::View {
            dtype: memory_form(view.elem),
            shape: view.shape.dims().to_vec(),
            access: match view.access {
                Access::Read => manifest::Access::Read,
                Access::Weights => manifest::Access::Weights,
                Access::Write => manifest::Access::Write,
            },
            layout: manifest::Layout::RowMajor,
            own: view
                .own
                .iter()
                .map(|own| match own {
                    Own::Whole => manifest::Own::Whole,
                    Own::Block { axis, size } => manifest::Own::Block { axis: axis.index(), size: *size },
                    Own::At { param } => manifest::Own::At {
                        arg: params.get(*param).map_or_else(String::new, |param| param.name.clone()),
                    },
                })
                .collect(),
        },
    }
}

/// Element type in the manifest; `None` for `index`, which never reaches memory.
pub fn dtype(elem: Elem) -> Option<Dtype> {
    Some(match elem {
        Elem::F32 => Dtype::F32,
        Elem::F16 => Dtype::F16,
        Elem::Bf16 => Dtype::Bf16,
        Elem::I1 => Dtype::Bool,
        Elem::I8 => Dtype::I8,
        Elem::I32 => Dtype::I32,
        Elem::I64 => Dtype::I64,
        Elem::Index => return None,
    })
}
