use atlas_core::{
    Db, DynRow, Error, Result,
    schema::{Column, ColumnDefault, SchemaChange, Storage, Table},
    table::Values,
    value::{ColumnType, Value},
};

/// The record of the migrations that have run: a table, `migrations` where no other name is given.
#[derive(Clone, Debug)]
pub struct MigrationsRepository {
    table: String,
}

/// A migration that has run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Applied {
    /// Its name.
    pub name: String,
    /// The number of the run that it was part of.
    pub batch: i64,
    /// When it ended, in UTC; `None` where it was begun, and nobody saw it end.
    pub applied_at: Option<String>,
    /// The sum over what it did, where that could be seen.
    pub checksum: Option<String>,
}

impl Default for MigrationsRepository {
    fn default() -> Self {
        Self::new("migrations")
    }
}

impl MigrationsRepository {
    /// The record in a table of this name.
    pub fn new(table: impl Into<String>) -> Self {
        Self { table: table.into() }
    }

    /// The name of the table.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Makes the table, unless it is there.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub async fn ensure_table(&self, db: &Db) -> Result<()> {
        let text = |name: &'static str, length| Column {
            storage: Storage::Varchar(length),
            ..Column::new(name, ColumnType::Text)
        };
        let name = text("name", 255);
        let key = Column { generated: true, ..Column::new("id", ColumnType::I64) };
        let applied_at = Column { nullable: true, ..Column::new("applied_at", ColumnType::DateTime) };
        let table = Table {
            primary_key: vec!["id".into()],
            indexes: vec![crate::Index::new(&self.table, vec!["name".into()], crate::IndexKind::Unique)],
            columns: vec![
                key,
                name,
                Column::new("batch", ColumnType::I64),
                Column { default: Some(ColumnDefault::Now), ..applied_at },
                Column { nullable: true, ..text("checksum", 64) },
            ],
            ..Table::new(self.table.clone())
        };
        db.change_schema(SchemaChange::CreateTable(table)).await
    }

    /// Whether the table is there.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub async fn exists(&self, db: &Db) -> Result<bool> {
        Ok(db.inspect(&self.table).await?.is_some())
    }

    /// Writes down that a migration has run.
    ///
    /// # Errors
    ///
    /// What the database reports, also where it is written down already.
    pub async fn log(&self, db: &Db, name: &str, batch: i64, checksum: Option<&str>) -> Result<()> {
        let checksum = checksum.map_or(Value::Null, Value::from);
        let row = Values::new().set("name", name).set("batch", batch).set("checksum", checksum);
        db.table(self.table.clone()).insert(row).await.map(|_| ())
    }

    /// Writes down that a migration has begun, where it cannot be undone as a whole.
    pub(crate) async fn begin(&self, db: &Db, name: &str, batch: i64, checksum: Option<&str>) -> Result<()> {
        let checksum = checksum.map_or(Value::Null, Value::from);
        let row = Values::new().set("name", name).set("batch", batch).set("checksum", checksum);
        let row = row.set("applied_at", Value::Null);
        db.table(self.table.clone()).insert(row).await.map(|_| ())
    }

    /// All that have run, in the order in which they did.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub async fn list_applied(&self, db: &Db) -> Result<Vec<Applied>> {
        let columns = ["name", "batch", "applied_at", "checksum"];
        let rows = db.table(self.table.clone()).select(columns).order_by("id").get().await?;
        rows.iter().map(applied).collect()
    }

    /// The number of the next run: one more than that of the last.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub async fn next_batch(&self, db: &Db) -> Result<i64> {
        Ok(self.last_batch_number(db).await? + 1)
    }

    async fn last_batch_number(&self, db: &Db) -> Result<i64> {
        Ok(self.list_applied(db).await?.iter().map(|applied| applied.batch).max().unwrap_or_default())
    }

    /// What the last run did, in the order in which it did.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub async fn last_batch(&self, db: &Db) -> Result<Vec<Applied>> {
        let applied = self.list_applied(db).await?;
        let last = applied.iter().map(|applied| applied.batch).max();
        Ok(applied.into_iter().filter(|applied| Some(applied.batch) == last).collect())
    }

    /// Forgets that a migration has run; `false` where it was not written down.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub async fn delete_log(&self, db: &Db, name: &str) -> Result<bool> {
        Ok(db.table(self.table.clone()).where_eq("name", name).delete().await? > 0)
    }

    /// Forgets a whole run, and says how many migrations it was.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub async fn delete_batch(&self, db: &Db, batch: i64) -> Result<u64> {
        db.table(self.table.clone()).where_eq("batch", batch).delete().await
    }
}

fn applied(row: &DynRow) -> Result<Applied> {
    Ok(Applied {
        name: row.get("name")?,
        batch: row.get("batch")?,
        applied_at: match row.value("applied_at") {
            None | Some(Value::Null) => None,
            Some(at) => Some(at.plain()),
        },
        checksum: row.get("checksum")?,
    })
}

#[cold]
pub(crate) fn failed(name: &str, reason: impl Into<String>) -> Error {
    Error::Migration { name: name.to_owned(), reason: reason.into() }
}
