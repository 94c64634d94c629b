//! The sentences of `docs/architecture.md` that a look at the source can hold.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{Result, code, command::root};

/// The one file that may have `unsafe`: what `rusqlite` has no safe call for.
const UNSAFE_ALLOWED: &str = "atlas-drivers/sqlite/src/raw.rs";

/// Looks at every Rust file, and names each line that breaks a rule.
pub(crate) fn check() -> Result {
    let root = root();
    let mut files = Vec::new();
    rust_files(&root, &mut files)?;
    let mut broken = Vec::new();
    for file in &files {
        let source =
            fs::read_to_string(file).map_err(|reason| format!("cannot read {}: {reason}", file.display()))?;
        let name = file.strip_prefix(&root).unwrap_or(file).to_string_lossy().replace('\\', "/");
        broken.extend(broken_in(&name, &source));
    }
    if broken.is_empty() {
        println!("{} files hold the invariants", files.len());
        return Ok(());
    }
    for line in &broken {
        eprintln!("{line}");
    }
    Err(format!("{} lines break an invariant of docs/architecture.md: see above", broken.len()))
}

fn broken_in(name: &str, source: &str) -> Vec<String> {
    let mut broken = Vec::new();
    if name.starts_with("atlas-core/src/") {
        for (at, line) in source.lines().enumerate() {
            if ["SELECT", "INSERT", "UPDATE", "DELETE"]
                .iter()
                .any(|verb| line.contains(&format!("\"{verb} ")))
            {
                broken.push(format!("{name}:{}: atlas-core contains no SQL", at + 1));
            }
        }
    }
    if name != UNSAFE_ALLOWED {
        for (at, line) in code::only(source).lines().enumerate() {
            if code::has_word(line, "unsafe") {
                broken.push(format!("{name}:{}: `unsafe` belongs in {UNSAFE_ALLOWED} alone", at + 1));
            }
        }
    }
    broken
}

/// The Rust files below a folder, without what builds put there.
fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result {
    let entries =
        fs::read_dir(folder).map_err(|reason| format!("cannot read {}: {reason}", folder.display()))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                rust_files(&path, files)?;
            }
        } else if name.ends_with(".rs") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::broken_in;

    #[test]
    fn sql_in_the_core_and_unsafe_outside_its_file_are_found() {
        let sql = format!("let text = \"{} 1\";", "SELECT");
        assert_eq!(broken_in("atlas-core/src/query.rs", &sql).len(), 1);
        assert_eq!(broken_in("atlas-drivers/sql/src/select.rs", &sql).len(), 0);
        assert_eq!(
            broken_in("src/lib.rs", "fn f() {\n    unsafe {}\n}"),
            ["src/lib.rs:2: `unsafe` belongs in atlas-drivers/sqlite/src/raw.rs alone"]
        );
        assert_eq!(broken_in("atlas-drivers/sqlite/src/raw.rs", "unsafe {}").len(), 0);
    }
}
