//! The vendors' compilers, and the rules that stand in for them, of a target.

use diagnostics::Report;
use emit::Source;
use rayon::prelude::*;
use vendor::{Outcome, Tools, Verdict};

use crate::targets::Target;

/// Who judges the text of a target.
#[derive(Clone, Debug)]
pub enum Vendors {
    /// Rules of Metal's, Apple's compiler.
    Msl(mlir_to_msl::validate::Judges),
    /// NVRTC and `nvcc`.
    Cuda(mlir_to_gpu::validate::Judges),
    /// Rules of MUSA's, NVRTC in the place of `mcc`, and `mcc`.
    Musa(mlir_to_musa::validate::Judges),
    /// `spirv-val` and `spirv-opt`.
    Spirv(mlir_to_spirv::validate::Judges),
    /// `bisheng`.
    Ascendc(mlir_to_cpp::validate::Judges),
    /// `bisheng`, and the vendor's headers for this machine's processor.
    Pto(mlir_to_pto::validate::Judges),
    /// `cncc`.
    Bang(mlir_to_bang::validate::Judges),
    /// `tpc-clang`.
    Gaudi(mlir_to_gaudi::validate::Judges),
    /// NKI's own simulator.
    Nki(mlir_to_nki::validate::Judges),
    /// Peano and `aiecc`.
    Aie(mlir_to_aie::validate::Judges),
    /// The CPU's text is for people only.
    Cpu,
}

impl Vendors {
    /// Looks for the compilers; one that can be fetched is fetched the first time.
    pub fn find(target: Target, tools: &Tools) -> Vendors {
        match target {
            Target::Msl => Vendors::Msl(mlir_to_msl::validate::Judges::find(tools)),
            Target::Cuda => Vendors::Cuda(mlir_to_gpu::validate::Judges::find(tools)),
            Target::Musa => Vendors::Musa(mlir_to_musa::validate::Judges::find(tools)),
            Target::Spirv => Vendors::Spirv(mlir_to_spirv::validate::Judges::find(tools)),
            Target::Ascendc => Vendors::Ascendc(mlir_to_cpp::validate::Judges::find(tools)),
            Target::Pto => Vendors::Pto(mlir_to_pto::validate::Judges::find(tools)),
            Target::Bang => Vendors::Bang(mlir_to_bang::validate::Judges::find(tools)),
            Target::Gaudi => Vendors::Gaudi(mlir_to_gaudi::validate::Judges::find(tools)),
            Target::Nki => Vendors::Nki(mlir_to_nki::validate::Judges::find(tools)),
            Target::Aie => Vendors::Aie(mlir_to_aie::validate::Judges::find(tools)),
            Target::Cpu => Vendors::Cpu,
        }
    }

    /// What each says of one text.
    pub fn judge(&self, source: &Source) -> Vec<Verdict> {
        match self {
            Vendors::Msl(judges) => judges.judge(source),
            Vendors::Cuda(judges) => judges.judge(source),
            Vendors::Musa(judges) => judges.judge(source),
            Vendors::Spirv(judges) => judges.judge(source),
            Vendors::Ascendc(judges) => judges.judge(source),
            Vendors::Pto(judges) => judges.judge(source),
            Vendors::Bang(judges) => judges.judge(source),
            Vendors::Gaudi(judges) => judges.judge(source),
            Vendors::Nki(judges) => judges.judge(source),
            Vendors::Aie(judges) => judges.judge(source),
            Vendors::Cpu => Vec::new(),
        }
    }

    /// What each says of each text, several texts at a time; in the order of `sources`.
    pub fn judge_all(&self, sources: &[Source]) -> Vec<Verdict> {
        sources.par_iter().flat_map_iter(|source| self.judge(source)).collect()
    }
}

/// The findings of a verdict as reports, at the user's lines where they are known.
pub fn findings(outcome: &Outcome) -> Vec<Report> {
    match outcome {
        Outcome::Findings(findings) => findings.iter().map(Report::from).collect(),
        Outcome::Passed(_) | Outcome::Skipped(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bundle::manifest::{Kernel, LineOrigin};

    use super::*;

    /// A text that Metal's rules refuse: two arguments in one slot.
    fn refused() -> Source {
        let file = "k.metal".to_owned();
        let kernel = Kernel {
            name: "k".to_owned(),
            entry: "k".to_owned(),
            file: file.clone(),
            tuning: BTreeMap::new(),
            grid: [1; 3],
            block: [32, 1, 1],
            args: Vec::new(),
            budgets: BTreeMap::new(),
            dependent: false,
            needs: vec![],
            push_constant_bytes: 0,
            parts: vec![],
            scratch_bytes: 0,
            host_reads: vec![],
            workgroups: None,
            lines: vec![LineOrigin { emitted: 1, file: "user.rs".to_owned(), line: 10 }],
        };
        let text =
            "kernel void k(device float* a [[buffer(0)]], device float* b [[buffer(0)]]) {\n    a[0] = b[0];\n}\n";
        Source { file, text: text.to_owned(), binary: None, parts: vec![], kernel }
    }

    #[test]
    fn a_finding_is_reported_at_the_users_line_and_an_absent_tool_is_skipped() {
        let nowhere = Tools { path: "".into(), ..Tools::default() };
        let verdicts = Vendors::find(Target::Msl, &nowhere).judge_all(&[refused()]);
        let [rules, metal] = verdicts.as_slice() else { panic!("{verdicts:?}") };
        let reports = findings(&rules.outcome);
        assert!(reports.iter().any(|report| report.to_string().contains("user.rs:10")), "{rules:?}");
        assert!(matches!(&metal.outcome, Outcome::Skipped(absent) if absent.tool == "xcrun"), "{metal:?}");
        assert!(findings(&metal.outcome).is_empty());
    }
}
