//! Every kernel of a bundle against recorded cases.

use std::io::Write;
use std::process::ExitCode;

use ::bundle::Bundle;
use ::cases::Recording;
use ::decode::judge::{Guards, Outcome, Selection, Verdict, judge};
use ::decode::{Error, open_device};
use serde_json::{Value, json};

use crate::args::Judge;

/// File of cases in a bundle's folder, as the compiler writes it.
const CASES_FILE: &str = "cases.zip";

/// Runs the command; fails if a kernel does, or if none passes.
pub(crate) fn run(args: &Judge) -> Result<ExitCode, Error> {
    let mut device = open_device(&args.device, args.threads)?;
    let bundle = Bundle::open(&args.bundle)?;
    let path = args.cases.clone().unwrap_or_else(|| args.bundle.join(CASES_FILE));
    let mut recording = Recording::open(&path)?;
    let guards = if args.exact { Guards::Nothing } else { Guards::Bytes };
    let selection = Selection { kernels: args.kernel.clone(), seeds: args.seeds, guards };
    let group = bundle.manifest().group.clone();
    println!("{group} on {} ({}): {} recorded cases", device.name(), device.judge(), recording.cases().len());
    let verdicts = judge(device.as_mut(), &bundle, &mut recording, &selection, &mut |verdict| {
        let (name, seeds) = (&verdict.kernel, verdict.cases.len());
        let kind = if verdict.fused { "fused" } else { "" };
        println!("{name:<28} {kind:<5} {seeds:>2} seeds  {}", verdict.outcome());
        // Whoever waits sees what is done even if the rest never comes.
        let _ = std::io::stdout().flush();
    })?;
    let count = |wanted: fn(&Outcome) -> bool| verdicts.iter().filter(|verdict| wanted(&verdict.outcome())).count();
    let passed = count(|outcome| matches!(outcome, Outcome::Passed(_)));
    let failed = count(|outcome| matches!(outcome, Outcome::Failed(_)));
    let skipped = count(|outcome| matches!(outcome, Outcome::Skipped(_)));
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    if let Some(path) = &args.json {
        let facts: serde_json::Map<String, Value> =
            device.facts().into_iter().map(|fact| (fact.name.to_owned(), fact.value.into())).collect();
        let object = json!({
            "group": group,
            "device": device.name(),
            "judge": device.judge().to_string(),
            "facts": facts,
            "passed": passed,
            "failed": failed,
            "skipped": skipped,
            "kernels": verdicts.iter().map(kernel).collect::<Vec<Value>>(),
        });
        let text = format!("{object:#}\n");
        std::fs::write(path, text).map_err(|source| Error::Io { action: "write", path: path.clone(), source })?;
    }
    Ok(if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn kernel(verdict: &Verdict) -> Value {
    let said = |outcome: &Outcome| match outcome {
        Outcome::Passed(relative) => json!({ "outcome": "passed", "relative_error": relative }),
        Outcome::Failed(why) => json!({ "outcome": "failed", "reason": why }),
        Outcome::Skipped(why) => json!({ "outcome": "skipped", "reason": why }),
    };
    let cases = verdict.cases.iter().map(|(seed, outcome)| {
        let mut case = said(outcome);
        case["seed"] = json!(seed);
        case
    });
    let mut object = said(&verdict.outcome());
    object["kernel"] = json!(verdict.kernel);
    object["fused"] = json!(verdict.fused);
    object["cases"] = cases.collect();
    object
}
