//! Tables without a model, and raw statements.

use std::sync::{Arc, Mutex};

use atlas::{DynRow, Error, col, count_all, prelude::*, statement::TableRef, value::Value, values};

use crate::support::{Person, databases, people};

#[tokio::test]
async fn rows_are_found() {
    for db in people().await {
        let t = || db.table("people");
        for (query, expected) in [
            (t(), "Ann Bob Cid Dee Eve"),
            (t().where_eq("name", "Ann"), "Ann"),
            (t().where_eq("age", Value::Null), "Cid"),
            (t().where_eq("age", None::<i32>), "Cid"),
            (t().where_ne("age", Value::Null).where_ne("name", "Ann"), "Bob Dee Eve"),
            (t().where_gt("age", 34), "Eve"),
            (t().where_ge("age", 34), "Ann Dee Eve"),
            (t().where_lt("age", 34), "Bob"),
            (t().where_le("score", 1.5), "Ann Cid Dee"),
            (t().where_in("id", [1, 3, 99]), "Ann Cid"),
            (t().where_in("age", [Some(17), None]), "Bob Cid"),
            (t().where_in("id", Vec::<i64>::new()), ""),
            (t().where_not_in("id", [1, 3]), "Bob Dee Eve"),
            (t().where_null("age"), "Cid"),
            (t().where_not_null("age").where_eq("active", true), "Ann Bob Eve"),
            (t().where_between("age", 17, 34), "Ann Bob Dee"),
            (t().where_like("name", "%e"), "Dee Eve"),
            (t().where_all(values! { age: 34, active: false }), "Dee"),
            (t().where_eq("people.name", "Bob"), "Bob"),
            (
                t().where_eq("age", 60).or_where(|or| or.where_eq("age", 34).where_eq("active", true)),
                "Ann Eve",
            ),
            (t().or_where(|or| or), "Ann Bob Cid Dee Eve"),
            (t().when(Some(17), |t, age| t.where_eq("age", age)).when(false, |t, ()| t.limit(0)), "Bob"),
        ] {
            let shown = format!("{query:?}");
            let names = query.order_by("id").pluck::<String>("name").await.unwrap();
            assert_eq!(names.join(" "), expected, "{shown}");
        }
        assert_eq!(t().order_by_desc("score").limit(2).offset(1).pluck::<i64>("id").await.unwrap(), [2, 1]);
        assert_eq!(t().select(["active"]).distinct().get().await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn rows_are_read_by_name() {
    for db in people().await {
        let ann = db.table("people").find(1).await.unwrap().unwrap();
        assert_eq!(
            ann.columns().collect::<Vec<_>>(),
            ["id", "name", "age", "score", "active", "friends", "limit"]
        );
        assert_eq!(ann.get::<String>("name").unwrap(), "Ann");
        assert_eq!((ann.get::<i64>("id").unwrap(), ann.at::<i32>(2).unwrap()), (1, 34));
        assert_eq!((ann.get::<f64>("score").unwrap(), ann.get::<bool>("active").unwrap()), (1.5, true));
        let cid = db.table("people").find_or_fail(3).await.unwrap();
        assert_eq!(cid.get::<Option<i32>>("age").unwrap(), None);
        assert_eq!(cid.value("age"), Some(&Value::Null));

        let missing = ann.get::<i32>("nmae").unwrap_err().to_string();
        assert!(
            missing.starts_with("the row has no column `nmae`: there are `id`, `name`, `age`"),
            "{missing}"
        );
        assert!(ann.at::<i32>(7).unwrap_err().to_string().contains("it has 7"));
        let error = ann.get::<i32>("name").unwrap_err();
        assert!(matches!(error, Error::Decode { model: "DynRow", column: "name", .. }), "{error:?}");
        assert!(cid.get::<i32>("age").is_err());

        assert!(db.table("people").find(99).await.unwrap().is_none());
        let error = db.table("people").find_or_fail(99).await.unwrap_err().to_string();
        assert_eq!(error, "no row of `people` was found");

        let json = serde_json::to_value(&cid).unwrap();
        assert_eq!((&json["name"], &json["age"]), (&"Cid".into(), &serde_json::Value::Null));
        assert!(format!("{ann:?}").contains(r#""name": "Ann""#), "{ann:?}");
    }
}

#[tokio::test]
async fn one_value_of_all_rows() {
    for db in people().await {
        let t = || db.table("people");
        assert_eq!(t().count().await.unwrap(), 5);
        assert_eq!(t().limit(2).count().await.unwrap(), 2);
        assert_eq!(t().where_gt("id", 99).count().await.unwrap(), 0);
        assert_eq!(t().sum::<i64>("friends").await.unwrap(), Some(26));
        assert_eq!(t().where_gt("id", 99).sum::<i64>("friends").await.unwrap(), None);
        assert_eq!(t().max::<f64>("score").await.unwrap(), Some(99.25));
        assert_eq!(t().min::<String>("name").await.unwrap().as_deref(), Some("Ann"));
        assert_eq!(t().where_in("id", [1, 2]).avg::<f64>("score").await.unwrap(), Some(2.0));
        assert!(t().where_eq("name", "Eve").exists().await.unwrap());
        assert!(t().where_eq("name", "Zoe").doesnt_exist().await.unwrap());
        assert_eq!(t().where_eq("name", "Zoe").value::<i64>("id").await.unwrap(), None);
    }
}

#[tokio::test]
async fn rows_are_written() {
    for db in people().await {
        let t = || db.table("people");
        let fay = t().insert(values! { name: "Fay", score: 3.0 }).await.unwrap();
        assert_eq!((fay.get::<i64>("id").unwrap(), fay.get::<i64>("limit").unwrap()), (6, 10));
        assert_eq!(
            (fay.get::<bool>("active").unwrap(), fay.get::<Option<i32>>("age").unwrap()),
            (true, None)
        );

        let rows = [
            values! { name: "Gil", score: 1.0 },
            values! { score: 2.0, name: "Hal" },
            values! { name: "Ida", score: 3.0, age: 5 },
        ];
        let rows = t().insert_many(rows).await.unwrap();
        let names: Vec<String> = rows.iter().map(|row| row.get("name").unwrap()).collect();
        assert_eq!((names.join(" ").as_str(), rows[2].get::<i32>("age").unwrap()), ("Gil Hal Ida", 5));
        assert_eq!(t().insert_many(Vec::<atlas::table::Values>::new()).await.unwrap(), Vec::<DynRow>::new());

        // All or none.
        let rows = [values! { name: "Jan", score: 1.0 }, values! { name: Value::Null, score: 1.0, age: 1 }];
        let failed = t().insert_many(rows).await;
        assert!(matches!(failed, Err(Error::Constraint { .. })), "{failed:?}");
        assert_eq!(t().where_eq("name", "Jan").count().await.unwrap(), 0);

        assert_eq!(t().where_gt("id", 5).update(values! { active: false, age: 1 }).await.unwrap(), 4);
        assert_eq!(t().where_eq("id", 1).increment("friends", 2).await.unwrap(), 1);
        assert_eq!(t().where_eq("id", 1).decrement("limit", 1).await.unwrap(), 1);
        let ann = Person::find_or_fail(&db, 1).await.unwrap();
        assert_eq!((ann.friends, ann.limit), (5, 9));
        let changed = t().where_in("id", [1, 2]).update_returning(values! { age: 50 }).await.unwrap();
        let mut ids: Vec<(i64, i32)> =
            changed.iter().map(|row| (row.get("id").unwrap(), row.get("age").unwrap())).collect();
        ids.sort();
        assert_eq!(ids, [(1, 50), (2, 50)]);
        let one = t().order_by("id").limit(1).update_returning(values! { id: 100 }).await.unwrap();
        assert_eq!((one.len(), one[0].get::<i64>("id").unwrap()), (1, 100));

        assert_eq!(t().where_gt("id", 5).delete().await.unwrap(), 5);
        assert_eq!(t().count().await.unwrap(), 4);
        assert!(t().update(values! {}).await.unwrap_err().to_string().contains("sets no column"));
        let unknown = t().update(values! { nmae: 1 }).await.unwrap_err();
        assert!(
            matches!(&unknown, Error::MissingColumn { column, .. } if column.contains("nmae")),
            "{unknown:?}"
        );
        let missing = db.table("nowhere").get().await.unwrap_err();
        assert!(
            matches!(&missing, Error::MissingTable { table, .. } if table.contains("nowhere")),
            "{missing:?}"
        );
    }
}

#[derive(Model)]
pub struct Setting {
    #[primary_key]
    pub name: String,
    pub value: i64,
}

#[tokio::test]
async fn rows_are_upserted_and_keys_have_other_names() {
    for db in databases().await {
        db.create_tables(models![Setting]).await.unwrap();
        let t = || db.table("settings").key("name");
        let rows = [values! { name: "a", value: 1 }, values! { name: "b", value: 2 }];
        t().upsert(rows.clone(), &["name"], &["value"]).await.unwrap();
        t().upsert([values! { name: "b", value: 3 }, values! { name: "c", value: 4 }], &["name"], &["value"])
            .await
            .unwrap();
        assert_eq!(t().order_by("name").pluck::<i64>("value").await.unwrap(), [1, 3, 4]);
        assert_eq!(t().find("b").await.unwrap().unwrap().get::<i64>("value").unwrap(), 3);
        let changed = t().where_eq("name", "c").update_returning(values! { value: 9 }).await.unwrap();
        assert_eq!(changed[0].get::<i64>("value").unwrap(), 9);
        assert!(t().upsert(rows, &[], &["value"]).await.unwrap_err().to_string().contains("at least one"));
    }
}

#[tokio::test]
async fn the_calls_that_take_a_table() {
    for db in people().await {
        let ann = db.find_by_id("people", 1).await.unwrap().unwrap();
        assert_eq!(ann.get::<String>("name").unwrap(), "Ann");
        assert!(db.find_by_id("people", 99).await.unwrap().is_none());
        let dee = db.find_one("people", values! { age: 34, active: false }).await.unwrap().unwrap();
        assert_eq!(dee.get::<String>("name").unwrap(), "Dee");
        assert_eq!(db.find_all("people", values! { age: 34 }).await.unwrap().len(), 2);
        assert_eq!(db.find_all("people", values! {}).await.unwrap().len(), 5);

        let fay = db
            .insert(
                "people",
                [("name", "Fay".to_owned())].into_iter().collect::<atlas::table::Values>().set("score", 1.0),
            )
            .await
            .unwrap();
        assert_eq!(fay.get::<i64>("id").unwrap(), 6);
        let many = ["Gil", "Hal"].map(|name| values! { name: name, score: 0.5 });
        assert_eq!(db.bulk_insert("people", many).await.unwrap().len(), 2);

        let changed = db.update("people", values! { age: 34 }, values! { age: 35 }).await.unwrap();
        assert_eq!(changed.len(), 2);
        let changed = db
            .bulk_update(
                "people",
                [(values! { id: 1 }, values! { age: 1 }), (values! { age: 35 }, values! { age: 2 })],
            )
            .await
            .unwrap();
        let ages: Vec<i32> = changed.iter().map(|row| row.get("age").unwrap()).collect();
        assert_eq!(ages, [1, 2]);
        // All or none.
        let failed = db
            .bulk_update(
                "people",
                [
                    (values! { id: 1 }, values! { age: 77 }),
                    (values! { id: 2 }, values! { name: Value::Null }),
                ],
            )
            .await;
        assert!(failed.is_err());
        assert_eq!(db.table("people").where_eq("age", 77).count().await.unwrap(), 0);

        assert_eq!(db.delete("people", values! { id: 6 }).await.unwrap(), 1);
        assert_eq!(
            db.bulk_delete("people", [values! { id: 7 }, values! { age: Value::Null }]).await.unwrap(),
            3
        );
        for refused in [
            db.delete("people", values! {}).await.unwrap_err(),
            db.update("people", values! {}, values! { age: 1 }).await.unwrap_err(),
            db.bulk_delete("people", [values! { id: 1 }, values! {}]).await.unwrap_err(),
        ] {
            assert!(refused.to_string().starts_with("an empty filter would"), "{refused}");
        }
        assert_eq!(db.table("people").count().await.unwrap(), 4);
    }
}

// C-88
#[tokio::test]
async fn raw_statements() {
    for db in people().await {
        let rows =
            db.raw("select name, age from people where age > ? order by name", [20]).get().await.unwrap();
        let names: Vec<String> = rows.iter().map(|row| row.get("name").unwrap()).collect();
        assert_eq!(names, ["Ann", "Dee", "Eve"]);
        let query = db.raw("select name from people where id = ? and name = ?", (1, "Ann"));
        assert_eq!(query.value::<String>().await.unwrap().as_deref(), Some("Ann"));
        let ids = db.raw("select id from people where id in (?, ?) order by id", vec![1, 2]).pluck::<i64>();
        assert_eq!(ids.await.unwrap(), [1, 2]);
        assert!(db.raw("select id from people where id = ?", [99]).first().await.unwrap().is_none());
        assert_eq!(db.raw("update people set age = 1 where id < ?", [3]).execute().await.unwrap(), 2);
        let hostile = "'; drop table people; --";
        assert_eq!(db.raw("select name from people where name = ?", [hostile]).get().await.unwrap().len(), 0);
        assert_eq!(
            db.raw("select count(*) from people where name <> '?'", ()).value::<i64>().await.unwrap(),
            Some(5)
        );
        for text in ["select id from people where id = ?", "select ?, ?, ?"] {
            let error = db.raw(text, [1, 2]).get().await.unwrap_err().to_string();
            assert!(error.contains("values: give one value for each place"), "{error}");
        }
        let in_tx: Result<()> = db
            .transaction(async |tx| {
                tx.raw("delete from people", ()).execute().await?;
                assert_eq!(tx.table("people").count().await?, 0);
                Err(Error::config("no"))
            })
            .await;
        assert!(in_tx.is_err());
        assert_eq!(db.table("people").count().await.unwrap(), 5);
    }
}

#[tokio::test]
async fn names_are_quoted_whatever_they_are() {
    for db in databases().await {
        let sent = Arc::new(Mutex::new(Vec::new()));
        let texts = sent.clone();
        db.listen(move |event| {
            texts.lock().unwrap().extend(event.as_statement().map(|statement| statement.text.clone()));
        });
        let hostile = "x\" = 1; drop table people; --`";
        let error = db.table("people").where_eq(hostile, 1).get().await.unwrap_err();
        assert!(matches!(error, Error::MissingTable { .. } | Error::MissingColumn { .. }), "{error:?}");
        let sent = sent.lock().unwrap();
        assert!(sent[0].contains("x\"\" = 1") || sent[0].contains("--``"), "{sent:?}");
    }
}

// B-31, B-33, B-40, B-45, B-46, B-180, C-02, C-03, C-10, C-11
#[tokio::test]
async fn rows_of_several_tables() {
    for db in people().await {
        let people = || db.table("people");
        let older = || col::<i32>("older.age").gt(col::<i32>("people.age"));
        let elders = || TableRef::new("people").called("older");
        let pairs = people()
            .join(elders(), older().and(col::<bool>("older.active").eq(true)))
            .order_by("people.id")
            .order_by("older.id")
            .select(["people.name"])
            .add_select("elder", col::<String>("older.name"))
            .get()
            .await
            .unwrap();
        let pairs: Vec<String> = pairs
            .iter()
            .map(|row| row.get::<String>("name").unwrap() + &row.get::<String>("elder").unwrap())
            .collect();
        assert_eq!(pairs, ["AnnEve", "BobAnn", "BobEve", "DeeEve"]);

        let per_person = async |table: atlas::table::Table<'_>| {
            let counted = table.select(["people.name"]).group_by(["people.name"]);
            let counted = counted.add_select("elders", col::<i64>("older.id").count());
            counted.order_by("people.name").get().await.unwrap()
        };
        let shown = |rows: Vec<DynRow>| {
            let each = rows.iter().map(|row| {
                let name: Option<String> = row.get("name").unwrap();
                format!("{}{}", name.unwrap_or_default(), row.get::<i64>("elders").unwrap())
            });
            each.collect::<Vec<_>>().join(" ")
        };
        let left = per_person(people().left_join(elders(), older())).await;
        assert_eq!(shown(left), "Ann1 Bob3 Cid0 Dee1 Eve0");
        let some = people().left_join(elders(), older()).having(count_all().gt(1));
        assert_eq!(shown(per_person(some).await), "Bob3");
        // Nobody is younger than Bob and Cid, who stand behind no name.
        let right = people().right_join(elders(), older()).filter(col::<Option<i64>>("people.id").is_null());
        assert_eq!(right.count().await.unwrap(), 2);
        assert_eq!(people().cross_join(elders()).count().await.unwrap(), 25);
        let by_length = people().order_by_expr(col::<f64>("score").abs().desc()).limit(1);
        assert_eq!(by_length.value::<String>("name").await.unwrap().as_deref(), Some("Eve"));

        let hostile = "x\"`'; drop table people; --";
        let error = people().join(elders(), col::<i64>(hostile).eq(1)).get().await.unwrap_err();
        assert!(matches!(error, Error::MissingColumn { .. }), "{error}");
        let aliased = people().called(hostile).order_by("id").pluck::<String>("name").await.unwrap();
        assert_eq!(aliased.len(), 5);
        let joined = people().join(elders(), older()).group_by(["people.name"]);
        let error = joined.clone().update(values! { name: "x" }).await.unwrap_err();
        assert!(error.to_string().contains("which rows in a filter"), "{error}");
        assert!(joined.delete().await.is_err());
        assert_eq!(people().count().await.unwrap(), 5);
    }
}
