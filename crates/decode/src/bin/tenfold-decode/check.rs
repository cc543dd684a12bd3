//! Comparing with a golden file.

use std::process::ExitCode;

use ::decode::Error;
use ::decode::golden::{self, LOGIT_TOLERANCE, TOKEN_MARGIN};

use crate::args::{Check, Common};

/// Runs the command; fails if a prompt does.
pub(crate) fn run(common: &Common, args: &Check) -> Result<ExitCode, Error> {
    let mut golden = golden::read(&args.golden)?;
    if let Some(tokens) = args.tokens {
        golden = golden.truncated(tokens as usize);
    }
    if let Some(prompts) = args.prompts {
        golden.results.truncate(prompts as usize);
    }
    let (model, mut engine) = crate::open(common)?;
    let results = golden::check(&mut engine, model.tokenizer(), &golden)?;
    println!(
        "{} on {} ({}), logits within {LOGIT_TOLERANCE}, same token where the margin exceeds {TOKEN_MARGIN}",
        crate::model_name(common, &model),
        engine.device_name(),
        engine.judge()
    );
    println!("{:<40} {:>6} {:>11} {:>11} {:>6}  result", "prompt", "steps", "same token", "max |diff|", "ids");
    for result in &results {
        let prompt: String = result.prompt.chars().take(38).map(|c| if c.is_control() { ' ' } else { c }).collect();
        println!(
            "{prompt:<40} {:>6} {:>11} {:>11.5} {:>6}  {}",
            result.steps,
            result.same_tokens,
            result.largest_difference,
            if result.prompt_ids_match && result.text_matches { "same" } else { "differ" },
            if result.passed() { "passed" } else { "FAILED" },
        );
    }
    let passed = results.iter().filter(|result| result.passed()).count();
    crate::say_notes(&engine);
    println!("{passed} of {} prompts passed", results.len());
    Ok(if passed == results.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
