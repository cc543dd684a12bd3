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

/// `fuse name = producer.output => kernel(argument) | (kernel(argument).output => kernel(argument));`
struct Fusion {
    name: Ident,
    producer: Option<Link>,
    chains: Vec<Chain>,
}

/// Kernels of which each is computed inside of the next.
struct Chain(Vec<Link>);

/// A kernel of a fusion: the argument that takes the output of the one before, the output that the next one takes.
struct Link {
    kernel: Ident,
    arg: Option<Ident>,
    output: Option<Ident>,
}

impl Parse for Fusion {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        input.parse::<keyword::fuse>()?;
        let name: Ident = input.parse()?;
        input.parse::<Token![=]>()?;
        let mut producer = None;
        let mut chains = vec![Chain::parse(input)?];
        if input.peek(Token![=>]) {
            let arrow = input.parse::<Token![=>]>()?;
            match chains.pop() {
                Some(Chain(mut links)) if links.len() == 1 => producer = links.pop(),
                Some(_) | None => return Err(Error::new_spanned(arrow, "one kernel stands before this `=>`")),
            }
            chains.push(Chain::parse(input)?);
        }
        while input.peek(Token![|]) {
            input.parse::<Token![|]>()?;
            chains.push(Chain::parse(input)?);
        }
        if input.peek(Token![=>]) {
            return Err(input.error("a kernel inside of one that is inside of another: `a => (b => c)`"));
        }
        let fusion = Self { name, producer, chains };
        fusion.check()?;
        input.parse::<Token![;]>()?;
        Ok(fusion)
    }
}

impl Fusion {
    fn links(&self) -> impl Iterator<Item = &Link> {
        self.producer.iter().chain(self.chains.iter().flat_map(|chain| &chain.0))
    }

    /// Outputs are read by something, and arguments read something.
    fn check(&self) -> Result<()> {
        if self.links().count() < 2 {
            let message = "a fusion has a kernel before `=>` or a second one after `|`";
            return Err(Error::new_spanned(&self.name, message));
        }
        let firsts = self.chains.iter().filter(|_| self.producer.is_none()).filter_map(|chain| chain.0.first());
        if let Some(arg) = self.producer.iter().chain(firsts).find_map(|link| link.arg.as_ref()) {
            return Err(Error::new_spanned(arg, "no kernel before this one has an output for the argument"));
        }
        let mut lasts = self.chains.iter().filter_map(|chain| chain.0.last());
        match lasts.find_map(|link| link.output.as_ref()) {
            Some(output) => Err(Error::new_spanned(output, "no kernel behind this one reads the output")),
            None => Ok(()),
        }
    }

    /// As the kernel compiler reads it: `name=producer:output>kernel.arg+(kernel.arg:output>kernel.arg)`.
    fn text(&self) -> String {
        let link = |Link { kernel, arg, output }: &Link| {
            let arg = arg.as_ref().map(|arg| format!(".{arg}")).unwrap_or_default();
            let output = output.as_ref().map(|output| format!(":{output}")).unwrap_or_default();
            format!("{kernel}{arg}{output}")
        };
        let chain = |Chain(links): &Chain| {
            let links: Vec<String> = links.iter().map(link).collect();
            if links.len() > 1 { format!("({})", links.join(">")) } else { links.join("") }
        };
        let producer = self.producer.as_ref().map(|producer| format!("{}>", link(producer))).unwrap_or_default();
        let chains: Vec<String> = self.chains.iter().map(chain).collect();
        format!("{}={producer}{}", self.name, chains.join("+"))
    }
}

impl Parse for Chain {
    /// One kernel, or several in parentheses.
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if !input.peek(token::Paren) {
            return Ok(Self(vec![input.parse()?]));
        }
        let list;
        let parentheses = parenthesized!(list in input);
        let mut links = vec![list.parse::<Link>()?];
        while list.peek(Token![=>]) {
            list.parse::<Token![=>]>()?;
            links.push(list.parse()?);
        }
        if !list.is_empty() {
            return Err(list.error("in parentheses, each kernel is inside of the next: `(a => b)`"));
        }
        if links.len() < 2 {
            return Err(Error::new(parentheses.span.join(), "in parentheses are two kernels or more: `(a => b)`"));
        }
        Ok(Self(links))
    }
}

impl Parse for Link {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let kernel = input.parse()?;
        let mut arg = None;
        if input.peek(token::Paren) {
            let list;
            parenthesized!(list in input);
            arg = Some(list.parse::<Ident>()?);
            if !list.is_empty() {
                return Err(list.error("one argument takes the output"));
            }
        }
        let mut output = None;
        if input.peek(Token![.]) {
            input.parse::<Token![.]>()?;
            output = Some(input.parse()?);
        }
        Ok(Self { kernel, arg, output })
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
        for Link { kernel, .. } in fusion.links() {
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
    let symbol = format!("{FUSION_PREFIX}{group}${}", fusion.text());
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
