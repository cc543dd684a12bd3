//! The progress bar of a fetch, on the error stream.

use std::path::PathBuf;

use decode::Error;
use decode::fetch::{self, Progress};
use indicatif::{ProgressBar, ProgressStyle};

/// Finds the model's files, fetching them with a bar if need be.
pub(crate) fn resolve(model: &str) -> Result<PathBuf, Error> {
    let mut bar: Option<ProgressBar> = None;
    let result = fetch::resolve(model, &mut |progress| {
        let (message, done, total) = match progress {
            Progress::Waiting => ("waiting for another fetch", 0, 0),
            Progress::Downloading(done, total) => ("downloading", done, total),
            Progress::Unpacking(done, total) => ("unpacking", done, total),
            Progress::Done => ("done", 0, 0),
        };
        let bar = bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{prefix}: {msg:24} {bar:30} {bytes}/{total_bytes}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(total).with_style(style).with_prefix(model.to_owned())
        });
        if progress == Progress::Done {
            bar.finish_and_clear();
            return;
        }
        bar.set_message(message);
        bar.set_length(total);
        bar.set_position(done);
    });
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    result
}
