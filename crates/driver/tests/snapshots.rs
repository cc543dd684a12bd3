//! The MLIR of every kernel, as the frontend writes it, locked under `snapshots/mlir/<suite>/`.
//!
//! `INSTA_UPDATE=always cargo test -p driver --test snapshots` blesses; review with `git diff`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use driver::frontend::Source;
use driver::{names, pipeline};
use libtest_mimic::{Arguments, Trial};

fn folder(suite: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../snapshots/mlir").join(suite)
}

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for (suite, _) in names::SUITES {
        let source = Source::parse(suite).expect("the suite is known");
        let (text, _) = pipeline::mlir(&source).unwrap_or_else(|error| panic!("{suite}: {error}"));
        let text = Arc::new(text);
        let module = pipeline::module(&source).unwrap_or_else(|error| panic!("{suite}: {error}"));
        let kernels: Vec<String> = module.kernels.into_iter().map(|kernel| kernel.name).collect();
        for name in kernels.clone() {
            let text = text.clone();
            trials.push(Trial::test(format!("{suite}/{name}"), move || {
                let function = pipeline::function(&text, &name).ok_or("the frontend did not write it")?;
                let mut settings = insta::Settings::clone_current();
                settings.set_snapshot_path(folder(suite));
                settings.set_prepend_module_to_snapshot(false);
                settings.set_omit_expression(true);
                settings.bind(|| insta::assert_snapshot!(name, function));
                Ok(())
            }));
        }
        trials.push(Trial::test(format!("{suite}/no orphans"), move || {
            let known: BTreeSet<String> = kernels.iter().map(|name| format!("{name}.snap")).collect();
            for entry in std::fs::read_dir(folder(suite))? {
                let name = entry?.file_name().to_string_lossy().into_owned();
                if !known.contains(&name) {
                    return Err(format!("{name} belongs to no kernel: remove it").into());
                }
            }
            Ok(())
        }));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
