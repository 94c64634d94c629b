//! Fields that are relations.

mod options;

use quote::{ToTokens, format_ident};
use syn::{Attribute, Field, Ident, Type, ext::IdentExt};

use self::options::{Keys, Options, Reaction};
use super::{
    EAGER, ON_COLUMN, ON_RELATION,
    column::{generic_argument, generic_arguments, last_segment},
    column_named, known_column, serial,
};
use crate::{
    arguments,
    diagnostics::{Errors, listed},
    model::{Between, Column, Foreign, Morph, Path, Relation, RelationKind, Serialized, Side},
    naming::{self, snake},
};

/// What a field's attribute says, before the columns are known.
pub(super) struct Unresolved {
    ident: Ident,
    field: Field,
    attribute: Attribute,
    kind: RelationKind,
    target: Type,
    /// The slot's second parameter.
    pivot: Option<Type>,
    options: Options,
    eager: bool,
    serialized: Serialized,
}

/// Whether a field is a relation: by its attribute, or (an error) by its type alone.
pub(super) fn is_one(field: &Field, errors: &mut Errors) -> bool {
    if field.attrs.iter().filter_map(arguments::name).any(|name| ON_RELATION.contains(&&*name)) {
        return true;
    }
    let kind = RelationKind::ALL.into_iter().find(|kind| generic_argument(&field.ty, kind.slot()).is_some());
    if let (Some(kind), Some(ident)) = (kind, &field.ident) {
        let (slot, attribute) = (kind.slot(), kind.attribute());
        errors.at(ident, format_args!("a `{slot}` is a relation: add #[{attribute}] to the field"));
    }
    kind.is_some()
}

/// Reads the relation that a field is.
pub(super) fn read(field: &Field, ident: &Ident, errors: &mut Errors) -> Option<Unresolved> {
    let mut ours = field.attrs.iter().filter_map(|attribute| Some((arguments::name(attribute)?, attribute)));
    if let Some((name, attribute)) = ours.clone().find(|(name, _)| ON_COLUMN.contains(&&**name)) {
        let message = format_args!("`#[{name}]` is for columns, and `{ident}` is a relation");
        errors.push(arguments::error(attribute, message));
        return None;
    }
    let eager = ours.clone().find(|(name, _)| name == EAGER);
    if let Some((_, eager)) = eager {
        errors.take(arguments::none(eager, "#[eager] takes nothing: it loads the relation with every query"));
    }
    let called = ours.clone().find(|(name, _)| name == "serialize_as");
    let called = called.and_then(|(_, attribute)| errors.take(serial::name(attribute)));
    let mut relations = ours.by_ref().filter(|(name, _)| ON_RELATION.contains(&&**name));
    let (name, attribute) = relations.next()?;
    if let Some((_, second)) = relations.next() {
        errors.push(arguments::error(second, "a field is one relation: keep one of these attributes"));
        return None;
    }
    let kind = RelationKind::ALL.into_iter().find(|kind| kind.attribute() == name)?;
    let slot = kind.slot();
    let [target, rest @ ..] = &*generic_arguments(&field.ty, slot) else {
        let found = last_segment(&field.ty).map(|segment| segment.ident.to_string()).unwrap_or_default();
        let instead = RelationKind::ALL.into_iter().find(|kind| kind.slot() == found);
        let instead = instead.map_or_else(String::new, |kind| format!(", or write #[{}]", kind.attribute()));
        errors
            .at(&field.ty, format_args!("the type of a #[{name}] field is `{slot}<..>`: change it{instead}"));
        return None;
    };
    let options = errors.take(Options::read(kind, attribute))?;
    Some(Unresolved {
        ident: ident.clone(),
        field: field.clone(),
        attribute: attribute.clone(),
        kind,
        target: (*target).clone(),
        pivot: rest.first().filter(|ty| !is_unit(ty)).map(|ty| (*ty).clone()),
        options,
        eager: eager.is_some(),
        serialized: Serialized { name: called, hidden: false },
    })
}

fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// The model that a relation is of.
struct Owner<'a> {
    ident: &'a Ident,
    name: &'a str,
    columns: &'a [Column],
    key: &'a [usize],
}

/// Finds the columns of a relation. Those of its target are left to the compiler.
pub(super) fn resolve(
    relation: Unresolved,
    ident: &Ident,
    columns: &[Column],
    key: &[usize],
    errors: &mut Errors,
) -> Option<Relation> {
    let owner = Owner { ident, name: &ident.unraw().to_string(), columns, key };
    let name = relation.ident.unraw().to_string();
    let path = match relation.kind {
        RelationKind::BelongsTo => relation.belongs_to(&name, &owner, errors),
        RelationKind::HasMany | RelationKind::HasOne => relation.has(&owner, errors),
        RelationKind::BelongsToMany => relation.belongs_to_many(&owner, errors),
        RelationKind::HasManyThrough | RelationKind::HasOneThrough => relation.through(&owner, errors),
        RelationKind::MorphTo => relation.morph_to(&name, &owner, errors),
        RelationKind::MorphMany | RelationKind::MorphOne => relation.morph_from(&owner, errors),
        RelationKind::MorphToMany => relation.morph_to_many(&owner, errors),
        RelationKind::MorphedByMany => relation.morphed_by_many(&owner, errors),
    }?;
    let optional = path
        .own_key(relation.kind)
        .iter()
        .any(|key| columns.iter().any(|column| column.ident == **key && column.optional.is_some()));
    let action = |reaction: Option<Reaction>| reaction.map(|reaction| reaction.action);
    Some(Relation {
        ident: relation.ident,
        name,
        vis: relation.field.vis,
        kind: relation.kind,
        slot: relation.field.ty,
        pivot: relation.pivot,
        target: relation.target,
        path,
        pick: relation.options.pick,
        fixed: relation.options.fixed,
        optional,
        eager: relation.eager,
        serialized: relation.serialized,
        touched: None,
        on_delete: action(relation.options.on_delete),
        on_update: action(relation.options.on_update),
    })
}

impl Path {
    /// The columns of the model itself that refer to the other.
    fn own_key(&self, kind: RelationKind) -> Vec<&Ident> {
        match (self, kind) {
            (Self::Direct(pairs), RelationKind::BelongsTo) => pairs.iter().map(|(local, _)| local).collect(),
            (Self::MorphTo { type_column, key_column }, _) => vec![type_column, key_column],
            _ => Vec::new(),
        }
    }
}

impl Unresolved {
    fn option(&self, name: &str) -> Option<&Keys> {
        self.options.keys.iter().find(|keys| keys.option == name)
    }

    fn error(&self, errors: &mut Errors, message: impl std::fmt::Display) {
        errors.push(arguments::error(&self.attribute, message));
    }

    /// `user_id` for the model `User`, in an error at this type.
    fn named_after(ty: &Type) -> String {
        let name = last_segment(ty).map(|segment| segment.ident.unraw().to_string()).unwrap_or_default();
        format!("{}_id", snake(&name))
    }

    /// The columns here that an option names, by default the key.
    fn own<'a>(&self, option: &str, owner: &Owner<'a>, errors: &mut Errors) -> Option<Vec<&'a Column>> {
        let found: Option<Vec<usize>> = match self.option(option) {
            Some(keys) => {
                let label = format!("`{option}`");
                keys.names.iter().map(|name| known_column(&label, name, owner.columns, errors)).collect()
            }
            // A model without a key is an error of its own.
            None => Some(owner.key.to_vec()).filter(|key| !key.is_empty()),
        };
        found?.into_iter().map(|column| owner.columns.get(column)).collect()
    }

    /// The columns of another model that an option names, or else the one of this name.
    fn others(&self, of: &Type, option: &str, default: &str, checked: bool) -> Vec<Foreign> {
        let foreign =
            |ident: Ident, by_default: bool| Foreign { of: Box::new(of.clone()), ident, by_default };
        match self.option(option) {
            Some(keys) => keys.names.iter().map(|name| foreign(name.clone(), false)).collect(),
            None => vec![foreign(Ident::new(default, self.default_span(of, checked)), checked)],
        }
    }

    fn default_span(&self, of: &Type, checked: bool) -> proc_macro2::Span {
        use syn::spanned::Spanned;
        if checked {
            self.attribute.path().get_ident().map_or_else(|| self.ident.span(), Ident::span)
        } else {
            proc_macro2::Span::call_site().located_at(of.span())
        }
    }

    /// The names of a table's columns that an option gives, or else this one.
    fn columns(&self, option: &str, default: &str) -> Vec<Side> {
        match self.option(option) {
            Some(keys) => keys.names.iter().map(|name| Side::Named(name.unraw().to_string())).collect(),
            None => vec![Side::Named(default.to_owned())],
        }
    }

    /// Columns that have to be equal, where both options name as many.
    fn zipped<A, B>(
        &self,
        (left, lefts): (&str, Vec<A>),
        (right, rights): (&str, Vec<B>),
        errors: &mut Errors,
    ) -> Option<Vec<(A, B)>> {
        let (few, many) = (lefts.len(), rights.len());
        if few == many {
            return Some(lefts.into_iter().zip(rights).collect());
        }
        let count = |option: &str, columns: usize| {
            let plural = if columns == 1 { "" } else { "s" };
            match option {
                _ if self.option(option).is_some() => format!("`{option}` names {columns} column{plural}"),
                "local_key" => format!("the key has {columns} column{plural}"),
                _ => format!("`{option}` is one by default"),
            }
        };
        if left == "name" || right == "name" {
            let other = if left == "name" { right } else { left };
            let message = format_args!("a #[morph_to] keeps a key of one column: name one, `{other} = ..`");
            self.error(errors, message);
            return None;
        }
        let most = few.max(many);
        let example = vec![".."; most].join(", ");
        let short = if few < many { left } else { right };
        let message = format!(
            "{}, and {}: name as many, `{short} = ({example})`",
            count(left, few),
            count(right, many)
        );
        let at = self.option(short).or_else(|| self.option(if few < many { right } else { left }));
        match at {
            Some(keys) => errors.at(&keys.at, message),
            None => self.error(errors, message),
        }
        None
    }

    fn belongs_to(&self, name: &str, owner: &Owner<'_>, errors: &mut Errors) -> Option<Path> {
        let local = match self.option("foreign_key") {
            Some(_) => self.own("foreign_key", owner, errors)?,
            None => vec![owner.columns.get(self.own_foreign_key(name, owner.columns, errors)?)?],
        };
        for column in &local {
            self.takes_null(column, errors);
        }
        let local = local.into_iter().map(|column| column.ident.clone()).collect();
        let foreign = self.others(&self.target, "owner_key", "id", true);
        self.zipped(("foreign_key", local), ("owner_key", foreign), errors).map(Path::Direct)
    }

    fn has(&self, owner: &Owner<'_>, errors: &mut Errors) -> Option<Path> {
        let local = idents(&self.own("local_key", owner, errors)?);
        let default = format!("{}_id", snake(owner.name));
        let foreign = self.others(&self.target, "foreign_key", &default, true);
        self.zipped(("local_key", local), ("foreign_key", foreign), errors).map(Path::Direct)
    }

    fn belongs_to_many(&self, owner: &Owner<'_>, errors: &mut Errors) -> Option<Path> {
        let target = Self::named_after(&self.target);
        let own = format!("{}_id", snake(owner.name));
        if own == target && (self.option("foreign_key").is_none() && self.option("related_key").is_none()) {
            let message = format_args!(
                "the columns for both sides would be `{own}`: name one for the other side, `related_key = ..`"
            );
            self.error(errors, message);
            return None;
        }
        let between = self.between(errors, || {
            let mut names = [snake(owner.name), target.strip_suffix("_id").unwrap_or(&target).to_owned()];
            names.sort_unstable();
            names.join("_")
        })?;
        let near = self.sides(&between, "foreign_key", &own);
        let far = self.sides(&between, "related_key", &target);
        let local = idents(&self.own("local_key", owner, errors)?);
        let foreign = self.others(&self.target, "target_key", "id", false);
        let near = self.zipped(("local_key", local), ("foreign_key", near), errors)?;
        let far = self.zipped(("related_key", far), ("target_key", foreign), errors)?;
        Some(Path::Via { between, near, far, beyond: false, morph: None })
    }

    fn through(&self, owner: &Owner<'_>, errors: &mut Errors) -> Option<Path> {
        let Some(through) = &self.options.through else {
            let (attribute, target) = (self.kind.attribute(), self.target.to_token_stream());
            let message = format_args!(
                "#[{attribute}] needs the model between this one and `{target}`: #[{attribute}(through = ..)]"
            );
            self.error(errors, message);
            return None;
        };
        let column = |columns: Vec<Foreign>| columns.into_iter().map(Side::Column).collect::<Vec<_>>();
        let default = format!("{}_id", snake(owner.name));
        let near = column(self.others(through, "foreign_key", &default, true));
        let referred = column(self.others(through, "through_local_key", "id", false));
        let default = Self::named_after(through);
        let referring = self.others(&self.target, "through_foreign_key", &default, true);
        let local = idents(&self.own("local_key", owner, errors)?);
        let near = self.zipped(("local_key", local), ("foreign_key", near), errors)?;
        let far = self.zipped(("through_local_key", referred), ("through_foreign_key", referring), errors)?;
        Some(Path::Via {
            between: Between::Model(Box::new(through.clone())),
            near,
            far,
            beyond: true,
            morph: None,
        })
    }

    fn morph_to(&self, name: &str, owner: &Owner<'_>, errors: &mut Errors) -> Option<Path> {
        let span = self.default_span(&self.target, true);
        let mut column = |option: &str, default: Ident| match self.option(option) {
            Some(given) => self.own(option, owner, errors).and(given.names.first().cloned()),
            None if column_named(&default, owner.columns).is_some() => Some(default),
            None => {
                let fields: Vec<&str> = owner.columns.iter().map(|column| &*column.field).collect();
                let message = format_args!(
                    "`{name}` lacks a column: add a field `{default}`, or say which one it is, `{option} = ..`, of {}",
                    listed(&fields)
                );
                self.error(errors, message);
                None
            }
        };
        let type_column = column("type_column", format_ident!("{name}_type", span = span));
        let key_column = column("key_column", format_ident!("{name}_id", span = span));
        Some(Path::MorphTo { type_column: type_column?, key_column: key_column? })
    }

    /// The `#[morph_to]` that leads back.
    fn back(&self, of: &dyn ToTokens, errors: &mut Errors) -> Option<&Ident> {
        if self.options.name.is_none() {
            let (attribute, of) = (self.kind.attribute(), of.to_token_stream());
            let message = format_args!(
                "#[{attribute}] needs the #[morph_to] of `{of}` that leads back: #[{attribute}(name = ..)]"
            );
            self.error(errors, message);
        }
        self.options.name.as_ref()
    }

    fn morph_from(&self, owner: &Owner<'_>, errors: &mut Errors) -> Option<Path> {
        let back = self.back(&self.target, errors)?.clone();
        let local = self.own("local_key", owner, errors)?;
        let [local] = &*local else {
            let message = "a #[morph_to] keeps a key of one column: say which, `local_key = ..`";
            self.error(errors, message);
            return None;
        };
        Some(Path::MorphFrom { local: local.ident.clone(), back })
    }

    fn morph_to_many(&self, owner: &Owner<'_>, errors: &mut Errors) -> Option<Path> {
        let (between, back, morph) = self.morph_between(owner, owner.ident, errors)?;
        let near = idents(&self.own("local_key", owner, errors)?);
        let near = self.zipped(("local_key", near), ("name", vec![back]), errors)?;
        let far = self.sides(&between, "related_key", &Self::named_after(&self.target));
        let foreign = self.others(&self.target, "target_key", "id", false);
        let far = self.zipped(("related_key", far), ("target_key", foreign), errors)?;
        Some(Path::Via { between, near, far, beyond: false, morph: Some(morph) })
    }

    fn morphed_by_many(&self, owner: &Owner<'_>, errors: &mut Errors) -> Option<Path> {
        let (between, back, morph) = self.morph_between(owner, &self.target, errors)?;
        let local = idents(&self.own("local_key", owner, errors)?);
        let near = self.sides(&between, "foreign_key", &format!("{}_id", snake(owner.name)));
        let near = self.zipped(("local_key", local), ("foreign_key", near), errors)?;
        let foreign = self.others(&self.target, "target_key", "id", false);
        let far = self.zipped(("name", vec![back]), ("target_key", foreign), errors)?;
        Some(Path::Via { between, near, far, beyond: false, morph: Some(morph) })
    }

    /// The table between, its column that refers to this model among others, and how it names that.
    fn morph_between(
        &self,
        _: &Owner<'_>,
        model: &dyn ToTokens,
        errors: &mut Errors,
    ) -> Option<(Between, Side, Morph)> {
        let of: &dyn ToTokens = match (&self.options.pivot, &self.pivot) {
            (Some((_, Between::Model(pivot))), _) => pivot,
            (_, Some(pivot)) => pivot,
            _ => &"the pivot",
        };
        let back = self.back(of, errors)?.clone();
        let written = back.unraw().to_string();
        let between = self.between(errors, || naming::table(&written))?;
        let model: Type = syn::parse2(model.to_token_stream()).ok()?;
        Some(match &between {
            Between::Model(pivot) => {
                if let Some(name) = &self.options.type_name {
                    let message = format_args!(
                        "the enum of `{}`'s #[morph_to] names the model: leave out `type_name`, or #[morph(\"..\")] a variant there",
                        pivot.to_token_stream()
                    );
                    errors.at(name, message);
                }
                let morph = Morph::Back { pivot: pivot.clone(), back: back.clone(), model: Box::new(model) };
                let side = Side::Back { pivot: pivot.clone(), back };
                (between, side, morph)
            }
            Between::Table(_) => {
                let name = match &self.options.type_name {
                    Some(name) => name.value(),
                    None => last_segment(&model).map(|segment| segment.ident.unraw().to_string())?,
                };
                let (column, key) = (format!("{written}_type"), format!("{written}_id"));
                (between, Side::Named(key.clone()), Morph::Named { column, key, name })
            }
        })
    }

    /// The table between: what `pivot` says, the slot's second parameter, or this name.
    fn between(&self, errors: &mut Errors, default: impl FnOnce() -> String) -> Option<Between> {
        let text = |ty: &Type| ty.to_token_stream().to_string();
        let (slot, target) = (self.kind.slot(), self.target.to_token_stream());
        match (&self.options.pivot, &self.pivot) {
            (None, None) => Some(Between::Table(default())),
            (None, Some(pivot)) => Some(Between::Model(Box::new(pivot.clone()))),
            (Some((_, Between::Table(name))), None) => Some(Between::Table(name.clone())),
            (Some((_, Between::Model(given))), Some(pivot)) if text(given) == text(pivot) => {
                Some(Between::Model(Box::new(pivot.clone())))
            }
            (Some((_, Between::Model(given))), _) => {
                let message = format_args!(
                    "the pivot is `{0}`: make the field's type `{slot}<{target}, {0}>`",
                    given.to_token_stream()
                );
                errors.at(&self.field.ty, message);
                None
            }
            (Some((option, Between::Table(_))), Some(pivot)) => {
                let pivot = pivot.to_token_stream();
                let message = format_args!(
                    "the field's type names the pivot `{pivot}`: leave out `pivot`, or make the type `{slot}<{target}>`"
                );
                errors.at(option, message);
                None
            }
        }
    }

    /// Columns of the table between.
    fn sides(&self, between: &Between, option: &str, default: &str) -> Vec<Side> {
        match between {
            Between::Model(pivot) => {
                self.others(pivot, option, default, true).into_iter().map(Side::Column).collect()
            }
            Between::Table(_) => self.columns(option, default),
        }
    }

    /// Only a foreign key that takes NULL can be set to it.
    fn takes_null(&self, key: &Column, errors: &mut Errors) {
        let reactions = [&self.options.on_delete, &self.options.on_update].into_iter().flatten();
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
    fn own_foreign_key(&self, name: &str, columns: &[Column], errors: &mut Errors) -> Option<usize> {
        let default = format_ident!("{name}_id");
        let found = column_named(&default, columns);
        if found.is_none() {
            let fields: Vec<&str> = columns.iter().map(|column| &*column.field).collect();
            self.error(
                errors,
                format_args!(
                    "`{name}` has no foreign key: add a field `{default}`, or say which column it is, \
                     `foreign_key = ..`, of {}",
                    listed(&fields)
                ),
            );
        }
        found
    }
}

fn idents(columns: &[&Column]) -> Vec<Ident> {
    columns.iter().map(|column| column.ident.clone()).collect()
}
