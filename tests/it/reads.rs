use std::collections::HashMap;

use atlas::{Error, prelude::*};

use crate::support::{Person, people};

// B-49, 000-55, 002-30, 002-32, C-52, C-54, 004-22, 004-31, 004-32, 004-34, X-07, C-123
#[tokio::test]
async fn terminals_that_give_rows() {
    for db in people().await {
        let by_name = Person::query().order_by(Person::name.asc());
        assert_eq!(by_name.clone().get(&db).await.unwrap().len(), 5);
        assert_eq!(by_name.clone().first(&db).await.unwrap().unwrap().name, "Ann");
        assert_eq!(by_name.clone().first_or_fail(&db).await.unwrap().age, Some(34));
        assert_eq!(by_name.clone().offset(1).first(&db).await.unwrap().unwrap().name, "Bob");
        assert!(by_name.clone().limit(0).first(&db).await.unwrap().is_none());
        assert_eq!(by_name.clone().find(&db, 3).await.unwrap().unwrap().name, "Cid");
        assert!(Person::query().where_eq(Person::name, "Ann").find(&db, 3).await.unwrap().is_none());
        assert_eq!(Person::find(&db, 2).await.unwrap().unwrap().name, "Bob");
        assert!(Person::find(&db, 99).await.unwrap().is_none());
        assert_eq!(Person::query().where_eq(Person::name, "Eve").sole(&db).await.unwrap().id, 5);

        let newest_first = |people: Vec<Record<Person>>| people.iter().map(|p| p.id).collect::<Vec<_>>();
        assert_eq!(newest_first(Person::all(&db).await.unwrap()), [5, 4, 3, 2, 1]);
        assert_eq!(newest_first(Person::find_many(&db, [1, 99, 4]).await.unwrap()), [4, 1]);
        assert!(Person::find_many(&db, Vec::<i64>::new()).await.unwrap().is_empty());
        assert_eq!(newest_first(by_name.all(&db).await.unwrap()), [1, 2, 3, 4, 5]);

        assert_eq!(
            Person::query().where_eq(Person::id, 2).value(&db, Person::name).await.unwrap().as_deref(),
            Some("Bob")
        );
        assert_eq!(
            Person::query().where_eq(Person::id, 3).value(&db, Person::age).await.unwrap(),
            Some(None)
        );
        assert_eq!(Person::query().where_eq(Person::id, 99).value(&db, Person::age).await.unwrap(), None);
        assert_eq!(
            Person::query()
                .where_gt(Person::age, 30)
                .order_by(Person::id.asc())
                .pluck(&db, Person::id)
                .await
                .unwrap(),
            [1, 4, 5]
        );

        assert!(Person::query().where_eq(Person::name, "Ann").exists(&db).await.unwrap());
        assert!(!Person::query().where_eq(Person::name, "Zoe").exists(&db).await.unwrap());
        assert!(Person::query().where_eq(Person::name, "Zoe").doesnt_exist(&db).await.unwrap());
        assert!(!Person::query().limit(0).exists(&db).await.unwrap());
    }
}

// B-49, 002-31, C-54, C-55, B-83, B-204
#[tokio::test]
async fn what_is_not_there_is_an_error_that_names_it() {
    for db in people().await {
        let error = Person::find_or_fail(&db, 99).await.unwrap_err();
        assert!(matches!(&error, Error::NotFound { model: "Person", key: Some(_) }), "{error:?}");
        assert_eq!(error.to_string(), "no `Person` was found for key 99");
        let none = Person::query().where_eq(Person::name, "Zoe");
        assert!(matches!(
            none.clone().first_or_fail(&db).await,
            Err(Error::NotFound { model: "Person", .. })
        ));
        assert!(matches!(none.sole(&db).await, Err(Error::NotFound { model: "Person", .. })));
        let two = Person::query().where_eq(Person::age, 34);
        assert!(matches!(two.sole(&db).await, Err(Error::MultipleFound { model: "Person" })));
    }
}

// B-69, C-70
#[tokio::test]
async fn a_query_says_what_it_is() {
    for db in people().await {
        let query = Person::query().filter(Person::age.ge(18)).order_by(Person::name.asc()).limit(3);
        let sql = query.to_sql(&db).unwrap();
        assert!(!sql.text.contains("18") && sql.binds.len() == 1, "{sql:?}");
        if db.driver_name() == "sqlite" {
            assert_eq!(
                sql.to_string(),
                "SELECT \"id\", \"name\", \"age\", \"score\", \"active\", \"friends\", \"limit\" FROM \"people\" \
                 WHERE \"age\" >= ? ORDER BY \"name\" ASC LIMIT 3"
            );
        }
        let plan = query.explain(&db).await.unwrap();
        assert!(plan.contains("people"), "{plan}");
    }
}

// B-71, C-71
#[tokio::test]
async fn a_query_can_be_used_twice_and_sent_to_other_tasks() {
    for db in people().await {
        let query = Person::query().where_gt(Person::age, 18);
        let again = query.clone();
        let handle = db.clone();
        let counted = tokio::spawn(async move { query.count(&handle).await }).await.unwrap().unwrap();
        assert_eq!(again.get(&db).await.unwrap().len() as u64, counted);
    }
}

/// What is a callback elsewhere is an `Option`, a `Result` or an iterator here.
// C-52, C-55…58
#[tokio::test]
async fn what_to_do_instead_is_said_in_rust() {
    for db in people().await {
        let nobody = || Person::query().where_eq(Person::name, "Zoe");
        let ann = || Person::query().where_eq(Person::name, "Ann");
        let name = nobody().value(&db, Person::name).await.unwrap().unwrap_or_else(|| "nobody".to_owned());
        assert_eq!(name, "nobody");
        let found = Person::query().find(&db, 99).await.unwrap().map_or(-1, |person| person.id);
        assert_eq!(found, -1);
        let or_first = match nobody().first(&db).await.unwrap() {
            Some(person) => person,
            None => ann().first_or_fail(&db).await.unwrap(),
        };
        assert_eq!(or_first.name, "Ann");
        assert_eq!(if ann().exists(&db).await.unwrap() { 1 } else { 2 }, 1);
        assert_eq!(if nobody().doesnt_exist(&db).await.unwrap() { 1 } else { 2 }, 1);
        let names = Person::query().order_by(Person::id).pluck(&db, Person::name).await.unwrap();
        assert_eq!(names.join(", "), "Ann, Bob, Cid, Dee, Eve");
        let by_name = Person::query().select((Person::name, Person::age)).get(&db).await.unwrap();
        let by_name: HashMap<String, Option<i32>> = by_name.into_iter().collect();
        assert_eq!((by_name["Bob"], by_name["Cid"]), (Some(17), None));
        let marked: Vec<i64> = ann().pluck(&db, Person::id).await.unwrap();
        assert_eq!(marked, [1]);
    }
}

// C-68
#[tokio::test]
async fn what_comes_back_is_worked_on_each_time() {
    for db in people().await {
        let loud = || {
            Person::query().order_by(Person::id).after_query(|people| {
                let together = i32::try_from(people.len()).unwrap();
                for person in people {
                    person.name = person.name.to_uppercase();
                    person.limit = together;
                }
            })
        };
        let all = loud().get(&db).await.unwrap();
        assert_eq!((all[0].name.as_str(), all[4].name.as_str(), all[0].limit), ("ANN", "EVE", 5));
        let first = loud().first_or_fail(&db).await.unwrap();
        assert_eq!((first.name.as_str(), first.limit), ("ANN", 1));
        assert_eq!(loud().find_or_fail(&db, 2).await.unwrap().name, "BOB");
        let page = loud().paginate(&db, 2, 2).await.unwrap();
        assert_eq!((page.data[0].name.as_str(), page.data[0].limit, page.total), ("CID", 2, 5));
        let mut seen = Vec::new();
        loud()
            .chunk(&db, 3, |people| {
                seen.extend(people.into_iter().map(|person| person.limit));
                async { Ok::<_, Error>(()) }
            })
            .await
            .unwrap();
        assert_eq!(seen, [3, 3, 3, 2, 2]);
        let mut cursor = loud().cursor(&db);
        let mut read = Vec::new();
        while let Some(person) = cursor.try_next().await.unwrap() {
            read.push(person.name.clone());
        }
        assert_eq!(read.join(" "), "ANN BOB CID DEE EVE");
        // Several, in their order; what is changed is a change of the record.
        let mut twice =
            loud().after_query(|people| people.iter_mut().for_each(|person| person.name.push('!')));
        twice = twice.limit(1);
        let mut ann = twice.first_or_fail(&db).await.unwrap();
        assert!(ann.is_dirty(Person::name));
        ann.save(&db).await.unwrap();
        assert_eq!(
            Person::query().limit(1).order_by(Person::id).pluck(&db, Person::name).await.unwrap(),
            ["ANN!"]
        );
        assert_eq!(loud().count(&db).await.unwrap(), 5);
        // Before: a scope of the handle, in every statement about the model.
        let adults = db.with_scope::<Person>("adults", |people| people.where_ge(Person::age, 18));
        assert_eq!(loud().get(&adults).await.unwrap().len(), 3);
        // A scope does nothing but to filter.
        let wrong = db.with_scope::<Person>("wrong", |people| people.after_query(|_| {}));
        assert!(matches!(Person::query().count(&wrong).await, Err(Error::Config { .. })));
    }
}
