use crate::{
    db::{Db, Pending},
    error::Result,
    query::{Cursor, Finish},
    statement::{Raw, Statement},
    table::{DynRow, read},
    value::{Attribute, Binds},
};

/// A statement in the database's own language: see [`Db::raw`].
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until a call such as `get` or `execute`"]
pub struct RawQuery<'a> {
    db: &'a Db,
    raw: Raw,
}

impl Db {
    /// A statement in the database's own language, with a `?` in its text for each value. On every
    /// database it is `?`; one that is meant as itself is written `??`.
    ///
    /// The text is the program's own: values belong into `binds`, never into it.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let rows = db.raw("select name, age from users where age > ? order by age", [18]).get().await?;
    /// assert_eq!(rows[0].get::<String>("name")?, "Ann");
    ///
    /// let names: Vec<String> = db.raw("select name from users where id in (?, ?)", (1, 2)).pluck().await?;
    /// assert_eq!(names.len(), 2);
    /// # Ok(())
    /// # });
    /// ```
    pub fn raw(&self, text: impl Into<String>, binds: impl Binds) -> RawQuery<'_> {
        RawQuery { db: self, raw: Raw::new(text, binds.into_values()) }
    }
}

impl<'a> RawQuery<'a> {
    /// Keeps the values from listeners: they are secrets.
    pub fn sensitive(mut self) -> Self {
        self.raw.sensitive = true;
        self
    }

    /// Every row.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub fn get(self) -> Pending<'a, Vec<DynRow>> {
        Pending::new(async move { self.rows().await })
    }

    /// Every row, as a stream: see [`Query::cursor`](crate::Query::cursor).
    pub fn cursor(self) -> Cursor<DynRow> {
        read::cursor(self.db, Statement::Raw(self.raw), Finish::loading(Vec::new()))
    }

    /// The first row, if there is one. The statement runs to its end.
    pub fn first(self) -> Pending<'a, Option<DynRow>> {
        Pending::new(async move { Ok(self.rows().await?.into_iter().next()) })
    }

    /// The first column of the first row, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode) where the value does not fit the type.
    pub fn value<T: Attribute>(self) -> Pending<'a, Option<T>> {
        Pending::new(async move { self.rows().await?.first().map(|row| row.at(0)).transpose() })
    }

    /// The first column of every row.
    ///
    /// # Errors
    ///
    /// As [`value`](Self::value).
    pub fn pluck<T: Attribute>(self) -> Pending<'a, Vec<T>> {
        Pending::new(async move { self.rows().await?.iter().map(|row| row.at(0)).collect() })
    }

    /// Runs it for what it does: how many rows it wrote, changed or removed.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub fn execute(self) -> Pending<'a, u64> {
        Pending::new(async move {
            Ok(self.db.run(None, &Statement::Raw(self.raw), Box::new(())).await?.1.affected)
        })
    }

    async fn rows(self) -> Result<Vec<DynRow>> {
        read::rows(self.db, &Statement::Raw(self.raw)).await
    }
}
