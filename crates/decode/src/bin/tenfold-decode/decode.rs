//! Decoding: text as it comes, or one JSON object.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use ::decode::{Error, Generation, Options, Step, generate};
use serde::Serialize;

use crate::args::{Common, Decode};

/// Tokens generated if the user says nothing.
const DEFAULT_TOKENS: usize = 128;

/// The JSON object.
#[derive(Serialize)]
struct Object<'a> {
    model: &'a str,
    device: &'a str,
    judge: String,
    prompt_ids: &'a [u32],
    tokens: &'a [u32],
    text: &'a str,
    prefill_tok_s: f64,
    decode_tok_s: Option<f64>,
    bytes_per_token: u64,
    gb_per_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forced: Option<&'a [u32]>,
    #[serde(skip_serializing_if = "<[Step]>::is_empty")]
    steps: &'a [Step],
}

/// Runs the command.
pub(crate) fn run(common: &Common, args: &Decode) -> Result<ExitCode, Error> {
    let forced = args.tokens_file.as_deref().map(read_tokens).transpose()?;
    let (model, mut engine) = crate::open(common)?;
    let name = crate::model_name(common, &model);
    let device = engine.device_name().to_owned();
    let prompt_ids = model.tokenizer().encode(&args.prompt)?;
    // Unasked, no more than the cache has room for.
    let room = (engine.plan().capacity as usize).saturating_sub(prompt_ids.len()) + 1;
    let default = forced.as_ref().map_or(DEFAULT_TOKENS.min(room), Vec::len);
    let options = Options {
        max_tokens: args.max_tokens.unwrap_or(default),
        repetition_penalty: args.repetition_penalty,
        top: args.top,
        forced,
    };
    if args.json {
        let made = generate(&mut engine, model.tokenizer(), &prompt_ids, &options, &mut |_| {})?;
        crate::say_notes(&engine);
        let object = Object {
            model: name,
            device: &device,
            judge: engine.judge().to_string(),
            prompt_ids: &prompt_ids,
            tokens: &made.tokens,
            text: &made.text,
            prefill_tok_s: made.prefill_rate(),
            decode_tok_s: made.decode_rate(),
            bytes_per_token: made.bytes_per_token,
            gb_per_s: made.decode_rate().map(|rate| rate * made.bytes_per_token as f64 / 1e9),
            forced: options.forced.as_deref(),
            steps: &made.steps,
        };
        let text = serde_json::to_string(&object);
        let text = text.map_err(|error| Error::Input { message: format!("cannot write JSON: {error}") })?;
        print(&format!("{text}\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    print(&format!("Loaded {name} on {device} ({})\n", engine.judge()))?;
    print(&args.prompt)?;
    let mut broken = Ok(());
    let made = generate(&mut engine, model.tokenizer(), &prompt_ids, &options, &mut |piece| {
        if broken.is_ok() {
            broken = print(piece);
        }
    })?;
    broken?;
    print(&closing(&made))?;
    crate::say_notes(&engine);
    Ok(ExitCode::SUCCESS)
}

/// The closing lines.
fn closing(made: &Generation) -> String {
    let rate = made.decode_rate().map_or_else(|| "one token has no rate".to_owned(), |rate| format!("{rate:.2} tok/s"));
    format!(
        "\nPrefill: {:.2}s ({:.1} tok/s)\nGenerated {} tokens in {:.2}s ({rate})\n",
        made.prefill_seconds,
        made.prefill_rate(),
        made.tokens.len(),
        made.decode_seconds,
    )
}

/// Writes to the output stream at once.
pub(crate) fn print(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    let result = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    result.map_err(|source| Error::Io { action: "write", path: "the output".into(), source })
}

/// Reads token ids: a JSON array, or numbers between blanks.
pub(crate) fn read_tokens(path: &Path) -> Result<Vec<u32>, Error> {
    let text =
        fs::read_to_string(path).map_err(|source| Error::Io { action: "read", path: path.to_owned(), source })?;
    let bad = |what: String| Error::ModelFile { path: path.to_owned(), message: what };
    let tokens = if text.trim_start().starts_with('[') {
        serde_json::from_str(&text).map_err(|error| bad(format!("no JSON array of tokens: {error}")))?
    } else {
        let number = |word: &str| word.parse().map_err(|_| bad(format!("`{word}` is no token")));
        text.split_ascii_whitespace().map(number).collect::<Result<Vec<u32>, _>>()?
    };
    if tokens.is_empty() { Err(bad("no tokens".to_owned())) } else { Ok(tokens) }
}
