use std::sync::Arc;

use atlas_core::{
    driver::{BoxFuture, Capabilities, Connection, Driver, PoolFigures, Rendered},
    error::Result,
    schema::Table,
    statement::Statement,
    value::Value,
};
use atlas_server::{Condition, Pool};
use atlas_sql::{Compiled, compile, compile_shown};

use crate::{
    connection::acquire,
    dialect::PostgresDialect,
    error::{About, Failure},
    manager::Server,
    options::Postgres,
    session::Shared,
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

/// A PostgreSQL database.
struct PostgresDriver {
    pool: Pool<Server>,
}

/// Opens a database.
pub(crate) async fn open(options: Postgres) -> Result<Arc<dyn Driver>> {
    let pool = options.pool.clone();
    let pool = Pool::open(Server(Arc::new(Shared::new(options))), pool).await?;
    Ok(Arc::new(PostgresDriver { pool }))
}

impl Driver for PostgresDriver {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn capabilities(&self) -> &Capabilities {
        &CAPABILITIES
    }

    fn acquire(&self) -> BoxFuture<'_, Result<Box<dyn Connection>>> {
        Box::pin(async { Ok(Box::new(acquire(&self.pool).await?) as Box<dyn Connection>) })
    }

    fn render(&self, statement: &Statement) -> Result<Rendered> {
        let mut compiled = Compiled::default();
        compile(statement, &PostgresDialect, &mut compiled)?;
        Ok(Rendered { binds: compiled.values(), text: compiled.text })
    }

    fn show(&self, statement: &Statement, hides: &dyn Fn(&Value) -> bool) -> Result<String> {
        compile_shown(statement, &PostgresDialect, hides)
    }

    fn normalize(&self, table: &Table) -> Table {
        atlas_sql::normalize(table, &PostgresDialect)
    }

    fn server_version(&self) -> BoxFuture<'_, Result<String>> {
        Box::pin(async {
            let mut again = true;
            loop {
                let mut lent = self.pool.acquire().await?;
                lent.mark(Condition::Dirty);
                match lent.connection()?.texts("SHOW server_version".to_owned()).await {
                    Ok(rows) => {
                        lent.mark(Condition::Clean);
                        let version = rows.into_iter().flatten().next().unwrap_or_default();
                        return Ok(format!("PostgreSQL {version}"));
                    }
                    Err(Failure::Lost) if again && lent.was_idle() => {
                        lent.mark(Condition::Dead);
                        again = false;
                    }
                    Err(failure) => {
                        lent.mark(Condition::Dead);
                        return Err(failure.into_error(About::default()));
                    }
                }
            }
        })
    }

    fn pool(&self) -> PoolFigures {
        self.pool.figures()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.pool.close())
    }
}
