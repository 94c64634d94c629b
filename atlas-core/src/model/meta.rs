use crate::{
    db::About,
    error::{Error, Result},
    model::{Accessor, NameCase, Read},
    record::Observed,
    relation::RelationMeta,
    statement::{ArithmeticOp, ColumnRef, Expr, GlobalScopes},
    value::{ColumnType, Moment, Stored, Value, ValueRef},
};

/// A model as data. The derive writes one, as a `static`, for each model.
#[derive(Debug)]
pub struct ModelMeta {
    /// The struct's name.
    pub name: &'static str,
    /// The table's name; a dot separates a schema from it.
    pub table: &'static str,
    /// The named connection that it lives on; `None` for the handle's own.
    pub connection: Option<&'static str>,
    /// The columns, in the order of the fields.
    pub columns: &'static [ColumnMeta],
    /// The columns' names, in the same order.
    pub names: &'static [&'static str],
    /// The columns of the primary key, by index.
    pub key: &'static [usize],
    /// Where keys come from.
    pub key_kind: KeyKind,
    /// Indexes over several columns.
    pub indexes: &'static [IndexMeta],
    /// Indexes by which words are found in its texts.
    pub full_text: &'static [FullTextMeta],
    /// The column that is set when a row is inserted, by index.
    pub created_at: Option<usize>,
    /// The column that is set when a row is written, by index.
    pub updated_at: Option<usize>,
    /// The column that is set when a row is deleted softly, by index.
    pub soft_deletes: Option<usize>,
    /// The column that counts how often a row was changed, by index.
    pub version: Option<usize>,
    /// The column that says whose a row is, by index.
    pub tenant: Option<usize>,
    /// Whether mass assignment refuses what it does not reach.
    pub strict: bool,
    /// The columns whose values are not shown, by name.
    pub sensitive: &'static [&'static str],
    /// What holds of every row that its queries reach.
    pub global_scopes: GlobalScopes,
    /// Who is told of what happens to its records, before others.
    pub observers: &'static [fn() -> &'static Observed],
    /// The columns that a query may leave out, by index.
    pub deferred: &'static [usize],
    /// The relations, in the order of the fields.
    pub relations: &'static [RelationMeta],
    /// The methods that are read by their names.
    pub accessors: &'static [Accessor],
    /// How values beside the columns are named where a record is serialized.
    pub case: NameCase,
}

/// Where a model's keys come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// The database counts them up.
    Generated,
    /// The program sets them.
    Manual,
    /// Atlas makes a UUID of version 7 for a draft without one.
    #[cfg(feature = "uuid")]
    Uuid,
    /// Atlas makes a ULID for a draft without one.
    #[cfg(feature = "uuid")]
    Ulid,
}

/// A column of a model, as data.
#[derive(Clone, Copy, Debug)]
pub struct ColumnMeta {
    /// The field's name.
    pub field: &'static str,
    /// The column's name.
    pub name: &'static str,
    /// What it is called where a record is serialized.
    pub serialized: &'static str,
    /// Whether it is left out there.
    pub hidden: bool,
    /// What is serialized in place of its value.
    pub shown: Option<Read>,
    /// What it stores.
    pub ty: ColumnType,
    /// What mass assignment is given for it.
    pub given: ColumnType,
    /// Whether it takes NULL.
    pub nullable: bool,
    /// Whether two rows may not share a value.
    pub unique: bool,
    /// Whether that holds of rows alone that were not deleted softly.
    pub without_trashed: bool,
    /// Whether it has an index of its own.
    pub indexed: bool,
    /// Whether mass assignment reaches it.
    pub fillable: bool,
    /// What it gets where a draft leaves it out.
    pub default: Option<DefaultMeta>,
    /// Turns any form of a value into the one that is stored, through the field's type and its mutator.
    pub cast: fn(ValueRef<'_>) -> Result<Value>,
}

/// What a column gets where a draft leaves it out.
#[derive(Clone, Copy, Debug)]
pub enum DefaultMeta {
    /// The same value in every row; the table has it as its default too.
    Constant(fn() -> Value),
    /// What the expression gives for each draft.
    Computed(fn() -> Value),
    /// What the database fills in; `placeholder` stands on the record until it has.
    Database {
        /// The expression, in the database's own language.
        sql: &'static str,
        /// The value of the field before the insert.
        placeholder: fn() -> Value,
    },
}

/// An index over several columns of a model.
#[derive(Clone, Copy, Debug)]
pub struct IndexMeta {
    /// The columns, by index.
    pub columns: &'static [usize],
    /// Whether two rows may not share the same values.
    pub unique: bool,
    /// Whether that holds of rows alone that were not deleted softly.
    pub without_trashed: bool,
}

/// An index by which words are found in texts of a model.
#[derive(Clone, Copy, Debug)]
pub struct FullTextMeta {
    /// The columns, by index.
    pub columns: &'static [usize],
    /// The language whose forms of a word are taken for one: `simple` for none.
    pub language: &'static str,
}

impl ColumnMeta {
    /// A column by its field, name and type.
    ///
    /// No bound on the field's type, here and in what follows: the derive names the type's functions
    /// itself, always in the same words, so that the compiler reports a type that cannot be stored once.
    pub const fn new(field: &'static str, name: &'static str, (ty, nullable, cast): Stored) -> Self {
        Self {
            field,
            name,
            serialized: field,
            hidden: false,
            shown: None,
            ty,
            given: ty,
            nullable,
            unique: false,
            without_trashed: false,
            indexed: false,
            fillable: false,
            default: None,
            cast,
        }
    }

    /// The column as an insert or an update names it.
    pub(crate) fn target(&self) -> ColumnRef {
        ColumnRef { table: None, name: self.name.into(), ty: Some(self.ty) }
    }

    /// Two rows may not share a value.
    #[must_use]
    pub const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Two rows that were not deleted softly may not share a value.
    #[must_use]
    pub const fn unique_without_trashed(mut self) -> Self {
        (self.unique, self.without_trashed) = (true, true);
        self
    }

    /// The column has an index.
    #[must_use]
    pub const fn indexed(mut self) -> Self {
        self.indexed = true;
        self
    }

    /// Mass assignment reaches the column.
    #[must_use]
    pub const fn fillable(mut self) -> Self {
        self.fillable = true;
        self
    }

    /// Mass assignment is given something else than what the column stores.
    #[must_use]
    pub const fn given(mut self, ty: ColumnType) -> Self {
        self.given = ty;
        self
    }

    /// The column is called otherwise where a record is serialized.
    #[must_use]
    pub const fn serialized(mut self, name: &'static str) -> Self {
        self.serialized = name;
        self
    }

    /// The column is left out where a record is serialized.
    #[must_use]
    pub const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// What this gives of a model is serialized in place of the column's value.
    #[must_use]
    pub const fn shown(mut self, read: Read) -> Self {
        self.shown = Some(read);
        self
    }

    /// What the column gets where a draft leaves it out.
    #[must_use]
    pub const fn default(mut self, default: DefaultMeta) -> Self {
        self.default = Some(default);
        self
    }
}

impl ModelMeta {
    /// For the derive: what most models have not.
    pub const PLAIN: Self = Self {
        name: "",
        table: "",
        connection: None,
        columns: &[],
        names: &[],
        key: &[],
        key_kind: KeyKind::Manual,
        indexes: &[],
        full_text: &[],
        created_at: None,
        updated_at: None,
        soft_deletes: None,
        version: None,
        tenant: None,
        strict: false,
        sensitive: &[],
        global_scopes: GlobalScopes(&[]),
        observers: &[],
        deferred: &[],
        relations: &[],
        accessors: &[],
        case: NameCase::Snake,
    };

    /// A moment as a timestamp column stores it.
    pub(crate) fn stamp(&self, index: usize, at: Moment) -> Result<Value> {
        let column = self.column(index)?;
        (column.cast)(ValueRef::Timestamp(at)).map_err(|error| error.at(self.name, column.name))
    }

    /// Adds what is maintained to what an update sets, unless it is there: `updated_at`, where there is a time for it,
    /// and the version.
    pub(crate) fn maintain(&self, set: &mut Vec<(ColumnRef, Expr)>, now: Option<Moment>) -> Result<()> {
        if let (Some(index), Some(now)) = (self.updated_at, now) {
            let column = self.column(index)?;
            if !set.iter().any(|(target, _)| target.name == column.name) {
                set.push((column.target(), self.stamp(index, now)?.into()));
            }
        }
        if let Some(next) = self.next_version()?
            && !set.iter().any(|(target, _)| target.name == next.0.name)
        {
            set.push(next);
        }
        Ok(())
    }

    /// What the version becomes where a row is changed, whatever it is.
    pub(crate) fn next_version(&self) -> Result<Option<(ColumnRef, Expr)>> {
        let Some(index) = self.version else { return Ok(None) };
        let column = self.column(index)?;
        let old = ColumnRef { table: Some(self.table.into()), ..column.target() };
        let next = Expr::Arithmetic(
            ArithmeticOp::Add,
            Box::new(Expr::Column(old)),
            Box::new(Expr::Value(Value::I64(1))),
        );
        Ok(Some((column.target(), next)))
    }

    /// A number as a column stores it.
    pub(crate) fn numbered(&self, index: usize, number: i64) -> Result<Value> {
        let column = self.column(index)?;
        (column.cast)(ValueRef::I64(number)).map_err(|error| error.at(self.name, column.name))
    }

    /// Whether a value of a JSON column reads as it was written: serde writes some values that it does not
    /// read, as a NaN in a list, and cannot write others at all, as a map whose keys are no text.
    pub(crate) fn check(&self, index: usize, value: &Value) -> Result<()> {
        let column = self.column(index)?;
        if column.given == ColumnType::Json && !value.is_null() {
            (column.cast)(value.as_ref()).map_err(|error| error.at(self.name, column.name))?;
        }
        Ok(())
    }

    /// What statements of this model are about.
    pub(crate) fn about(&self) -> About {
        let Self { name: model, table, connection, sensitive, .. } = *self;
        About { model, table, connection, sensitive }
    }

    /// The column of this index.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where there is none: an index that is not of this model.
    pub fn column(&self, index: usize) -> Result<&'static ColumnMeta> {
        self.columns.get(index).ok_or_else(|| Error::config(format!("`{}` has no column {index}", self.name)))
    }

    /// The index of the column of this field or column name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        let field = self.columns.iter().position(|column| column.field == name);
        field.or_else(|| self.columns.iter().position(|column| column.name == name))
    }

    /// The index of the column of this field or column name.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where there is none.
    pub(crate) fn known_index(&self, name: &str) -> Result<usize> {
        let unknown = || {
            let fields: Vec<_> = self.columns.iter().map(|column| format!("`{}`", column.field)).collect();
            Error::config(format!("`{}` has no field `{name}`: there are {}", self.name, fields.join(", ")))
        };
        self.index_of(name).ok_or_else(unknown)
    }

    /// Whether these columns are unique among the rows alone that were not deleted softly.
    pub(crate) fn is_unique_without_trashed(&self, columns: &[usize]) -> bool {
        let same = |of: &[usize]| of.len() == columns.len() && of.iter().all(|index| columns.contains(index));
        let mut own = self.columns.iter().enumerate().filter(|(_, column)| column.without_trashed);
        let mut several = self.indexes.iter().filter(|index| index.without_trashed);
        own.any(|(index, _)| same(&[index])) || several.any(|index| same(index.columns))
    }

    /// The columns that the database fills in where an insert leaves them out.
    pub(crate) fn filled_by_database(&self) -> impl Iterator<Item = usize> {
        (0..self.columns.len()).filter(|column| self.placeholder(*column).is_some())
    }

    /// What stands on a record until the database has filled in this column; `None` where it does not.
    pub(crate) fn placeholder(&self, index: usize) -> Option<Value> {
        if self.key_kind == KeyKind::Generated && self.key.contains(&index) {
            return Some(Value::I64(0));
        }
        match self.columns.get(index)?.default {
            Some(DefaultMeta::Database { placeholder, .. }) => Some(placeholder()),
            _ => None,
        }
    }

    /// Whether a copy of a row gets a value of its own in this column: made keys, and what is maintained.
    pub(crate) fn is_made_anew(&self, index: usize) -> bool {
        (self.key_kind != KeyKind::Manual && self.key.contains(&index))
            || self.created_at == Some(index)
            || self.updated_at == Some(index)
            || self.soft_deletes == Some(index)
            || self.version == Some(index)
    }
}
