//! Fields that are several columns, and the structs in them.

use quote::ToTokens;
use syn::{Data, DeriveInput, Field, Fields, Ident, LitStr, Token, ext::IdentExt};

use super::{
    ON_COLUMN, ON_RELATION, RenameRule,
    column::{self, generic_argument},
    misplaced, rename_rule, unlike_names,
};
use crate::{
    arguments,
    diagnostics::Errors,
    model::{Cast, Embed, Embedded},
};

/// The attribute of a field that is several columns.
pub(super) const EMBED: &str = "embed";
/// What belongs to one column of a model alone.
const REFUSED: [&str; 5] = ["primary_key", "mutator", "sensitive", "version", "serialize_with"];

/// Whether a field is several columns.
pub(super) fn is_one(field: &Field) -> bool {
    field.attrs.iter().filter_map(arguments::name).any(|name| name == EMBED)
}

/// Reads such a field.
pub(super) fn read(field: &Field, ident: &Ident, errors: &mut Errors) -> Embedded {
    let mut prefix = String::new();
    for attribute in &field.attrs {
        let Some(name) = arguments::name(attribute) else { continue };
        if name == EMBED {
            errors.take(arguments::options(attribute, &["prefix"], |option, _, input| {
                let wrong = |_| {
                    let message = format_args!("expected text: `{option} = \"billing_\"`");
                    syn::Error::new(option.span(), message)
                };
                input.parse::<Token![=]>().map_err(wrong)?;
                prefix = input.parse::<LitStr>().map_err(wrong)?.value();
                Ok(())
            }));
        } else if ON_COLUMN.contains(&&*name) || ON_RELATION.contains(&&*name) {
            let message = format_args!(
                "`#[{name}]` is for one column or a relation, and `{ident}` is embedded: put it on the fields of its struct"
            );
            errors.push(arguments::error(attribute, message));
        }
    }
    let inner = generic_argument(&field.ty, "Option");
    if inner.is_some() {
        let message = format_args!(
            "`{ident}` is embedded, and never NULL as a whole: make the fields of its struct `Option`s"
        );
        errors.at(&field.ty, message);
    }
    Embedded {
        ident: ident.clone(),
        field: ident.unraw().to_string(),
        vis: field.vis.clone(),
        ty: inner.unwrap_or(&field.ty).clone(),
        prefix,
        fillable: false,
        hidden: false,
    }
}

/// The same columns twice; others of one name only the compiler finds.
pub(super) fn unlike(all: &[Embedded], errors: &mut Errors) {
    for (place, one) in all.iter().enumerate() {
        let ty = |of: &Embedded| of.ty.to_token_stream().to_string();
        let same = |other: &&Embedded| other.prefix == one.prefix && ty(other) == ty(one);
        if let Some(other) = all.iter().take(place).find(same) {
            let message = format_args!(
                "`{}` and `{}` are the same columns: give one a prefix, #[embed(prefix = \"{}_\")]",
                other.ident, one.ident, one.field
            );
            errors.at(&one.ident, message);
        }
    }
}

/// The description of a struct that models embed; `None` where it is not a struct with named fields.
pub(in crate::model) fn structure(input: &DeriveInput, errors: &mut Errors) -> Option<Embed> {
    if let Some(parameter) = input.generics.params.first() {
        errors.at(parameter, "an embedded struct has no type parameters or lifetimes");
        return None;
    }
    let fields = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) if !fields.named.is_empty() => Some(&fields.named),
            _ => None,
        },
        _ => None,
    };
    let Some(fields) = fields else {
        let message = "#[derive(Embed)] is for structs with named fields, which are columns of a model; \
                       an enum can be one column: #[derive(Attribute)]";
        errors.at(&input.ident, message);
        return None;
    };
    misplaced(&input.attrs, &["rename_all"], "an embedded struct", errors);
    let rule = input.attrs.iter().find(|attribute| attribute.path().is_ident("rename_all"));
    let rename: Option<RenameRule> = rule.and_then(|rule| errors.take(rename_rule(rule)));
    let mut columns = Vec::new();
    for field in fields {
        let Some(ident) = &field.ident else { continue };
        for attribute in &field.attrs {
            let Some(name) = arguments::name(attribute) else { continue };
            if REFUSED.contains(&&*name) || ON_RELATION.contains(&&*name) || name == EMBED {
                let message = format_args!(
                    "`#[{name}]` is for fields of a model, and not for those of a struct that is embedded in one"
                );
                errors.push(arguments::error(attribute, message));
            }
        }
        let (mut column, _) = column::read(field, ident, rename, errors);
        let reason = match (&column.cast, &column.deferred) {
            (Some(Cast::Encrypted(_)), _) => Some("is encrypted"),
            (_, Some(_)) => Some("is a `Deferred`"),
            _ if column.sensitive => Some("is a `Hashed`"),
            _ => None,
        };
        if let (Some(reason), true) = (reason, errors.is_empty()) {
            let message = format_args!(
                "`{ident}` {reason}, which is for fields of a model: move it out of the embedded struct"
            );
            errors.at(&field.ty, message);
        }
        column.cast = column.cast.filter(|cast| !matches!(cast, Cast::Encrypted(_) | Cast::Faulty));
        columns.push(column);
    }
    unlike_names(&columns, errors);
    Some(Embed { ident: input.ident.clone(), name: input.ident.unraw().to_string(), columns })
}
