//! `migrate` and its siblings, and `db:seed`.

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use atlas_core::Db;
use atlas_migrate::{Direction, MigrationEvent, Migrator, Report, Seeded, Seeding, State};
use clap::ArgMatches;
use serde_json::json;

use super::Context;
use crate::{
    failure::Outcome,
    output::{Colour, coloured, progress, say, table},
};

/// What `schema:dump` writes.
const SCHEMA_FILE: &str = "schema.sql";

fn migrator<'d>(context: &Context, db: &'d Db, force: bool) -> Migrator<'d> {
    let (app, settings) = (&context.app, &context.settings);
    let migrator = Migrator::new(db)
        .migrations(app.migrations.clone())
        .embedded(&app.embedded)
        .schema_file(SCHEMA_FILE)
        .environment(settings.environment())
        .force(force);
    let folder = settings.migrations();
    // What is part of the program is there once.
    if app.embedded.is_empty() && folder.is_dir() { migrator.folder(folder) } else { migrator }
}

fn is(given: &ArgMatches, flag: &str) -> bool {
    given.try_get_one::<bool>(flag).ok().flatten().copied().unwrap_or_default()
}

fn number(given: &ArgMatches, name: &str) -> Option<usize> {
    given.try_get_one::<u32>(name).ok().flatten().map(|number| *number as usize)
}

pub(super) async fn migrate(context: &Context, name: &str, given: &ArgMatches) -> Outcome {
    let db = context.db().await?;
    let migrator = migrator(context, &db, is(given, "force"));
    if is(given, "pretend") {
        return pretend(&migrator).await;
    }
    let steps = migrator.status().await?.iter().filter(|status| status.state == State::Pending).count();
    let bar = Arc::new(progress(steps));
    let told = bar.clone();
    let loaded = Arc::new(AtomicBool::new(false));
    let saw = loaded.clone();
    let migrator = migrator.listen(move |event| match event {
        MigrationEvent::MigrationStarted { name, .. } => {
            told.inc(1);
            told.set_message((*name).to_owned());
        }
        MigrationEvent::SchemaLoaded(_) => saw.store(true, Relaxed),
        _ => {}
    });
    let done = match (name, number(given, "step"), number(given, "batches")) {
        ("migrate:rollback", Some(steps), _) => migrator.down_steps(steps).await,
        ("migrate:rollback", _, batches) => migrator.down_batches(batches.unwrap_or(1)).await,
        ("migrate:reset", ..) => migrator.reset().await,
        ("migrate:refresh", ..) => migrator.refresh().await,
        ("migrate:fresh", ..) => migrator.fresh().await,
        _ => migrator.up().await,
    };
    bar.finish_and_clear();
    let done = done?;
    if loaded.load(Relaxed) {
        say(format!("{} {SCHEMA_FILE}", coloured("loaded     ", Colour::Green)));
    }
    if !loaded.load(Relaxed) || !done.ran.is_empty() {
        print(&done);
    }
    if is(given, "seed") {
        return run_seeders(context, &db, &[], is(given, "force")).await;
    }
    Ok(())
}

fn print(report: &Report) {
    for (name, direction) in &report.ran {
        say(match direction {
            Direction::Up => format!("{} {name}", coloured("applied    ", Colour::Green)),
            Direction::Down => format!("{} {name}", coloured("taken back ", Colour::Yellow)),
        });
    }
    for name in &report.skipped {
        say(format!("{} {name}", coloured("skipped    ", Colour::Dim)));
    }
    if report.ran.is_empty() && report.skipped.is_empty() {
        say("Nothing to do.");
    }
}

async fn pretend(migrator: &Migrator<'_>) -> Outcome {
    let noted = migrator.pretend().await?;
    for (name, statements) in &noted {
        say(format!("-- {name}"));
        statements.iter().for_each(|statement| say(format!("{};", statement.trim_end_matches(';'))));
    }
    if noted.is_empty() {
        say("Nothing to do.");
    }
    Ok(())
}

pub(super) async fn status(context: &Context, given: &ArgMatches) -> Outcome<ExitCode> {
    let db = context.db().await?;
    let all = migrator(context, &db, false).status().await?;
    let word = |state| match state {
        State::Pending => ("pending", Colour::Yellow),
        State::Applied => ("applied", Colour::Green),
        State::Changed => ("changed", Colour::Red),
        State::Missing => ("missing", Colour::Red),
        _ => ("unfinished", Colour::Red),
    };
    if is(given, "json") {
        let all = all.iter().map(|status| {
            json!({ "name": status.name, "state": word(status.state).0, "batch": status.batch, "applied_at": status.applied_at })
        });
        say(serde_json::Value::Array(all.collect()).to_string());
    } else if all.is_empty() {
        say("There are no migrations: `atlas make:migration create_users` writes one.");
    } else {
        let row = |status: &atlas_migrate::Status| {
            let (state, colour) = word(status.state);
            let batch = status.batch.map(|batch| batch.to_string()).unwrap_or_default();
            vec![
                status.name.clone(),
                batch,
                status.applied_at.clone().unwrap_or_default(),
                coloured(state, colour),
            ]
        };
        let rows: Vec<_> = all.iter().map(row).collect();
        say(table(&["migration", "batch", "applied at", "state"], &rows));
    }
    let pending = all.iter().any(|status| status.state == State::Pending);
    Ok(if is(given, "pending") && pending { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

pub(super) async fn dump(context: &Context, given: &ArgMatches) -> Outcome {
    let db = context.db().await?;
    let removed = migrator(context, &db, false).dump(SCHEMA_FILE, is(given, "prune")).await?;
    say(format!("wrote {SCHEMA_FILE}"));
    removed.iter().for_each(|path| say(format!("removed {}", path.display())));
    Ok(())
}

pub(super) async fn seed(context: &Context, given: &ArgMatches) -> Outcome {
    let names: Vec<String> = given.get_many::<String>("class").into_iter().flatten().cloned().collect();
    run_seeders(context, &context.db().await?, &names, is(given, "force")).await
}

/// The seeder that calls the others, where there is one of that name.
const ROOT: &str = "DatabaseSeeder";

async fn run_seeders(context: &Context, db: &Db, names: &[String], force: bool) -> Outcome {
    let seeding = Seeding::new(db)
        .seeders(context.app.seeders.clone())
        .environment(context.settings.environment())
        .force(force);
    // Where one of them calls the others, that is what is meant by all.
    let root = [ROOT.to_owned()];
    let names = if names.is_empty() && seeding.has(ROOT) { &root } else { names };
    let steps = if names.is_empty() { seeding.names().len() } else { names.len() };
    let bar = Arc::new(progress(steps));
    let told = bar.clone();
    let seeding = seeding.progress(move |name| {
        told.inc(1);
        told.set_message(name.to_owned());
    });
    let done = if names.is_empty() { seeding.run().await } else { seeding.call(names).await };
    bar.finish_and_clear();
    let done = done?;
    for (name, seeded) in &done {
        let (word, colour) = match seeded {
            Seeded::Completed => ("seeded     ", Colour::Green),
            Seeded::Skipped => ("skipped    ", Colour::Dim),
            _ => ("not here   ", Colour::Dim),
        };
        say(format!("{} {name}", coloured(word, colour)));
    }
    if done.is_empty() {
        say("There are no seeders: `atlas make:seeder UserSeeder` writes one.");
    }
    Ok(())
}
