//! The chores of the Atlas repository: `cargo xtask help`.
#![forbid(unsafe_code)]

mod bench;
mod capabilities;
mod ci;
mod code;
mod command;
mod drivers;
mod invariants;
mod outcomes;
mod services;
mod test;

use std::process::ExitCode;

/// What a chore ends with. An error is a sentence for the person at the terminal.
type Result<T = ()> = std::result::Result<T, String>;

/// A chore: its name, one line about it, its help, and what it does with its arguments.
struct Chore {
    name: &'static str,
    about: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Result,
}

const CHORES: [Chore; 5] = [
    Chore { name: "test", about: "run every test of the workspace", help: test::HELP, run: test::run },
    Chore {
        name: "ci",
        about: "run what .ci/run runs: format, lints, docs, licences, tests",
        help: ci::HELP,
        run: ci::run,
    },
    Chore {
        name: "services",
        about: "start and stop the database servers that the tests need",
        help: services::HELP,
        run: services::run,
    },
    Chore {
        name: "capabilities",
        about: "write the guide's table of what each database can do",
        help: capabilities::HELP,
        run: capabilities::run,
    },
    Chore { name: "bench", about: "measure Atlas beside others", help: bench::HELP, run: bench::run },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result {
    let Some((name, rest)) = arguments.split_first() else {
        print!("{}", overview());
        return Ok(());
    };
    if is_help(name) {
        match rest.first() {
            Some(topic) => println!("{}", chore(topic)?.help),
            None => print!("{}", overview()),
        }
        return Ok(());
    }
    let chore = chore(name)?;
    if rest.iter().any(|argument| is_help(argument)) {
        println!("{}", chore.help);
        return Ok(());
    }
    (chore.run)(rest)
}

fn is_help(argument: &str) -> bool {
    matches!(argument, "help" | "--help" | "-h")
}

fn chore(name: &str) -> Result<&'static Chore> {
    CHORES
        .iter()
        .find(|chore| chore.name == name)
        .ok_or_else(|| format!("there is no command `{name}`\n\n{}", overview()))
}

fn overview() -> String {
    let mut text = String::from("Usage: cargo xtask <command> [options]\n\nCommands:\n");
    for chore in &CHORES {
        text += &format!("  {:<12}  {}\n", chore.name, chore.about);
    }
    text + "\n`cargo xtask help <command>` says more.\n"
}
