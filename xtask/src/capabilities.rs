//! `cargo xtask capabilities`: what each database can do, as a table of the guide.
//!
//! The conformance suite finds it out: what a database cannot do is `Error::Unsupported` with what to do
//! instead, and a cell of the table.

mod table;

use std::{fs, path::PathBuf, process::Command};

use crate::{
    Result,
    command::{cargo, root, run as run_command},
    services, test,
};
use table::Table;

/// The help text.
pub(crate) const HELP: &str = "\
Usage: cargo xtask capabilities

Runs the conformance suite of each driver, and writes what the databases can do, and what to do instead
of what they cannot, into the table of docs/guide/src/capabilities.md. The servers are started first
(`cargo xtask help services`); the column of a driver whose server is not there is kept as it is.

`cargo xtask test` fails where the table is not what the suite found.";

const PAGE: &str = "docs/guide/src/capabilities.md";

/// Runs the suite and writes the table.
pub(crate) fn run(arguments: &[String]) -> Result {
    if !arguments.is_empty() {
        return Err(format!("these arguments are not understood: {}\n\n{HELP}", arguments.join(" ")));
    }
    let drivers = test::drivers()?;
    let services = services::for_tests(&drivers)?;
    let mut suite = cargo(&["test", "--no-fail-fast"]);
    suite.args(drivers.iter().flat_map(|driver| ["-p".to_owned(), format!("atlas-{driver}")]));
    suite.args(["--test", "it", "conformance::"]).envs(services::variables(&services.started));
    let findings = Findings::of(&mut suite);
    run_command(&mut suite)?;

    let page = page()?;
    let (before, table, after) = parts(&page)?;
    let found = table.with(&findings.read())?;
    if found == table {
        println!("{PAGE} is up to date");
        return Ok(());
    }
    fs::write(root().join(PAGE), format!("{before}{found}{after}"))
        .map_err(|reason| format!("cannot write {PAGE}: {reason}"))?;
    println!("{PAGE} is written");
    Ok(())
}

/// The file to which the conformance suite adds what it finds.
pub(crate) struct Findings(PathBuf);

impl Findings {
    /// Has a command's tests write them.
    pub(crate) fn of(tests: &mut Command) -> Self {
        let file = services::target().join("capabilities-by-driver");
        let _ = fs::remove_file(&file);
        tests.env("ATLAS_TEST_CAPABILITIES", &file);
        Self(file)
    }

    fn read(&self) -> String {
        fs::read_to_string(&self.0).unwrap_or_default()
    }

    /// Holds that the guide's table says what the tests found.
    pub(crate) fn check(&self) -> Result {
        let page = page()?;
        let (_, table, _) = parts(&page)?;
        if table.with(&self.read())? == table {
            return Ok(());
        }
        Err(format!(
            "the table of {PAGE} is not what the conformance suite found: run `cargo xtask capabilities`"
        ))
    }
}

fn page() -> Result<String> {
    fs::read_to_string(root().join(PAGE)).map_err(|reason| format!("cannot read {PAGE}: {reason}"))
}

/// What is before the table, the table, and what is after it.
fn parts(page: &str) -> Result<(&str, Table, &str)> {
    const BEGIN: &str = "<!-- capabilities: written by `cargo xtask capabilities` -->\n";
    const END: &str = "<!-- capabilities: end -->";
    let missing = || format!("{PAGE} lacks the marks of the table: {BEGIN}and {END}");
    let begin = page.find(BEGIN).ok_or_else(missing)? + BEGIN.len();
    let end = page.find(END).filter(|end| *end >= begin).ok_or_else(missing)?;
    Ok((&page[..begin], Table::parse(&page[begin..end]), &page[end..]))
}
