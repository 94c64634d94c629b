use std::sync::Arc;

use atlas_core::{
    driver::{BoxFuture, Capabilities, Connection, Driver, PoolFigures, Rendered},
    error::Result,
    schema::Table,
    statement::Statement,
    value::Value,
};
use atlas_sql::{Compiled, compile, compile_shown};
use tokio::runtime::Handle;

use crate::{
    connection::SqliteConnection,
    dialect::SqliteDialect,
    options::Sqlite,
    pool::{Pool, closed},
};

const CAPABILITIES: Capabilities = {
    let mut all = Capabilities::NONE;
    all.returning = true;
    all.update_returning = true;
    all.delete_returning = true;
    all.transactions = true;
    all.savepoints = true;
    all.transactional_schema = true;
    all.foreign_keys = true;
    all.raw = true;
    all
};

/// A SQLite database.
struct SqliteDriver {
    pool: Arc<Pool>,
}

/// Opens a database, off the runtime's threads.
pub(crate) async fn open(options: Sqlite) -> Result<Arc<dyn Driver>> {
    let pool = match Handle::try_current() {
        Err(_) => Pool::open(options)?,
        Ok(runtime) => runtime.spawn_blocking(|| Pool::open(options)).await.map_err(|_| closed())??,
    };
    Ok(Arc::new(SqliteDriver { pool: Arc::new(pool) }))
}

impl Driver for SqliteDriver {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn capabilities(&self) -> &Capabilities {
        &CAPABILITIES
    }

    fn acquire(&self) -> BoxFuture<'_, Result<Box<dyn Connection>>> {
        // Which connection it takes, its first statement tells.
        Box::pin(async {
            if self.pool.is_closed() {
                return Err(closed());
            }
            Ok(Box::new(SqliteConnection::new(Arc::clone(&self.pool))) as Box<dyn Connection>)
        })
    }

    fn render(&self, statement: &Statement) -> Result<Rendered> {
        let mut compiled = Compiled::default();
        compile(statement, &SqliteDialect, &mut compiled)?;
        Ok(Rendered { binds: compiled.values(), text: compiled.text })
    }

    fn show(&self, statement: &Statement, hides: &dyn Fn(&Value) -> bool) -> Result<String> {
        compile_shown(statement, &SqliteDialect, hides)
    }

    fn normalize(&self, table: &Table) -> Table {
        atlas_sql::normalize(table, &SqliteDialect)
    }

    fn server_version(&self) -> BoxFuture<'_, Result<String>> {
        Box::pin(async {
            let mut lease = self.pool.reader().await?;
            lease.session()?.database.command("SELECT 1").map_err(|failure| failure.into_error(None))?;
            Ok(format!("SQLite {}", rusqlite::version()))
        })
    }

    fn pool(&self) -> PoolFigures {
        self.pool.figures()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.pool.close())
    }
}
