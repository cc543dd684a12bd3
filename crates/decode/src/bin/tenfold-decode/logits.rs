//! Logits of every step of a given text, to compare with another program's.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::process::ExitCode;

use ::decode::Error;

use crate::args::{Common, Logits};
use crate::decode::read_tokens;

/// Runs the command: feeds each token and writes what the model expects next, little-endian f32, one row of the
/// vocabulary's size per token.
pub(crate) fn run(common: &Common, args: &Logits) -> Result<ExitCode, Error> {
    let tokens = read_tokens(&args.tokens_file)?;
    let (model, mut engine) = crate::open(common)?;
    engine.check_room(tokens.len() as u64)?;
    let failed = |source| Error::Io { action: "write", path: args.out.clone(), source };
    let mut out = BufWriter::new(File::create(&args.out).map_err(failed)?);
    for &token in &tokens {
        for logit in engine.next_logits(token)? {
            out.write_all(&logit.to_le_bytes()).map_err(failed)?;
        }
    }
    out.flush().map_err(failed)?;
    crate::say_notes(&engine);
    println!(
        "{} on {} ({}): {} x {} logits in {}",
        crate::model_name(common, &model),
        engine.device_name(),
        engine.judge(),
        tokens.len(),
        model.config().vocab,
        args.out.display()
    );
    Ok(ExitCode::SUCCESS)
}
