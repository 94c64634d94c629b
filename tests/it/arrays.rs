//! Columns of several values: arrays on PostgreSQL, JSON elsewhere, and the same answers.

use atlas::{Expr, migrate::Schema, prelude::*};

use crate::support::databases;

#[derive(Model, Debug)]
#[table("tagged_things")]
struct Thing {
    id: i64,
    #[cast(array)]
    tags: Vec<String>,
    #[cast(array)]
    sizes: Vec<i32>,
    #[cast(array)]
    marks: Option<Vec<i64>>,
    #[cast(array)]
    flags: Vec<bool>,
    #[cast(array)]
    ratios: Vec<f64>,
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[tokio::test]
async fn arrays_are_stored_and_asked() {
    let hostile = ["'; drop table tagged_things; --", "{a,b}", "\"", "\\", "null", "NULL", "", "ünï"];
    for db in databases().await {
        db.create_tables(models![Thing]).await.unwrap();
        let thing = |tags: &[&str], sizes: &[i32], marks: Option<Vec<i64>>| {
            let thing = Thing::draft().tags(texts(tags)).sizes(sizes.to_vec()).marks(marks);
            thing.flags(vec![true, false]).ratios(vec![0.5])
        };
        let all = [
            thing(&["red", "round"], &[1, 2, 3], Some(vec![i64::MAX, i64::MIN])),
            thing(&["red"], &[3], None),
            thing(&[], &[], Some(Vec::new())),
            thing(&hostile, &[-1], Some(vec![1])),
        ];
        Thing::create_many(&db, all).await.unwrap();
        let mut saved = Thing::find_or_fail(&db, 4).await.unwrap();
        assert_eq!(saved.tags, hostile);
        assert_eq!(saved.marks, Some(vec![1]));
        assert_eq!((&saved.flags[..], &saved.ratios[..]), (&[true, false][..], &[0.5][..]));

        let (tags, sizes, marks) = (|| Thing::tags.array(), || Thing::sizes.array(), || Thing::marks.array());
        let cases: Vec<(&[i64], Expr<Thing>)> = vec![
            (&[1, 2], tags().contains("red")),
            (&[1], tags().contains_all(["round", "red"])),
            (&[], tags().contains("re")),
            (&[], tags().contains("RED")),
            (&[1, 2, 3, 4], tags().contains_all(Vec::<String>::new())),
            (&[2, 3], tags().contained_by(["red", "blue"])),
            (&[3], tags().contained_by(Vec::<String>::new())),
            (&[1, 4], tags().overlaps(["round", "\""])),
            (&[], tags().overlaps(Vec::<String>::new())),
            (&[4], tags().contains_all(hostile)),
            (&[1, 2], sizes().contains(3)),
            (&[1, 4], sizes().overlaps([2, -1])),
            (&[2, 3], sizes().contained_by([3, 4])),
            (&[1], marks().contains(i64::MIN)),
            (&[1, 3, 4], marks().length().is_not_null()),
            (&[3], marks().is_empty()),
            (&[3], tags().is_empty()),
            (&[1], sizes().length().eq(3)),
            (&[1, 2, 3, 4], Thing::flags.array().contains_all([false, true])),
            (&[1, 2, 3, 4], Thing::ratios.array().contains(0.5)),
            (&[3, 4], tags().contains("red").not()),
            (&[2], tags().contains("red").and(sizes().contains(1).not()).scoped()),
        ];
        for (index, (expected, condition)) in cases.into_iter().enumerate() {
            let query = Thing::query().filter(condition).order_by(Thing::id);
            let text = query.to_sql(&db).unwrap().text;
            let found = query
                .pluck(&db, Thing::id)
                .await
                .unwrap_or_else(|error| panic!("case {index}: {text}: {error}"));
            assert_eq!(found, expected, "case {index}: {text}");
        }

        saved.tags.push("new".to_owned());
        saved.marks = None;
        saved.save(&db).await.unwrap();
        let again = Thing::find_or_fail(&db, 4).await.unwrap();
        assert_eq!((again.tags.len(), again.marks.clone()), (9, None));
        let places = (
            tags().at(0),
            sizes().at(2),
            marks().at(1),
            Thing::flags.array().at(1),
            Thing::ratios.array().at(0),
        );
        let places = Thing::query().order_by(Thing::id).select(places).get(&db).await.unwrap();
        let red = Some("red".to_owned());
        assert_eq!(places[0], (red, Some(3), Some(i64::MIN), Some(false), Some(0.5)));
        assert_eq!(places[2], (None, None, None, Some(false), Some(0.5)));
        assert_eq!(places[3].0.as_deref(), Some(hostile[0]));
        assert_eq!(Thing::query().filter(tags().at(1).eq("round")).pluck(&db, Thing::id).await.unwrap(), [1]);

        // Values behind those that are there; no array stays none.
        let set = (
            Thing::tags.set_expr(tags().append(hostile)),
            Thing::sizes.set_expr(sizes().append([7, 8])),
            Thing::marks.set_expr(marks().append([5])),
            Thing::flags.set_expr(Thing::flags.array().append([true])),
            Thing::ratios.set_expr(Thing::ratios.array().append(Vec::<f64>::new())),
        );
        assert_eq!(Thing::query().where_in(Thing::id, [1, 2, 3]).update(&db, set).await.unwrap(), 3);
        let one = Thing::find_or_fail(&db, 1).await.unwrap();
        assert_eq!((one.tags[0].as_str(), &one.tags[2..]), ("red", &hostile.map(String::from)[..]));
        assert_eq!(
            (&one.sizes[..], one.marks.as_deref()),
            (&[1, 2, 3, 7, 8][..], Some(&[i64::MAX, i64::MIN, 5][..]))
        );
        assert_eq!((&one.flags[..], &one.ratios[..]), (&[true, false, true][..], &[0.5][..]));
        assert!(Thing::find_or_fail(&db, 2).await.unwrap().marks.is_none());
        assert!(Thing::query().filter(tags().contains_all(hostile)).count(&db).await.unwrap() == 4);
        let back = Thing::query().where_in(Thing::id, [1, 2, 3]);
        let set = Thing::tags.set(Vec::new());
        back.update(&db, set).await.unwrap();
        let two = texts(&["red", "round"]);
        Thing::query().where_eq(Thing::id, 1).update(&db, Thing::tags.set(two)).await.unwrap();
        Thing::query().where_eq(Thing::id, 2).update(&db, Thing::tags.set(texts(&["red"]))).await.unwrap();

        let lengths =
            Thing::query().order_by(Thing::id).select(Thing::tags.array().length()).get(&db).await.unwrap();
        assert_eq!(lengths, [Some(2), Some(1), Some(0), Some(9)]);
        if db.driver_name() == "postgres" {
            let declared = "select data_type from information_schema.columns where table_name = 'tagged_things' and column_name = 'tags'";
            assert_eq!(db.raw(declared, ()).value::<String>().await.unwrap().as_deref(), Some("ARRAY"));
        }
    }
}

/// The operators are those that an index of the kind GIN knows, where there is one.
#[tokio::test]
async fn what_is_in_arrays_is_found_by_an_index() {
    for db in databases().await {
        if db.driver_name() != "postgres" {
            continue;
        }
        db.create_tables(models![Thing]).await.unwrap();
        Schema::table(&db, "tagged_things", |t| {
            t.index(["tags"]).method("gin").name("things_by_tag");
        })
        .await
        .unwrap();
        let tx = db.begin().await.unwrap();
        tx.execute("set local enable_seqscan = off", ()).await.unwrap();
        let tags = || Thing::tags.array();
        for asked in [tags().contains("red"), tags().overlaps(["red", "blue"]), tags().contained_by(["red"])]
        {
            let plan = Thing::query().filter(asked).explain(&tx).await.unwrap();
            assert!(plan.contains("things_by_tag"), "{plan}");
        }
        tx.rollback().await.unwrap();
        let index = db.inspect("tagged_things").await.unwrap().unwrap();
        assert!(index.indexes.iter().any(|index| index.method.as_deref() == Some("gin")), "{index:?}");
    }
}
