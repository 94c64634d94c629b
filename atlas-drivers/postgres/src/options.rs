use std::{sync::Arc, time::Duration};

use atlas_core::{
    driver::{AfterConnect, ConnectOptions, Driver, TlsMode},
    error::{Error, Result},
};
use atlas_server::{PoolOptions, ServerUrl, Tls};
use sqlx::{
    ConnectOptions as _,
    postgres::{PgConnectOptions, PgSslMode},
};

/// How many prepared statements a connection keeps.
const STATEMENTS: usize = 256;

/// How to open a PostgreSQL database: what its URL says, in Rust.
///
/// ```no_run
/// # async fn open() -> atlas_core::Result<()> {
/// use atlas_core::driver::ConnectOptions;
/// use atlas_postgres::Postgres;
///
/// let options = ConnectOptions::new("postgres://ann:secret@db.example.com/shop?statement_timeout=5000");
/// let driver = Postgres::new(&options)?.open().await?;
/// # Ok(()) }
/// ```
///
/// The URL is `postgres://user:password@host:port/database?parameter=value`; a host that begins with `/`
/// (percent-encoded: `%2Frun%2Fpostgresql`) is the directory of a Unix socket. What it leaves out comes from
/// the environment, as it does in `psql`: `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD`, `PGDATABASE`. Its
/// parameters, with times in milliseconds:
///
/// | parameter | what |
/// |---|---|
/// | `max_connections` | how many connections are open at most: 10 |
/// | `min_connections` | how many are kept open, also when nobody needs them: 0 |
/// | `acquire_timeout` | how long to wait for a connection that others use: 30,000 |
/// | `connect_timeout` | how long to wait for the server to answer a new connection: 10,000. A server that is starting up is asked again until then |
/// | `idle_timeout` | after how long without use a connection is closed: 600,000 |
/// | `max_lifetime` | after how long a connection is closed, used or not: 1,800,000 |
/// | `lazy` | the first connection is opened by the first statement rather than at once |
/// | `statement_timeout` | how long a statement may take; the server ends it then |
/// | `statement_cache` | how many prepared statements each connection keeps: 256; 0 is `pooled` |
/// | `pooled` | a pooler such as PgBouncer in transaction mode is between: nothing is kept in a session. Each statement runs in a transaction of its own then, which takes a few round trips more |
/// | `application_name` | what the server's own lists call the program |
/// | `search_path` | the schemas in which names without one are looked for, with commas between them |
/// | `options` | further settings of the session, as `psql` has them: `-c name=value` |
/// | `sslmode` | `disable` (the default on this machine), `prefer` (the default elsewhere), `require`, `verify-ca`, `verify-full` |
/// | `sslrootcert` | the authorities that the server's certificate is checked against, a PEM file |
/// | `sslcert`, `sslkey` | the program's own certificate and its key, PEM files |
#[derive(Clone)]
pub struct Postgres {
    pub(crate) connect: PgConnectOptions,
    pub(crate) pool: PoolOptions,
    pub(crate) target: String,
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) statement_cache: usize,
    /// What each transaction is to begin with, where nothing is kept in a session.
    pub(crate) local: Vec<(String, String)>,
    pub(crate) after_connect: Option<AfterConnect>,
}

/// Without the password.
impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres")
            .field("target", &self.target)
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
}

impl Postgres {
    /// What a URL and the options of `Db::builder` say.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a URL that is none, and for parameters that there are not.
    pub fn new(options: &ConnectOptions) -> Result<Self> {
        let mut url = ServerUrl::parse(&options.url)?;
        let parameters = &mut url.parameters;
        let pool = PoolOptions::read(options, parameters)?;
        let tls = Tls::read(options, url.host.as_deref(), parameters)?;
        tls.check()?;
        let statement_timeout = options.statement_timeout.or(parameters.take_time("statement_timeout")?);
        let statement_timeout = statement_timeout.filter(|limit| !limit.is_zero());
        let cache = parameters.take_number("statement_cache")?;
        let pooled = parameters.take_flag("pooled")?.unwrap_or(false);
        let statement_cache =
            if pooled { 0 } else { options.statement_cache.or(cache).unwrap_or(STATEMENTS) };
        let application_name = options.application_name.clone().or(parameters.take("application_name"));
        let search_path = parameters.take("search_path");
        let more = parameters.take("options").map(|text| settings(&text)).transpose()?.unwrap_or_default();
        std::mem::take(parameters).end()?;

        let mut session = more;
        if let Some(limit) = statement_timeout {
            session.push(("statement_timeout".to_owned(), limit.as_millis().max(1).to_string()));
        }
        if let Some(path) = search_path {
            session.push(("search_path".to_owned(), path));
        }
        let mut connect = connection(&url, &tls)?;
        if let Some(name) = &application_name {
            connect = connect.application_name(name);
        }
        let mut local = Vec::new();
        if statement_cache == 0 {
            // A pooler takes neither of these, and hands its sessions from one to the other.
            connect = connect.extra_float_digits(None);
            local = session;
        } else if !session.is_empty() {
            connect = connect.options(session);
        }
        let target = format!("{}:{}", connect.get_host(), connect.get_port());
        let connect = connect
            .statement_cache_capacity(if statement_cache == 0 { 16 } else { statement_cache })
            .disable_statement_logging();
        let after_connect = options.after_connect.clone();
        Ok(Self { connect, pool, target, statement_timeout, statement_cache, local, after_connect })
    }

    /// Opens the database.
    ///
    /// # Errors
    ///
    /// [`Error::Connect`] where the server does not answer or refuses.
    pub async fn open(self) -> Result<Arc<dyn Driver>> {
        crate::driver::open(self).await
    }

    /// Whether nothing may be kept in a session.
    pub(crate) fn is_pooled(&self) -> bool {
        self.statement_cache == 0
    }
}

/// Where to connect to, as whom, and how.
fn connection(url: &ServerUrl, tls: &Tls) -> Result<PgConnectOptions> {
    let mut connect = PgConnectOptions::new_without_pgpass();
    if let Some(host) = &url.host {
        connect = connect.host(host);
    }
    if let Some(port) = url.port {
        connect = connect.port(port);
    }
    if let Some(user) = &url.user {
        connect = connect.username(user);
    }
    if let Some(password) = &url.password {
        connect = connect.password(password);
    }
    if let Some(database) = &url.database {
        connect = connect.database(database);
    }
    connect = connect.ssl_mode(match tls.mode {
        TlsMode::Disable => PgSslMode::Disable,
        TlsMode::Prefer => PgSslMode::Prefer,
        TlsMode::Require => PgSslMode::Require,
        TlsMode::VerifyCa => PgSslMode::VerifyCa,
        TlsMode::VerifyFull => PgSslMode::VerifyFull,
        _ => {
            return Err(Error::config(
                "this version of the postgres driver does not know this TLS mode: update it",
            ));
        }
    });
    if let Some(ca) = &tls.ca {
        connect = connect.ssl_root_cert(ca);
    }
    if let Some((certificate, key)) = &tls.identity {
        connect = connect.ssl_client_cert(certificate).ssl_client_key(key);
    }
    Ok(connect)
}

/// Reads `-c name=value -c name=value`, in which a backslash takes the next character as it stands.
fn settings(text: &str) -> Result<Vec<(String, String)>> {
    let mut words = vec![String::new()];
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let letter = match letter {
            ' ' => {
                words.push(String::new());
                continue;
            }
            '\\' => letters.next().unwrap_or('\\'),
            letter => letter,
        };
        if let Some(word) = words.last_mut() {
            word.push(letter);
        }
    }
    let mut words = words.into_iter().filter(|word| !word.is_empty());
    let mut settings = Vec::new();
    while let Some(word) = words.next() {
        let setting = match word.as_str() {
            "-c" => words.next(),
            word => word.strip_prefix("--").or_else(|| word.strip_prefix("-c")).map(str::to_owned),
        };
        let setting = setting.as_deref().and_then(|setting| setting.split_once('='));
        let Some((name, value)) = setting else {
            return Err(Error::config(format!(
                "`{word}` is nothing that `options` of a database URL takes: write `-c name=value`"
            )));
        };
        settings.push((name.to_owned(), value.to_owned()));
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Postgres> {
        Postgres::new(&ConnectOptions::new(url))
    }

    #[test]
    fn settings_are_those_of_the_session() {
        let postgres = read(
            "postgres://h/d?search_path=a,b&options=-c%20geqo%3Doff%20--x.y%3Da%5C%20b&statement_timeout=5",
        )
        .unwrap();
        let options = postgres.connect.get_options().unwrap_or_default().to_owned();
        for part in ["-c geqo=off", "-c x.y=a\\ b", "-c statement_timeout=5", "-c search_path=a,b"] {
            assert!(options.contains(part), "{options}");
        }
        assert!(postgres.local.is_empty());
    }

    #[test]
    fn nothing_is_kept_in_a_session_behind_a_pooler() {
        for url in
            ["postgres://h/d?pooled=true&search_path=a", "postgres://h/d?statement_cache=0&search_path=a"]
        {
            let postgres = read(url).unwrap();
            assert!(postgres.is_pooled());
            assert_eq!(postgres.connect.get_options(), None);
            assert_eq!(postgres.local, [("search_path".to_owned(), "a".to_owned())]);
        }
    }

    #[test]
    fn mistakes_say_what_there_is() {
        for (url, says) in [
            ("postgres://h/d?schema=x", "search_path"),
            ("postgres://h/d?options=geqo", "-c name=value"),
            ("postgres://h/d?statement_cache=x", "whole numbers"),
        ] {
            let message = read(url).unwrap_err().to_string();
            assert!(message.contains(says), "{message}");
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        assert!(!format!("{:?}", read("postgres://ann:geheim@h/d").unwrap()).contains("geheim"));
    }
}
