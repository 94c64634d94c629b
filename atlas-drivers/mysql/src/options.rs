use std::{path::PathBuf, sync::Arc};

use atlas_core::{
    driver::{ConnectOptions, Driver, TlsMode},
    error::Result,
};
use atlas_server::{PoolOptions, ServerUrl, Tls};
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};

use crate::{dialect::Uuids, session::Connections};

/// How to open a MySQL or MariaDB database.
///
/// ```no_run
/// # async fn open() -> atlas_core::Result<()> {
/// use atlas_mysql::MySql;
///
/// let driver = MySql::new("mysql://app:secret@db.example.com/app?max_connections=20").open().await?;
/// # Ok(()) }
/// ```
///
/// The URL is `mysql://user:password@host:port/database?parameter=value`, with `mariadb:` as another name for
/// the same. The host is this machine and the port 3306 where they are left out; a host that is a path
/// (percent-encoded) is that of a Unix socket. The parameters:
///
/// | parameter | meaning | default |
/// |---|---|---|
/// | `max_connections` | how many connections are open at most | 10 |
/// | `min_connections` | how many are kept open | 0 |
/// | `acquire_timeout` | how long to wait for one that others use, in ms | 30000 |
/// | `connect_timeout` | how long to wait for the server to answer a new one, in ms | 10000 |
/// | `idle_timeout` | after how long without use one is closed, in ms | 600000 |
/// | `max_lifetime` | after how long one is closed, used or not, in ms | 1800000 |
/// | `lazy` | whether the first one is opened by its first use | `false` |
/// | `ssl-mode`, `sslmode` | `disabled`, `preferred`, `required`, `verify_ca`, `verify_identity` | `preferred`; `disabled` to this machine |
/// | `ssl-ca`, `ssl-cert`, `ssl-key` | the authority, the program's certificate and its key, PEM files | those that the system trusts |
/// | `statement_timeout` | how long a statement may take, in ms | for ever |
/// | `statement_cache` | how many prepared statements each connection keeps; 0 for none, which makes each statement wait for the network longer | 250 |
/// | `pooled` | whether a proxy hands statements to changing connections: keeps no prepared statements | `false` |
/// | `socket` | the path of a Unix socket, in place of the host | |
/// | `uuid` | how UUIDs are stored: `text` as CHAR(36), `binary` as BINARY(16) | `text` |
/// | `returning` | `false`: reads written rows again rather than with MariaDB's RETURNING | `true` |
#[derive(Clone, Debug)]
pub struct MySql(ConnectOptions);

const UNDERSTOOD: [&str; 14] = [
    "max_connections",
    "min_connections",
    "acquire_timeout",
    "connect_timeout",
    "idle_timeout",
    "max_lifetime",
    "statement_timeout",
    "statement_cache",
    "tls",
    "tls_ca",
    "tls_certificate",
    "tls_key",
    "after_connect",
    "lazy",
];

impl MySql {
    /// The database that a URL names.
    pub fn new(url: impl Into<String>) -> Self {
        Self(ConnectOptions::new(url))
    }

    /// Opens the database: connects once, unless it is lazy.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](atlas_core::Error::Config) for a URL or an option that cannot be, [`Error::Connect`](atlas_core::Error::Connect) where the server is not
    /// there or refuses.
    pub async fn open(self) -> Result<Arc<dyn Driver>> {
        self.0.only("mysql", &UNDERSTOOD)?;
        let (connections, pool) = read(&self.0)?;
        crate::driver::open(connections, pool).await
    }
}

/// The options of `Db::builder`.
impl From<ConnectOptions> for MySql {
    fn from(options: ConnectOptions) -> Self {
        Self(options)
    }
}

/// What a URL and the options beside it say.
fn read(options: &ConnectOptions) -> Result<(Connections, PoolOptions)> {
    let url = ServerUrl::parse(&options.url)?;
    let mut parameters = url.parameters.clone();
    let pool = PoolOptions::read(options, &mut parameters)?;
    let tls_is_asked_for =
        options.tls.is_some() || ["sslmode=", "ssl-mode="].iter().any(|name| options.url.contains(name));
    let tls = Tls::read(options, url.host.as_deref(), &mut parameters)?;
    tls.check()?;
    let statement_timeout = parameters.take_time("statement_timeout")?;
    let cache = parameters.take_number("statement_cache")?;
    let pooled = parameters.take_flag("pooled")?.unwrap_or(false);
    let socket = parameters.take("socket").map(PathBuf::from);
    let uuids = parameters.take_one_of("uuid", &[("text", Uuids::Text), ("binary", Uuids::Binary)])?;
    let returning = parameters.take_flag("returning")?.unwrap_or(true);
    parameters.end()?;

    let statement_cache = if pooled { 0 } else { options.statement_cache.or(cache).unwrap_or(250) };
    let socket = socket.or_else(|| url.host.as_ref().filter(|host| host.starts_with('/')).map(PathBuf::from));
    let target = match &socket {
        Some(path) => path.display().to_string(),
        None => url.target(3306),
    };
    let connections = Connections::new(
        connect_options(&url, socket.as_ref(), &tls, statement_cache == 0),
        target,
        uuids.unwrap_or_default(),
    );
    let connections = Connections {
        statement_timeout: options.statement_timeout.or(statement_timeout),
        statement_cache,
        returning,
        may_encrypt: tls.mode == TlsMode::Disable && !tls_is_asked_for && socket.is_none(),
        after_connect: options.after_connect.clone(),
        ..connections
    };
    Ok((connections, pool))
}

fn connect_options(
    url: &ServerUrl,
    socket: Option<&PathBuf>,
    tls: &Tls,
    keeps_nothing: bool,
) -> MySqlConnectOptions {
    use sqlx::ConnectOptions as _;
    // What a connection is set to, `Server::settings` says, in one message.
    let mut options = MySqlConnectOptions::new()
        .host(url.host.as_deref().unwrap_or("localhost"))
        .port(url.port.unwrap_or(3306))
        .username(url.user.as_deref().unwrap_or("root"))
        // The pool sees to it that there are no more than are wanted.
        .statement_cache_capacity(if keeps_nothing { 0 } else { usize::MAX })
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .set_names(false)
        .ssl_mode(match tls.mode {
            TlsMode::Disable => MySqlSslMode::Disabled,
            TlsMode::Require => MySqlSslMode::Required,
            TlsMode::VerifyCa => MySqlSslMode::VerifyCa,
            TlsMode::VerifyFull => MySqlSslMode::VerifyIdentity,
            _ => MySqlSslMode::Preferred,
        })
        .disable_statement_logging();
    if let Some(password) = &url.password {
        options = options.password(password);
    }
    if let Some(database) = &url.database {
        options = options.database(database);
    }
    if let Some(socket) = socket {
        options = options.socket(socket);
    }
    if let Some(authority) = &tls.ca {
        options = options.ssl_ca(authority);
    }
    if let Some((certificate, key)) = &tls.identity {
        options = options.ssl_client_cert(certificate).ssl_client_key(key);
    }
    options
}
