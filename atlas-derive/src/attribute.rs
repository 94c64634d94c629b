//! `#[derive(Attribute)]`: an enum as a column type.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{
    Attribute, Data, DeriveInput, Error, Expr, ExprLit, ExprUnary, Fields, Ident, Lit, LitStr, Result, Token,
    UnOp, Variant, ext::IdentExt, parse::ParseStream,
};

use crate::{
    arguments,
    diagnostics::Errors,
    model::rename_rule_named,
    naming::{RenameRule, snake},
};

const REPRS: [(&str, &str); 8] = [
    ("i8", "I8"),
    ("i16", "I16"),
    ("i32", "I32"),
    ("i64", "I64"),
    ("u8", "U8"),
    ("u16", "U16"),
    ("u32", "U32"),
    ("isize", "I64"),
];

/// The code for an enum, or the errors in it.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let expansion = read(input, &mut errors).map(|enumeration| enumeration.expand());
    if errors.is_empty() { expansion.unwrap_or_default() } else { errors.into_tokens() }
}

struct Enumeration<'a> {
    ident: &'a Ident,
    variants: Vec<&'a Variant>,
    stored: Stored,
}

enum Stored {
    /// The names, in the order of the variants.
    Text(Vec<String>),
    /// The variant of `ColumnType`.
    Integer(&'static str),
}

fn read<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Option<Enumeration<'a>> {
    let Data::Enum(data) = &input.data else {
        errors.at(
            &input.ident,
            "#[derive(Attribute)] is for enums without data: implement `Attribute` for other types, \
             or store them with #[cast(json)]",
        );
        return None;
    };
    if let Some(parameter) = input.generics.params.first() {
        errors.at(parameter, "an enum that is a column has no parameters");
        return None;
    }
    if data.variants.is_empty() {
        errors.at(&input.ident, "an enum without variants has no values to store");
        return None;
    }
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            errors.at(
                variant,
                format_args!(
                    "`{}` carries data: derive serde's `Serialize` and `Deserialize` for the enum instead, \
                     and put #[cast(json)] on its field in the model",
                    variant.ident
                ),
            );
        }
    }
    let options = Options::read(&input.attrs, errors);
    let variants: Vec<&Variant> = data.variants.iter().collect();
    let stored = if options.integer {
        for variant in &variants {
            if let Some(attribute) = variant.attrs.iter().find(|a| a.path().is_ident("attribute")) {
                errors.push(arguments::error(attribute, "an enum that is stored as an integer has no names"));
            }
        }
        Stored::Integer(options.repr)
    } else {
        Stored::Text(names(&variants, options.rename_all.unwrap_or(RenameRule::Snake), errors))
    };
    Some(Enumeration { ident: &input.ident, variants, stored })
}

struct Options {
    integer: bool,
    rename_all: Option<RenameRule>,
    /// The variant of `ColumnType` for the enum's `#[repr]`.
    repr: &'static str,
}

impl Options {
    fn read(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut options = Self { integer: false, rename_all: None, repr: "I64" };
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("repr")) {
            let repr = attribute.parse_args::<Ident>().ok();
            if let Some((_, column)) = repr.and_then(|repr| REPRS.into_iter().find(|(name, _)| repr == name))
            {
                options.integer = true;
                options.repr = column;
            }
        }
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("attribute")) {
            let read =
                arguments::options(attribute, &["rename_all", "integer", "text"], |option, name, input| {
                    match name {
                        "integer" => options.integer = true,
                        "text" => options.integer = false,
                        _ => options.rename_all = Some(rename_rule_named(&text(option, input)?)?),
                    }
                    Ok(())
                });
            errors.take(read);
            if options.integer && options.rename_all.is_some() {
                errors.push(arguments::error(
                    attribute,
                    "an enum that is stored as an integer has no names: leave out `rename_all`, or say \
                     #[attribute(text)]",
                ));
            }
        }
        options
    }
}

/// The names that variants are stored by.
fn names(variants: &[&Variant], rule: RenameRule, errors: &mut Errors) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for variant in variants {
        let mut name = rule.apply(&snake(&variant.ident.unraw().to_string()));
        for attribute in variant.attrs.iter().filter(|attribute| attribute.path().is_ident("attribute")) {
            let read = arguments::options(attribute, &["rename"], |option, _, input| {
                name = text(option, input)?.value();
                Ok(())
            });
            errors.take(read);
        }
        if let Some(other) =
            names.iter().position(|taken| *taken == name).and_then(|place| variants.get(place))
        {
            errors.at(
                &variant.ident,
                format_args!(
                    "`{}` and `{}` are both stored as \"{name}\": rename one with #[attribute(rename = \"..\")]",
                    other.ident, variant.ident
                ),
            );
        }
        names.push(name);
    }
    names
}

/// The text behind `=`.
fn text(option: &Ident, input: ParseStream<'_>) -> Result<LitStr> {
    let wrong = |_| Error::new(option.span(), format_args!("expected text: `{option} = \"..\"`"));
    input.parse::<Token![=]>().map_err(wrong)?;
    input.parse().map_err(wrong)
}

impl Enumeration<'_> {
    fn expand(&self) -> TokenStream {
        let (span, ident) = (Span::mixed_site(), self.ident);
        let (column, encode, decode) = match &self.stored {
            Stored::Text(names) => self.text(names),
            Stored::Integer(column) => self.integer(column),
        };
        let column = Ident::new(column, span);
        let expected = self.expected();
        quote_spanned! {span=>
            const _: () = {
                use ::atlas::__private as __a;

                #[automatically_derived]
                impl __a::Attribute for #ident {
                    type Base = Self;
                    const TYPE: __a::ColumnType = __a::ColumnType::#column;

                    fn encode(&self) -> __a::Value {
                        #encode
                    }

                    fn decode(value: __a::ValueRef<'_>) -> __a::Result<Self> {
                        #decode
                        ::core::result::Result::Err(__a::Error::decode(#expected, value))
                    }
                }
            };
        }
    }

    fn text(&self, names: &[String]) -> (&'static str, TokenStream, TokenStream) {
        let span = Span::mixed_site();
        let variants: Vec<&Ident> = self.variants.iter().map(|variant| &variant.ident).collect();
        let encode = quote_spanned! {span=>
            __a::Value::from(match self { #(Self::#variants => #names,)* })
        };
        let decode = quote_spanned! {span=>
            if let __a::ValueRef::Text(text) = value {
                match text {
                    #(#names => return ::core::result::Result::Ok(Self::#variants),)*
                    _ => {}
                }
            }
        };
        ("Text", encode, decode)
    }

    fn integer(&self, column: &'static str) -> (&'static str, TokenStream, TokenStream) {
        let span = Span::mixed_site();
        let variants: Vec<&Ident> = self.variants.iter().map(|variant| &variant.ident).collect();
        let encode = quote_spanned! {span=>
            __a::Value::I64(match self { #(Self::#variants => Self::#variants as i64,)* })
        };
        let decode = quote_spanned! {span=>
            if let __a::ValueRef::I64(number) = value {
                #(
                    if number == Self::#variants as i64 {
                        return ::core::result::Result::Ok(Self::#variants);
                    }
                )*
            }
        };
        (column, encode, decode)
    }

    /// What `Error::Decode` says that the column should hold.
    fn expected(&self) -> String {
        let values = match &self.stored {
            Stored::Text(names) => names.clone(),
            Stored::Integer(_) => self.numbers(),
        };
        format!("one of `{}`'s values: {}", self.ident.unraw(), values.join(", "))
    }

    /// The discriminants, as far as they are literals; the names of variants otherwise.
    fn numbers(&self) -> Vec<String> {
        let mut next = Some(0);
        let mut numbers = Vec::new();
        for variant in &self.variants {
            let number = match &variant.discriminant {
                Some((_, value)) => literal(value),
                None => next,
            };
            numbers.push(number.map_or_else(|| variant.ident.to_string(), |number: i64| number.to_string()));
            next = number.and_then(|number| number.checked_add(1));
        }
        numbers
    }
}

fn literal(value: &Expr) -> Option<i64> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok(),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => literal(expr).and_then(i64::checked_neg),
        _ => None,
    }
}
