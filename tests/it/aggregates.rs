use atlas::prelude::*;

use crate::support::{Person, databases, people};

// B-50, 000-54, 002-33, C-59
#[tokio::test]
async fn one_value_of_all_rows() {
    for db in people().await {
        let all = Person::query;
        assert_eq!(all().count(&db).await.unwrap(), 5);
        assert_eq!(all().order_by(Person::name.asc()).limit(2).offset(1).count(&db).await.unwrap(), 5);
        assert_eq!(all().where_gt(Person::age, 18).count(&db).await.unwrap(), 3);
        assert_eq!(all().sum(&db, Person::age).await.unwrap(), 145);
        assert_eq!(all().sum(&db, Person::friends).await.unwrap(), 26);
        assert_eq!(all().sum(&db, Person::score).await.unwrap(), 102.25);
        assert_eq!(all().avg(&db, Person::age).await.unwrap(), Some(36.25));
        assert_eq!(all().min(&db, Person::age).await.unwrap(), Some(17));
        assert_eq!(all().max(&db, Person::age).await.unwrap(), Some(60));
        assert_eq!(all().max(&db, Person::name).await.unwrap().as_deref(), Some("Eve"));
        assert_eq!(all().order_by(Person::id.desc()).limit(1).sum(&db, Person::age).await.unwrap(), 145);
    }
}

// B-50
#[tokio::test]
async fn nothing_sums_to_zero_and_has_no_other_aggregate() {
    for db in people().await {
        let none = || Person::query().where_eq(Person::name, "Zoe");
        assert_eq!(none().count(&db).await.unwrap(), 0);
        assert_eq!(none().sum(&db, Person::age).await.unwrap(), 0);
        assert_eq!(none().sum(&db, Person::score).await.unwrap(), 0.0);
        assert_eq!(none().avg(&db, Person::age).await.unwrap(), None);
        assert_eq!(none().min(&db, Person::age).await.unwrap(), None);
        assert_eq!(none().max(&db, Person::age).await.unwrap(), None);
        let only_null = || Person::query().where_null(Person::age);
        assert_eq!(only_null().sum(&db, Person::age).await.unwrap(), 0);
        assert_eq!(only_null().avg(&db, Person::age).await.unwrap(), None);
    }
}

#[derive(Model, Debug)]
struct Price {
    id: i64,
    amount: rust_decimal::Decimal,
}

#[tokio::test]
async fn decimals_are_exact() {
    use rust_decimal::Decimal;
    let decimal = |text: &str| text.parse::<Decimal>().unwrap();
    for db in databases().await {
        db.create_tables(models![Price]).await.unwrap();
        let amounts = ["0.1", "0.2", "9.99", "10.00", "1234567890123456789012.345678", "-3"];
        Price::create_many(&db, amounts.map(|text| Price::draft().amount(decimal(text)))).await.unwrap();
        assert_eq!(
            Price::query().sum(&db, Price::amount).await.unwrap(),
            decimal("1234567890123456789029.635678")
        );
        assert_eq!(
            Price::query().max(&db, Price::amount).await.unwrap(),
            Some(decimal("1234567890123456789012.345678"))
        );
        assert_eq!(Price::query().min(&db, Price::amount).await.unwrap(), Some(decimal("-3")));
        assert_eq!(Price::query().where_gt(Price::amount, decimal("9.99")).count(&db).await.unwrap(), 2);
        assert_eq!(Price::query().where_eq(Price::amount, 10).count(&db).await.unwrap(), 1);
        assert_eq!(
            Price::query()
                .where_in(Price::amount, [decimal("10.0"), decimal("0.10")])
                .count(&db)
                .await
                .unwrap(),
            2
        );
        assert_eq!(Price::query().where_between(Price::amount, 0, 10).count(&db).await.unwrap(), 4);
        let ordered =
            Price::query().order_by(Price::amount.asc()).limit(4).pluck(&db, Price::amount).await.unwrap();
        assert_eq!(ordered, ["-3", "0.1", "0.2", "9.99"].map(decimal));
        let average =
            Price::query().where_lt(Price::amount, 1).where_gt(Price::amount, 0).avg(&db, Price::amount);
        assert_eq!(average.await.unwrap(), Some(decimal("0.15")));
    }
}
