//! `cargo xtask bench`

mod build;
mod programs;

use crate::{
    Result,
    command::{cargo, root, run as run_command},
    services,
};

/// The help text.
pub(crate) const HELP: &str = "\
Usage: cargo xtask bench sqlite [arguments of the benchmark]
       cargo xtask bench peers [sqlite] [postgres] [mariadb] [--quick] [--check] [--only WORK]
       cargo xtask bench build [atlas] [sea-orm] [diesel] [toasty] [--quick]

sqlite  measures Atlas beside bare rusqlite, in one process and in turn, in release mode:
        `cargo run --release -p atlas-bench -- sqlite`.
peers   measures Atlas beside Diesel, diesel-async, SeaORM, sqlx, Toasty and the bare driver in the
        same way, on the servers that ATLAS_TEST_POSTGRES_URL and ATLAS_TEST_MYSQL_URL name, or
        that `cargo xtask services` starts. It is a workspace of its own, bench/peers, and takes libpq.
        --quick is a whole picture in a few minutes; --check fails where a target is missed.
build   builds programs of 5, 50 and 200 models with each library: clean, and again after one model was
        changed. --quick leaves out those of 200.

All write what they measured to docs/performance.md.";

/// Runs the benchmark.
pub(crate) fn run(arguments: &[String]) -> Result {
    let Some((what, rest)) = arguments.split_first() else {
        return Err(format!("which benchmark?\n\n{HELP}"));
    };
    match what.as_str() {
        "peers" => peers(rest),
        "build" => build::run(rest),
        _ => {
            let mut command = cargo(&["run", "--release", "-p", "atlas-bench", "--"]);
            run_command(command.args(arguments))
        }
    }
}

fn peers(arguments: &[String]) -> Result {
    let manifest = root().join("bench/peers/Cargo.toml");
    let mut command = cargo(&["run", "--release", "--manifest-path"]);
    command.arg(manifest).arg("--").args(arguments);
    let started = services::for_tests(&["postgres".to_owned(), "mysql".to_owned()])?.started;
    // The certificate is for tests: everyone is measured without encryption.
    let urls = services::variables(&started).into_iter().filter(|(name, _)| name.ends_with("_URL"));
    run_command(command.envs(urls))
}
