//! The benchmark: a table, and on request a JSON object and a chart.
mod chart;
mod record;
mod table;

use std::path::Path;
use std::process::ExitCode;

use ::decode::{BenchOptions, Error, bench};

use crate::args::{Bench, Common};
use record::Record;

/// Runs the command.
pub(crate) fn run(common: &Common, args: &Bench) -> Result<ExitCode, Error> {
    let (model, mut engine) = crate::open(common)?;
    let options = BenchOptions {
        contexts: args.contexts.clone(),
        tokens: args.tokens,
        runs: args.runs,
        warmup: args.warmup,
        fill: args.fill.into(),
        seed: args.seed,
        ahead: args.ahead,
    };
    let facts = engine.facts();
    let name = crate::model_name(common, &model);
    table::header(name, &engine, &facts, &options);
    let mut shown = false;
    let results = bench(&mut engine, &options, &mut |result| {
        if !shown {
            table::kernels(result);
            table::columns();
        }
        shown = true;
        table::context(result);
    })?;
    crate::say_notes(&engine);
    let bytes = results.iter().map(|result| result.bytes_per_token.total).max().unwrap_or(0);
    let ceiling = engine.measure_reads(bytes)?;
    let record = Record::new(name, &engine, &facts, &options, ceiling.as_ref(), &results);
    table::footer(&record);
    if let Some(path) = &args.json {
        write(path, &record.json()?)?;
    }
    if let Some(path) = &args.svg {
        write(path, &chart::draw(&record))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(|source| Error::Io { action: "write", path: path.to_owned(), source })
}
