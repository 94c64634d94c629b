//! A database to which migrations seem to be made: what reads is sent, what writes is noted.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use atlas_core::{
    Db, Result,
    driver::{
        BoxFuture, Capabilities, Connection, Driver, Outcome, PoolFigures, Ran, Rendered, RowSink,
        TransactionOptions,
    },
    schema::{Entry, SchemaChange, Table},
    statement::Statement,
    value::Value,
};

/// See the module.
pub(crate) struct Pretending {
    driver: Arc<InFront>,
}

struct InFront {
    inner: Arc<dyn Driver>,
    noted: Arc<Mutex<Noted>>,
}

#[derive(Default)]
struct Noted {
    statements: Vec<String>,
    /// Tables as they would be; `None` where they would be gone.
    tables: HashMap<String, Option<Table>>,
}

impl Pretending {
    /// In front of a database.
    pub(crate) fn before(db: &Db) -> Result<Self> {
        let driver = InFront { inner: db.driver()?, noted: Arc::default() };
        Ok(Self { driver: Arc::new(driver) })
    }

    pub(crate) fn db(&self) -> Db {
        Db::with_driver(Arc::<InFront>::clone(&self.driver))
    }

    /// What was noted since the last time.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.driver.noted).statements)
    }
}

fn lock(noted: &Mutex<Noted>) -> MutexGuard<'_, Noted> {
    noted.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Driver for InFront {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }

    fn acquire(&self) -> BoxFuture<'_, Result<Box<dyn Connection>>> {
        Box::pin(async {
            let connection = Pretended {
                driver: Arc::clone(&self.inner),
                inner: self.inner.acquire().await?,
                noted: Arc::clone(&self.noted),
            };
            Ok(Box::new(connection) as Box<dyn Connection>)
        })
    }

    fn render(&self, statement: &Statement) -> Result<Rendered> {
        self.inner.render(statement)
    }

    fn show(&self, statement: &Statement, hides: &dyn Fn(&Value) -> bool) -> Result<String> {
        self.inner.show(statement, hides)
    }

    fn server_version(&self) -> BoxFuture<'_, Result<String>> {
        self.inner.server_version()
    }

    fn pool(&self) -> PoolFigures {
        self.inner.pool()
    }

    fn normalize(&self, table: &Table) -> Table {
        self.inner.normalize(table)
    }

    /// The database is somebody else's.
    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

struct Pretended {
    driver: Arc<dyn Driver>,
    inner: Box<dyn Connection>,
    noted: Arc<Mutex<Noted>>,
}

impl Pretended {
    fn note(&self, statement: &Statement) -> Result<()> {
        let sent = self.driver.render(statement)?;
        let mut noted = lock(&self.noted);
        let values: Vec<String> = sent.binds.iter().map(|value| value.as_ref().to_string()).collect();
        let values = if values.is_empty() { String::new() } else { format!(" [{}]", values.join(", ")) };
        if !sent.text.is_empty() {
            noted.statements.push(format!("{sent}{values}"));
        }
        if let Statement::Schema(change) = statement {
            noted.apply(change)?;
        }
        Ok(())
    }
}

impl Noted {
    fn apply(&mut self, change: &SchemaChange) -> Result<()> {
        match change {
            SchemaChange::CreateTable(table) => {
                self.tables.insert(table.name.to_string(), Some(table.clone()));
            }
            SchemaChange::DropTable(name) => {
                self.tables.insert(name.to_string(), None);
            }
            SchemaChange::DropTables(names) => {
                self.tables.extend(names.iter().map(|name| (name.to_string(), None)));
            }
            SchemaChange::RenameTable { before, to } => {
                let table = Table { name: to.clone(), ..before.clone() };
                self.tables.insert(before.name.to_string(), None);
                self.tables.insert(to.to_string(), Some(table));
            }
            SchemaChange::AlterTable { before, changes } => {
                let mut table = before.clone();
                changes.iter().try_for_each(|change| table.apply(change))?;
                self.tables.insert(table.name.to_string(), Some(table));
            }
            _ => {}
        }
        Ok(())
    }
}

impl Connection for Pretended {
    fn run<'a>(&'a mut self, statement: &'a Statement, sink: Box<dyn RowSink>) -> BoxFuture<'a, Ran> {
        if matches!(statement, Statement::Select(_) | Statement::Explain { .. }) || is_select(statement) {
            return self.inner.run(statement, sink);
        }
        Box::pin(async move {
            self.note(statement)?;
            Ok((sink, Outcome::affected(0)))
        })
    }

    fn begin<'a>(&'a mut self, _: &'a TransactionOptions) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn rollback(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn entries(&mut self) -> BoxFuture<'_, Result<Vec<Entry>>> {
        Box::pin(async move {
            let mut entries = self.inner.entries().await?;
            let noted = lock(&self.noted);
            entries.retain(|entry| !noted.tables.contains_key(&*entry.name));
            let made = noted.tables.iter().filter(|(_, table)| table.is_some());
            entries.extend(made.map(|(name, _)| Entry { name: name.clone().into(), view: false }));
            Ok(entries)
        })
    }

    fn inspect<'a>(&'a mut self, table: &'a str) -> BoxFuture<'a, Result<Option<Table>>> {
        Box::pin(async move {
            if let Some(noted) = lock(&self.noted).tables.get(table) {
                return Ok(noted.clone());
            }
            self.inner.inspect(table).await
        })
    }
}

/// A raw text that only reads.
fn is_select(statement: &Statement) -> bool {
    match statement {
        Statement::Raw(raw) => {
            let first: String = raw.text.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
            first.eq_ignore_ascii_case("select")
        }
        _ => false,
    }
}
