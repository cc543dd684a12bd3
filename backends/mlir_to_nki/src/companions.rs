//! A file beside the kernels that calls each of them with tensors of a framework.

use bundle::manifest::{Access, ArgKind, Dtype};
use emit::{Companion, Namer, Source};

use crate::names;

/// `launch.py`, with a function for each kernel.
#[must_use]
pub fn companions(sources: &[Source]) -> Vec<Companion> {
    if sources.is_empty() {
        return vec![];
    }
    let mut imports: Vec<String> = sources
        .iter()
        .map(|source| {
            let module = source.file.rsplit('/').next().unwrap_or(&source.file);
            let module = module.strip_suffix(".py").unwrap_or(module);
            format!("from {module} import {}", source.kernel.entry)
        })
        .collect();
    imports.sort();
    let functions: Vec<String> = sources.iter().map(function).collect();
    let text = format!(
        "\"\"\"Calls the kernels. Arguments are NumPy arrays, or tensors of PyTorch or JAX on a NeuronCore; what a kernel writes is returned.\"\"\"

import numpy as np

{}


def scalar(value, dtype, like):
    \"\"\"A number as a tensor of one element, of the framework that `like` is of.\"\"\"
    array = np.array([[value]], dtype=dtype)
    if isinstance(like, np.ndarray):
        return array
    if type(like).__module__.split(\".\")[0] == \"torch\":
        import torch

        return torch.from_numpy(array).to(like.device)
    import jax.numpy as jnp

    return jnp.asarray(array)

{}",
        imports.join("\n"),
        functions.join("\n")
    );
    vec![Companion { file: "launch.py".to_owned(), text }]
}

/// Type of a number in its tensor.
const fn number(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::F32 | Dtype::F16 | Dtype::Bf16 => "np.float32",
        Dtype::I8 | Dtype::I32 | Dtype::I64 | Dtype::Bool => "np.int32",
    }
}

fn function(source: &Source) -> String {
    let kernel = &source.kernel;
    let mut namer = Namer::new(&[names::WORDS, names::CALLED, &["np", "scalar", "torch", "jnp"]]);
    let (mut params, mut args, mut written, mut like) = (Vec::new(), Vec::new(), Vec::new(), None);
    let named: Vec<String> = kernel.args.iter().map(|arg| namer.name(&arg.name)).collect();
    for (arg, name) in kernel.args.iter().zip(&named) {
        if let ArgKind::View { access, .. } = &arg.kind {
            like.get_or_insert_with(|| name.clone());
            if *access == Access::Write {
                written.push(name.clone());
            }
        }
    }
    let like = like.unwrap_or_else(|| "np.zeros(1)".to_owned());
    for (arg, name) in kernel.args.iter().zip(&named) {
        params.push(name.clone());
        args.push(match &arg.kind {
            ArgKind::View { .. } => name.clone(),
            ArgKind::Scalar { dtype, .. } => format!("scalar({name}, {}, {like})", number(*dtype)),
        });
    }
    let (entry, params, args, written) = (&kernel.entry, params.join(", "), args.join(", "), written.join(", "));
    format!(
        "
def call_{entry}({params}):
    \"\"\"Returns {written} as the kernel leaves it.\"\"\"
    return {entry}({args})
"
    )
}
