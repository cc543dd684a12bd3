//! Rules that all kernel functions share.

use proc_macro2::Span;
use quote::ToTokens;
use syn::{Error, FnArg, Ident, Pat, PatType, Result, ReturnType, Signature};

/// Checks all but the types of parameters. `outputs` says what results are written to.
pub(crate) fn check(signature: &Signature, allow_unsafe: bool, outputs: &str) -> Result<()> {
    let mut errors = Errors::default();
    if let Some(token) = &signature.asyncness {
        errors.add(token.span, "a kernel cannot be `async`");
    }
    if let Some(token) = &signature.constness {
        errors.add(token.span, "a kernel cannot be `const`");
    }
    if let Some(abi) = &signature.abi {
        errors.add_at(abi, "a kernel has Rust's own ABI: remove `extern`");
    }
    if let (Some(token), false) = (&signature.unsafety, allow_unsafe) {
        errors.add(token.span, "a kernel is safe: remove `unsafe`, or write `#[tile::kernel(unsafe)]` if it must be");
    }
    if let ReturnType::Type(_, ty) = &signature.output {
        errors.add_at(ty, &format!("a kernel returns nothing: write results to {outputs}"));
    }
    if let Some(variadic) = &signature.variadic {
        errors.add_at(variadic, "a kernel has a fixed number of arguments");
    }
    for argument in &signature.inputs {
        if let Err(error) = named(argument) {
            errors.0.push(error);
        }
    }
    errors.finish()
}

/// The name and type of a parameter that is a plain name.
pub(crate) fn named(argument: &FnArg) -> Result<(&Ident, &PatType)> {
    let typed = match argument {
        FnArg::Receiver(receiver) => {
            return Err(Error::new_spanned(receiver, "a kernel is a free function: it has no `self`"));
        }
        FnArg::Typed(typed) => typed,
    };
    match &*typed.pat {
        Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => Ok((&name.ident, typed)),
        pattern => Err(Error::new_spanned(pattern, "a kernel argument is a plain name: the host binds buffers by it")),
    }
}

/// Errors found so far, reported together.
#[derive(Default)]
struct Errors(Vec<Error>);

impl Errors {
    fn add(&mut self, span: Span, message: &str) {
        self.0.push(Error::new(span, message));
    }

    fn add_at(&mut self, tokens: impl ToTokens, message: &str) {
        self.0.push(Error::new_spanned(tokens, message));
    }

    fn finish(self) -> Result<()> {
        let all = self.0.into_iter().reduce(|mut all, error| {
            all.combine(error);
            all
        });
        all.map_or(Ok(()), Err)
    }
}
