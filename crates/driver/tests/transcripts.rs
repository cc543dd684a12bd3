//! The documentation's transcripts: each ```console block is run in the repository's root, and must print what it says.
//!
//! `$ ` starts a command; what follows is its standard output and error, in which `[..]` stands for any text within a
//! line and `...` for any lines. A block headed ```console ignore is not run, and listed as ignored. A block headed
//! ```rust,FILE is written to FILE, in a folder of the page's own, which is where the page's commands then run; `./x`
//! there is `tenfold` itself.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};

const DOCUMENTS: &[&str] =
    &["README.md", "docs/your-first-kernel.md", "docs/benchmarking.md", "docs/cuda.md", "docs/cores.md", "docs/nki.md"];

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

/// The files that a document shows: name and text.
fn files(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match (inside, line.strip_prefix("```rust,"), found.last_mut()) {
            (false, Some(name), _) => {
                found.push((name.to_owned(), String::new()));
                inside = true;
            }
            (true, _, _) if line == "```" => inside = false,
            (true, _, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (true, _, None) | (false, None, _) => {}
        }
    }
    found
}

/// Where a document's commands run: the repository, or a fresh folder with the document's files and an `x`.
fn place(document: &str, text: &str) -> std::io::Result<PathBuf> {
    let files = files(text);
    if files.is_empty() {
        return Ok(root());
    }
    let stem = Path::new(document).file_stem().unwrap_or_default();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("transcripts").join(stem);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    for (name, text) in files {
        std::fs::write(folder.join(name), text)?;
    }
    let script = format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_tenfold"));
    std::fs::write(folder.join("x"), script)?;
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.join("x"), executable)?;
    Ok(folder)
}

fn run(transcript: &Transcript, folder: &Path) -> Result<(), Failed> {
    let output = Command::new("bash")
        .arg("-c")
        .arg(format!("exec 2>&1; {}", transcript.command))
        .current_dir(folder)
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
        let folder = place(document, &text).expect("a folder for the page's files");
        for transcript in parse(document, &text) {
            let name = format!("{document}:{}: {}", transcript.line, transcript.command);
            let ignored = transcript.ignored;
            let folder = folder.clone();
            trials.push(Trial::test(name, move || run(&transcript, &folder)).with_ignored_flag(ignored));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
