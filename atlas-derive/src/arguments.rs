//! The grammar of attributes' arguments: `#[name]`, `#[name(option = value, flag)]`, `#[name(a, b)]`.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, Error, Expr, ExprLit, Ident, Lit, LitStr, Meta, Result, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
};

use crate::diagnostics::{did_you_mean, listed};

/// The name of an attribute, where it is a plain one.
pub(crate) fn name(attribute: &Attribute) -> Option<String> {
    attribute.path().get_ident().map(|ident| ident.unraw().to_string())
}

/// An error at an attribute.
pub(crate) fn error(attribute: &Attribute, message: impl std::fmt::Display) -> Error {
    Error::new_spanned(&attribute.meta, message)
}

/// `#[name]`, without arguments.
pub(crate) fn none(attribute: &Attribute, instead: &str) -> Result<()> {
    match &attribute.meta {
        Meta::Path(_) => Ok(()),
        _ => Err(error(attribute, instead)),
    }
}

/// `#[name(a, b)]`: at least one name.
pub(crate) fn names(attribute: &Attribute, example: &str) -> Result<Vec<Ident>> {
    let names = match &attribute.meta {
        Meta::List(list) => list.parse_args_with(|input: ParseStream<'_>| {
            Punctuated::<Ident, Token![,]>::parse_terminated_with(input, Ident::parse_any)
        }),
        _ => Ok(Punctuated::new()),
    };
    match names {
        Ok(names) if !names.is_empty() => Ok(names.into_iter().collect()),
        _ => Err(error(attribute, format_args!("expected names of fields: `{example}`"))),
    }
}

/// `#[name(a, b)]`: at least one expression.
pub(crate) fn expressions(attribute: &Attribute, what: &str) -> Result<Vec<Expr>> {
    let expressions = match &attribute.meta {
        Meta::List(list) => list.parse_args_with(Punctuated::<Expr, Token![,]>::parse_terminated),
        _ => Ok(Punctuated::new()),
    };
    match expressions {
        Ok(expressions) if !expressions.is_empty() => Ok(expressions.into_iter().collect()),
        _ => Err(error(attribute, format_args!("expected {what}"))),
    }
}

/// `#[name("text")]` or `#[name = "text"]`, and where an option is given `#[name(option = "text")]`.
pub(crate) fn text(attribute: &Attribute, option: Option<&str>, example: &str) -> Result<LitStr> {
    let wrong = || error(attribute, format_args!("expected `{example}`"));
    match &attribute.meta {
        Meta::NameValue(meta) => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
            _ => Err(wrong()),
        },
        Meta::List(list) => {
            let mut found = None;
            let parser = |input: ParseStream<'_>| {
                if input.peek(LitStr) {
                    found = Some(input.parse::<LitStr>()?);
                } else {
                    let name = input.call(Ident::parse_any)?;
                    if Some(&*name.to_string()) != option {
                        return Err(unknown(attribute, &name, option.as_slice()));
                    }
                    input.parse::<Token![=]>()?;
                    found = Some(input.parse::<LitStr>()?);
                }
                input.parse::<Option<Token![,]>>().map(drop)
            };
            match list.parse_args_with(parser) {
                Err(error) if error.to_string().starts_with("unknown option") => Err(error),
                Err(_) => Err(wrong()),
                Ok(()) => found.ok_or_else(wrong),
            }
        }
        Meta::Path(_) => Err(wrong()),
    }
}

/// `#[name]` or `#[name(option = value, flag)]`: calls `take` at each option, behind its name, until
/// all are read.
pub(crate) fn options(
    attribute: &Attribute,
    known: &[&str],
    mut take: impl FnMut(&Ident, &str, ParseStream<'_>) -> Result<()>,
) -> Result<()> {
    let list = match &attribute.meta {
        Meta::Path(_) => return Ok(()),
        Meta::List(list) => list,
        Meta::NameValue(_) => {
            let name = name(attribute).unwrap_or_default();
            let takes = listed(known);
            return Err(error(attribute, format_args!("expected `#[{name}(..)]`, which takes {takes}")));
        }
    };
    let mut seen: Vec<String> = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if !input.peek(Ident::peek_any) {
                let name = name(attribute).unwrap_or_default();
                return Err(input.error(format_args!("`#[{name}]` takes {}", listed(known))));
            }
            let option = input.call(Ident::parse_any)?;
            let written = option.to_string();
            if !known.contains(&&*written) {
                return Err(unknown(attribute, &option, known));
            }
            if seen.contains(&written) {
                return Err(Error::new(option.span(), format_args!("`{written}` is given twice")));
            }
            take(&option, &written, input)?;
            seen.push(written);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    parser.parse2(list.tokens.clone())
}

/// The error for an option that an attribute does not have.
pub(crate) fn unknown(attribute: &Attribute, option: &Ident, known: &[&str]) -> Error {
    let attribute = name(attribute).unwrap_or_default();
    let written = option.to_string();
    let (takes, meant) = (listed(known), did_you_mean(&written, known));
    Error::new(
        option.span(),
        format_args!("unknown option `{written}`: `#[{attribute}]` takes {takes}{meant}"),
    )
}

/// The name behind `=`: `= column`.
pub(crate) fn name_value(option: &Ident, input: ParseStream<'_>) -> Result<Ident> {
    let wrong = || Error::new(option.span(), format_args!("expected a name: `{option} = ..`"));
    input.parse::<Token![=]>().map_err(|_| wrong())?;
    if let Ok(text) = input.fork().parse::<LitStr>() {
        let bare = format_args!("expected a name without quotes: `{option} = {}`", text.value());
        return Err(Error::new(text.span(), bare));
    }
    input.call(Ident::parse_any).map_err(|_| wrong())
}

/// The names in `(a, b)`.
pub(crate) fn tuple(written: &TokenTree, option: &Ident) -> Result<Vec<Ident>> {
    let wrong = || Error::new_spanned(written, format_args!("expected names: `{option} = (.., ..)`"));
    let TokenTree::Group(group) = written else { return Err(wrong()) };
    let parser = |input: ParseStream<'_>| {
        Punctuated::<Ident, Token![,]>::parse_terminated_with(input, Ident::parse_any)
    };
    match parser.parse2(group.stream()) {
        Ok(names) if !names.is_empty() => Ok(names.into_iter().collect()),
        _ => Err(wrong()),
    }
}

/// The arguments of `#[name(..)]` as they stand; `None` for a bare `#[name]`.
pub(crate) fn tokens(attribute: &Attribute) -> Option<TokenStream> {
    match &attribute.meta {
        Meta::Path(_) => None,
        Meta::List(list) => Some(list.tokens.clone()),
        Meta::NameValue(meta) => Some(meta.value.to_token_stream()),
    }
}
