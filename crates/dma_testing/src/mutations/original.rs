//! What a damaged program is compared with, and who notices it.

use std::ops::RangeInclusive;

use judge::{Case, Expected, Outputs};
use lower_dma::interp::{Options, Schedule, TrapKind};
use lower_dma::ir::CoreKernel;
use lower_dma::target::Target;
use lower_dma::verify::verify;
use tile_ir::Kernel;

use crate::cores::{SCHEDULES, lower, run};
use crate::program::SEEDS;
use crate::{Backend, Program, judged_cases};

/// Seeds of the arguments.
const ARGS: [u64; 3] = [1, 2, 3];

/// Seeds for what those do not show: a largest value shows only where it is found.
const MORE_ARGS: RangeInclusive<u64> = 4..=200;

/// Most statements of a run, many times more than those of the undamaged programs.
const FUEL: u64 = 1 << 20;

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
    let with = |case| Exam { expected: kernel_testing::expected(kernel, &case), case };
    judged_cases(kernel, seeds).into_iter().map(with).collect()
}

/// Who notices a damaged program that the proof accepts.
pub(super) enum Verdict {
    /// The printer or the compiler.
    Compile,
    /// It stops, or gives other results.
    Run,
    /// The interpreter, when its statements are used up.
    Endless,
    /// Nobody.
    Missed,
}

/// Whether what the interpreter stops must show in the text as well.
fn shows_in_text(kind: &TrapKind, target: &Target) -> bool {
    match kind {
        // Loads of vectors read zeros behind the end.
        TrapKind::View { .. } => target.vectors.is_none(),
        TrapKind::SetTwice | TrapKind::LeftSet | TrapKind::Deadlock => true,
        // A text has addresses, not buffers, and numbers of some kind in variables and memory that have none. It would never end
        // where fuel does.
        TrapKind::Argument(_)
        | TrapKind::Local { .. }
        | TrapKind::Undefined(_)
        | TrapKind::Variable
        | TrapKind::Arithmetic
        | TrapKind::Extent { .. }
        | TrapKind::Foreign
        | TrapKind::Step
        | TrapKind::Type
        | TrapKind::Fuel(_) => false,
    }
}

/// A kernel, lowered.
pub(super) struct Original {
    pub(super) kernel: Kernel,
    pub(super) core: CoreKernel,
    exams: Vec<Exam>,
}

impl Original {
    /// Lowers `kernel`, and runs it in the interpreter and, with a backend, as text.
    ///
    /// # Panics
    /// If the undamaged kernel is refused or fails.
    pub(super) fn new(kernel: Kernel, target: &Target, text: Option<&Backend>) -> Original {
        let name = format!("{} {}", target.name, kernel.name);
        let core = lower(&kernel, target).unwrap_or_else(|error| panic!("{name}: {}", error.report()));
        verify(&core, target).unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
        let exams = exams(&kernel, &ARGS);
        let program =
            text.map(|backend| Program::new(&core, backend).unwrap_or_else(|problem| panic!("{name}: {problem}")));
        for exam in &exams {
            for schedule in SCHEDULES {
                let options = Options { schedule, fuel: FUEL };
                let ran =
                    run(&core, target, &exam.case, &options).unwrap_or_else(|problem| panic!("{name}: {problem}"));
                ran.1.unwrap_or_else(|trap| panic!("{name} {schedule:?}: {trap}"));
                assert!(exam.passed(&ran.0), "{name} {schedule:?}: the interpreter computes something else");
            }
            if let Some(program) = &program {
                let checked = program.check(&kernel, &exam.case);
                checked.unwrap_or_else(|problem| panic!("{name}: {problem}\n{}", program.text()));
            }
        }
        Original { kernel, core, exams }
    }

    /// Who notices `damaged`. The interpreter goes first, since it needs no compiler. What it notices is run as `text` if there is
    /// one and it shows there; what it does not notice, always.
    pub(super) fn judge(&self, damaged: &CoreKernel, target: &Target, text: Option<&Backend>, ends: bool) -> Verdict {
        let noticed = |exam: &Exam, schedules: &[Schedule]| {
            schedules.iter().find_map(|&schedule| {
                match run(damaged, target, &exam.case, &Options { schedule, fuel: FUEL }) {
                    Ok((written, Ok(_))) => (!exam.passed(&written)).then_some((Verdict::Run, true)),
                    Ok((_, Err(trap))) if matches!(trap.kind, TrapKind::Fuel(_)) => Some((Verdict::Endless, false)),
                    Ok((_, Err(trap))) => Some((Verdict::Run, shows_in_text(&trap.kind, target))),
                    Err(_) => Some((Verdict::Run, false)),
                }
            })
        };
        // Numbers alone are in question then, not order. With the exam that shows it.
        let later = |seed| {
            let exam = exams(&self.kernel, &[seed]).pop()?;
            Some((noticed(&exam, &SCHEDULES[..1])?, Some(exam)))
        };
        let found = self.exams.iter().find_map(|exam| Some((noticed(exam, &SCHEDULES)?, None)));
        let found = found.or_else(|| MORE_ARGS.into_iter().find_map(later));
        let (backend, exam) = match (found, text) {
            (Some(((verdict, shows), _)), _) if !shows || !ends => return verdict,
            (Some(((verdict, _), _)), None) => return verdict,
            (None, None) => return Verdict::Missed,
            (Some((_, exam)), Some(backend)) => (backend, exam),
            (None, Some(backend)) => (backend, None),
        };
        let Ok(program) = Program::new(damaged, backend) else { return Verdict::Compile };
        let right = |exam: &Exam, seed| program.run(&exam.case, seed).is_ok_and(|written| exam.passed(&written));
        let differs = |exam: &Exam| SEEDS.iter().any(|&seed| !right(exam, seed));
        if exam.iter().chain(&self.exams).any(differs) { Verdict::Run } else { Verdict::Missed }
    }
}
