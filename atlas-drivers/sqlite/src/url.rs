use std::time::Duration;

use atlas_core::error::{Error, Result};

use crate::options::{Execution, Mode, Sqlite};

/// Parameters that become options of their own.
const OPTIONS: &str =
    "mode, execution, max_readers, busy_timeout, acquire_timeout, statement_timeout, statement_cache";

/// Parameters that are pragmas of the same name.
const PRAGMAS: [&str; 10] = [
    "journal_mode",
    "synchronous",
    "foreign_keys",
    "cache_size",
    "temp_store",
    "mmap_size",
    "locking_mode",
    "page_size",
    "auto_vacuum",
    "journal_size_limit",
];

impl Sqlite {
    /// Reads `sqlite::memory:`, `sqlite:app.db`, `sqlite://app.db?mode=ro`, `sqlite:///srv/app.db`.
    ///
    /// The path is percent-decoded. Parameters: `mode` (`rwc` creates the file and is the default, `rw`,
    /// `ro`, `memory`), `execution` (`inline`, `auto`, `threaded`), `max_readers`, `busy_timeout`,
    /// `acquire_timeout` and `statement_timeout` (in milliseconds), `statement_cache`, and the pragmas `journal_mode`, `synchronous`, `foreign_keys`,
    /// `cache_size`, `temp_store`, `mmap_size`, `locking_mode`, `page_size`, `auto_vacuum` and
    /// `journal_size_limit`.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for another parameter or a value that does not fit one.
    pub fn from_url(url: &str) -> Result<Self> {
        let rest = url.strip_prefix("sqlite:").ok_or_else(|| {
            Error::config("a SQLite URL starts with `sqlite:`: `sqlite::memory:` or `sqlite://app.db`")
        })?;
        let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let path = decode(path.strip_prefix("//").unwrap_or(path))?;
        let mut options = match path.as_str() {
            "" => {
                return Err(Error::config(
                    "a SQLite URL names a file: `sqlite://app.db`; or memory: `sqlite::memory:`",
                ));
            }
            ":memory:" => Self::memory(),
            path => Self::file(path),
        };
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            options = options.parameter(&decode(name)?, &decode(value)?)?;
        }
        Ok(options)
    }

    fn parameter(mut self, name: &str, value: &str) -> Result<Self> {
        match name {
            "mode" => match value {
                "rwc" => self.mode = Mode::Create,
                "rw" => self.mode = Mode::Write,
                "ro" => self.mode = Mode::Read,
                "memory" => self.path = None,
                _ => return Err(no_such_value(name, value, "rwc, rw, ro and memory")),
            },
            "execution" => match value {
                "inline" => self.execution = Execution::Inline,
                "auto" => self.execution = Execution::Auto,
                "threaded" => self.execution = Execution::Threaded,
                _ => return Err(no_such_value(name, value, "inline, auto and threaded")),
            },
            "max_readers" => self = self.max_readers(number(name, value)?),
            "busy_timeout" => {
                self.busy_timeout = Duration::from_millis(number(name, value)?);
            }
            "acquire_timeout" => {
                self.acquire_timeout = Duration::from_millis(number(name, value)?);
            }
            "statement_timeout" => {
                self = self.statement_timeout(Duration::from_millis(number(name, value)?));
            }
            "statement_cache" => self.statement_cache = number(name, value)?,
            name if PRAGMAS.contains(&name) => self = self.pragma(name, value),
            _ => {
                return Err(Error::config(format!(
                    "`{name}` is no parameter of a SQLite URL: there are {OPTIONS}, {}; other pragmas are set with `Sqlite::file(..).pragma(..)`",
                    PRAGMAS.join(", ")
                )));
            }
        }
        Ok(self)
    }
}

fn number<N: std::str::FromStr>(name: &str, value: &str) -> Result<N> {
    value.parse().map_err(|_| no_such_value(name, value, "whole numbers from 0"))
}

fn no_such_value(name: &str, value: &str, there_are: &str) -> Error {
    Error::config(format!("`{value}` is no value of `{name}` in a SQLite URL: there are {there_are}"))
}

/// Takes `%20` and the like apart.
fn decode(text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
        match (digit(), digit()) {
            (Some(high), Some(low)) => bytes.extend(u8::try_from(high * 16 + low)),
            _ => {
                return Err(Error::config(format!(
                    "`{text}` in a SQLite URL has a `%` without two hexadecimal digits after it: write `%25` for the sign itself"
                )));
            }
        }
    }
    String::from_utf8(bytes)
        .map_err(|_| Error::config(format!("`{text}` in a SQLite URL is not UTF-8 when decoded")))
}

#[cfg(test)]
mod tests {
    use std::{path::Path, time::Duration};

    use super::{Execution, Mode, Sqlite};

    #[test]
    fn paths_are_read() {
        for (url, path) in [
            ("sqlite::memory:", None),
            ("sqlite://:memory:", None),
            ("sqlite:app.db?mode=memory", None),
            ("sqlite:app.db", Some("app.db")),
            ("sqlite://data/app.db", Some("data/app.db")),
            ("sqlite:///srv/my%20app.db", Some("/srv/my app.db")),
            ("sqlite:/srv/100%25.db?mode=ro", Some("/srv/100%.db")),
        ] {
            assert_eq!(Sqlite::from_url(url).unwrap().path.as_deref(), path.map(Path::new), "{url}");
        }
    }

    #[test]
    fn parameters_are_read() {
        let url = "sqlite:a.db?mode=rw&execution=threaded&max_readers=0&busy_timeout=250&acquire_timeout=750&statement_timeout=300&statement_cache=0&journal_mode=delete&cache_size=-64";
        let options = Sqlite::from_url(url).unwrap();
        assert_eq!((options.mode, options.execution), (Mode::Write, Execution::Threaded));
        assert_eq!((options.max_readers, options.statement_cache), (1, 0));
        assert_eq!(options.busy_timeout, Duration::from_millis(250));
        assert_eq!(options.acquire_timeout, Duration::from_millis(750));
        assert_eq!(options.statement_timeout, Some(Duration::from_millis(300)));
        assert_eq!(Sqlite::from_url("sqlite:a.db?statement_timeout=0").unwrap().statement_timeout, None);
        assert_eq!(options.pragma_value("JOURNAL_MODE"), Some("delete"));
        assert_eq!(options.pragma_value("cache_size"), Some("-64"));
    }

    #[test]
    fn mistakes_say_what_there_is() {
        for (url, says) in [
            ("sqlite:", "names a file"),
            ("sqlite:a.db?mod=ro", "there are mode, execution"),
            ("sqlite:a.db?mode=wr", "there are rwc, rw, ro"),
            ("sqlite:a.db?max_readers=many", "whole numbers"),
            ("sqlite:a%2", "hexadecimal"),
            ("sqlite:a%ff", "UTF-8"),
            ("postgres:a", "starts with `sqlite:`"),
        ] {
            let message = Sqlite::from_url(url).unwrap_err().to_string();
            assert!(message.contains(says), "{url}: {message}");
        }
    }
}
