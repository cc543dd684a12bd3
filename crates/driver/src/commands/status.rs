//! `tenfold status`: what is known of every target, as a page.

use std::process::ExitCode;

use anyhow::Context;

use crate::cli::Status;
use crate::status::{FILE, gather};
use crate::tools;

/// Runs everything and writes the page; fails if a judge found something wrong, which the page then says.
///
/// # Errors
/// The suites do not compile, a tool does not start, or the page cannot be written.
pub fn run(args: &Status) -> anyhow::Result<ExitCode> {
    let page = gather()?;
    let path = args.out.clone().unwrap_or_else(|| tools::workspace_root().join(FILE));
    std::fs::write(&path, page.render()).with_context(|| format!("{} cannot be written", path.display()))?;
    println!("wrote {}", args.out.as_ref().map_or_else(|| FILE.to_owned(), |path| path.display().to_string()));
    Ok(if page.is_right() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
