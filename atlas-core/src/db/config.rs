//! Which connections there are, from code, from the environment, or from TOML.

use std::{collections::BTreeMap, env, fmt};

use crate::{
    db::builder::DbBuilder,
    driver::ConnectOptions,
    error::{Error, Result},
};

/// The named connections of a program, for [`DB.configure`](crate::db::Connections::configure).
///
/// ```
/// use atlas::Config;
///
/// let config = Config::new("main")
///     .connection("main", "postgres://localhost/shop")
///     .connection("reports", "sqlite://reports.db?mode=ro");
/// # let _ = config;
/// ```
#[derive(Clone, Debug, Default)]
pub struct Config {
    default: Option<String>,
    connections: BTreeMap<String, ConnectionConfig>,
}

/// How one connection is opened: its URL, and whatever else a [`DbBuilder`] takes.
#[derive(Clone)]
pub struct ConnectionConfig {
    builder: DbBuilder,
}

impl From<DbBuilder> for ConnectionConfig {
    fn from(builder: DbBuilder) -> Self {
        Self { builder }
    }
}

/// From a URL.
impl From<&str> for ConnectionConfig {
    fn from(url: &str) -> Self {
        Self::from(url.to_owned())
    }
}

/// From a URL.
impl From<String> for ConnectionConfig {
    fn from(url: String) -> Self {
        Self { builder: DbBuilder::new(ConnectOptions::new(url)) }
    }
}

/// What is set, without the URL, which may hold a password.
impl fmt::Debug for ConnectionConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.builder.fmt(f)
    }
}

impl ConnectionConfig {
    pub(super) fn into_builder(self) -> DbBuilder {
        self.builder
    }
}

impl Config {
    /// No connections yet, and the name of the one that is the default.
    pub fn new(default: impl Into<String>) -> Self {
        Self { default: Some(default.into()), connections: BTreeMap::new() }
    }

    /// Adds a connection: a URL, or a [`Db::builder`](crate::Db::builder).
    #[must_use]
    pub fn connection(mut self, name: impl Into<String>, connection: impl Into<ConnectionConfig>) -> Self {
        self.connections.insert(name.into(), connection.into());
        self
    }

    /// Reads the environment.
    ///
    /// * `DATABASE_URL` is the connection `default`; `DATABASE_URL_REPORTS` is the connection `reports`.
    /// * Without `DATABASE_URL`, its parts: `DB_DRIVER` (or `DB_CONNECTION`), `DB_HOST`, `DB_PORT`, `DB_NAME` (or
    ///   `DB_DATABASE`), `DB_USER` (or `DB_USERNAME`), `DB_PASSWORD`.
    /// * `DB_DEFAULT` names the default connection, where it is not `default`.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where the environment names no database.
    pub fn from_env() -> Result<Self> {
        Self::from_variables(
            env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        )
    }

    fn from_variables(variables: impl Iterator<Item = (String, String)>) -> Result<Self> {
        let variables: BTreeMap<String, String> = variables.filter(|(_, value)| !value.is_empty()).collect();
        let get = |names: &[&str]| names.iter().find_map(|name| variables.get(*name).cloned());
        let mut config = Self { default: get(&["DB_DEFAULT"]), connections: BTreeMap::new() };
        for (name, url) in &variables {
            if let Some(name) = name.strip_prefix("DATABASE_URL_") {
                config = config.connection(name.to_lowercase(), url.as_str());
            }
        }
        let parts = Parts {
            driver: get(&["DB_DRIVER", "DB_CONNECTION"]),
            host: get(&["DB_HOST"]),
            port: get(&["DB_PORT"]),
            database: get(&["DB_NAME", "DB_DATABASE"]),
            user: get(&["DB_USER", "DB_USERNAME"]),
            password: get(&["DB_PASSWORD"]),
            parameters: Vec::new(),
        };
        let url = match get(&["DATABASE_URL"]) {
            Some(url) => Some(url),
            None if parts.driver.is_some() => Some(parts.url("the environment")?),
            None => None,
        };
        if let Some(url) = url {
            config = config.connection("default", url);
        }
        if config.connections.is_empty() {
            return Err(Error::config(
                "the environment names no database: set `DATABASE_URL`, or `DB_DRIVER` with `DB_HOST`, `DB_NAME`, `DB_USER` and `DB_PASSWORD`",
            ));
        }
        Ok(config)
    }

    /// The default's name and the connections.
    pub(super) fn into_parts(self) -> Result<(String, BTreeMap<String, ConnectionConfig>)> {
        let names = || self.connections.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let default = match (&self.default, self.connections.len()) {
            (_, 0) => return Err(Error::config("the configuration has no connections: add at least one")),
            (Some(default), _) => default.clone(),
            (None, 1) => self.connections.keys().next().cloned().unwrap_or_default(),
            (None, _) if self.connections.contains_key("default") => "default".to_owned(),
            (None, _) => {
                return Err(Error::config(format!(
                    "the configuration has {} and no `default`: name one",
                    names()
                )));
            }
        };
        if !self.connections.contains_key(&default) {
            return Err(Error::config(format!(
                "the default connection `{default}` is not among the connections: there are {}",
                names()
            )));
        }
        Ok((default, self.connections))
    }
}

/// A URL in parts.
#[derive(Default)]
struct Parts {
    driver: Option<String>,
    host: Option<String>,
    port: Option<String>,
    database: Option<String>,
    user: Option<String>,
    password: Option<String>,
    parameters: Vec<(String, String)>,
}

impl Parts {
    /// The URL. `place`: where the parts are from, for messages.
    fn url(&self, place: &str) -> Result<String> {
        let missing =
            |what: &str| Error::config(format!("{place} names a database without its {what}: add it"));
        let driver = self.driver.as_deref().ok_or_else(|| missing("`driver`"))?;
        let mut url = format!("{driver}:");
        if driver == "sqlite" {
            url += self
                .database
                .as_deref()
                .map(encode_path)
                .ok_or_else(|| missing("`database`, a file"))?
                .as_str();
        } else {
            url += "//";
            if let Some(user) = &self.user {
                url += &encode(user);
                if let Some(password) = &self.password {
                    url += &format!(":{}", encode(password));
                }
                url += "@";
            } else if self.password.is_some() {
                return Err(missing("user, though with a password"));
            }
            let host = self.host.as_deref().unwrap_or("localhost");
            // An address of IPv6 has colons of its own.
            url += &if host.contains(':') { format!("[{host}]") } else { encode(host) };
            if let Some(port) = &self.port {
                url += &format!(":{port}");
            }
            url += "/";
            url += &self.database.as_deref().map(encode).unwrap_or_default();
        }
        for (index, (name, value)) in self.parameters.iter().enumerate() {
            url += if index == 0 { "?" } else { "&" };
            url += &format!("{}={}", encode(name), encode(value));
        }
        Ok(url)
    }
}

/// Percent-encodes everything that could mean something in a URL.
fn encode(text: &str) -> String {
    encode_but(text, b"-_.~")
}

/// The same, but for a path.
fn encode_path(text: &str) -> String {
    encode_but(text, b"-_.~/:")
}

fn encode_but(text: &str, kept: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded += &format!("%{byte:02X}");
        }
    }
    encoded
}

#[cfg(feature = "toml")]
mod from_toml {
    use std::{path::Path, time::Duration};

    use toml::{Table, Value};

    use super::*;

    impl Config {
        /// Reads a TOML text: `default`, and a table `connections.NAME` for each connection, with either its
        /// `url` or its `driver`, `host`, `port`, `database`, `username` and `password`, and beside them whatever
        /// the URL takes as parameters. `${NAME}` in a text is a variable of the environment.
        ///
        /// ```
        /// use atlas::Config;
        ///
        /// let config = Config::from_toml(
        ///     r#"
        ///     default = "main"
        ///
        ///     [connections.main]
        ///     driver = "sqlite"
        ///     database = "shop.db"
        ///     busy_timeout = 2000
        ///
        ///     [connections.reports]
        ///     url = "sqlite::memory:"
        ///     slow_statements = 250
        ///     "#,
        /// )?;
        /// # let _ = config;
        /// # Ok::<(), atlas::Error>(())
        /// ```
        ///
        /// # Errors
        ///
        /// [`Error::Config`], with the place, where the text is no TOML or says something else.
        pub fn from_toml(text: &str) -> Result<Self> {
            let table: Table = text.parse().map_err(|reason: toml::de::Error| {
                Error::config(format!("the configuration is no TOML: {}", reason.message()))
            })?;
            let mut config = Self::default();
            for (name, value) in table {
                match (name.as_str(), value) {
                    ("default", Value::String(default)) => config.default = Some(default),
                    ("connections", Value::Table(connections)) => {
                        for (name, connection) in connections {
                            let Value::Table(connection) = connection else {
                                return Err(Error::config(format!(
                                    "`connections.{name}` is no table: write `[connections.{name}]` with its `url` or its parts below"
                                )));
                            };
                            let connection = read_connection(&name, connection)?;
                            config = config.connection(name, connection);
                        }
                    }
                    (other, _) => {
                        return Err(Error::config(format!(
                            "`{other}` means nothing in a configuration: there are `default`, a text, and the tables `[connections.NAME]`"
                        )));
                    }
                }
            }
            Ok(config)
        }

        /// Reads a TOML file: see [`from_toml`](Self::from_toml).
        ///
        /// # Errors
        ///
        /// [`Error::Config`] where the file cannot be read, and as [`from_toml`](Self::from_toml).
        pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
            let path = path.as_ref();
            let text = std::fs::read_to_string(path)
                .map_err(|reason| Error::config(format!("cannot read {}: {reason}", path.display())))?;
            Self::from_toml(&text).map_err(|error| Error::config(format!("{}: {error}", path.display())))
        }
    }

    fn read_connection(name: &str, table: Table) -> Result<ConnectionConfig> {
        let (mut url, mut slow, mut parts) = (None, None, Parts::default());
        for (key, value) in table {
            let text = match value {
                Value::String(text) => with_variables(&text)?,
                Value::Integer(number) => number.to_string(),
                Value::Boolean(flag) => flag.to_string(),
                _ => {
                    return Err(Error::config(format!(
                        "`connections.{name}.{key}` is neither a text nor a number: give one"
                    )));
                }
            };
            match key.as_str() {
                "url" => url = Some(text),
                "driver" => parts.driver = Some(text),
                "host" => parts.host = Some(text),
                "port" => parts.port = Some(text),
                "database" => parts.database = Some(text),
                "username" | "user" => parts.user = Some(text),
                "password" => parts.password = Some(text),
                "slow_statements" => {
                    let limit = text.parse().map_err(|_| {
                        Error::config(format!(
                            "`connections.{name}.slow_statements` is no whole number of milliseconds"
                        ))
                    })?;
                    slow = Some(Duration::from_millis(limit));
                }
                _ => parts.parameters.push((key, text)),
            }
        }
        let url = match url {
            None => parts.url(&format!("`connections.{name}`"))?,
            Some(_) if parts.has_address() => {
                return Err(Error::config(format!(
                    "`connections.{name}` has a `url` and parts of one (`driver`, `host`, …): give either"
                )));
            }
            Some(url) => parts.add_parameters(url),
        };
        let builder = DbBuilder::new(ConnectOptions::new(url));
        Ok(match slow {
            Some(limit) => builder.slow_statements(limit),
            None => builder,
        }
        .into())
    }

    impl Parts {
        fn has_address(&self) -> bool {
            [&self.driver, &self.host, &self.port, &self.database, &self.user, &self.password]
                .iter()
                .any(|part| part.is_some())
        }

        fn add_parameters(&self, mut url: String) -> String {
            for (name, value) in &self.parameters {
                url += if url.contains('?') { "&" } else { "?" };
                url += &format!("{}={}", encode(name), encode(value));
            }
            url
        }
    }

    /// Puts variables of the environment in the place of `${NAME}`.
    fn with_variables(text: &str) -> Result<String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else { break };
            filled += before;
            filled += &env::var(name).map_err(|_| {
                Error::config(format!(
                    "the configuration needs the environment variable `{name}`, which is not set"
                ))
            })?;
            rest = after;
        }
        Ok(filled + rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<(String, Vec<String>)> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let (default, connections) = Config::from_variables(variables)?.into_parts()?;
        Ok((default, connections.into_keys().collect()))
    }

    #[test]
    fn the_environment_is_read() {
        let (default, names) = read(&[("DATABASE_URL", "sqlite::memory:"), ("PATH", "/bin")]).unwrap();
        assert_eq!((default.as_str(), names), ("default", vec!["default".to_owned()]));
        let (default, names) =
            read(&[("DATABASE_URL_MAIN", "a:"), ("DATABASE_URL_REPORTS", "b:"), ("DB_DEFAULT", "main")])
                .unwrap();
        assert_eq!((default.as_str(), names.len()), ("main", 2));
        for (variables, says) in [
            (&[][..], "names no database"),
            (&[("DB_DRIVER", "postgres"), ("DB_PASSWORD", "x")], "without its user"),
            (&[("DATABASE_URL_A", "a:"), ("DATABASE_URL_B", "b:")], "no `default`"),
            (&[("DATABASE_URL", "a:"), ("DB_DEFAULT", "other")], "there are `default`"),
        ] {
            let message = read(variables).unwrap_err().to_string();
            assert!(message.contains(says), "{message}");
        }
    }

    #[test]
    fn parts_make_a_url() {
        let text = |text: &str| Some(text.to_owned());
        let parts = Parts {
            driver: text("postgres"),
            host: text("::1"),
            port: text("6432"),
            database: text("my shop"),
            user: text("ann"),
            password: text("p@ss/word"),
            parameters: vec![("search_path".into(), "a,b".into())],
        };
        let url = "postgres://ann:p%40ss%2Fword@[::1]:6432/my%20shop?search_path=a%2Cb";
        assert_eq!(parts.url("").unwrap(), url);
        let file = Parts { driver: text("sqlite"), database: text("data/my shop.db"), ..Parts::default() };
        assert_eq!(file.url("").unwrap(), "sqlite:data/my%20shop.db");
    }

    #[test]
    fn secrets_are_not_shown() {
        let config = Config::new("a").connection("a", "postgres://ann:geheim@h/d");
        assert!(!format!("{config:?}").contains("geheim"));
    }

    #[cfg(feature = "toml")]
    #[test]
    fn mistakes_in_toml_say_where() {
        for (text, says) in [
            ("default = ", "no TOML"),
            ("defualt = 'a'", "`defualt` means nothing"),
            ("[connections]\na = 'sqlite:'", "`connections.a` is no table"),
            ("[connections.a]\nhost = 'h'", "`connections.a` names a database without its `driver`"),
            ("[connections.a]\nurl = 'x:'\nhost = 'h'", "give either"),
            ("[connections.a]\nurl = 'x:${ATLAS_NOT_SET}'", "`ATLAS_NOT_SET`"),
            ("[connections.a]\nurl = ['x:']", "`connections.a.url` is neither"),
        ] {
            let message = Config::from_toml(text).unwrap_err().to_string();
            assert!(message.contains(says), "{text}: {message}");
        }
    }
}
