//! `#[ascend_std::aiv_kernel]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Error, ItemFn, Result, Type, parse_quote};

use crate::signature::{check, named};

pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> Result<TokenStream> {
    if !attribute.is_empty() {
        return Err(Error::new_spanned(attribute, "`#[aiv_kernel]` takes no options"));
    }
    let mut function: ItemFn = syn::parse2(item)
        .map_err(|error| Error::new(error.span(), "`#[aiv_kernel]` belongs on a function with a body"))?;
    check(&function.sig, true, "a view of a `*mut` argument")?;
    if let Some(parameter) = function.sig.generics.params.first() {
        return Err(Error::new_spanned(parameter, "an `#[aiv_kernel]` is not generic: it is its own only instance"));
    }

    let mut opening = Vec::new();
    for argument in &function.sig.inputs {
        let (name, typed) = named(argument)?;
        let text = name.to_string();
        opening.push(match &*typed.ty {
            // The view that the body makes of a pointer needs the parameter's name.
            Type::Ptr(_) => quote_spanned! { name.span()=> let #name = ::ascend_std::private::named(#name, #text); },
            ty => quote_spanned! { name.span()=> ::ascend_std::private::bind::<#ty>(&#name, #text); },
        });
    }
    let statements = &function.block.stmts;
    function.block = parse_quote!({ #(#opening)* #(#statements)* });

    let name = &function.sig.ident;
    let group = std::env::var("CARGO_PKG_NAME").unwrap_or_else(|_| "ascend_std".to_owned());
    let symbol = format!("__tile_kernel_entry${group}${name}$");
    Ok(quote! {
        #function
        const _: () = {
            #[used]
            #[unsafe(export_name = #symbol)]
            static ENTRY: ::ascend_std::private::KernelEntry =
                ::ascend_std::private::KernelEntry(#name as *const ());
        };
    })
}
