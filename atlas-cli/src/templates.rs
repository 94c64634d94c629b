//! What is written into new files. `{Name}` and its like stand for names.

/// A text with names put in.
pub(crate) fn fill(template: &str, names: &[(&str, &str)]) -> String {
    names.iter().fold(template.to_owned(), |text, (place, name)| text.replace(&format!("{{{place}}}"), name))
}

pub(crate) const MIGRATION: &str = r#"use atlas::{
    migrate::{Migration, Schema},
    prelude::*,
};

pub struct {Name};

impl Migration for {Name} {
    const NAME: &'static str = "{stamp}_{name}";

    async fn up(&self, db: &Db) -> Result<()> {
{up}
    }

    async fn down(&self, db: &Db) -> Result<()> {
{down}
    }
}
"#;

pub(crate) const CREATE: (&str, &str) = (
    r#"        Schema::create(db, "{table}", |t| {
            t.id();
        })
        .await"#,
    r#"        Schema::drop_if_exists(db, "{table}").await"#,
);

pub(crate) const CHANGE: &str = r#"        Schema::table(db, "{table}", |_t| {}).await"#;

pub(crate) const ADD: &str = r#"        Schema::table(db, "{table}", |t| {
            t.string("{column}").nullable();
        })
        .await"#;

pub(crate) const DROP: &str = r#"        Schema::table(db, "{table}", |t| {
            t.drop_column("{column}");
        })
        .await"#;

pub(crate) const MODEL: &str = r#"use atlas::prelude::*;

#[derive(Model, Debug)]
#[table("{table}")]
pub struct {Name} {
    pub id: i64,
}
"#;

pub(crate) const SEEDER: &str = r#"use atlas::{migrate::Seeder, prelude::*};

pub struct {Name};

impl Seeder for {Name} {
    async fn run(&self, _db: &Db) -> Result<()> {
        Ok(())
    }
}
"#;

pub(crate) const FACTORY: &str = r#"use atlas::{
    Complete,
    factory::{Factory, Making},
    prelude::*,
};

use crate::models::{Model};

impl Factory for {Model} {
    fn definition(_making: &mut Making) -> impl Complete<{Model}> {
        {Model}::draft()
    }
}
"#;

pub(crate) const OBSERVER: &str = r#"use atlas::prelude::*;

use crate::models::{Model};

/// Added by `db.observe::<{Model}>({Model}Observer)`.
pub struct {Model}Observer;

impl Observer<{Model}> for {Model}Observer {
    async fn created(&self, _db: &Db, _record: &mut Record<{Model}>) -> Result<()> {
        Ok(())
    }
}
"#;

pub(crate) const CARGO: &str = r#"[package]
name = "{name}"
version = "0.1.0"
edition = "2024"
default-run = "{name}"

[dependencies]
atlas = { {atlas}features = ["factory", "migrate"] }
atlas-cli = { {cli}default-features = false, features = ["sqlite"] }

[workspace]
"#;

pub(crate) const ATLAS_TOML: &str = r#"# What the command `atlas` works with in this folder. DATABASE_URL, here or in .env, names the database.
# What runs this program's own command, which knows its migrations, seeders and models.
program = "cargo run --quiet --bin atlas --"
"#;

pub(crate) const ENV: &str = "DATABASE_URL=sqlite://{name}.db\n";

pub(crate) const GITIGNORE: &str = "/target\n*.db\n*.db-shm\n*.db-wal\n.env\n";

pub(crate) const LIB: &str = r#"//! The models of this program, and what makes and fills their tables.

pub mod factories;
pub mod migrations;
pub mod models;
pub mod seeders;
"#;

pub(crate) const MAIN: &str = r#"use atlas::{migrate::Migrator, prelude::*};
use {crate}::{migrations, models::User};

#[atlas::main]
async fn main() -> Result<()> {
    let url = std::env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite://{name}.db".to_owned());
    let db = Db::connect(&url).await?;
    Migrator::new(&db).migrations(migrations::all()).up().await?;

    User::first_or_create(&db, User::name.eq("Ann"), User::draft().name("Ann")).await?;
    for user in User::query().order_by(User::name).get(&db).await? {
        println!("Hello, {}!", user.name);
    }
    Ok(())
}
"#;

pub(crate) const COMMAND: &str = r#"//! The command `atlas` with this program's migrations, seeders and models: `cargo run --bin atlas -- migrate`, which the
//! installed command calls by itself.

use std::process::ExitCode;

use atlas_cli::App;
use {crate}::{migrations, models, seeders};

fn main() -> ExitCode {
    atlas_cli::run(App::new().migrations(migrations::all()).seeders(seeders::all()).models(models::all()))
}
"#;

pub(crate) const FIRST_MODEL: &str = r#"use atlas::prelude::*;

#[derive(Model, Debug)]
#[table("users")]
pub struct User {
    pub id: i64,
    #[unique]
    pub name: String,
}
"#;

pub(crate) const FIRST_FACTORY: &str = r#"use atlas::{
    Complete,
    factory::{Factory, Making, fake::faker::name::en::Name},
    prelude::*,
};

use crate::models::User;

impl Factory for User {
    fn definition(making: &mut Making) -> impl Complete<User> {
        User::draft().name(format!("{} {}", making.fake::<String>(Name()), making.number()))
    }
}
"#;

pub(crate) const FIRST_SEEDER: &str = r#"use atlas::{factory::Factory, migrate::Seeder, prelude::*};

use crate::models::User;

pub struct UserSeeder;

impl Seeder for UserSeeder {
    async fn run(&self, db: &Db) -> Result<()> {
        User::factory().count(3).create(db).await.map(|_| ())
    }
}
"#;
