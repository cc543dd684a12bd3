//! `tenfold-decode`: runs a language model with the kernels of a bundle.
mod args;
mod bench;
mod check;
mod decode;
mod judge;
mod logits;
mod progress;

use std::process::ExitCode;

use ::bundle::Bundle;
use ::decode::plan::{self, Plan};
use ::decode::{Engine, Error, Launching, Model, open_device};
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
        Some(Command::Judge(args)) => judge::run(args),
        Some(Command::Plan(args)) => show_plan(&args.common),
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
    let bundle = open_bundle(common)?;
    let model = ::decode::fetch::open(&common.model, progress::resolve)?;
    let plan = plan(common, &bundle, &model)?;
    let mut engine = Engine::with_plan(device, &bundle, &model, plan)?;
    if common.no_graph {
        engine.set_launching(Launching::OneByOne);
    }
    Ok((model, engine))
}

/// Says what kept the device from running as fast as it might.
fn say_notes(engine: &Engine) {
    for note in engine.notes() {
        eprintln!("note: {note}");
    }
}

fn open_bundle(common: &Common) -> Result<Bundle, Error> {
    let none = || Error::Input { message: "no bundle of kernels is given; pass --bundle DIR".to_owned() };
    Ok(Bundle::open(common.bundle.as_deref().ok_or_else(none)?)?)
}

/// The launches that the user wants.
fn plan(common: &Common, bundle: &Bundle, model: &Model) -> Result<Plan, Error> {
    let plan = plan::build(model.config(), bundle.manifest())?;
    let fusions = &bundle.manifest().fusions;
    match common.unfused.as_deref() {
        None => Ok(plan::fuse(&plan, bundle.manifest())),
        Some([]) => Ok(plan),
        Some(names) => match names.iter().find(|name| fusions.iter().all(|fusion| fusion.kernel != **name)) {
            None => Ok(plan::fuse_except(&plan, bundle.manifest(), names)),
            Some(name) => {
                let known: Vec<&str> = fusions.iter().map(|fusion| fusion.kernel.as_str()).collect();
                let message = format!("the bundle has no fused kernel `{name}`; it has: {}", known.join(", "));
                Err(Error::Input { message })
            }
        },
    }
}

/// Prints the launches of a token; needs no device.
fn show_plan(common: &Common) -> Result<ExitCode, Error> {
    ::decode::fetch::check_name(&common.model)?;
    let bundle = open_bundle(common)?;
    let model = ::decode::fetch::open(&common.model, progress::resolve)?;
    decode::print(&plan(common, &bundle, &model)?.to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// What to call the model: the name the user gave, or the one in the files.
fn model_name<'a>(common: &'a Common, model: &'a Model) -> &'a str {
    if ::decode::MODELS.contains(&common.model.as_str()) { &common.model } else { &model.config().name }
}
