use atlas_core::{
    Error, Model, Result,
    schema::{
        Alteration, Check, Column, ForeignKey, FullTextIndex, Index, IndexKind, Name, Place, Storage, Table,
        TableOptions, default_name,
    },
    value::{ColumnType, ItemType},
};

use crate::{
    column::ColumnBuilder,
    foreign::{ForeignKeyBuilder, FullTextBuilder, IndexBuilder},
};

/// Some names: one, or several in an array.
pub trait Names {
    /// The names, in order.
    fn into_names(self) -> Vec<Name>;
}

impl Names for &str {
    fn into_names(self) -> Vec<Name> {
        vec![self.to_owned().into()]
    }
}

impl<const N: usize> Names for [&str; N] {
    fn into_names(self) -> Vec<Name> {
        self.iter().map(|name| (*name).to_owned().into()).collect()
    }
}

impl Names for &[&str] {
    fn into_names(self) -> Vec<Name> {
        self.iter().map(|name| (*name).to_owned().into()).collect()
    }
}

/// An index or a foreign key that is there: its name, or the array of its columns.
pub trait Named {
    #[doc(hidden)]
    fn find(self) -> Find;
}

/// What [`Named`] says.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub enum Find {
    Name(Name),
    Columns(Vec<Name>),
}

impl Named for &str {
    fn find(self) -> Find {
        Find::Name(self.to_owned().into())
    }
}

impl<const N: usize> Named for [&str; N] {
    fn find(self) -> Find {
        Find::Columns(self.into_names())
    }
}

/// A table in the making, or what is changed of one: what the closures of [`Schema::create`](crate::Schema::create)
/// and [`Schema::table`](crate::Schema::table) get.
///
/// A column takes no NULL unless it is said to ([`nullable`](ColumnBuilder::nullable)).
#[derive(Debug)]
pub struct Blueprint {
    table: Name,
    changes: Vec<Change>,
    options: TableOptions,
    comments: bool,
}

/// Something that is said of a table.
#[derive(Debug)]
pub(crate) enum Change {
    Column(Box<ColumnChange>),
    ForeignKey(ForeignKey),
    Index(Index),
    /// An index is dropped that is of this kind.
    DropIndex(Find),
    DropFullText(Find),
    DropForeignKey(Find),
    Other(Alteration),
}

/// A column that is added or changed, with what is said of it in the same breath.
#[derive(Debug)]
pub(crate) struct ColumnChange {
    pub(crate) column: Column,
    pub(crate) place: Place,
    pub(crate) changes: bool,
    pub(crate) primary: bool,
    pub(crate) indexes: Vec<Index>,
    pub(crate) foreign_key: Option<ForeignKey>,
}

/// What the keys of morph columns are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Morph {
    /// Integers of 64 bits.
    Numeric,
    /// UUIDs.
    Uuid,
    /// ULIDs, as their 26 characters.
    Ulid,
}

impl Blueprint {
    pub(crate) fn new(table: &str) -> Self {
        Self {
            table: table.to_owned().into(),
            changes: Vec::new(),
            options: TableOptions::default(),
            comments: false,
        }
    }

    /// The table that this makes.
    pub(crate) fn created(self) -> Result<Table> {
        let mut table = Table::new(self.table.clone());
        table.options = self.options.clone();
        // Columns first: what is over them may be said before.
        let changes = self.alterations(&table)?;
        let is_column =
            |change: &Alteration| matches!(change, Alteration::AddColumn(..) | Alteration::ChangeColumn(_));
        let (columns, others): (Vec<_>, Vec<_>) = changes.into_iter().partition(is_column);
        columns.iter().chain(&others).try_for_each(|change| table.apply(change))?;
        Ok(table)
    }

    /// What this changes of a table.
    pub(crate) fn alterations(self, before: &Table) -> Result<Vec<Alteration>> {
        let mut alterations = Vec::new();
        for change in self.changes {
            match change {
                Change::Column(change) => {
                    let ColumnChange { column, place, changes, primary, indexes, foreign_key } = *change;
                    let name = column.name.clone();
                    alterations.push(match changes {
                        true => Alteration::ChangeColumn(column),
                        false => Alteration::AddColumn(column, place),
                    });
                    if primary {
                        alterations.push(Alteration::SetPrimaryKey(vec![name]));
                    }
                    alterations.extend(indexes.into_iter().map(Alteration::AddIndex));
                    alterations.extend(foreign_key.map(Alteration::AddForeignKey));
                }
                Change::ForeignKey(key) if key.table.is_empty() => {
                    return Err(Error::config(format!(
                        "the foreign key of `{}` over ({}) refers to no table: say `.on(\"..\")`",
                        self.table,
                        key.columns.join(", ")
                    )));
                }
                Change::ForeignKey(key) => alterations.push(Alteration::AddForeignKey(key)),
                Change::Index(index) => alterations.push(Alteration::AddIndex(index)),
                Change::DropIndex(find) => {
                    let found = before.indexes.iter().map(|index| (Some(&index.name), &index.columns));
                    alterations.push(Alteration::DropIndex(named(before, "index", find, found)?));
                }
                Change::DropFullText(find) => {
                    let found = before.full_text.iter().map(|index| (Some(&index.name), &index.columns));
                    alterations.push(Alteration::DropFullText(named(
                        before,
                        "full-text index",
                        find,
                        found,
                    )?));
                }
                Change::DropForeignKey(find) => {
                    let found = before.foreign_keys.iter().map(|key| (key.name.as_ref(), &key.columns));
                    alterations.push(Alteration::DropForeignKey(named(before, "foreign key", find, found)?));
                }
                Change::Other(change) => alterations.push(change),
            }
        }
        if self.comments {
            alterations.push(Alteration::SetComment(self.options.comment));
        }
        Ok(alterations)
    }

    fn push(&mut self, change: Change) -> &mut Change {
        self.changes.push(change);
        let last = self.changes.len() - 1;
        &mut self.changes[last]
    }

    pub(crate) fn add(&mut self, column: Column) -> ColumnBuilder<'_> {
        let change = ColumnChange {
            column,
            place: Place::Last,
            changes: false,
            primary: false,
            indexes: Vec::new(),
            foreign_key: None,
        };
        let table = self.table.clone();
        match self.push(Change::Column(Box::new(change))) {
            Change::Column(change) => ColumnBuilder { table, change },
            _ => unreachable!(),
        }
    }

    fn of(&mut self, name: &str, ty: ColumnType) -> ColumnBuilder<'_> {
        self.add(Column::new(name.to_owned(), ty))
    }

    fn stored(&mut self, name: &str, ty: ColumnType, storage: Storage) -> ColumnBuilder<'_> {
        self.add(Column { storage, ..Column::new(name.to_owned(), ty) })
    }

    fn counted(&mut self, name: &str, ty: ColumnType) -> ColumnBuilder<'_> {
        self.add(Column { generated: true, ..Column::new(name.to_owned(), ty) })
    }
}

/// The name of something that is there.
fn named<'t>(
    table: &Table,
    what: &str,
    find: Find,
    mut there: impl Iterator<Item = (Option<&'t Name>, &'t Vec<Name>)>,
) -> Result<Name> {
    match find {
        Find::Name(name) => Ok(name),
        Find::Columns(columns) => {
            there.find(|(_, own)| **own == columns).and_then(|(name, _)| name.cloned()).ok_or_else(|| {
                Error::config(format!(
                    "the table `{}` cannot be changed: it has no {what} over ({})",
                    table.name,
                    columns.join(", ")
                ))
            })
        }
    }
}

/// Columns.
impl Blueprint {
    /// The primary key `id`: integers of 64 bits, counted up by the database.
    pub fn id(&mut self) -> ColumnBuilder<'_> {
        self.big_increments("id")
    }

    /// A primary key of 64 bits, counted up by the database.
    pub fn big_increments(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.counted(name, ColumnType::I64)
    }

    /// A primary key of 32 bits, counted up by the database.
    pub fn increments(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.counted(name, ColumnType::I32)
    }

    /// A primary key of 16 bits, counted up by the database.
    pub fn small_increments(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.counted(name, ColumnType::I16)
    }

    /// A primary key of 8 bits, counted up by the database.
    pub fn tiny_increments(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.counted(name, ColumnType::I8)
    }

    /// A text of up to 255 characters, on databases that have a limit.
    pub fn string(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.string_of(name, 255)
    }

    /// A text of up to so many characters, on databases that have a limit.
    pub fn string_of(&mut self, name: &str, length: u32) -> ColumnBuilder<'_> {
        self.stored(name, ColumnType::Text, Storage::Varchar(length))
    }

    /// A text of so many characters.
    pub fn char(&mut self, name: &str, length: u32) -> ColumnBuilder<'_> {
        self.stored(name, ColumnType::Text, Storage::Char(length))
    }

    /// A text of up to 255 bytes, on MySQL.
    pub fn tiny_text(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.stored(name, ColumnType::Text, Storage::TinyText)
    }

    /// A text of any length.
    pub fn text(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::Text)
    }

    /// A text of up to 16 megabytes, on MySQL.
    pub fn medium_text(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.stored(name, ColumnType::Text, Storage::MediumText)
    }

    /// An integer of 8 bits.
    pub fn tiny_integer(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::I8)
    }

    /// An integer of 16 bits.
    pub fn small_integer(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::I16)
    }

    /// An integer of 24 bits, on MySQL; of 32 elsewhere.
    pub fn medium_integer(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.stored(name, ColumnType::I32, Storage::MediumInt)
    }

    /// An integer of 32 bits.
    pub fn integer(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::I32)
    }

    /// An integer of 64 bits.
    pub fn big_integer(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::I64)
    }

    /// An integer of 8 bits, from 0 on.
    pub fn unsigned_tiny_integer(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::U8)
    }

    /// An integer of 16 bits, from 0 on.
    pub fn unsigned_small_integer(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::U16)
    }

    /// An integer of 32 bits, from 0 on.
    pub fn unsigned_integer(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::U32)
    }

    /// An integer of 64 bits, from 0 on.
    pub fn unsigned_big_integer(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::U64)
    }

    /// A float of 32 bits.
    pub fn float(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::F32)
    }

    /// A float of 64 bits.
    pub fn double(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::F64)
    }

    /// An exact number of so many digits, so many of them after the point. SQLite keeps every digit.
    pub fn decimal(&mut self, name: &str, digits: u8, scale: u8) -> ColumnBuilder<'_> {
        self.stored(name, ColumnType::Numeric, Storage::Decimal(digits, scale))
    }

    /// An exact number with as many digits as fit: a model's `Decimal`.
    pub fn numeric(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::Numeric)
    }

    /// Several values of a type, in order: an array on PostgreSQL, JSON elsewhere. A model's `Array<T>`.
    pub fn array(&mut self, name: &str, of: ItemType) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::Array(of))
    }

    /// A truth value.
    pub fn boolean(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::Bool)
    }

    /// One of some texts: MySQL's `ENUM`, and a check elsewhere. A model's enum fits it.
    pub fn enumeration(&mut self, name: &str, texts: impl Names) -> ColumnBuilder<'_> {
        self.stored(name, ColumnType::Text, Storage::Enum(texts.into_names()))
    }

    /// Some of some texts. MySQL.
    pub fn set(&mut self, name: &str, texts: impl Names) -> ColumnBuilder<'_> {
        self.stored(name, ColumnType::Text, Storage::Set(texts.into_names()))
    }

    /// JSON, in the form in which the database searches it best: PostgreSQL's `jsonb`.
    pub fn json(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::Json)
    }

    /// JSON as it was written: PostgreSQL's `json`.
    pub fn json_text(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.stored(name, ColumnType::Json, Storage::JsonText)
    }

    /// A calendar date.
    pub fn date(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::Date)
    }

    /// A time of day.
    pub fn time(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::Time)
    }

    /// A date and time without a zone. [`precision`](ColumnBuilder::precision) says how many digits of a second.
    pub fn date_time(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::DateTime)
    }

    /// A point in time, in UTC: a model's `DateTime<Utc>`.
    pub fn timestamp(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::Timestamp)
    }

    /// A year: a byte on MySQL.
    pub fn year(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.stored(name, ColumnType::I16, Storage::Year)
    }

    /// Bytes.
    pub fn binary(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::Bytes)
    }

    /// Up to so many bytes.
    pub fn varbinary(&mut self, name: &str, length: u32) -> ColumnBuilder<'_> {
        self.stored(name, ColumnType::Bytes, Storage::Varbinary(length))
    }

    /// So many bytes.
    pub fn fixed_binary(&mut self, name: &str, length: u32) -> ColumnBuilder<'_> {
        self.stored(name, ColumnType::Bytes, Storage::Binary(length))
    }

    /// A UUID.
    pub fn uuid(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.of(name, ColumnType::Uuid)
    }

    /// A ULID, as its 26 characters.
    pub fn ulid(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.char(name, 26)
    }

    /// An address of a network: PostgreSQL's `inet`, a text elsewhere.
    pub fn ip_address(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.stored(name, ColumnType::Text, Storage::IpAddress)
    }

    /// An address of a network's card: PostgreSQL's `macaddr`, a text elsewhere.
    pub fn mac_address(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.stored(name, ColumnType::Text, Storage::MacAddress)
    }

    /// A list of so many floats, to be searched by distance: `vector` of the extension `pgvector`, and of MariaDB.
    pub fn vector(&mut self, name: &str, dimensions: u32) -> ColumnBuilder<'_> {
        self.stored(name, ColumnType::Text, Storage::Vector(dimensions))
    }

    /// The words of a text, to be searched: PostgreSQL's `tsvector`.
    pub fn ts_vector(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.stored(name, ColumnType::Text, Storage::TsVector)
    }

    /// A column of a type in the database's own words: `t.raw_column("place", "geometry(Point, 4326)")`.
    pub fn raw_column(&mut self, name: &str, ty: impl Into<Name>) -> ColumnBuilder<'_> {
        self.stored(name, ColumnType::Text, Storage::Native(ty.into()))
    }

    /// The key of another table's row: an integer of 64 bits, as [`id`](Self::id) makes. What it refers to,
    /// [`constrained`](ColumnBuilder::constrained) says.
    pub fn foreign_id(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.big_integer(name)
    }

    /// The key of another table's row, where that is a UUID.
    pub fn foreign_uuid(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.uuid(name)
    }

    /// The key of another table's row, where that is a ULID.
    pub fn foreign_ulid(&mut self, name: &str) -> ColumnBuilder<'_> {
        self.ulid(name)
    }

    /// The key of a model's row, `user_id` for `User`, of the type of its key; and the foreign key to its table, whose
    /// actions the [`ForeignKeyBuilder`] takes.
    pub fn foreign_id_for<M: Model>(&mut self) -> ForeignKeyBuilder<'_> {
        let meta = M::meta();
        let key = meta.key.first().and_then(|index| meta.columns.get(*index));
        let (key, ty) = key.map_or(("id", ColumnType::I64), |key| (key.name, key.ty));
        let name = format!("{}_{key}", snake_case(meta.name));
        self.of(&name, ty).constrained(meta.table).references(key)
    }

    /// The columns of a polymorphic relation, `{name}_type` and `{name}_id`, with an index over both.
    pub fn morphs(&mut self, name: &str) {
        self.morphs_of(name, Morph::Numeric, false);
    }

    /// As [`morphs`](Self::morphs), where there may be no relation.
    pub fn nullable_morphs(&mut self, name: &str) {
        self.morphs_of(name, Morph::Numeric, true);
    }

    /// As [`morphs`](Self::morphs), with keys of another type.
    pub fn morphs_of(&mut self, name: &str, keys: Morph, nullable: bool) {
        let (kind, id) = (format!("{name}_type"), format!("{name}_id"));
        self.string(&kind).nullable_if(nullable);
        match keys {
            Morph::Numeric => self.big_integer(&id),
            Morph::Uuid => self.uuid(&id),
            Morph::Ulid => self.ulid(&id),
        }
        .nullable_if(nullable);
        self.index([kind.as_str(), id.as_str()]);
    }

    /// `created_at` and `updated_at`, points in time that may be NULL.
    pub fn timestamps(&mut self) {
        self.timestamp("created_at").nullable();
        self.timestamp("updated_at").nullable();
    }

    /// `created_at` and `updated_at`, dates and times without a zone that may be NULL.
    pub fn datetimes(&mut self) {
        self.date_time("created_at").nullable();
        self.date_time("updated_at").nullable();
    }

    /// `deleted_at`, a point in time that may be NULL: for `#[soft_deletes]`.
    pub fn soft_deletes(&mut self) -> ColumnBuilder<'_> {
        self.timestamp("deleted_at").nullable()
    }

    /// `remember_token`, a text of up to 100 characters that may be NULL.
    pub fn remember_token(&mut self) -> ColumnBuilder<'_> {
        self.string_of("remember_token", 100).nullable()
    }
}

/// Keys, indexes and checks.
impl Blueprint {
    /// The columns of the primary key.
    pub fn primary(&mut self, columns: impl Names) {
        self.push(Change::Other(Alteration::SetPrimaryKey(columns.into_names())));
    }

    fn index_of(&mut self, columns: Vec<Name>, kind: IndexKind) -> IndexBuilder<'_> {
        let index = Index::new(&self.table, columns, kind);
        match self.push(Change::Index(index)) {
            Change::Index(index) => IndexBuilder(index),
            _ => unreachable!(),
        }
    }

    /// An index.
    pub fn index(&mut self, columns: impl Names) -> IndexBuilder<'_> {
        self.index_of(columns.into_names(), IndexKind::Plain)
    }

    /// An index that two rows may not share the values of.
    pub fn unique(&mut self, columns: impl Names) -> IndexBuilder<'_> {
        self.index_of(columns.into_names(), IndexKind::Unique)
    }

    /// An index by which words are found in texts, in a language whose forms of a word are taken for one: `simple` for
    /// none.
    pub fn full_text(&mut self, columns: impl Names, language: impl Into<Name>) -> FullTextBuilder<'_> {
        let index = FullTextIndex::new(&self.table, columns.into_names(), language);
        match self.push(Change::Other(Alteration::AddFullText(index))) {
            Change::Other(Alteration::AddFullText(index)) => FullTextBuilder(index),
            _ => unreachable!(),
        }
    }

    /// An index over places. PostgreSQL with PostGIS, and MySQL.
    pub fn spatial_index(&mut self, columns: impl Names) -> IndexBuilder<'_> {
        self.index_of(columns.into_names(), IndexKind::Spatial)
    }

    /// An index over expressions in the database's own language: `t.raw_index("lower(email)", "users_email_lower")`.
    /// PostgreSQL, SQLite and MySQL, not MariaDB.
    pub fn raw_index(&mut self, expression: impl Into<Name>, name: &str) -> IndexBuilder<'_> {
        let index =
            Index { name: name.to_owned().into(), expression: Some(expression.into()), ..Index::default() };
        match self.push(Change::Index(index)) {
            Change::Index(index) => IndexBuilder(index),
            _ => unreachable!(),
        }
    }

    /// A foreign key: `t.foreign("user_id").references("id").on("users")`.
    pub fn foreign(&mut self, columns: impl Names) -> ForeignKeyBuilder<'_> {
        let columns = columns.into_names();
        let name = Some(default_name(&self.table, &columns, "foreign"));
        match self.push(Change::ForeignKey(ForeignKey { name, columns, ..ForeignKey::default() })) {
            Change::ForeignKey(key) => ForeignKeyBuilder(key),
            _ => unreachable!(),
        }
    }

    /// A condition that every row has to meet, in the database's own language:
    /// `t.check("price_is_positive", "price > 0")`.
    pub fn check(&mut self, name: &str, condition: impl Into<Name>) {
        let check = Check { name: Some(name.to_owned().into()), expression: condition.into() };
        self.push(Change::Other(Alteration::AddCheck(check)));
    }
}

/// What is said of the table itself.
impl Blueprint {
    /// What the table is for.
    pub fn comment(&mut self, comment: impl Into<Name>) {
        self.options.comment = Some(comment.into());
        self.comments = true;
    }

    /// Who stores it: MySQL's `InnoDB`, which it is anyway.
    pub fn engine(&mut self, engine: impl Into<Name>) {
        self.options.engine = Some(engine.into());
    }

    /// How texts in it are compared. MySQL.
    pub fn collation(&mut self, collation: impl Into<Name>) {
        self.options.collation = Some(collation.into());
    }

    /// The table is the connection's own, and gone with it.
    pub fn temporary(&mut self) {
        self.options.temporary = true;
    }
}

/// What is renamed and dropped.
impl Blueprint {
    /// Gives a column another name.
    pub fn rename_column(&mut self, from: &str, to: &str) {
        let (from, to) = (from.to_owned().into(), to.to_owned().into());
        self.push(Change::Other(Alteration::RenameColumn { from, to }));
    }

    /// Drops a column, with the keys, indexes and foreign keys that are over it.
    pub fn drop_column(&mut self, name: &str) {
        self.push(Change::Other(Alteration::DropColumn(name.to_owned().into())));
    }

    /// Drops several columns.
    pub fn drop_columns(&mut self, names: &[&str]) {
        names.iter().for_each(|name| self.drop_column(name));
    }

    /// Drops what [`timestamps`](Self::timestamps) made.
    pub fn drop_timestamps(&mut self) {
        self.drop_columns(&["created_at", "updated_at"]);
    }

    /// Drops what [`soft_deletes`](Self::soft_deletes) made.
    pub fn drop_soft_deletes(&mut self) {
        self.drop_column("deleted_at");
    }

    /// Drops what [`remember_token`](Self::remember_token) made.
    pub fn drop_remember_token(&mut self) {
        self.drop_column("remember_token");
    }

    /// Drops what [`morphs`](Self::morphs) made.
    pub fn drop_morphs(&mut self, name: &str) {
        self.drop_columns(&[&format!("{name}_type"), &format!("{name}_id")]);
    }

    /// Drops a column and the foreign key over it.
    pub fn drop_constrained_foreign_id(&mut self, column: &str) {
        self.drop_foreign([column]);
        self.drop_column(column);
    }

    /// Leaves the table without a primary key.
    pub fn drop_primary(&mut self) {
        self.push(Change::Other(Alteration::SetPrimaryKey(Vec::new())));
    }

    /// Drops an index of any kind: by its name, or by the array of its columns.
    pub fn drop_index(&mut self, index: impl Named) {
        self.push(Change::DropIndex(index.find()));
    }

    /// Drops an index of words: by its name, or by the array of its columns.
    pub fn drop_full_text(&mut self, index: impl Named) {
        self.push(Change::DropFullText(index.find()));
    }

    /// Drops a foreign key: by its name, or by the array of its columns.
    pub fn drop_foreign(&mut self, key: impl Named) {
        self.push(Change::DropForeignKey(key.find()));
    }

    /// Drops a condition.
    pub fn drop_check(&mut self, name: &str) {
        self.push(Change::Other(Alteration::DropCheck(name.to_owned().into())));
    }

    /// Gives an index another name.
    pub fn rename_index(&mut self, from: &str, to: &str) {
        let (from, to) = (from.to_owned().into(), to.to_owned().into());
        self.push(Change::Other(Alteration::RenameIndex { from, to }));
    }
}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, part) in name.chars().enumerate() {
        if part.is_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.extend(part.to_lowercase());
    }
    snake
}
