use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};

use crate::{
    error::{Error, Result},
    model::{Column, ColumnMeta, Model, ModelMeta},
    value::{Attribute, ColumnType, Value, ValueRef},
};

/// Mass assignment for the model `M`: deserialized from untrusted input, it holds only the columns that
/// `#[fillable]` names (or `#[guarded]` does not), each in the field's own type and past its mutator.
/// Other keys are passed over, or refused where the model is `#[strict]`.
///
/// Keys are the fields' names. Text, numbers, booleans, null, lists and objects are taken as JSON has
/// them; dates and times as ISO 8601 text, decimals as text or numbers, bytes as a list of numbers.
///
/// ```
/// use atlas::{Fill, prelude::*, types::serde_json};
///
/// #[derive(Model)]
/// #[fillable(name)]
/// pub struct Guest {
///     pub id: i64,
///     pub name: String,
///     #[default(false)]
///     pub admin: bool,
/// }
///
/// # atlas::block_on(async {
/// # let db = Db::connect("sqlite::memory:").await?;
/// # db.create_tables(models![Guest]).await?;
/// let fill: Fill<Guest> = serde_json::from_str(r#"{"name": "Ann", "admin": true}"#).unwrap();
/// let guest = Guest::draft().fill(fill).save(&db).await?;
/// assert!(!guest.admin);
/// # Ok::<(), Error>(())
/// # }).unwrap();
/// ```
pub struct Fill<M> {
    values: Vec<(usize, Value)>,
    /// The keys that were passed over, or the first of them.
    dropped: Vec<String>,
    of: PhantomData<fn() -> M>,
}

impl<M> Fill<M> {
    /// The values, and the keys that were passed over, for a message.
    pub(crate) fn into_parts(self) -> (Vec<(usize, Value)>, Option<Box<str>>) {
        let named: Vec<String> = self.dropped.iter().map(|key| format!("`{key}`")).collect();
        (self.values, (!named.is_empty()).then(|| named.join(", ").into()))
    }

    /// The keys of the input that were passed over, since no column that mass assignment reaches has such a name: the
    /// first few, shortened. A handle with [`strict_filling`](crate::db::DbBuilder::strict_filling) refuses to write what
    /// has any.
    pub fn dropped(&self) -> &[String] {
        &self.dropped
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

impl<M: Model> Default for Fill<M> {
    fn default() -> Self {
        Self { values: Vec::new(), dropped: Vec::new(), of: PhantomData }
    }
}

impl<M: Model> Fill<M> {
    /// Values for any columns, whether mass assignment reaches them or not: for input that the program itself made.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where it is no object or names what is no column, [`Error::Decode`] where a value is none of its
    /// column's type.
    pub fn forced(values: serde_json::Value) -> Result<Self> {
        let serde_json::Value::Object(values) = values else {
            return Err(Error::config(format!(
                "what fills a `{}` is an object with its fields",
                M::meta().name
            )));
        };
        values.into_iter().try_fold(Self::default(), |fill, (name, value)| fill.set(&name, value))
    }

    /// With a value for a column, named at run time; any column.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::Fill;
    /// # run(async |db| {
    /// let fill = Fill::default().set("name", "Dee")?.set("email", "dee@example.com")?;
    /// assert_eq!(User::draft().fill(fill).save(&db).await?.name, "Dee");
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`forced`](Self::forced).
    pub fn set(mut self, column: &str, value: impl Into<serde_json::Value>) -> Result<Self> {
        self.values.push(given(M::meta(), column, value.into())?);
        Ok(self)
    }

    /// What it has for a column; `None` where it leaves the column alone: for checks that the types do not make.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::{Fill, types::serde_json};
    ///
    /// #[derive(Model)]
    /// #[fillable(name, seats)]
    /// pub struct Table {
    ///     pub id: i64,
    ///     pub name: String,
    ///     pub seats: i32,
    /// }
    ///
    /// let fill: Fill<Table> = serde_json::from_str(r#"{"seats": -1}"#).unwrap();
    /// assert_eq!(fill.get(Table::name)?, None);
    /// assert!(fill.get(Table::seats)?.is_some_and(|seats| seats < 0));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] where a cast of your own does not read what it wrote.
    pub fn get<T: Attribute>(&self, column: Column<M, T>) -> Result<Option<T>> {
        let given = self.values.iter().rev().find(|(index, _)| *index == column.index);
        let value = given.map(|(_, value)| T::decode(value.as_ref())).transpose();
        value.map_err(|error| error.at(M::meta().name, column.name))
    }
}

impl<M> Clone for Fill<M> {
    fn clone(&self) -> Self {
        Self { values: self.values.clone(), dropped: self.dropped.clone(), of: PhantomData }
    }
}

/// Names alone: values may be secrets.
impl<M: Model> fmt::Debug for Fill<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = M::meta().columns;
        f.debug_list()
            .entries(
                self.values.iter().filter_map(|(index, _)| columns.get(*index)).map(|column| column.field),
            )
            .finish()
    }
}

impl<'de, M: Model> Deserialize<'de> for Fill<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (values, dropped) = deserializer.deserialize_map(Fields(M::meta()))?;
        Ok(Self { values, dropped, of: PhantomData })
    }
}

/// How many keys that were passed over are kept, and how much of each: they come from outside.
const DROPPED: (usize, usize) = (5, 40);

struct Fields(&'static ModelMeta);

impl<'de> Visitor<'de> for Fields {
    type Value = (Vec<(usize, Value)>, Vec<String>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with fields of `{}`", self.0.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut values, mut dropped) = (Vec::new(), Vec::new());
        while let Some(name) = map.next_key::<String>()? {
            let found = self.0.columns.iter().enumerate().find(|(_, c)| c.fillable && c.field == name);
            let given = map.next_value::<serde_json::Value>()?;
            if found.is_none() && self.0.strict {
                return Err(A::Error::custom(unfillable(self.0, &name)));
            }
            if let Some((index, column)) = found {
                let value = from_json(column, given)
                    .map_err(|error| A::Error::custom(unfit(self.0, column, error)))?;
                values.push((index, value));
            } else if dropped.len() < DROPPED.0 {
                dropped.push(name.chars().take(DROPPED.1).collect());
            }
        }
        Ok((values, dropped))
    }
}

/// A column of this name, and the value that it is given.
pub(crate) fn given(
    meta: &'static ModelMeta,
    name: &str,
    value: serde_json::Value,
) -> Result<(usize, Value)> {
    let found = meta.index_of(name).and_then(|index| Some((index, meta.columns.get(index)?)));
    let Some((index, column)) = found else {
        let names: Vec<String> = meta.columns.iter().map(|column| format!("`{}`", column.field)).collect();
        return Err(Error::config(format!(
            "`{}` has no column `{name}`: there are {}",
            meta.name,
            names.join(", ")
        )));
    };
    Ok((index, from_json(column, value).map_err(|error| unfit(meta, column, error))?))
}

/// What a strict model says to a name that mass assignment does not reach.
#[cold]
fn unfillable(meta: &'static ModelMeta, name: &str) -> String {
    let name: String = name.chars().take(DROPPED.1).collect();
    let columns = meta.columns.iter().filter(|column| column.fillable);
    let names: Vec<String> = columns.map(|column| format!("`{}`", column.field)).collect();
    format!("`{name}` of `{}` cannot be filled: {} can", meta.name, names.join(", "))
}

/// The error for a value that is none for a column. What was given for a secret is not shown.
#[cold]
fn unfit(meta: &'static ModelMeta, column: &ColumnMeta, error: Error) -> Error {
    let error = if meta.sensitive.contains(&column.name) { error.redacted() } else { error };
    error.at(meta.name, column.field)
}

/// A JSON value in the stored form of a column: each in the one form that its type has in JSON.
fn from_json(column: &ColumnMeta, given: serde_json::Value) -> Result<Value> {
    use serde_json::Value as Json;
    match (column.given, &given) {
        (_, Json::Null) => (column.cast)(ValueRef::Null),
        (ColumnType::Json, _) => (column.cast)(ValueRef::Json(&given.to_string())),
        (ColumnType::Bool, Json::Bool(truth)) => (column.cast)(ValueRef::Bool(*truth)),
        (ColumnType::F32 | ColumnType::F64 | ColumnType::Numeric, Json::Number(number)) => {
            (column.cast)(number_of(column.given, number)?)
        }
        (ty, Json::Number(number)) if ty.is_integer() => (column.cast)(number_of(ty, number)?),
        (ColumnType::Bytes, Json::Array(items)) => {
            let byte = |item: &Json| item.as_u64().and_then(|number| u8::try_from(number).ok());
            match items.iter().map(byte).collect::<Option<Vec<u8>>>() {
                Some(bytes) => (column.cast)(ValueRef::Bytes(&bytes)),
                None => Err(Error::decode("list of bytes", &given)),
            }
        }
        (
            ColumnType::Text
            | ColumnType::Uuid
            | ColumnType::Numeric
            | ColumnType::Date
            | ColumnType::Time
            | ColumnType::DateTime
            | ColumnType::Timestamp,
            Json::String(text),
        ) => (column.cast)(ValueRef::Text(text)),
        (ty, _) => Err(Error::decode(expected(ty), &given)),
    }
}

/// How a type is written in JSON.
fn expected(ty: ColumnType) -> &'static str {
    match ty {
        ColumnType::Bool => "true or false",
        ColumnType::F32 | ColumnType::F64 => "number",
        ColumnType::Numeric => "number or text of one",
        ColumnType::Bytes => "list of bytes",
        ColumnType::Text => "text",
        ty if ty.is_integer() => "integer",
        _ => "text of this type",
    }
}

fn number_of(ty: ColumnType, number: &serde_json::Number) -> Result<ValueRef<'static>> {
    match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(number), _, _) => Ok(ValueRef::I64(number)),
        (_, Some(number), _) => Ok(ValueRef::U64(number)),
        // A floating point number holds 15 digits for certain: more may have been rounded on the way.
        (_, _, Some(float)) if ty == ColumnType::Numeric && digits(float) > 15 => {
            Err(Error::decode("decimal that JSON keeps: write it as text", number))
        }
        (_, _, Some(float)) => Ok(ValueRef::F64(float)),
        _ => Err(Error::decode("number", number)),
    }
}

/// How many digits the shortest form of a number has.
fn digits(number: f64) -> usize {
    let text = number.to_string();
    let digits = text.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count();
    if text.contains('.') { digits } else { text.trim_end_matches('0').len().max(1) }
}
