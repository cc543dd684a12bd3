//! `tile::instances!`.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, ExprPath, Ident, LitInt, LitStr, Result, Token, bracketed, parenthesized, token};

/// Begins the symbol of every entry; the kernel compiler looks for it.
const PREFIX: &str = "__tile_kernel_entry$";

/// Begins the symbol of every declared fusion.
const FUSION_PREFIX: &str = "__tile_fusion$";

/// More combinations than this are surely a mistake.
const MOST_CANDIDATES: usize = 256;

mod keyword {
    syn::custom_keyword!(group);
    syn::custom_keyword!(fuse);
    syn::custom_keyword!(or);
}

struct Instances {
    group: LitStr,
    entries: Vec<Entry>,
    fusions: Vec<Fusion>,
}

/// `fuse name = producer => kernel(argument) | kernel;`
struct Fusion {
    name: Ident,
    producer: Option<Ident>,
    consumers: Vec<(Ident, Option<Ident>)>,
}

impl Parse for Fusion {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        input.parse::<keyword::fuse>()?;
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        let producer = if input.peek2(Token![=>]) {
            let producer = input.parse()?;
            input.parse::<Token![=>]>()?;
            Some(producer)
        } else {
            None
        };
        let mut consumers = Vec::new();
        loop {
            let kernel: Ident = input.parse()?;
            let mut arg = None;
            if producer.is_some() && input.peek(token::Paren) {
                let list;
                parenthesized!(list in input);
                arg = Some(list.parse::<Ident>()?);
                if !list.is_empty() {
                    return Err(list.error("one argument takes the output"));
                }
            }
            consumers.push((kernel, arg));
            if !input.peek(Token![|]) {
                break;
            }
            input.parse::<Token![|]>()?;
        }
        if producer.is_none() && consumers.len() < 2 {
            return Err(Error::new_spanned(&name, "a fusion has a kernel before `=>` or a second one after `|`"));
        }
        input.parse::<Token![;]>()?;
        Ok(Self { name, producer, consumers })
    }
}

struct Entry {
    name: Ident,
    forms: Vec<Form>,
}

/// One of the kernels that compute the same thing, with the candidates of its constants.
struct Form {
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
        let (mut entries, mut fusions) = (Vec::new(), Vec::new());
        while !input.is_empty() {
            if input.peek(keyword::fuse) && input.peek2(Ident) {
                fusions.push(input.parse()?);
            } else {
                entries.push(input.parse()?);
            }
        }
        Ok(Self { group, entries, fusions })
    }
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        let mut forms = vec![input.parse::<Form>()?];
        while input.peek(keyword::or) {
            input.parse::<keyword::or>()?;
            let form: Form = input.parse()?;
            // The names of constants tell the forms apart, in the candidates' names too.
            if forms.iter().any(|other| other.names().eq(form.names())) {
                let message = "another form of this kernel has constants of the same names";
                return Err(Error::new_spanned(&form.kernel, message));
            }
            forms.push(form);
        }
        input.parse::<Token![;]>()?;
        Ok(Self { name, forms })
    }
}

impl Parse for Form {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let kernel = input.parse()?;
        let mut tunings = Vec::new();
        while input.peek(Token![for]) {
            tunings.push(input.parse()?);
        }
        Ok(Self { kernel, tunings })
    }
}

impl Form {
    fn names(&self) -> impl Iterator<Item = &Ident> {
        self.tunings.iter().map(|tuning| &tuning.name)
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
    let Instances { group, entries, fusions } = syn::parse2(input)?;
    let mut names = BTreeSet::new();
    let mut output = TokenStream::new();
    for entry in &entries {
        if !names.insert(entry.name.to_string()) {
            return Err(Error::new(entry.name.span(), format!("the group has two kernels named `{}`", entry.name)));
        }
        let mut count = 0;
        for form in &entry.forms {
            let choices = choices(form)?;
            count += choices.len();
            if count > MOST_CANDIDATES {
                let message = format!("`{}` has more than {MOST_CANDIDATES} candidates", entry.name);
                return Err(Error::new(entry.name.span(), message));
            }
            for choice in choices {
                output.extend(static_item(&group.value(), &entry.name, form, &choice));
            }
        }
    }
    for fusion in &fusions {
        let kernels = fusion.producer.iter().chain(fusion.consumers.iter().map(|consumer| &consumer.0));
        for kernel in kernels {
            if !entries.iter().any(|entry| entry.name == *kernel) {
                return Err(Error::new(kernel.span(), format!("the group has no kernel named `{kernel}`")));
            }
        }
        if !names.insert(fusion.name.to_string()) {
            let message = format!("the group has another kernel or fusion named `{}`", fusion.name);
            return Err(Error::new(fusion.name.span(), message));
        }
        output.extend(fusion_item(&group.value(), fusion));
    }
    Ok(output)
}

/// A static whose symbol is the declaration, as the kernel compiler reads it.
fn fusion_item(group: &str, fusion: &Fusion) -> TokenStream {
    let consumer = |(kernel, arg): &(Ident, Option<Ident>)| match arg {
        Some(arg) => format!("{kernel}.{arg}"),
        None => kernel.to_string(),
    };
    let consumers: Vec<String> = fusion.consumers.iter().map(consumer).collect();
    let producer = fusion.producer.as_ref().map(|producer| format!("{producer}>")).unwrap_or_default();
    let symbol = format!("{FUSION_PREFIX}{group}${}={producer}{}", fusion.name, consumers.join("+"));
    quote_spanned! { fusion.name.span()=>
        const _: () = {
            #[used]
            #[unsafe(export_name = #symbol)]
            static FUSION: u8 = 0;
        };
    }
}

type Choice<'a> = Vec<(&'a Ident, &'a LitInt, u64)>;

/// Every combination of a form's candidates, the last `for` fastest; too many are cut off.
fn choices(form: &Form) -> Result<Vec<Choice<'_>>> {
    let mut all = vec![Vec::new()];
    for tuning in &form.tunings {
        if !mentions(form.kernel.to_token_stream(), &tuning.name) {
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
        all.truncate(MOST_CANDIDATES + 1);
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

fn static_item(group: &str, entry: &Ident, form: &Form, choice: &Choice<'_>) -> TokenStream {
    let tuning: Vec<String> = choice.iter().map(|(name, _, value)| format!("{name}={value}")).collect();
    let symbol = format!("{PREFIX}{group}${}${}", entry, tuning.join(","));
    let kernel = &form.kernel;
    let constants = choice.iter().map(|(name, literal, _)| quote!(const #name: usize = #literal;));
    quote_spanned! { entry.span()=>
        const _: () = {
            #(#constants)*
            #[used]
            #[unsafe(export_name = #symbol)]
            static ENTRY: ::tile::private::KernelEntry = ::tile::private::KernelEntry(#kernel as *const ());
        };
    }
}
