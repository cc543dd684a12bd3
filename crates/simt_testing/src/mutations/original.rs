//! What a damaged kernel is compared with, and whether it is noticed.

use std::sync::OnceLock;

use judge::{Case, Expected, Outputs};
use kernel_testing::expected;
use lower_simt::interp::terms::{Terms, terms};
use lower_simt::interp::{Options, TrapKind};
use lower_simt::ir::LaneKernel;
use lower_simt::text::print;
use lower_simt::verify::verify;
use tile_ir::Kernel;

use crate::execute::run_lanes;
use crate::random::lower;
use crate::{Backend, Program, Runs, judged_cases};

/// Seeds of the arguments.
const SEEDS: [u64; 3] = [1, 2, 3];

/// Seeds for what those do not show: a sum of many terms shows every one of them, a largest value only where it is found.
const MORE_SEEDS: std::ops::RangeInclusive<u64> = 4..=60;

/// How many times longer than the kernel a damaged one may run.
const LONGER: u64 = 20;

/// Arguments, and what the kernel makes of them.
struct Exam {
    case: Case,
    expected: Vec<Expected>,
}

impl Exam {
    fn passed(&self, found: &Outputs) -> bool {
        judge::compare(&self.case, &self.expected, found).passed()
    }
}

fn exams(kernel: &Kernel, seeds: &[u64]) -> Vec<Exam> {
    let with = |case| Exam { expected: expected(kernel, &case), case };
    judged_cases(kernel, seeds).into_iter().map(with).collect()
}

/// Who notices a damaged kernel that the verifier accepts.
pub(super) enum Verdict {
    /// The printer or the compiler.
    Compile,
    /// It stops, or gives other results.
    Run,
    /// The lane interpreter: something undefined is read. In text it may hold the right number.
    Undefined,
    /// The lane interpreter, when its steps are used up.
    Endless,
    /// Nobody can: it computes the same from whatever it is given.
    Same,
    /// Nobody.
    Missed,
}

/// A kernel, lowered.
pub(super) struct Original {
    pub(super) kernel: Kernel,
    pub(super) lane: LaneKernel,
    exams: Vec<Exam>,
    /// Those of [`MORE_SEEDS`].
    more: OnceLock<Vec<Exam>>,
    terms: Option<Terms>,
    /// Most steps that a damaged kernel may take for what this one does.
    limit: u64,
}

impl Original {
    /// Lowers `kernel`.
    ///
    /// # Panics
    /// If the undamaged kernel is refused or fails.
    pub(super) fn new(kernel: Kernel, backend: &Backend) -> Original {
        let name = kernel.name.clone();
        let lane = lower(&kernel, backend.target)
            .unwrap_or_else(|problem| panic!("{name}: {problem}"))
            .unwrap_or_else(|| panic!("{name} is refused"));
        verify(&lane, backend.target).unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
        let program = Program::new(&lane, backend).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        let exams = exams(&kernel, &SEEDS);
        let mut limit = 0;
        for exam in &exams {
            let found = program.check(&kernel, &exam.case);
            found.unwrap_or_else(|problem| panic!("{name}: {problem}\n{}", program.text()));
            let ran = run_lanes(&lane, backend.target, &exam.case, &Options::default());
            let (written, run) = ran.unwrap_or_else(|problem| panic!("{name}: {problem}"));
            let stats = run.unwrap_or_else(|trap| panic!("{name}: {trap}"));
            assert!(exam.passed(&written), "{name}: the lane interpreter computes something else");
            limit = limit.max(LONGER * (stats.steps + 1));
        }
        let terms = terms(&lane, backend.target);
        Original { kernel, lane, terms, exams, more: OnceLock::new(), limit }
    }

    fn more(&self) -> &[Exam] {
        self.more.get_or_init(|| exams(&self.kernel, &MORE_SEEDS.collect::<Vec<_>>()))
    }

    /// Whether the terms of `damaged` show that it computes the same.
    pub(super) fn same(&self, damaged: &LaneKernel, backend: &Backend) -> bool {
        match (&self.terms, terms(damaged, backend.target)) {
            (Some(own), Some(other)) => own.show_same(&other),
            (None, _) | (_, None) => false,
        }
    }

    /// Who notices `damaged`. The lane interpreter goes first, since it needs no compiler, and has limits that text has
    /// not. What it notices is given to the text only with `text`; what it does not notice, always.
    ///
    /// # Panics
    /// If the terms show that a kernel computes the same of which the lane interpreter says that it does not.
    pub(super) fn judge(&self, damaged: &LaneKernel, backend: &Backend, text: bool) -> Verdict {
        let options = Options { max_steps: self.limit, ..Options::default() };
        let same = self.same(damaged, backend);
        let noticed = |exam: &Exam| match run_lanes(damaged, backend.target, &exam.case, &options) {
            Ok((written, Ok(_))) => {
                let passed = exam.passed(&written);
                assert!(passed || !same, "equal terms, but other results:\n{}", print(damaged));
                (!passed).then_some((Verdict::Run, true))
            }
            Ok((_, Err(trap))) if matches!(trap.kind, TrapKind::Fuel(_)) => Some((Verdict::Endless, false)),
            Ok((_, Err(trap))) if matches!(trap.kind, TrapKind::Undefined(_)) => Some((Verdict::Undefined, false)),
            // A device checks no access: what the lane interpreter stops is not to run there.
            Ok((_, Err(_))) | Err(_) => Some((Verdict::Run, matches!(backend.runs, Runs::Emulated(_)))),
        };
        let verdict = self.exams.iter().find_map(noticed).or_else(|| self.more().iter().find_map(noticed));
        match verdict {
            Some((verdict, runs)) if !runs || !text => return verdict,
            None if same => return Verdict::Same,
            Some(_) | None => {}
        }
        let Ok(program) = Program::new(damaged, backend) else { return Verdict::Compile };
        let differs = |exam: &Exam| !program.run(&exam.case).is_ok_and(|written| exam.passed(&written));
        if self.exams.iter().any(differs) || self.more().iter().any(differs) { Verdict::Run } else { Verdict::Missed }
    }
}
