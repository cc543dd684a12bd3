//! What one target's device said of one kernel.

use std::fmt;

use crate::judges::{Judge, Outcome};

/// Errors below this are as good as none: the last bits of a sum.
const NOISE: f64 = 1e-8;

/// The same where outputs have few bits: a sum that is a last bit away rounds to the next number.
const STEP: f64 = 1.0 / 256.0;

/// How far two measurements of the same text may be apart: processors differ in what their functions and fused operations round.
const APART: f64 = 8.0;

/// What one target's device said of one kernel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    /// It ran; largest relative L2 error of an output against the interpreter, over all seeds.
    Passed(f64),
    /// It ran and was wrong, or should have run.
    Failed,
    /// It was printed, and nothing here could run it.
    Skipped,
    /// The target does not take it.
    Refused,
}

impl Cell {
    /// Of what the judge that runs the text said, for each seed.
    pub fn of<'a>(judge: Judge, said: impl IntoIterator<Item = (Judge, &'a Outcome)>) -> Cell {
        let mut cell = None;
        for (by, outcome) in said {
            let one = match outcome {
                Outcome::Failed(_) => Cell::Failed,
                Outcome::Passed(_) | Outcome::Skipped(_) if by != judge => continue,
                Outcome::Passed(error) => Cell::Passed(*error),
                Outcome::Skipped(_) => Cell::Skipped,
            };
            cell = Some(match (cell, one) {
                (None, one) => one,
                (Some(Cell::Passed(worst)), Cell::Passed(error)) => Cell::Passed(worst.max(error)),
                (Some(Cell::Failed), _) | (_, Cell::Failed) => Cell::Failed,
                (Some(Cell::Refused), _) | (_, Cell::Refused) => Cell::Refused,
                (Some(Cell::Skipped), _) | (_, Cell::Skipped) => Cell::Skipped,
            });
        }
        cell.unwrap_or(Cell::Skipped)
    }

    /// Whether a page that says this is right about a run that gives `measured`. `coarse` says that outputs are not all f32. A machine
    /// that skips a judge contradicts nothing.
    pub fn agrees(self, measured: Cell, coarse: bool) -> bool {
        match (self, measured) {
            (Cell::Passed(said), Cell::Passed(found)) => {
                let least = if coarse { STEP } else { NOISE };
                let (said, found) = (said.max(least), found.max(least));
                said <= found * APART && found <= said * APART
            }
            (Cell::Passed(_) | Cell::Skipped, Cell::Skipped) | (Cell::Refused, Cell::Refused) => true,
            (Cell::Skipped | Cell::Refused | Cell::Failed, _) | (Cell::Passed(_), Cell::Failed | Cell::Refused) => {
                false
            }
        }
    }

    /// The cell with this text.
    pub fn parse(text: &str) -> Option<Cell> {
        match text {
            "wrong" => Some(Cell::Failed),
            "skipped" => Some(Cell::Skipped),
            "refused" => Some(Cell::Refused),
            number => number.parse().ok().filter(|error: &f64| *error >= 0.0).map(Cell::Passed),
        }
    }
}

impl fmt::Display for Cell {
    /// An error has one digit, rounded up.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Cell::Passed(0.0) => f.write_str("0"),
            Cell::Passed(error) => {
                let exponent = error.log10().floor() as i32;
                // What was rounded up before stays as it is.
                let digit = (error / 10_f64.powi(exponent) - 1e-6).ceil();
                if digit < 10.0 { write!(f, "{digit}e{exponent}") } else { write!(f, "1e{}", exponent + 1) }
            }
            Cell::Failed => f.write_str("wrong"),
            Cell::Skipped => f.write_str("skipped"),
            Cell::Refused => f.write_str("refused"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_rounded_up_once() {
        for (error, text) in
            [(0.0, "0"), (1.2e-7, "2e-7"), (9.1e-8, "1e-7"), (1e-7, "1e-7"), (3e-5, "3e-5"), (0.5, "5e-1")]
        {
            assert_eq!(Cell::Passed(error).to_string(), text);
            let again = Cell::parse(text).expect("a number");
            assert_eq!(again.to_string(), text, "once");
        }
        for cell in [Cell::Failed, Cell::Skipped, Cell::Refused] {
            assert_eq!(Cell::parse(&cell.to_string()), Some(cell));
        }
        assert_eq!(Cell::parse("-1e-7"), None);
        assert_eq!(Cell::parse("well"), None);
    }

    #[test]
    fn the_worst_seed_counts() {
        let (passed, skipped) = (Outcome::Passed(1e-7), Outcome::Skipped("no device".to_owned()));
        let (worse, failed) = (Outcome::Passed(3e-7), Outcome::Failed("wrong".to_owned()));
        let emulator = |said: &[&Outcome]| Cell::of(Judge::Emulator, said.iter().map(|one| (Judge::Emulator, *one)));
        assert_eq!(emulator(&[&passed, &worse, &passed]), Cell::Passed(3e-7));
        assert_eq!(emulator(&[&passed, &skipped]), Cell::Skipped);
        assert_eq!(emulator(&[&failed, &passed]), Cell::Failed);
        assert_eq!(emulator(&[]), Cell::Skipped, "nothing ran");
        let reference = [(Judge::Reference, &worse), (Judge::Emulator, &passed)];
        assert_eq!(Cell::of(Judge::Emulator, reference), Cell::Passed(1e-7), "the device's own");
        assert_eq!(Cell::of(Judge::Emulator, [(Judge::Reference, &failed), (Judge::Emulator, &passed)]), Cell::Failed);
    }

    #[test]
    fn old_pages_are_noticed() {
        let (passed, agrees) = (Cell::Passed(2e-7), |said: Cell, found| said.agrees(found, false));
        assert!(agrees(passed, Cell::Passed(1.3e-7)));
        assert!(agrees(passed, Cell::Skipped), "a machine without the device");
        assert!(agrees(Cell::Passed(0.0), Cell::Passed(1e-9)));
        assert!(!agrees(passed, Cell::Passed(2e-5)), "it has become worse");
        assert!(!agrees(Cell::Passed(2e-5), Cell::Passed(2e-7)), "it has become better");
        assert!(!agrees(passed, Cell::Refused));
        assert!(!agrees(passed, Cell::Failed));
        assert!(!agrees(Cell::Skipped, passed), "the device is there now");
        assert!(!agrees(Cell::Failed, Cell::Failed), "no page says so and stays");
        assert!(!agrees(Cell::Refused, passed));
        assert!(Cell::Passed(0.0).agrees(Cell::Passed(2e-5), true), "an output in bf16 that rounds the other way");
        assert!(!Cell::Passed(0.0).agrees(Cell::Passed(0.1), true));
    }
}
