//! `cargo xtask test`

use std::{fs, process::Command};

use crate::{
    Result,
    command::{cargo, each_line, root, shown},
    outcomes::Outcomes,
};

/// The help text.
pub(crate) const HELP: &str = "\
Usage: cargo xtask test [--driver NAME]

Runs every test of the workspace: unit tests, tests/it, the compile-fail messages of tests/ui, the
conformance suite of each driver, and the examples in the documentation. Ends with a table, and fails
if anything failed.

  --driver NAME   leave out the other drivers' own tests (NAME is a folder of atlas-drivers/)";

/// Runs the tests and prints the table, and cargo's own result lines last.
pub(crate) fn run(arguments: &[String]) -> Result {
    let outcomes = all(arguments)?;
    print!("{outcomes}");
    if outcomes.passed() { Ok(()) } else { Err("some tests failed: see above".to_owned()) }
}

/// Runs the tests and says how each suite went.
pub(crate) fn all(arguments: &[String]) -> Result<Outcomes> {
    let left_out = left_out(arguments)?;
    let test = |more: &[&str]| -> Command {
        let mut command = cargo(&["test", "--workspace", "--no-fail-fast"]);
        command.args(left_out.iter().flat_map(|package| ["--exclude", package])).args(more);
        // The output goes through a pipe, and is read: colours would be in the way.
        command.env("CARGO_TERM_COLOR", "never");
        command
    };

    // First build, to learn which program belongs to which package, and to end at a mistake.
    let mut outcomes = Outcomes::default();
    let mut build = test(&["--no-run", "--message-format=json-render-diagnostics"]);
    let built = each_line(&mut build, |line| {
        if line.starts_with('{') {
            outcomes.learn(line);
        } else {
            println!("{line}");
        }
    })?;
    if !built {
        return Err(format!("{} failed: see above", shown(&build)));
    }

    let mut run = test(&[]);
    let succeeded = each_line(&mut run, |line| {
        println!("{line}");
        outcomes.read(line);
    })?;
    outcomes.end(succeeded);
    Ok(outcomes)
}

/// The packages of the drivers that were not asked for.
fn left_out(arguments: &[String]) -> Result<Vec<String>> {
    let driver = match arguments {
        [] => return Ok(Vec::new()),
        [flag, driver] if flag == "--driver" => driver,
        [argument] if argument.starts_with("--driver=") => &argument["--driver=".len()..].to_owned(),
        _ => return Err(format!("these arguments are not understood: {}\n\n{HELP}", arguments.join(" "))),
    };
    let drivers = drivers()?;
    if !drivers.contains(driver) {
        return Err(format!("there is no driver `{driver}`: there are {}", drivers.join(", ")));
    }
    Ok(drivers.into_iter().filter(|other| other != driver).map(|other| format!("atlas-{other}")).collect())
}

/// The folders of `atlas-drivers/`, without the two that are no drivers.
fn drivers() -> Result<Vec<String>> {
    let folder = root().join("atlas-drivers");
    let entries =
        fs::read_dir(&folder).map_err(|reason| format!("cannot read {}: {reason}", folder.display()))?;
    let mut drivers: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().join("Cargo.toml").exists())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !matches!(name.as_str(), "sql" | "conformance"))
        .collect();
    drivers.sort();
    Ok(drivers)
}
