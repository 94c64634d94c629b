use std::fmt;

use crate::error::{Error, Result};

/// What a query calls a column that it leaves out, where its value would stand.
pub(crate) const LEFT_OUT: &str = "atlas_left_out";

/// A field that a query may leave out: a column of a `T` that is long or seldom needed.
///
/// It is read by default. [`Query::without_columns`](crate::Query::without_columns) and
/// [`Query::columns`](crate::Query::columns) leave it out, and so does an eager load of the same names. What was
/// left out is an error when it is asked for, never a default, and is not written when the record is saved.
///
/// ```
/// # use atlas_tests::guide::*;
/// # use atlas::prelude::*;
/// #[derive(Model)]
/// struct Report {
///     id: i64,
///     title: String,
///     body: Deferred<String>,
/// }
///
/// # run(async |db| {
/// # db.create_tables(atlas::models![Report]).await?;
/// Report::draft().title("Q3").body("…").save(&db).await?;
/// let mut report = Report::query().without_columns(Report::body).first_or_fail(&db).await?;
/// assert!(report.body.get().is_err());
/// report.load_columns(&db, Report::body).await?;
/// assert_eq!(report.body.get()?, "…");
///
/// report.body = "A better one".to_owned().into();
/// report.save(&db).await?;
/// # Ok(())
/// # });
/// ```
pub struct Deferred<T>(Held<T>);

#[derive(Clone)]
enum Held<T> {
    Loaded(T),
    LeftOut(&'static Place),
}

/// Whose field it is: the names of the model and the field.
type Place = (&'static str, &'static str);

impl<T> Deferred<T> {
    /// The value of a column.
    pub const fn new(value: T) -> Self {
        Self(Held::Loaded(value))
    }

    /// For the derive: a field that was left out, which knows its model and itself.
    #[doc(hidden)]
    pub const fn left_out(place: &'static (&'static str, &'static str)) -> Self {
        Self(Held::LeftOut(place))
    }

    /// The value.
    ///
    /// # Errors
    ///
    /// [`Error::ColumnLeftOut`] where the query left it out.
    pub fn get(&self) -> Result<&T> {
        match &self.0 {
            Held::Loaded(value) => Ok(value),
            Held::LeftOut(place) => Err(error(place)),
        }
    }

    /// The value, to be changed.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn get_mut(&mut self) -> Result<&mut T> {
        match &mut self.0 {
            Held::Loaded(value) => Ok(value),
            Held::LeftOut(place) => Err(error(place)),
        }
    }

    /// The value itself.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn into_inner(self) -> Result<T> {
        match self.0 {
            Held::Loaded(value) => Ok(value),
            Held::LeftOut(place) => Err(error(place)),
        }
    }

    /// The value, where there is one.
    pub const fn loaded(&self) -> Option<&T> {
        match &self.0 {
            Held::Loaded(value) => Some(value),
            Held::LeftOut(_) => None,
        }
    }

    /// Whether the query read it, or it was set since.
    pub const fn is_loaded(&self) -> bool {
        matches!(self.0, Held::Loaded(_))
    }
}

#[cold]
fn error((model, column): &Place) -> Error {
    Error::ColumnLeftOut { model, column }
}

impl<T> From<T> for Deferred<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Clone> Clone for Deferred<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: fmt::Debug> fmt::Debug for Deferred<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Held::Loaded(value) => value.fmt(f),
            Held::LeftOut(_) => f.write_str("(left out)"),
        }
    }
}
