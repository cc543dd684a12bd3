//! The file that builds printed kernels with the vendor's compiler.

use emit::Source;
use emit_dma::Companion;

/// Options of the vendor's compiler for the vector core. Source: pto-isa, demos/torch_jit and kernels/python/*/compile.sh.
pub(crate) const OPTIONS: [&str; 7] =
    ["-fPIC", "-shared", "-xcce", "--npu-arch=dav-2201", "-DMEMORY_BASE", "-O2", "-std=c++17"];

/// A makefile with a shared library for each kernel.
pub(crate) fn makefile(sources: &[Source]) -> Companion {
    let stem = |source: &Source| source.file.trim_end_matches(".cpp").to_owned();
    let libraries: Vec<String> = sources.iter().map(|source| format!("{}.so", stem(source))).collect();
    let mut text = String::from(
        "# Builds each kernel into a library whose function call_KERNEL starts it on a stream.\n\
         # ASCEND_HOME_PATH is set by the toolkit's set_env.sh; PTO_ISA_ROOT is a checkout of pto-isa.\n",
    );
    text.push_str(&format!("all: {}\n\n", libraries.join(" ")));
    text.push_str(&format!(
        "%.so: %.cpp\n\tbisheng {} -I$(PTO_ISA_ROOT)/include -I$(ASCEND_HOME_PATH)/include $< -o $@\n\n",
        OPTIONS.join(" ")
    ));
    text.push_str("clean:\n\trm -f ");
    text.push_str(&libraries.join(" "));
    text.push_str("\n\n.PHONY: all clean\n");
    Companion { file: "pto.mk".to_owned(), text }
}
