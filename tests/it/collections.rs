//! Records as a collection.

use atlas::{Error, Fields, Records, prelude::*};
use serde_json::json;

use crate::support::{Person, people, sent};

#[derive(Model, Debug)]
struct Seat {
    #[primary_key]
    row: i32,
    #[primary_key]
    number: i32,
    #[default(false)]
    taken: bool,
}

fn names(people: &[&Record<Person>]) -> Vec<String> {
    people.iter().map(|person| person.name.clone()).collect()
}

// C-217, X-19, C-212, C-213
#[tokio::test]
async fn records_are_found_by_their_keys() {
    for db in people().await {
        let mut all = Person::query().order_by(Person::id).get(&db).await.unwrap();
        let some = Person::query().where_in(Person::id, [2, 4]).get(&db).await.unwrap();
        let (statements, ()) = sent(&db, async || {
            assert_eq!(all.find(3).map(|person| person.name.as_str()), Some("Cid"));
            assert!(all.find(99).is_none());
            let error = all.find_or_fail(99).unwrap_err();
            assert!(
                matches!(error, Error::NotFound { model: "Person", key: Some(ref key) } if key == "99"),
                "{error:?}"
            );
            assert_eq!(all.model_keys(), [1, 2, 3, 4, 5]);
            assert_eq!(all.pluck(Person::age).unwrap(), [Some(34), Some(17), None, Some(34), Some(60)]);
            let by_name = all.key_by(|person| person.name.clone());
            assert_eq!((by_name.len(), by_name["Eve"].id), (5, 5));
            let by_age = all.group_by(|person| person.age);
            assert_eq!(names(&by_age[&Some(34)]), ["Ann", "Dee"]);
            assert_eq!(names(&all.only([5, 1, 99])), ["Ann", "Eve"]);
            assert_eq!(names(&all.except([5, 1])), ["Bob", "Cid", "Dee"]);
            assert_eq!(names(&all.diff(&some)), ["Ann", "Cid", "Eve"]);
            assert_eq!(names(&all.intersect(&some)), ["Bob", "Dee"]);
        })
        .await;
        assert_eq!(statements, 0);

        let twice =
            [Person::find_many(&db, [1, 2]).await.unwrap(), Person::find_many(&db, [2, 3]).await.unwrap()]
                .concat_records();
        assert_eq!(names(&twice.unique()), ["Bob", "Ann", "Cid"]);

        assert_eq!(some.to_query().where_gt(Person::age, 20).count(&db).await.unwrap(), 1);
        assert_eq!(Vec::<Record<Person>>::new().to_query().count(&db).await.unwrap(), 0);
        some.to_query().update(&db, Person::friends.set(77)).await.unwrap();
        Person::query().where_eq(Person::id, 1).delete(&db).await.unwrap();
        let (statements, fresh) = sent(&db, async || all.fresh(&db).await.unwrap()).await;
        let fresh: Vec<_> = fresh.iter().map(|person| (person.id, person.friends)).collect();
        assert_eq!((statements, fresh), (1, vec![(2, 77), (3, 0), (4, 77), (5, 1)]));

        all.make_hidden((Person::score, Person::active, Person::limit)).unwrap();
        all.make_hidden(["friends"]).unwrap();
        assert_eq!(all.serialize_with(&Fields::omit(["age"])).unwrap()[1], json!({"id": 2, "name": "Bob"}));
        all.make_visible(Person::friends).unwrap();
        assert_eq!(
            serde_json::to_value(&all).unwrap()[4],
            json!({"id": 5, "name": "Eve", "age": 60, "friends": 1})
        );
        all.set_visible(Person::id).unwrap();
        assert_eq!(serde_json::to_value(&all[..2]).unwrap(), json!([{"id": 1}, {"id": 2}]));
        assert!(all.make_hidden("nmae").is_err() && all.append_each("nmae").is_err());
    }
}

trait ConcatRecords {
    fn concat_records(self) -> Vec<Record<Person>>;
}

impl<const N: usize> ConcatRecords for [Vec<Record<Person>>; N] {
    fn concat_records(self) -> Vec<Record<Person>> {
        self.into_iter().flatten().collect()
    }
}

#[tokio::test]
async fn composite_keys_too() {
    for db in people().await {
        db.create_tables(models![Seat]).await.unwrap();
        let seats = [(1, 1), (1, 2), (2, 1)].map(|(row, number)| Seat::draft().row(row).number(number));
        let seats = Seat::create_many(&db, seats).await.unwrap();
        assert_eq!(seats.find((1, 2)).map(|seat| seat.number), Some(2));
        assert!(seats.find((2, 2)).is_none());
        let left: Vec<_> =
            seats.except([(1, 1), (2, 1)]).into_iter().map(|seat| (seat.row, seat.number)).collect();
        assert_eq!(left, [(1, 2)]);
        Seat::query().where_eq(Seat::row, 1).update(&db, Seat::taken.set(true)).await.unwrap();
        let taken: Vec<bool> = seats.fresh(&db).await.unwrap().iter().map(|seat| seat.taken).collect();
        assert_eq!(taken, [true, true, false]);
    }
}
