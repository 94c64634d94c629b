use std::{fmt, ops::ControlFlow};

use crate::{
    db::{Db, Decode, Pending},
    driver::{Row, RowSink},
    error::{Error, Result},
    query::{Cursor, Finish, FromRow, Sql, by_name},
    statement::{Raw, Statement},
    table::{DynRow, row::dyn_rows},
    value::{Attribute, Binds},
};

/// A statement in the database's own language, whose rows are `Out`: see [`Db::raw`].
#[must_use = "nothing is sent until a call such as `get` or `execute`"]
pub struct RawQuery<'a, Out = DynRow> {
    db: &'a Db,
    raw: Raw,
    /// What makes a row of its columns.
    decode: fn() -> Decode<Out>,
    /// What is done with rows that came together.
    together: fn(&mut [Out]),
}

impl<Out> Clone for RawQuery<'_, Out> {
    fn clone(&self) -> Self {
        Self { raw: self.raw.clone(), ..*self }
    }
}

impl<Out> fmt::Debug for RawQuery<'_, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(f)
    }
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
        RawQuery::new(self, Raw::new(text, binds.into_values()))
    }

    /// A statement in the database's own language, written with the macro `sql!`: what is in braces is bound.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::sql;
    /// # run(async |db| {
    /// let (table, ids, least) = ("users", [1, 2], 18);
    /// let adults = db.sql(sql!("select * from {table:ident} where id in ({ids:list}) and age >= {least}"));
    /// assert_eq!(adults.read_as::<Record<User>>().first_or_fail().await?.name, "Ann");
    /// # Ok(())
    /// # });
    /// ```
    pub fn sql(&self, sql: Sql) -> RawQuery<'_> {
        RawQuery::new(self, sql.raw)
    }
}

impl<'a> RawQuery<'a> {
    fn new(db: &'a Db, raw: Raw) -> Self {
        Self { db, raw, decode: dyn_rows, together: |_| () }
    }

    /// Reads each row as this: a model's record, by the names of its columns; a struct that derives
    /// [`FromRow`](crate::FromRow), by the names of its fields; values, in the order of the columns; or a tuple of
    /// them.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let text = "select *, upper(name) as loud from users where age > ?";
    /// let users = db.raw(text, [18]).read_as::<Record<User>>().get().await?;
    /// assert_eq!((users[0].name.as_str(), users[0].extra::<String>("loud")?.as_str()), ("Ann", "ANN"));
    ///
    /// let pairs = db.raw("select name, age from users order by id", ()).read_as::<(String, Option<i32>)>();
    /// assert_eq!(pairs.first().await?, Some(("Ann".to_owned(), Some(34))));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// Columns that a record has no field for are its extras. Of a tuple each part looks behind the columns of the
    /// one before it: `(Record<Post>, Record<User>)` of `select posts.*, users.*`.
    pub fn read_as<T: FromRow>(self) -> RawQuery<'a, T> {
        let together = |rows: &mut [T]| T::introduce(rows, &|row| Some(row));
        RawQuery { db: self.db, raw: self.raw, decode: by_name::<T>, together }
    }

    /// The first column of the first row, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] where the value does not fit the type.
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
}

impl<'a, Out: Send + 'static> RawQuery<'a, Out> {
    /// Keeps the values from listeners: they are secrets.
    pub fn sensitive(mut self) -> Self {
        self.raw.sensitive = true;
        self
    }

    /// Every row.
    ///
    /// # Errors
    ///
    /// What the database reports; [`Error::Config`] where a column is missing, and [`Error::Decode`] where a value
    /// does not fit what the rows are read as.
    pub fn get(self) -> Pending<'a, Vec<Out>> {
        Pending::new(async move { self.rows().await })
    }

    /// Every row, as a stream: see [`Query::cursor`](crate::Query::cursor).
    pub fn cursor(self) -> Cursor<Out> {
        let finish = Finish::loading(Vec::new());
        Cursor::of(self.db, None, Statement::Raw(self.raw), (self.decode)(), finish)
    }

    /// The first row, if there is one. The statement runs to its end.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn first(self) -> Pending<'a, Option<Out>> {
        Pending::new(async move { Ok(self.rows().await?.into_iter().next()) })
    }

    /// The first row.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where there is none, and as [`get`](Self::get).
    pub fn first_or_fail(self) -> Pending<'a, Out> {
        Pending::new(async move {
            let missing = || Error::config("the statement gave no row: `first` gives an `Option`");
            self.rows().await?.into_iter().next().ok_or_else(missing)
        })
    }

    async fn rows(self) -> Result<Vec<Out>> {
        let sink = Collect { decode: (self.decode)(), rows: Vec::new() };
        let mut rows = self.db.fetch(None, &Statement::Raw(self.raw), sink).await?.0.rows;
        if rows.len() > 1 && self.db.batches_lazy_loading() {
            (self.together)(&mut rows);
        }
        Ok(rows)
    }
}

/// Every row of a statement.
struct Collect<Out> {
    decode: Decode<Out>,
    rows: Vec<Out>,
}

impl<Out: Send + 'static> RowSink for Collect<Out> {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        self.rows.push((self.decode)(row)?);
        Ok(ControlFlow::Continue(()))
    }

    fn restart(&mut self) -> bool {
        self.rows.clear();
        true
    }

    fn restartable(&self) -> bool {
        true
    }
}
