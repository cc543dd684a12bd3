//! Modules and functions.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use tile_ir::{Block, Kernel, Module, ParamKind, ViewId};

use super::{Bound, Importer, params};
use crate::errors::{ImportError, Problem};
use crate::location;
use crate::raw;

/// Imports a whole module; errors of all kernels are collected.
pub(super) fn module(op: raw::Operation<'_>, text_name: &Arc<str>) -> Result<Module, Vec<ImportError>> {
    let mut errors = Vec::new();
    let mut kernels: Vec<Kernel> = Vec::new();
    for function in op.blocks(0).into_iter().flat_map(raw::Block::operations) {
        match kernel(function, text_name) {
            Ok(kernel) => kernels.push(kernel),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let module = Module { name: name(op, text_name), kernels };
    match tile_ir::validate(&module) {
        Ok(()) => Ok(module),
        Err(found) => Err(found
            .into_iter()
            .map(|error| {
                let loc = error.loc.clone();
                Problem::Invalid(Box::new(error)).at(loc)
            })
            .collect()),
    }
}

/// The module's symbol, or the file's name without its extension.
fn name(op: raw::Operation<'_>, text_name: &str) -> String {
    let symbol = op.attribute("sym_name").and_then(raw::Attribute::as_str);
    let stem = || Path::new(text_name).file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    symbol.map_or_else(stem, str::to_owned)
}

fn kernel<'m>(op: raw::Operation<'m>, text_name: &Arc<str>) -> Result<Kernel, ImportError> {
    let loc = location::read(&op.location_text(), text_name).loc;
    let name = op.attribute("sym_name").and_then(raw::Attribute::as_str).unwrap_or_default().to_owned();
    let refuse = |what: &str, instead: Option<&str>| {
        let (name, instead) = (name.clone(), instead.map(str::to_owned));
        Problem::Function { name, what: what.to_owned(), instead }.at(loc.clone())
    };
    if !params::is_identifier(&name) {
        return Err(refuse("has a name that is no identifier", Some("use letters, digits and `_`")));
    }
    let ty = op.attribute("function_type").and_then(raw::Attribute::as_type);
    match ty.and_then(raw::Type::function_counts) {
        Some((_, 0)) => {}
        Some(_) | None => return Err(refuse("returns values", Some("write results to a view"))),
    }
    let body = match op.blocks(0)[..] {
        [body] => body,
        [] => {
            return Err(refuse("has no body", Some("remove the declaration: a kernel makes no calls")));
        }
        _ => {
            return Err(refuse("branches between blocks", Some("use scf.for, scf.while and scf.if")));
        }
    };
    let header = params::Header::read(op, &name).map_err(|problem| problem.at(loc.clone()))?;
    let mut importer = Importer {
        text_name: Arc::clone(text_name),
        kernel: Kernel {
            family: header.family,
            tuning: header.tuning,
            grid: header.grid,
            params: Vec::new(),
            values: Vec::new(),
            body: Block::default(),
            name,
            loc: loc.clone(),
        },
        bound: HashMap::new(),
        stored: Vec::new(),
        module: PhantomData,
    };
    let site = importer.site(op);
    let locs = location::of_arguments(op, text_name);
    let declared = params::declare(op, body, &mut importer.kernel, &locs)?;
    for (index, arg) in body.args().enumerate() {
        let bound = match &importer.kernel.params[index].kind {
            ParamKind::View(_) => Bound::View(ViewId(index as u32)),
            ParamKind::Scalar(scalar) => Bound::Value(scalar.value),
        };
        importer.bound.insert(arg.id(), bound);
        importer.stored.push(None);
    }
    let mut block = Block::default();
    if importer.body(body, &mut block)?.is_none() {
        return Err(site.form("has a body without an end", None));
    }
    let Importer { mut kernel, stored, .. } = importer;
    kernel.body = block;
    declared.resolve(&mut kernel, &stored)?;
    Ok(kernel)
}
