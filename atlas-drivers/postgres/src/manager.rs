//! Opening connections, and cleaning what their users left.

use std::{io::ErrorKind, sync::Arc, time::Duration};

use atlas_core::{
    driver::BoxFuture,
    error::{Error, Result},
};
use atlas_server::Manager;
use sqlx::{
    Connection,
    postgres::{PgConnection, PgDatabaseError},
};
use tokio::time::{sleep, timeout};

use crate::{
    error::{About, Failure, ServerError, lost_connection},
    session::{Session, Shared},
};

/// How long a statement whose future was dropped may go on before it is cancelled.
const PATIENCE: Duration = Duration::from_millis(40);
/// How long to wait before a server that is starting up is asked again.
const PAUSE: Duration = Duration::from_millis(100);

/// What opens and cleans connections.
pub(crate) struct Server(pub(crate) Arc<Shared>);

impl Manager for Server {
    type Connection = Session;

    fn connect(&self) -> BoxFuture<'_, Result<Session>> {
        Box::pin(async {
            let connection = self.reach().await?;
            let mut session = Session::new(connection, None, &self.0);
            if !self.0.options.is_pooled() {
                let rows = session.texts("SELECT pg_backend_pid()".to_owned()).await;
                let rows = rows.map_err(|failure| failure.into_error(About::default()))?;
                session.process = rows.first().and_then(|row| row.first()?.parse().ok());
            }
            Ok(session)
        })
    }

    fn clean<'a>(&'a self, session: &'a mut Session) -> BoxFuture<'a, Result<()>> {
        Box::pin(async {
            let cleaned = self.clean_up(session).await;
            cleaned.map_err(|failure| failure.into_error(About::default()))
        })
    }

    fn end(&self, session: Session) -> BoxFuture<'_, ()> {
        Box::pin(async {
            let _ = session.connection.close().await;
        })
    }
}

impl Server {
    /// Connects, as soon as the server has started up.
    async fn reach(&self) -> Result<PgConnection> {
        loop {
            match PgConnection::connect_with(&self.0.options.connect).await {
                Ok(connection) => return Ok(connection),
                Err(error) if code_of(&error) == Some("57P03") => sleep(PAUSE).await,
                Err(error) => return Err(self.unreachable(error)),
            }
        }
    }

    async fn clean_up(&self, session: &mut Session) -> Result<(), Failure> {
        // A statement may be left in the pooler's session under a name that others use.
        if session.copying || session.preparing && self.0.options.is_pooled() {
            return Err(Failure::Own(lost_connection()));
        }
        if timeout(PATIENCE, session.drain()).await.is_err() {
            let Some(process) = session.process else { return Err(Failure::Own(lost_connection())) };
            self.cancel(process).await?;
        }
        // Once more after a cancelling, so that it cannot meet the next statement.
        session.drain().await?;
        if session.in_transaction {
            session.end(false).await?;
        }
        if session.locks {
            session.command("SELECT pg_catalog.pg_advisory_unlock_all()").await?;
            session.locks = false;
        }
        Ok(())
    }

    /// Ends the running statement of a process of the server's.
    async fn cancel(&self, process: i32) -> Result<(), Failure> {
        let mut other = PgConnection::connect_with(&self.0.options.connect).await?;
        let text = sqlx::AssertSqlSafe(format!("SELECT pg_cancel_backend({process})"));
        sqlx::Executor::execute(&mut other, text).await?;
        let _ = other.close().await;
        Ok(())
    }

    /// Why there is no connection, and what to do.
    #[cold]
    fn unreachable(&self, error: sqlx::Error) -> Error {
        let options = &self.0.options;
        let user = options.connect.get_username();
        let database = options.connect.get_database().unwrap_or(user);
        let reason = match code_of(&error) {
            Some("28P01" | "28000") => format!(
                "the server refuses the user `{user}`: check the user and the password of the URL, and the server's pg_hba.conf"
            ),
            Some("3D000") => format!("there is no database `{database}`: create it, or name another one in the URL"),
            Some("53300") => {
                "the server has too many connections: lower `max_connections` of the programs, or raise the server's"
                    .to_owned()
            }
            Some("42501") => format!("the user `{user}` may not connect to `{database}`: GRANT CONNECT, or use another user"),
            Some("57P01" | "57P02") => "the server is shutting down: start it".to_owned(),
            Some("08P01" | "42704" | "22023") => format!(
                "the server does not take a setting of the connection ({error}): behind a pooler, connect with `pooled=true`"
            ),
            _ => match &error {
                sqlx::Error::Io(reason) if reason.kind() == ErrorKind::ConnectionRefused => {
                    "nothing listens there: start the server, or check the host and the port of the URL".to_owned()
                }
                sqlx::Error::Io(reason) if reason.kind() == ErrorKind::NotFound => {
                    "there is no such socket: start the server, or check the host of the URL".to_owned()
                }
                sqlx::Error::Io(reason) => {
                    format!("{reason}: check the host and the port of the URL, and the network")
                }
                sqlx::Error::Tls(reason) => format!(
                    "encrypting the connection failed ({reason}): check `sslmode` and the certificates"
                ),
                other => other.to_string(),
            },
        };
        let source = match error {
            sqlx::Error::Database(said) => said
                .try_downcast_ref::<PgDatabaseError>()
                .map(|said| Box::new(ServerError::of(said)) as atlas_core::error::Source),
            other => Some(Box::new(other) as atlas_core::error::Source),
        };
        Error::Connect { target: options.target.clone(), reason, source }
    }
}

fn code_of(error: &sqlx::Error) -> Option<&str> {
    match error {
        sqlx::Error::Database(said) => said.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::code),
        _ => None,
    }
}
