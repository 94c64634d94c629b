//! Models out of databases. What is pulled of Chinook, and of tables with odd names, is written down beside this file and
//! compiled; `ATLAS_TEST_WRITE=1` writes it again.

use std::fs;

use atlas::{
    migrate::{Pull, Pulled, Schema, Snapshot, check},
    prelude::*,
};

use crate::{
    chinook::shop,
    support::{Folder, databases},
};

macro_rules! pulled {
    ($($name:ident)*) => { $(
        #[rustfmt::skip]
        mod $name;
    )* };
}
pulled!(chinook_sqlite chinook_postgres chinook_mysql odd_sqlite odd_postgres odd_mysql);

/// The files as one: each module inside of the list.
fn as_one(pulled: &Pulled) -> String {
    let mut whole = pulled.files["mod.rs"].clone();
    for (name, text) in &pulled.files {
        let name = name.strip_suffix(".rs").unwrap();
        whole = whole.replace(&format!("\nmod {name};\n"), &format!("\nmod {name} {{\n{text}}}\n"));
        whole = whole.replace(&format!("\nmod r#{name};\n"), &format!("\nmod r#{name} {{\n{text}}}\n"));
    }
    whole
}

/// What was pulled is what is compiled here.
fn compare(file: &str, pulled: &Pulled) {
    let path = format!("{}/it/pull/{file}.rs", env!("CARGO_MANIFEST_DIR"));
    let text = as_one(pulled);
    if std::env::var_os("ATLAS_TEST_WRITE").is_some() {
        fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/it/pull")).unwrap();
        fs::write(&path, &text).unwrap();
    } else {
        assert_eq!(text, fs::read_to_string(&path).unwrap(), "{file}");
    }
}

/// The schema of the models is that of the database.
async fn no_drift(db: &Db, models: Vec<&'static atlas::migrate::ModelMeta>, unknown: &[&str]) {
    let models = Snapshot::of(models).unwrap();
    let drift = check(db, &models, &models).await.unwrap();
    assert!(drift.is_empty(), "{}: {drift}", db.driver_name());
    assert_eq!(drift.unknown, unknown, "{}", db.driver_name());
}

#[tokio::test]
async fn chinook_is_pulled_and_its_models_are_its_schema() {
    for db in databases().await {
        let Some((db, _folder)) = shop(db, "pull").await else { return };
        let pulled = Pull::new(&db).models().await.unwrap();
        assert_eq!(pulled.notes, Vec::<String>::new());
        compare(&format!("chinook_{}", db.driver_name()), &pulled);
        if std::env::var_os("ATLAS_TEST_WRITE").is_some() {
            continue;
        }
        match db.driver_name() {
            "sqlite" => {
                no_drift(&db, chinook_sqlite::all(), &[]).await;
                let album = chinook_sqlite::Album::query()
                    .with((chinook_sqlite::Album::artist, chinook_sqlite::Album::tracks))
                    .find_or_fail(&db, 1)
                    .await
                    .unwrap();
                assert_eq!(album.artist.get().unwrap().unwrap().name.as_deref(), Some("AC/DC"));
                assert_eq!(album.tracks.get().unwrap().len(), 10);
            }
            "postgres" => {
                no_drift(&db, chinook_postgres::all(), &[]).await;
                let first = chinook_postgres::Playlist::query()
                    .with(chinook_postgres::Playlist::tracks)
                    .find_or_fail(&db, 1)
                    .await
                    .unwrap();
                assert_eq!(first.tracks.get().unwrap().len(), 3290);
            }
            _ => {
                no_drift(&db, chinook_mysql::all(), &[]).await;
                let boss = chinook_mysql::Employee::find_or_fail(&db, 1).await.unwrap();
                let under = boss.related(chinook_mysql::Employee::employees_by_employee);
                assert_eq!(under.count(&db).await.unwrap(), 2);
            }
        }
    }
}

async fn make_odd(db: &Db) {
    Schema::create(db, "odd users", |t| {
        t.id();
        t.string("type").comment("What it is; \"quoted\".");
        t.string("first name").nullable();
        t.integer("2nd").default(7);
        t.boolean("self").default(true);
        t.enumeration("state", ["on", "half-way", "off now"]).default("off now");
        t.decimal("price", 8, 2).default("1.50");
        t.timestamp("made").use_current();
        t.json("extra").nullable();
        t.double("weight").nullable();
        t.uuid("token").nullable().unique();
        t.date("born").nullable();
        t.time("wakes").nullable();
        t.date_time("seen").nullable();
        t.binary("raw").nullable();
        t.big_integer("boss_id").nullable();
        t.foreign("boss_id").references("id").on("odd users").null_on_delete();
        t.index(["type", "2nd"]);
        t.full_text(["type"], "simple");
    })
    .await
    .unwrap();
    Schema::create(db, "profiles", |t| {
        t.big_integer("user");
        t.primary(["user"]);
        t.text("text");
        t.foreign("user").references("id").on("odd users").cascade_on_delete();
    })
    .await
    .unwrap();
    Schema::create(db, "results", |t| {
        t.big_integer("org");
        t.integer("number");
        t.primary(["org", "number"]);
        t.string("Option").nullable();
    })
    .await
    .unwrap();
    Schema::create(db, "result_lines", |t| {
        t.id();
        t.big_integer("org");
        t.integer("number");
        t.foreign(["org", "number"]).references(["org", "number"]).on("results").cascade_on_update();
        t.big_integer("sent_by_id").nullable();
        t.big_integer("read_by_id").nullable();
        t.foreign("sent_by_id").references("id").on("odd users");
        t.foreign("read_by_id").references("id").on("odd users");
    })
    .await
    .unwrap();
    Schema::create(db, "tags", |t| {
        t.increments("id");
        t.string("name").unique();
    })
    .await
    .unwrap();
    Schema::create(db, "tagged", |t| {
        t.big_integer("user_id");
        t.integer("tag_id");
        t.primary(["user_id", "tag_id"]);
        t.timestamps();
        t.foreign("user_id").references("id").on("odd users");
        t.foreign("tag_id").references("id").on("tags");
    })
    .await
    .unwrap();
    Schema::create(db, "log", |t| {
        t.text("line");
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn odd_names_become_models() {
    for db in databases().await {
        make_odd(&db).await;
        let pulled = Pull::new(&db).models().await.unwrap();
        assert_eq!(pulled.notes, ["`log` has no primary key, and no model: use `db.table(..)`"]);
        compare(&format!("odd_{}", db.driver_name()), &pulled);
        if std::env::var_os("ATLAS_TEST_WRITE").is_some() {
            continue;
        }
        match db.driver_name() {
            "sqlite" => no_drift(&db, odd_sqlite::all(), &["log"]).await,
            "postgres" => no_drift(&db, odd_postgres::all(), &["log"]).await,
            _ => no_drift(&db, odd_mysql::all(), &["log"]).await,
        }
        let text = as_one(&pulled);
        for line in [
            "pub r#type: String,",
            "#[column(\"first name\")]\n    pub first_name: Option<String>,",
            "#[column(\"2nd\")]\n    #[default(7)]\n    pub n2nd: ",
            "pub self_: ",
            "#[belongs_to(foreign_key = boss_id, on_delete = set_null)]\n    pub boss: BelongsTo<OddUser>,",
            "pub odd_users_by_boss: HasMany<OddUser>,",
            "#[has_one(foreign_key = user, local_key = id)]\n    pub profile: HasOne<Profile>,",
            "#[belongs_to(foreign_key = (org, number), owner_key = (org, number), on_update = cascade)]",
            "pub result_lines_by_sent_by: HasMany<ResultLine>,",
            "pub struct ResultRow {",
            "pub tags: BelongsToMany<Tag, Tagged>,",
            "pub odd_users: BelongsToMany<OddUser, Tagged>,",
        ] {
            assert!(text.contains(line), "{}: {line}\n{text}", db.driver_name());
        }
        if db.driver_name() != "sqlite" {
            assert!(text.contains("/// What it is; \"quoted\"."), "{text}");
        }
    }
}

/// An enum of PostgreSQL's own, and a field whose value the database fills in.
#[tokio::test]
async fn enums_are_enums() {
    for db in databases().await {
        if db.driver_name() != "postgres" {
            continue;
        }
        db.execute("CREATE TYPE mood AS ENUM ('sad', 'so so')", ()).await.unwrap();
        db.execute("CREATE TABLE people (id bigint PRIMARY KEY, mood mood NOT NULL)", ()).await.unwrap();
        let text = as_one(&Pull::new(&db).models().await.unwrap());
        assert!(text.contains("#[attribute(rename = \"so so\")]\n    SoSo,"), "{text}");
        assert!(text.contains("pub mood: PersonMood,"), "{text}");
    }
}

#[tokio::test]
async fn generated_files_are_apart_from_those_of_the_user() {
    let db = Db::connect("sqlite::memory:").await.unwrap();
    db.execute("CREATE TABLE albums (id INTEGER PRIMARY KEY)", ()).await.unwrap();
    db.execute("CREATE TABLE tracks (id INTEGER PRIMARY KEY)", ()).await.unwrap();
    let folder = Folder::new("pull-files");
    let models = folder.path("models");
    let names = |path: std::path::PathBuf| {
        let mut names: Vec<String> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let (_, written) = Pull::new(&db).write(&models).await.unwrap();
    assert_eq!(written.len(), 4);
    assert_eq!(names(models.clone()), ["generated", "mod.rs"]);
    assert_eq!(names(models.join("generated")), ["album.rs", "mod.rs", "track.rs"]);

    // What is the user's stays; what is gone goes.
    fs::write(models.join("mod.rs"), "mod generated; // mine").unwrap();
    db.execute("DROP TABLE tracks", ()).await.unwrap();
    Pull::new(&db).write(&models).await.unwrap();
    assert_eq!(names(models.join("generated")), ["album.rs", "mod.rs"]);
    assert_eq!(fs::read_to_string(models.join("mod.rs")).unwrap(), "mod generated; // mine");
    fs::write(models.join("generated/mine.rs"), "pub struct Mine;").unwrap();
    let refused = Pull::new(&db).write(&models).await.unwrap_err().to_string();
    assert!(refused.contains("mine.rs` was not written by Atlas"), "{refused}");
    let missing = Pull::new(&db).only(["nothing"]).models().await.unwrap_err();
    assert!(matches!(missing, atlas::Error::MissingTable { .. }), "{missing:?}");
    assert_eq!(Pull::new(&db).except(["albums"]).models().await.unwrap().files.len(), 1);
}
