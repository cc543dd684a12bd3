//! Everything about a benchmark, as the JSON object has it. `bench/peers` writes the same keys.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use ::decode::plan::Content;
use ::decode::{Bench, BenchOptions, Engine, Error, Fill};
use bundle::manifest::Dtype;
use device::{Fact, ReadRate};
use serde::Serialize;

/// The JSON object.
#[derive(Serialize)]
pub(super) struct Record<'a> {
    pub(super) peer: &'static str,
    pub(super) model: &'a str,
    /// Of the weights.
    pub(super) dtype: Option<Dtype>,
    pub(super) cache_dtype: Option<Dtype>,
    pub(super) device: &'a str,
    pub(super) judge: String,
    pub(super) versions: BTreeMap<&'static str, &'static str>,
    pub(super) facts: BTreeMap<&'static str, &'a str>,
    /// Seconds since 1970.
    pub(super) time: u64,
    pub(super) command: Vec<String>,
    pub(super) fill: Fill,
    pub(super) seed: u64,
    pub(super) warmup: u64,
    pub(super) ahead: u64,
    pub(super) launches_per_token: usize,
    pub(super) read_ceiling: Option<Ceiling<'a>>,
    /// What the memory is built for.
    pub(super) nominal_gb_per_s: Option<f64>,
    pub(super) results: Vec<Row<'a>>,
}

/// How fast the device reads.
#[derive(Serialize)]
pub(super) struct Ceiling<'a> {
    pub(super) gb_per_s: f64,
    pub(super) median_gb_per_s: f64,
    pub(super) bytes: u64,
    pub(super) passes: usize,
    pub(super) method: &'a str,
}

/// One context.
#[derive(Serialize)]
pub(super) struct Row<'a> {
    #[serde(flatten)]
    pub(super) bench: &'a Bench,
    /// Of the read ceiling; 1 is all of it.
    pub(super) share_of_ceiling: Option<f64>,
    /// Of what the memory is built for.
    pub(super) share_of_nominal: Option<f64>,
    /// Tokens per second if every byte were read at the ceiling and nothing else took time.
    pub(super) tok_s_at_ceiling: Option<f64>,
}

impl<'a> Record<'a> {
    pub(super) fn new(
        model: &'a str,
        engine: &'a Engine,
        facts: &'a [Fact],
        options: &BenchOptions,
        ceiling: Option<&'a ReadRate>,
        results: &'a [Bench],
    ) -> Record<'a> {
        let nominal = engine.nominal_read_rate();
        let row = |bench: &'a Bench| {
            let share = |rate: f64| bench.gb_per_s * 1e9 / rate;
            Row {
                bench,
                share_of_ceiling: ceiling.map(|ceiling| share(ceiling.best)),
                share_of_nominal: nominal.map(share),
                tok_s_at_ceiling: ceiling.map(|ceiling| ceiling.best / bench.bytes_per_token.total as f64),
            }
        };
        let is_weights = |content| matches!(content, Content::Weights(_));
        Record {
            peer: "tenfold",
            model,
            dtype: dtype(engine, is_weights),
            cache_dtype: dtype(engine, |content| content == Content::Cache),
            device: engine.device_name(),
            judge: engine.judge().to_string(),
            versions: BTreeMap::from([("tenfold", env!("CARGO_PKG_VERSION"))]),
            facts: facts.iter().map(|fact| (fact.name, fact.value.as_str())).collect(),
            time: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
            command: std::env::args().collect(),
            fill: options.fill,
            seed: options.seed,
            warmup: options.warmup,
            ahead: options.ahead,
            launches_per_token: engine.plan().launches_per_token(),
            read_ceiling: ceiling.map(|rate| Ceiling {
                gb_per_s: rate.best / 1e9,
                median_gb_per_s: rate.median / 1e9,
                bytes: rate.bytes,
                passes: rate.passes,
                method: &rate.method,
            }),
            nominal_gb_per_s: nominal.map(|rate| rate / 1e9),
            results: results.iter().map(row).collect(),
        }
    }

    /// The object's text.
    pub(super) fn json(&self) -> Result<String, Error> {
        let text = serde_json::to_string_pretty(self);
        let text = text.map_err(|error| Error::Input { message: format!("cannot write JSON: {error}") })?;
        Ok(text + "\n")
    }
}

/// Element type of the largest buffer with such a content.
fn dtype(engine: &Engine, wanted: impl Fn(Content) -> bool) -> Option<Dtype> {
    let buffers = engine.plan().buffers.iter().filter(|buffer| wanted(buffer.content));
    buffers.max_by_key(|buffer| buffer.elements).map(|buffer| buffer.dtype)
}
