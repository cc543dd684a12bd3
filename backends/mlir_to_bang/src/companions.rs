//! Files beside the kernels: for each what launches it, and what builds all (source: BANG C Developer Guide 4.7.2, launch of kernels and
//! compiler options).

use bundle::manifest::{Access, ArgKind, Dtype};
use emit::{Namer, Source, words};
use emit_dma::Companion;

use crate::names;

/// The launch file of each kernel, and a makefile. The texts themselves have no host part.
#[must_use]
pub fn companions(sources: &[Source]) -> Vec<Companion> {
    let mut list: Vec<Companion> = sources.iter().map(launch).collect();
    if !list.is_empty() {
        list.push(Companion { file: "Makefile".to_owned(), text: makefile(&list) });
    }
    list
}

/// Type of elements in memory.
const fn element(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::F32 => "float",
        Dtype::F16 => "half",
        Dtype::Bf16 => "bfloat16_t",
        Dtype::I8 => "int8_t",
        Dtype::I32 => "int32_t",
        Dtype::I64 => "int64_t",
        Dtype::Bool => "uint8_t",
    }
}

/// Type of a number as the kernel takes it.
const fn number(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::F32 | Dtype::F16 | Dtype::Bf16 => "float",
        Dtype::I8 | Dtype::I32 => "int32_t",
        Dtype::I64 => "int64_t",
        Dtype::Bool => "bool",
    }
}

/// A function with C linkage that launches a kernel: how many tasks, on which queue, and the arguments, pointers as `void *`.
fn launch(source: &Source) -> Companion {
    let kernel = &source.kernel;
    let [tasks, ..] = kernel.workgroups.unwrap_or([1, 1, 1]);
    let mut namer = Namer::new(&[words::CPP, names::BUILTINS, names::WORDS, names::CALLED]);
    for own in ["dim", "queue", "tasks", &kernel.entry] {
        namer.name(own);
    }
    let (mut params, mut args) = (vec!["unsigned tasks".to_owned(), "cnrtQueue_t queue".to_owned()], Vec::new());
    for arg in &kernel.args {
        let name = namer.name(&arg.name);
        match &arg.kind {
            ArgKind::View { dtype, access, .. } => {
                let constant = match access {
                    Access::Read | Access::Weights => "const ",
                    Access::Write => "",
                };
                params.push(format!("{constant}void *{name}"));
                args.push(format!("({constant}{} *){name}", element(*dtype)));
            }
            ArgKind::Scalar { dtype, .. } => {
                params.push(format!("{} {name}", number(*dtype)));
                args.push(name);
            }
        }
    }
    let file = source.file.rsplit('/').next().unwrap_or(&source.file);
    let (entry, params, args) = (&kernel.entry, params.join(", "), args.join(", "));
    let text = format!(
        "// Launches {entry} with at least {tasks} tasks; more have nothing to do. It is asynchronous: errors are those of the queue.
#include <cnrt.h>

#include \"{file}\"

extern \"C\" void call_{entry}({params}) {{
    const cnrtDim3_t dim = {{tasks, 1, 1}};
    {entry}<<<dim, cnrtFuncTypeBlock, queue>>>({args});
}}
"
    );
    Companion { file: format!("launch_{file}"), text }
}

/// One library of all kernels for both archs.
fn makefile(launches: &[Companion]) -> String {
    let objects: Vec<String> = launches
        .iter()
        .map(|launch| launch.file.strip_suffix(".mlu").unwrap_or(&launch.file))
        .map(|stem| format!("{stem}.o"))
        .collect();
    format!(
        "# Needs CNToolkit.
NEUWARE_HOME ?= /usr/local/neuware
CNCC ?= $(NEUWARE_HOME)/bin/cncc
ARCHS ?= --bang-mlu-arch=mtp_372 --bang-mlu-arch=mtp_592
# Without an option nothing is optimised.
FLAGS = -O3 -std=c++17 -fPIC $(ARCHS) -I$(NEUWARE_HOME)/include

OBJECTS = {}

libkernels.so: $(OBJECTS)
\t$(CNCC) -shared -o $@ $(OBJECTS) $(ARCHS) -L$(NEUWARE_HOME)/lib64 -lcnrt

launch_%.o: launch_%.mlu %.mlu
\t$(CNCC) -c $(FLAGS) -o $@ $<

.PHONY: clean
clean:
\trm -f libkernels.so $(OBJECTS)
",
        objects.join(" ")
    )
}
