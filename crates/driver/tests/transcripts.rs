//! The documentation's transcripts: each ```console block is run in the repository's root, and must print what it says.
//!
//! `$ ` starts a command; what follows is its standard output and error, in which `[..]` stands for any text within a
//! line and `...` for any lines. A block headed ```console ignore is not run, and listed as ignored.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};

const DOCUMENTS: &[&str] = &["README.md"];

/// A command of a document and what it prints.
struct Transcript {
    document: &'static str,
    line: usize,
    command: String,
    expected: String,
    ignored: bool,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every command of a document's console blocks.
fn parse(document: &'static str, text: &str) -> Vec<Transcript> {
    let mut found: Vec<Transcript> = Vec::new();
    let mut block: Option<bool> = None;
    for (i, line) in text.lines().enumerate() {
        match (block, line) {
            (None, "```console") => block = Some(false),
            (None, "```console ignore") => block = Some(true),
            (None, _) => {}
            (Some(_), "```") => block = None,
            (Some(ignored), line) => match (line.strip_prefix("$ "), found.last_mut()) {
                (Some(command), _) => found.push(Transcript {
                    document,
                    line: i + 1,
                    command: command.to_owned(),
                    expected: String::new(),
                    ignored,
                }),
                (None, Some(last)) => {
                    last.expected.push_str(line);
                    last.expected.push('\n');
                }
                (None, None) => panic!("{document}:{}: output before any command", i + 1),
            },
        }
    }
    found
}

fn run(transcript: &Transcript) -> Result<(), Failed> {
    let output = Command::new("bash")
        .arg("-c")
        .arg(format!("exec 2>&1; {}", transcript.command))
        .current_dir(root())
        .stdin(Stdio::null())
        .output()?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let expected = snapbox::Data::text(transcript.expected.clone());
    snapbox::Assert::new()
        .action(snapbox::assert::Action::Verify)
        .try_eq(Some(&format!("{}:{}", transcript.document, transcript.line)), printed.into(), expected)
        .map_err(|error| error.to_string().into())
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let mut trials = Vec::new();
    for document in DOCUMENTS {
        let text = std::fs::read_to_string(root().join(document)).expect("the document is there");
        for transcript in parse(document, &text) {
            let name = format!("{document}:{}: {}", transcript.line, transcript.command);
            let ignored = transcript.ignored;
            trials.push(Trial::test(name, move || run(&transcript)).with_ignored_flag(ignored));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
