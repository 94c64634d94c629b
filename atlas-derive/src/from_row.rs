//! `#[derive(FromRow)]`: structs that queries and raw statements fill.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{
    Attribute, Data, DeriveInput, Expr, Fields, Ident, LitStr, Result, Type,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
    spanned::Spanned,
};

use crate::{arguments, diagnostics::Errors};

/// The code for a struct, or the errors in it.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let expansion = read(input, &mut errors).map(|filled| filled.expand());
    if errors.is_empty() { expansion.unwrap_or_default() } else { errors.into_tokens() }
}

struct Filled<'a> {
    ident: &'a Ident,
    /// The models of the queries that fill it.
    models: Vec<Type>,
    fields: Vec<Field<'a>>,
}

struct Field<'a> {
    ident: &'a Ident,
    ty: &'a Type,
    /// What raw statements call it.
    name: String,
    /// What queries select for it, where it is no column of the first model.
    select: Option<Expr>,
}

const MODELS: &str = "expected the models of the query: `#[select(Post)]`, `#[select(Post, Maybe<User>)]`";
const SELECTED: &str = "expected what is selected: `#[select(User::name)]`, `#[select(count_all())]`";

fn read<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Option<Filled<'a>> {
    let fields = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) if !fields.named.is_empty() => &fields.named,
            _ => {
                errors.at(
                    &input.ident,
                    "#[derive(FromRow)] is for structs with named fields; a tuple needs no struct",
                );
                return None;
            }
        },
        _ => {
            errors.at(&input.ident, "#[derive(FromRow)] is for structs with named fields");
            return None;
        }
    };
    if let Some(parameter) = input.generics.params.first() {
        errors.at(parameter, "a struct that a query fills has no parameters");
    }
    let models = match errors.take(one(&input.attrs, "select")).flatten() {
        Some(attribute) => errors.take(models(attribute)).unwrap_or_default(),
        None => Vec::new(),
    };
    let fields = fields.iter().filter_map(|field| {
        let ident = field.ident.as_ref()?;
        let select = match errors.take(one(&field.attrs, "select")).flatten() {
            Some(attribute) if models.is_empty() => {
                let message = "`#[select(..)]` over the struct is missing: it names the models of the query";
                errors.push(arguments::error(attribute, message));
                None
            }
            Some(attribute) => errors.take(selected(attribute)),
            None => None,
        };
        let column = errors.take(one(&field.attrs, "column")).flatten();
        let named = column.and_then(|attribute| errors.take(name(attribute)));
        let name = named.map_or_else(|| ident.unraw().to_string(), |name| name.value());
        Some(Field { ident, ty: &field.ty, name, select })
    });
    let fields = fields.collect();
    Some(Filled { ident: &input.ident, models, fields })
}

/// The only attribute of this name.
fn one<'a>(attributes: &'a [Attribute], name: &str) -> Result<Option<&'a Attribute>> {
    let mut ours = attributes.iter().filter(|attribute| attribute.path().is_ident(name));
    let first = ours.next();
    match ours.next() {
        Some(second) => Err(arguments::error(second, format_args!("`#[{name}]` is given twice: keep one"))),
        None => Ok(first),
    }
}

fn models(attribute: &Attribute) -> Result<Vec<Type>> {
    let parser = |input: ParseStream<'_>| Punctuated::<Type, syn::Token![,]>::parse_terminated(input);
    match parser.parse2(arguments::tokens(attribute).unwrap_or_default()) {
        Ok(models) if !models.is_empty() => Ok(models.into_iter().collect()),
        _ => Err(arguments::error(attribute, MODELS)),
    }
}

fn selected(attribute: &Attribute) -> Result<Expr> {
    let tokens = arguments::tokens(attribute).unwrap_or_default();
    syn::parse2(tokens).map_err(|_| arguments::error(attribute, SELECTED))
}

fn name(attribute: &Attribute) -> Result<LitStr> {
    let wrong =
        || arguments::error(attribute, "expected what a raw statement calls it: `#[column(\"name\")]`");
    syn::parse2(arguments::tokens(attribute).unwrap_or_default()).map_err(|_| wrong())
}

impl Filled<'_> {
    fn expand(&self) -> TokenStream {
        let (span, ident) = (Span::mixed_site(), self.ident);
        let row = |ty: &Type| quote_spanned!(located(ty)=> <#ty as ::atlas::FromRow>);
        let widths = self.fields.iter().map(|field| row(field.ty));
        let reads = self.fields.iter().map(
            |Field { ident, ty, .. }| quote_spanned!(span=> #ident: __a::read_field::<#ty>(row, &mut start)?),
        );
        let places = self.fields.iter().map(|field| {
            let (name, row) = (&field.name, row(field.ty));
            quote_spanned!(span=> (#name, #row::places))
        });
        let keys = self.fields.iter().map(|field| row(field.ty));
        let parts = self.fields.iter().map(|field| {
            let (ident, row) = (field.ident, row(field.ty));
            quote_spanned!(span=> #row::introduce(rows, &|row| part(row).map(|filled| &mut filled.#ident));)
        });
        let select_as = self.select_as();
        quote_spanned! {span=>
            const _: () = {
                use ::atlas::__private as __a;

                #[automatically_derived]
                impl ::atlas::FromRow for #ident {
                    fn width() -> usize {
                        0 #(+ #widths::width())*
                    }

                    fn from_row(row: &dyn __a::Row, start: usize) -> __a::Result<Self> {
                        let mut start = start;
                        ::core::result::Result::Ok(Self { #(#reads),* })
                    }

                    fn places(_: ::core::option::Option<&str>, places: &mut __a::Places<'_>) -> __a::Result<()> {
                        __a::place_fields(&[#(#places),*], places)
                    }

                    fn keys(start: usize) -> ::std::vec::Vec<usize> {
                        let (mut start, mut keys) = (start, ::std::vec::Vec::new());
                        #(
                            keys.extend(#keys::keys(start));
                            start += #keys::width();
                        )*
                        let _ = start;
                        keys
                    }

                    fn introduce<R>(rows: &mut [R], part: __a::Part<'_, R, Self>) {
                        #(#parts)*
                    }
                }

                #select_as
            };
        }
    }

    /// What queries select for it.
    fn select_as(&self) -> Option<TokenStream> {
        let (span, ident, models) = (Span::mixed_site(), self.ident, &self.models);
        let first = models.first()?;
        let scope = match &**models {
            [only] => only.to_token_stream(),
            several => quote_spanned!(span=> (#(#several),*)),
        };
        let selected = self.fields.iter().map(|Field { ident, ty, select, .. }| {
            let selection = match select {
                Some(selection) => selection.to_token_stream(),
                None => quote_spanned!(ident.span()=> <#first>::#ident),
            };
            quote_spanned!(located(ty)=> ::atlas::bounds::select_field::<#scope, #ty, _, _>(#selection, into);)
        });
        Some(quote_spanned! {span=>
            #[automatically_derived]
            impl __a::SelectAs<#scope> for #ident {
                fn selected(into: &mut ::std::vec::Vec<__a::Selected>) {
                    #(#selected)*
                }
            }

            #[automatically_derived]
            impl __a::Filled for #ident {
                type Of = #scope;
            }
        })
    }
}

/// The place of these tokens with the hygiene of the expansion.
fn located(tokens: &impl Spanned) -> Span {
    Span::mixed_site().located_at(tokens.span())
}
