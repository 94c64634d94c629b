//! What databases by themselves see differently, and Atlas does not.

use atlas::{ConstraintKind, Error, Expr, prelude::*};
use chrono::{DateTime, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;

use crate::support::{Person, databases, people};

#[derive(Model, Debug)]
struct Word {
    id: i64,
    #[unique]
    text: String,
    note: Option<String>,
}

#[tokio::test]
async fn texts_are_equal_to_themselves_alone() {
    let words = [
        "ann", "Ann", "ANN", "änn", "ann ", " ann", "ann\t", "ß", "ss", "", " ", "é", "e\u{301}", "I", "ı",
        "i",
    ];
    for db in databases().await {
        db.create_tables(models![Word]).await.unwrap();
        Word::create_many(&db, words.map(|word| Word::draft().text(word).note(word))).await.unwrap();
        for word in words {
            for column in
                [Word::text.eq(word), Word::note.eq(word), Word::note.like(word), Word::note.is_in([word])]
            {
                assert_eq!(Word::query().filter(column).pluck(&db, Word::text).await.unwrap(), [word]);
            }
            let others = Word::query().filter(Word::note.ne(word)).count(&db).await.unwrap();
            assert_eq!(others, words.len() as u64 - 1);
            assert_eq!(db.table("words").where_eq("note", word).count().await.unwrap(), 1);
        }
        assert_eq!(Word::query().distinct().pluck(&db, Word::note).await.unwrap().len(), words.len());
        assert!(Word::draft().text("ann").save(&db).await.unwrap_err().is_unique_violation());
        let many: Vec<String> =
            (0..5_000).map(|n| format!("w{n}")).chain(["ANN".into(), "ann ".into()]).collect();
        let found = Word::query().where_in(Word::text, many).order_by(Word::id).pluck(&db, Word::text);
        assert_eq!(found.await.unwrap(), ["ANN", "ann "]);
    }
}

#[derive(Model, Debug)]
struct Sample {
    id: i64,
    whole: i64,
    small: i32,
    float: f64,
    decimal: Decimal,
    at: DateTime<Utc>,
    naive: NaiveDateTime,
    time: NaiveTime,
}

async fn sample(db: &Db, whole: i64, small: i32, float: f64) -> Record<Sample> {
    let at: DateTime<Utc> = "2026-01-31T23:59:59.999999999Z".parse().unwrap();
    let draft =
        Sample::draft().whole(whole).small(small).float(float).decimal("10.50".parse::<Decimal>().unwrap());
    draft.at(at).naive(at.naive_utc()).time(at.naive_utc().time()).save(db).await.unwrap()
}

#[tokio::test]
async fn numbers_are_reckoned_alike() {
    for db in databases().await {
        db.create_tables(models![Sample]).await.unwrap();
        sample(&db, -7, 2, 7.5).await;
        let holds = async |what: Expr<Sample>| {
            let query = Sample::query().filter(what);
            let text = query.to_sql(&db).unwrap().text;
            assert_eq!(query.count(&db).await.unwrap(), 1, "{text}");
        };
        holds((Sample::whole / 2).eq(-3)).await;
        holds((Sample::whole % 2).eq(-1)).await;
        holds((Sample::float / 2).eq(3.75)).await;
        holds((Sample::float % 2).eq(1.5)).await;
        for nothing in [(Sample::whole / 0).ne(1), (Sample::float / 0).ne(1), (Sample::decimal / 0).ne(1)] {
            assert_eq!(
                Sample::query().filter(nothing).count(&db).await.unwrap(),
                0,
                "dividing by zero is NULL"
            );
        }
        holds((Sample::decimal * 2).eq(21)).await;
        holds((Sample::decimal / 4).eq("2.625".parse::<Decimal>().unwrap())).await;
        for query in [
            db.table("samples").where_in("small", [i64::MAX, 2]),
            db.table("samples").where_gt("decimal", 10),
            db.table("samples").where_eq("float", "7.5".parse::<Decimal>().unwrap()),
        ] {
            let shown = format!("{query:?}");
            assert_eq!(query.count().await.unwrap(), 1, "{shown}");
        }
        holds((Sample::small * 1_000_000_000).eq(2_000_000_000)).await;
        let average = Sample::query().avg(&db, Sample::small).await.unwrap();
        assert_eq!(average, Some(2.0));
        assert_eq!(Sample::query().avg(&db, Sample::decimal).await.unwrap(), Some("10.5".parse().unwrap()));
        let over = Sample::query().increment(&db, Sample::whole, i64::MAX).await;
        assert_eq!(over.unwrap(), 1);
        let over = Sample::query().increment(&db, Sample::whole, i64::MAX).await.unwrap_err();
        assert!(
            matches!(over, Error::Constraint { kind: ConstraintKind::Check, .. } | Error::Driver { .. }),
            "{over:?}"
        );
        let over = Sample::query()
            .update(&db, Sample::small.set_expr(Sample::small * 2_000_000_000))
            .await
            .unwrap_err();
        assert!(
            matches!(over, Error::Constraint { kind: ConstraintKind::Check, .. } | Error::Driver { .. }),
            "{over:?}"
        );
    }
}

#[tokio::test]
async fn times_are_kept_to_the_microsecond() {
    for db in databases().await {
        db.create_tables(models![Sample]).await.unwrap();
        let saved = sample(&db, 1, 1, 1.0).await;
        let read = Sample::find_or_fail(&db, saved.id).await.unwrap();
        // What is finer is cut off, except by SQLite, which stores texts.
        let nanos = if db.driver_name() == "sqlite" { "999" } else { "" };
        assert_eq!(read.at.to_rfc3339(), format!("2026-01-31T23:59:59.999999{nanos}+00:00"));
        assert_eq!(read.naive.to_string(), format!("2026-01-31 23:59:59.999999{nanos}"));
        assert_eq!(read.time.to_string(), format!("23:59:59.999999{nanos}"));
        let again = Sample::query().where_eq(Sample::at, saved.at).where_eq(Sample::time, saved.time);
        assert_eq!(again.count(&db).await.unwrap(), 1);
        let moments = async |at: &str| {
            let at: DateTime<Utc> = at.parse().unwrap();
            Sample::query()
                .update(&db, (Sample::at.set(at), Sample::naive.set(at.naive_utc())))
                .await
                .unwrap();
            assert_eq!(Sample::query().pluck(&db, Sample::at).await.unwrap(), [at]);
            assert_eq!(Sample::query().pluck(&db, Sample::naive).await.unwrap(), [at.naive_utc()]);
        };
        moments("1582-10-10T00:00:00.000001Z").await;
        moments("0001-01-01T00:00:00Z").await;
        moments("9999-12-31T23:59:59.999999Z").await;
        moments("2040-07-01T12:00:00Z").await;
    }
}

#[derive(Model, Debug)]
struct Owner {
    id: i64,
    name: String,
}

#[derive(Model, Debug)]
#[unique(owner_id, label)]
struct Thing {
    id: i64,
    owner_id: i64,
    label: String,
    #[default(0)]
    amount: u8,
    #[belongs_to]
    owner: BelongsTo<Owner>,
}

/// The kind of a violated constraint, with its table and columns.
fn violated<T: std::fmt::Debug>(result: Result<T>) -> (ConstraintKind, String, String) {
    match result.unwrap_err() {
        Error::Constraint { kind, table, columns, .. } => {
            (kind, table.unwrap_or_default(), columns.join(" "))
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn violations_are_told_alike() {
    for db in databases().await {
        db.create_tables(models![Owner, Thing]).await.unwrap();
        let ann = Owner::draft().name("Ann").save(&db).await.unwrap();
        let bob = Owner::draft().name("Bob").save(&db).await.unwrap();
        let thing = |label: &str| Thing::draft().owner_id(ann.id).label(label);
        let mut first = thing("a").save(&db).await.unwrap();
        let unique = (ConstraintKind::Unique, "things".to_owned(), "owner_id label".to_owned());
        assert_eq!(violated(thing("a").save(&db).await), unique);
        assert_eq!(violated(Thing::create_many(&db, [thing("b"), thing("a")]).await), unique);
        thing("c").save(&db).await.unwrap();
        assert_eq!(violated(Thing::query().update(&db, Thing::label.set("x")).await), unique);
        first.label = "c".into();
        assert_eq!(violated(first.save(&db).await), unique);
        let primary = (ConstraintKind::Unique, "things".to_owned(), "id".to_owned());
        assert_eq!(violated(thing("d").id(first.id).save(&db).await), primary);

        let foreign = |result| {
            let (kind, table, _) = violated(result);
            assert_eq!((kind, table.as_str()), (ConstraintKind::ForeignKey, "things"));
        };
        foreign(Thing::draft().owner_id(99).label("e").save(&db).await.map(drop));
        foreign(Thing::query().update(&db, Thing::owner_id.set(99)).await.map(drop));
        let (kind, _, _) = violated(Owner::query().where_eq(Owner::id, ann.id).delete(&db).await);
        assert_eq!(kind, ConstraintKind::ForeignKey);

        let (kind, table, _) = violated(Thing::query().decrement(&db, Thing::amount, 1).await);
        assert_eq!((kind, table.as_str()), (ConstraintKind::Check, "things"));
        let null = db
            .table("things")
            .where_eq("id", first.id)
            .update(atlas::values! { label: atlas::value::Value::Null });
        assert_eq!(violated(null.await), (ConstraintKind::NotNull, "things".to_owned(), "label".to_owned()));
        assert_eq!(Thing::query().count(&db).await.unwrap(), 2);
        assert_eq!(Owner::query().where_eq(Owner::id, bob.id).delete(&db).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn what_is_missing_is_told_alike() {
    for db in databases().await {
        let table = |result: Result<()>| match result.unwrap_err() {
            Error::MissingTable { table, .. } => assert_eq!(table, "people"),
            other => panic!("{other:?}"),
        };
        table(Person::query().count(&db).await.map(drop));
        table(Person::query().delete(&db).await.map(drop));
        table(Person::query().update(&db, Person::age.set(1)).await.map(drop));
        table(Person::create_many(&db, [1, 2].map(|n| Person::draft().name("x").score(n))).await.map(drop));
        table(Person::insert(&db, (0..300).map(|n| Person::draft().name("x").score(n))).await.map(drop));
        table(db.raw("select * from people", ()).get().await.map(drop));
        table(db.execute("delete from people", ()).await.map(drop));
    }
    for db in people().await {
        let column = |result: Result<()>| match result.unwrap_err() {
            Error::MissingColumn { column, .. } => assert_eq!(column, "people.size"),
            other => panic!("{other:?}"),
        };
        column(db.table("people").where_eq("size", 1).get().await.map(drop));
        column(db.table("people").select(["size"]).get().await.map(drop));
        column(db.table("people").order_by("size").get().await.map(drop));
        column(db.table("people").update(atlas::values! { size: 1 }).await.map(drop));
        column(db.table("people").insert(atlas::values! { size: 1 }).await.map(drop));
    }
}

#[tokio::test]
async fn affected_rows_are_the_found_ones() {
    for db in people().await {
        let same = Person::query().where_gt(Person::id, 1).update(&db, Person::limit.set(10)).await.unwrap();
        assert_eq!(same, 4);
        let ids = [1, 2, 3].map(|id| Person::draft().id(id).name("x").score(1));
        assert_eq!(Person::upsert(&db, ids, Person::id, (Person::name, Person::score)).await.unwrap(), 3);
        let ids = [1, 2, 99].map(|id| Person::draft().id(id).name("x").score(1));
        assert_eq!(Person::upsert(&db, ids, Person::id, (Person::name, Person::score)).await.unwrap(), 3);
        assert_eq!(db.execute("update people set name = 'x' where id in (1, 2)", ()).await.unwrap(), 2);
        assert_eq!(Person::query().where_eq(Person::name, "x").delete(&db).await.unwrap(), 4);
        assert_eq!(db.execute("delete from people", ()).await.unwrap(), 2);
    }
}
