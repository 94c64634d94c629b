//! `migrate:generate`, `check` and `db:pull`: models, and what they were and what the database is.

use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use atlas_migrate::{Generate, MigrationFolder, Plan, Pull, Rename, Snapshot};
use clap::ArgMatches;
use serde_json::json;

use super::{
    Context,
    make::{MIGRATIONS, free_stamp},
};
use crate::{
    failure::{Failure, Outcome},
    names::{is_name, snake},
    output::{note, say},
};

impl Context {
    /// The schema of the program's models.
    fn models(&self) -> Outcome<Snapshot> {
        if self.app.models.is_empty() {
            return Err(Failure::new(
                "this command knows no models: a program names its own, as in `atlas_cli::run(App::new().models(models![User]))`, and `atlas.toml` names that program",
            ));
        }
        Ok(Snapshot::of(self.app.models.iter().copied())?)
    }

    /// Where migrations are generated, and the snapshot is beside them.
    fn generated(&self) -> MigrationFolder {
        let in_sql = self.settings.migrations();
        let has_one = |folder: &Path| folder.join(Snapshot::FILE).is_file();
        let rust = PathBuf::from(MIGRATIONS);
        MigrationFolder::new(if has_one(&in_sql) && !has_one(&rust) { in_sql } else { rust })
    }
}

pub(super) async fn generate(context: &Context, given: &ArgMatches) -> Outcome {
    let models = context.models()?;
    let folder = context.generated();
    let sql = given.get_flag("sql") || folder.path() != Path::new(MIGRATIONS);
    let folder = match sql {
        true if folder.path().join(Snapshot::FILE).is_file() && folder.path() == Path::new(MIGRATIONS) => {
            return Err(Failure::new(format!(
                "this project's migrations are generated in Rust, in `{MIGRATIONS}`: leave out `--sql`"
            )));
        }
        true => MigrationFolder::new(context.settings.migrations()),
        false if Path::new("src").is_dir() => folder,
        false => {
            return Err(Failure::new(
                "there is no folder `src` here: add `--sql`, or go to a project's folder",
            ));
        }
    };
    if given.get_flag("accept") {
        let file = folder.path().join(Snapshot::FILE);
        models.write(&file)?;
        say(format!("wrote {}", file.display()));
        return Ok(());
    }
    let before = folder.snapshot()?;
    let mut generate = Generate::new(&before, &models).lose_data(given.get_flag("lose-data"));
    for rename in given.get_many::<String>("rename").into_iter().flatten() {
        generate = generate.rename(Rename::parse(rename)?);
    }
    if io::stdin().is_terminal() {
        generate = generate.ask(ask);
    }
    let plan = generate
        .plan()
        .map_err(|error| Failure::new(format!("{error} (`--rename posts.title:heading`, `--lose-data`)")))?;
    if plan.is_empty() {
        say("Nothing to do: the models are what was generated last.");
        return Ok(());
    }
    plan.losses.iter().for_each(|loss| note(format!("lost: {loss}")));
    plan.warnings.iter().for_each(|warning| note(format!("warning: {warning}")));
    let name = match given.get_one::<String>("name") {
        Some(name) if is_name(name) => snake(name),
        Some(name) => {
            return Err(Failure::new(format!("`{name}` is no name of a migration: letters, digits and `_`")));
        }
        None => plan.name(),
    };
    let name = format!("{}_{name}", free_stamp(&[context.settings.migrations(), PathBuf::from(MIGRATIONS)]));
    if given.get_flag("pretend") {
        return pretend(context, &plan, &name, sql).await;
    }
    let written = match sql {
        true => folder.write_sql(&name, &plan, &models, &context.db().await?)?,
        false => folder.write_rust(&name, &plan, &models)?,
    };
    written.iter().for_each(|path| say(format!("wrote {}", path.display())));
    Ok(())
}

async fn pretend(context: &Context, plan: &Plan, name: &str, sql: bool) -> Outcome {
    match sql {
        true => say(plan.sql(&context.db().await?)?.0.trim_end()),
        false => say(plan.rust(name).trim_end()),
    }
    Ok(())
}

/// Asks whoever sits before the terminal.
fn ask(rename: &Rename) -> bool {
    let question = match rename {
        Rename::Table { from, to } => format!("Is the table `{to}` what `{from}` was?"),
        Rename::Column { table, from, to } => format!("Is the column `{to}` of `{table}` what `{from}` was?"),
    };
    let _ = write!(io::stderr(), "{question} [y/N] ");
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).is_ok() && answer.trim().to_lowercase().starts_with('y')
}

pub(super) async fn check(context: &Context, given: &ArgMatches) -> Outcome<ExitCode> {
    let (models, last) = (context.models()?, context.generated().snapshot()?);
    let drift = atlas_migrate::check(&context.db().await?, &models, &last).await?;
    if given.get_flag("json") {
        say(json!({ "models": drift.models, "database": drift.database, "unknown": drift.unknown })
            .to_string());
    } else {
        drift.models.iter().for_each(|sentence| say(format!("not generated: {sentence}")));
        drift.database.iter().for_each(|sentence| say(format!("not migrated: {sentence}")));
        if drift.is_empty() {
            say("Models, migrations and database are the same.");
        }
    }
    Ok(if drift.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(super) async fn pull(context: &Context, given: &ArgMatches) -> Outcome {
    let folder = PathBuf::from(given.get_one::<String>("folder").map(String::as_str).unwrap_or_default());
    let list = folder.with_extension("rs");
    if list.is_file() {
        return Err(Failure::new(format!(
            "`{}` is this module already: choose another folder, as in `atlas db:pull src/pulled`",
            list.display()
        )));
    }
    let named = |option: &str| given.get_many::<String>(option).into_iter().flatten().map(String::as_str);
    let db = context.db().await?;
    let pull = Pull::new(&db).only(named("only")).except(named("except"));
    let (pulled, written) = pull.write(&folder).await?;
    pulled.notes.iter().for_each(|sentence| note(format!("note: {sentence}")));
    written.iter().for_each(|path| say(format!("wrote {}", path.display())));
    Ok(())
}
