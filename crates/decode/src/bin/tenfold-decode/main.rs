//! `tenfold-decode`: runs a language model with the kernels of a bundle.
mod args;
mod bench;
mod check;
mod decode;
mod logits;
mod progress;

use std::process::ExitCode;

use ::bundle::Bundle;
use ::decode::{Engine, Error, Model, open_device};
use clap::Parser;
use diagnostics::Report;

use args::{Cli, Command, Common};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match &cli.command {
        None => decode::run(&cli.common, &cli.decode),
        Some(Command::Check(args)) => check::run(&args.common, args),
        Some(Command::Bench(args)) => bench::run(&args.common, args),
        Some(Command::Logits(args)) => logits::run(&args.common, args),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{}", Report::from(&error).to_string().trim_end());
            ExitCode::FAILURE
        }
    }
}

/// Opens what every command needs; last what takes long.
fn open(common: &Common) -> Result<(Model, Engine), Error> {
    let device = open_device(&common.device, common.threads)?;
    ::decode::fetch::check_name(&common.model)?;
    let bundle = common
        .bundle
        .as_deref()
        .ok_or_else(|| Error::Input { message: "no bundle of kernels is given; pass --bundle DIR".to_owned() })?;
    let bundle = Bundle::open(bundle)?;
    let model = ::decode::fetch::open(&common.model, progress::resolve)?;
    let engine = Engine::new(device, &bundle, &model)?;
    Ok((model, engine))
}

/// What to call the model: the name the user gave, or the one in the files.
fn model_name<'a>(common: &'a Common, model: &'a Model) -> &'a str {
    if ::decode::MODELS.contains(&common.model.as_str()) { &common.model } else { &model.config().name }
}
