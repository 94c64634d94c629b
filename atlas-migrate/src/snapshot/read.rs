//! A schema out of JSON. What is not known is an error: to pass over it would be to drop it.

use atlas_core::{
    Error, Result,
    schema::{
        Action, Check, Column, ColumnDefault, Computed, Deferral, ForeignKey, FullTextIndex, Index,
        IndexKind, Name, Storage, Table,
    },
    types::serde_json::{self, Map, Value as Json},
    value::{ColumnType, Date, ItemType, Moment, Time, Value},
};

use super::write::{VERSION, action_name, type_name};

pub(super) fn tables(text: &str) -> Result<Vec<Table>> {
    let whole: Json = serde_json::from_str(text).map_err(|reason| {
        Error::config(format!(
            "it is no JSON ({reason}): if a merge left marks in it, put the lines of both sides in"
        ))
    })?;
    let mut file = Object::of(whole, "the file")?;
    match file.take("version").as_ref().and_then(Json::as_u64) {
        Some(VERSION) => {}
        Some(later) => {
            return Err(Error::config(format!(
                "its form is {later}, of a later version of Atlas: update Atlas"
            )));
        }
        None => return Err(Error::config("it has no `version`: it is no snapshot")),
    }
    let tables = file.list("tables")?.into_iter().map(table).collect();
    file.end()?;
    tables
}

/// An object, whose parts are taken out one by one.
struct Object {
    parts: Map<String, Json>,
    /// What it is, for messages.
    what: String,
}

impl Object {
    fn of(value: Json, what: &str) -> Result<Self> {
        match value {
            Json::Object(parts) => Ok(Self { parts, what: what.to_owned() }),
            other => Err(Error::config(format!("{what} is {other}, which is no object"))),
        }
    }

    /// With its name.
    fn named(value: Json, what: &str) -> Result<(Self, Name)> {
        let mut own = Self::of(value, what)?;
        let name = own.text("name")?;
        own.what = format!("{what} `{name}`");
        Ok((own, name))
    }

    fn take(&mut self, key: &str) -> Option<Json> {
        self.parts.remove(key)
    }

    fn said(&mut self, key: &str) -> Result<Option<Name>> {
        match self.take(key) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.into())),
            Some(other) => Err(self.wrong(key, &other)),
        }
    }

    fn text(&mut self, key: &str) -> Result<Name> {
        let missing = Error::config(format!("{} has no `{key}`", self.what));
        self.said(key)?.ok_or(missing)
    }

    fn mark(&mut self, key: &str) -> Result<bool> {
        match self.take(key) {
            None => Ok(false),
            Some(Json::Bool(is)) => Ok(is),
            Some(other) => Err(self.wrong(key, &other)),
        }
    }

    fn list(&mut self, key: &str) -> Result<Vec<Json>> {
        match self.take(key) {
            None => Ok(Vec::new()),
            Some(Json::Array(items)) => Ok(items),
            Some(other) => Err(self.wrong(key, &other)),
        }
    }

    fn names(&mut self, key: &str) -> Result<Vec<Name>> {
        let items = self.list(key)?;
        let name = |item: Json| match item {
            Json::String(text) => Ok(text.into()),
            other => Err(self.wrong(key, &other)),
        };
        items.into_iter().map(name).collect()
    }

    #[cold]
    fn wrong(&self, key: &str, value: &Json) -> Error {
        Error::config(format!("{}: `{key}` is {value}, which is not understood", self.what))
    }

    fn end(self) -> Result<()> {
        match self.parts.keys().next() {
            None => Ok(()),
            Some(key) => Err(Error::config(format!(
                "{} has a `{key}`, which this version of Atlas does not know: update Atlas",
                self.what
            ))),
        }
    }
}

fn table(value: Json) -> Result<Table> {
    let (mut own, name) = Object::named(value, "the table")?;
    let mut table = Table::new(name);
    let each = |items: Vec<Json>| items.into_iter();
    table.columns = each(own.list("columns")?).map(column).collect::<Result<_>>()?;
    table.primary_key = own.names("primary_key")?;
    table.indexes = each(own.list("indexes")?).map(index).collect::<Result<_>>()?;
    table.full_text = each(own.list("full_text")?).map(full_text).collect::<Result<_>>()?;
    table.foreign_keys = each(own.list("foreign_keys")?).map(foreign_key).collect::<Result<_>>()?;
    table.checks = each(own.list("checks")?).map(check).collect::<Result<_>>()?;
    table.options.comment = own.said("comment")?;
    table.options.engine = own.said("engine")?;
    table.options.collation = own.said("collation")?;
    own.end()?;
    Ok(table)
}

fn column(value: Json) -> Result<Column> {
    let (mut own, name) = Object::named(value, "the column")?;
    let ty = own.text("type")?;
    let Some(ty) = type_of(&ty) else { return Err(own.wrong("type", &Json::from(&*ty))) };
    let mut column = Column::new(name, ty);
    column.nullable = own.mark("nullable")?;
    column.generated = own.mark("generated")?;
    if let Some(said) = own.take("storage") {
        column.storage = storage(&said).ok_or_else(|| own.wrong("storage", &said))?;
    }
    if let Some(said) = own.take("starts_at") {
        column.starts_at = Some(said.as_i64().ok_or_else(|| own.wrong("starts_at", &said))?);
    }
    if let Some(said) = own.take("default") {
        column.default = Some(default(&said).ok_or_else(|| own.wrong("default", &said))?);
    }
    column.touched = own.mark("touched")?;
    let stored = own.said("stored_as")?.map(|expression| Computed { expression, stored: true });
    let made = own.said("virtual_as")?.map(|expression| Computed { expression, stored: false });
    column.computed = stored.or(made);
    column.collation = own.said("collation")?;
    column.comment = own.said("comment")?;
    own.end()?;
    Ok(column)
}

fn type_of(name: &str) -> Option<ColumnType> {
    use ColumnType::{
        Array, Bool, Bytes, Date, DateTime, F32, F64, I8, I16, I32, I64, Json, Numeric, Text, Time,
        Timestamp, U8, U16, U32, U64, Uuid,
    };
    let items = [ItemType::Bool, ItemType::I16, ItemType::I32, ItemType::I64, ItemType::F64, ItemType::Text];
    let plain = [
        Bool, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64, Numeric, Text, Bytes, Uuid, Date, Time,
        DateTime, Timestamp, Json,
    ];
    plain.into_iter().chain(items.map(Array)).find(|ty| type_name(*ty) == name)
}

/// A word and what stands with it.
fn said(value: &Json) -> Option<(&str, &[Json])> {
    let (word, rest) = value.as_array()?.split_first()?;
    Some((word.as_str()?, rest))
}

fn storage(value: &Json) -> Option<Storage> {
    let (word, rest) = said(value)?;
    let number = |at: usize| rest.get(at)?.as_u64();
    let length = || number(0).and_then(|length| u32::try_from(length).ok());
    let byte = |at| number(at).and_then(|number| u8::try_from(number).ok());
    let texts = || -> Option<Vec<Name>> {
        rest.first()?.as_array()?.iter().map(|text| Some(text.as_str()?.to_owned().into())).collect()
    };
    Some(match word {
        "char" => Storage::Char(length()?),
        "varchar" => Storage::Varchar(length()?),
        "tiny_text" => Storage::TinyText,
        "medium_text" => Storage::MediumText,
        "medium_int" => Storage::MediumInt,
        "decimal" => Storage::Decimal(byte(0)?, byte(1)?),
        "fraction" => Storage::Fraction(byte(0)?),
        "binary" => Storage::Binary(length()?),
        "varbinary" => Storage::Varbinary(length()?),
        "year" => Storage::Year,
        "enum" => Storage::Enum(texts()?),
        "set" => Storage::Set(texts()?),
        "json_text" => Storage::JsonText,
        "ip_address" => Storage::IpAddress,
        "mac_address" => Storage::MacAddress,
        "vector" => Storage::Vector(length()?),
        "ts_vector" => Storage::TsVector,
        "native" => Storage::Native(rest.first()?.as_str()?.to_owned().into()),
        _ => return None,
    })
}

fn default(value: &Json) -> Option<ColumnDefault> {
    let (word, rest) = said(value)?;
    let text = || rest.first()?.as_str();
    Some(ColumnDefault::Value(match word {
        "now" => return Some(ColumnDefault::Now),
        "expression" => return Some(ColumnDefault::Expression(text()?.to_owned().into())),
        "null" => Value::Null,
        "bool" => Value::Bool(rest.first()?.as_bool()?),
        "integer" => match rest.first()?.as_i64() {
            Some(number) => Value::I64(number),
            None => Value::U64(rest.first()?.as_u64()?),
        },
        "float" => Value::F64(text()?.parse().ok()?),
        "numeric" => Value::Numeric(text()?.parse().ok()?),
        "text" => Value::Text(text()?.to_owned()),
        "bytes" => Value::Bytes(bytes(text()?)?),
        "uuid" => Value::Uuid(bytes(text()?)?.try_into().ok()?),
        "date" => Value::Date(Date::parse(text()?)?),
        "time" => Value::Time(Time::parse(text()?)?),
        "date_time" => Value::DateTime(Moment::parse(text()?)?),
        "timestamp" => Value::Timestamp(Moment::parse(text()?)?),
        "json" => Value::Json(text()?.to_owned()),
        _ => return None,
    }))
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = (0..digits.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()).collect()
}

fn index(value: Json) -> Result<Index> {
    let (mut own, name) = Object::named(value, "the index")?;
    let kind = match own.said("kind")?.as_deref() {
        None => IndexKind::Plain,
        Some("unique") => IndexKind::Unique,
        Some("spatial") => IndexKind::Spatial,
        Some(other) => return Err(own.wrong("kind", &Json::from(other))),
    };
    let index = Index {
        name,
        columns: own.names("columns")?,
        expression: own.said("expression")?,
        kind,
        filter: own.said("filter")?,
        where_null: own.said("where_null")?,
        method: own.said("method")?,
        nulls_not_distinct: own.mark("nulls_not_distinct")?,
        concurrently: false,
    };
    own.end()?;
    Ok(index)
}

fn full_text(value: Json) -> Result<FullTextIndex> {
    let (mut own, name) = Object::named(value, "the full-text index")?;
    let index = FullTextIndex { name, columns: own.names("columns")?, language: own.text("language")? };
    own.end()?;
    Ok(index)
}

fn foreign_key(value: Json) -> Result<ForeignKey> {
    let mut own = Object::of(value, "a foreign key")?;
    let name = own.said("name")?;
    let action = |own: &mut Object, at: &str| {
        let Some(word) = own.said(at)? else { return Ok(Action::NoAction) };
        let all = [Action::Restrict, Action::Cascade, Action::SetNull, Action::SetDefault];
        let found = all.into_iter().find(|action| action_name(*action) == Some(&word));
        found.ok_or_else(|| own.wrong(at, &Json::from(&*word)))
    };
    let key = ForeignKey {
        name,
        columns: own.names("columns")?,
        table: own.text("table")?,
        references: own.names("references")?,
        on_delete: action(&mut own, "on_delete")?,
        on_update: action(&mut own, "on_update")?,
        deferral: match own.said("deferral")?.as_deref() {
            None => Deferral::Never,
            Some("possible") => Deferral::Possible,
            Some("always") => Deferral::Always,
            Some(other) => return Err(own.wrong("deferral", &Json::from(other))),
        },
    };
    own.end()?;
    Ok(key)
}

fn check(value: Json) -> Result<Check> {
    let mut own = Object::of(value, "a check")?;
    let check = Check { name: own.said("name")?, expression: own.text("expression")? };
    own.end()?;
    Ok(check)
}
