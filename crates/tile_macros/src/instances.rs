//! `tile::instances!`.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, ExprPath, Ident, LitInt, LitStr, Result, Token, bracketed};

/// Begins the symbol of every entry; the kernel compiler looks for it.
const PREFIX: &str = "__tile_kernel_entry$";

/// More combinations than this are surely a mistake.
const MOST_CANDIDATES: usize = 256;

mod keyword {
    syn::custom_keyword!(group);
}

struct Instances {
    group: LitStr,
    entries: Vec<Entry>,
}

struct Entry {
    name: Ident,
    kernel: ExprPath,
    tunings: Vec<Tuning>,
}

struct Tuning {
    name: Ident,
    values: Vec<(LitInt, u64)>,
}

impl Parse for Instances {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        input
            .parse::<keyword::group>()
            .map_err(|error| Error::new(error.span(), "begin with the group's name: `group \"my-model\";`"))?;
        let group: LitStr = input.parse()?;
        check_group(&group)?;
        input.parse::<Token![;]>()?;
        let mut entries = Vec::new();
        while !input.is_empty() {
            entries.push(input.parse()?);
        }
        Ok(Self { group, entries })
    }
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        let kernel = input.parse()?;
        let mut tunings = Vec::new();
        while input.peek(Token![for]) {
            tunings.push(input.parse()?);
        }
        input.parse::<Token![;]>()?;
        Ok(Self { name, kernel, tunings })
    }
}

impl Parse for Tuning {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        input.parse::<Token![for]>()?;
        let name: Ident = input.parse()?;
        input.parse::<Token![in]>()?;
        let list;
        bracketed!(list in input);
        let literals = Punctuated::<LitInt, Token![,]>::parse_terminated(&list)?;
        let mut values = Vec::new();
        for literal in literals {
            let value = literal.base10_parse::<u64>()?;
            if value == 0 || values.iter().any(|(_, known)| *known == value) {
                return Err(Error::new(literal.span(), "candidates are positive and all different"));
            }
            values.push((literal, value));
        }
        if values.is_empty() {
            return Err(Error::new(name.span(), format!("`{name}` needs at least one candidate")));
        }
        Ok(Self { name, values })
    }
}

fn check_group(group: &LitStr) -> Result<()> {
    let text = group.value();
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || !text.chars().all(valid) {
        return Err(Error::new(group.span(), "a group's name is made of ASCII letters, digits, `-`, `_` and `.`"));
    }
    Ok(())
}

pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let Instances { group, entries } = syn::parse2(input)?;
    let mut names = BTreeSet::new();
    let mut output = TokenStream::new();
    for entry in &entries {
        if !names.insert(entry.name.to_string()) {
            return Err(Error::new(entry.name.span(), format!("the group has two kernels named `{}`", entry.name)));
        }
        for choice in choices(entry)? {
            output.extend(static_item(&group.value(), entry, &choice));
        }
    }
    Ok(output)
}

type Choice<'a> = Vec<(&'a Ident, &'a LitInt, u64)>;

/// Every combination of an entry's candidates, the last `for` fastest.
fn choices(entry: &Entry) -> Result<Vec<Choice<'_>>> {
    let mut all = vec![Vec::new()];
    for tuning in &entry.tunings {
        if !mentions(entry.kernel.to_token_stream(), &tuning.name) {
            return Err(Error::new(
                tuning.name.span(),
                format!("`{}` is not used in the kernel's const arguments", tuning.name),
            ));
        }
        let mut longer = Vec::new();
        for choice in &all {
            for (literal, value) in &tuning.values {
                let mut choice: Choice<'_> = choice.clone();
                choice.push((&tuning.name, literal, *value));
                longer.push(choice);
            }
        }
        all = longer;
        if all.len() > MOST_CANDIDATES {
            return Err(Error::new(
                entry.name.span(),
                format!("`{}` has more than {MOST_CANDIDATES} candidates", entry.name),
            ));
        }
    }
    Ok(all)
}

fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

fn static_item(group: &str, entry: &Entry, choice: &Choice<'_>) -> TokenStream {
    let tuning: Vec<String> = choice.iter().map(|(name, _, value)| format!("{name}={value}")).collect();
    let symbol = format!("{PREFIX}{group}${}${}", entry.name, tuning.join(","));
    let kernel = &entry.kernel;
    let constants = choice.iter().map(|(name, literal, _)| quote!(const #name: usize = #literal;));
    quote_spanned! { entry.name.span()=>
        const _: () = {
            #(#constants)*
            #[used]
            #[unsafe(export_name = #symbol)]
            static ENTRY: ::tile::private::KernelEntry = ::tile::private::KernelEntry(#kernel as *const ());
        };
    }
}
