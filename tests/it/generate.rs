//! Migrations that are generated, and what they make.

#[rustfmt::skip]
mod change;
#[rustfmt::skip]
mod create;
mod schemas;

use std::time::{Duration, Instant};

use atlas::{
    Error,
    migrate::{
        Action, Check, Column, ColumnDefault, ColumnType, ForeignKey, FullTextIndex, Generate, Index,
        IndexKind, ItemType, MigrationFolder, Migrator, Rename, Schema, SchemaChange, Snapshot, Storage,
        Table, check, diff, migrations,
    },
    prelude::{Db, models},
    value::Value,
};

use crate::support::{Folder, databases};
use schemas::{Dice, schema, successor};

/// What the database has that these tables have not, or the other way.
async fn differences(db: &Db, tables: &[Table]) -> Vec<String> {
    let driver = db.driver().unwrap();
    let mut found = Vec::new();
    for name in Schema::tables(db).await.unwrap().into_iter().filter(|name| name != "migrations") {
        found.push(driver.normalize(&db.inspect(&name).await.unwrap().unwrap()));
    }
    let mut wanted: Vec<Table> = tables.iter().map(|table| driver.normalize(table)).collect();
    for table in &mut wanted {
        let Some(there) = found.iter().find(|own| own.name == table.name) else { continue };
        for column in &mut table.columns {
            // On MySQL a text that was a key once keeps its length.
            let long = there
                .column(&column.name)
                .map(|own| own.storage.clone())
                .filter(|storage| matches!(storage, Storage::Varchar(255) | Storage::Varbinary(255)));
            if let Some(long) = long.filter(|_| matches!(column.ty, ColumnType::Text | ColumnType::Bytes)) {
                column.storage = long;
            }
        }
    }
    let changes = diff(&found, &wanted, &[]).unwrap();
    if changes.is_empty() { Vec::new() } else { vec![shown(&changes)] }
}

/// For each database: how long it may take, and the seed to begin with.
fn limits() -> (Duration, u64) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let started = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let seed = number("ATLAS_TEST_SEED").unwrap_or(started.as_secs() * 1_000);
    (Duration::from_secs(number("ATLAS_TEST_SECONDS").unwrap_or(4)), seed)
}

/// From nothing to a schema, to another one, and back to the first.
async fn there_and_back(db: &Db, seed: u64) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    let filters = db.driver_name() != "mysql";
    let before = schema(&mut dice, filters);
    let (after, renames) = successor(&mut dice, &before, filters);
    let (from, to) = (Snapshot::of_tables(before.clone()), Snapshot::of_tables(after.clone()));
    assert_eq!(Snapshot::parse(&from.to_string()).unwrap(), from);
    Schema::drop_all_tables(db).await.unwrap();
    let nothing = Snapshot::default();
    let made = Generate::new(&nothing, &from).plan().unwrap().up(db).await;
    made.map_err(|error| format!("the first cannot be made: {error}\n{before:#?}"))?;
    let same = async |what: &str, tables: &[Table], changes: &[SchemaChange]| {
        let differences = differences(db, tables).await;
        match differences.is_empty() {
            true => Ok(()),
            false => Err(format!("{what} is another: {}\n\nafter {}", differences[0], shown(changes))),
        }
    };
    same("the first", &before, &[]).await?;
    let generate = Generate::new(&from, &to).lose_data(true);
    let generate = renames.into_iter().fold(generate, Generate::rename);
    let plan = generate.plan().map_err(|error| format!("there is no plan: {error}"))?;
    let cannot =
        |way: &str, error: Error, changes: &[SchemaChange]| format!("{way}: {error}\n{}", shown(changes));
    plan.up(db).await.map_err(|error| cannot("up", error, &plan.up))?;
    same("the second", &after, &plan.up).await?;
    plan.down(db).await.map_err(|error| cannot("down", error, &plan.down))?;
    same("the first again", &before, &plan.down).await
}

fn shown(changes: &[SchemaChange]) -> String {
    let shown = changes.iter().map(|change| match change {
        SchemaChange::AlterTable { before, changes } => {
            let lines = changes.iter().map(|change| format!("  {change:?}"));
            format!("{}:\n{}", before.name, lines.collect::<Vec<_>>().join("\n"))
        }
        SchemaChange::CreateTable(table) => format!("{table:#?}"),
        other => format!("{other:?}"),
    });
    let mut text = shown.collect::<Vec<_>>().join("\n");
    // What is not said of most columns.
    for usual in
        ["starts_at: None, ", "touched: false, ", "computed: None, ", "collation: None, ", "comment: None "]
    {
        text = text.replace(usual, "");
    }
    text
}

// 003-39, B-412
#[tokio::test]
async fn any_schema_becomes_any_other_and_back() {
    let (limit, first) = limits();
    let mut failures = Vec::new();
    for db in databases().await {
        let started = Instant::now();
        let mut seed = first;
        let mut here = 0;
        while started.elapsed() < limit && here < 5 {
            if let Err(failure) = there_and_back(&db, seed).await {
                failures.push(format!("{} with ATLAS_TEST_SEED={seed}: {failure}", db.driver_name()));
                here += 1;
            }
            seed += 1;
        }
        println!("{}: {} pairs", db.driver_name(), seed - first);
        assert!(seed > first);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// A schema in which everything is that every database has, and what becomes of it.
fn everything() -> (Snapshot, Snapshot) {
    let column = |name: &'static str, ty| Column::new(name, ty);
    let stored = |name: &'static str, ty, storage| Column { storage, ..Column::new(name, ty) };
    let with = |name: &'static str, ty, value| Column {
        default: Some(ColumnDefault::Value(value)),
        ..Column::new(name, ty)
    };
    let optional = |column: Column| Column { nullable: true, ..column };
    let key = |name: &'static str, ty| Column { generated: true, ..Column::new(name, ty) };
    let table = |name: &'static str, columns: Vec<Column>| {
        let primary_key = vec![columns[0].name.clone()];
        Table { columns, primary_key, ..Table::new(name) }
    };
    let numeric = "1.50".parse().unwrap();
    let mut things = table(
        "things",
        vec![
            key("id", ColumnType::I64),
            with("yes", ColumnType::Bool, Value::Bool(true)),
            with("tiny", ColumnType::I8, Value::I64(-1)),
            column("small", ColumnType::I16),
            with("int", ColumnType::I32, Value::I64(7)),
            with("big", ColumnType::I64, Value::I64(i64::MAX)),
            column("utiny", ColumnType::U8),
            column("usmall", ColumnType::U16),
            column("uint", ColumnType::U32),
            column("ubig", ColumnType::U64),
            column("float", ColumnType::F32),
            with("double", ColumnType::F64, Value::F64(0.5)),
            with("number", ColumnType::Numeric, Value::Numeric(numeric)),
            stored("price", ColumnType::Numeric, Storage::Decimal(8, 2)),
            column("text", ColumnType::Text),
            Column {
                storage: Storage::Varchar(255),
                ..with("string", ColumnType::Text, Value::Text("it's; \\ \"x\"".into()))
            },
            optional(stored("short", ColumnType::Text, Storage::Varchar(20))),
            optional(stored("char", ColumnType::Text, Storage::Char(4))),
            Column {
                storage: Storage::Enum(vec!["draft".into(), "it's, done".into()]),
                ..with("state", ColumnType::Text, Value::Text("draft".into()))
            },
            optional(column("bytes", ColumnType::Bytes)),
            optional(column("uuid", ColumnType::Uuid)),
            with(
                "date",
                ColumnType::Date,
                Value::Date(atlas_core::value::Date::parse("2026-01-31").unwrap()),
            ),
            column("time", ColumnType::Time),
            optional(column("date_time", ColumnType::DateTime)),
            stored("seconds", ColumnType::DateTime, Storage::Fraction(0)),
            Column { default: Some(ColumnDefault::Now), ..column("timestamp", ColumnType::Timestamp) },
            optional(column("json", ColumnType::Json)),
            optional(column("list", ColumnType::Array(ItemType::I64))),
        ],
    );
    things.indexes = vec![
        Index::new("things", vec!["int".into(), "small".into()], IndexKind::Plain),
        Index { name: "one_string".into(), ..Index::new("things", vec!["string".into()], IndexKind::Unique) },
    ];
    things.full_text = vec![FullTextIndex::new("things", vec!["text".into()], "simple")];
    things.checks = vec![Check { name: Some("small_is_small".into()), expression: "small < 100".into() }];
    let mut parts = table(
        "parts",
        vec![
            column("thing_id", ColumnType::I64),
            column("place", ColumnType::I32),
            optional(column("other_id", ColumnType::I64)),
        ],
    );
    parts.primary_key = vec!["thing_id".into(), "place".into()];
    let refers = |columns: &'static str, on_delete| ForeignKey {
        on_delete,
        ..ForeignKey::new("parts", vec![columns.into()], "things", vec!["id".into()])
    };
    parts.foreign_keys = vec![refers("thing_id", Action::Cascade), refers("other_id", Action::SetNull)];
    let counts = table("counts", vec![key("number", ColumnType::I32), column("what", ColumnType::Text)]);
    let from = Snapshot::of_tables(vec![things.clone(), parts.clone(), counts.clone()]);

    let find = |table: &Table, name: &str| table.columns.iter().position(|own| own.name == name).unwrap();
    things.columns.remove(14);
    things.columns.push(column("body", ColumnType::Text));
    things.full_text = vec![FullTextIndex::new("things", vec!["body".into()], "simple")];
    let at = find(&things, "small");
    things.columns[at] = optional(column("small", ColumnType::I32));
    things.columns.remove(find(&things, "char"));
    things.columns.push(with("added", ColumnType::Text, Value::Text("new".into())));
    things.indexes[0] = Index::new("things", vec!["added".into()], IndexKind::Plain);
    things.indexes[1].name = "only_string".into();
    things.checks.clear();
    parts.primary_key = vec!["id".into()];
    parts.columns.push(key("id", ColumnType::I64));
    parts.foreign_keys[0].on_delete = Action::NoAction;
    let more = Table { name: "more".into(), ..counts };
    let words = table("words", vec![column("word", ColumnType::Text)]);
    (from, Snapshot::of_tables(vec![things, parts, more, words]))
}

const CREATE: &str = "2026_01_31_110000_create_everything";
const CHANGE: &str = "2026_01_31_120000_change_everything";

fn change_everything(from: &Snapshot, to: &Snapshot) -> atlas::migrate::Plan {
    Generate::new(from, to)
        .rename(Rename::parse("counts:more").unwrap())
        .rename(Rename::parse("things.text:body").unwrap())
        .lose_data(true)
        .plan()
        .unwrap()
}

// B-135: what is written is a program, and does what was planned. `ATLAS_TEST_WRITE=1` writes it again.
#[tokio::test]
async fn a_migration_is_written_in_rust() {
    let (from, to) = everything();
    let nothing = Snapshot::default();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/it/generate");
    for (name, plan, written) in [
        (CREATE, Generate::new(&nothing, &from).plan().unwrap(), include_str!("generate/create.rs")),
        (CHANGE, change_everything(&from, &to), include_str!("generate/change.rs")),
    ] {
        let text = plan.rust(name);
        if std::env::var_os("ATLAS_TEST_WRITE").is_some() {
            let file = if name == CREATE { "create.rs" } else { "change.rs" };
            std::fs::write(format!("{folder}/{file}"), &text).unwrap();
        } else {
            assert_eq!(text, written);
        }
    }
    for db in databases().await {
        let first = Migrator::new(&db).migrations(migrations![create::CreateEverything]);
        first.up().await.unwrap();
        assert_eq!(differences(&db, from.tables()).await, Vec::<String>::new(), "{}", db.driver_name());
        let migrator =
            Migrator::new(&db).migrations(migrations![create::CreateEverything, change::ChangeEverything]);
        migrator.up().await.unwrap();
        assert_eq!(differences(&db, to.tables()).await, Vec::<String>::new(), "{}", db.driver_name());
        migrator.down().await.unwrap();
        assert_eq!(differences(&db, from.tables()).await, Vec::<String>::new(), "{}", db.driver_name());
    }
}

// B-135
#[tokio::test]
async fn a_migration_is_written_in_sql() {
    let (from, to) = everything();
    let (nothing, plan) = (Snapshot::default(), change_everything(&from, &to));
    for db in databases().await {
        let folder = Folder::new(&format!("generate-sql-{}", db.driver_name()));
        let files = MigrationFolder::new(folder.path("migrations"));
        let first = Generate::new(&nothing, &from).plan().unwrap();
        let written = files.write_sql(CREATE, &first, &from, &db).unwrap();
        assert_eq!(written.len(), 3);
        assert_eq!(files.snapshot().unwrap(), from);
        let second = files.write_sql(CHANGE, &plan, &to, &db);
        let migrator = Migrator::new(&db).folder(files.path());
        if db.driver_name() == "sqlite" {
            let refused = second.unwrap_err();
            assert!(matches!(refused, Error::Unsupported { .. }), "{refused:?}");
            assert!(refused.to_string().contains("in Rust"), "{refused}");
            migrator.up().await.unwrap();
            continue;
        }
        second.unwrap();
        migrator.up().await.unwrap();
        assert_eq!(differences(&db, to.tables()).await, Vec::<String>::new(), "{}", db.driver_name());
        migrator.down_steps(1).await.unwrap();
        assert_eq!(differences(&db, from.tables()).await, Vec::<String>::new(), "{}", db.driver_name());
    }
}

mod models {
    use atlas::prelude::*;

    pub mod before {
        use super::*;

        #[derive(Model, Debug)]
        #[table("guests")]
        pub struct Guest {
            pub id: i64,
            pub name: String,
            pub age: i32,
        }
    }

    #[derive(Model, Debug)]
    #[table("guests")]
    #[full_text(full_name)]
    pub struct Guest {
        pub id: i64,
        #[index]
        pub full_name: String,
        #[unique]
        pub email: String,
        pub age: Option<i64>,
        #[default(true)]
        pub active: bool,
    }

    #[derive(Model, Debug)]
    #[table("stays")]
    pub struct Stay {
        pub id: i64,
        pub guest_id: i64,
        #[belongs_to(on_delete = cascade)]
        pub guest: BelongsTo<Guest>,
    }
}

#[test]
fn what_a_migration_costs_is_said_before() {
    use models::{Guest, Stay, before};
    let from = Snapshot::of(models![before::Guest]).unwrap();
    let to = Snapshot::of(models![Stay, Guest]).unwrap();
    // A column that is gone is not dropped without a word.
    let refused = Generate::new(&from, &to).plan().unwrap_err().to_string();
    assert!(refused.contains("would lose data: the column `name` of `guests` is dropped"), "{refused}");
    let plan = Generate::new(&from, &to).lose_data(true).plan().unwrap();
    assert_eq!(plan.losses, ["the column `name` of `guests` is dropped"]);

    // Somebody is asked whether it has another name now.
    let mut asked = Vec::new();
    let answered = Generate::new(&from, &to)
        .ask(|rename| {
            asked.push(rename.clone());
            matches!(rename, Rename::Column { to, .. } if to == "full_name")
        })
        .plan()
        .unwrap();
    let rename = Rename::parse("guests.name:full_name").unwrap();
    assert_eq!(asked, std::slice::from_ref(&rename));
    let plan = Generate::new(&from, &to).rename(rename).plan().unwrap();
    assert_eq!(plan, answered);
    assert_eq!(plan.losses, Vec::<String>::new());
    assert_eq!(plan.name(), "change_schema");
    for warning in [
        "the column `email` of `guests` takes no NULL and has no default",
        "the type of the column `age` of `guests` changes",
        "the index `guests_full_name_index` of `guests` is made from all rows",
        "the index `guests_email_unique` of `guests` is made from all rows",
        "rows that share its values are an error",
        "the full-text index `guests_full_name_fulltext`",
    ] {
        assert!(plan.warnings.iter().any(|own| own.contains(warning)), "{warning}: {:#?}", plan.warnings);
    }
    assert!(plan.warnings.iter().all(|warning| !warning.contains("stays")), "{:?}", plan.warnings);

    let wrong = Generate::new(&from, &to).rename(Rename::parse("guests.nmae:full_name").unwrap()).plan();
    assert!(wrong.unwrap_err().to_string().contains("`nmae` of `guests` cannot be called `full_name` now"));
    let alone = Snapshot::of(models![Stay]).unwrap_err().to_string();
    assert!(alone.contains("refers to `guests`, whose model is not among the models"), "{alone}");
}

#[test]
fn a_snapshot_is_read_as_it_was_written_and_nothing_of_it_is_passed_over() {
    let (from, to) = everything();
    for snapshot in [from, to, Snapshot::default()] {
        assert_eq!(Snapshot::parse(&snapshot.to_string()).unwrap(), snapshot);
    }
    let folder = Folder::new("snapshot");
    assert_eq!(Snapshot::read(folder.path("schema.json")).unwrap(), Snapshot::default());
    for (text, sentence) in [
        ("<<<<<<< HEAD", "if a merge left marks in it"),
        (r#"{"version": 2, "tables": []}"#, "a later version of Atlas"),
        (r#"{"tables": []}"#, "it is no snapshot"),
        (r#"{"version": 1, "tables": [{"name": "a", "colour": 1}]}"#, "the table `a` has a `colour`"),
        (
            r#"{"version": 1, "tables": [{"name": "a", "columns": [{"name": "b", "type": "complex"}]}]}"#,
            "the column `b`: `type` is \"complex\", which is not understood",
        ),
    ] {
        std::fs::write(folder.path("schema.json"), text).unwrap();
        let error = Snapshot::read(folder.path("schema.json")).unwrap_err().to_string();
        assert!(error.contains(sentence) && error.contains("schema.json"), "{error}");
    }
}

// B-114…118: what a database is like is asked at run time, and compared with what is in the repository.
#[tokio::test]
async fn drift_is_found_in_models_snapshot_and_database() {
    use models::{Guest, Stay, before};
    for db in databases().await {
        let last = Snapshot::of(models![before::Guest]).unwrap();
        let models = Snapshot::of(models![Guest, Stay]).unwrap();
        db.create_tables(models![Guest, Stay]).await.unwrap();
        let drift = check(&db, &models, &models).await.unwrap();
        assert!(drift.is_empty(), "{}: {drift}", db.driver_name());
        drift.into_result().unwrap();

        // A migration that nobody generated.
        let drift = check(&db, &models, &last).await.unwrap();
        assert_eq!(drift.database, Vec::<String>::new());
        for sentence in [
            "the snapshot has no table `stays`, which the models have",
            "the snapshot has no column `guests.full_name`, which the models have",
            "the snapshot has a column `guests.name`, which the models have not",
            "the column `guests.age` is of type i32 and not nullable in the snapshot, and of type i64 and nullable in the models",
            "the snapshot has not a unique index over `email` of `guests`, which the models have",
        ] {
            assert!(drift.models.iter().any(|own| own == sentence), "{sentence}: {:#?}", drift.models);
        }
        assert!(drift.into_result().unwrap_err().to_string().contains("guests.full_name"));

        // Somebody changed the database. What models cannot say is nobody's drift.
        Schema::table(&db, "guests", |t| {
            t.string("nickname").nullable();
            t.boolean("active").default(false).change();
            t.drop_index(["full_name"]);
            t.index(["age"]);
            t.check("guests_are_grown", "age > 17");
            t.comment("who was here");
        })
        .await
        .unwrap();
        Schema::table(&db, "stays", |t| t.drop_foreign(["guest_id"])).await.unwrap();
        Schema::create(&db, "others", |t| drop(t.id())).await.unwrap();
        let mut drift = check(&db, &models, &models).await.unwrap();
        drift.database.sort();
        let active = drift.database.remove(0);
        // A truth value is a number on SQLite.
        let [no, yes] = match db.driver_name() {
            "sqlite" => ["the integer 0", "the integer 1"],
            _ => ["the bool false", "the bool true"],
        };
        assert_eq!(
            active,
            format!(
                "the column `guests.active` is with {no} as its default in the database, and with {yes} as its default in the models"
            )
        );
        assert_eq!(
            drift.database,
            [
                "the database has a column `guests.nickname`, which the models have not",
                "the database has an index over `age` of `guests`, which the models have not",
                "the database has not a foreign key over `guest_id` of `stays` to `id` of `guests`, cascading deletes, which the models have",
                "the database has not an index over `full_name` of `guests`, which the models have",
            ],
            "{}",
            db.driver_name()
        );
        assert_eq!(drift.unknown, ["others"]);
    }
}

#[tokio::test]
async fn rows_stay_where_a_migration_changes_their_table() {
    let column = |name: &'static str, ty| Column::new(name, ty);
    let id = Column { generated: true, ..column("id", ColumnType::I64) };
    let table = |name: &'static str, columns: Vec<Column>| Table {
        columns,
        primary_key: vec!["id".into()],
        ..Table::new(name)
    };
    let mut stays =
        table("stays", vec![id.clone(), Column { nullable: true, ..column("guest_id", ColumnType::I64) }]);
    stays.foreign_keys = vec![ForeignKey {
        on_delete: Action::Cascade,
        ..ForeignKey::new("stays", vec!["guest_id".into()], "guests", vec!["id".into()])
    }];
    let guests =
        table("guests", vec![id.clone(), column("name", ColumnType::Text), column("age", ColumnType::I16)]);
    let from = Snapshot::of_tables(vec![guests, stays.clone()]);
    let active = Column {
        default: Some(ColumnDefault::Value(Value::Bool(true))),
        ..column("active", ColumnType::Bool)
    };
    let age = Column { nullable: true, ..column("age", ColumnType::I64) };
    let people = table("people", vec![id, column("full_name", ColumnType::Text), age, active]);
    stays.foreign_keys[0].table = "people".into();
    let to = Snapshot::of_tables(vec![people, stays]);
    let plan = Generate::new(&from, &to)
        .rename(Rename::parse("guests:people").unwrap())
        .rename(Rename::parse("people.name:full_name").unwrap())
        .plan()
        .unwrap();
    for db in databases().await {
        let nothing = Snapshot::default();
        Generate::new(&nothing, &from).plan().unwrap().up(&db).await.unwrap();
        db.execute("INSERT INTO guests (name, age) VALUES ('Ann', 34), ('Bob', 17)", ()).await.unwrap();
        db.execute("INSERT INTO stays (guest_id) VALUES (1), (2), (NULL)", ()).await.unwrap();
        plan.up(&db).await.unwrap();
        let people = db.table("people").order_by("id").get().await.unwrap();
        let shown: Vec<(String, i64, bool)> = people
            .iter()
            .map(|row| (row.get("full_name").unwrap(), row.get("age").unwrap(), row.get("active").unwrap()))
            .collect();
        assert_eq!(
            shown,
            [("Ann".to_owned(), 34, true), ("Bob".to_owned(), 17, true)],
            "{}",
            db.driver_name()
        );
        assert_eq!(db.table("stays").count().await.unwrap(), 3);
        // What refers to it still does.
        db.execute("DELETE FROM people WHERE id = 1", ()).await.unwrap();
        assert_eq!(db.table("stays").count().await.unwrap(), 2);
        plan.down(&db).await.unwrap();
        let names = db.table("guests").pluck::<String>("name").await.unwrap();
        assert_eq!(names, ["Bob"]);
        assert_eq!(differences(&db, from.tables()).await, Vec::<String>::new(), "{}", db.driver_name());
    }
}
