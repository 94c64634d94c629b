//! Which columns are the primary key, and where its values come from.

use syn::{Attribute, Error, Ident, Result, Type};

use super::column::last_segment;
use crate::{
    arguments,
    diagnostics::Errors,
    model::{Column, KeyKind},
};

const KINDS: [&str; 4] = ["generated", "manual", "uuid", "ulid"];
const INTEGERS: [&str; 8] = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"];
/// `IntoKey` is implemented for tuples of so many.
const MOST: usize = 6;

/// A `#[primary_key]`, and the kind that it names.
pub(super) struct Marker {
    attribute: Attribute,
    kind: Option<KeyKind>,
}

/// Reads `#[primary_key]`, `#[primary_key(uuid)]`.
pub(super) fn marker(attribute: &Attribute) -> Result<Marker> {
    let mut kind = None;
    arguments::options(attribute, &KINDS, |option, name, _| {
        if kind.is_some() {
            return Err(Error::new(
                option.span(),
                "a key has one kind: `generated`, `manual`, `uuid` or `ulid`",
            ));
        }
        kind = Some(match name {
            "generated" => KeyKind::Generated,
            "manual" => KeyKind::Manual,
            "uuid" => KeyKind::Uuid,
            _ => KeyKind::Ulid,
        });
        Ok(())
    })?;
    Ok(Marker { attribute: attribute.clone(), kind })
}

/// The columns of the key, and their kind.
pub(super) fn find(
    model: &Ident,
    columns: &[Column],
    markers: Vec<(usize, Marker)>,
    errors: &mut Errors,
) -> (Vec<usize>, KeyKind) {
    let mut key: Vec<usize> = markers.iter().map(|(column, _)| *column).collect();
    if key.is_empty() {
        key.extend(columns.iter().position(|column| column.field == "id"));
    }
    for column in key.iter().filter_map(|column| columns.get(*column)) {
        if column.optional.is_some() {
            errors.at(&column.ty, "a primary key is never NULL: its type is no `Option`");
        }
        if column.cast.is_some() {
            errors.at(&column.ident, "a primary key has no #[cast]: give it a type that is an `Attribute`");
        }
    }
    match &*markers {
        [] => match key.first() {
            Some(id) => {
                let kind = unnamed_kind(columns.get(*id));
                (key, kind)
            }
            None => {
                errors.at(
                    model,
                    format_args!(
                        "`{model}` has no primary key: add #[primary_key] to a field \
                         (to several for a composite key), or a field `id: i64`"
                    ),
                );
                (Vec::new(), KeyKind::Manual)
            }
        },
        [(column, marker)] => {
            if let (Some(kind), Some(column)) = (marker.kind, columns.get(*column)) {
                unlike_kind(kind, column, errors);
            }
            (key, marker.kind.unwrap_or_else(|| unnamed_kind(columns.get(*column))))
        }
        several => {
            for (_, marker) in several {
                if matches!(marker.kind, Some(KeyKind::Generated | KeyKind::Uuid | KeyKind::Ulid)) {
                    errors.push(arguments::error(
                        &marker.attribute,
                        "no part of a composite key is generated: write #[primary_key] on each of its fields, \
                         or mark one field alone",
                    ));
                }
            }
            if let Some((_, marker)) = several.get(MOST) {
                errors.push(arguments::error(
                    &marker.attribute,
                    format_args!("a composite key has at most {MOST} columns"),
                ));
            }
            (key, KeyKind::Manual)
        }
    }
}

/// Databases count integers up; other keys are the program's.
fn unnamed_kind(column: Option<&Column>) -> KeyKind {
    let natural = column.and_then(|column| natural_kind(&column.ty));
    if natural == Some(KeyKind::Generated) { KeyKind::Generated } else { KeyKind::Manual }
}

/// The kind of key that a type of a known name can be; `None` for other names, which may be aliases.
fn natural_kind(ty: &Type) -> Option<KeyKind> {
    let name = last_segment(ty)?.ident.to_string();
    match &*name {
        "Uuid" => Some(KeyKind::Uuid),
        "String" => Some(KeyKind::Ulid),
        name if INTEGERS.contains(&name) => Some(KeyKind::Generated),
        _ => None,
    }
}

/// Whether a type's name tells what kind of key it can be.
pub(super) fn is_known(ty: &Type) -> bool {
    natural_kind(ty).is_some()
}

/// An error where a key's type cannot be of the kind that its attribute names. Of a type by another name,
/// the compiler finds out.
fn unlike_kind(kind: KeyKind, column: &Column, errors: &mut Errors) {
    let Some(natural) = natural_kind(&column.ty).filter(|natural| *natural != kind) else { return };
    let of = |kind| match kind {
        KeyKind::Generated => ("generated", "an integer"),
        KeyKind::Uuid => ("uuid", "a `Uuid`"),
        KeyKind::Ulid => ("ulid", "a `String`"),
        KeyKind::Manual => ("manual", "any type"),
    };
    if kind != KeyKind::Manual {
        let ((name, ty), (instead, _)) = (of(kind), of(natural));
        errors.at(
            &column.ty,
            format_args!(
                "#[primary_key({name})] is for {ty}: change the type, or write #[primary_key({instead})]"
            ),
        );
    }
}
