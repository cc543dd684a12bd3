//! Finding the kernels of a module.
//!
//! `#[tile::kernel]` leaves one static per kernel and candidate, whose symbol says what it is:
//! `__tile_kernel_entry$<group>$<family>$<KEY=VALUE,..>`, and whose value holds the kernel function's address.

use tile::abi::{ENTRY_PREFIX, FUSION_PREFIX};

use crate::errors::{Error, Problem, Result};
use crate::llvm::{Function, Module, Value};
use crate::loc::Locator;
use tile_ir::Loc;

/// Name of a kernel, as its entry symbol gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntryName {
    /// Group it belongs to.
    pub(crate) group: String,
    /// Name whatever the tuning.
    pub(crate) family: String,
    /// Tile sizes of this candidate.
    pub(crate) tuning: Vec<(String, u64)>,
}

impl EntryName {
    /// Parses an entry symbol.
    fn parse(symbol: &str) -> Option<EntryName> {
        let mut parts = symbol.strip_prefix(ENTRY_PREFIX)?.split('$');
        let (group, family, tuning) = (parts.next()?, parts.next()?, parts.next().unwrap_or(""));
        let tuning = tuning
            .split(',')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (key, value) = pair.split_once('=')?;
                is_identifier(key).then_some(())?;
                Some((key.to_owned(), value.parse().ok()?))
            })
            .collect::<Option<Vec<_>>>()?;
        let well_formed = parts.next().is_none() && !group.is_empty() && is_identifier(family);
        well_formed.then(|| EntryName { group: group.to_owned(), family: family.to_owned(), tuning })
    }

    /// Symbol of the kernel in MLIR: the family, then `_bn16` for each tile size.
    pub(crate) fn symbol(&self) -> String {
        let mut symbol = self.family.clone();
        for (key, value) in &self.tuning {
            symbol.push_str(&format!("_{}{value}", key.to_ascii_lowercase()));
        }
        symbol
    }
}

fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A kernel of a module.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'m> {
    /// Its name.
    pub(crate) name: EntryName,
    /// Its function.
    pub(crate) function: Function<'m>,
    /// Where it is defined.
    pub(crate) loc: Loc,
}

/// The kernels of a module: by file, then line, then tile sizes.
pub(crate) fn find<'m>(module: &'m Module<'_>, locator: &Locator) -> (Vec<Entry<'m>>, Vec<Error>) {
    let mut entries: Vec<Entry<'m>> = Vec::new();
    let mut errors = Vec::new();
    for global in module.globals() {
        let symbol = global.name();
        if !symbol.starts_with(ENTRY_PREFIX) {
            continue;
        }
        match entry(&symbol, global, locator) {
            Ok(entry) => entries.push(entry),
            Err(error) => errors.push(error),
        }
    }
    entries.sort_by_cached_key(|entry| {
        let place = match &entry.loc {
            Loc::Unknown => (String::new(), 0, 0),
            Loc::File { file, line, column } => (file.to_string(), *line, *column),
        };
        let tuning = entry.name.tuning.clone();
        (entry.name.group.clone(), place, entry.name.family.clone(), tuning)
    });
    for pair in entries.windows(2) {
        if pair[0].name.group == pair[1].name.group && pair[0].name.symbol() == pair[1].name.symbol() {
            let problem = Problem::DuplicateKernel { name: pair[1].name.symbol() };
            errors.push(Error::new(problem, pair[1].loc.clone()));
        }
    }
    (entries, errors)
}

/// The fusions that a group declares (all groups, if `None`), in order of name.
pub(crate) fn fusions(module: &Module<'_>, group: Option<&str>) -> Vec<String> {
    let declaration = |symbol: String| {
        let (of, declaration) = symbol.strip_prefix(FUSION_PREFIX)?.split_once('$')?;
        group.is_none_or(|group| group == of).then(|| declaration.to_owned())
    };
    let mut found: Vec<String> = module.globals().into_iter().filter_map(|global| declaration(global.name())).collect();
    found.sort();
    found
}

fn entry<'m>(symbol: &str, global: Value<'m>, locator: &Locator) -> Result<Entry<'m>> {
    let bad = || Error::new(Problem::BadEntry { symbol: symbol.to_owned() }, Loc::Unknown);
    let name = EntryName::parse(symbol).ok_or_else(bad)?;
    let function = global.initializer().and_then(|value| function_in(value, 8)).ok_or_else(bad)?;
    if function.is_declaration() {
        return Err(bad());
    }
    Ok(Entry { name, function, loc: locator.of_function(function) })
}

/// The first function in a constant, however it is wrapped.
fn function_in<'m>(value: Value<'m>, depth: usize) -> Option<Function<'m>> {
    if let Some(function) = value.as_function() {
        return Some(function);
    }
    if depth == 0 || value.is_global() {
        return None;
    }
    value.operands().into_iter().find_map(|operand| function_in(operand, depth - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_parsed() {
        let name = EntryName::parse("__tile_kernel_entry$smol$q_proj$BN=16,BK=64").unwrap();
        assert_eq!((name.group.as_str(), name.family.as_str()), ("smol", "q_proj"));
        assert_eq!(name.symbol(), "q_proj_bn16_bk64");
        assert_eq!(EntryName::parse("__tile_kernel_entry$g$norm$").unwrap().symbol(), "norm");
    }

    #[test]
    fn malformed_symbols_are_refused() {
        for symbol in ["", "$", "g$", "g$a b$", "g$f$X", "g$f$X=y", "g$f$=3", "g$f$X=1$more", "$f$"] {
            assert_eq!(EntryName::parse(&format!("{ENTRY_PREFIX}{symbol}")), None, "{symbol}");
        }
    }
}
