use atlas_core::{
    Db, Error, Pending, Result,
    schema::{Alteration, Entry, SchemaChange, Table},
};

use crate::blueprint::Blueprint;

/// What changes the tables of a database: what migrations call.
///
/// ```
/// # use atlas::{Db, Error, migrate::Schema};
/// # atlas::block_on(async {
/// # let db = Db::connect("sqlite::memory:").await?;
/// Schema::create(&db, "users", |t| {
///     t.id();
///     t.string("name");
///     t.string("email").unique();
///     t.boolean("active").default(true);
///     t.timestamps();
/// })
/// .await?;
///
/// Schema::table(&db, "users", |t| {
///     t.string("nickname").nullable();
///     t.rename_column("active", "enabled");
/// })
/// .await?;
/// assert!(Schema::has_column(&db, "users", "enabled").await?);
/// # Ok::<(), Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Schema;

impl Schema {
    /// Creates a table.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where there is one of that name, and for a table that contradicts itself;
    /// [`Error::Unsupported`] for what the database has no such thing for; what the database reports.
    pub fn create<'a>(db: &'a Db, table: &str, build: impl FnOnce(&mut Blueprint)) -> Pending<'a, ()> {
        let mut blueprint = Blueprint::new(table);
        build(&mut blueprint);
        Pending::new(async move {
            let table = blueprint.created()?;
            if !table.options.temporary && db.inspect(&table.name).await?.is_some() {
                return Err(Error::config(format!(
                    "the table `{}` cannot be created: there is one already: use `Schema::table` to change it, or drop it first",
                    table.name
                )));
            }
            db.change_schema(SchemaChange::CreateTable(table)).await
        })
    }

    /// Changes a table: adds, changes, renames and drops columns, indexes, foreign keys and checks, in the order in
    /// which they are said. All of it is done or nothing, where the database can undo changes of its schema.
    ///
    /// # Errors
    ///
    /// [`Error::MissingTable`] where there is no such table, [`Error::Config`] for a column, an index or a constraint
    /// that is not there, or is there already; [`Error::Unsupported`] for what the database cannot do; what the
    /// database reports.
    pub fn table<'a>(db: &'a Db, table: &'a str, build: impl FnOnce(&mut Blueprint)) -> Pending<'a, ()> {
        Self::when(db, table, |_| true, build)
    }

    async fn alter(db: &Db, before: Table, blueprint: Blueprint) -> Result<()> {
        let changes: Vec<Alteration> = blueprint.alterations(&before)?;
        // Before anything is sent: a mistake leaves the table as it is, also where nothing can be undone.
        let mut after = before.clone();
        changes.iter().try_for_each(|change| after.apply(change))?;
        if changes.is_empty() {
            return Ok(());
        }
        db.change_schema(SchemaChange::AlterTable { before, changes }).await
    }

    /// A table as it is in the database.
    ///
    /// # Errors
    ///
    /// [`Error::MissingTable`] where there is none; what the database reports.
    pub fn inspect<'a>(db: &'a Db, table: &'a str) -> Pending<'a, Table> {
        Pending::new(async move {
            let missing = || Error::MissingTable { table: table.to_owned(), source: None };
            db.inspect(table).await?.ok_or_else(missing)
        })
    }

    /// Gives a table another name.
    ///
    /// # Errors
    ///
    /// [`Error::MissingTable`] where there is no such table; what the database reports, also where the name is taken.
    pub fn rename<'a>(db: &'a Db, from: &'a str, to: &'a str) -> Pending<'a, ()> {
        Pending::new(async move {
            let before = Self::inspect(db, from).await?;
            db.change_schema(SchemaChange::RenameTable { before, to: to.to_owned().into() }).await
        })
    }

    /// Drops a table.
    ///
    /// # Errors
    ///
    /// [`Error::MissingTable`] where there is no such table; what the database reports, also where rows of another
    /// table refer to it.
    pub fn drop<'a>(db: &'a Db, table: &'a str) -> Pending<'a, ()> {
        Pending::new(async move {
            Self::inspect(db, table).await?;
            Self::drop_if_exists(db, table).await
        })
    }

    /// Drops a table, if there is one.
    ///
    /// # Errors
    ///
    /// What the database reports, also where rows of another table refer to it.
    pub fn drop_if_exists<'a>(db: &'a Db, table: &'a str) -> Pending<'a, ()> {
        Pending::new(async move { db.change_schema(SchemaChange::DropTable(table.to_owned().into())).await })
    }

    /// Drops columns of a table, with the keys, indexes and foreign keys that are over them.
    ///
    /// # Errors
    ///
    /// As [`table`](Self::table).
    pub fn drop_columns<'a>(db: &'a Db, table: &'a str, columns: &'a [&'a str]) -> Pending<'a, ()> {
        Pending::new(async move {
            Self::table(db, table, |t| columns.iter().for_each(|column| t.drop_column(column))).await
        })
    }

    /// Drops every table, whatever refers to it.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub fn drop_all_tables<'a>(db: &'a Db) -> Pending<'a, ()> {
        Pending::new(async move {
            let tables = db.entries().await?.into_iter().filter(|entry| !entry.view).map(|entry| entry.name);
            db.change_schema(SchemaChange::DropTables(tables.collect())).await
        })
    }

    /// Drops every view.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub fn drop_all_views<'a>(db: &'a Db) -> Pending<'a, ()> {
        Pending::new(async move {
            // One view may be made of others, and is gone first or last.
            let mut views: Vec<_> = db.entries().await?.into_iter().filter(|entry| entry.view).collect();
            while !views.is_empty() {
                let before = views.len();
                let mut refused = None;
                let mut left = Vec::new();
                for view in views {
                    let dropped = Self::alone(db, SchemaChange::DropView(view.name.clone())).await;
                    if let Err(error) = dropped {
                        refused = Some(error);
                        left.push(view);
                    }
                }
                if let Some(error) = refused.filter(|_| left.len() == before) {
                    return Err(error);
                }
                views = left;
            }
            Ok(())
        })
    }

    /// Makes a database on the server. PostgreSQL and MySQL, outside of a transaction.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] on SQLite, whose databases are files; what the database reports, also where the name is
    /// taken.
    pub fn create_database<'a>(db: &'a Db, name: &str) -> Pending<'a, ()> {
        db.change_schema(SchemaChange::CreateDatabase(name.to_owned().into()))
    }

    /// Drops a database of the server, if there is one. PostgreSQL and MySQL, outside of a transaction.
    ///
    /// # Errors
    ///
    /// As [`create_database`](Self::create_database); what the database reports, also where somebody uses it.
    pub fn drop_database_if_exists<'a>(db: &'a Db, name: &str) -> Pending<'a, ()> {
        db.change_schema(SchemaChange::DropDatabase(name.to_owned().into()))
    }

    /// Makes sure that an extension of PostgreSQL is there: `Schema::ensure_extension(&db, "citext")`.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] on other databases; what the database reports, also where the server has no such extension.
    pub fn ensure_extension<'a>(db: &'a Db, name: &str) -> Pending<'a, ()> {
        db.change_schema(SchemaChange::CreateExtension(name.to_owned().into()))
    }

    /// A change that leaves a transaction usable where it fails.
    async fn alone(db: &Db, change: SchemaChange) -> Result<()> {
        if db.in_transaction() && db.capabilities().transactional_schema {
            return db.transaction(async move |tx: Db| tx.change_schema(change).await).await;
        }
        db.change_schema(change).await
    }

    /// Whether there is a table of that name.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub fn has_table<'a>(db: &'a Db, table: &'a str) -> Pending<'a, bool> {
        Pending::new(async move { Ok(db.inspect(table).await?.is_some()) })
    }

    /// Whether there is a view of that name.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub fn has_view<'a>(db: &'a Db, view: &'a str) -> Pending<'a, bool> {
        Pending::new(
            async move { Ok(db.entries().await?.iter().any(|entry| entry.view && entry.name == view)) },
        )
    }

    /// Whether a table has a column; `false` also where there is no such table.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub fn has_column<'a>(db: &'a Db, table: &'a str, column: &'a str) -> Pending<'a, bool> {
        Pending::new(async move { Self::has_columns(db, table, &[column]).await })
    }

    /// Whether a table has all of some columns.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub fn has_columns<'a>(db: &'a Db, table: &'a str, columns: &'a [&'a str]) -> Pending<'a, bool> {
        Pending::new(async move {
            let found = db.inspect(table).await?;
            Ok(found.is_some_and(|table| columns.iter().all(|column| table.column(column).is_some())))
        })
    }

    /// Whether a table has an index over these columns, in this order, or one index of that name.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub fn has_index<'a>(db: &'a Db, table: &'a str, columns_or_name: &'a [&'a str]) -> Pending<'a, bool> {
        Pending::new(async move {
            let found = db.inspect(table).await?;
            Ok(found.is_some_and(|table| {
                table.indexes.iter().any(|index| {
                    matches!(columns_or_name, [name] if index.name == *name)
                        || index.columns.iter().map(|own| &**own).eq(columns_or_name.iter().copied())
                })
            }))
        })
    }

    /// Whether a table has a foreign key over these columns, in this order.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub fn has_foreign_key<'a>(db: &'a Db, table: &'a str, columns: &'a [&'a str]) -> Pending<'a, bool> {
        Pending::new(async move {
            let found = db.inspect(table).await?;
            Ok(found.is_some_and(|table| {
                let is_over = |key: &crate::ForeignKey| {
                    key.columns.iter().map(|own| &**own).eq(columns.iter().copied())
                };
                table.foreign_keys.iter().any(is_over)
            }))
        })
    }

    /// The names of the tables.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub fn tables<'a>(db: &'a Db) -> Pending<'a, Vec<String>> {
        Pending::new(async move { Ok(Self::names(db.entries().await?, false)) })
    }

    /// The names of the views.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub fn views<'a>(db: &'a Db) -> Pending<'a, Vec<String>> {
        Pending::new(async move { Ok(Self::names(db.entries().await?, true)) })
    }

    fn names(entries: Vec<Entry>, views: bool) -> Vec<String> {
        let wanted = entries.into_iter().filter(|entry| entry.view == views);
        wanted.map(|entry| entry.name.into_owned()).collect()
    }

    /// The columns of a table, in order.
    ///
    /// # Errors
    ///
    /// [`Error::MissingTable`] where there is none; what the database reports.
    pub fn columns<'a>(db: &'a Db, table: &'a str) -> Pending<'a, Vec<crate::Column>> {
        Pending::new(async move { Ok(Self::inspect(db, table).await?.columns) })
    }

    /// The indexes of a table, by name. Its primary key is not among them.
    ///
    /// # Errors
    ///
    /// As [`columns`](Self::columns).
    pub fn indexes<'a>(db: &'a Db, table: &'a str) -> Pending<'a, Vec<crate::Index>> {
        Pending::new(async move { Ok(Self::inspect(db, table).await?.indexes) })
    }

    /// The foreign keys of a table.
    ///
    /// # Errors
    ///
    /// As [`columns`](Self::columns).
    pub fn foreign_keys<'a>(db: &'a Db, table: &'a str) -> Pending<'a, Vec<crate::ForeignKey>> {
        Pending::new(async move { Ok(Self::inspect(db, table).await?.foreign_keys) })
    }

    /// Changes a table if it has a column.
    ///
    /// # Errors
    ///
    /// As [`table`](Self::table).
    pub fn when_table_has_column<'a>(
        db: &'a Db,
        table: &'a str,
        column: &'a str,
        build: impl FnOnce(&mut Blueprint),
    ) -> Pending<'a, ()> {
        Self::when(db, table, move |there| there.column(column).is_some(), build)
    }

    /// Changes a table unless it has a column.
    ///
    /// # Errors
    ///
    /// As [`table`](Self::table).
    pub fn when_table_doesnt_have_column<'a>(
        db: &'a Db,
        table: &'a str,
        column: &'a str,
        build: impl FnOnce(&mut Blueprint),
    ) -> Pending<'a, ()> {
        Self::when(db, table, move |there| there.column(column).is_none(), build)
    }

    /// Changes a table if it has an index of that name.
    ///
    /// # Errors
    ///
    /// As [`table`](Self::table).
    pub fn when_table_has_index<'a>(
        db: &'a Db,
        table: &'a str,
        index: &'a str,
        build: impl FnOnce(&mut Blueprint),
    ) -> Pending<'a, ()> {
        Self::when(db, table, move |there| there.index(index).is_some(), build)
    }

    /// Changes a table unless it has an index of that name.
    ///
    /// # Errors
    ///
    /// As [`table`](Self::table).
    pub fn when_table_doesnt_have_index<'a>(
        db: &'a Db,
        table: &'a str,
        index: &'a str,
        build: impl FnOnce(&mut Blueprint),
    ) -> Pending<'a, ()> {
        Self::when(db, table, move |there| there.index(index).is_none(), build)
    }

    /// Changes a table if something is so of it.
    fn when<'a>(
        db: &'a Db,
        table: &'a str,
        is_so: impl FnOnce(&Table) -> bool + Send + 'a,
        build: impl FnOnce(&mut Blueprint),
    ) -> Pending<'a, ()> {
        let mut blueprint = Blueprint::new(table);
        build(&mut blueprint);
        Pending::new(async move {
            let before = Self::inspect(db, table).await?;
            if is_so(&before) { Self::alter(db, before, blueprint).await } else { Ok(()) }
        })
    }
}
