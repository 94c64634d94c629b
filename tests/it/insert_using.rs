//! Rows of queries as new rows.

use atlas::{Error, count_all, prelude::*, types::chrono, val};
use chrono::{DateTime, Utc};

use crate::support::{Databases, databases, sent};

#[derive(Model, Debug)]
#[table("used_sales")]
struct Sale {
    id: i64,
    shop: String,
    cents: i64,
    note: Option<String>,
}

#[derive(Model, Debug)]
#[table("used_totals")]
#[timestamps]
struct Total {
    id: i64,
    #[unique]
    shop: String,
    cents: i64,
    #[default(7)]
    rank: i32,
    note: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Model, Debug)]
#[table("used_owned")]
#[tenant(org)]
struct Owned {
    id: i64,
    name: String,
    org: i64,
}

/// Sales of a (1, 2) and of b (10, with a note).
async fn sales() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Sale, Total, Owned]).await.unwrap();
        let sales = [("a", 1, None), ("a", 2, None), ("b", 10, Some("big"))];
        let sales = sales
            .map(|(shop, cents, note)| Sale::draft().shop(shop).cents(cents).note(note.map(str::to_owned)));
        Sale::insert(db, sales).await.unwrap();
    }
    databases
}

async fn totals(db: &Db) -> String {
    let totals = Total::query().order_by(Total::shop).get(db).await.unwrap();
    totals.iter().map(|total| format!("{} {}", total.shop, total.cents)).collect::<Vec<_>>().join(", ")
}

// C-77
#[tokio::test]
async fn rows_of_a_query_are_inserted() {
    for db in sales().await {
        let sums = || Sale::query().group_by(Sale::shop).select((Sale::shop, Sale::cents.sum()));
        let before = Utc::now();
        let (statements, rows) =
            sent(&db, async || Total::insert_using(&db, (Total::shop, Total::cents), sums()).await.unwrap())
                .await;
        assert_eq!((statements, rows), (1, 2));
        assert_eq!(totals(&db).await, "a 3, b 10");
        let a = Total::query().where_eq(Total::shop, "a").sole(&db).await.unwrap();
        assert_eq!((a.rank, &a.note), (7, &None));
        assert!((a.created_at - before).num_seconds().abs() < 60 && a.created_at == a.updated_at);

        let taken = Total::insert_using(&db, (Total::shop, Total::cents), sums()).await.unwrap_err();
        assert!(taken.is_unique_violation(), "{taken}");
        // Only what is new; a join in the query stays one.
        Sale::insert(&db, [Sale::draft().shop("c").cents(5)]).await.unwrap();
        let new = Total::insert_or_ignore_using(&db, (Total::shop, Total::cents), sums()).await.unwrap();
        assert_eq!((new, totals(&db).await.as_str()), (1, "a 3, b 10, c 5"));

        // From the table itself, with a value that can be NULL, an order and a limit.
        let copies = Total::query().order_by(Total::cents.desc()).limit(2);
        let copies = copies.select((Total::shop.concat("2"), Total::cents + 1, val("copy")));
        let columns = (Total::shop, Total::cents, Total::note);
        assert_eq!(Total::insert_using(&db, columns, copies).await.unwrap(), 2);
        assert_eq!(totals(&db).await, "a 3, b 10, b2 11, c 5, c2 6");
        let notes = Sale::query().where_not_null(Sale::note).select((
            Sale::shop.concat("3"),
            Sale::cents,
            Sale::note,
        ));
        assert_eq!(Total::insert_using(&db, columns, notes).await.unwrap(), 1);

        // The union of two.
        let one = Sale::query().where_eq(Sale::shop, "a").select((Sale::shop.concat("4"), Sale::cents));
        let other = Sale::query().where_eq(Sale::shop, "b").select((Sale::shop.concat("4"), Sale::cents));
        let both = one.order_by(Sale::id).limit(1).union(other);
        assert_eq!(Total::insert_using(&db, (Total::shop, Total::cents), both).await.unwrap(), 2);
        let none = Sale::query().limit(0).select((Sale::shop, Sale::cents));
        assert_eq!(Total::insert_using(&db, (Total::shop, Total::cents), none).await.unwrap(), 0);
    }
}

// C-76, C-77
#[tokio::test]
async fn rows_of_a_query_come_back() {
    for db in sales().await {
        let sums = || Sale::query().group_by(Sale::shop).select((Sale::shop, Sale::cents.sum()));
        let back = Total::returning((Total::shop, Total::cents));
        let mut rows = back.insert_using(&db, (Total::shop, Total::cents), sums()).await.unwrap();
        rows.sort();
        assert_eq!(rows, [("a".to_owned(), 3), ("b".to_owned(), 10)]);
        Sale::insert(&db, [Sale::draft().shop("c").cents(5)]).await.unwrap();
        let new =
            Total::returning(Total::shop).insert_or_ignore_using(&db, (Total::shop, Total::cents), sums());
        assert_eq!(new.await.unwrap(), ["c"]);
    }
}

#[tokio::test]
async fn rows_of_a_query_are_the_tenants() {
    for db in sales().await {
        let (acme, ants) = (db.for_tenant(1), db.for_tenant(2));
        let names = || Sale::query().distinct().select(Sale::shop);
        assert_eq!(Owned::insert_using(&acme, Owned::name, names()).await.unwrap(), 2);
        assert_eq!(Owned::query().count(&acme).await.unwrap(), 2);
        // What is read is the tenant's, too.
        let own = || Owned::query().select(Owned::name);
        assert_eq!(Owned::insert_using(&ants, Owned::name, own()).await.unwrap(), 0);
        let given = Sale::query().select((Sale::shop, val(1_i64)));
        let error = Owned::insert_using(&ants, (Owned::name, Owned::org), given.clone()).await.unwrap_err();
        assert!(
            matches!(error, Error::Config { .. }) && error.to_string().contains("without_tenant"),
            "{error}"
        );
        let all = db.without_tenant();
        assert_eq!(Owned::insert_using(&all, (Owned::name, Owned::org), given).await.unwrap(), 3);
        let error = Owned::insert_using(&db, Owned::name, names()).await.unwrap_err();
        assert!(matches!(error, Error::TenantRequired { model: "Owned" }), "{error}");
        assert_eq!(Owned::query().select(count_all()).first(&all).await.unwrap(), Some(5));

        // Through every way, the rows are those of the handle's tenant, and so is what is read for them.
        let rows_of = async |tenant: i64| {
            let names =
                Owned::query().where_eq(Owned::org, tenant).order_by(Owned::name).pluck(&all, Owned::name);
            names.await.unwrap().join(" ")
        };
        assert_eq!((rows_of(1).await.as_str(), rows_of(2).await.as_str()), ("a a a b b", ""));
        let both = Owned::query()
            .select(Owned::name)
            .union(Sale::query().where_eq(Sale::cents, 10).select(Sale::shop));
        assert_eq!(Owned::insert_using(&ants, Owned::name, both).await.unwrap(), 1);
        let beside = Owned::query().filter(Owned::name.in_query(Owned::query().select(Owned::name)));
        let back = Owned::returning((Owned::name, Owned::org)).insert_or_ignore_using(
            &ants,
            Owned::name,
            beside.select(Owned::name.concat("2")),
        );
        match back.await {
            Ok(rows) => assert_eq!(rows, [("b2".to_owned(), 2)]),
            Err(error) => panic!("{error}"),
        }
        assert_eq!((rows_of(1).await.as_str(), rows_of(2).await.as_str()), ("a a a b b", "b b2"));
        for given in [2_i64, 1] {
            let given = Sale::query().select((val(given), Sale::shop));
            let back =
                Owned::returning(Owned::id).insert_using(&acme, (Owned::org, Owned::name), given).await;
            assert!(matches!(back, Err(Error::Config { .. })), "also its own: {back:?}");
        }
        assert_eq!((rows_of(1).await.as_str(), rows_of(2).await.as_str()), ("a a a b b", "b b2"));
    }
}
