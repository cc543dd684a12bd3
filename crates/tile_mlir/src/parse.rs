//! Text to a verified MLIR module, and MLIR's complaints to errors.

use std::sync::Arc;

use melior::ir::Module;
use tile_ir::Loc;

use crate::context::{Reported, Session};
use crate::errors::{ImportError, Problem};
use crate::{location, scan, subset};

/// Stack for MLIR's recursive parser, verifier and passes; enough for [`scan::MAX_DEPTH`] many times over.
const STACK_BYTES: usize = 64 << 20;

/// Runs `work` on a stack whose size does not depend on the caller.
pub(crate) fn on_own_stack<T: Send>(
    text_name: &Arc<str>,
    work: impl FnOnce() -> Result<T, Vec<ImportError>> + Send,
) -> Result<T, Vec<ImportError>> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
        match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(error) => {
                let how = format!("no thread could be started: {error}");
                Err(vec![Problem::Crashed { how }.at(location::of_offset("", 0, text_name))])
            }
        }
    })
}

/// Parses and verifies. MLIR's errors come back with the place in the text, or the user's place where an operation has one.
pub(crate) fn parse<'s>(
    session: &'s Session,
    text: &str,
    text_name: &Arc<str>,
) -> Result<Module<'s>, Vec<ImportError>> {
    scan::check(text).map_err(|(problem, offset)| vec![problem.at(location::of_offset(text, offset, text_name))])?;
    match Module::parse(session.context(), text) {
        Some(module) => Ok(module),
        None => Err(errors(session, text, text_name)),
    }
}

/// The errors MLIR reported since last asked; at least one.
pub(crate) fn errors(session: &Session, text: &str, text_name: &Arc<str>) -> Vec<ImportError> {
    let mut errors: Vec<ImportError> =
        session.take_errors().into_iter().map(|reported| error(reported, text, text_name)).collect();
    if errors.is_empty() {
        let problem = Problem::Refused { message: "MLIR refused the file".to_owned(), notes: Vec::new() };
        errors.push(problem.at(Loc::Unknown));
    }
    errors
}

fn error(reported: Reported, text: &str, text_name: &Arc<str>) -> ImportError {
    let loc = location::read(&reported.location, text_name).loc;
    let problem =
        match foreign_operation(&reported.message).or_else(|| generic_operation(&reported.message, text, &loc)) {
            Some(name) => Problem::Operation { instead: subset::instead(&name), name },
            None => Problem::Refused {
                message: tidy(&reported.message),
                notes: reported.notes.iter().map(|note| located(note, text_name)).collect(),
            },
        };
    problem.at(loc)
}

/// A note with its place, if it has one.
fn located((note, location): &(String, String), text_name: &Arc<str>) -> String {
    match location::read(location, text_name).loc {
        Loc::Unknown => tidy(note),
        loc => format!("{} ({loc})", tidy(note)),
    }
}

/// The name, where the message says that an operation or its dialect is unknown.
fn foreign_operation(message: &str) -> Option<String> {
    let quoted = |text: &str| {
        let name = text.split('\'').next()?;
        (!name.is_empty()).then(|| name.to_owned())
    };
    if let Some((_, rest)) = message.split_once("not found for custom op '") {
        return quoted(rest);
    }
    if let Some(rest) = message.strip_prefix("custom op '") {
        return if rest.contains("is unknown") { quoted(rest) } else { None };
    }
    let rest = message.strip_prefix("unregistered operation '")?;
    quoted(rest)
}

/// The name of an operation in the quoted form whose dialect is unknown: MLIR's message lacks it and points behind it, so
/// the text is read.
fn generic_operation(message: &str, text: &str, loc: &Loc) -> Option<String> {
    if !message.starts_with("operation being parsed with an unregistered dialect") {
        return None;
    }
    let Loc::File { line, column, .. } = loc else {
        return None;
    };
    let line = text.lines().nth(*line as usize - 1)?;
    let name = line.get(..(*column as usize).saturating_sub(1))?.rsplit('"').nth(1)?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// One line, without MLIR's advice on its own command line.
fn tidy(message: &str) -> String {
    let message = message.split(" If this is intended, please").next().unwrap_or(message);
    message.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_operations_are_named() {
        let name = foreign_operation("Dialect `affine' not found for custom op 'affine.for' ");
        assert_eq!(name.as_deref(), Some("affine.for"));
        let name = foreign_operation("custom op 'arith.foo' is unknown (tried 'func.arith.foo' as well)");
        assert_eq!(name.as_deref(), Some("arith.foo"));
        assert_eq!(foreign_operation("expected ':'"), None);
    }
}
