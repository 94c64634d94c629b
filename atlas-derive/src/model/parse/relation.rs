//! Fields that are relations.

use quote::{ToTokens, format_ident};
use syn::{Attribute, Error, Field, Ident, Result, Type, ext::IdentExt, parse::ParseStream};

use super::{
    ON_COLUMN, ON_RELATION,
    column::{generic_argument, last_segment},
    column_named, known_column,
};
use crate::{
    arguments,
    diagnostics::{Errors, did_you_mean, listed},
    model::{Column, Relation, RelationKind},
    naming::snake,
};

const KINDS: [(&str, &str, RelationKind); 3] = [
    ("has_many", "HasMany", RelationKind::HasMany),
    ("has_one", "HasOne", RelationKind::HasOne),
    ("belongs_to", "BelongsTo", RelationKind::BelongsTo),
];
/// What may be written, and the variant of `Action` that it is.
const ACTIONS: [(&str, &str); 5] = [
    ("cascade", "Cascade"),
    ("restrict", "Restrict"),
    ("set_null", "SetNull"),
    ("set_default", "SetDefault"),
    ("no_action", "NoAction"),
];

/// What a field's attribute says, before the columns are known.
pub(super) struct Unresolved {
    ident: Ident,
    field: Field,
    attribute: Attribute,
    kind: RelationKind,
    target: Type,
    foreign_key: Option<Ident>,
    /// `local_key` or `owner_key`.
    other_key: Option<Ident>,
    on_delete: Option<Reaction>,
    on_update: Option<Reaction>,
}

/// What `on_delete` or `on_update` says.
struct Reaction {
    option: Ident,
    written: Ident,
    /// The variant of `Action`.
    action: &'static str,
}

/// Whether a field is a relation: by its attribute, or (an error) by its type alone.
pub(super) fn is_one(field: &Field, errors: &mut Errors) -> bool {
    if field.attrs.iter().filter_map(arguments::name).any(|name| ON_RELATION.contains(&&*name)) {
        return true;
    }
    let slot = KINDS.iter().find(|(_, slot, _)| generic_argument(&field.ty, slot).is_some());
    if let (Some((attribute, slot, _)), Some(ident)) = (slot, &field.ident) {
        errors.at(ident, format_args!("a `{slot}` is a relation: add #[{attribute}] to the field"));
    }
    slot.is_some()
}

/// Reads the relation that a field is.
pub(super) fn read(field: &Field, ident: &Ident, errors: &mut Errors) -> Option<Unresolved> {
    let mut ours = field.attrs.iter().filter_map(|attribute| Some((arguments::name(attribute)?, attribute)));
    if let Some((name, attribute)) = ours.clone().find(|(name, _)| ON_COLUMN.contains(&&**name)) {
        let message = format_args!("`#[{name}]` is for columns, and `{ident}` is a relation");
        errors.push(arguments::error(attribute, message));
        return None;
    }
    let mut relations = ours.by_ref().filter(|(name, _)| ON_RELATION.contains(&&**name));
    let (name, attribute) = relations.next()?;
    if let Some((_, second)) = relations.next() {
        errors.push(arguments::error(second, "a field is one relation: keep one of these attributes"));
        return None;
    }
    let (_, slot, kind) = KINDS.iter().find(|(known, ..)| *known == name)?;
    let Some(target) = generic_argument(&field.ty, slot) else {
        let found = last_segment(&field.ty).map(|segment| segment.ident.to_string()).unwrap_or_default();
        let instead = KINDS.iter().find(|(_, slot, _)| *slot == found);
        let instead = instead.map_or_else(String::new, |(name, ..)| format!(", or write #[{name}]"));
        errors
            .at(&field.ty, format_args!("the type of a #[{name}] field is `{slot}<..>`: change it{instead}"));
        return None;
    };
    let mut relation = Unresolved {
        ident: ident.clone(),
        field: field.clone(),
        attribute: attribute.clone(),
        kind: *kind,
        target: target.clone(),
        foreign_key: None,
        other_key: None,
        on_delete: None,
        on_update: None,
    };
    let known: &[&str] = match kind {
        RelationKind::BelongsTo => &["foreign_key", "owner_key", "on_delete", "on_update"],
        RelationKind::HasMany | RelationKind::HasOne => &["foreign_key", "local_key"],
    };
    let read = arguments::options(attribute, known, |option, name, input| {
        match name {
            "foreign_key" => relation.foreign_key = Some(arguments::name_value(option, input)?),
            "on_delete" => relation.on_delete = Some(reaction(option, input)?),
            "on_update" => relation.on_update = Some(reaction(option, input)?),
            _ => relation.other_key = Some(arguments::name_value(option, input)?),
        }
        Ok(())
    });
    errors.take(read).map(|()| relation)
}

fn reaction(option: &Ident, input: ParseStream<'_>) -> Result<Reaction> {
    let written = arguments::name_value(option, input)?;
    let Some((_, action)) = ACTIONS.iter().find(|(name, _)| written == name) else {
        let names = ACTIONS.map(|(name, _)| name);
        let (known, meant) = (listed(&names), did_you_mean(&written.to_string(), &names));
        let message = format_args!("`{option}` is one of {known}, not `{written}`{meant}");
        return Err(Error::new(written.span(), message));
    };
    Ok(Reaction { option: option.clone(), written, action })
}

/// Finds the columns of a relation. Those of its target are left to the compiler.
pub(super) fn resolve(
    relation: Unresolved,
    model: &str,
    columns: &[Column],
    key: &[usize],
    errors: &mut Errors,
) -> Option<Relation> {
    let name = relation.ident.unraw().to_string();
    let span = relation.attribute.path().get_ident().map_or_else(|| relation.ident.span(), Ident::span);
    let given = match relation.kind {
        RelationKind::BelongsTo => relation.other_key.is_some(),
        RelationKind::HasMany | RelationKind::HasOne => relation.foreign_key.is_some(),
    };
    let (local, foreign) = match relation.kind {
        RelationKind::BelongsTo => {
            let local = match &relation.foreign_key {
                Some(given) => known_column("`foreign_key`", given, columns, errors)?,
                None => own_foreign_key(&relation, &name, columns, errors)?,
            };
            takes_null(&relation, columns.get(local)?, errors);
            (local, relation.other_key.unwrap_or_else(|| Ident::new("id", span)))
        }
        RelationKind::HasMany | RelationKind::HasOne => {
            let local = match (&relation.other_key, key) {
                (Some(given), _) => known_column("`local_key`", given, columns, errors)?,
                (None, [only]) => *only,
                (None, []) => return None,
                (None, _) => {
                    let message = "the key has several columns: say which one the other model refers to, \
                                   `local_key = ..`";
                    errors.push(arguments::error(&relation.attribute, message));
                    return None;
                }
            };
            let foreign =
                relation.foreign_key.unwrap_or_else(|| Ident::new(&format!("{}_id", snake(model)), span));
            (local, foreign)
        }
    };
    Some(Relation {
        ident: relation.ident,
        name,
        vis: relation.field.vis,
        kind: relation.kind,
        slot: relation.field.ty,
        target: relation.target,
        local: columns.get(local)?.ident.clone(),
        foreign,
        foreign_by_default: !given,
        on_delete: relation.on_delete.map(|reaction| reaction.action),
        on_update: relation.on_update.map(|reaction| reaction.action),
    })
}

/// Only a foreign key that takes NULL can be set to it.
fn takes_null(relation: &Unresolved, key: &Column, errors: &mut Errors) {
    let reactions = [&relation.on_delete, &relation.on_update].into_iter().flatten();
    for Reaction { option, written, .. } in reactions.filter(|reaction| reaction.action == "SetNull") {
        if key.optional.is_none() {
            let (field, ty) = (&key.ident, key.ty.to_token_stream());
            errors.at(
                written,
                format_args!(
                    "`{option} = set_null` writes NULL to `{field}`, which takes none: make it an `Option<{ty}>`, \
                     or write `{option} = cascade` or `{option} = restrict`"
                ),
            );
        }
    }
}

/// `author_id` for a field `author`.
fn own_foreign_key(
    relation: &Unresolved,
    name: &str,
    columns: &[Column],
    errors: &mut Errors,
) -> Option<usize> {
    let default = format_ident!("{name}_id");
    let found = column_named(&default, columns);
    if found.is_none() {
        let fields: Vec<&str> = columns.iter().map(|column| &*column.field).collect();
        errors.push(arguments::error(
            &relation.attribute,
            format_args!(
                "`{name}` has no foreign key: add a field `{default}`, or say which column it is, \
                 `foreign_key = ..`, of {}",
                listed(&fields)
            ),
        ));
    }
    found
}
