//! Which columns are the primary key, and where its values come from.

use syn::{Attribute, Error, Ident, Result, Type};

use super::column::last_segment;
use crate::{
    arguments,
    diagnostics::Errors,
    model::{Column, KeyKind},
};

const KINDS: [&str; 3] = ["manual", "uuid", "ulid"];
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
            return Err(Error::new(option.span(), "a key has one kind: `manual`, `uuid` or `ulid`"));
        }
        kind = Some(match name {
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
        [(column, marker)] => (key, marker.kind.unwrap_or_else(|| unnamed_kind(columns.get(*column)))),
        several => {
            for (_, marker) in several {
                if matches!(marker.kind, Some(KeyKind::Uuid | KeyKind::Ulid)) {
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
    let is_integer = |ty: &Type| {
        last_segment(ty).is_some_and(|segment| INTEGERS.iter().any(|integer| segment.ident == integer))
    };
    if column.is_some_and(|column| is_integer(&column.ty)) { KeyKind::Generated } else { KeyKind::Manual }
}
