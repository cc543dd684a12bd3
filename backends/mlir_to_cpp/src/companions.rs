//! What builds the kernels of a bundle.

use emit::Source;
use emit_dma::Companion;

/// A makefile with the vendor's command line: `make` builds a library of all kernels with their launch functions.
#[must_use]
pub fn companions(sources: &[Source]) -> Vec<Companion> {
    let files: Vec<&str> = sources.iter().map(|source| source.file.as_str()).collect();
    let files = files.join(" \\\n    ");
    let text = format!(
        "# Builds libkernels.so of all kernels. Needs CANN 8.5 or later (source set_env.sh first).
# The flags between pipes are all in the texts, so the compiler need not add any.
BISHENG ?= bisheng
FLAGS ?= -x asc --npu-arch=dav-2201 --cce-auto-sync=off -std=c++17 -O2 -fPIC
KERNELS := {files}

libkernels.so: $(KERNELS)
\t$(BISHENG) $(FLAGS) -shared $(KERNELS) -o $@ -lascendcl

clean:
\trm -f libkernels.so

.PHONY: clean
"
    );
    vec![Companion { file: "Makefile".to_owned(), text }]
}
