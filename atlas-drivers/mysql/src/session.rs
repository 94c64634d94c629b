use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use atlas_core::{
    driver::{AfterConnect, BoxFuture},
    error::{Error, Result},
};
use atlas_server::Manager;
use atlas_sql::{Compiled, Shape};
use hashlink::LruCache;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection as _, MySqlConnection,
    mysql::{MySqlConnectOptions, MySqlSslMode},
};

use crate::{
    dialect::{MySqlDialect, Uuids},
    error::{Failure, connecting},
    row::Form,
    server::Server,
};

/// How many texts a connection keeps.
const TEXTS: usize = 250;

/// A connection, and what is kept with it between statements.
pub(crate) struct Session {
    pub(crate) connection: MySqlConnection,
    /// What the server calls it.
    pub(crate) id: u64,
    pub(crate) server: Arc<Server>,
    /// The memory of the statement that was compiled last.
    pub(crate) compiled: Compiled<'static>,
    /// Texts that were sent before, by the shapes of their statements.
    pub(crate) texts: LruCache<Shape, Arc<str>>,
    /// How the columns of the statement that runs are read.
    pub(crate) forms: Vec<Form>,
    /// Whether nobody waits for the statement that runs any more.
    pub(crate) abandoned: Arc<AtomicBool>,
}

/// Opens, cleans and closes connections.
pub(crate) struct Connections {
    pub(crate) options: MySqlConnectOptions,
    /// What messages call the server.
    pub(crate) target: String,
    pub(crate) statement_timeout: Option<Duration>,
    /// How many prepared statements a connection keeps.
    pub(crate) statement_cache: usize,
    pub(crate) uuids: Uuids,
    pub(crate) returning: bool,
    /// Whether TLS is tried where the server wants the password encrypted.
    pub(crate) may_encrypt: bool,
    /// The server of the first connection.
    pub(crate) server: OnceLock<Arc<Server>>,
    pub(crate) indexes: Indexes,
    /// What is done with each new connection before its first use.
    pub(crate) after_connect: Option<AfterConnect>,
}

/// The indexes of tables, as far as they were asked for.
#[derive(Default)]
pub(crate) struct Indexes(Mutex<HashMap<String, Arc<Vec<Index>>>>);

/// An index of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Index {
    pub(crate) name: String,
    pub(crate) unique: bool,
    pub(crate) columns: Vec<String>,
}

impl Indexes {
    pub(crate) fn get(&self, table: &str) -> Option<Arc<Vec<Index>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(table).cloned()
    }

    pub(crate) fn put(&self, table: &str, indexes: Vec<Index>) -> Arc<Vec<Index>> {
        let indexes = Arc::new(indexes);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(table.to_owned(), Arc::clone(&indexes));
        indexes
    }

    /// Forgets all: the schema changes.
    pub(crate) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Session {
    /// Sees to it that an order to end a statement, which may come late, does not reach the next one.
    pub(crate) async fn settle(&mut self) -> Result<(), Failure> {
        match command(&mut self.connection, "DO 0").await.map_err(Failure::from) {
            Err(failure) if failure.number() != Some(1317) => Err(failure),
            _ => Ok(()),
        }
    }
}

impl Connections {
    /// Connections with these options, and otherwise as they are by default.
    pub(crate) fn new(options: MySqlConnectOptions, target: String, uuids: Uuids) -> Self {
        Self {
            options,
            target,
            statement_timeout: None,
            statement_cache: 0,
            uuids,
            returning: true,
            may_encrypt: false,
            server: OnceLock::new(),
            indexes: Indexes::default(),
            after_connect: None,
        }
    }

    /// How statements are written; before the first connection, as MariaDB reads them.
    pub(crate) fn dialect(&self) -> MySqlDialect {
        let unknown = MySqlDialect { mariadb: true, uuids: self.uuids };
        self.server.get().map_or(unknown, |server| server.dialect)
    }

    /// Whether a connection has more prepared statements than it is to keep.
    ///
    /// They are closed all at once, by the pool: nothing answers to a statement's closing, and what is sent
    /// next waits for the network to say that it arrived, some 40 ms.
    pub(crate) fn has_enough_of(&self, session: &Session) -> bool {
        self.statement_cache > 0 && session.connection.cached_statements_size() > self.statement_cache
    }

    async fn open(&self) -> Result<Session> {
        let opened = match self.options.connect().await {
            // `caching_sha2_password` sends a password through TLS alone.
            Err(sqlx::Error::Configuration(_)) if self.may_encrypt => {
                self.options.clone().ssl_mode(MySqlSslMode::Preferred).connect().await
            }
            opened => opened,
        };
        let fail = |error| connecting(error, &self.target);
        let mut connection = opened.map_err(fail)?;
        let (server, id) = Server::ask(&mut connection, self.uuids, self.returning).await.map_err(fail)?;
        server.check()?;
        command(&mut connection, server.settings(self.statement_timeout)).await.map_err(fail)?;
        let known = self.server.get().filter(|known| known.version == server.version);
        let server = known.map(Arc::clone).unwrap_or_else(|| Arc::new(server));
        let _ = self.server.set(Arc::clone(&server));
        Ok(Session {
            connection,
            id,
            server,
            compiled: Compiled::default(),
            texts: LruCache::new(TEXTS),
            forms: Vec::new(),
            abandoned: Arc::default(),
        })
    }

    /// Ends the statement that runs on a connection, from another one.
    pub(crate) async fn kill(&self, id: u64) {
        if let Ok(mut other) = self.options.connect().await {
            let _ = command(&mut other, format!("KILL QUERY {id}")).await;
            let _ = other.close().await;
        }
    }
}

/// What a connection that somebody gave back in disorder is sent: a raw text may have left any of it.
const CLEAN: &str = "ROLLBACK; UNLOCK TABLES; SET autocommit = 1; DO RELEASE_ALL_LOCKS()";

impl Manager for Connections {
    type Connection = Box<Session>;

    fn connect(&self) -> BoxFuture<'_, Result<Box<Session>>> {
        Box::pin(async { self.open().await.map(Box::new) })
    }

    fn clean<'a>(&'a self, session: &'a mut Box<Session>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async {
            if self.has_enough_of(session) {
                session.connection.clear_cached_statements().await.map_err(broken)?;
            }
            match command(&mut session.connection, CLEAN).await.map_err(Failure::from) {
                // What was meant for the statement before came late.
                Err(failure) if failure.number() == Some(1317) => {
                    command(&mut session.connection, CLEAN).await.map_err(broken)
                }
                Err(failure) => Err(failure.into_error(Default::default())),
                Ok(()) => Ok(()),
            }
        })
    }

    fn end(&self, session: Box<Session>) -> BoxFuture<'_, ()> {
        Box::pin(async {
            let _ = session.connection.close().await;
        })
    }
}

fn broken(error: sqlx::Error) -> Error {
    Failure::from(error).into_error(Default::default())
}

/// Sends a text that has no values and gives no rows.
pub(crate) async fn command(
    connection: &mut MySqlConnection,
    text: impl Into<std::borrow::Cow<'static, str>>,
) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(text.into())).execute(connection).await.map(|_| ())
}
