use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use atlas_core::{
    Attribute, Error, Result,
    driver::{Connection, Driver, Outcome, RowSink, TransactionOptions},
    schema::{Name, SchemaChange},
    statement::Statement,
};

use crate::{
    case::{Failure, Verdict},
    expect::ensure,
    sink::{Collected, Values, same_sink},
    table::{Column, Table},
};

/// The driver that a case is about, and the tables that the case made.
#[derive(Clone)]
pub(crate) struct Subject {
    driver: Arc<dyn Driver>,
    names: Arc<AtomicU64>,
    prefix: Arc<str>,
    made: Arc<Mutex<Vec<Name>>>,
}

/// A connection on loan, for as long as this lives.
pub(crate) struct Link {
    pub(crate) connection: Box<dyn Connection>,
    driver: Arc<dyn Driver>,
}

impl Subject {
    /// A driver, and what the names of its tables begin with.
    pub(crate) fn new(driver: Arc<dyn Driver>, prefix: String) -> Self {
        Self { driver, names: Arc::default(), prefix: prefix.into(), made: Arc::default() }
    }

    /// The same for another case.
    pub(crate) fn for_case(&self) -> Self {
        Self { made: Arc::default(), ..self.clone() }
    }

    /// The driver itself.
    pub(crate) fn driver(&self) -> &Arc<dyn Driver> {
        &self.driver
    }

    /// A table's name that nothing has yet. The table is dropped after the case, if it is there.
    pub(crate) fn fresh_name(&self) -> String {
        self.fresh_name_with("")
    }

    /// The same with some characters of the case's own.
    pub(crate) fn fresh_name_with(&self, characters: &str) -> String {
        let name = format!("{}{characters}_{}", self.prefix, self.names.fetch_add(1, Ordering::Relaxed));
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(Name::Owned(name.clone()));
        name
    }

    /// A table to be, under a fresh name.
    pub(crate) fn plan(&self, columns: impl IntoIterator<Item = Column>) -> Table {
        Table::new(self.fresh_name(), columns)
    }

    /// Creates a table.
    pub(crate) async fn create(&self, table: Table) -> Verdict<Table> {
        self.run(Statement::Schema(SchemaChange::CreateTable(table.schema.clone()))).await?;
        Ok(table)
    }

    /// Creates a table with these columns.
    pub(crate) async fn table(&self, columns: impl IntoIterator<Item = Column>) -> Verdict<Table> {
        self.create(self.plan(columns)).await
    }

    /// Drops the tables that the case made, the last one first.
    pub(crate) async fn clean(&self) -> Verdict {
        let made = std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner));
        for table in made.into_iter().rev() {
            self.run(Statement::Schema(SchemaChange::DropTable(table))).await?;
        }
        Ok(())
    }

    /// Leaves the tables as they are: the case dropped them itself.
    pub(crate) fn forget(&self) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// A connection.
    pub(crate) async fn link(&self) -> Verdict<Link> {
        let connection =
            self.driver.acquire().await.map_err(|error| Failure::from(error).during("acquire"))?;
        Ok(Link { connection, driver: self.driver.clone() })
    }

    /// Runs a statement on a connection of its own, and says how many rows it affected.
    pub(crate) async fn run(&self, statement: impl Into<Statement>) -> Verdict<u64> {
        self.link().await?.run(statement).await
    }

    /// The rows of a statement.
    pub(crate) async fn rows(&self, statement: impl Into<Statement>) -> Verdict<Vec<Values>> {
        self.link().await?.rows(statement).await
    }

    /// The first column of each row.
    pub(crate) async fn column<T: Attribute>(&self, statement: impl Into<Statement>) -> Verdict<Vec<T>> {
        self.link().await?.column(statement).await
    }

    /// The one value that a statement gives.
    pub(crate) async fn one<T: Attribute>(&self, statement: impl Into<Statement>) -> Verdict<T> {
        self.link().await?.one(statement).await
    }

    /// The error that a statement must end with.
    pub(crate) async fn fails(&self, statement: impl Into<Statement>) -> Verdict<Error> {
        self.link().await?.fails(statement).await
    }
}

impl Link {
    /// Runs a statement into a sink, and gives the driver's answer as it is.
    pub(crate) async fn send<S: RowSink>(&mut self, statement: &Statement, sink: S) -> Result<(S, Outcome)> {
        let (sink, outcome) = self.connection.run(statement, Box::new(sink)).await?;
        Ok((same_sink(sink)?, outcome))
    }

    /// Runs a statement into a sink.
    pub(crate) async fn fill<S: RowSink>(&mut self, statement: impl Into<Statement>, sink: S) -> Verdict<S> {
        let statement = statement.into();
        match self.send(&statement, sink).await {
            Ok((sink, _)) => Ok(sink),
            Err(error) => Err(Failure::from(error).during(self.text(&statement))),
        }
    }

    /// Runs a statement, and says how many rows it affected.
    pub(crate) async fn run(&mut self, statement: impl Into<Statement>) -> Verdict<u64> {
        let statement = statement.into();
        match self.send(&statement, Collected::default()).await {
            Ok((_, outcome)) => Ok(outcome.affected),
            Err(error) => Err(Failure::from(error).during(self.text(&statement))),
        }
    }

    /// The rows of a statement.
    pub(crate) async fn rows(&mut self, statement: impl Into<Statement>) -> Verdict<Vec<Values>> {
        Ok(self.fill(statement, Collected::default()).await?.rows)
    }

    /// The first column of each row.
    pub(crate) async fn column<T: Attribute>(&mut self, statement: impl Into<Statement>) -> Verdict<Vec<T>> {
        let statement = statement.into();
        let rows = self.rows(statement.clone()).await?;
        let values: Verdict<Vec<T>> = rows.iter().map(|row| row.get(0)).collect();
        values.map_err(|failure| failure.during(self.text(&statement)))
    }

    /// The one value that a statement gives.
    pub(crate) async fn one<T: Attribute>(&mut self, statement: impl Into<Statement>) -> Verdict<T> {
        let statement = statement.into();
        let mut values = self.column(statement.clone()).await?;
        match (values.pop(), values.len()) {
            (Some(value), 0) => Ok(value),
            (last, others) => {
                let found = others + usize::from(last.is_some());
                Err(Failure::broken(format_args!("expected one row, found {found}"))
                    .during(self.text(&statement)))
            }
        }
    }

    /// Holds that a statement is refused, with any error.
    pub(crate) async fn is_refused(&mut self, what: &str, statement: impl Into<Statement>) -> Verdict {
        let refused = self.send(&statement.into(), Collected::default()).await.is_err();
        ensure(refused, || format!("{what}: expected an error, found success"))
    }

    /// The error that a statement must end with.
    pub(crate) async fn fails(&mut self, statement: impl Into<Statement>) -> Verdict<Error> {
        let statement = statement.into();
        match self.send(&statement, Collected::default()).await {
            Err(unsupported @ Error::Unsupported { .. }) => Err(unsupported.into()),
            Err(error) => Ok(error),
            Ok((sink, outcome)) => {
                let found = format!("success: {} rows, {} affected", sink.rows.len(), outcome.affected);
                Err(Failure::broken(format_args!("expected an error, found {found}"))
                    .during(self.text(&statement)))
            }
        }
    }

    /// Begins a transaction or a savepoint.
    pub(crate) async fn begin(&mut self) -> Verdict {
        self.begin_with(&TransactionOptions::default()).await
    }

    /// Begins a transaction in a way of its own.
    pub(crate) async fn begin_with(&mut self, options: &TransactionOptions) -> Verdict {
        self.connection.begin(options).await.map_err(|error| Failure::from(error).during("begin"))
    }

    /// Commits the innermost transaction or savepoint.
    pub(crate) async fn commit(&mut self) -> Verdict {
        self.connection.commit().await.map_err(|error| Failure::from(error).during("commit"))
    }

    /// Rolls the innermost transaction or savepoint back.
    pub(crate) async fn rollback(&mut self) -> Verdict {
        self.connection.rollback().await.map_err(|error| Failure::from(error).during("rollback"))
    }

    /// A statement as the database gets it, for messages.
    fn text(&self, statement: &Statement) -> String {
        const SHOWN: usize = 300;
        match self.driver.render(statement) {
            Ok(rendered) => format!("`{}`", rendered.text.chars().take(SHOWN).collect::<String>()),
            Err(error) => format!("a statement that cannot be rendered ({error})"),
        }
    }
}
