use std::{fmt, time::Duration};

use atlas_core::{
    driver::{ConnectOptions, TlsMode},
    error::{Error, Result},
};
use url::Url;

/// A server's URL, taken apart: `scheme://user:password@host:port/database?parameter=value`.
#[derive(Clone)]
pub struct ServerUrl {
    /// The user, where the URL names one.
    pub user: Option<String>,
    /// The password, where the URL has one.
    pub password: Option<String>,
    /// The host's name or address, without the brackets of an IPv6 address; `None` for the local one.
    pub host: Option<String>,
    /// The port, where the URL names one.
    pub port: Option<u16>,
    /// The database, where the URL names one.
    pub database: Option<String>,
    /// What follows the `?`.
    pub parameters: Parameters,
}

/// The parameters of a URL that have not been understood yet.
#[derive(Clone, Default)]
pub struct Parameters {
    all: Vec<(String, String)>,
    /// The names that were asked for: what a URL could have had.
    known: Vec<&'static str>,
}

impl ServerUrl {
    /// Reads a URL. Everything in it may be percent-encoded.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where it is none, which does not repeat the URL: it may hold a password.
    pub fn parse(url: &str) -> Result<Self> {
        let scheme = url.split_once(':').map_or("postgres", |(scheme, _)| scheme);
        let url = Url::parse(url).map_err(|reason| {
            Error::config(format!(
                "the database URL cannot be read ({reason}): write `{scheme}://user:password@host:port/database`, with characters that mean something in a URL percent-encoded (`@` is `%40`)"
            ))
        })?;
        let text = |part: &str| decode(part);
        let filled = |part: String| (!part.is_empty()).then_some(part);
        let host = match url.host_str().map(text).transpose()? {
            Some(host) => filled(host.trim_matches(['[', ']']).to_owned()),
            None => None,
        };
        let mut all = Vec::new();
        for parameter in url.query().unwrap_or_default().split('&').filter(|part| !part.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            all.push((text(name)?, text(value)?));
        }
        Ok(Self {
            user: filled(text(url.username())?),
            password: url.password().map(text).transpose()?,
            host,
            port: url.port(),
            database: filled(text(url.path().trim_start_matches('/'))?),
            parameters: Parameters { all, known: Vec::new() },
        })
    }

    /// What messages call the server: its host and port.
    pub fn target(&self, default_port: u16) -> String {
        let host = self.host.as_deref().unwrap_or("localhost");
        format!("{host}:{}", self.port.unwrap_or(default_port))
    }
}

/// Without the password, and without the values of parameters.
impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerUrl")
            .field("user", &self.user)
            .field("password", &self.password.as_ref().map(|_| "…"))
            .field("host", &self.host)
            .field("port", &self.port)
            .field("database", &self.database)
            .field("parameters", &self.parameters)
            .finish()
    }
}

impl Parameters {
    /// Takes a parameter; the last one, where there are several of the name.
    pub fn take(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        let mut taken = None;
        self.all.retain_mut(|(other, value)| {
            let matches = other.as_str() == name;
            if matches {
                taken = Some(std::mem::take(value));
            }
            !matches
        });
        taken
    }

    /// Takes a parameter that is a whole number.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where it is none.
    pub fn take_number<N: std::str::FromStr>(&mut self, name: &'static str) -> Result<Option<N>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        value.parse().map(Some).map_err(|_| no_such_value(name, &value, "whole numbers from 0"))
    }

    /// Takes a parameter that is a time in milliseconds.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where it is none.
    pub fn take_time(&mut self, name: &'static str) -> Result<Option<Duration>> {
        Ok(self.take_number(name)?.map(Duration::from_millis))
    }

    /// Takes a parameter that is `true` or `false`, or stands without a value.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where it is none.
    pub fn take_flag(&mut self, name: &'static str) -> Result<Option<bool>> {
        self.take_one_of(name, &[("true", true), ("1", true), ("", true), ("false", false), ("0", false)])
    }

    /// Takes a parameter that is one of a few words.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where it is another.
    pub fn take_one_of<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Result<Option<T>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(&value));
        found.map(|(_, meaning)| Some(*meaning)).ok_or_else(|| {
            let words: Vec<&str> =
                words.iter().map(|(word, _)| *word).filter(|word| !word.is_empty()).collect();
            no_such_value(name, &value, &words.join(", "))
        })
    }

    /// Ends the reading: nothing may be left.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a parameter that nobody took, with those that there are.
    pub fn end(self) -> Result<()> {
        match self.all.first() {
            None => Ok(()),
            Some((name, _)) => Err(Error::config(format!(
                "`{name}` is no parameter of this database's URL: there are {}",
                self.known.join(", ")
            ))),
        }
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all.iter().map(|(name, _)| name)).finish()
    }
}

/// How a pool behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolOptions {
    /// How many connections are open at most: 10.
    pub max_connections: u32,
    /// How many connections are kept open, also when nobody needs them: 0.
    pub min_connections: u32,
    /// How long to wait for a connection that others use: 30 seconds.
    pub acquire_timeout: Duration,
    /// How long to wait for the server to answer a new connection: 10 seconds.
    pub connect_timeout: Duration,
    /// After how long without use a connection is closed: 10 minutes.
    pub idle_timeout: Duration,
    /// After how long a connection is closed, used or not: 30 minutes.
    pub max_lifetime: Duration,
    /// Whether the first connection is opened by its first use rather than at once.
    pub lazy: bool,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            max_connections: 10,
            min_connections: 0,
            acquire_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(10 * 60),
            max_lifetime: Duration::from_secs(30 * 60),
            lazy: false,
        }
    }
}

impl PoolOptions {
    /// Takes the pool's parameters out of a URL: `max_connections`, `min_connections`,
    /// `acquire_timeout`, `connect_timeout`, `idle_timeout`, `max_lifetime` (in milliseconds), `lazy`. What
    /// the builder says goes before.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for values that are none, or a pool that could not lend anything.
    pub fn read(options: &ConnectOptions, parameters: &mut Parameters) -> Result<Self> {
        let default = Self::default();
        let number = |set: Option<u32>, url: Option<u32>, default| set.or(url).unwrap_or(default);
        let time = |set: Option<Duration>, url: Option<Duration>, default| set.or(url).unwrap_or(default);
        let pool = Self {
            max_connections: number(
                options.max_connections,
                parameters.take_number("max_connections")?,
                default.max_connections,
            ),
            min_connections: number(
                options.min_connections,
                parameters.take_number("min_connections")?,
                default.min_connections,
            ),
            acquire_timeout: time(
                options.acquire_timeout,
                parameters.take_time("acquire_timeout")?,
                default.acquire_timeout,
            ),
            connect_timeout: time(
                options.connect_timeout,
                parameters.take_time("connect_timeout")?,
                default.connect_timeout,
            ),
            idle_timeout: time(
                options.idle_timeout,
                parameters.take_time("idle_timeout")?,
                default.idle_timeout,
            ),
            max_lifetime: time(
                options.max_lifetime,
                parameters.take_time("max_lifetime")?,
                default.max_lifetime,
            ),
            lazy: options.lazy || parameters.take_flag("lazy")?.unwrap_or(false),
        };
        if pool.max_connections == 0 {
            return Err(Error::config(
                "a pool of 0 connections could lend none: give `max_connections` of at least 1",
            ));
        }
        if pool.min_connections > pool.max_connections {
            return Err(Error::config(format!(
                "`min_connections` ({}) is more than `max_connections` ({}): give a smaller one",
                pool.min_connections, pool.max_connections
            )));
        }
        Ok(pool)
    }
}

/// The TLS modes by the names that libpq gives them.
pub(crate) const TLS_MODES: [(&str, TlsMode); 6] = [
    ("disable", TlsMode::Disable),
    ("prefer", TlsMode::Prefer),
    ("require", TlsMode::Require),
    ("verify-ca", TlsMode::VerifyCa),
    ("verify-full", TlsMode::VerifyFull),
    ("allow", TlsMode::Prefer),
];

/// How a connection is encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tls {
    /// Whether it is.
    pub mode: TlsMode,
    /// The authorities that are trusted, a PEM file; `None`: those that the system trusts.
    pub ca: Option<std::path::PathBuf>,
    /// The program's own certificate and its key, PEM files.
    pub identity: Option<(std::path::PathBuf, std::path::PathBuf)>,
}

impl Tls {
    /// Takes the parameters of TLS out of a URL: `sslmode` (or `ssl-mode`), `sslrootcert` (`ssl-ca`), `sslcert`
    /// (`ssl-cert`), `sslkey` (`ssl-key`). What the builder says goes before. Without any, a remote host is
    /// [`Prefer`](TlsMode::Prefer) and this machine [`Disable`](TlsMode::Disable).
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for values that are none, a certificate without its key, and files that a mode has
    /// no use for.
    pub fn read(options: &ConnectOptions, host: Option<&str>, parameters: &mut Parameters) -> Result<Self> {
        let libpq = parameters.take_one_of("sslmode", &TLS_MODES)?;
        let mysql = parameters.take_one_of("ssl-mode", &MYSQL_TLS_MODES)?;
        let mut path = |set: &Option<std::path::PathBuf>, names: [&'static str; 2]| {
            let url = names.map(|name| parameters.take(name)).into_iter().flatten().next_back();
            set.clone().or_else(|| url.map(Into::into))
        };
        let ca = path(&options.tls_ca, ["sslrootcert", "ssl-ca"]);
        let certificate = path(&options.tls_certificate, ["sslcert", "ssl-cert"]);
        let key = path(&options.tls_key, ["sslkey", "ssl-key"]);
        let identity = match (certificate, key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => {
                return Err(Error::config(
                    "a certificate and its key go together: give both `tls_certificate` and `tls_key`",
                ));
            }
        };
        let mode = options.tls.or(libpq).or(mysql).unwrap_or_else(|| match host {
            _ if ca.is_some() => TlsMode::VerifyFull,
            Some(host) if is_remote(host) => TlsMode::Prefer,
            _ => TlsMode::Disable,
        });
        if ca.is_some() && !matches!(mode, TlsMode::VerifyCa | TlsMode::VerifyFull) {
            return Err(Error::config(
                "the certificate authority is checked by the TLS modes `verify-ca` and `verify-full` alone: set one of them, or leave the authority out",
            ));
        }
        Ok(Self { mode, ca, identity })
    }
}

impl Tls {
    /// Looks whether the files are there: later, the network would get the blame.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for one that cannot be read.
    pub fn check(&self) -> Result<()> {
        let identity = self.identity.iter().flat_map(|(certificate, key)| [certificate, key]);
        for path in self.ca.iter().chain(identity) {
            std::fs::File::open(path).map_err(|reason| {
                Error::config(format!(
                    "the certificate or key `{}` cannot be read ({reason}): check its path and who may read it",
                    path.display()
                ))
            })?;
        }
        Ok(())
    }
}

/// The same modes by the names that MySQL gives them.
const MYSQL_TLS_MODES: [(&str, TlsMode); 5] = [
    ("disabled", TlsMode::Disable),
    ("preferred", TlsMode::Prefer),
    ("required", TlsMode::Require),
    ("verify_ca", TlsMode::VerifyCa),
    ("verify_identity", TlsMode::VerifyFull),
];

/// Whether a host is another machine.
fn is_remote(host: &str) -> bool {
    let local = host.starts_with('/') || host.eq_ignore_ascii_case("localhost");
    !local && !host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn no_such_value(name: &str, value: &str, there_are: &str) -> Error {
    Error::config(format!("`{value}` is no value of `{name}` in a database URL: there are {there_are}"))
}

fn decode(text: &str) -> Result<String> {
    match percent_encoding::percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(Error::config(
            "the database URL is not UTF-8 when decoded: percent-encode its bytes as UTF-8",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<(PoolOptions, Tls)> {
        let ServerUrl { host, mut parameters, .. } = ServerUrl::parse(url)?;
        let options = ConnectOptions::new(url);
        let pool = PoolOptions::read(&options, &mut parameters)?;
        let tls = Tls::read(&options, host.as_deref(), &mut parameters)?;
        parameters.end().map(|()| (pool, tls))
    }

    #[test]
    fn a_url_is_taken_apart() {
        let url = ServerUrl::parse("postgres://ann:p%40ss@db.example.com:6432/shop%20one?lazy").unwrap();
        assert_eq!(url.user.as_deref(), Some("ann"));
        assert_eq!(url.password.as_deref(), Some("p@ss"));
        assert_eq!((url.host.as_deref(), url.port), (Some("db.example.com"), Some(6432)));
        assert_eq!(url.database.as_deref(), Some("shop one"));
        assert_eq!(url.target(5432), "db.example.com:6432");
        let url = ServerUrl::parse("mysql://[::1]").unwrap();
        assert_eq!((url.host.as_deref(), url.user, url.database), (Some("::1"), None, None));
        let url = ServerUrl::parse("postgres://%2Fvar%2Frun/app").unwrap();
        assert_eq!(url.host.as_deref(), Some("/var/run"));
        let url = ServerUrl::parse("postgres:///app").unwrap();
        assert_eq!((url.host, url.database.as_deref()), (None, Some("app")));
    }

    #[test]
    fn secrets_are_not_shown() {
        let url = ServerUrl::parse("postgres://ann:geheim@h/d?sslkey=geheim").unwrap();
        assert!(!format!("{url:?}").contains("geheim"));
        let options = ConnectOptions::new("postgres://ann:geheim@h/d");
        assert!(!format!("{options:?}").contains("geheim"));
        let error = ServerUrl::parse("postgres://ann:geheim@h:port/d").unwrap_err();
        assert!(!format!("{error:?} {error}").contains("geheim"));
    }

    #[test]
    fn the_pool_and_tls_are_read() {
        let (pool, tls) =
            read("mysql://h/d?max_connections=3&acquire_timeout=250&lazy&ssl-mode=REQUIRED").unwrap();
        assert_eq!((pool.max_connections, pool.acquire_timeout), (3, Duration::from_millis(250)));
        assert!(pool.lazy);
        assert_eq!(tls.mode, TlsMode::Require);
        assert_eq!(read("postgres://127.0.0.1/d").unwrap().1.mode, TlsMode::Disable);
        assert_eq!(read("postgres://db.example.com/d").unwrap().1.mode, TlsMode::Prefer);
        assert_eq!(
            read("postgres://db.example.com/d?sslrootcert=a.pem").unwrap().1.mode,
            TlsMode::VerifyFull
        );
    }

    #[test]
    fn mistakes_say_what_there_is() {
        for (url, says) in [
            (
                "postgres://h/d?pool=3",
                "`pool` is no parameter of this database's URL: there are max_connections",
            ),
            ("postgres://h/d?max_connections=many", "whole numbers"),
            ("postgres://h/d?max_connections=0", "at least 1"),
            ("postgres://h/d?max_connections=2&min_connections=3", "smaller"),
            ("postgres://h/d?lazy=perhaps", "there are true"),
            ("postgres://h/d?sslmode=never", "verify-full"),
            ("postgres://h/d?sslcert=a.pem", "tls_key"),
            ("postgres://h/d?sslmode=require&sslrootcert=a.pem", "verify-ca"),
            ("postgres://h/d?lazy=%ff", "UTF-8"),
            ("postgres://h:port/d", "cannot be read"),
        ] {
            let message = read(url).unwrap_err().to_string();
            assert!(message.contains(says), "{url}: {message}");
        }
    }
}
