//! What a comparison found.

use std::fmt;

/// One element that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Index, outermost dimension first.
    pub index: Vec<u64>,
    /// What was computed.
    pub got: f64,
    /// What should have been.
    pub want: f64,
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {:e} instead of {:e}", self.index, self.got, self.want)
    }
}

/// One reason why an output is wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The output is not there.
    Missing,
    /// It has another type or size than expected.
    Form {
        /// What came.
        got: String,
        /// What should have.
        want: String,
    },
    /// Elements that should have been written were not.
    Unwritten {
        /// How many.
        count: usize,
        /// The first one's index.
        first: Vec<u64>,
    },
    /// Elements outside the launch's part were changed.
    Overwritten {
        /// How many.
        count: usize,
        /// The first one's index.
        first: Vec<u64>,
    },
    /// Elements are NaN, here or in what was expected.
    Nan {
        /// How many.
        count: usize,
        /// The first one.
        first: Element,
    },
    /// The relative L2 error is too large.
    Error {
        /// It.
        relative: f64,
        /// The tolerance.
        tolerance: f64,
    },
    /// Single elements are wrong: integers that differ, infinities, floats far beyond the tolerance.
    Elements {
        /// How many.
        count: usize,
        /// The first one.
        first: Element,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Missing => f.write_str("is missing"),
            Fault::Form { got, want } => write!(f, "is {got} instead of {want}"),
            Fault::Unwritten { count, first } => {
                write!(f, "{count} elements were not written, first {first:?}")
            }
            Fault::Overwritten { count, first } => {
                write!(f, "{count} elements outside the launch's part were changed, first {first:?}")
            }
            Fault::Nan { count, first } => write!(f, "{count} elements are NaN, first {first}"),
            Fault::Error { relative, tolerance } => write!(f, "relative error {relative:.3e} above {tolerance:.0e}"),
            Fault::Elements { count, first } => {
                write!(f, "{count} elements are wrong, first {first}")
            }
        }
    }
}

/// How one output compares.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputReport {
    /// The argument's name.
    pub name: String,
    /// Elements compared by value.
    pub compared: usize,
    /// Relative L2 error over them (0 for integers).
    pub relative: f64,
    /// The element with the largest difference, if any differs.
    pub worst: Option<Element>,
    /// Why it is wrong; empty if it passes.
    pub faults: Vec<Fault>,
}

/// How all outputs of a launch compare.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// One per expected output.
    pub outputs: Vec<OutputReport>,
}

impl Comparison {
    /// Whether there was something to compare and all of it is right.
    pub fn passed(&self) -> bool {
        !self.outputs.is_empty() && self.outputs.iter().all(|output| output.faults.is_empty())
    }

    /// The largest relative error of the outputs.
    pub fn relative(&self) -> f64 {
        self.outputs.iter().map(|output| output.relative).fold(0.0, f64::max)
    }
}

impl fmt::Display for Comparison {
    /// One line per output.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.outputs.is_empty() {
            return f.write_str("nothing was compared");
        }
        for (i, output) in self.outputs.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "`{}`: ", output.name)?;
            if output.faults.is_empty() {
                write!(f, "relative error {:.3e} over {} elements", output.relative, output.compared)?;
            }
            for (i, fault) in output.faults.iter().enumerate() {
                write!(f, "{}{fault}", if i > 0 { "; " } else { "" })?;
            }
            if let (Some(worst), false) = (&output.worst, output.faults.is_empty()) {
                write!(f, "; worst {worst}")?;
            }
        }
        Ok(())
    }
}
