//! What the vendor's compiler or its chips reject, checked on the text's words. NVIDIA's compiler takes all of it.

use emit::Source;
use vendor::lint::{Kind, Word, arguments, arrays, integer, is_double, over_budget, words};
use vendor::{Finding, Severity};

use super::SHARED_BYTES;
use crate::limits::TARGET;

/// Largest factor of `#pragma unroll`.
const MAX_UNROLL: u64 = 8;

/// Breaches of the rules in `source`, in the order of the text.
pub fn check(source: &Source) -> Vec<Finding> {
    let words = words(&source.text);
    let mut found: Vec<(u32, String)> = Vec::new();
    found.extend(includes(&source.text));
    for at in 0..words.len() {
        found.extend(name(&words, at));
        found.extend(shuffle(&words, at));
        found.extend(double(&words[at]));
        found.extend(bounds(&words, at));
        found.extend(unroll(&words, at));
    }
    found.extend(over_budget(&arrays(&words, "__shared__", bytes), SHARED_BYTES, "shared"));
    found.sort_by_key(|(line, _)| *line);
    let finding = |line, text| Finding::new("rules", Severity::Error, source, line, text);
    let mut findings: Vec<Finding> = found.into_iter().map(|(line, text)| finding(Some(line), text)).collect();
    let threads: u64 = source.kernel.block.iter().product();
    findings.extend(group(threads).map(|text| finding(None, format!("a group of {threads} threads: {text}"))));
    findings
}

/// Names that must not occur.
/// - A 32-bit mask cannot name the 128 lanes that run in step on `mp_22`, and 32 is not the warp's size there
///   (torch_musa `utils.muh`, tilelang_musa `TargetGetWarpSize`).
/// - mcc has no PTX, and none of CUDA's types and macros.
/// - Plain names of functions are ambiguous or double (torch_musa's own kernels use the `f` names).
/// - The driver finds a kernel by its C name.
fn name(words: &[Word<'_>], at: usize) -> Option<(u32, String)> {
    let word = words[at];
    if word.kind != Kind::Name {
        return None;
    }
    let text = word.text;
    let why = match text {
        "asm" | "__asm" | "__asm__" => "the compiler takes no inline assembly",
        "warpSize" | "__activemask" | "__syncwarp" => "128 threads run in step, a 32-bit mask cannot name them",
        "__CUDA_ARCH__" | "__CUDACC__" | "CUDART_VERSION" => "the compiler does not define it",
        "__grid_constant__" | "__cluster_dims__" => "it is CUDA's alone",
        "nvcuda" if words.get(at + 1).is_some_and(|next| next.text == ":") => "it is CUDA's alone",
        "double" => "`double` is slow and conflicts with overloads of f32",
        "exp" | "exp2" | "log" | "log2" | "pow" | "sqrt" | "rsqrt" | "sin" | "cos" | "tan" | "tanh" | "fabs"
        | "fma" | "fmax" | "fmin" | "floor" | "ceil"
            if called(words, at) =>
        {
            "the overloads are ambiguous; f32 has a name that ends with `f`"
        }
        "__global__" if !exported(words, at) => "a kernel needs `extern \"C\"` to be found by name",
        _ if ["__ballot", "__any", "__all", "__reduce_", "__match_"].iter().any(|prefix| text.starts_with(prefix)) => {
            "128 threads run in step, a 32-bit mask cannot name them"
        }
        _ if text.starts_with("__nv_") || is_api(text) => "it is CUDA's alone",
        _ => return None,
    };
    Some((word.line, format!("`{text}`: {why}")))
}

/// Whether a name is of CUDA's interface, `cudaMalloc`, rather than one of the user's, `cuda_rows`.
fn is_api(name: &str) -> bool {
    name.strip_prefix("cuda").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// Includes of headers that the toolkit names otherwise.
fn includes(text: &str) -> impl Iterator<Item = (u32, String)> {
    let lines = (1..).zip(text.lines());
    lines.filter_map(|(line, text)| {
        let header = text.trim_start().strip_prefix('#')?.trim_start().strip_prefix("include")?.trim();
        let name = header.trim_start_matches(['<', '"']);
        let foreign = ["cuda", "nv", "cublas", "cudnn"].iter().any(|prefix| name.starts_with(prefix));
        foreign.then(|| (line, format!("{header}: it is CUDA's alone")))
    })
}

/// Exchanges stay inside 32 lanes, and say so: the width means 128 otherwise (tilelang_musa's reductions go through shared
/// memory above 32).
fn shuffle(words: &[Word<'_>], at: usize) -> Option<(u32, String)> {
    let word = words[at];
    if word.kind != Kind::Name || !word.text.starts_with("__shfl") || !called(words, at) {
        return None;
    }
    let message = |text: &str| Some((word.line, format!("`{}`: {text}", word.text)));
    if !word.text.ends_with("_sync") {
        return message("exchanges name their mask");
    }
    let (arguments, _) = arguments(words, at + 1)?;
    match arguments.as_slice() {
        [_, _, delta, [width]] if integer(width.text) == Some(32) => match delta {
            [delta] if integer(delta.text).is_some_and(|delta| delta >= 32) => message("it leaves its 32 lanes"),
            _ => None,
        },
        _ => message("exchanges spell their width, 32"),
    }
}

/// Literals of type `double`, for the same reason as the type.
fn double(word: &Word<'_>) -> Option<(u32, String)> {
    let found = word.kind == Kind::Number && is_double(word.text);
    found.then(|| (word.line, format!("`{}` is a double; f32 literals end with `f`", word.text)))
}

/// `__launch_bounds__`.
fn bounds(words: &[Word<'_>], at: usize) -> Option<(u32, String)> {
    if words[at].text != "__launch_bounds__" {
        return None;
    }
    let (arguments, _) = arguments(words, at + 1)?;
    let threads = match arguments.first() {
        Some([threads]) => integer(threads.text)?,
        Some(_) | None => return None,
    };
    group(threads).map(|text| (words[at].line, format!("`__launch_bounds__({threads})`: {text}")))
}

/// What is wrong with groups of so many threads: 128 run in step, and 1024 is the most (`maxThreadsPerBlock`).
fn group(threads: u64) -> Option<String> {
    let (step, most) = (u64::from(TARGET.warp), u64::from(TARGET.max_threads));
    if threads == 0 || !threads.is_multiple_of(step) {
        Some(format!("{step} threads run in step, and a group is a multiple of them"))
    } else if threads > most {
        Some(format!("a group has {most} threads at most"))
    } else {
        None
    }
}

/// `#pragma unroll N`: the compiler takes very long over large unrolled loops, or hangs (tilelang_musa's tests of `mp_22`).
fn unroll(words: &[Word<'_>], at: usize) -> Option<(u32, String)> {
    let [pragma, unroll, rest @ ..] = &words[at..] else {
        return None;
    };
    if pragma.text != "pragma" || unroll.text != "unroll" {
        return None;
    }
    let factor = rest.iter().take_while(|word| word.line == pragma.line).find_map(|word| integer(word.text))?;
    (factor > MAX_UNROLL).then(|| (pragma.line, format!("`#pragma unroll {factor}`: {MAX_UNROLL} is the most")))
}

/// Whether `words[at]` is followed by `(` and does not name a member.
fn called(words: &[Word<'_>], at: usize) -> bool {
    words.get(at + 1).is_some_and(|next| next.text == "(") && !(at > 0 && words[at - 1].text == ".")
}

/// Whether the `__global__` at `at` follows `extern` (its `"C"` is a literal, which words leave out).
fn exported(words: &[Word<'_>], at: usize) -> bool {
    at > 0 && words[at - 1].text == "extern"
}

/// Bytes of a type.
fn bytes(kind: &str) -> Option<u64> {
    match kind {
        "bool" | "char" | "signed char" | "unsigned char" => Some(1),
        "short" | "unsigned short" | "__half" | "__mt_bfloat16" => Some(2),
        "float" | "int" | "unsigned" | "unsigned int" => Some(4),
        "long long" | "unsigned long long" | "float2" | "uint2" => Some(8),
        "float4" | "uint4" => Some(16),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the text inside a kernel breaks, as lines and words.
    fn broken(statement: &str) -> Vec<String> {
        let source = Source {
            file: "k.mu".to_owned(),
            text: format!("extern \"C\" __global__ void __launch_bounds__(128) k(float* x) {{\n{statement}\n}}\n"),
            binary: None,
            parts: vec![],
            kernel: bundle::manifest::Kernel {
                name: "k".to_owned(),
                entry: "k".to_owned(),
                file: "k.mu".to_owned(),
                tuning: Default::default(),
                grid: [1; 3],
                block: [128, 1, 1],
                args: Vec::new(),
                budgets: Default::default(),
                dependent: false,
                needs: vec![],
                push_constant_bytes: 0,
                parts: vec![],
                scratch_bytes: 0,
                host_reads: vec![],
                workgroups: None,
                lines: Vec::new(),
            },
        };
        check(&source).iter().map(|finding| format!("{}: {}", finding.line.unwrap_or(0), finding.message)).collect()
    }

    #[test]
    fn every_rule_catches_its_breach() {
        for (statement, words) in [
            ("asm volatile(\"bar.sync 0;\");", "no inline assembly"),
            ("int w = threadIdx.x / warpSize;", "32-bit mask"),
            ("__syncwarp();", "32-bit mask"),
            ("unsigned m = __ballot_sync(0xffffffffu, 1);", "32-bit mask"),
            ("unsigned m = __activemask();", "32-bit mask"),
            ("unsigned m = __reduce_add_sync(0xffffffffu, 1);", "32-bit mask"),
            ("x[0] = __shfl_xor_sync(0xffffffffu, x[0], 16);", "spell their width"),
            ("x[0] = __shfl_xor_sync(0xffffffffu, x[0], 16, 128);", "spell their width"),
            ("x[0] = __shfl_xor_sync(0xffffffffu, x[0], 64, 32);", "leaves its 32 lanes"),
            ("x[0] = __shfl_xor(x[0], 16, 32);", "name their mask"),
            ("double y = x[0];", "slow and conflicts"),
            ("x[0] += 0.5;", "`0.5` is a double"),
            ("x[0] = exp(x[0]);", "ambiguous"),
            ("__nv_bfloat16* y;", "CUDA's alone"),
            ("nvcuda::wmma::fill_fragment(x, 0.0f);", "CUDA's alone"),
            ("cudaGridDependencySynchronize();", "CUDA's alone"),
            ("#if __CUDA_ARCH__ >= 800\n#endif", "does not define it"),
            ("#include <cuda_bf16.h>", "CUDA's alone"),
            ("#pragma unroll 16\nfor (int i = 0; i < 64; ++i) x[i] = 0.0f;", "8 is the most"),
            ("#pragma unroll(16)\nfor (int i = 0; i < 64; ++i) x[i] = 0.0f;", "8 is the most"),
            ("__shared__ float a[7169];", "exceeds 28672 bytes"),
            ("__shared__ float a[N];", "cannot be read"),
        ] {
            let found = broken(statement);
            assert_eq!(found.len(), 1, "{statement}: {found:?}");
            assert!(found[0].starts_with("2: ") && found[0].contains(words), "{statement}: {found:?}");
        }
        assert!(broken("}\n__global__ void __launch_bounds__(128) l() {")[0].contains("extern \"C\""));
        for threads in ["64", "2048"] {
            let found = broken(&format!("}}\nextern \"C\" __global__ void __launch_bounds__({threads}) l() {{"));
            assert!(found.len() == 1 && found[0].starts_with("3: `__launch_bounds__"), "{found:?}");
        }
    }

    #[test]
    fn what_is_allowed() {
        for statement in [
            "",
            "// asm warpSize 0.5 double",
            "x[0] = __shfl_xor_sync(0xffffffffu, x[0], delta, 32);",
            "#pragma unroll 8\nfor (int i = 0; i < 64; ++i) x[i] = expf(0x1p-3f);",
            "#pragma unroll\nfor (int i = 0; i < 16; ++i) x[i] = 1e-5f;",
            "__shared__ __align__(16) float a[7168];",
            "const float log = cuda_rows;",
            "#include",
        ] {
            assert_eq!(broken(statement), [""; 0], "{statement}");
        }
    }

    #[test]
    fn groups_are_whole() {
        assert!(group(96).is_some() && group(0).is_some() && group(1152).is_some());
        assert!(group(128).is_none() && group(1024).is_none());
    }
}
