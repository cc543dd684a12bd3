//! `#[tile::kernel]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Error, FnArg, Ident, ItemFn, Result, Token, parse_quote, parse_quote_spanned};

use crate::signature::{check, named};

pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let allow_unsafe = option(attribute)?;
    let mut function: ItemFn = syn::parse2(item)
        .map_err(|error| Error::new(error.span(), "`#[tile::kernel]` belongs on a function with a body"))?;
    let rows = take_rows(&mut function)?;
    if let Err(error) = check(&function.sig, allow_unsafe, "a `Partition`, `RowMut` or `MatrixMut` argument") {
        // The function stays, so that what refers to it is not an error too.
        let message = error.into_compile_error();
        return Ok(quote!(#message #function));
    }
    bind_parameters(&mut function, rows)?;

    // A kernel has as many arguments as it has buffers.
    Ok(quote! {
        #[allow(clippy::too_many_arguments)]
        #function
    })
}

/// Puts the statements that bind each parameter before the body. `rows` has the row of each parameter that has one.
fn bind_parameters(function: &mut ItemFn, rows: Vec<Option<Ident>>) -> Result<()> {
    let mut plain = Vec::new();
    let mut opened = Vec::new();
    for (argument, row) in function.sig.inputs.iter_mut().zip(rows) {
        let (name, typed) = named(argument)?;
        let (name, text, ty) = (name.clone(), name.to_string(), typed.ty.clone());
        match row {
            None => plain.push(quote_spanned! { name.span()=> ::tile::private::bind::<#ty>(&#name, #text); }),
            Some(row) => {
                let FnArg::Typed(typed) = argument else {
                    continue;
                };
                let pattern = typed.pat.clone();
                // The launch passes the pointer; the body sees the type that was written.
                typed.pat = parse_quote!(#name);
                typed.ty = parse_quote_spanned!(ty.span()=> <#ty as ::tile::private::RowView>::Argument);
                let open = quote_spanned!(ty.span()=> <#ty as ::tile::private::RowView>::open);
                opened.push(quote_spanned!(name.span()=> let #pattern = #open(#name, #row, #text);));
            }
        }
    }

    // Scalars first: a row names one of them.
    let statements = &function.block.stmts;
    function.block = parse_quote!({ #(#plain)* #(#opened)* #(#statements)* });
    Ok(())
}

/// Parses the attribute's own argument: nothing, or `unsafe`.
fn option(attribute: TokenStream) -> Result<bool> {
    if attribute.is_empty() {
        return Ok(false);
    }
    syn::parse2::<Token![unsafe]>(attribute)
        .map(|_| true)
        .map_err(|error| Error::new(error.span(), "the only option is `#[tile::kernel(unsafe)]`"))
}

/// Removes `#[row(scalar)]` from every parameter and returns the scalars' names.
fn take_rows(function: &mut ItemFn) -> Result<Vec<Option<Ident>>> {
    function.sig.inputs.iter_mut().map(take_row).collect()
}

/// Removes `#[row(scalar)]` from a parameter and returns the scalar's name.
fn take_row(argument: &mut FnArg) -> Result<Option<Ident>> {
    let FnArg::Typed(typed) = argument else {
        return Ok(None);
    };
    let Some(index) = typed.attrs.iter().position(|attribute| attribute.path().is_ident("row")) else {
        return Ok(None);
    };
    let attribute: Attribute = typed.attrs.remove(index);
    attribute
        .parse_args()
        .map(Some)
        .map_err(|error| Error::new(error.span(), "name the scalar argument that selects the row: `#[row(position)]`"))
}
