//! Khronos's tools as judges of a module: `spirv-val` against the rules of Vulkan 1.2, and `spirv-opt`, whose optimised
//! module must be valid after every pass.

use emit::{Binary, Source};
use vendor::{Absent, Finding, Outcome, Severity, Tool, Tools, Verdict};

/// The environment whose rules hold.
const ENVIRONMENT: &str = "vulkan1.2";

/// The judges of this target.
#[derive(Clone, Debug)]
pub struct Judges {
    /// `spirv-val`.
    pub val: Result<Tool, Absent>,
    /// `spirv-opt`.
    pub opt: Result<Tool, Absent>,
}

impl Judges {
    /// Looks for the tools (`spirv-tools`).
    pub fn find(tools: &Tools) -> Judges {
        Judges { val: tools.find("spirv-val"), opt: tools.find("spirv-opt") }
    }

    /// What each says of a module.
    pub fn judge(&self, source: &Source) -> Vec<Verdict> {
        let verdict = |judge, outcome| Verdict { judge, kernel: source.kernel.entry.clone(), outcome };
        vec![
            verdict("spirv-val", by_val(self.val.as_ref(), source)),
            verdict("spirv-opt", by_opt(self.opt.as_ref(), source)),
        ]
    }
}

/// What `spirv-val` says.
pub fn by_val(val: Result<&Tool, &Absent>, source: &Source) -> Outcome {
    by_tool("spirv-val", val, source, |file| vec!["--target-env".to_owned(), ENVIRONMENT.to_owned(), file.to_owned()])
}

/// What `spirv-opt` says: its passes for speed, the module validated after each.
pub fn by_opt(opt: Result<&Tool, &Absent>, source: &Source) -> Outcome {
    by_tool("spirv-opt", opt, source, |file| {
        let options = ["-O", "--validate-after-all"].map(str::to_owned);
        let files = [file, "-o", "optimised.spv"].map(str::to_owned);
        [&options[..], &[format!("--target-env={ENVIRONMENT}")], &files].concat()
    })
}

fn by_tool(
    judge: &'static str,
    tool: Result<&Tool, &Absent>,
    source: &Source,
    args: impl FnOnce(&str) -> Vec<String>,
) -> Outcome {
    let tool = match tool {
        Ok(tool) => tool,
        Err(absent) => return Outcome::Skipped(absent.clone()),
    };
    let Some(Binary { file, .. }) = &source.binary else {
        let text = "the kernel has a text only, no module";
        return Outcome::Findings(vec![Finding::new(judge, Severity::Error, source, None, text)]);
    };
    let file = file.rsplit('/').next().unwrap_or(file);
    match tool.run(source, &args(file)) {
        Err(absent) => Outcome::Skipped(absent),
        Ok(finished) => {
            let findings = finished.findings.into_iter().map(|finding| placed(finding, source)).collect();
            Outcome::of(findings, Vec::new())
        }
    }
}

/// The tools name an instruction by its number; the text has one to a line.
fn placed(finding: Finding, source: &Source) -> Finding {
    let number = finding.message.strip_prefix("line ").and_then(|rest| rest.split_once(": "));
    match number.and_then(|(number, message)| Some((number.parse::<usize>().ok()?, message))) {
        Some((number, message)) => {
            let line = line_of(&source.text, number);
            Finding::new(finding.judge, finding.severity, source, line, message)
        }
        None => finding,
    }
}

/// The line, from 1, of an instruction, from 1.
fn line_of(text: &str, number: usize) -> Option<u32> {
    let is_instruction = |line: &str| !line.trim_start().is_empty() && !line.trim_start().starts_with(';');
    let mut instructions = (1u32..).zip(text.lines()).filter(|(_, line)| is_instruction(line));
    instructions.nth(number.checked_sub(1)?).map(|(line, _)| line)
}
