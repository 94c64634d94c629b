//! The database's own language: whole statements, and pieces of queries.

use atlas::{Expression, FromRow, Sql, prelude::*, sql, value::Value};

use crate::support::{Person, names, people};

/// Names and values that somebody meant to do harm with, or that are merely odd.
fn hostile() -> Vec<String> {
    let mut hostile: Vec<String> = [
        "'; drop table people; --",
        "\" or 1 = 1 --",
        "` or 1 = 1 #",
        "\\' or 1 = 1 --",
        "?",
        "??",
        "$1",
        ":name",
        "{name}",
        "{{",
        "%_\\",
        "$$ or $$",
        "/* */",
        "名前 😀 \u{202e}",
        "\u{1}\u{2}",
        "",
        " ",
        "\n\r\t",
    ]
    .map(ToOwned::to_owned)
    .into();
    hostile.push("x'\"`\\".repeat(200_000));
    hostile
}

// C-06, B-75, B-76
#[tokio::test]
async fn what_is_in_braces_is_bound_wherever_it_stands() {
    for db in people().await {
        let (low, word) = (30, String::from("n"));
        let condition = sql!("age > {low} and name like {format!(\"%{word}\")}");
        assert_eq!(names(&db, Person::query().filter(condition.condition())).await, "Ann");
        // Variables are not moved, and braces are written twice.
        let same = sql!("name <> '{{}}' and name <> {word} and name <> {word} and age is not null");
        let query = Person::query().filter(Person::age.lt(60)).filter(same.clone().condition());
        assert_eq!(names(&db, query.order_by(Person::id)).await, "Ann Bob Dee");

        // Beside conditions of the other kind, in their order; one piece in another.
        let ids = [1, 2, 5];
        let nested = sql!("id in ({ids:list}) and ({same})");
        let query =
            Person::query().where_gt(Person::score, 2).filter(nested.condition()).where_lt(Person::age, 20);
        assert_eq!(names(&db, query).await, "Bob");
        let either = Person::query().where_eq(Person::name, "Cid").or_filter(sql!("age = {60}").condition());
        assert_eq!(names(&db, either.order_by(Person::id)).await, "Cid Eve");

        // As a value that is selected, compared, put in order and set.
        let twice = || sql!("age * {2}").of::<Option<i64>>();
        let query = Person::query().filter(twice().gt(60)).order_by(twice().desc()).order_by(Person::id);
        let rows = query.select((Person::name, twice())).get(&db).await.unwrap();
        let rows: Vec<_> = rows.iter().map(|(name, twice)| (&**name, *twice)).collect();
        assert_eq!(rows, [("Eve", Some(120)), ("Ann", Some(68)), ("Dee", Some(68))]);
        let query = Person::query().order_by(sql!("length(name), age desc, id")).where_not_null(Person::age);
        assert_eq!(names(&db, query).await, "Eve Ann Dee Bob");
        let plus = sql!("friends + {100}").of::<i32>();
        Person::query().where_eq(Person::id, 1).update(&db, Person::friends.set_expr(plus)).await.unwrap();
        assert_eq!(Person::find_or_fail(&db, 1).await.unwrap().friends, 103);
    }
}

// B-39, B-46, B-47, C-40, C-42, B-32
#[tokio::test]
async fn queries_take_raw_pieces_where_they_have_typed_ones() {
    for db in people().await {
        let query =
            Person::query().where_raw("age > ? and score < ?", (30, 50)).or_where_raw("name = ?", ["Cid"]);
        assert_eq!(names(&db, query.order_by_raw("name desc", ())).await, "Dee Cid Ann");

        let ages = Person::query()
            .where_not_null(Person::age)
            .group_by_raw("age", ())
            .having_raw("count(*) > ?", [1])
            .select_raw::<(i32, i64)>("age, count(*) + ?", [10]);
        assert_eq!(ages.get(&db).await.unwrap(), [(34, 12)]);

        let rows = db.table("people").where_raw("age > ?", [30]).order_by_raw("age desc, name desc", ());
        assert_eq!(rows.pluck::<String>("name").await.unwrap(), ["Eve", "Dee", "Ann"]);

        let error = Person::query().where_raw("age > ? and score < ?", [30]).get(&db).await.unwrap_err();
        assert!(error.to_string().contains("2 places (`?`) and 1 values"), "{error}");
    }
}

#[derive(FromRow, Debug, PartialEq)]
struct Named {
    name: String,
}

// 000-113, C-88
#[tokio::test]
async fn whole_statements_bind_and_quote() {
    for db in people().await {
        let (table, column, ids) = ("people", "name", vec![3_i64, 1]);
        let read = || sql!("select * from {table:ident} where id in ({ids:list}) order by {column:ident}");
        let records = db.sql(read()).read_as::<Record<Person>>().get().await.unwrap();
        assert_eq!((records.len(), records[0].name.as_str(), records[1].age), (2, "Ann", None));
        let rows = db.sql(read()).read_as::<Named>().get().await.unwrap();
        assert_eq!(rows, [Named { name: "Ann".into() }, Named { name: "Cid".into() }]);
        let count: Option<i64> =
            db.sql(sql!("select count(*) from people where age > {18}")).value().await.unwrap();
        assert_eq!(count, Some(3));
        let (none, name) = (None::<i32>, "Bob");
        let changed =
            db.sql(sql!("update people set age = {none} where name = {name}")).execute().await.unwrap();
        assert_eq!(changed, 1);
        assert_eq!(Person::query().where_null(Person::age).count(&db).await.unwrap(), 2);
    }
}

// B-74
#[tokio::test]
async fn hostile_values_are_bound_and_hostile_names_are_quoted() {
    for db in people().await {
        for text in hostile() {
            let shown = text.get(..20).unwrap_or(&text);
            let found = db.sql(sql!("select count(*) from people where name = {text}")).value::<i64>().await;
            assert_eq!(found.unwrap(), Some(0), "{shown}");
            let echoed = Person::query().filter(sql!("name = {text}").condition()).count(&db).await;
            assert_eq!(echoed.unwrap(), 0, "{shown}");
            assert_eq!(
                Person::query().where_raw("name = ?", [&*text]).count(&db).await.unwrap(),
                0,
                "{shown}"
            );
            let list = vec![text.clone(), "Ann".to_owned()];
            let listed = Person::query().filter(sql!("name in ({list:list})").condition());
            assert_eq!(names(&db, listed).await, "Ann", "{shown}");

            // SQLite reads an unknown name in quotes as a text, unless it has a table before it.
            let named = db.sql(sql!("select p.{text:ident} from people p")).get().await;
            assert!(named.is_err(), "{shown}");
            assert!(db.sql(sql!("delete from {text:ident}")).execute().await.is_err(), "{shown}");
        }
        let nul = "Ann\0'";
        let found = Person::query().filter(sql!("name = {nul}").condition()).count(&db).await;
        assert!(found.is_ok_and(|found| found == 0) || db.driver_name() == "postgres", "bound, or refused");
        assert!(db.sql(sql!("select p.{nul:ident} from people p")).get().await.is_err());
        assert_eq!(Person::query().count(&db).await.unwrap(), 5);
    }
}

#[tokio::test]
async fn mistakes_are_errors_that_say_the_way_out() {
    for db in people().await {
        let empty: [i64; 0] = [];
        let error = |sql: Sql| {
            let query = Person::query().filter(sql.condition());
            let db = &db;
            async move { query.get(db).await.unwrap_err().to_string() }
        };
        let none = error(sql!("id in ({empty:list})")).await;
        assert!(none.contains("is empty") && none.contains("where_in"), "{none}");
        let name = "Ann";
        let quoted = error(sql!("name = '{name}'")).await;
        assert!(quoted.contains("stands in quotes"), "{quoted}");
        let commented = error(sql!("id = 1 /* {name:ident} */")).await;
        assert!(commented.contains("stands in quotes or in a comment"), "{commented}");
        let statement = db.sql(sql!("select {empty:list}")).get().await.unwrap_err().to_string();
        assert!(statement.contains("is empty"), "{statement}");
    }
}

/// A question mark in `sql!` is one, and every form of a value is bound.
#[tokio::test]
async fn question_marks_are_themselves() {
    for db in people().await {
        let value = Value::Text("a".into());
        let text = String::from("b");
        let row = db.sql(sql!("select '?' as q, {value} as v, {&text} as t")).first_or_fail().await.unwrap();
        assert_eq!(row.get::<String>("q").unwrap(), "?");
        assert_eq!(
            (row.get::<String>("v").unwrap(), row.get::<String>("t").unwrap()),
            ("a".into(), "b".into())
        );
        let (score, none) = (1.5, None::<i32>);
        let found = sql!("score = {score} and {true} and coalesce({none}, 1) = 1");
        assert_eq!(names(&db, Person::query().filter(found.condition())).await, "Ann");
        if db.driver_name() == "postgres" {
            let has: Option<bool> =
                db.sql(sql!("select '{{\"a\": 1}}'::jsonb ? {\"a\"}")).value().await.unwrap();
            assert_eq!(has, Some(true));
        }
    }
}
