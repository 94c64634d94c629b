//! Which database is meant, and where things are: options, the environment, `.env` and `atlas.toml`, in this order.

use std::{collections::BTreeMap, env, fs, io::ErrorKind, path::PathBuf};

use crate::failure::{Failure, Outcome};

/// What is set.
pub(crate) struct Settings {
    /// What `--database` says.
    given: Option<String>,
    /// What `.env` says.
    file: BTreeMap<String, String>,
    toml: toml::Table,
}

impl Settings {
    pub(crate) fn read(given: Option<String>) -> Outcome<Self> {
        let file = optional(".env")?.map(|text| variables(&text)).unwrap_or_default();
        let toml = match optional("atlas.toml")? {
            Some(text) => text.parse().map_err(|error: toml::de::Error| {
                Failure::new(format!("`atlas.toml` cannot be read: {}", error.message()))
            })?,
            None => toml::Table::new(),
        };
        const KEYS: [&str; 3] = ["database", "migrations", "program"];
        if let Some(key) = toml.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(Failure::new(format!(
                "`atlas.toml` has a key `{key}`, which means nothing here: there are `{}`",
                KEYS.join("`, `")
            )));
        }
        if let Some((key, _)) = toml.iter().find(|(_, value)| !value.is_str()) {
            return Err(Failure::new(format!("`{key}` in `atlas.toml` is no text: put it in quotes")));
        }
        Ok(Self { given, file, toml })
    }

    fn toml(&self, key: &str) -> Option<&str> {
        self.toml.get(key).and_then(toml::Value::as_str)
    }

    /// A variable of the environment, or of `.env`.
    fn variable(&self, name: &str) -> Option<String> {
        let is_set = |value: &String| !value.is_empty();
        env::var(name).ok().filter(is_set).or_else(|| self.file.get(name).cloned().filter(is_set))
    }

    /// The URL of the database.
    pub(crate) fn url(&self) -> Outcome<String> {
        let said = self.given.clone().or_else(|| self.variable("DATABASE_URL"));
        said.or_else(|| self.toml("database").map(str::to_owned)).ok_or_else(|| {
            Failure::new(
                "no database is named: set `DATABASE_URL`, here or in `.env`, add `--database URL`, or write `database = \"URL\"` in `atlas.toml`",
            )
        })
    }

    /// Where this runs: `production`, `development`, ….
    pub(crate) fn environment(&self) -> String {
        self.variable("ATLAS_ENV").or_else(|| self.variable("APP_ENV")).unwrap_or_default()
    }

    /// The folder of the migrations that are SQL files.
    pub(crate) fn migrations(&self) -> PathBuf {
        self.toml("migrations").unwrap_or("migrations").into()
    }

    /// What runs the program's own command.
    pub(crate) fn program(&self) -> Option<Vec<String>> {
        let words: Vec<String> = self.toml("program")?.split_whitespace().map(str::to_owned).collect();
        Some(words).filter(|words| !words.is_empty())
    }
}

fn optional(name: &str) -> Outcome<Option<String>> {
    match fs::read_to_string(name) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::of("read", name.as_ref(), &error)),
    }
}

/// The lines `NAME=value` of a file; quotes around a value are not part of it.
fn variables(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.strip_prefix("export ").unwrap_or(line).split_once('='));
    pairs.map(|(name, value)| (name.trim().to_owned(), unquoted(value.trim()).to_owned())).collect()
}

fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some((inside, _)) = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return inside;
        }
    }
    value.split_once(" #").map_or(value, |(value, _)| value.trim_end())
}

/// A URL without its password.
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((who, place)) = rest.rsplit_once('@') else { return url.to_owned() };
    let user = who.split(':').next().unwrap_or_default();
    let place = place.split('?').next().unwrap_or_default();
    format!("{scheme}://{user}@{place}")
}

#[cfg(test)]
mod tests {
    use super::{variables, without_password};

    #[test]
    fn lines_of_env_are_read() {
        let text = "# a comment\nA=1\nexport B = \"two words\" # why\nC='x#y'\nD=url # note\n\nnothing";
        let read = variables(text);
        let read: Vec<(&str, &str)> = read.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(read, [("A", "1"), ("B", "two words"), ("C", "x#y"), ("D", "url")]);
    }

    #[test]
    fn a_shown_url_has_no_password() {
        assert_eq!(without_password("postgres://ann:p@ss@db:1/shop?password=x"), "postgres://ann@db:1/shop");
        assert_eq!(without_password("sqlite://shop.db"), "sqlite://shop.db");
        assert_eq!(without_password("sqlite::memory:"), "sqlite::memory:");
    }
}
