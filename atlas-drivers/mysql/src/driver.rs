use std::sync::Arc;

use atlas_core::{
    driver::{BoxFuture, Capabilities, Connection, Driver, PoolFigures, Rendered},
    error::Result,
    schema::Table,
    statement::Statement,
    value::Value,
};
use atlas_server::{Pool, PoolOptions};
use atlas_sql::{Compiled, compile, compile_shown};

use crate::{
    connection::{MySqlConnection, lend},
    session::Connections,
};

/// Rows that are inserted come back on every server: where it does not give them back, they are read again.
const CAPABILITIES: Capabilities = {
    let mut all = Capabilities::NONE;
    all.returning = true;
    all.transactions = true;
    all.savepoints = true;
    // The server commits at each change of the schema.
    all.transactional_schema = false;
    all.foreign_keys = true;
    all.raw = true;
    all
};

/// Those of a server that gives removed rows back.
const WITH_RETURNING: Capabilities = {
    let mut all = CAPABILITIES;
    all.delete_returning = true;
    all
};

/// A MySQL or MariaDB database.
struct MySqlDriver {
    pool: Pool<Connections>,
}

/// Opens a database.
pub(crate) async fn open(connections: Connections, pool: PoolOptions) -> Result<Arc<dyn Driver>> {
    Ok(Arc::new(MySqlDriver { pool: Pool::open(connections, pool).await? }))
}

impl Driver for MySqlDriver {
    fn name(&self) -> &'static str {
        "mysql"
    }

    fn capabilities(&self) -> &Capabilities {
        let gives_back = self.pool.manager().server.get().is_some_and(|server| server.returning);
        if gives_back { &WITH_RETURNING } else { &CAPABILITIES }
    }

    fn acquire(&self) -> BoxFuture<'_, Result<Box<dyn Connection>>> {
        Box::pin(async {
            let lent = lend(&self.pool, self.pool.manager().after_connect.as_ref()).await?;
            Ok(Box::new(MySqlConnection::new(self.pool.clone(), lent)) as Box<dyn Connection>)
        })
    }

    fn render(&self, statement: &Statement) -> Result<Rendered> {
        let mut compiled = Compiled::default();
        compile(statement, &self.pool.manager().dialect(), &mut compiled)?;
        Ok(Rendered { binds: compiled.values(), text: compiled.text })
    }

    fn show(&self, statement: &Statement, hides: &dyn Fn(&Value) -> bool) -> Result<String> {
        compile_shown(statement, &self.pool.manager().dialect(), hides)
    }

    fn normalize(&self, table: &Table) -> Table {
        atlas_sql::normalize(table, &self.pool.manager().dialect())
    }

    fn server_version(&self) -> BoxFuture<'_, Result<String>> {
        Box::pin(async {
            let lent = lend(&self.pool, self.pool.manager().after_connect.as_ref()).await?;
            let mut connection = MySqlConnection::new(self.pool.clone(), lent);
            let text = connection.version().await?;
            // MySQL says no more than the number.
            Ok(if text.contains("MariaDB") { text } else { format!("MySQL {text}") })
        })
    }

    fn pool(&self) -> PoolFigures {
        self.pool.figures()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.pool.close())
    }
}
