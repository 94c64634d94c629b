//! `cargo xtask test`

use std::{fmt, fs, process::Command};

use crate::{
    Result,
    capabilities::Findings,
    command::{cargo, each_line, root, shown},
    drivers::Drivers,
    outcomes::Outcomes,
    services,
};

/// The help text.
pub(crate) const HELP: &str = "\
Usage: cargo xtask test [--driver NAME]

Runs every test of the workspace: unit tests, tests/it, the compile-fail messages of tests/ui, the
conformance suite of each driver, and the examples in the documentation. tests/it runs on every
database: the servers are started first, and stay for the next time (`cargo xtask help services`).
Ends with a table of the suites and one of the drivers. Fails if anything failed, if a driver whose
server runs was not tested, and if the guide's table of capabilities is not what the conformance suite
found (`cargo xtask help capabilities`).

  --driver NAME   leave out the other drivers (NAME is a folder of atlas-drivers/), and their servers";

/// How the tests went.
pub(crate) struct Tested {
    outcomes: Outcomes,
    drivers: Drivers,
    capabilities: Result,
}

/// Runs the tests and prints the tables, and cargo's own result lines last.
pub(crate) fn run(arguments: &[String]) -> Result {
    let tested = all(arguments)?;
    print!("{tested}");
    if tested.passed() { Ok(()) } else { Err("some tests failed: see above".to_owned()) }
}

/// Runs the tests and says how each suite and each driver fared.
pub(crate) fn all(arguments: &[String]) -> Result<Tested> {
    let all = drivers()?;
    let tested = asked(arguments, &all)?;
    let test = |more: &[&str]| -> Command {
        let mut command = cargo(&["test", "--workspace", "--no-fail-fast"]);
        let left_out = all.iter().filter(|driver| !tested.contains(driver));
        command.args(left_out.flat_map(|driver| ["--exclude".to_owned(), format!("atlas-{driver}")]));
        command.args(more);
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

    let services = services::for_tests(&tested)?;
    let mut run = test(&[]);
    run.envs(services::variables(&services.started));
    for variable in services::variables_of_others(&tested) {
        run.env_remove(variable);
    }
    let report = services::target().join("tests-by-database");
    let _ = fs::remove_file(&report);
    run.env("ATLAS_TEST_DRIVERS", tested.join(",")).env("ATLAS_TEST_REPORT", &report);

    let findings = Findings::of(&mut run);

    let succeeded = each_line(&mut run, |line| {
        println!("{line}");
        outcomes.read(line);
    })?;
    outcomes.end(succeeded);
    let report = fs::read_to_string(&report).unwrap_or_default();
    let drivers = Drivers::new(&tested, &outcomes, &report, &services);
    Ok(Tested { outcomes, drivers, capabilities: findings.check() })
}

impl Tested {
    /// Whether tests ran on every driver that can run, and each passed.
    pub(crate) fn passed(&self) -> bool {
        self.outcomes.passed() && self.drivers.passed() && self.capabilities.is_ok()
    }
}

/// The tables.
impl fmt::Display for Tested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { outcomes, drivers, capabilities } = self;
        write!(f, "\n{}\n{drivers}\n{}", outcomes.table(), outcomes.lines())?;
        if let Err(reason) = capabilities {
            writeln!(f, "FAILED: {reason}")?;
        }
        Ok(())
    }
}

/// The driver that was asked for, or all.
fn asked(arguments: &[String], all: &[String]) -> Result<Vec<String>> {
    let driver = match arguments {
        [] => return Ok(all.to_vec()),
        [flag, driver] if flag == "--driver" => driver.as_str(),
        [argument] if argument.starts_with("--driver=") => &argument["--driver=".len()..],
        _ => return Err(format!("these arguments are not understood: {}\n\n{HELP}", arguments.join(" "))),
    };
    if !all.iter().any(|known| known == driver) {
        return Err(format!("there is no driver `{driver}`: there are {}", all.join(", ")));
    }
    Ok(vec![driver.to_owned()])
}

/// The folders of `atlas-drivers/`, without those that are no drivers.
pub(crate) fn drivers() -> Result<Vec<String>> {
    let folder = root().join("atlas-drivers");
    let entries =
        fs::read_dir(&folder).map_err(|reason| format!("cannot read {}: {reason}", folder.display()))?;
    let mut drivers: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().join("Cargo.toml").exists())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !matches!(name.as_str(), "sql" | "server" | "conformance"))
        .collect();
    drivers.sort();
    Ok(drivers)
}
