//! The page as text, and back.

use std::fmt::Write as _;

use super::Cell;
use crate::targets::Target;

/// Everything that the page says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// In the order of [`Target::ALL`].
    pub targets: Vec<TargetRow>,
    /// By target, then judge.
    pub vendors: Vec<VendorRow>,
    /// In the order of [`crate::names::SUITES`].
    pub suites: Vec<Suite>,
}

/// What is known of a target beside its kernels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetRow {
    /// Which.
    pub target: Target,
    /// Language that its texts name.
    pub language: String,
    /// Golden texts that its device reproduces, such as `3 of 3`, or why it could not try.
    pub decoded: String,
    /// What hardware made of it; empty if none ever ran it.
    pub hardware: String,
}

/// What one judge of texts said of all texts of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VendorRow {
    /// Which target.
    pub target: Target,
    /// Which judge.
    pub judge: String,
    /// Texts without findings.
    pub passed: u32,
    /// Texts with some.
    pub found: u32,
    /// Why it did not judge; empty if it did.
    pub skipped: String,
}

/// The kernels of a suite.
#[derive(Clone, Debug, PartialEq)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// Kernels in source order, each with a cell per target in the order of [`Page::targets`].
    pub rows: Vec<(String, Vec<Cell>)>,
}

const INTRODUCTION: &str = "\
# Status

What the judges of one machine said of every kernel of every suite in every language. `./x status` runs them all and writes this page; the
`suite` test compares each error below with what it measures, so that a page that is no longer true fails the gate.

## Targets

*Executed by* is the device that runs the printed text on this machine: an `-emu` device under the documented rules of the language, `vulkan`
the first Vulkan driver, `cpu` this processor. *Golden texts*: prompts of SmolLM2-135M whose first 4 tokens it reproduces, with logits within the
tolerance. *Hardware*: where the target's own hardware ran the text ([performance.md](performance.md)).
";

const TARGETS_HEAD: &str = "\
| target | language | executed by | golden texts | hardware |
|---|---|---|---|---|
";

const VENDORS: &str = "\
## Checks of the text

What vendors' compilers, and rules that stand in for them, say of every printed text.

| target | judge | passed | findings | skipped because |
|---|---|---|---|---|
";

const KERNELS: &str = "\
## Kernels

Largest relative L2 error of an output against the interpreter over all seeds, rounded up to one digit; 0 is equal to the bit. Outputs in bf16 may be
one step apart, which is 4e-3. *skipped*: nothing on this machine runs it. *refused*: the target does not take the kernel.
";

impl Page {
    /// The text.
    pub fn render(&self) -> String {
        let mut out = format!("{INTRODUCTION}\n{TARGETS_HEAD}");
        for row in &self.targets {
            let hardware = if row.hardware.is_empty() { "never ran it" } else { row.hardware.as_str() };
            let (target, device) = (row.target, row.target.device());
            let _ = writeln!(out, "| `{target}` | {} | `{device}` | {} | {hardware} |", row.language, row.decoded);
        }
        let _ = write!(out, "\n{VENDORS}");
        for row in &self.vendors {
            let VendorRow { target, judge, passed, found, skipped } = row;
            let _ = writeln!(out, "| `{target}` | {judge} | {passed} | {found} | {skipped} |");
        }
        let _ = write!(out, "\n{KERNELS}");
        for suite in &self.suites {
            let _ = write!(out, "\n### {}\n\n| kernel |", suite.name);
            for row in &self.targets {
                let _ = write!(out, " `{}` |", row.target);
            }
            let _ = writeln!(out, "\n|---|{}", "---|".repeat(self.targets.len()));
            for (kernel, cells) in &suite.rows {
                let _ = write!(out, "| {kernel} |");
                for cell in cells {
                    let _ = write!(out, " {cell} |");
                }
                out.push('\n');
            }
        }
        out
    }

    /// The page with this text; `None` if it is none. What it says stays true when it is rendered again.
    pub fn parse(text: &str) -> Option<Page> {
        let mut page = Page::default();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("### ") {
                page.suites.push(Suite { name: name.to_owned(), rows: Vec::new() });
                continue;
            }
            let Some(inner) = line.strip_prefix("| ").and_then(|line| line.strip_suffix('|')) else { continue };
            let words: Vec<&str> = inner.split('|').map(str::trim).collect();
            let target = |word: &str| {
                let name = word.trim_matches('`');
                Target::ALL.into_iter().find(|target| target.name() == name)
            };
            match (page.suites.last_mut(), words.as_slice()) {
                (_, ["kernel" | "target", ..]) => {}
                (Some(suite), [kernel, cells @ ..]) => {
                    let cells = cells.iter().map(|cell| Cell::parse(cell)).collect::<Option<_>>()?;
                    suite.rows.push(((*kernel).to_owned(), cells));
                }
                (None, [name, language, device, decoded, hardware]) if device.starts_with('`') => {
                    let hardware = if *hardware == "never ran it" { "" } else { hardware };
                    page.targets.push(TargetRow {
                        target: target(name)?,
                        language: (*language).to_owned(),
                        decoded: (*decoded).to_owned(),
                        hardware: hardware.to_owned(),
                    });
                }
                (None, [name, judge, passed, found, skipped]) => page.vendors.push(VendorRow {
                    target: target(name)?,
                    judge: (*judge).to_owned(),
                    passed: passed.parse().ok()?,
                    found: found.parse().ok()?,
                    skipped: (*skipped).to_owned(),
                }),
                (Some(_), []) | (None, _) => return None,
            }
        }
        Some(page)
    }

    /// What it says of a kernel on a target.
    pub fn cell(&self, suite: &str, kernel: &str, target: Target) -> Option<Cell> {
        let column = self.targets.iter().position(|row| row.target == target)?;
        let suite = self.suites.iter().find(|one| one.name == suite)?;
        let (_, cells) = suite.rows.iter().find(|(name, _)| name == kernel)?;
        cells.get(column).copied()
    }

    /// Whether every device and judge that ran found everything right.
    pub fn is_right(&self) -> bool {
        let cells = self.suites.iter().flat_map(|suite| suite.rows.iter().flat_map(|(_, cells)| cells));
        let all = |said: &str| said.split_once(" of ").is_some_and(|(passed, of)| passed == of);
        cells.into_iter().all(|cell| !matches!(cell, Cell::Failed))
            && self.vendors.iter().all(|row| row.found == 0)
            && self.targets.iter().all(|row| all(&row.decoded) || row.decoded.starts_with("skipped"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        let row = |target, hardware: &str| TargetRow {
            target,
            language: "L 1".to_owned(),
            decoded: "3 of 3".to_owned(),
            hardware: hardware.to_owned(),
        };
        let vendor = |judge: &str, passed, skipped: &str| VendorRow {
            target: Target::Cuda,
            judge: judge.to_owned(),
            passed,
            found: 0,
            skipped: skipped.to_owned(),
        };
        Page {
            targets: vec![row(Target::Cuda, "a GPU: 9 tokens/s"), row(Target::Bang, "")],
            vendors: vec![vendor("nvrtc", 4, ""), vendor("nvcc", 0, "nvcc: not found on PATH")],
            suites: vec![Suite {
                name: "gallery".to_owned(),
                rows: vec![
                    ("hash".to_owned(), vec![Cell::Passed(0.0), Cell::Passed(2e-7)]),
                    ("gram".to_owned(), vec![Cell::Skipped, Cell::Refused]),
                ],
            }],
        }
    }

    #[test]
    fn pages_are_read_as_they_were_written() {
        let text = page().render();
        assert_eq!(Page::parse(&text).expect("a page"), page());
        assert!(text.contains("| hash | 0 | 2e-7 |"), "{text}");
        assert!(Page::parse(&text.replace("2e-7", "well")).is_none());
        assert_eq!(page().cell("gallery", "gram", Target::Bang), Some(Cell::Refused));
        assert_eq!(page().cell("gallery", "gone", Target::Bang), None);
        assert_eq!(page().cell("gallery", "gram", Target::Msl), None);
    }

    #[test]
    fn what_is_wrong_is_not_right() {
        assert!(page().is_right());
        let mut wrong = page();
        wrong.suites[0].rows[0].1[1] = Cell::Failed;
        assert!(!wrong.is_right());
        let mut wrong = page();
        wrong.vendors[0].found = 1;
        assert!(!wrong.is_right());
        let mut wrong = page();
        wrong.targets[0].decoded = "2 of 3".to_owned();
        assert!(!wrong.is_right());
    }
}
