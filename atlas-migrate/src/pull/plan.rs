//! What the models are, before they are written.

use std::collections::BTreeMap;

use atlas_core::{
    schema::{Action, Column, ColumnDefault, ForeignKey, Index, IndexKind, Name, Storage, Table},
    types::serde_json,
    value::{ColumnType, ItemType, Value},
};

use super::names::{Given, row, rows, snake, type_name};
use crate::files::pascal;

/// The most columns that a key has: `IntoKey` is implemented for tuples of so many.
const LONGEST_KEY: usize = 6;

/// All models.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) models: Vec<Model>,
    pub(super) notes: Vec<String>,
}

/// A model of a table.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) table: Name,
    pub(super) comment: Option<Name>,
    /// The name of its struct.
    pub(super) name: String,
    /// The name of its file.
    pub(super) file: String,
    pub(super) fields: Vec<Field>,
    pub(super) relations: Vec<Relation>,
    /// Indexes over several fields, and whether they are unique.
    pub(super) indexes: Vec<(Vec<String>, bool)>,
    pub(super) full_text: Vec<(Vec<String>, Name)>,
    pub(super) enums: Vec<Enum>,
}

/// A field that is a column.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) column: Name,
    pub(super) comment: Option<Name>,
    /// Without the `Option`.
    pub(super) ty: String,
    pub(super) optional: bool,
    /// What stands above it.
    pub(super) attributes: Vec<String>,
}

/// An enum of the texts that a column takes.
#[derive(Debug)]
pub(super) struct Enum {
    pub(super) name: String,
    /// Names of variants, and their texts.
    pub(super) variants: Vec<(String, Name)>,
}

/// A field that is a relation.
#[derive(Debug)]
pub(super) struct Relation {
    pub(super) name: String,
    pub(super) attribute: String,
    pub(super) ty: String,
}

impl Plan {
    /// The models of tables. `counted` are those whose key the database counts up, though it does not say so.
    pub(super) fn of(tables: &[Table], counted: &[String]) -> Self {
        let mut plan = Self::default();
        let (mut types, mut files) = (Given::default(), Given::default());
        for reserved in ["mod", "lib", "main"] {
            files.first(&[reserved.to_owned()]);
        }
        let mut own = Vec::new();
        for table in tables {
            let too_long = table.primary_key.len() > LONGEST_KEY;
            if table.primary_key.is_empty() || too_long {
                let why = if too_long { "a key of more than six columns" } else { "no primary key" };
                plan.notes.push(format!("`{}` has {why}, and no model: use `db.table(..)`", table.name));
                continue;
            }
            let one = row(&table.name);
            let name = types.first(&[type_name(&one), pascal(&snake(&table.name))]);
            let file = files.first(&[one]);
            own.push((table, name, file));
        }
        for (table, name, file) in own {
            plan.models.push(model(
                table,
                name,
                file,
                counted.iter().any(|own| *own == table.name),
                &mut types,
            ));
        }
        plan.relate(tables);
        plan
    }

    fn at(&self, table: &str) -> Option<usize> {
        self.models.iter().position(|model| model.table == table)
    }

    /// The fields of columns, if a model has all of them.
    fn fields(&self, at: usize, columns: &[Name]) -> Option<Vec<&Field>> {
        let model = self.models.get(at)?;
        columns.iter().map(|name| model.fields.iter().find(|field| field.column == *name)).collect()
    }

    fn relate(&mut self, tables: &[Table]) {
        let mut given: BTreeMap<usize, Given> = BTreeMap::new();
        for (at, model) in self.models.iter().enumerate() {
            let own = given.entry(at).or_default();
            model.fields.iter().for_each(|field| drop(own.first(std::slice::from_ref(&field.name))));
        }
        // What a row belongs to first: it is called after its column, the others after what they are.
        let mut links = Vec::new();
        for table in tables {
            for key in &table.foreign_keys {
                let Some(link) = self.link(table, key) else { continue };
                links.push((table, link));
            }
        }
        for (_, link) in &mut links {
            self.belongs_to(link, &mut given);
        }
        for (table, link) in &links {
            let twins = links
                .iter()
                .filter(|(_, other)| (other.here, other.there) == (link.here, link.there))
                .count();
            self.has(table, link, twins > 1, &mut given);
        }
        for table in tables {
            let own: Vec<&Link> =
                links.iter().filter(|(of, _)| of.name == table.name).map(|(_, link)| link).collect();
            if let [one, other] = own.as_slice()
                && is_pivot(table, [one, other])
            {
                self.many_to_many(one, other, &mut given);
                self.many_to_many(other, one, &mut given);
            }
        }
    }

    /// A foreign key between two models; `None`, with a note, where it is no relation that models can say.
    fn link(&mut self, table: &Table, key: &ForeignKey) -> Option<Link> {
        let here = self.at(&table.name)?;
        let referred = |there: usize| -> Vec<Name> {
            let target = self.models.get(there);
            let keys = target.map(|model| model.fields.iter().filter(|field| field.is_key()));
            keys.into_iter().flatten().map(|field| field.column.clone()).collect()
        };
        let there = self.at(&key.table);
        let columns = there
            .map(|there| if key.references.is_empty() { referred(there) } else { key.references.clone() });
        let pair = there.zip(columns).and_then(|(there, columns)| {
            let (local, foreign) = (self.fields(here, &key.columns)?, self.fields(there, &columns)?);
            let alike = local.len() == foreign.len()
                && local.iter().zip(&foreign).all(|(one, other)| one.ty == other.ty);
            // One side may be an `Option`.
            let halves = local.iter().zip(&foreign).any(|(one, other)| one.optional && other.optional);
            let names = |fields: Vec<&Field>| fields.into_iter().map(|field| field.name.clone()).collect();
            (alike && !halves).then(|| (there, names(local), names(foreign)))
        });
        let Some((there, local, foreign)) = pair else {
            self.notes.push(format!(
                "the foreign key of `{}` over ({}) to `{}` is no relation: there is no model of that table, or the types of the \
                 columns differ",
                table.name,
                key.columns.join(", "),
                key.table
            ));
            return None;
        };
        Some(Link {
            here,
            there,
            local,
            foreign,
            columns: key.columns.clone(),
            on_delete: key.on_delete,
            on_update: key.on_update,
            name: String::new(),
        })
    }

    fn belongs_to(&mut self, link: &mut Link, given: &mut BTreeMap<usize, Given>) {
        let Some(target) = self.models.get(link.there) else { return };
        let stem = match link.local.as_slice() {
            [only] => {
                ["_id", "_key", "_ref"].iter().find_map(|end| only.strip_suffix(end)).map(str::to_owned)
            }
            _ => None,
        };
        let mut names: Vec<String> = stem.into_iter().filter(|stem| !stem.is_empty()).collect();
        names.push(target.file.clone());
        if let [only] = link.local.as_slice() {
            names.push(format!("{only}_{}", target.file));
        }
        link.name = given.entry(link.here).or_default().first(&names);
        let mut options = vec![format!("foreign_key = {}", tuple(&link.local))];
        if link.foreign != ["id"] {
            options.push(format!("owner_key = {}", tuple(&link.foreign)));
        }
        for (event, action) in [("on_delete", link.on_delete), ("on_update", link.on_update)] {
            let word = match action {
                Action::NoAction => continue,
                Action::Restrict => "restrict",
                Action::Cascade => "cascade",
                Action::SetNull => "set_null",
                Action::SetDefault => "set_default",
            };
            options.push(format!("{event} = {word}"));
        }
        let relation = Relation {
            name: link.name.clone(),
            attribute: format!("belongs_to({})", options.join(", ")),
            ty: format!("BelongsTo<{}>", target.name),
        };
        if let Some(model) = self.models.get_mut(link.here) {
            model.relations.push(relation);
        }
    }

    /// The other side of it.
    fn has(&mut self, table: &Table, link: &Link, has_twins: bool, given: &mut BTreeMap<usize, Given>) {
        let Some(source) = self.models.get(link.here) else { return };
        let same = |columns: &[Name]| {
            columns.len() == link.columns.len() && columns.iter().all(|name| link.columns.contains(name))
        };
        let once = same(&table.primary_key)
            || table
                .indexes
                .iter()
                .any(|index| index.unique() && index.filter.is_none() && same(&index.columns));
        let plain = if once { source.file.clone() } else { rows(&source.file) };
        let apart = format!("{plain}_by_{}", link.name);
        let names = if has_twins || link.here == link.there { vec![apart] } else { vec![plain, apart] };
        let (attribute, slot) = if once { ("has_one", "HasOne") } else { ("has_many", "HasMany") };
        let relation = Relation {
            name: given.entry(link.there).or_default().first(&names),
            attribute: format!(
                "{attribute}(foreign_key = {}, local_key = {})",
                tuple(&link.local),
                tuple(&link.foreign)
            ),
            ty: format!("{slot}<{}>", source.name),
        };
        if let Some(model) = self.models.get_mut(link.there) {
            model.relations.push(relation);
        }
    }

    /// From one side of a pivot to the other.
    fn many_to_many(&mut self, near: &Link, far: &Link, given: &mut BTreeMap<usize, Given>) {
        let (Some(pivot), Some(target)) = (self.models.get(near.here), self.models.get(far.there)) else {
            return;
        };
        let plain = rows(&target.file);
        let names = vec![plain.clone(), format!("{plain}_through_{}", rows(&pivot.file))];
        let relation = Relation {
            name: given.entry(near.there).or_default().first(&names),
            attribute: format!(
                "belongs_to_many(foreign_key = {}, related_key = {}, local_key = {}, target_key = {})",
                tuple(&near.local),
                tuple(&far.local),
                tuple(&near.foreign),
                tuple(&far.foreign)
            ),
            ty: format!("BelongsToMany<{}, {}>", target.name, pivot.name),
        };
        if let Some(model) = self.models.get_mut(near.there) {
            model.relations.push(relation);
        }
    }
}

/// A foreign key between two models.
struct Link {
    here: usize,
    there: usize,
    /// Fields.
    local: Vec<String>,
    foreign: Vec<String>,
    columns: Vec<Name>,
    on_delete: Action,
    on_update: Action,
    /// What the relation is called that belongs.
    name: String,
}

fn tuple(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| super::names::written(name)).collect();
    match names.as_slice() {
        [only] => only.clone(),
        several => format!("({})", several.join(", ")),
    }
}

/// Whether a table does nothing but lead from one of two others to the other: each pair is there once, and nothing else is
/// said of it but when it was made.
fn is_pivot(table: &Table, links: [&Link; 2]) -> bool {
    let [one, other] = links;
    let keys: Vec<&Name> = one.columns.iter().chain(&other.columns).collect();
    let same =
        |columns: &[Name]| columns.len() == keys.len() && columns.iter().all(|name| keys.contains(&name));
    let once =
        same(&table.primary_key) || table.indexes.iter().any(|index| index.unique() && same(&index.columns));
    let plain = |column: &Column| {
        // SQLite's times are texts.
        let is_time = matches!(column.ty, ColumnType::DateTime | ColumnType::Timestamp)
            || ["created_at", "updated_at"].contains(&&*column.name);
        keys.contains(&&column.name) || table.primary_key.contains(&column.name) || is_time
    };
    let single = one.local.len() == 1 && other.local.len() == 1;
    single && one.there != other.there && once && table.columns.iter().all(plain)
}

fn model(table: &Table, name: String, file: String, counted: bool, types: &mut Given) -> Model {
    let mut given = Given::default();
    let fields: Vec<String> =
        table.columns.iter().map(|column| given.first(&[snake(&column.name)])).collect();
    let field_of = |column: &Name| -> Option<String> {
        let at = table.columns.iter().position(|own| own.name == *column)?;
        fields.get(at).cloned()
    };
    let all = |columns: &[Name]| columns.iter().map(&field_of).collect::<Option<Vec<String>>>();
    let plain = |index: &&Index| {
        matches!(index.kind, IndexKind::Plain | IndexKind::Unique)
            && index.expression.is_none()
            && index.filter.is_none()
            && index.method.is_none()
            && !index.nulls_not_distinct
    };
    let mut enums = Vec::new();
    let mut own = Vec::new();
    for (column, field) in table.columns.iter().zip(&fields) {
        let single = table.primary_key == [column.name.clone()];
        let mut attributes = Vec::new();
        if table.primary_key.contains(&column.name) {
            let generated = single && column.ty.is_integer() && (column.generated || counted);
            attributes
                .push(if generated || !single { "primary_key" } else { "primary_key(manual)" }.to_owned());
        }
        if *field != column.name {
            attributes.push(format!("column({:?})", column.name));
        }
        let over = |unique: bool| {
            let mut indexes = table.indexes.iter().filter(plain).filter(|index| index.unique() == unique);
            indexes.any(|index| index.columns == [column.name.clone()])
        };
        for (unique, attribute) in [(true, "unique"), (false, "index")] {
            if over(unique) {
                attributes.push(attribute.to_owned());
            }
        }
        let (ty, cast) = match &column.storage {
            Storage::Enum(texts) => {
                let made = enumeration(&format!("{name}{}", pascal(field)), texts, types);
                let name = made.name.clone();
                enums.push(made);
                (name, None)
            }
            _ => type_of(column.ty),
        };
        attributes.extend(cast.map(str::to_owned));
        attributes.extend(default(column));
        own.push(Field {
            name: field.clone(),
            column: column.name.clone(),
            comment: column.comment.clone(),
            ty,
            optional: column.nullable && !table.primary_key.contains(&column.name),
            attributes,
        });
    }
    let several = table.indexes.iter().filter(plain).filter(|index| index.columns.len() > 1);
    Model {
        table: table.name.clone(),
        comment: table.options.comment.clone(),
        name,
        file,
        fields: own,
        relations: Vec::new(),
        indexes: several.filter_map(|index| Some((all(&index.columns)?, index.unique()))).collect(),
        full_text: table
            .full_text
            .iter()
            .filter_map(|index| Some((all(&index.columns)?, index.language.clone())))
            .collect(),
        enums,
    }
}

impl Field {
    fn is_key(&self) -> bool {
        self.attributes.iter().any(|own| own.starts_with("primary_key"))
    }
}

fn enumeration(name: &str, texts: &[Name], types: &mut Given) -> Enum {
    let mut given = Given::default();
    let variant = |text: &Name| {
        let own = pascal(&snake(text));
        // `Self` is no name of a variant.
        let own = if own == "Self" { "SelfValue".to_owned() } else { own };
        (given.first(&[own]), text.clone())
    };
    Enum { name: types.first(&[name.to_owned()]), variants: texts.iter().map(variant).collect() }
}

/// The Rust type of a column, and what casts it.
fn type_of(ty: ColumnType) -> (String, Option<&'static str>) {
    let ty = match ty {
        ColumnType::Bool => "bool",
        ColumnType::I8 => "i8",
        ColumnType::I16 => "i16",
        ColumnType::I32 => "i32",
        ColumnType::I64 => "i64",
        ColumnType::U8 => "u8",
        ColumnType::U16 => "u16",
        ColumnType::U32 => "u32",
        ColumnType::U64 => "u64",
        ColumnType::F32 => "f32",
        ColumnType::F64 => "f64",
        ColumnType::Numeric => "atlas::types::rust_decimal::Decimal",
        ColumnType::Bytes => "Vec<u8>",
        ColumnType::Uuid => "atlas::types::uuid::Uuid",
        ColumnType::Date => "atlas::types::chrono::NaiveDate",
        ColumnType::Time => "atlas::types::chrono::NaiveTime",
        ColumnType::DateTime => "atlas::types::chrono::NaiveDateTime",
        ColumnType::Timestamp => "atlas::types::chrono::DateTime<atlas::types::chrono::Utc>",
        ColumnType::Json => "atlas::types::serde_json::Value",
        ColumnType::Array(of) => {
            let of = match of {
                ItemType::Bool => "bool",
                ItemType::I16 => "i16",
                ItemType::I32 => "i32",
                ItemType::I64 => "i64",
                ItemType::F64 => "f64",
                _ => "String",
            };
            return (format!("Vec<{of}>"), Some("cast(array)"));
        }
        _ => "String",
    };
    (ty.to_owned(), None)
}

/// The default of a column, as an attribute. Plain values are those of drafts, too; the database fills in the others.
fn default(column: &Column) -> Option<String> {
    let sql = |text: &str| Some(format!("default(sql = {text:?})"));
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    if matches!(column.storage, Storage::Enum(_)) {
        return match column.default.as_ref()? {
            ColumnDefault::Value(Value::Text(text)) => sql(&quoted(text)),
            ColumnDefault::Expression(own) => sql(own),
            _ => None,
        };
    }
    match column.default.as_ref()? {
        ColumnDefault::Now => sql(match column.ty {
            ColumnType::Date => "CURRENT_DATE",
            ColumnType::Time => "CURRENT_TIME",
            _ => "CURRENT_TIMESTAMP",
        }),
        ColumnDefault::Expression(own) => sql(own),
        ColumnDefault::Value(value) => match value {
            Value::Bool(truth) => Some(format!("default({truth})")),
            Value::I64(number) => Some(format!("default({number})")),
            Value::U64(number) => Some(format!("default({number})")),
            Value::F64(number) if number.is_finite() => Some(format!("default({number:?})")),
            Value::Text(own) => Some(format!("default({own:?})")),
            Value::Numeric(number) => sql(&quoted(&number.to_string())),
            Value::Date(date) => sql(&quoted(&date.to_string())),
            Value::Time(time) => sql(&quoted(&time.to_string())),
            Value::DateTime(moment) | Value::Timestamp(moment) => sql(&quoted(&moment.to_string())),
            Value::Json(own) if serde_json::from_str::<serde_json::Value>(own).is_ok() => sql(&quoted(own)),
            _ => None,
        },
    }
}
