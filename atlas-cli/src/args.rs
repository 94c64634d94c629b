//! Which commands there are, and what they take.

use clap::{Arg, ArgAction, Command, value_parser};
use clap_complete::Shell;

/// The command, by the name that it was called by.
pub(crate) fn command(name: &'static str) -> Command {
    Command::new(name)
        .about("Migrations, seeders, new files, and a look into the database")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .arg(
            Arg::new("database")
                .long("database")
                .value_name("URL")
                .global(true)
                .help("The database, in place of DATABASE_URL, .env and atlas.toml"),
        )
        .after_help(
            "Examples:\n  atlas init shop            makes a project that runs\n  atlas migrate              runs the migrations that have not run yet\n  atlas make:model Post -mf  writes a model, its migration and its factory\n  atlas query 'select 1'     asks the database",
        )
        .subcommands(project())
        .subcommands(migrations())
        .subcommands(making())
        .subcommands(database())
}

fn project() -> [Command; 2] {
    [
        Command::new("init")
            .about("Makes a project that runs")
            .arg(Arg::new("name").required(true).help("The folder, which is also the program's name"))
            .arg(
                Arg::new("path")
                    .long("path")
                    .value_name("FOLDER")
                    .help("Where Atlas's source is, until it is published"),
            )
            .after_help("Example:\n  atlas init shop && cd shop && cargo run"),
        Command::new("completions")
            .about("Writes the completions of a shell")
            .arg(Arg::new("shell").required(true).value_parser(value_parser!(Shell)))
            .after_help("Example:\n  atlas completions bash > /etc/bash_completion.d/atlas"),
    ]
}

fn migrations() -> [Command; 9] {
    [
        Command::new("migrate")
            .about("Runs the migrations that have not run yet")
            .arg(flag("pretend", "Prints the statements, and sends none that writes"))
            .arg(flag("seed", "Runs the seeders afterwards"))
            .arg(force())
            .after_help("Examples:\n  atlas migrate\n  atlas migrate --pretend\n  atlas migrate --seed"),
        Command::new("migrate:status")
            .about("Lists the migrations, and how each of them stands")
            .arg(flag("pending", "Fails where one has not run yet: for scripts"))
            .arg(json()),
        Command::new("migrate:rollback")
            .about("Takes back what the last run did")
            .arg(number("step", "Takes back the last so many migrations").conflicts_with("batches"))
            .arg(number("batches", "Takes back the last so many runs"))
            .arg(force())
            .after_help("Examples:\n  atlas migrate:rollback\n  atlas migrate:rollback --step 2"),
        Command::new("migrate:generate")
            .about("Writes the migration from what was generated last to what the models are now")
            .arg(Arg::new("name").help("What it is called; what it does, where nothing is said"))
            .arg(
                Arg::new("rename")
                    .long("rename")
                    .value_name("FROM:TO")
                    .action(ArgAction::Append)
                    .help("A table, or a column, `posts.title:heading`, has another name now"),
            )
            .arg(flag("lose-data", "What is gone from the models is dropped, with its data"))
            .arg(flag("sql", "As SQL of the database, in place of Rust"))
            .arg(flag("pretend", "Prints it, and writes nothing"))
            .arg(flag("accept", "Writes no migration: those written by hand make what the models are now"))
            .after_help(
                "Examples:\n  atlas migrate:generate\n  atlas migrate:generate --rename posts.title:heading",
            ),
        Command::new("check")
            .about("Fails where models, migrations and database differ: for CI")
            .arg(json()),
        Command::new("schema:dump")
            .about("Writes the tables into `schema.sql`, which a new database gets in place of the migrations so far")
            .arg(flag("prune", "Removes the SQL files of those migrations")),
        Command::new("migrate:reset").about("Takes back all migrations").arg(force()),
        Command::new("migrate:refresh")
            .about("Takes back all migrations, and runs them again")
            .arg(flag("seed", "Runs the seeders afterwards"))
            .arg(force()),
        Command::new("migrate:fresh")
            .about("Drops every table and view, and runs all migrations")
            .arg(flag("seed", "Runs the seeders afterwards"))
            .arg(force()),
    ]
}

fn making() -> [Command; 5] {
    let named = |name: &'static str, about: &'static str, example: &'static str| {
        Command::new(name)
            .about(about)
            .arg(Arg::new("name").required(true).help("What it is called"))
            .after_help(format!("Example:\n  {example}"))
    };
    [
        named("make:migration", "Writes a migration", "atlas make:migration add_age_to_users")
            .arg(flag("sql", "As SQL files, in place of Rust"))
            .arg(Arg::new("create").long("create").value_name("TABLE").help("It makes this table"))
            .arg(
                Arg::new("table")
                    .long("table")
                    .value_name("TABLE")
                    .conflicts_with("create")
                    .help("It changes this table"),
            ),
        named("make:model", "Writes a model", "atlas make:model Post -mfs")
            .arg(flag("migration", "And a migration that makes its table").short('m'))
            .arg(flag("factory", "And a factory").short('f'))
            .arg(flag("seeder", "And a seeder").short('s'))
            .arg(flag("observer", "And an observer").short('o')),
        named("make:seeder", "Writes a seeder", "atlas make:seeder PostSeeder"),
        named("make:factory", "Writes the factory of a model", "atlas make:factory Post"),
        named("make:observer", "Writes an observer of a model", "atlas make:observer Post"),
    ]
}

fn database() -> [Command; 7] {
    [
        Command::new("db:seed")
            .about("Runs the seeders: `DatabaseSeeder`, or all where there is none of that name")
            .arg(
                Arg::new("class")
                    .long("class")
                    .value_name("NAME")
                    .action(ArgAction::Append)
                    .help("This one alone; may be said again"),
            )
            .arg(force())
            .after_help("Examples:\n  atlas db:seed\n  atlas db:seed --class UserSeeder"),
        Command::new("db:show")
            .about("Says which database it is, and lists its tables")
            .arg(flag("counts", "With the number of rows of each"))
            .arg(json()),
        Command::new("db:table")
            .about("Says what a table is made of")
            .arg(Arg::new("table").required(true))
            .arg(json()),
        Command::new("db:pull")
            .about("Writes models out of the tables of the database")
            .arg(Arg::new("folder").default_value("src/models").help("Where they go"))
            .arg(list("only", "This table alone; may be said again"))
            .arg(list("except", "Not this table; may be said again"))
            .after_help("Example:\n  atlas db:pull --except sessions"),
        Command::new("db:wipe").about("Drops every table and view").arg(force()),
        Command::new("erd")
            .about("Draws the models, or else the tables of the database, and what refers to what")
            .arg(
                Arg::new("format")
                    .long("format")
                    .value_parser(["mermaid", "svg"])
                    .default_value("mermaid")
                    .help("How it is drawn"),
            )
            .arg(
                Arg::new("output").long("output").short('o').value_name("FILE").help("Writes it into a file"),
            )
            .after_help("Example:\n  atlas erd --format svg -o schema.svg"),
        Command::new("query")
            .about("Runs a statement, and prints its rows")
            .arg(Arg::new("sql").required(true).help("The statement; `-` reads it from standard input"))
            .arg(json())
            .after_help(
                "Examples:\n  atlas query 'select * from users'\n  atlas query --json - < report.sql",
            ),
    ]
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn number(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("N").value_parser(value_parser!(u32).range(1..)).help(help)
}

fn list(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("TABLE").action(ArgAction::Append).help(help)
}

fn json() -> Arg {
    flag("json", "As JSON")
}

fn force() -> Arg {
    flag("force", "In production too")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_commands_are_well_formed() {
        super::command("atlas").debug_assert();
    }
}
