//! Files beside the designs: what calls each from a host, and what builds all (source: mlir-aie, tools/aiecc/README.md and
//! programming_guide; XRT's native API).

use bundle::manifest::ArgKind;
use emit::{Namer, Source, words};
use emit_dma::Companion;

use crate::validate::PEANO;

/// The launch file of each kernel, and a makefile.
#[must_use]
pub fn companions(sources: &[Source]) -> Vec<Companion> {
    let mut list: Vec<Companion> = sources.iter().map(launch).collect();
    if !sources.is_empty() {
        list.push(Companion { file: "Makefile".to_owned(), text: makefile(sources) });
    }
    list
}

fn stem(source: &Source) -> &str {
    let file = source.file.rsplit('/').next().unwrap_or(&source.file);
    file.strip_suffix(".py").unwrap_or(file)
}

/// A function that calls a kernel with its buffers, in the order of its views.
fn launch(source: &Source) -> Companion {
    let kernel = &source.kernel;
    let mut namer = Namer::new(&[words::CPP]);
    for own in ["instructions", "kernel", "length", "xrt", &kernel.entry] {
        namer.name(own);
    }
    let (mut params, mut args, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    for arg in &kernel.args {
        let name = namer.name(&arg.name);
        match &arg.kind {
            ArgKind::View { .. } => {
                params.push(format!("xrt::bo &{name}"));
                args.push(name);
            }
            ArgKind::Scalar { .. } => numbers.push(name),
        }
    }
    let mut remark = String::new();
    if !numbers.is_empty() || !kernel.host_reads.is_empty() {
        let reads = kernel.host_reads.iter().map(|read| format!("element {} of {}", read.element, read.arg));
        numbers.extend(reads);
        remark = format!("// The instructions are those for one value of {}.\n", numbers.join(", "));
    }
    let (entry, params, args) = (&kernel.entry, params.join(", "), args.join(", "));
    let text = format!(
        "// Calls {entry}. Buffers are whole words of four bytes, only the host's, and synchronised before and after it.
{remark}#include <xrt/xrt_bo.h>
#include <xrt/xrt_kernel.h>

// 3 is the operation: instructions of a sequence, which are `length` words.
xrt::run call_{entry}(xrt::kernel &kernel, xrt::bo &instructions, unsigned length, {params}) {{
    return kernel(3u, instructions, length, {args});
}}
"
    );
    Companion { file: format!("launch_{}.cpp", stem(source)), text }
}

/// A binary and instructions for each kernel.
fn makefile(sources: &[Source]) -> String {
    let names: Vec<&str> = sources.iter().map(stem).collect();
    format!(
        "# Needs mlir-aie 1.4 and Peano (llvm-aie).
PEANO_INSTALL_DIR ?= /opt/llvm-aie
MLIR_AIE_INSTALL_DIR ?= /opt/mlir-aie
PYTHON ?= python3
FLAGS = {}

KERNELS = {}

all: $(KERNELS:%=%.xclbin)

%.o: %.cc
\t$(PEANO_INSTALL_DIR)/bin/clang++ $(FLAGS) -I$(MLIR_AIE_INSTALL_DIR)/include -c $< -o $@

%.mlir: %.py
\t$(PYTHON) $< > $@

%.xclbin: %.mlir %.o
\taiecc --peano=$(PEANO_INSTALL_DIR) --get-npu-insts --npu-insts-name=$*.insts.bin --get-xclbin --xclbin-name=$@ $<

.PHONY: all clean
clean:
\trm -f $(KERNELS:%=%.o) $(KERNELS:%=%.mlir) $(KERNELS:%=%.insts.bin) $(KERNELS:%=%.xclbin)
",
        PEANO.join(" "),
        names.join(" ")
    )
}
