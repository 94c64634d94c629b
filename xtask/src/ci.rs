//! `cargo xtask ci`

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use crate::{
    Result,
    command::{cargo, run as run_command},
    invariants, test,
};

/// The help text.
pub(crate) const HELP: &str = "\
Usage: cargo xtask ci

Everything that .ci/run holds a change to, each step with its time: the format, clippy without
warnings, documentation without warnings, `cargo deny` where it is on the machine, the invariants of
docs/architecture.md, and the tests (`cargo xtask test`). A failed step does not keep the next from
running; the command fails if any did.";

/// A step, how it ended, and how long it took.
struct Step {
    name: &'static str,
    outcome: Result<&'static str>,
    took: Duration,
}

/// Runs the steps.
pub(crate) fn run(arguments: &[String]) -> Result {
    if !arguments.is_empty() {
        return Err(format!("these arguments are not understood: {}\n\n{HELP}", arguments.join(" ")));
    }
    let mut outcomes = None;
    let steps = [
        step("format", || cargo_step(&["fmt", "--all", "--check"])),
        step("clippy", || cargo_step(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])),
        step("docs", docs),
        step("deny", deny),
        step("invariants", || invariants::check().map(|()| "ok")),
        step("tests", || {
            let found = outcomes.insert(test::all(&[])?);
            if found.passed() { Ok("ok") } else { Err("some tests failed".to_owned()) }
        }),
    ];

    println!("\n{:<12}  {:>8}  outcome", "step", "time");
    for Step { name, outcome, took } in &steps {
        let outcome =
            outcome.as_ref().map_or_else(|reason| format!("FAILED: {reason}"), |said| (*said).to_owned());
        println!("{name:<12}  {:>6.1} s  {outcome}", took.as_secs_f64());
    }
    if let Some(outcomes) = &outcomes {
        print!("{outcomes}");
    }
    let failed: Vec<&str> = steps.iter().filter(|step| step.outcome.is_err()).map(|step| step.name).collect();
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

fn step(name: &'static str, run: impl FnOnce() -> Result<&'static str>) -> Step {
    println!("\n== {name}");
    let start = Instant::now();
    let outcome = run();
    let took = start.elapsed();
    if let Err(reason) = &outcome {
        eprintln!("{name}: {reason}");
    }
    println!("== {name}: {:.1} s", took.as_secs_f64());
    Step { name, outcome, took }
}

fn cargo_step(arguments: &[&str]) -> Result<&'static str> {
    run_command(&mut cargo(arguments)).map(|()| "ok")
}

fn docs() -> Result<&'static str> {
    run_command(cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings")).map(|()| "ok")
}

/// Advisories are left out: they need the network, and change without the source.
fn deny() -> Result<&'static str> {
    let installed = cargo(&["deny", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !installed.is_ok_and(|status| status.success()) {
        println!(
            "cargo-deny is not on this machine: the step is skipped (`cargo install --locked cargo-deny`)"
        );
        return Ok("SKIPPED: cargo-deny is not on this machine");
    }
    cargo_step(&["deny", "check", "bans", "licenses", "sources"])
}
