//! Fields that are columns.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::{
    Attribute, Error, Field, GenericArgument, Ident, Lit, LitStr, Path, PathArguments, Result, Token, Type,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    spanned::Spanned,
};

use super::{
    EAGER, ON_COLUMN, ON_FIELD, ON_RELATION, WITHOUT_TRASHED,
    key::{self, Marker},
    misplaced, not_empty, serial,
};
use crate::{
    arguments,
    diagnostics::Errors,
    model::{Cast, Column, Default, Serialized},
    naming::RenameRule,
};

/// The column that a field is, and its `#[primary_key]`.
pub(super) fn read(
    field: &Field,
    ident: &Ident,
    rename: Option<RenameRule>,
    errors: &mut Errors,
) -> (Column, Option<Marker>) {
    let allowed: Vec<&str> = ON_COLUMN.into_iter().chain(ON_FIELD).chain(ON_RELATION).collect();
    misplaced(&field.attrs, &allowed, "a field", errors);
    let name = ident.unraw().to_string();
    let (ty, deferred) = match generic_argument(&field.ty, "Deferred") {
        Some(inner) => (inner.clone(), Some(field.ty.clone())),
        None => (field.ty.clone(), None),
    };
    let mut column = Column {
        ident: ident.clone(),
        name: rename.map_or_else(|| name.clone(), |rule| rule.apply(&name)),
        field: name,
        vis: field.vis.clone(),
        optional: generic_argument(&ty, "Option").cloned(),
        ty,
        deferred,
        cast: None,
        unique: false,
        without_trashed: false,
        indexed: false,
        fillable: false,
        encrypted: false,
        // What makes hashes is read by its name, as keys are.
        sensitive: is_hashed(&field.ty),
        serialized: Serialized::default(),
        shown: None,
        version: false,
        default: None,
        mutator: None,
        required: false,
    };
    let mut marker = None;
    for (place, attribute) in field.attrs.iter().enumerate() {
        let Some(name) = arguments::name(attribute) else { continue };
        if name == EAGER {
            let message = format_args!("`#[eager]` is for relations, and `{ident}` is a column");
            errors.push(arguments::error(attribute, message));
        }
        if !ON_COLUMN.contains(&&*name) && !ON_FIELD.contains(&&*name) {
            continue;
        }
        if field.attrs.iter().take(place).filter_map(arguments::name).any(|earlier| earlier == name) {
            let instead = if name == "primary_key" { "a key has one kind" } else { "keep one" };
            errors.push(arguments::error(attribute, format_args!("`#[{name}]` is given twice: {instead}")));
            continue;
        }
        let result = if name == "primary_key" {
            key::marker(attribute).map(|read| marker = Some(read))
        } else {
            take(&mut column, &name, attribute)
        };
        if errors.take(result).is_none() && name == "cast" {
            column.cast = Some(Cast::Faulty);
        }
    }
    (column, marker)
}

fn take(column: &mut Column, name: &str, attribute: &Attribute) -> Result<()> {
    match name {
        "column" => {
            let name = arguments::text(attribute, Some("name"), "#[column(\"name\")]")?;
            column.name = not_empty(name)?.value();
        }
        "unique" => {
            if arguments::names(attribute, "")
                .is_ok_and(|names| names.iter().all(|name| name == WITHOUT_TRASHED))
            {
                column.without_trashed = true;
            } else {
                let instead = "on a field, #[unique] takes nothing but `without_trashed`: for several columns write \
                               #[unique(a, b)] on the struct";
                arguments::none(attribute, instead)?;
            }
            column.unique = true;
        }
        "index" => {
            let instead =
                "on a field, #[index] takes nothing: for several columns write #[index(a, b)] on the struct";
            arguments::none(attribute, instead)?;
            column.indexed = true;
        }
        "sensitive" => {
            arguments::none(attribute, "#[sensitive] takes nothing")?;
            column.sensitive = true;
        }
        "serialize_as" => column.serialized.name = Some(serial::name(attribute)?),
        "serialize_with" => {
            let ty = column.ty.to_token_stream();
            let wrong = |_| {
                let message =
                    format_args!("expected a function: `#[serialize_with(name)]`, a `fn(&{ty}) -> ..`");
                arguments::error(attribute, message)
            };
            column.shown = Some(attribute.parse_args::<Path>().map_err(wrong)?.into_token_stream());
        }
        "version" => {
            arguments::none(attribute, "#[version] takes nothing")?;
            column.version = true;
        }
        "cast" => column.cast = Some(cast(attribute)?),
        "mutator" => {
            let wrong = |_| {
                let ty = column.ty.to_token_stream();
                arguments::error(
                    attribute,
                    format_args!("expected a function: `#[mutator(name)]`, a `fn({ty}) -> {ty}`"),
                )
            };
            column.mutator = Some(attribute.parse_args::<Path>().map_err(wrong)?.into_token_stream());
        }
        _ => column.default = Some(default(attribute)?),
    }
    Ok(())
}

/// Whether a type is `Hashed`, or an `Option` of it.
fn is_hashed(ty: &Type) -> bool {
    let plain = generic_argument(ty, "Option").unwrap_or(ty);
    last_segment(plain).is_some_and(|segment| segment.ident == "Hashed")
}

/// Says which column it is that is encrypted.
pub(super) fn place(column: &mut Column, owner: &Ident, index: usize, is_key: bool, errors: &mut Errors) {
    let Some(Cast::Encrypted(inner)) = &column.cast else { return };
    if is_key || column.unique || column.indexed {
        let what = if is_key { "a key" } else { "an index" };
        let message = format_args!(
            "`{}` is encrypted, each time to another text, and no column for {what}: keep a hash of it in a column beside it",
            column.field
        );
        errors.at(&column.ident, message);
    }
    let plain = column.optional.as_ref().unwrap_or(&column.ty);
    let mut owner = owner.clone();
    owner.set_span(plain.span());
    let index = proc_macro2::Literal::usize_unsuffixed(index);
    let span = proc_macro2::Span::mixed_site().located_at(plain.span());
    let with: TokenStream = match inner.as_deref() {
        Some(Cast::Json) => {
            quote_spanned!(span=> ::atlas::bounds::Encrypted<#owner, #index, ::atlas::Json<#plain>>)
        }
        Some(Cast::With(with)) => quote_spanned!(span=> ::atlas::bounds::Encrypted<#owner, #index, #with>),
        _ => quote_spanned!(span=> ::atlas::bounds::Encrypted<#owner, #index>),
    };
    column.cast = Some(Cast::With(Box::new(Type::Verbatim(with))));
    (column.encrypted, column.sensitive) = (true, true);
}

/// `#[cast(json)]`, `#[cast(encrypted)]`, `#[cast(with = Type)]`
fn cast(attribute: &Attribute) -> Result<Cast> {
    let (mut cast, mut encrypted) = (None, false);
    arguments::options(attribute, &["json", "array", "with", "encrypted"], |option, name, input| {
        if name == "encrypted" {
            encrypted = true;
            return Ok(());
        }
        if cast.is_some() {
            return Err(Error::new(option.span(), "a column has one cast"));
        }
        cast = Some(match name {
            "json" => Cast::Json,
            "array" => Cast::With(Box::new(syn::parse_quote!(::atlas::Array))),
            _ => {
                let wrong =
                    |_| Error::new(option.span(), "expected a type: `with = Type`, which implements `Cast`");
                input.parse::<Token![=]>().map_err(wrong)?;
                Cast::With(Box::new(input.parse::<Type>().map_err(wrong)?))
            }
        });
        Ok(())
    })?;
    let missing = || {
        arguments::error(
            attribute,
            "expected `#[cast(json)]`, `#[cast(encrypted)]` or `#[cast(with = Type)]`",
        )
    };
    if encrypted { Ok(Cast::Encrypted(cast.map(Box::new))) } else { cast.ok_or_else(missing) }
}

/// `#[default]`, `#[default(expression)]`, `#[default(sql = "expression")]`
fn default(attribute: &Attribute) -> Result<Default> {
    let Some(tokens) = arguments::tokens(attribute) else { return Ok(Default::Standard) };
    if tokens.is_empty() {
        return Err(arguments::error(
            attribute,
            "expected an expression: `#[default(18)]`, or `#[default]` alone",
        ));
    }
    let sql = |input: ParseStream<'_>| {
        let option = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        Ok((option, input.parse::<TokenStream>()?))
    };
    match sql.parse2(tokens.clone()) {
        // `a == b` is an expression.
        Ok((option, value)) if !value.to_string().starts_with('=') => {
            if option != "sql" {
                return Err(arguments::unknown(attribute, &option, &["sql"]));
            }
            let text = syn::parse2::<LitStr>(value).map_err(|_| {
                arguments::error(attribute, "expected text: `#[default(sql = \"CURRENT_TIMESTAMP\")]`")
            })?;
            Ok(Default::Database(not_empty(text)?))
        }
        _ if is_literal(&tokens) => Ok(Default::Constant(tokens)),
        _ => Ok(Default::Computed(tokens)),
    }
}

/// A literal, or a negated one.
fn is_literal(tokens: &TokenStream) -> bool {
    let parser = |input: ParseStream<'_>| {
        input.parse::<Option<Token![-]>>()?;
        input.parse::<Lit>()
    };
    parser.parse2(tokens.clone()).is_ok()
}

/// The last segment of a type that is a path.
pub(crate) fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

/// The `T` of `Wrapper<T>`, under whatever path.
pub(crate) fn generic_argument<'a>(ty: &'a Type, wrapper: &str) -> Option<&'a Type> {
    generic_arguments(ty, wrapper).first().copied()
}

/// The `T` and `U` of `Wrapper<T, U>`, under whatever path.
pub(super) fn generic_arguments<'a>(ty: &'a Type, wrapper: &str) -> Vec<&'a Type> {
    let segment = last_segment(ty).filter(|segment| segment.ident == wrapper);
    match segment.map(|segment| &segment.arguments) {
        Some(PathArguments::AngleBracketed(arguments)) => {
            let types = arguments.args.iter().filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            });
            types.collect()
        }
        _ => Vec::new(),
    }
}
