//! What the commands do.

mod database;
mod erd;
mod init;
mod make;
mod migrate;
mod models;
mod query;

use std::{
    ffi::OsString,
    io,
    process::{Command, ExitCode},
};

use atlas_core::Db;
use clap::ArgMatches;
use clap_complete::Shell;

use crate::{
    App, args,
    failure::{Failure, Outcome},
    output,
    settings::Settings,
};

/// What a command works with.
struct Context {
    app: App,
    settings: Settings,
}

impl Context {
    async fn db(&self) -> Outcome<Db> {
        Ok(Db::connect(&self.settings.url()?).await?)
    }
}

/// Set for the program's own command, so that it is called once.
const CALLED: &str = "ATLAS_CALLED_BY";

pub(crate) fn run(app: App, arguments: Vec<OsString>, installed: bool) -> ExitCode {
    let matches = match args::command("atlas").try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    match dispatch(app, &matches, &arguments, installed) {
        Ok(code) => code,
        Err(failure) => {
            output::failed(&failure);
            ExitCode::FAILURE
        }
    }
}

fn dispatch(app: App, matches: &ArgMatches, arguments: &[OsString], installed: bool) -> Outcome<ExitCode> {
    let Some((name, given)) = matches.subcommand() else { return Ok(ExitCode::from(2)) };
    match name {
        "init" => return init::init(given).map(|()| ExitCode::SUCCESS),
        "completions" => {
            if let Some(shell) = given.get_one::<Shell>("shell") {
                clap_complete::generate(*shell, &mut args::command("atlas"), "atlas", &mut io::stdout());
            }
            return Ok(ExitCode::SUCCESS);
        }
        _ => {}
    }
    let settings = Settings::read(given.get_one::<String>("database").cloned())?;
    if let Some(kind) = name.strip_prefix("make:") {
        return make::make(kind, given, &settings).map(|()| ExitCode::SUCCESS);
    }
    if installed
        && std::env::var_os(CALLED).is_none()
        && needs_program(name)
        && let Some(program) = settings.program()
    {
        return call(&program, arguments);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(format!("no runtime could be made: {error}")))?;
    runtime.block_on(work(Context { app, settings }, name, given))
}

/// Whether a command needs what only the program knows.
fn needs_program(name: &str) -> bool {
    name.starts_with("migrate") || matches!(name, "db:seed" | "erd" | "check" | "schema:dump")
}

/// Hands the command on to the program's own.
fn call(program: &[String], arguments: &[OsString]) -> Outcome<ExitCode> {
    let Some((first, rest)) = program.split_first() else { return Ok(ExitCode::FAILURE) };
    let mut command = Command::new(first);
    let status = command.args(rest).args(arguments.iter().skip(1)).env(CALLED, "atlas").status();
    let status = status.map_err(|error| {
        Failure::new(format!("`program` in `atlas.toml` cannot be run, `{}`: {error}", program.join(" ")))
    })?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

async fn work(context: Context, name: &str, given: &ArgMatches) -> Outcome<ExitCode> {
    match name {
        "migrate:status" => return migrate::status(&context, given).await,
        "check" => return models::check(&context, given).await,
        "migrate:generate" => models::generate(&context, given).await,
        "schema:dump" => migrate::dump(&context, given).await,
        "db:pull" => models::pull(&context, given).await,
        "db:seed" => migrate::seed(&context, given).await,
        "db:show" => database::show(&context, given).await,
        "db:table" => database::table(&context, given).await,
        "db:wipe" => database::wipe(&context, given).await,
        "erd" => erd::erd(&context, given).await,
        "query" => query::query(&context, given).await,
        migration => migrate::migrate(&context, migration, given).await,
    }
    .map(|()| ExitCode::SUCCESS)
}
