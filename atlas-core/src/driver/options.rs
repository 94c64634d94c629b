use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use crate::{
    driver::{BoxFuture, Connection},
    error::{Error, Result},
};

/// How to open a database: its URL, and what [`Db::builder`](crate::Db::builder) sets. What is `None` is
/// left to the URL, and then to the driver.
///
/// A driver MUST refuse what it cannot do: [`only`](Self::only) does.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct ConnectOptions {
    /// The URL, with its password.
    pub url: String,
    /// How many connections are open at most.
    pub max_connections: Option<u32>,
    /// How many connections are kept open, also when nobody needs them.
    pub min_connections: Option<u32>,
    /// How long to wait for a connection that others use.
    pub acquire_timeout: Option<Duration>,
    /// How long to wait for the server to answer a new connection.
    pub connect_timeout: Option<Duration>,
    /// After how long without use a connection is closed.
    pub idle_timeout: Option<Duration>,
    /// After how long a connection is closed, used or not.
    pub max_lifetime: Option<Duration>,
    /// How long a statement may take, here and on the server.
    pub statement_timeout: Option<Duration>,
    /// How many prepared statements each connection keeps; 0 for none.
    pub statement_cache: Option<usize>,
    /// What the server's own lists call the program.
    pub application_name: Option<String>,
    /// Whether the connection is encrypted.
    pub tls: Option<TlsMode>,
    /// The certificates of the authorities that the server's is checked against, a PEM file.
    pub tls_ca: Option<PathBuf>,
    /// The certificate that the program shows to the server, a PEM file.
    pub tls_certificate: Option<PathBuf>,
    /// The key of that certificate, a PEM file.
    pub tls_key: Option<PathBuf>,
    /// What is done with each new connection before its first use.
    pub after_connect: Option<AfterConnect>,
    /// Whether the first connection is opened by the first statement rather than at once.
    pub lazy: bool,
}

/// Gets a new connection, and gives it back.
pub type AfterConnect =
    Arc<dyn Fn(Box<dyn Connection>) -> BoxFuture<'static, Result<Box<dyn Connection>>> + Send + Sync>;

/// Whether a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsMode {
    /// Never.
    Disable,
    /// Where the server offers it; its certificate is not checked. The default for remote hosts.
    Prefer,
    /// Always; the server's certificate is not checked.
    Require,
    /// Always, with a certificate from an authority that is trusted.
    VerifyCa,
    /// Always, with a certificate from an authority that is trusted, for the host that was named.
    VerifyFull,
}

impl ConnectOptions {
    /// The options of a URL alone.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// The URL's scheme, without the colon.
    pub fn scheme(&self) -> &str {
        self.url.split_once(':').map_or(self.url.as_str(), |(scheme, _)| scheme)
    }

    /// For drivers: refuses options that are set and not among these, by the names of their fields.
    ///
    /// # Errors
    ///
    /// [`Error::Config`], which names the first.
    pub fn only(&self, driver: &str, understood: &[&str]) -> Result<()> {
        match self.set().find(|name| !understood.contains(name)) {
            None => Ok(()),
            Some(name) => Err(Error::config(format!(
                "the {driver} driver has no `{name}`: of the builder's options it has {}",
                understood.join(", ")
            ))),
        }
    }

    /// The names of the options that are set beside the URL.
    fn set(&self) -> impl Iterator<Item = &'static str> {
        [
            ("max_connections", self.max_connections.is_some()),
            ("min_connections", self.min_connections.is_some()),
            ("acquire_timeout", self.acquire_timeout.is_some()),
            ("connect_timeout", self.connect_timeout.is_some()),
            ("idle_timeout", self.idle_timeout.is_some()),
            ("max_lifetime", self.max_lifetime.is_some()),
            ("statement_timeout", self.statement_timeout.is_some()),
            ("statement_cache", self.statement_cache.is_some()),
            ("application_name", self.application_name.is_some()),
            ("tls", self.tls.is_some()),
            ("tls_ca", self.tls_ca.is_some()),
            ("tls_certificate", self.tls_certificate.is_some()),
            ("tls_key", self.tls_key.is_some()),
            ("after_connect", self.after_connect.is_some()),
            ("lazy", self.lazy),
        ]
        .into_iter()
        .filter_map(|(name, set)| set.then_some(name))
    }
}

/// Names what is set, and no values: the URL holds a password.
impl fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set: Vec<&str> = self.set().collect();
        f.debug_struct("ConnectOptions").field("scheme", &self.scheme()).field("set", &set).finish()
    }
}
