use std::{
    fmt::{self, Display},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use atlas_core::{
    driver::{AfterConnect, ConnectOptions, Driver},
    error::{Error, Result},
};

/// How to open a SQLite database: what its URL says, in Rust.
///
/// ```
/// # async fn open() -> atlas_core::Result<()> {
/// use atlas_sqlite::Sqlite;
///
/// let driver = Sqlite::file("/tmp/app.db").max_readers(4).pragma("cache_size", -2_000).open().await?;
/// # Ok(()) }
/// ```
///
/// Unless told otherwise, a file is created where there is none (its directory is not), keeps a
/// write-ahead log (`journal_mode=WAL`, `synchronous=NORMAL`), and foreign keys are held.
#[derive(Clone, Debug)]
pub struct Sqlite {
    /// `None`: in memory.
    pub(crate) path: Option<PathBuf>,
    pub(crate) mode: Mode,
    pub(crate) execution: Execution,
    pub(crate) max_readers: usize,
    pub(crate) busy_timeout: Duration,
    pub(crate) acquire_timeout: Duration,
    /// Not zero.
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) statement_cache: usize,
    pub(crate) pragmas: Vec<(String, String)>,
    pub(crate) after_connect: Option<Hook>,
}

/// What is done with each new connection.
#[derive(Clone)]
pub(crate) struct Hook(pub(crate) AfterConnect);

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

/// What may be done to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Everything; it is created where there is none.
    Create,
    /// Everything.
    Write,
    /// Reading.
    Read,
}

/// Which thread a statement runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Execution {
    /// The calling task's, always: for programs whose statements are all short, and for those that
    /// have no other tasks to hold up.
    Inline,
    /// The calling task's for up to about a millisecond; what takes longer, waits for another process,
    /// or cannot be interrupted moves to tokio's blocking pool. Without a tokio runtime: as `Inline`.
    #[default]
    Auto,
    /// One of tokio's blocking pool, always: 10 to 15 µs a statement.
    Threaded,
}

impl Sqlite {
    /// A new database in memory, with one connection, gone when it is closed.
    pub fn memory() -> Self {
        Self::at(None)
    }

    /// The database in a file.
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self::at(Some(path.as_ref().to_owned()))
    }

    /// What a URL and the options of `Db::builder` say.
    ///
    /// # Errors
    ///
    /// As [`from_url`](Self::from_url), and [`Error::Config`] for options that SQLite has no use for.
    pub(crate) fn with_options(options: &ConnectOptions) -> Result<Self> {
        // There is nothing to be lazy about: opening is reading a file.
        options.only(
            "sqlite",
            &[
                "max_connections",
                "acquire_timeout",
                "statement_timeout",
                "statement_cache",
                "after_connect",
                "lazy",
            ],
        )?;
        let mut sqlite = Self::from_url(&options.url)?;
        if let Some(connections) = options.max_connections {
            // One of them writes.
            sqlite = sqlite.max_readers((connections as usize).saturating_sub(1));
        }
        if let Some(timeout) = options.acquire_timeout {
            sqlite = sqlite.acquire_timeout(timeout);
        }
        if let Some(timeout) = options.statement_timeout {
            sqlite = sqlite.statement_timeout(timeout);
        }
        if let Some(statements) = options.statement_cache {
            sqlite = sqlite.statement_cache(statements);
        }
        sqlite.after_connect = options.after_connect.clone().map(Hook);
        Ok(sqlite)
    }

    fn at(path: Option<PathBuf>) -> Self {
        Self {
            path,
            mode: Mode::Create,
            execution: Execution::default(),
            max_readers: thread::available_parallelism().map_or(4, |cores| cores.get().max(4)),
            busy_timeout: Duration::from_secs(5),
            acquire_timeout: Duration::from_secs(30),
            statement_timeout: None,
            statement_cache: 128,
            pragmas: Vec::new(),
            after_connect: None,
        }
    }

    /// Opens the file for reading alone; it must be there.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.mode = Mode::Read;
        self
    }

    /// Opens the file only if it is there.
    #[must_use]
    pub fn existing(mut self) -> Self {
        self.mode = Mode::Write;
        self
    }

    /// Which thread statements run on.
    #[must_use]
    pub fn execution(mut self, execution: Execution) -> Self {
        self.execution = execution;
        self
    }

    /// How many connections read a file at the same time, at least one; each is opened when it is first
    /// needed. The default is the number of cores, and at least 4.
    #[must_use]
    pub fn max_readers(mut self, readers: usize) -> Self {
        self.max_readers = readers.max(1);
        self
    }

    /// How long to wait while another process writes: 5 seconds by default, in whole milliseconds.
    #[must_use]
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// How long to wait for a connection that others of this program use: 30 seconds by default. A
    /// statement that waits for its own transaction, because it was given the database's handle in
    /// place of the transaction's, ends there.
    #[must_use]
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// How long SQLite may work on a statement, and wait for the locks of other processes in it; then it
    /// is undone, and [`Error::Timeout`]. Zero, the default: as long as it takes.
    ///
    /// A write that is ended in a transaction ends that too: SQLite rolls it back.
    #[must_use]
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = Some(timeout).filter(|timeout| !timeout.is_zero());
        self
    }

    /// How many prepared statements each connection keeps: 128 by default, 0 for none.
    #[must_use]
    pub fn statement_cache(mut self, statements: usize) -> Self {
        self.statement_cache = statements;
        self
    }

    /// A pragma of SQLite that every connection is opened with, in place of the default.
    #[must_use]
    pub fn pragma(mut self, name: impl Into<String>, value: impl Display) -> Self {
        self.pragmas.push((name.into(), value.to_string()));
        self
    }

    /// Opens the database.
    ///
    /// # Errors
    ///
    /// [`Error::Connect`] where the file cannot be opened or is no database, [`Error::Config`] for a
    /// pragma that is none.
    pub async fn open(self) -> Result<Arc<dyn Driver>> {
        for (name, value) in &self.pragmas {
            let is_word = |text: &str| {
                !text.is_empty()
                    && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+'))
            };
            if !is_word(name) || !is_word(value) {
                return Err(Error::config(format!(
                    "`{name} = {value}` is no pragma: its name and its value are one word or number each"
                )));
            }
        }
        crate::driver::open(self).await
    }

    /// The pragma that was set last under this name.
    pub(crate) fn pragma_value(&self, name: &str) -> Option<&str> {
        self.pragmas
            .iter()
            .rev()
            .find(|(set, _)| set.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// What errors call the database.
    pub(crate) fn target(&self) -> String {
        match &self.path {
            Some(path) => path.display().to_string(),
            None => "an in-memory database".to_owned(),
        }
    }
}
