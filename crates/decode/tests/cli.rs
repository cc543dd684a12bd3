//! The executable, on a tiny model.
mod common;

use std::path::Path;
use std::process::{Command, Output};

use bundle::manifest::Dtype;
use common::reference::{Reference, top};
use common::suite::{self, Types};
use common::tiny;
use decode::{Architecture, Model};
use serde_json::{Value, json};
use tempfile::TempDir;

struct Setup {
    dir: TempDir,
    model: Model,
}

impl Setup {
    fn new() -> Setup {
        let dir = tempfile::tempdir().unwrap();
        let config = tiny::config(Architecture::Llama, true);
        tiny::write_folder(dir.path(), &config, safetensors::Dtype::BF16, 1);
        let model = Model::open(dir.path()).unwrap();
        suite::bundle(dir.path(), &config, 32, Types { norm: Dtype::F32, cache: Dtype::F32 }, |_| {});
        Setup { dir, model }
    }

    fn run(&self, args: &[&str]) -> Output {
        let (before, after) = match args.first() {
            Some(&command @ ("check" | "bench" | "logits")) => (vec![command], &args[1..]),
            _ => (vec![], args),
        };
        Command::new(env!("CARGO_BIN_EXE_tenfold-decode"))
            .args(before)
            .arg("--bundle")
            .arg(self.dir.path().join("bundle"))
            .arg("--model")
            .arg(self.dir.path())
            .args(after)
            .env("XDG_CACHE_HOME", self.dir.path().join("no cache"))
            .output()
            .unwrap()
    }

    fn text(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.text(&[&["--json"], args].concat())).unwrap()
    }

    /// The message of a command that must fail.
    fn failure(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

#[test]
fn text_and_closing_lines() {
    let setup = Setup::new();
    let text = setup.text(&["--prompt", "hello w", "--max-tokens", "5", "--threads", "2"]);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("Loaded ") && lines[0].ends_with(" on cpu (native cpu)"), "{text}");
    assert!(text.contains("\nhello w"), "{text}");
    let last = lines.last_chunk::<2>().unwrap();
    assert!(last[0].starts_with("Prefill: ") && last[0].ends_with(" tok/s)"), "{text}");
    assert!(last[1].starts_with("Generated ") && last[1].ends_with(" tok/s)"), "{text}");
}

#[test]
fn one_by_one_writes_the_same_text() {
    let setup = Setup::new();
    let args = ["--prompt", "hello", "--max-tokens", "12", "--threads", "2"];
    let recorded = setup.json(&args);
    let one_by_one = setup.json(&[&args[..], &["--no-graph"]].concat());
    assert_eq!(recorded["tokens"].as_array().map(Vec::len), Some(12));
    assert_eq!((&recorded["tokens"], &recorded["text"]), (&one_by_one["tokens"], &one_by_one["text"]));
    let text = setup.text(&["bench", "--contexts", "4", "--tokens", "2", "--runs", "1", "--no-graph"]);
    assert!(text.contains("launches per token"), "{text}");
}

#[test]
fn json_object() {
    let setup = Setup::new();
    let object = setup.json(&["--prompt", "hello", "--max-tokens", "3", "--top", "2"]);
    let keys: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    for key in [
        "model",
        "device",
        "judge",
        "prompt_ids",
        "tokens",
        "text",
        "prefill_tok_s",
        "decode_tok_s",
        "bytes_per_token",
        "gb_per_s",
        "steps",
    ] {
        assert!(keys.contains(&key), "{key} in {keys:?}");
    }
    assert_eq!((object["device"].as_str(), object["judge"].as_str()), (Some("cpu"), Some("native cpu")));
    let mut reference = Reference::new(&setup.model);
    let mut logits = Vec::new();
    for token in setup.model.tokenizer().encode("hello").unwrap() {
        logits = reference.step(token);
    }
    assert_eq!(object["steps"][0]["top"], json!(top(&logits, 2)));
    assert_eq!(object["tokens"][0], json!(top(&logits, 1)[0]));

    let array = setup.write("array", "[4, 5,\n6]");
    let blanks = setup.write("blanks", "4 5\n6\n");
    let forced = setup.json(&["--tokens-file", &array]);
    assert_eq!(forced["forced"], json!([4, 5, 6]));
    assert_eq!(forced["tokens"].as_array().unwrap().len(), 3);
    assert_eq!(forced["tokens"], setup.json(&["--tokens-file", &blanks])["tokens"]);
}

#[test]
fn logits_of_every_step() {
    let setup = Setup::new();
    let out = setup.write("logits", "");
    let text = setup.text(&["logits", "--tokens-file", &setup.write("tokens", "[4, 5, 260]"), "--out", &out]);
    let vocab = setup.model.config().vocab as usize;
    assert!(text.contains(&format!("3 x {vocab} logits in {out}")), "{text}");
    let bytes = std::fs::read(&out).unwrap();
    assert_eq!(bytes.len(), 3 * vocab * 4);
    let logits: Vec<f32> = bytes.as_chunks().0.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect();
    let mut reference = Reference::new(&setup.model);
    for (token, logits) in [4, 5, 260].into_iter().zip(logits.chunks_exact(vocab)) {
        let expected = reference.step(token);
        let largest = logits.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(largest < 1e-3, "{largest}");
    }
}

/// The command line with a model made by a formula: same kernels, no files.
#[test]
fn synthetic_model() {
    let dir = tempfile::tempdir().unwrap();
    let model = Model::synthetic("synthetic:qwen2-reduced").unwrap();
    suite::bundle(dir.path(), model.config(), 32, Types { norm: Dtype::Bf16, cache: Dtype::F32 }, |_| {});
    let out = dir.path().join("logits");
    let tokens = dir.path().join("tokens");
    std::fs::write(&tokens, "4 5 1008").unwrap();
    let run = |name: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tenfold-decode"));
        command.args(["logits", "--model", name, "--bundle"]).arg(dir.path().join("bundle"));
        command.arg("--tokens-file").arg(&tokens).arg("--out").arg(&out).output().unwrap()
    };
    let output = run("synthetic:qwen2-reduced");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let logits: Vec<f32> =
        std::fs::read(&out).unwrap().as_chunks().0.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect();
    let mut reference = Reference::new(&model);
    for (token, logits) in [4, 5, 1008].into_iter().zip(logits.chunks_exact(1009)) {
        let expected = reference.step(token);
        let largest = logits.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(largest < 1e-3, "{largest}");
        // Neither flat nor without bound.
        let spread = (expected.iter().map(|logit| logit * logit).sum::<f32>() / 1009.0).sqrt();
        assert!((0.2..5.0).contains(&spread), "{spread}");
    }
    let output = run("synthetic:qwen2-reducde");
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && message.contains("did you mean `synthetic:qwen2-reduced`?"), "{message}");
}

#[test]
fn wrong_arguments() {
    let setup = Setup::new();
    let bad = setup.write("bad", "4 five 6");
    let good = setup.write("good", "4 5 6");
    let empty = setup.write("empty", " ");
    let half = setup.write("half", "[4,");
    for (args, words) in [
        (&["--device", "cpus"][..], "did you mean `cpu`?"),
        (&["--device", "toaster"], "there are: cpu, cuda, metal"),
        (&["--threads", "0"], "0 threads"),
        (&["--prompt", ""], "no tokens"),
        (&["--max-tokens", "0"], "no tokens"),
        (&["--max-tokens", "1000"], "the bundle's cache holds 32"),
        (&["--repetition-penalty", "0"], "repetition penalty"),
        (&["--tokens-file", &bad], "`five` is no token"),
        (&["--tokens-file", &empty], "no tokens"),
        (&["--tokens-file", &half], "no JSON array"),
        (&["--tokens-file", "/no/such/file"], "/no/such/file"),
        (&["bench", "--tokens", "0"], "no tokens"),
        (&["bench", "--context", "31"], "the bundle's cache holds 32"),
        (&["bench", "--contexts", "4,33"], "the bundle's cache holds 32"),
        (&["bench", "--runs", "0"], "no tokens"),
        (&["bench", "--tokens", "2", "--contexts", "4", "--json", "/no/such/file"], "/no/such/file"),
        (&["bench", "--tokens", "2", "--contexts", "4", "--svg", "/no/such/file"], "/no/such/file"),
        (&["check", "--golden", &bad], "bad"),
        (&["logits", "--tokens-file", &bad, "--out", "/no/such/file"], "`five` is no token"),
        (&["logits", "--tokens-file", &good, "--out", "/no/such/file"], "/no/such/file"),
    ] {
        let message = setup.failure(args);
        assert!(message.contains(words), "expected `{words}` in `{message}`");
        assert!(message.starts_with("error: ") && message.matches("error:").count() == 1, "{message}");
    }
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_tenfold-decode")).args(args).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(run(&[]).contains("--bundle"));
    assert!(run(&["--bundle", "/no/such"]).contains("/no/such/manifest.json"));
    let bundle = setup.dir.path().join("bundle");
    let bundle = bundle.to_str().unwrap();
    assert!(run(&["--bundle", bundle, "--model", "smollm2-135n"]).contains("did you mean `smollm2-135m`?"));
    assert!(run(&["--bundle", bundle, "--model", "gpt-5"]).contains("one of: smollm2-135m"));
    assert!(run(&["--bundle", bundle, "--model", "/no/such.gguf"]).contains("no such file"));
    assert!(!Path::new("gpt-5").exists());
}

#[test]
fn check() {
    let setup = Setup::new();
    let tokenizer = setup.model.tokenizer();
    let mut reference = Reference::new(&setup.model);
    let prompt_ids = tokenizer.encode("hello w").unwrap();
    let mut logits = prompt_ids.iter().map(|&token| reference.step(token)).last().unwrap();
    let (mut tokens, mut steps) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        let best = top(&logits, 5);
        steps.push(json!({ "top": best, "logits": best.iter().map(|&id| logits[id as usize]).collect::<Vec<_>>() }));
        tokens.push(best[0]);
        logits = reference.step(best[0]);
    }
    let text = tokenizer.decode(&tokens);
    let result =
        json!({ "prompt": "hello w", "prompt_ids": prompt_ids, "tokens": tokens, "text": text, "steps": steps });
    let good = json!({ "results": [result] });
    let golden = setup.write("golden.json", &good.to_string());
    let table = setup.text(&["check", "--golden", &golden]);
    assert!(table.contains("passed") && table.contains("1 of 1 prompts passed"), "{table}");

    let mut wrong = good.clone();
    wrong["results"][0]["steps"][2]["logits"][4] = json!(logits[0] + 100.0);
    let golden = setup.write("wrong.json", &wrong.to_string());
    let output = setup.run(&["check", "--golden", &golden]);
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().contains("FAILED"));

    let mut wrong = good;
    wrong["results"][0]["text"] = json!("something else");
    let golden = setup.write("wrong.json", &wrong.to_string());
    assert!(!setup.run(&["check", "--golden", &golden]).status.success());
}

#[test]
fn bench_prints_a_table() {
    let setup = Setup::new();
    let table = setup.text(&["bench", "--tokens", "3", "--contexts", "4,max", "--runs", "2", "--threads", "1"]);
    for words in [
        "embedding_lookup",
        "argmax_greedy",
        "2 runs of 3 tokens after 1 to warm up",
        "kernels at a context of 4,",
        "24 launches per token",
        "read ceiling ",
        "context 4: ",
        "context 29: ",
        "% of the read ceiling",
    ] {
        assert!(table.contains(words), "{words} in {table}");
    }
    // Without a list: of the usual ones none fits in 32 rows.
    let table = setup.text(&["bench", "--tokens", "5", "--runs", "1", "--warmup", "0"]);
    assert!(table.contains("kernels at a context of 27,"), "{table}");
}

/// The JSON object: figures that belong together, and the text that decoding writes.
#[test]
fn bench_writes_json_and_a_chart() {
    let setup = Setup::new();
    let (json, svg) = (setup.write("bench.json", ""), setup.write("bench.svg", ""));
    let base = ["bench", "--tokens", "3", "--runs", "2", "--json", &json, "--svg", &svg, "--seed", "5"];
    setup.text(&[&base[..], &["--contexts", "9,4", "--fill", "run"]].concat());
    let record: Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!((record["peer"].as_str(), record["device"].as_str()), (Some("tenfold"), Some("cpu")));
    assert_eq!((record["dtype"].as_str(), record["cache_dtype"].as_str()), (Some("bf16"), Some("f32")));
    assert_eq!((record["fill"].as_str(), record["facts"]["threads"].is_string()), (Some("run"), true));
    let ceiling = record["read_ceiling"]["gb_per_s"].as_f64().unwrap();
    let rows = record["results"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row["context"].as_u64()).collect::<Vec<_>>(), [Some(4), Some(9)]);
    for row in rows {
        let number = |key: &str| row[key].as_f64().unwrap_or_else(|| panic!("{key} in {row}"));
        let times = &row["ms_per_token"];
        let [p10, median, p90] = ["p10", "median", "p90"].map(|key| times[key].as_f64().unwrap());
        assert!(0.0 < p10 && p10 <= median && median <= p90, "{row}");
        assert_eq!(row["samples_ms"].as_array().unwrap().len(), 6);
        let bytes = &row["bytes_per_token"];
        let [weights, cache, total] = ["weights", "cache", "total"].map(|key| bytes[key].as_u64().unwrap());
        // Two layers, keys and values, 32 numbers of 4 bytes for each of the context's tokens; a run's middle one.
        assert_eq!(cache, 2 * 2 * 32 * 4 * (row["context"].as_u64().unwrap() + 2));
        assert_eq!(weights + cache, total);
        let rate = total as f64 / (median / 1e3) / 1e9;
        assert!((number("gb_per_s") / rate - 1.0).abs() < 1e-9);
        assert!((number("share_of_ceiling") * ceiling / rate - 1.0).abs() < 1e-9);
        assert_eq!(row["same_tokens"], json!(true));
    }
    // The prompt has tokens (7919 i + 13 + seed) mod vocabulary.
    let vocab = setup.model.config().vocab;
    for row in rows {
        let mut reference = Reference::new(&setup.model);
        let context = row["context"].as_u64().unwrap();
        let logits = (0..context).map(|i| reference.step(((i * 7919 + 18) % vocab) as u32)).last().unwrap();
        let mut expected = vec![top(&logits, 1)[0]];
        for _ in 0..3 {
            expected.push(top(&reference.step(*expected.last().unwrap()), 1)[0]);
        }
        assert_eq!(row["first_tokens"], json!(expected));
    }
    let chart = std::fs::read_to_string(&svg).unwrap();
    assert!(chart.starts_with("<svg") && chart.matches("stroke-dasharray").count() == 2, "{chart}");

    // A cache from a formula: another text, the same one in each run.
    let first = |seed: &str| {
        setup.text(&[&base[..9], &["--seed", seed, "--contexts", "9"]].concat());
        let record: Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
        assert_eq!((record["fill"].as_str(), &record["results"][0]["same_tokens"]), (Some("synthetic"), &json!(true)));
        record["results"][0]["first_tokens"].clone()
    };
    let (five, again, six) = (first("5"), first("5"), first("6"));
    assert_eq!(five, again);
    assert_ne!(five, six);
}
