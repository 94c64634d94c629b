use atlas::{Error, prelude::*};
use uuid::Uuid;

use crate::support::databases;

#[derive(Model, Debug)]
struct Ticket {
    #[primary_key(uuid)]
    id: Uuid,
    title: String,
}

#[derive(Model, Debug)]
struct Note {
    #[primary_key(ulid)]
    id: String,
    text: String,
}

#[derive(Model, Debug)]
struct Country {
    #[primary_key(manual)]
    code: String,
    name: String,
}

#[derive(Model, Debug)]
struct OrderLine {
    #[primary_key]
    order_id: i64,
    #[primary_key]
    line: i32,
    sku: String,
    #[default(1)]
    quantity: i32,
}

#[derive(Model, Debug)]
struct Device {
    #[primary_key(manual)]
    serial: u64,
    name: String,
}

// X-21, C-112, B-226
#[tokio::test]
async fn uuids_are_made_by_atlas() {
    for db in databases().await {
        db.create_tables(models![Ticket]).await.unwrap();
        let first = Ticket::draft().title("one").save(&db).await.unwrap();
        let second = Ticket::draft().title("two").save(&db).await.unwrap();
        assert_eq!(first.id.get_version_num(), 7);
        assert!(first.id < second.id);
        assert_eq!(Ticket::find_or_fail(&db, first.id).await.unwrap().title, "one");
        assert_eq!(Ticket::find_or_fail(&db, &second).await.unwrap().title, "two");
        let own = Uuid::from_u128(7);
        assert_eq!(Ticket::draft().id(own).title("own").save(&db).await.unwrap().id, own);
        let copy = first.replicate(&db).await.unwrap();
        assert_ne!(copy.id, first.id);
        assert_eq!(Ticket::query().where_in(Ticket::id, [first.id, own]).count(&db).await.unwrap(), 2);
    }
}

// C-112
#[tokio::test]
async fn ulids_are_made_by_atlas() {
    for db in databases().await {
        db.create_tables(models![Note]).await.unwrap();
        let notes = Note::create_many(&db, ["a", "b"].map(|text| Note::draft().text(text))).await.unwrap();
        assert!(notes.iter().all(|note| note.id.len() == 26));
        assert_eq!(Note::find_or_fail(&db, notes[1].id.as_str()).await.unwrap().text, "b");
    }
}

// 002-06, 004-36, 004-37, 004-38, C-111
#[tokio::test]
async fn keys_of_ones_own() {
    for db in databases().await {
        db.create_tables(models![Country, Device]).await.unwrap();
        Country::draft().code("NO").name("Norway").save(&db).await.unwrap();
        let mut norway = Country::find_or_fail(&db, "NO").await.unwrap();
        norway.name = "Norge".into();
        norway.save(&db).await.unwrap();
        assert_eq!(Country::find_or_fail(&db, &String::from("NO")).await.unwrap().name, "Norge");
        assert!(Country::draft().code("NO").name("again").save(&db).await.unwrap_err().is_unique_violation());
        let error = Country::find_or_fail(&db, "XX").await.unwrap_err();
        assert_eq!(error.to_string(), "no `Country` was found for key \"XX\"");
        Device::draft().serial(5_u64).name("five").save(&db).await.unwrap();
        assert_eq!(Device::find_or_fail(&db, 5).await.unwrap().name, "five");
    }
}

#[tokio::test]
async fn composite_keys_do_everything_that_single_ones_do() {
    for db in databases().await {
        db.create_tables(models![OrderLine]).await.unwrap();
        let lines = (1..=3).map(|line| OrderLine::draft().order_id(7).line(line).sku(format!("s{line}")));
        let saved = OrderLine::create_many(&db, lines).await.unwrap();
        assert_eq!(saved[2].key(), (7, 3));
        let mut second = OrderLine::find_or_fail(&db, (7, 2)).await.unwrap();
        second.quantity = 5;
        second.save(&db).await.unwrap();
        second.refresh(&db).await.unwrap();
        assert_eq!(second.quantity, 5);
        second.line = 9;
        second.save(&db).await.unwrap();
        assert!(OrderLine::find(&db, (7, 2)).await.unwrap().is_none());
        let found = OrderLine::find_many(&db, [(7, 9), (7, 1), (8, 1)]).await.unwrap();
        assert_eq!(found.iter().map(|line| line.line).collect::<Vec<_>>(), [9, 1]);
        assert_eq!(OrderLine::all(&db).await.unwrap().len(), 3);
        let twice = OrderLine::draft().order_id(7).line(1).sku("x").save(&db).await.unwrap_err();
        let Error::Constraint { columns, .. } = &twice else { panic!("{twice:?}") };
        assert_eq!(columns, &["order_id", "line"]);
        OrderLine::upsert(
            &db,
            [OrderLine::draft().order_id(7).line(1).sku("new").quantity(4)],
            (OrderLine::order_id, OrderLine::line),
            (OrderLine::sku, OrderLine::quantity),
        )
        .await
        .unwrap();
        assert_eq!(OrderLine::find_or_fail(&db, (7, 1)).await.unwrap().sku, "new");
        let changed = OrderLine::query().order_by(OrderLine::line.desc()).limit(2).increment(
            &db,
            OrderLine::quantity,
            10,
        );
        assert_eq!(changed.await.unwrap(), 2);
        assert_eq!(
            OrderLine::query().order_by(OrderLine::line.asc()).pluck(&db, OrderLine::quantity).await.unwrap(),
            [4, 11, 15]
        );
        second.delete(&db).await.unwrap();
        assert_eq!(OrderLine::query().order_by(OrderLine::line.asc()).limit(1).delete(&db).await.unwrap(), 1);
        assert_eq!(OrderLine::query().pluck(&db, OrderLine::line).await.unwrap(), [3]);
    }
}
