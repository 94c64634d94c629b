//! `cargo xtask bench`

use crate::{
    Result,
    command::{cargo, run as run_command},
};

/// The help text.
pub(crate) const HELP: &str = "\
Usage: cargo xtask bench sqlite [arguments of the benchmark]

Measures Atlas beside the bare driver, in one process and in turn, in release mode:
`cargo run --release -p atlas-bench -- sqlite`.";

/// Runs the benchmark.
pub(crate) fn run(arguments: &[String]) -> Result {
    if arguments.is_empty() {
        return Err(format!("which driver?\n\n{HELP}"));
    }
    let mut command = cargo(&["run", "--release", "-p", "atlas-bench", "--"]);
    run_command(command.args(arguments))
}
