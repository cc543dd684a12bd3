//! `tenfold decode` and `tenfold bench`: compile the model's kernels into a bundle, then hand over to `tenfold-decode`,
//! which runs from the bundle alone.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::Context;
use decode::{Architecture, Model};

use crate::frontend::Source;
use crate::names::SUITES;
use crate::targets::{self, Target};
use crate::{pipeline, tools};

/// Runs `tenfold-decode` with `before`, then the user's arguments, then the bundle.
///
/// # Errors
/// The kernels do not compile, or `tenfold-decode` does not start. What it refuses is its exit code.
pub fn run(before: &[&str], args: &[String]) -> anyhow::Result<ExitCode> {
    let mut command = Command::new(tools::sibling("tenfold-decode", "decode")?);
    command.args(before).args(args);
    let own_bundle = option(args, "--bundle").is_some();
    let asks_help = args.iter().any(|arg| ["--help", "-h", "--version", "-V"].contains(&arg.as_str()));
    let device = option(args, "--device").unwrap_or("cpu");
    // An unknown device or model is for tenfold-decode to refuse: it knows the names.
    if !own_bundle
        && !asks_help
        && let Some(target) = Target::of_device(device)
    {
        let model = option(args, "--model").unwrap_or(decode::MODELS[0]);
        if let Some(group) = group_of(model) {
            command.arg("--bundle").arg(bundle(target, group)?);
        }
    }
    let status = command.status().context("tenfold-decode does not start")?;
    Ok(ExitCode::from(status.code().map_or(1, |code| code as u8)))
}

/// Value of the long option `name`, in either spelling; the last one counts.
fn option<'a>(args: &'a [String], name: &str) -> Option<&'a str> {
    let mut value = None;
    for (i, arg) in args.iter().enumerate() {
        if arg == name {
            value = args.get(i + 1).map(String::as_str);
        } else if let Some(rest) = arg.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
            value = Some(rest);
        }
    }
    value
}

/// The kernel suite for a model: by name, or by the architecture its files name. The engine checks every shape.
fn group_of(model: &str) -> Option<&'static str> {
    if decode::MODELS.contains(&model) {
        return Some("smollm2-135m");
    }
    // A synthetic model has the name of its suite.
    let suite = model.strip_prefix("synthetic:").and_then(|name| SUITES.iter().find(|suite| suite.0 == name));
    if let Some((group, _)) = suite {
        return Some(group);
    }
    let model = Model::open(model.as_ref()).ok()?;
    Some(match model.config().architecture {
        Architecture::Llama => "smollm2-135m",
        Architecture::Qwen2 => "deepseek-r1-distill-qwen-1.5b",
    })
}

/// Compiles a suite for `target`; the bundle's folder.
fn bundle(target: Target, group: &str) -> anyhow::Result<PathBuf> {
    let source = Source::parse(group)?;
    let (module, fusions) = pipeline::module_with_fusions(&source)?;
    let compiled = targets::compile_fused(target, &module, &fusions)?;
    let folder = tools::workspace_root().join("target/tenfold").join(target.name()).join(group);
    targets::write_bundle(&module.name, &compiled, &folder)?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_in_both_spellings() {
        let args = ["--model", "a", "--device=cpu", "--model=b", "--modelling", "c"].map(String::from);
        assert_eq!(option(&args, "--model"), Some("b"));
        assert_eq!(option(&args, "--device"), Some("cpu"));
        assert_eq!(option(&args, "--bundle"), None);
    }
}
