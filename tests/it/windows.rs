use atlas::{count_all, cume_dist, dense_rank, ntile, percent_rank, prelude::*, rank, row_number};

use crate::support::{Person, databases, people};

/// By age: Bob 17, Ann and Dee 34, Eve 60; Cid has none.
fn aged() -> Query<Person> {
    Person::query().where_not_null(Person::age).order_by(Person::age).order_by(Person::id)
}

#[tokio::test]
async fn places() {
    for db in people().await {
        let by_age = |of: atlas::bounds::Windowed<_, i64>| of.over(|rows| rows.order_by(Person::age));
        let number = row_number().over(|rows| rows.order_by(Person::age).order_by(Person::id.desc()));
        assert_eq!(aged().select(number).get(&db).await.unwrap(), [1, 3, 2, 4]);
        assert_eq!(aged().select(by_age(rank())).get(&db).await.unwrap(), [1, 2, 2, 4]);
        assert_eq!(aged().select(by_age(dense_rank())).get(&db).await.unwrap(), [1, 2, 2, 3]);
        let half = ntile(2).over(|rows| rows.order_by(Person::age).order_by(Person::id));
        assert_eq!(aged().select(half).get(&db).await.unwrap(), [1, 1, 2, 2]);
        let part = percent_rank().over(|rows| rows.order_by(Person::age));
        // MariaDB rounds to ten digits.
        let parts = aged().select(part).get(&db).await.unwrap();
        let third = |part: f64| (part - 1.0 / 3.0).abs() < 1e-9;
        assert!(parts[0] == 0.0 && third(parts[1]) && third(parts[2]) && parts[3] == 1.0, "{parts:?}");
        let part = cume_dist().over(|rows| rows.order_by(Person::age));
        assert_eq!(aged().select(part).get(&db).await.unwrap(), [0.25, 0.75, 0.75, 1.0]);
    }
}

#[tokio::test]
async fn other_rows() {
    let name = |name: &str| Some(name.to_owned());
    for db in people().await {
        let before = Person::name.lag(1).over(|rows| rows.order_by(Person::id));
        let after = Person::name.lead(2).over(|rows| rows.order_by(Person::id));
        let around = Person::query().order_by(Person::id).select((before, after)).get(&db).await.unwrap();
        assert_eq!(around[0], (None, name("Cid")));
        assert_eq!(around[4], (name("Dee"), None));
        let all = |of: atlas::bounds::Windowed<Person, Option<String>>| {
            of.over(|rows| rows.partition_by(Person::active).order_by(Person::id).rows(..))
        };
        let ends =
            (all(Person::name.first_value()), all(Person::name.last_value()), all(Person::name.nth_value(2)));
        let ends = Person::query().order_by(Person::id).select(ends).get(&db).await.unwrap();
        assert_eq!(ends[0], (name("Ann"), name("Eve"), name("Bob")));
        assert_eq!(ends[3], (name("Dee"), name("Dee"), None));
    }
}

#[tokio::test]
async fn aggregates_of_the_rows_around() {
    for db in people().await {
        let by_id = || Person::query().order_by(Person::id);
        let so_far = Person::friends.sum().over(|rows| rows.order_by(Person::id));
        assert_eq!(by_id().select(so_far).get(&db).await.unwrap(), [3, 15, 15, 25, 26]);
        let near = Person::friends.sum().over(|rows| rows.order_by(Person::id).rows(-1..=1));
        assert_eq!(by_id().select(near).get(&db).await.unwrap(), [15, 15, 22, 11, 11]);
        let before = Person::friends.sum().over(|rows| rows.order_by(Person::id).rows(..0));
        assert_eq!(by_id().select(before).get(&db).await.unwrap(), [0, 3, 15, 15, 25]);
        let alike = count_all().over(|rows| rows.partition_by(Person::active));
        assert_eq!(by_id().select(alike).get(&db).await.unwrap(), [4, 4, 4, 1, 4]);
        let grown = count_all().filter(Person::age.ge(18)).over(|rows| rows.partition_by(Person::active));
        assert_eq!(by_id().select(grown).get(&db).await.unwrap(), [2_i64, 2, 2, 1, 2]);
        let most = Person::score.max().over(|rows| rows);
        assert_eq!(by_id().limit(1).select(most).get(&db).await.unwrap(), [Some(99.25)]);
    }
}

#[derive(Model, Debug)]
struct Amount {
    id: i64,
    of: rust_decimal::Decimal,
}

#[tokio::test]
async fn decimals_are_exact_in_windows_and_aggregates() {
    let decimal = |text: &str| text.parse::<rust_decimal::Decimal>().unwrap();
    for db in databases().await {
        db.create_tables(models![Amount]).await.unwrap();
        let amounts = ["0.1", "0.2", "10.00", "10.0", "9.99"];
        Amount::create_many(&db, amounts.map(|text| Amount::draft().of(decimal(text)))).await.unwrap();
        let average = Amount::of.avg().over(|rows| rows.order_by(Amount::id));
        let found = Amount::query().order_by(Amount::id).limit(2).select(average).get(&db).await.unwrap();
        assert_eq!(found, [Some(decimal("0.1")), Some(decimal("0.15"))]);
        let place = rank().over(|rows| rows.order_by(Amount::of));
        let found = Amount::query().order_by(Amount::id).select(place).get(&db).await.unwrap();
        assert_eq!(found, [1, 2, 4, 4, 3]);
        let alike = count_all().over(|rows| rows.partition_by(Amount::of));
        let found = Amount::query().order_by(Amount::id).select(alike).get(&db).await.unwrap();
        assert_eq!(found, [1, 1, 2, 2, 1]);
        let all = (
            Amount::of.count_distinct(),
            Amount::of.sum_distinct(),
            Amount::of.min(),
            Amount::of.sum().filter(Amount::of.lt(1)),
        );
        let found = Amount::query().select(all).get(&db).await.unwrap();
        assert_eq!(found, [(4, decimal("20.29"), Some(decimal("0.1")), decimal("0.3"))]);
        let none = Amount::query().where_gt(Amount::of, 100).select((
            Amount::of.sum(),
            Amount::of.avg(),
            count_all(),
        ));
        assert_eq!(none.get(&db).await.unwrap(), [(decimal("0"), None, 0)]);
    }
}
