//! A bundle of the decode kernels, written in C, for any model: it lets the engine be tested without the compiler.

use std::path::Path;
use std::process::Command;

use bundle::manifest::{Access, Arg, ArgKind, Dtype, Kernel, Layout, Own};
use bundle::{Bundle, BundleWriter};
use decode::Config;

/// Weight rows per program.
const BN: u64 = 16;

/// Element types that a bundle may choose.
#[derive(Clone, Copy)]
pub(crate) struct Types {
    pub(crate) norm: Dtype,
    pub(crate) cache: Dtype,
}

/// Compiles the kernels for a model with `capacity` cache rows. `edit` may change the kernels' descriptions.
pub(crate) fn bundle(
    dir: &Path,
    config: &Config,
    capacity: u64,
    types: Types,
    edit: impl FnOnce(&mut Vec<Kernel>),
) -> Bundle {
    let source = dir.join("suite.c");
    let library = dir.join("suite.so");
    std::fs::write(&source, include_str!("suite.c")).unwrap();
    let is_bf16 = |dtype| u64::from(dtype == Dtype::Bf16);
    let mut cc = Command::new("cc");
    cc.args(["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-lm");
    for (name, value) in [
        ("D", config.hidden),
        ("NH", config.heads),
        ("NKV", config.kv_heads),
        ("DH", config.head_dim),
        ("I", config.intermediate),
        ("VOCAB", config.vocab),
        ("CAP", capacity),
        ("BIAS", u64::from(config.qkv_bias)),
        ("BN", BN),
        ("G_BF16", is_bf16(types.norm)),
        ("KV_BF16", is_bf16(types.cache)),
    ] {
        cc.arg(format!("-D{name}={value}"));
    }
    assert!(cc.status().expect("the tests need the C compiler `cc`").success());

    let mut writer = BundleWriter::new("test", "suite", "cpu");
    writer.feature(std::env::consts::ARCH);
    writer.file("suite.so", std::fs::read(&library).unwrap()).unwrap();
    let mut kernels = kernels(config, capacity, types);
    edit(&mut kernels);
    for kernel in kernels {
        writer.kernel(kernel);
    }
    let folder = dir.join("bundle");
    writer.finish(&folder).unwrap();
    Bundle::open(&folder).unwrap()
}

fn kernels(config: &Config, cap: u64, types: Types) -> Vec<Kernel> {
    let (d, vocab, mlp) = (config.hidden, config.vocab, config.intermediate);
    let (q, kv, half) = (config.q_dim(), config.kv_dim(), config.head_dim / 2);
    let (heads, kv_heads, dh) = (config.heads, config.kv_heads, config.head_dim);
    let input = |name, n| view(name, Dtype::F32, &[1, n], Access::Read, &[]);
    let weight = |name, rows, columns| view(name, Dtype::Bf16, &[rows, columns], Access::Weights, &[]);
    let block = |size| Own::Block { axis: 0, size };
    let output = |name, n, size| view(name, Dtype::F32, &[1, n], Access::Write, &[Own::Whole, block(size)]);
    let row = |name, size| {
        let own = [Own::At { arg: "position".to_owned() }, block(size)];
        view(name, types.cache, &[cap, kv], Access::Write, &own)
    };
    let cache = |name| view(name, types.cache, &[cap, kv], Access::Read, &[]);
    let angles = |name| view(name, Dtype::F32, &[cap, half], Access::Weights, &[]);
    let position = || scalar("position", Dtype::I32, Some(cap));
    let token = |name, access, own: &[Own]| view(name, Dtype::I32, &[1, 1], access, own);
    let bias = |wanted: &[(&'static str, u64)]| -> Vec<Arg> {
        let wanted = wanted.iter().filter(|_| config.qkv_bias);
        wanted.map(|(name, n)| view(name, Dtype::Bf16, &[1, *n], Access::Weights, &[])).collect()
    };
    let blocks = |n: u64| n.div_ceil(BN);

    vec![
        kernel(
            "embedding_lookup",
            "embedding",
            1,
            vec![weight("table", vocab, d), token("token", Access::Read, &[]), output("output", d, d)],
        ),
        kernel(
            &format!("rms_norm_{d}"),
            "norm",
            1,
            vec![
                input("input", d),
                view("gamma", types.norm, &[1, d], Access::Weights, &[]),
                scalar("eps", Dtype::F32, None),
                output("output", d, d),
            ],
        ),
        kernel(
            "q_proj_matvec",
            "q_proj",
            blocks(q),
            [vec![input("input", d), weight("weight", q, d)], bias(&[("bias", q)]), vec![output("output", q, BN)]]
                .concat(),
        ),
        kernel(
            "kv_proj_matvec",
            "kv_proj",
            blocks(kv),
            [
                vec![input("input", d), weight("k_weight", kv, d), weight("v_weight", kv, d)],
                bias(&[("k_bias", kv), ("v_bias", kv)]),
                vec![row("k_cache", BN), row("v_cache", BN), position()],
            ]
            .concat(),
        ),
        kernel(
            "rope_q_decode",
            "rope_q",
            heads,
            vec![
                view("q", Dtype::F32, &[heads, dh], Access::Write, &[block(1), Own::Whole]),
                angles("cos"),
                angles("sin"),
                position(),
            ],
        ),
        kernel(
            "rope_k_decode",
            "rope_k",
            kv_heads,
            vec![
                // A row per half of a head: the same elements.
                view(
                    "k_cache",
                    types.cache,
                    &[cap, 2 * kv_heads, half],
                    Access::Write,
                    &[Own::At { arg: "position".to_owned() }, block(2), Own::Whole],
                ),
                angles("cos"),
                angles("sin"),
                position(),
            ],
        ),
        kernel(
            "attention_decode_gqa",
            "attention",
            heads,
            vec![
                view("q", Dtype::F32, &[heads, dh], Access::Read, &[]),
                cache("k_cache"),
                cache("v_cache"),
                view("output", Dtype::F32, &[heads, dh], Access::Write, &[block(1), Own::Whole]),
                position(),
            ],
        ),
        kernel(
            "o_proj_residual",
            "o_proj",
            blocks(d),
            vec![input("input", q), weight("weight", d, q), output("hidden", d, BN)],
        ),
        kernel(
            "mlp_gate_up_silu",
            "gate_up",
            blocks(mlp),
            vec![
                input("input", d),
                weight("gate_weight", mlp, d),
                weight("up_weight", mlp, d),
                output("output", mlp, BN),
            ],
        ),
        kernel(
            "down_proj_residual",
            "down_proj",
            blocks(d),
            vec![input("input", mlp), weight("weight", d, mlp), output("hidden", d, BN)],
        ),
        kernel(
            "lm_head_matvec",
            "lm_head",
            blocks(vocab),
            vec![input("input", d), weight("weight", vocab, d), output("output", vocab, BN)],
        ),
        kernel(
            "argmax_greedy",
            "argmax",
            1,
            vec![input("logits", vocab), token("output", Access::Write, &[Own::Whole, Own::Whole])],
        ),
    ]
    .into_iter()
    .map(|mut kernel| {
        kernel.budgets.insert("scratch".to_owned(), cap * 4);
        kernel
    })
    .collect()
}

fn view(name: &str, dtype: Dtype, shape: &[u64], access: Access, own: &[Own]) -> Arg {
    let (shape, own) = (shape.to_vec(), own.to_vec());
    Arg { name: name.to_owned(), kind: ArgKind::View { dtype, shape, access, layout: Layout::RowMajor, own } }
}

fn scalar(name: &str, dtype: Dtype, bound: Option<u64>) -> Arg {
    Arg { name: name.to_owned(), kind: ArgKind::Scalar { dtype, bound } }
}

fn kernel(name: &str, entry: &str, grid: u64, args: Vec<Arg>) -> Kernel {
    Kernel {
        name: name.to_owned(),
        entry: entry.to_owned(),
        file: "suite.so".to_owned(),
        tuning: Default::default(),
        grid: [grid, 1, 1],
        block: [1, 1, 1],
        args,
        budgets: Default::default(),
        dependent: false,
        needs: vec![],
        push_constant_bytes: 0,
        parts: vec![],
        scratch_bytes: 0,
        host_reads: vec![],
        workgroups: None,
        lines: vec![],
    }
}
