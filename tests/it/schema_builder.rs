//! The schema builder, and what is found in a database afterwards.

use std::collections::BTreeSet;

use atlas::{
    ConstraintKind, Error,
    migrate::{Action, ColumnDefault, Deferral, IndexKind, Morph, Schema},
    prelude::*,
};

use crate::support::databases;

#[derive(Model, Debug)]
struct User {
    id: i64,
    name: String,
    email: String,
    active: bool,
    created_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
}

use chrono::{DateTime, Utc};

async fn make_users(db: &Db) {
    Schema::create(db, "users", |t| {
        t.id();
        t.string("name");
        t.string("email").unique();
        t.boolean("active").default(true);
        t.timestamps();
    })
    .await
    .unwrap();
}

// 000-11, 000-12, 000-13, 000-14, 000-15, 000-16, 003-16, 003-23, B-123
#[tokio::test]
async fn a_table_is_made_and_models_use_it() {
    for db in databases().await {
        make_users(&db).await;
        db.execute("INSERT INTO users (name, email) VALUES ('Ann', 'ann@example.com')", ()).await.unwrap();
        let ann = User::query().sole(&db).await.unwrap();
        assert!(ann.active && ann.created_at.is_none() && ann.updated_at.is_none());
        assert_eq!((ann.id, ann.name.as_str(), ann.email.as_str()), (1, "Ann", "ann@example.com"));
        let again = db.execute("INSERT INTO users (name, email) VALUES ('Bob', 'ann@example.com')", ()).await;
        assert!(again.unwrap_err().is_unique_violation());

        let taken = Schema::create(&db, "users", |t| drop(t.id())).await.unwrap_err();
        assert!(taken.to_string().contains("`users` cannot be created: there is one already"), "{taken}");
        let empty = Schema::create(&db, "nothing", |_| {}).await.unwrap_err();
        assert!(matches!(empty, Error::Config { .. }), "{empty:?}");
    }
}

// C-231, C-232, B-245
#[tokio::test]
async fn what_there_is_can_be_asked_for() {
    for db in databases().await {
        make_users(&db).await;
        Schema::create(&db, "posts", |t| {
            t.id();
            t.foreign_id("user_id").constrained("users").cascade_on_delete();
            t.string("title").index();
        })
        .await
        .unwrap();
        db.execute("CREATE VIEW names AS SELECT name FROM users", ()).await.unwrap();
        assert_eq!(Schema::tables(&db).await.unwrap(), ["posts", "users"]);
        assert_eq!(Schema::views(&db).await.unwrap(), ["names"]);
        assert!(Schema::has_table(&db, "users").await.unwrap());
        assert!(!Schema::has_table(&db, "names").await.unwrap());
        assert!(Schema::has_view(&db, "names").await.unwrap());
        assert!(!Schema::has_table(&db, "nothing").await.unwrap());
        assert!(Schema::has_columns(&db, "users", &["name", "email"]).await.unwrap());
        assert!(!Schema::has_columns(&db, "users", &["name", "age"]).await.unwrap());
        assert!(!Schema::has_column(&db, "nothing", "age").await.unwrap());
        assert!(Schema::has_index(&db, "users", &["email"]).await.unwrap());
        assert!(Schema::has_index(&db, "users", &["users_email_unique"]).await.unwrap());
        assert!(!Schema::has_index(&db, "users", &["name"]).await.unwrap());
        assert!(Schema::has_foreign_key(&db, "posts", &["user_id"]).await.unwrap());
        let names: Vec<_> =
            Schema::columns(&db, "posts").await.unwrap().into_iter().map(|c| c.name).collect();
        assert_eq!(names, ["id", "user_id", "title"]);
        let [key] = &*Schema::foreign_keys(&db, "posts").await.unwrap() else { panic!() };
        assert_eq!(key.name.as_deref(), Some("posts_user_id_foreign"));
        assert_eq!((&*key.table, key.on_delete), ("users", Action::Cascade));
        assert_eq!(key.references, ["id"]);
        let missing = Schema::columns(&db, "nothing").await.unwrap_err();
        assert!(
            matches!(missing, Error::MissingTable { ref table, .. } if table == "nothing"),
            "{missing:?}"
        );

        Schema::when_table_has_column(&db, "users", "age", |t| t.drop_column("age")).await.unwrap();
        Schema::when_table_doesnt_have_column(&db, "users", "age", |t| drop(t.integer("age").nullable()))
            .await
            .unwrap();
        assert!(Schema::has_column(&db, "users", "age").await.unwrap());
        Schema::when_table_has_index(&db, "posts", "posts_title_index", |t| t.drop_index(["title"]))
            .await
            .unwrap();
        Schema::when_table_doesnt_have_index(&db, "posts", "posts_title_index", |t| {
            t.index(["title", "user_id"]).name("by_title");
        })
        .await
        .unwrap();
        assert!(Schema::has_index(&db, "posts", &["title", "user_id"]).await.unwrap());

        let mut tx = Vec::new();
        db.transaction(async |inside: Db| {
            tx.push(Schema::has_table(&inside, "users").await?);
            Ok(())
        })
        .await
        .unwrap();
        assert_eq!(tx, [true]);

        Schema::drop_all_views(&db).await.unwrap();
        Schema::drop_all_tables(&db).await.unwrap();
        assert_eq!(db.entries().await.unwrap(), []);
    }
}

// C-224, 003-19, 003-20, 003-21, 003-22, B-119, B-246, B-247, C-225
#[tokio::test]
async fn every_kind_of_column_is_found_as_it_was_made() {
    for db in databases().await {
        let driver = db.driver().unwrap();
        let everything = |t: &mut atlas::migrate::Blueprint| {
            t.big_increments("id");
            t.string("string").default("it's; \\ 'x'");
            t.string_of("short", 20).nullable();
            t.char("char", 4).nullable();
            t.tiny_text("tiny_text").nullable();
            t.text("text");
            t.medium_text("medium_text").nullable();
            t.tiny_integer("tiny").default(-1);
            t.small_integer("small");
            t.medium_integer("medium");
            t.integer("int").default(7);
            t.big_integer("big").default(i64::MAX);
            t.unsigned_tiny_integer("utiny");
            t.unsigned_small_integer("usmall");
            t.unsigned_integer("uint");
            t.unsigned_big_integer("ubig");
            t.integer("unsigned").unsigned().default(3);
            t.float("float");
            t.double("double").default(0.5);
            t.decimal("price", 8, 2).default("1.50".parse::<rust_decimal::Decimal>().unwrap());
            t.boolean("yes").default(true);
            t.boolean("no").default(false);
            t.enumeration("status", ["draft", "it's, done"]).default("draft");
            t.json("json").nullable();
            t.json_text("json_text").nullable();
            t.date("date").nullable();
            t.time("time").nullable();
            t.date_time("date_time").nullable();
            t.date_time("seconds").precision(0).nullable();
            t.timestamp("timestamp").use_current();
            t.date_time("now").use_current();
            t.year("year").nullable();
            t.binary("binary").nullable();
            t.varbinary("varbinary", 20).nullable();
            t.fixed_binary("fixed", 4).nullable();
            t.uuid("uuid").nullable();
            t.ulid("ulid").nullable();
            t.ip_address("ip").nullable();
            t.mac_address("mac").nullable();
            t.remember_token();
            t.morphs_of("owner", Morph::Uuid, true);
            t.nullable_morphs("tag");
            t.datetimes();
            t.soft_deletes();
            t.string("commented").comment("what's \"this\"");
            t.comment("a table");
        };
        Schema::create(&db, "things", everything).await.unwrap();
        let found = db.inspect("things").await.unwrap().unwrap();
        assert!(found.column("commented").is_some());
        // What the database makes of it, made again, is the same.
        let again = atlas::migrate::Table { name: "others".into(), ..found.clone() };
        let names = |table: &atlas::migrate::Table| {
            table.indexes.iter().map(|i| i.columns.clone()).collect::<BTreeSet<_>>()
        };
        let mut again = again;
        for index in &mut again.indexes {
            index.name = format!("other_{}", index.name).into();
        }
        db.change_schema(atlas::migrate::SchemaChange::CreateTable(again.clone())).await.unwrap();
        let other = db.inspect("others").await.unwrap().unwrap();
        assert_eq!(other.columns, found.columns);
        assert_eq!(names(&other), names(&found));
        assert_eq!(driver.normalize(&found).columns, found.columns);
        assert_eq!(found.primary_key, ["id"]);
        let default = |name: &str| found.column(name).unwrap().default.clone().unwrap();
        assert_eq!(default("string"), ColumnDefault::Value("it's; \\ 'x'".into()));
        assert_eq!(default("timestamp"), ColumnDefault::Now);
        assert_eq!(default("now"), ColumnDefault::Now);
        let comment = found.column("commented").unwrap().comment.as_deref();
        assert_eq!(comment, if db.driver_name() == "sqlite" { None } else { Some("what's \"this\"") });
    }
}

// C-227, C-226, 003-17, 003-18, B-120, B-121
#[tokio::test]
async fn columns_are_added_changed_renamed_and_dropped() {
    for db in databases().await {
        make_users(&db).await;
        db.execute("INSERT INTO users (name, email) VALUES ('Ann', 'a@b.c')", ()).await.unwrap();
        Schema::table(&db, "users", |t| {
            t.string("nickname").nullable().after("name");
            t.integer("age").default(18).index();
            t.rename_column("active", "enabled");
            t.string("name").nullable().default("nobody").change();
        })
        .await
        .unwrap();
        let users = db.inspect("users").await.unwrap().unwrap();
        let name = users.column("name").unwrap();
        assert!(name.nullable);
        assert_eq!(name.default, Some(ColumnDefault::Value("nobody".into())));
        assert!(users.index("users_age_index").is_some() && users.index("users_email_unique").is_some());
        let row = db.table("users").first().await.unwrap().unwrap();
        assert_eq!(row.get::<i32>("age").unwrap(), 18);
        assert_eq!(row.get::<String>("name").unwrap(), "Ann");
        assert!(row.get::<bool>("enabled").unwrap());

        // An index is kept by a change, and dropped with its column.
        Schema::table(&db, "users", |t| {
            t.big_integer("age").change();
            t.rename_index("users_email_unique", "unique_email");
        })
        .await
        .unwrap();
        let users = db.inspect("users").await.unwrap().unwrap();
        assert_eq!(users.column("age").unwrap().default, None);
        assert!(users.index("users_age_index").is_some() && users.index("unique_email").is_some());
        let twice = db.execute("INSERT INTO users (name, email, age) VALUES ('Bob', 'a@b.c', 1)", ()).await;
        assert!(twice.unwrap_err().is_unique_violation());
        Schema::table(&db, "users", |t| {
            t.drop_columns(&["age", "nickname"]);
            t.drop_index("unique_email");
            t.drop_timestamps();
        })
        .await
        .unwrap();
        let users = db.inspect("users").await.unwrap().unwrap();
        let names: Vec<_> = users.columns.iter().map(|column| &*column.name).collect();
        assert_eq!(names, ["id", "name", "email", "enabled"]);
        assert_eq!(users.indexes, []);
        assert_eq!(db.table("users").count().await.unwrap(), 1);

        // Keys go on where they were.
        db.execute("INSERT INTO users (name, email) VALUES ('Bob', 'b@b.c')", ()).await.unwrap();
        let last = db.table("users").max::<i64>("id").await.unwrap();
        // The insert that was refused has used one up, but on SQLite.
        assert_eq!(last, Some(if db.driver_name() == "sqlite" { 2 } else { 3 }));

        Schema::rename(&db, "users", "people").await.unwrap();
        assert!(!Schema::has_table(&db, "users").await.unwrap());
        Schema::drop(&db, "people").await.unwrap();
        assert!(matches!(Schema::drop(&db, "people").await, Err(Error::MissingTable { .. })));
        Schema::drop_if_exists(&db, "people").await.unwrap();
    }
}

#[tokio::test]
async fn a_mistake_in_a_change_is_told_before_anything_is_sent() {
    for db in databases().await {
        make_users(&db).await;
        for (mistake, sentence) in [
            (
                Schema::table(&db, "users", |t| t.drop_column("nmae")).await,
                "it has no column `nmae`: it has `id`, `name`, `email`, `active`, `created_at`, `updated_at`",
            ),
            (Schema::table(&db, "users", |t| drop(t.string("name"))).await, "it has a column `name` already"),
            (Schema::table(&db, "users", |t| t.drop_index(["name"])).await, "it has no index over (name)"),
            (
                Schema::table(&db, "users", |t| t.drop_index("nothing")).await,
                "it has no index `nothing`: it has `users_email_unique`",
            ),
            (
                Schema::table(&db, "users", |t| t.drop_foreign("nothing")).await,
                "it has no foreign key `nothing`: it has none",
            ),
            (
                Schema::table(&db, "users", |t| {
                    t.foreign("name");
                })
                .await,
                "refers to no table",
            ),
        ] {
            let mistake = mistake.unwrap_err();
            assert!(matches!(mistake, Error::Config { .. }), "{mistake:?}");
            assert!(mistake.to_string().contains(sentence), "{mistake}");
        }
        let before = db.inspect("users").await.unwrap();
        let half = Schema::table(&db, "users", |t| {
            t.string("first").nullable();
            t.drop_column("nothing");
        });
        half.await.unwrap_err();
        assert_eq!(db.inspect("users").await.unwrap(), before);
    }
}

// 000-122, C-229, B-122, B-248
#[tokio::test]
async fn foreign_keys_are_added_and_dropped() {
    for db in databases().await {
        make_users(&db).await;
        Schema::create(&db, "posts", |t| {
            t.id();
            t.big_integer("user_id").nullable();
        })
        .await
        .unwrap();
        db.execute("INSERT INTO users (name, email) VALUES ('Ann', 'a'), ('Bob', 'b')", ()).await.unwrap();
        db.execute("INSERT INTO posts (user_id) VALUES (1), (2), (NULL)", ()).await.unwrap();
        Schema::table(&db, "posts", |t| {
            t.foreign("user_id").references("id").on("users").null_on_delete().cascade_on_update();
        })
        .await
        .unwrap();
        let [key] = &*Schema::foreign_keys(&db, "posts").await.unwrap() else { panic!() };
        assert_eq!(
            (key.on_delete, key.on_update, key.deferral),
            (Action::SetNull, Action::Cascade, Deferral::Never)
        );
        assert_eq!(db.table("posts").count().await.unwrap(), 3);
        let orphan = db.execute("INSERT INTO posts (user_id) VALUES (9)", ()).await.unwrap_err();
        assert!(matches!(orphan, Error::Constraint { kind: ConstraintKind::ForeignKey, .. }), "{orphan:?}");
        db.execute("DELETE FROM users WHERE id = 1", ()).await.unwrap();
        assert_eq!(db.table("posts").where_null("user_id").count().await.unwrap(), 2);
        Schema::table(&db, "posts", |t| t.drop_foreign(["user_id"])).await.unwrap();
        assert_eq!(db.inspect("posts").await.unwrap().unwrap().foreign_keys, []);
        db.execute("INSERT INTO posts (user_id) VALUES (9)", ()).await.unwrap();
        // Rows that refer to nothing are in the way of a foreign key.
        let broken = Schema::table(&db, "posts", |t| {
            t.foreign("user_id").references("id").on("users");
        })
        .await;
        let broken = broken.unwrap_err();
        assert!(matches!(broken, Error::Constraint { kind: ConstraintKind::ForeignKey, .. }), "{broken:?}");
        assert_eq!(db.table("posts").count().await.unwrap(), 4);
        assert_eq!(db.inspect("posts").await.unwrap().unwrap().foreign_keys, []);
    }
}

// C-228, C-225, 003-24, 003-25, B-249
#[tokio::test]
async fn checks_computed_columns_and_kinds_of_indexes() {
    for db in databases().await {
        let (filters, expressions) = match db.driver_name() {
            "mysql" => (false, false),
            _ => (true, true),
        };
        Schema::create(&db, "items", |t| {
            t.id();
            t.integer("price");
            t.integer("amount");
            t.integer("total").stored_as("price * amount");
            t.string("name");
            t.string("sku").nullable();
            t.check("price_is_positive", "price > 0");
            t.unique(["name", "price"]).name("name_and_price");
        })
        .await
        .unwrap();
        db.execute("INSERT INTO items (price, amount, name) VALUES (3, 4, 'a')", ()).await.unwrap();
        assert_eq!(db.table("items").value::<i32>("total").await.unwrap(), Some(12));
        let wrong =
            db.execute("INSERT INTO items (price, amount, name) VALUES (0, 4, 'b')", ()).await.unwrap_err();
        assert!(matches!(wrong, Error::Constraint { kind: ConstraintKind::Check, .. }), "{wrong:?}");
        let items = db.inspect("items").await.unwrap().unwrap();
        assert!(items.column("total").unwrap().computed.as_ref().unwrap().stored);
        let [check] = items.checks.as_slice() else { panic!("{:?}", items.checks) };
        assert_eq!(check.name.as_deref(), Some("price_is_positive"));

        let partial = Schema::table(&db, "items", |t| {
            t.unique("sku").filter("sku IS NOT NULL").name("some_skus");
        });
        let partial = partial.await;
        let lower = Schema::table(&db, "items", |t| {
            t.raw_index("lower(name)", "lower_names");
        })
        .await;
        if filters {
            partial.unwrap();
            let items = db.inspect("items").await.unwrap().unwrap();
            let index = items.index("some_skus").unwrap();
            assert_eq!((index.kind, index.filter.as_deref()), (IndexKind::Unique, Some("sku IS NOT NULL")));
        } else {
            let error = partial.unwrap_err();
            assert!(
                error.to_string().contains("the index `some_skus`, which is of some rows alone"),
                "{error}"
            );
        }
        if expressions {
            lower.unwrap();
            let items = db.inspect("items").await.unwrap().unwrap();
            let expression = items.index("lower_names").unwrap().expression.clone().unwrap();
            assert!(expression.starts_with("lower(name"), "{expression}");
        } else {
            assert!(matches!(lower, Err(Error::Unsupported { .. })), "{lower:?}");
        }
        Schema::table(&db, "items", |t| {
            t.drop_check("price_is_positive");
            t.check("amount_is_small", "amount < 100");
        })
        .await
        .unwrap();
        db.execute("INSERT INTO items (price, amount, name) VALUES (0, 4, 'b')", ()).await.unwrap();
        db.execute("INSERT INTO items (price, amount, name) VALUES (1, 400, 'b')", ()).await.unwrap_err();
    }
}

// C-225
#[tokio::test]
async fn keys_begin_where_they_are_told_to() {
    for db in databases().await {
        Schema::create(&db, "invoices", |t| {
            t.id().starts_at(1_000);
            t.string("text");
        })
        .await
        .unwrap();
        db.execute("INSERT INTO invoices (text) VALUES ('a')", ()).await.unwrap();
        assert_eq!(db.table("invoices").value::<i64>("id").await.unwrap(), Some(1_000));
    }
}

#[tokio::test]
async fn sqlite_makes_a_table_anew_with_all_that_belongs_to_it() {
    let db = Db::connect("sqlite::memory:").await.unwrap();
    for statement in [
        "CREATE TABLE authors (id INTEGER PRIMARY KEY, name VARCHAR(20) COLLATE NOCASE NOT NULL)",
        "CREATE TABLE books (id INTEGER PRIMARY KEY AUTOINCREMENT, author_id INTEGER NOT NULL REFERENCES authors ON DELETE CASCADE, title TEXT NOT NULL, pages INTEGER, made TEXT DEFAULT CURRENT_TIMESTAMP)",
        "CREATE TABLE log (what TEXT)",
        "CREATE INDEX by_title ON books (title) WHERE pages > 10",
        "CREATE TRIGGER books_log AFTER INSERT ON books BEGIN INSERT INTO log VALUES (NEW.title); END",
        "CREATE VIEW long_books AS SELECT b.title, a.name FROM books b JOIN authors a ON a.id = b.author_id",
        "INSERT INTO authors VALUES (1, 'Ann'), (2, 'Bob')",
        "INSERT INTO books (author_id, title, pages) VALUES (1, 'One', 100), (2, 'Two', 5)",
        "DELETE FROM books WHERE title = 'Two'",
    ] {
        db.execute(statement, ()).await.unwrap();
    }
    // The table that the others refer to is made anew: nothing that refers to it goes.
    Schema::table(&db, "authors", |t| {
        t.text("country").default("no\\where");
        t.check("named", "name <> ''");
    })
    .await
    .unwrap();
    Schema::table(&db, "books", |t| {
        t.text("title").nullable().change();
        t.drop_column("made");
    })
    .await
    .unwrap();
    assert_eq!(db.table("books").count().await.unwrap(), 1);
    db.execute("INSERT INTO books (author_id, title) VALUES (2, 'Three')", ()).await.unwrap();
    // A key is given once, also that of a row that is gone.
    assert_eq!(db.table("books").max::<i64>("id").await.unwrap(), Some(3));
    assert_eq!(db.table("log").pluck::<String>("what").await.unwrap(), ["One", "Two", "Three"]);
    assert_eq!(db.table("long_books").count().await.unwrap(), 2);
    assert!(Schema::has_index(&db, "books", &["by_title"]).await.unwrap());
    let authors = db.inspect("authors").await.unwrap().unwrap();
    assert_eq!(authors.column("name").unwrap().collation.as_deref(), Some("NOCASE"));
    let orphan = db.execute("INSERT INTO books (author_id, title) VALUES (9, 'x')", ()).await;
    assert!(matches!(orphan, Err(Error::Constraint { kind: ConstraintKind::ForeignKey, .. })), "{orphan:?}");
    db.execute("DELETE FROM authors WHERE id = 2", ()).await.unwrap();
    assert_eq!(db.table("books").count().await.unwrap(), 1);

    // In a transaction too, and undone with it.
    let before = db.inspect("authors").await.unwrap();
    let tx = db.begin().await.unwrap();
    Schema::table(&tx, "authors", |t| t.drop_column("country")).await.unwrap();
    assert!(!Schema::has_column(&tx, "authors", "country").await.unwrap());
    tx.rollback().await.unwrap();
    assert_eq!(db.inspect("authors").await.unwrap(), before);
    assert_eq!(db.table("books").count().await.unwrap(), 1);
}

#[tokio::test]
async fn a_large_table_is_made_anew_with_every_row() {
    let db = Db::connect("sqlite::memory:").await.unwrap();
    Schema::create(&db, "rows", |t| {
        t.id();
        t.integer("n").index();
        t.text("text").nullable();
        t.foreign_id("parent_id").nullable_if(true).constrained("rows").cascade_on_delete();
    })
    .await
    .unwrap();
    db.execute("CREATE TABLE seen (n INTEGER)", ()).await.unwrap();
    db.execute("CREATE TRIGGER seeing AFTER DELETE ON rows BEGIN INSERT INTO seen VALUES (OLD.n); END", ())
        .await
        .unwrap();
    db.execute(
        "INSERT INTO rows (n, text, parent_id) WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000) \
         SELECT n, 'row ' || n, NULLIF(n - 1, 0) FROM c",
        (),
    )
    .await
    .unwrap();
    let sums = "SELECT COUNT(*) || ' ' || SUM(n) || ' ' || SUM(id * n) || ' ' || SUM(parent_id) FROM rows";
    let before = db.raw(sums, ()).value::<String>().await.unwrap();
    Schema::table(&db, "rows", |t| {
        t.big_integer("n").default(0).change();
        t.drop_column("text");
    })
    .await
    .unwrap();
    assert_eq!(db.raw(sums, ()).value::<String>().await.unwrap(), before);
    assert_eq!(db.table("seen").count().await.unwrap(), 0);
    assert!(Schema::has_index(&db, "rows", &["n"]).await.unwrap());
    db.execute("DELETE FROM rows WHERE id = 99999", ()).await.unwrap();
    assert_eq!(db.table("seen").count().await.unwrap(), 2);
}

/// A random column, by numbers.
fn column(number: usize, kind: u8, nullable: bool, has_default: bool) -> atlas::migrate::Column {
    use atlas::{
        migrate::{Column, Storage},
        value::{ColumnType, Value},
    };
    let text = |storage| (ColumnType::Text, storage, Some(Value::from("it's")));
    let (ty, storage, default) = match kind % 26 {
        0 => (ColumnType::Bool, Storage::Usual, Some(true.into())),
        1 => (ColumnType::I8, Storage::Usual, Some((-128_i64).into())),
        2 => (ColumnType::I16, Storage::Usual, Some(7_i64.into())),
        3 => (ColumnType::I32, Storage::Usual, Some(0_i64.into())),
        4 => (ColumnType::I64, Storage::Usual, Some(i64::MIN.into())),
        5 => (ColumnType::U8, Storage::Usual, Some(255_i64.into())),
        6 => (ColumnType::U16, Storage::Usual, Some(1_i64.into())),
        7 => (ColumnType::U32, Storage::Usual, Some(4_000_000_000_i64.into())),
        8 => (ColumnType::U64, Storage::Usual, Some(1_i64.into())),
        9 => (ColumnType::F32, Storage::Usual, Some(0.5.into())),
        10 => (ColumnType::F64, Storage::Usual, Some((-2.25).into())),
        11 => (ColumnType::Numeric, Storage::Decimal(10, 2), Some(Value::Numeric("1.25".parse().unwrap()))),
        12 => (ColumnType::Text, Storage::Usual, None),
        13 => text(Storage::Varchar(30)),
        14 => text(Storage::Char(5)),
        15 => text(Storage::Enum(vec!["a".into(), "it's".into()])),
        16 => (ColumnType::Bytes, Storage::Varbinary(9), None),
        17 => (ColumnType::Uuid, Storage::Usual, Some(Value::Uuid([0x3c; 16]))),
        18 => (ColumnType::Date, Storage::Usual, Some(Value::Date("2026-01-31".parse_date()))),
        19 => (ColumnType::Time, Storage::Fraction(3), None),
        20 => (ColumnType::DateTime, Storage::Usual, None),
        21 => (ColumnType::Timestamp, Storage::Fraction(2), None),
        22 => (ColumnType::Json, Storage::Usual, None),
        23 => (ColumnType::I32, Storage::MediumInt, Some(5_i64.into())),
        24 => (ColumnType::I16, Storage::Year, None),
        _ => text(Storage::MacAddress),
    };
    let default = default.filter(|_| has_default && kind % 26 != 25).map(ColumnDefault::Value);
    let default =
        if matches!(kind % 26, 20 | 21) && has_default { Some(ColumnDefault::Now) } else { default };
    Column { storage, nullable, default, ..Column::new(format!("c{number} \"q\""), ty) }
}

trait ParseDate {
    fn parse_date(&self) -> atlas::value::Date;
}

impl ParseDate for str {
    fn parse_date(&self) -> atlas::value::Date {
        atlas::value::Date::parse(self).unwrap()
    }
}

#[tokio::test]
async fn what_is_made_is_found_again_whatever_it_is() {
    use atlas::migrate::{Check, ForeignKey, Index, SchemaChange, Table};
    use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

    let columns = prop::collection::vec((any::<u8>(), any::<bool>(), any::<bool>(), 0..4_u8), 1..9);
    let mut runner = TestRunner::deterministic();
    let tables: Vec<_> =
        (0..25).map(|_| (&columns, any::<bool>()).new_tree(&mut runner).unwrap().current()).collect();
    for db in databases().await {
        make_users(&db).await;
        let driver = db.driver().unwrap();
        for (number, (columns, counted)) in tables.iter().enumerate() {
            let name = format!("table_{number}");
            let mut table = Table::new(name.clone());
            if *counted {
                let id = atlas::migrate::Column::new("id", atlas::value::ColumnType::I64);
                table.columns.push(atlas::migrate::Column { generated: true, ..id });
                table.primary_key.push("id".into());
            }
            for (number, (kind, nullable, default, key)) in columns.iter().enumerate() {
                let column = column(number, *kind, *nullable, *default);
                let indexable = !matches!(kind % 26, 12 | 22);
                match key {
                    1 if indexable => {
                        let columns = vec![column.name.clone()];
                        table.indexes.push(Index::new(&name, columns, IndexKind::Plain));
                    }
                    2 if indexable => {
                        let columns = vec![column.name.clone()];
                        table.indexes.push(Index::new(&name, columns, IndexKind::Unique));
                    }
                    3 if kind % 26 == 4 => {
                        let columns = vec![column.name.clone()];
                        table.foreign_keys.push(ForeignKey {
                            on_delete: Action::Cascade,
                            ..ForeignKey::new(&name, columns, "users", vec!["id".into()])
                        });
                    }
                    _ => {}
                }
                table.columns.push(column);
            }
            if columns.len() > 4 {
                let check =
                    Check { name: Some(format!("check_{number}").into()), expression: "1 < 2".into() };
                table.checks.push(check);
            }
            db.change_schema(SchemaChange::CreateTable(table.clone())).await.unwrap();
            let mut found = db.inspect(&name).await.unwrap().unwrap();
            found = driver.normalize(&found);
            let mut made = driver.normalize(&table);
            // Databases write conditions in words of their own.
            for check in made.checks.iter_mut().chain(&mut found.checks) {
                check.expression = "".into();
            }
            assert_eq!(found, made, "{table:?}");
        }
    }
}

// C-228: PostgreSQL's CONCURRENTLY
#[tokio::test]
async fn an_index_is_made_while_others_write() {
    for db in databases().await {
        make_users(&db).await;
        let alone = Schema::table(&db, "users", |t| {
            t.index(["name"]).concurrently();
        });
        alone.await.unwrap();
        assert!(Schema::has_index(&db, "users", &["name"]).await.unwrap());
        let inside = db
            .transaction(async |tx: Db| {
                let both = Schema::table(&tx, "users", |t| {
                    t.unique(["name", "email"]).concurrently();
                });
                both.await
            })
            .await;
        match db.driver_name() {
            "postgres" => {
                let refused = inside.unwrap_err().to_string();
                assert!(refused.contains("WITHIN_TRANSACTION: bool = false"), "{refused}");
            }
            // No change of the schema is made in a transaction.
            "mysql" => drop(inside.unwrap_err()),
            _ => inside.unwrap(),
        }
        // A new table has nobody who writes.
        Schema::create(&db, "notes", |t| {
            t.id();
            t.string("text");
            t.index(["text"]).concurrently();
        })
        .await
        .unwrap();
        assert!(Schema::has_index(&db, "notes", &["text"]).await.unwrap());
    }
}

// C-228: `USING`
#[tokio::test]
async fn an_index_is_built_as_it_says() {
    for db in databases().await {
        Schema::create(&db, "things", |t| {
            t.id();
            t.json("data");
            t.string("name");
            t.index(["name"]).method("hash");
            if db.driver_name() == "postgres" {
                t.index(["data"]).method("gin");
            }
        })
        .await
        .unwrap();
        let methods: Vec<_> =
            Schema::indexes(&db, "things").await.unwrap().into_iter().map(|index| index.method).collect();
        match db.driver_name() {
            "postgres" => assert_eq!(methods, [Some("gin".into()), Some("hash".into())]),
            // InnoDB builds a tree whatever is said.
            _ => assert_eq!(methods, [None]),
        }
    }
}

// C-234
#[tokio::test]
async fn databases_and_extensions_are_made() {
    for db in databases().await {
        let name = format!("atlas_made_{}", std::process::id());
        if db.driver_name() == "sqlite" {
            let refused = Schema::create_database(&db, &name).await.unwrap_err();
            assert!(matches!(refused, Error::Unsupported { .. }), "{refused:?}");
            assert!(refused.to_string().contains("connect to a file"), "{refused}");
        } else if db.driver_name() == "postgres" {
            // The role of the tests may make none.
            let made = Schema::create_database(&db, &name).await;
            assert!(made.is_ok() || made.unwrap_err().to_string().contains("permission denied"));
            Schema::drop_database_if_exists(&db, &name).await.unwrap();
            let inside = db.transaction(async |tx: Db| Schema::create_database(&tx, "x").await).await;
            assert!(inside.unwrap_err().to_string().contains("outside of a transaction"));
            Schema::ensure_extension(&db, "plpgsql").await.unwrap();
            continue;
        } else {
            let made = Schema::create_database(&db, &name).await;
            assert!(made.is_ok() || made.unwrap_err().to_string().contains("denied"));
            let dropped = Schema::drop_database_if_exists(&db, &name).await;
            assert!(dropped.is_ok() || dropped.unwrap_err().to_string().contains("denied"));
        }
        let refused = Schema::ensure_extension(&db, "citext").await.unwrap_err();
        assert!(matches!(refused, Error::Unsupported { .. }), "{refused:?}");
    }
}

// C-230
#[tokio::test]
async fn a_table_says_more_than_its_columns() {
    for db in databases().await {
        Schema::create(&db, "notes", |t| {
            t.id();
            t.text("text");
            t.comment("what people wrote");
            t.engine("InnoDB");
            if db.driver_name() == "mysql" {
                t.collation("utf8mb4_general_ci");
            }
        })
        .await
        .unwrap();
        let notes = db.inspect("notes").await.unwrap().unwrap();
        let said = (db.driver_name() != "sqlite").then_some("what people wrote");
        assert_eq!(notes.options.comment.as_deref(), said);
        let same =
            db.raw("SELECT COUNT(*) AS n FROM notes WHERE text = 'A'", ()).first().await.unwrap().unwrap();
        assert_eq!(same.get::<i64>("n").unwrap(), 0);
        // Its own of the connection, and gone with it.
        db.transaction(async |tx: Db| {
            if db.driver_name() == "mysql" {
                return Ok(());
            }
            Schema::create(&tx, "passing", |t| {
                t.id();
                t.temporary();
            })
            .await?;
            tx.execute("INSERT INTO passing (id) VALUES (1)", ()).await?;
            assert_eq!(tx.table("passing").count().await?, 1);
            Ok(())
        })
        .await
        .unwrap();
    }
}
