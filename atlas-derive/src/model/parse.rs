//! From a struct to its description. Every mistake that the struct alone shows is found here.

mod column;
mod embed;
mod full_text;
mod key;
mod relation;
mod serial;

pub(crate) use column::{generic_argument, last_segment};
pub(super) use embed::structure as embed;
use syn::{Attribute, Data, DeriveInput, Expr, Field, Fields, Ident, LitStr, Path, ext::IdentExt};

use super::{Column, Embedded, FullText, Index, Model, Relation, RelationKind};
use crate::{
    arguments,
    diagnostics::{Errors, did_you_mean, listed},
    naming::{self, RenameRule},
};

/// Attributes of the struct.
const ON_STRUCT: [&str; 20] = [
    "table",
    "fillable",
    "guarded",
    "rename_all",
    "timestamps",
    "soft_deletes",
    "tenant",
    "touches",
    "strict",
    "hidden",
    "visible",
    "appends",
    "accessors",
    "serialize",
    "observed_by",
    "global_scope",
    "connection",
    "index",
    "unique",
    "full_text",
];
/// Attributes of a field that is a column.
const ON_COLUMN: [&str; 10] = [
    "primary_key",
    "column",
    "default",
    "unique",
    "index",
    "cast",
    "mutator",
    "sensitive",
    "version",
    "serialize_with",
];
/// Attributes of a field that is a column or a relation.
const ON_FIELD: [&str; 1] = ["serialize_as"];
/// Attributes that make a field a relation.
const ON_RELATION: [&str; 11] = {
    let mut names = [""; 11];
    let mut place = 0;
    while place < names.len() {
        names[place] = RelationKind::ALL[place].attribute();
        place += 1;
    }
    names
};
/// The attribute of a relation that every query loads.
const EAGER: &str = "eager";
/// In a `#[unique]`: it holds of rows alone that were not deleted softly.
const WITHOUT_TRASHED: &str = "without_trashed";
/// The attribute of a field that is no column.
const SKIP: &str = "skip";
/// The methods of a draft that are no setters.
pub(super) const SETTERS_TAKEN: [&str; 2] = ["save", "fill"];

/// The description of a struct; `None` where it is not a struct with named fields.
pub(super) fn model(input: &DeriveInput, errors: &mut Errors) -> Option<Model> {
    let fields = fields(input, errors)?;
    misplaced(&input.attrs, &ON_STRUCT, "a struct", errors);
    let rules = StructAttributes::read(&input.attrs, errors);

    let mut columns = Vec::new();
    let mut keys = Vec::new();
    let mut relations = Vec::new();
    let (mut embedded, mut skipped) = (Vec::new(), Vec::new());
    for field in fields.iter().copied() {
        let Some(ident) = &field.ident else { continue };
        if let Some(attribute) = field.attrs.iter().find(|attribute| attribute.path().is_ident(SKIP)) {
            errors.take(arguments::none(attribute, "#[skip] takes nothing: the field is no column"));
            misplaced(&field.attrs, &[SKIP], "a field with #[skip]", errors);
            skipped.push((ident.clone(), field.ty.clone()));
        } else if embed::is_one(field) {
            embedded.push(embed::read(field, ident, errors));
        } else if relation::is_one(field, errors) {
            relations.extend(relation::read(field, ident, errors));
        } else {
            let (column, marker) = column::read(field, ident, rules.rename, errors);
            keys.extend(marker.map(|marker| (columns.len(), marker)));
            columns.push(column);
        }
    }
    unlike_names(&columns, errors);
    embed::unlike(&embedded, errors);

    let name = input.ident.unraw().to_string();
    let (key, key_kind) = key::find(&input.ident, &columns, keys, errors);
    for (index, column) in columns.iter_mut().enumerate() {
        column::place(column, &input.ident, index, key.contains(&index), errors);
    }
    let (created_at, updated_at) = rules.timestamps(&columns, errors);
    let soft_deletes = rules.soft_deletes(&columns, errors);
    let version = version(&columns, errors);
    let tenant = rules.tenant.as_ref().and_then(|name| known_column("#[tenant]", name, &columns, errors));
    rules.fillable(&mut columns, &mut embedded, &key, errors);
    let indexes = rules.indexes(&columns, errors);
    let own = columns.iter().filter(|column| column.without_trashed).map(|column| &column.ident);
    let several = indexes.iter().filter(|index| index.without_trashed).map(|_| &input.ident);
    if let (None, Some(at)) = (&rules.soft_deletes, own.chain(several).next()) {
        errors.at(
            at,
            "`without_trashed` is for rows that are deleted softly: add #[soft_deletes] to the struct",
        );
    }
    let full_text = rules.full_text(&columns, errors);
    let mut relations: Vec<_> = relations
        .into_iter()
        .filter_map(|relation| relation::resolve(relation, &input.ident, &columns, &key, errors))
        .collect();
    rules.touches(&mut relations, errors);
    let accessors = rules.serial.resolve(&mut columns, &mut embedded, &mut relations, errors);
    let key_asserted =
        key.iter().filter_map(|key| columns.get(*key)).all(|column| !key::is_known(&column.ty));
    for (index, column) in columns.iter_mut().enumerate() {
        let Some(written) = &column.deferred else { continue };
        let leads = relations.iter().find(|relation| relation.local().contains(&&column.ident));
        let by_attribute = [created_at, updated_at, soft_deletes, tenant, version].contains(&Some(index));
        let reason = match leads {
            _ if key.contains(&index) => "it is the key".to_owned(),
            _ if by_attribute => "an attribute needs it".to_owned(),
            Some(relation) => format!("the relation `{}` is found by it", relation.name),
            None => continue,
        };
        let ident = &column.ident;
        let message = format_args!("`{ident}` is always read, since {reason}: it cannot be a `Deferred`");
        errors.at(written, message);
        column.deferred = None;
    }
    let faulty = !errors.is_empty();
    for (index, column) in columns.iter_mut().enumerate() {
        let by_key = key.contains(&index) && key_kind != super::KeyKind::Manual;
        let by_time = created_at == Some(index) || updated_at == Some(index);
        let by_relation =
            relations.iter().flat_map(|relation| relation.owned()).any(|own| *own == column.ident);
        let left_out =
            column.optional.is_some() || column.default.is_some() || by_key || by_time || by_relation;
        let left_out = left_out || tenant == Some(index) || version == Some(index);
        column.required = !left_out && !faulty;
    }
    Some(Model {
        faulty,
        ident: input.ident.clone(),
        table: rules.table.map_or_else(|| naming::table(&name), |table| table.value()),
        name,
        connection: rules.connection.map(|connection| connection.value()),
        columns,
        embedded,
        skipped,
        key,
        key_kind,
        key_asserted,
        indexes,
        full_text,
        created_at,
        updated_at,
        soft_deletes,
        version,
        tenant,
        observers: rules.observers,
        scopes: rules.scopes,
        relations,
        accessors,
        case: rules.serial.case(),
        strict: rules.strict,
    })
}

/// The index of the column that counts how often a row was changed.
fn version(columns: &[Column], errors: &mut Errors) -> Option<usize> {
    let mut versions = columns.iter().enumerate().filter(|(_, column)| column.version);
    let (index, column) = versions.next()?;
    if let Some((_, other)) = versions.next() {
        let message =
            format_args!("`{}` and `{}` are both #[version]: a row has one", column.field, other.field);
        errors.at(&other.ident, message);
    }
    if column.optional.is_some() {
        let message = format_args!("a #[version] is never NULL: make `{}` an `i64`", column.field);
        errors.at(&column.ty, message);
    }
    Some(index)
}

fn fields<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Option<Vec<&'a Field>> {
    if let Some(parameter) = input.generics.params.first() {
        errors.at(parameter, "a model has no type parameters or lifetimes: one struct is one table");
        return None;
    }
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Some(fields.named.iter().collect()),
            Fields::Unnamed(fields) => {
                errors.at(
                    fields,
                    "a model's fields have names, which are its columns': write `struct Name { id: i64, .. }`",
                );
                None
            }
            Fields::Unit => {
                errors.at(&input.ident, "a model has at least a key: write `struct Name { id: i64, .. }`");
                None
            }
        },
        Data::Enum(data) => {
            errors.at(data.enum_token, "a model is a struct; an enum can be a column: #[derive(Attribute)]");
            None
        }
        Data::Union(data) => {
            errors.at(data.union_token, "a model is a struct with named fields");
            None
        }
    }
}

/// Reports attributes of ours that stand where they mean nothing.
fn misplaced(attributes: &[Attribute], allowed: &[&str], here: &str, errors: &mut Errors) {
    for attribute in attributes {
        let Some(name) = arguments::name(attribute) else { continue };
        let ours = ON_STRUCT
            .iter()
            .chain(&ON_COLUMN)
            .chain(&ON_FIELD)
            .chain(&ON_RELATION)
            .chain(&[embed::EMBED, SKIP])
            .any(|known| *known == name);
        if ours && !allowed.contains(&&*name) {
            let takes = listed(allowed);
            errors.push(arguments::error(
                attribute,
                format_args!("`#[{name}]` does not belong on {here}, which takes {takes}"),
            ));
        }
    }
}

/// Two columns of one name, and names that a draft's methods have.
fn unlike_names(columns: &[Column], errors: &mut Errors) {
    for (index, column) in columns.iter().enumerate() {
        if let Some(other) = columns.iter().take(index).find(|other| other.name == column.name) {
            errors.at(
                &column.ident,
                format_args!(
                    "the fields `{}` and `{}` are both the column `{}`: rename one with #[column(\"..\")]",
                    other.field, column.field, column.name
                ),
            );
        }
        if SETTERS_TAKEN.contains(&&*column.field) {
            errors.at(
                &column.ident,
                format_args!(
                    "a draft has a method `{0}` already: give the field another name, and add #[column(\"{0}\")]",
                    column.field
                ),
            );
        }
    }
}

/// The index of the column whose field has this name.
fn column_named(ident: &Ident, columns: &[Column]) -> Option<usize> {
    let name = ident.unraw().to_string();
    columns.iter().position(|column| column.field == name)
}

/// The same, or an error that names the fields that there are.
fn known_column(attribute: &str, ident: &Ident, columns: &[Column], errors: &mut Errors) -> Option<usize> {
    let found = column_named(ident, columns);
    if found.is_none() {
        let fields: Vec<&str> = columns.iter().map(|column| &*column.field).collect();
        let meant = did_you_mean(&ident.to_string(), &fields);
        let fields = listed(&fields);
        errors.at(
            ident,
            format_args!("{attribute} names no field `{ident}`: the model's columns are {fields}{meant}"),
        );
    }
    found
}

/// What the struct's own attributes say, before the fields are known.
#[derive(Default)]
struct StructAttributes {
    table: Option<LitStr>,
    connection: Option<LitStr>,
    rename: Option<RenameRule>,
    timestamps: Option<Timestamps>,
    /// And the name of the column, where one is given.
    soft_deletes: Option<(Attribute, Option<Ident>)>,
    tenant: Option<Ident>,
    fillable: Option<(Attribute, Vec<Ident>)>,
    guarded: Option<(Attribute, Vec<Ident>)>,
    indexes: Vec<(bool, Vec<Ident>)>,
    full_text: Vec<(Vec<Ident>, Option<LitStr>)>,
    touches: Vec<Ident>,
    serial: serial::Attributes,
    strict: bool,
    observers: Vec<Expr>,
    scopes: Vec<Path>,
}

struct Timestamps {
    attribute: Attribute,
    created_at: Option<Ident>,
    updated_at: Option<Ident>,
}

impl StructAttributes {
    fn read(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut read = Self::default();
        for (place, attribute) in attributes.iter().enumerate() {
            let Some(name) = arguments::name(attribute) else { continue };
            if !ON_STRUCT.contains(&&*name) {
                continue;
            }
            let repeatable =
                matches!(&*name, "index" | "unique" | "full_text" | "observed_by" | "global_scope");
            let earlier = attributes.iter().take(place);
            if !repeatable && earlier.filter_map(arguments::name).any(|earlier| earlier == name) {
                errors
                    .push(arguments::error(attribute, format_args!("`#[{name}]` is given twice: keep one")));
                continue;
            }
            let result = read.take(&name, attribute);
            errors.take(result);
        }
        if let (Some(_), Some((guarded, _))) = (&read.fillable, &read.guarded) {
            errors.push(arguments::error(
                guarded,
                "#[fillable] and #[guarded] exclude each other: keep #[fillable], which names what input may set",
            ));
            read.guarded = None;
        }
        read
    }

    fn take(&mut self, name: &str, attribute: &Attribute) -> syn::Result<()> {
        match name {
            "table" => {
                let table = arguments::text(attribute, Some("name"), "#[table(\"users\")]")?;
                self.table = Some(not_empty(table)?);
            }
            "connection" => {
                let connection = arguments::text(attribute, Some("name"), "#[connection(\"reports\")]")?;
                self.connection = Some(not_empty(connection)?);
            }
            "rename_all" => self.rename = Some(rename_rule(attribute)?),
            "timestamps" => {
                let (mut created_at, mut updated_at) = (None, None);
                arguments::options(attribute, &["created_at", "updated_at"], |option, name, input| {
                    let column = Some(arguments::name_value(option, input)?);
                    if name == "created_at" {
                        created_at = column
                    } else {
                        updated_at = column
                    }
                    Ok(())
                })?;
                self.timestamps = Some(Timestamps { attribute: attribute.clone(), created_at, updated_at });
            }
            "soft_deletes" => {
                let named = match arguments::tokens(attribute) {
                    None => None,
                    Some(_) => Some(only_name(attribute, "#[soft_deletes(deleted_at)]")?),
                };
                self.soft_deletes = Some((attribute.clone(), named));
            }
            "tenant" => self.tenant = Some(only_name(attribute, "#[tenant(org_id)]")?),
            "fillable" => {
                let names = arguments::names(attribute, "#[fillable(name, email)]")?;
                self.fillable = Some((attribute.clone(), names));
            }
            "guarded" => {
                let names = arguments::names(attribute, "#[guarded(role, balance)]")?;
                self.guarded = Some((attribute.clone(), names));
            }
            "strict" => {
                arguments::none(attribute, "#[strict] takes nothing")?;
                self.strict = true;
            }
            name if serial::ATTRIBUTES.contains(&name) => self.serial.take(name, attribute)?,
            "touches" => self.touches = arguments::names(attribute, "#[touches(post)]")?,
            "global_scope" => {
                let example =
                    "a scope: `#[global_scope(published)]`, a `fn(Query<Self>) -> Query<Self>` of the model";
                for scope in arguments::expressions(attribute, example)? {
                    match scope {
                        Expr::Path(scope) => self.scopes.push(scope.path),
                        other => {
                            return Err(syn::Error::new_spanned(other, format_args!("expected {example}")));
                        }
                    }
                }
            }
            "observed_by" => {
                let observers = arguments::expressions(attribute, "an observer: `#[observed_by(Audit)]`")?;
                self.observers.extend(observers);
            }
            "index" => {
                self.indexes.push((false, arguments::names(attribute, "#[index(last_name, first_name)]")?));
            }
            "full_text" => self.full_text.push(full_text::read(attribute)?),
            _ => self.indexes.push((true, arguments::names(attribute, "#[unique(order_id, line)]")?)),
        }
        Ok(())
    }

    /// The indexes of the columns that are set when a row is inserted, and when it is written.
    fn timestamps(&self, columns: &[Column], errors: &mut Errors) -> (Option<usize>, Option<usize>) {
        let Some(timestamps) = &self.timestamps else { return (None, None) };
        let mut find = |given: &Option<Ident>, default: &str| match given {
            Some(ident) => known_column("#[timestamps]", ident, columns, errors),
            None => columns.iter().position(|column| column.field == default),
        };
        let created_at = find(&timestamps.created_at, "created_at");
        let updated_at = find(&timestamps.updated_at, "updated_at");
        let named = timestamps.created_at.is_some() || timestamps.updated_at.is_some();
        if created_at.is_none() && updated_at.is_none() && !named {
            errors.push(arguments::error(
                &timestamps.attribute,
                "#[timestamps] needs a field `created_at` or `updated_at`: add one, or name yours, \
                 as in #[timestamps(created_at = made, updated_at = changed)]",
            ));
        }
        (created_at, updated_at)
    }

    /// The index of the column that is set when a row is deleted softly.
    fn soft_deletes(&self, columns: &[Column], errors: &mut Errors) -> Option<usize> {
        let (attribute, named) = self.soft_deletes.as_ref()?;
        let found = match named {
            Some(ident) => known_column("#[soft_deletes]", ident, columns, errors)?,
            None => match columns.iter().position(|column| column.field == "deleted_at") {
                Some(found) => found,
                None => {
                    errors.push(arguments::error(
                        attribute,
                        "#[soft_deletes] needs a field `deleted_at`: add `deleted_at: Option<DateTime<Utc>>`, \
                         or name yours, as in #[soft_deletes(removed_at)]",
                    ));
                    return None;
                }
            },
        };
        if let Some(column) = columns.get(found).filter(|column| column.optional.is_none()) {
            errors.at(
                &column.ty,
                format_args!(
                    "`{}` is NULL while the row is not deleted: make it an `Option<DateTime<Utc>>`",
                    column.field
                ),
            );
        }
        Some(found)
    }

    /// Marks the columns that mass assignment reaches: those that `#[fillable]` names, or all but the key
    /// and those that `#[guarded]` names, or none.
    fn fillable(
        &self,
        columns: &mut [Column],
        embedded: &mut [Embedded],
        key: &[usize],
        errors: &mut Errors,
    ) {
        if let Some((_, names)) = &self.fillable {
            for name in names {
                if let Some(embedded) = embedded.iter_mut().find(|embedded| name.unraw() == embedded.field) {
                    embedded.fillable = true;
                } else if let Some(column) = known_column("#[fillable]", name, columns, errors)
                    && let Some(column) = columns.get_mut(column)
                {
                    column.fillable = true;
                }
            }
        }
        if let Some((_, names)) = &self.guarded {
            for embedded in &mut *embedded {
                embedded.fillable = names.iter().all(|name| name.unraw() != embedded.field);
            }
            let guarded: Vec<usize> = names
                .iter()
                .filter(|name| embedded.iter().all(|embedded| name.unraw() != embedded.field))
                .filter_map(|name| known_column("#[guarded]", name, columns, errors))
                .chain(key.iter().copied())
                .collect();
            for (index, column) in columns.iter_mut().enumerate() {
                column.fillable = !guarded.contains(&index);
            }
        }
    }

    /// Marks the relations whose records are touched.
    fn touches(&self, relations: &mut [Relation], errors: &mut Errors) {
        for ident in &self.touches {
            let name = ident.unraw().to_string();
            match relations.iter_mut().find(|relation| relation.name == name) {
                Some(relation)
                    if matches!(relation.kind, RelationKind::BelongsTo | RelationKind::MorphTo) =>
                {
                    relation.touched = Some(ident.clone());
                }
                Some(relation) => {
                    let kind = relation.kind.attribute();
                    let message = format_args!(
                        "`{name}` is a #[{kind}]: #[touches] is for what this model belongs to, by a #[belongs_to] or a #[morph_to]"
                    );
                    errors.at(ident, message);
                }
                // A relation that is wrong is an error of its own.
                None if !errors.is_empty() => {}
                None => {
                    let names: Vec<&str> = relations.iter().map(|relation| &*relation.name).collect();
                    let meant = did_you_mean(&name, &names);
                    let message = format_args!("#[touches] names no relation `{name}` of this model{meant}");
                    errors.at(ident, message);
                }
            }
        }
    }

    fn indexes(&self, columns: &[Column], errors: &mut Errors) -> Vec<Index> {
        let mut indexes = Vec::new();
        for (unique, names) in &self.indexes {
            let attribute = if *unique { "#[unique]" } else { "#[index]" };
            let without_trashed = *unique && names.iter().any(|name| name == WITHOUT_TRASHED);
            let names = names.iter().filter(|name| !without_trashed || *name != WITHOUT_TRASHED);
            let found: Option<Vec<usize>> =
                names.map(|name| known_column(attribute, name, columns, errors)).collect();
            indexes.extend(found.map(|columns| Index { columns, unique: *unique, without_trashed }));
        }
        indexes
    }

    fn full_text(&self, columns: &[Column], errors: &mut Errors) -> Vec<FullText> {
        let mut all = Vec::new();
        for (names, language) in &self.full_text {
            let found: Option<Vec<usize>> =
                names.iter().map(|name| known_column("#[full_text]", name, columns, errors)).collect();
            let language = language.as_ref().map_or_else(|| "simple".to_owned(), LitStr::value);
            all.extend(found.map(|columns| FullText { columns, language }));
        }
        all
    }
}

/// `#[name(field)]`
fn only_name(attribute: &Attribute, example: &str) -> syn::Result<Ident> {
    let mut names = arguments::names(attribute, example)?;
    match (names.pop(), names.pop()) {
        (Some(name), None) => Ok(name),
        _ => Err(arguments::error(attribute, format_args!("expected the name of one field: `{example}`"))),
    }
}

/// `#[rename_all = "camelCase"]`
pub(crate) fn rename_rule(attribute: &Attribute) -> syn::Result<RenameRule> {
    let text = arguments::text(attribute, None, "#[rename_all = \"camelCase\"]")?;
    rename_rule_named(&text)
}

/// The rule of this name, or an error that names those that there are.
pub(crate) fn rename_rule_named(text: &LitStr) -> syn::Result<RenameRule> {
    let (written, names) = (text.value(), RenameRule::names());
    RenameRule::named(&written).ok_or_else(|| {
        let (known, meant) = (listed(&names), did_you_mean(&written, &names));
        syn::Error::new(text.span(), format_args!("unknown case `{written}`: there are {known}{meant}"))
    })
}

fn not_empty(text: LitStr) -> syn::Result<LitStr> {
    if text.value().is_empty() {
        return Err(syn::Error::new(text.span(), "this name is empty"));
    }
    Ok(text)
}
