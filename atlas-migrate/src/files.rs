//! Files that are written.

use std::{fs, path::Path};

use atlas_core::{Error, Result};

/// Writes a file, and the folders that it is in.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    let cannot =
        |reason: std::io::Error| Error::config(format!("`{}` cannot be written: {reason}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(cannot)?;
    }
    fs::write(path, text).map_err(cannot)
}

/// The text of a file; `None` where there is none.
pub(crate) fn read(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(reason) => Err(Error::config(format!("`{}` cannot be read: {reason}", path.display()))),
    }
}

/// A name as a type's: `add_age_to_users` is `AddAgeToUsers`.
pub(crate) fn pascal(name: &str) -> String {
    let words = name.split(|part: char| !part.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut own = String::with_capacity(name.len());
    for word in words {
        let mut parts = word.chars();
        own.extend(parts.next().into_iter().flat_map(char::to_uppercase));
        own.push_str(parts.as_str());
    }
    own
}
