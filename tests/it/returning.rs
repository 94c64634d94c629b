//! What writes give back of the rows that they write.

use atlas::{Error, prelude::*, record, types::chrono};
use chrono::{DateTime, Utc};

use crate::support::{Databases, databases, sent};

#[derive(Model, Debug)]
#[table("returned_shops")]
#[soft_deletes]
#[timestamps]
struct Shop {
    id: i64,
    #[unique]
    name: String,
    #[default(0)]
    visits: i32,
    city: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    deleted_at: Option<DateTime<Utc>>,
    #[has_many]
    wares: HasMany<Ware>,
}

#[derive(Model, Debug)]
#[table("returned_wares")]
struct Ware {
    id: i64,
    name: String,
    price: i32,
    shop_id: i64,
    #[belongs_to]
    shop: BelongsTo<Shop>,
}

#[derive(Model, Debug)]
#[table("returned_places")]
struct Place {
    #[primary_key]
    x: i64,
    #[primary_key]
    y: i64,
    name: String,
}

/// Ann's (visits 1), Bob's (2), Cid's (3); a hat (10) and a tie (20) at Ann's, a hat (30) at Bob's.
async fn shops() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Shop, Ware, Place]).await.unwrap();
        let shops = [("Ann", 1), ("Bob", 2), ("Cid", 3)];
        Shop::insert(db, shops.map(|(name, visits)| Shop::draft().name(name).visits(visits))).await.unwrap();
        let wares = [("hat", 10, 1), ("tie", 20, 1), ("hat", 30, 2)];
        let wares = wares.map(|(name, price, shop)| Ware::draft().name(name).price(price).shop_id(shop));
        Ware::insert(db, wares).await.unwrap();
        let places = [(1, 1, "a"), (1, 2, "b"), (2, 1, "c")];
        Place::insert(db, places.map(|(x, y, name)| Place::draft().x(x).y(y).name(name))).await.unwrap();
    }
    databases
}

fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort();
    all
}

// B-51, C-79
#[tokio::test]
async fn updates_give_back_what_they_made() {
    for db in shops().await {
        let busy = || Shop::query().where_ge(Shop::visits, 2);
        let set = (Shop::visits.set_expr(Shop::visits * 10), Shop::city.set("Oslo"));
        let back = busy().returning((Shop::id, Shop::visits, Shop::city));
        let (statements, rows) = sent(&db, async || back.update(&db, set).await.unwrap()).await;
        assert_eq!(sorted(rows), [(2, 20, Some("Oslo".to_owned())), (3, 30, Some("Oslo".to_owned()))]);
        // MariaDB has none for updates: lock, update, read.
        assert_eq!(statements, if db.driver_name() == "mysql" { 3 } else { 1 });

        let one = busy().order_by(Shop::visits.desc()).limit(1);
        let visits: Vec<i32> = one.returning(Shop::visits).increment(&db, Shop::visits, 1).await.unwrap();
        assert_eq!(visits, [31]);
        let second = busy().order_by(Shop::visits.desc()).limit(1).offset(1);
        assert_eq!(second.returning(Shop::id).decrement(&db, Shop::visits, 5).await.unwrap(), [2]);
        let none = Shop::query().where_eq(Shop::id, 9).returning(Shop::id);
        assert!(none.update(&db, Shop::visits.set(0)).await.unwrap().is_empty());

        let before = Shop::find_or_fail(&db, 1).await.unwrap().updated_at;
        let ann = Shop::query().where_eq(Shop::name, "Ann").returning(record::<Shop>());
        let mut ann = ann.update(&db, Shop::visits.set(5)).await.unwrap().pop().unwrap();
        assert!(ann.exists() && ann.is_clean(()) && ann.visits == 5 && ann.updated_at > before);
        ann.visits = 6;
        ann.save(&db).await.unwrap();
        let nothing = Shop::query().returning(Shop::id).update(&db, Vec::new()).await.unwrap_err();
        assert!(matches!(nothing, Error::Config { .. }), "{nothing}");
    }
}

// C-15, C-80
#[tokio::test]
async fn joined_writes_give_back_their_own_rows() {
    for db in shops().await {
        let of = |name: &'static str| Ware::query().join(Ware::shop).filter(Shop::name.eq(name));
        let set = (Ware::name.set_from(Shop::name), Ware::price.set_from(Ware::price + Shop::visits));
        let rows = of("Ann").returning((Ware::name, Ware::price)).update(&db, set).await.unwrap();
        assert_eq!(sorted(rows), [("Ann".to_owned(), 11), ("Ann".to_owned(), 21)]);
        let dearest = of("Ann").order_by(Ware::price.desc()).limit(1).returning(Ware::id);
        assert_eq!(dearest.delete(&db).await.unwrap(), [2]);
        // A shop stands beside several wares and comes once.
        Ware::insert(&db, [Ware::draft().name("cap").price(1).shop_id(1)]).await.unwrap();
        let with = Shop::query().join(Shop::wares).filter(Ware::price.gt(0)).returning(Shop::id);
        assert_eq!(sorted(with.increment(&db, Shop::visits, 1).await.unwrap()), [1, 2]);
        assert_eq!(Shop::query().order_by(Shop::id).pluck(&db, Shop::visits).await.unwrap(), [2, 3, 3]);
    }
}

// C-85
#[tokio::test]
async fn deletes_give_back_what_was_there() {
    for db in shops().await {
        let cheap = Ware::query().where_lt(Ware::price, 25).returning((Ware::id, Ware::price));
        let (statements, rows) = sent(&db, async || cheap.delete(&db).await.unwrap()).await;
        assert_eq!((statements, sorted(rows)), (1, vec![(1, 10), (2, 20)]));
        let rest = Ware::query().order_by(Ware::id).limit(1).returning(record::<Ware>());
        let rest = rest.delete(&db).await.unwrap();
        assert_eq!((rest.len(), rest[0].name.as_str(), rest[0].price), (1, "hat", 30));
        assert_eq!(Ware::query().count(&db).await.unwrap(), 0);

        let two = || Shop::query().where_lt(Shop::id, 3).returning((Shop::id, Shop::deleted_at));
        let gone = two().delete(&db).await.unwrap();
        assert!(gone.len() == 2 && gone.iter().all(|(_, at)| at.is_some()), "{gone:?}");
        assert!(two().delete(&db).await.unwrap().is_empty(), "deleted already");
        let back = two().restore(&db).await.unwrap();
        assert!(back.len() == 2 && back.iter().all(|(_, at)| at.is_none()), "{back:?}");
        let names =
            Shop::query().where_gt(Shop::id, 1).returning(Shop::name).force_delete(&db).await.unwrap();
        assert_eq!(sorted(names), ["Bob", "Cid"]);
        assert_eq!(Shop::query().with_trashed().count(&db).await.unwrap(), 1);
    }
}

// C-75, C-76, C-87
#[tokio::test]
async fn inserts_give_back_what_they_wrote() {
    for db in shops().await {
        let draft = |name: &'static str, visits| Shop::draft().name(name).visits(visits);
        let ids: Vec<i64> =
            Shop::returning(Shop::id).insert(&db, [draft("Dee", 1), draft("Eve", 2)]).await.unwrap();
        assert_eq!(ids, [4, 5]);
        let mixed = ["Ann", "Fay", "Bob", "Gus", "Fay"].map(|name| draft(name, 7));
        let (statements, new) = sent(&db, async || {
            Shop::returning((Shop::name, Shop::visits)).insert_or_ignore(&db, mixed).await.unwrap()
        })
        .await;
        assert_eq!(new, [("Fay".to_owned(), 7), ("Gus".to_owned(), 7)]);
        assert_eq!(statements, 1);
        let shops = [draft("Ann", 40), draft("Hal", 50)];
        let rows = Shop::returning((Shop::id, Shop::visits))
            .upsert(&db, shops, Shop::name, Shop::visits)
            .await
            .unwrap();
        let hal = Shop::query().where_eq(Shop::name, "Hal").sole(&db).await.unwrap();
        assert_eq!(rows, [(1, 40), (hal.id, 50)]);
        let same = Shop::returning(Shop::id).upsert(&db, [draft("Ann", 1)], Shop::name, ()).await.unwrap();
        assert!(same.is_empty());
        let taken =
            Shop::returning(Shop::id).insert(&db, [draft("Ivy", 1), draft("Ann", 1)]).await.unwrap_err();
        assert!(taken.is_unique_violation(), "{taken}");
        assert_eq!(Shop::query().where_eq(Shop::name, "Ivy").count(&db).await.unwrap(), 0);
        // Many of them come in the order of the drafts.
        let many = (0..2_500).map(|n| Shop::draft().name(format!("n{n}")).visits(n));
        let visits = Shop::returning(Shop::visits).insert(&db, many).await.unwrap();
        assert_eq!(visits, (0..2_500).collect::<Vec<_>>());
        // What a draft brings would not be given back.
        let graph = Ware::draft().name("x").price(1).shop(Shop::draft().name("Jo"));
        let error = Ware::returning(Ware::id).insert(&db, [graph]).await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{error}");
    }
}

#[tokio::test]
async fn keys_of_several_columns_and_keys_that_change() {
    for db in shops().await {
        let ones = Place::query().where_eq(Place::x, 1).returning(record::<Place>());
        let rows = ones.update(&db, Place::name.set("z")).await.unwrap();
        assert_eq!(sorted(rows.iter().map(|place| (place.x, place.y)).collect()), [(1, 1), (1, 2)]);
        let moved = Place::query().where_eq(Place::x, 2).returning((Place::x, Place::name));
        let moved = moved.update(&db, Place::x.set_expr(Place::x + 5)).await;
        if db.driver_name() == "mysql" {
            let error = moved.unwrap_err();
            assert!(
                matches!(error, Error::Unsupported { .. }) && error.to_string().contains("Place"),
                "{error}"
            );
            assert_eq!(Place::query().where_eq(Place::x, 2).count(&db).await.unwrap(), 1);
        } else {
            assert_eq!(moved.unwrap(), [(7, "c".to_owned())]);
        }
        let all = Place::query().returning(Place::name).delete(&db).await.unwrap();
        assert_eq!(sorted(all), ["c", "z", "z"]);
    }
}

#[derive(Model, Debug)]
#[table("returned_tickets")]
#[tenant(org)]
struct Ticket {
    id: i64,
    title: String,
    org: i64,
}

#[tokio::test]
async fn writes_of_a_tenant_give_back_its_rows() {
    for db in databases().await {
        db.create_tables(models![Ticket]).await.unwrap();
        let (acme, ants) = (db.for_tenant(1), db.for_tenant(2));
        let of = |db: &Db| {
            let db = db.clone();
            async move {
                Ticket::returning((Ticket::id, Ticket::org))
                    .insert(&db, [Ticket::draft().title("t")])
                    .await
                    .unwrap()
            }
        };
        assert_eq!((of(&acme).await, of(&ants).await), (vec![(1, 1)], vec![(2, 2)]));
        let all = || Ticket::query().returning((Ticket::id, Ticket::title));
        assert_eq!(all().update(&ants, Ticket::title.set("u")).await.unwrap(), [(2, "u".to_owned())]);
        assert_eq!(all().delete(&acme).await.unwrap(), [(1, "t".to_owned())]);
        assert!(matches!(all().delete(&db).await, Err(Error::TenantRequired { model: "Ticket" })));
        assert_eq!(all().delete(&db.without_tenant()).await.unwrap(), [(2, "u".to_owned())]);
    }
}
