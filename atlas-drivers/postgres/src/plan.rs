//! What is kept of a prepared statement, and what is sent to run it.

use std::sync::Arc;

use atlas_core::value::{Value, ValueRef};
use atlas_sql::Bind;
use sqlx::{
    Either, Encode, Execute, Postgres, Statement as _, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgArguments, PgStatement, PgTypeInfo},
};

use crate::{
    encode::{self, Misfit},
    error::Failure,
    kind::Kind,
    row::Columns,
};

/// What the server says of a statement: the types of what is bound, and those of what comes back.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) text: Arc<str>,
    pub(crate) parameters: Vec<(PgTypeInfo, Kind)>,
    pub(crate) columns: Columns,
    statement: PgStatement,
}

impl Plan {
    pub(crate) fn of(text: Arc<str>, statement: PgStatement) -> Self {
        let parameters = match statement.parameters() {
            Some(Either::Left(types)) => types.iter().map(|ty| (ty.clone(), Kind::of(ty))).collect(),
            _ => Vec::new(),
        };
        let columns = Columns::of(statement.columns());
        Self { text, parameters, columns, statement }
    }

    /// The values in the forms of their places.
    pub(crate) fn arguments<'v>(
        &self,
        values: impl ExactSizeIterator<Item = Bound<'v>>,
    ) -> Result<PgArguments, Failure> {
        use sqlx::Arguments;

        let mut arguments = PgArguments::default();
        arguments.reserve(values.len(), values.len() * 16);
        let given = values.len();
        for (at, (value, (info, kind))) in values.zip(&self.parameters).enumerate() {
            arguments.add(Argument { value, info, kind }).map_err(|error| {
                match error.downcast::<Misfit>() {
                    Ok(misfit) => Failure::Misfit(*misfit, Some(at)),
                    Err(error) => Failure::Own(atlas_core::Error::config(error.to_string())),
                }
            })?;
        }
        if given != self.parameters.len() {
            return Err(Failure::Own(atlas_core::Error::config(format!(
                "a statement has {} places and {given} values: give one value for each place",
                self.parameters.len()
            ))));
        }
        Ok(arguments)
    }

    /// What is sent to run the statement: under its name, or without any.
    pub(crate) fn request(&self, arguments: PgArguments, named: bool) -> Request {
        Request {
            text: Arc::clone(&self.text),
            arguments: Some(arguments),
            statement: (!named).then(|| self.statement.clone()),
            named,
        }
    }
}

/// A value to be bound, lent.
#[derive(Clone, Copy)]
pub(crate) enum Bound<'v> {
    Value(ValueRef<'v>),
    List(&'v [Value]),
    /// A column of rows: all values of it, so many apart from each other.
    Column {
        values: &'v [Value],
        width: usize,
    },
}

impl<'v> From<&'v Bind<'_>> for Bound<'v> {
    fn from(bind: &'v Bind<'_>) -> Self {
        match bind {
            Bind::Value(value) => Self::Value(value.as_ref()),
            Bind::Str(text) => Self::Value(ValueRef::Text(text)),
            Bind::Text(text) => Self::Value(ValueRef::Text(text)),
            Bind::I64(number) => Self::Value(ValueRef::I64(*number)),
            Bind::List(values) => Self::List(values),
        }
    }
}

/// A value and the type of its place.
struct Argument<'v, 'p> {
    value: Bound<'v>,
    info: &'p PgTypeInfo,
    kind: &'p Kind,
}

impl Argument<'_, '_> {
    fn write(&self, out: &mut Vec<u8>) -> Result<bool, Misfit> {
        match (self.value, self.kind) {
            (Bound::Value(value), kind) => return encode::encode(value, kind, out),
            (Bound::List(values), Kind::Array(element, oid)) => encode::list(values, element, *oid, out)?,
            (Bound::Column { values, width }, Kind::Array(element, oid)) => {
                encode::column(values.iter().step_by(width), element, *oid, out)?;
            }
            (_, kind) => {
                return Err(Misfit::Kind { value: "a list".to_owned(), ty: kind.name().into() });
            }
        }
        Ok(true)
    }
}

impl Type<Postgres> for Argument<'_, '_> {
    /// Not asked for: each knows its own.
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("text")
    }
}

impl Encode<'_, Postgres> for Argument<'_, '_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let start = buffer.len();
        if self.write(buffer)? {
            return Ok(IsNull::No);
        }
        buffer.truncate(start);
        Ok(IsNull::Yes)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(self.info.clone())
    }
}

/// A statement on its way to sqlx.
pub(crate) struct Request {
    text: Arc<str>,
    arguments: Option<PgArguments>,
    statement: Option<PgStatement>,
    named: bool,
}

impl Execute<'_, Postgres> for Request {
    fn sql(self) -> sqlx::SqlStr {
        sqlx::SqlSafeStr::into_sql_str(sqlx::AssertSqlSafe(self.text))
    }

    fn statement(&self) -> Option<&PgStatement> {
        self.statement.as_ref()
    }

    fn take_arguments(&mut self) -> Result<Option<PgArguments>, BoxDynError> {
        Ok(self.arguments.take())
    }

    fn persistent(&self) -> bool {
        self.named
    }
}
