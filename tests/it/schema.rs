use atlas::{ConstraintKind, Error, prelude::*};

use crate::support::databases;

#[derive(Model, Debug)]
#[table("order")]
#[rename_all = "camelCase"]
#[index(group_name, select)]
struct Order {
    id: i64,
    group_name: String,
    #[column("from \"here\"")]
    select: String,
    #[index]
    r#type: Option<String>,
    #[belongs_to(on_delete = restrict)]
    customer: BelongsTo<Customer>,
    customer_id: i64,
}

#[derive(Model, Debug)]
struct Customer {
    id: i64,
    name: String,
    referrer_id: Option<i64>,
    #[belongs_to(on_delete = set_null)]
    referrer: BelongsTo<Customer>,
    #[has_many]
    orders: HasMany<Order>,
}

#[derive(Model, Debug)]
#[table("order")]
struct Columns {
    #[primary_key]
    id: i64,
    #[column("groupName")]
    group: String,
}

// B-200
#[tokio::test]
async fn tables_come_after_what_they_refer_to_and_may_have_any_name() {
    for db in databases().await {
        // Given in the wrong order, and twice.
        db.create_tables(models![Order, Customer]).await.unwrap();
        db.create_tables(models![Order, Customer]).await.unwrap();
        let ann = Customer::draft().name("Ann").save(&db).await.unwrap();
        let bob = Customer::draft().name("Bob").referrer_id(ann.id).save(&db).await.unwrap();
        let draft = |customer: i64| {
            Order::draft().group_name("g").select("'; DROP TABLE \"order\"").customer_id(customer)
        };
        let mut order = draft(bob.id).r#type("t").save(&db).await.unwrap();
        order.select = "other".into();
        order.save(&db).await.unwrap();
        assert_eq!(
            Order::query().where_eq(Order::select, "other").sole(&db).await.unwrap().r#type.as_deref(),
            Some("t")
        );
        assert_eq!(Columns::query().pluck(&db, Columns::group).await.unwrap(), ["g"]);

        let orphan = draft(99).save(&db).await.unwrap_err();
        assert!(matches!(orphan, Error::Constraint { kind: ConstraintKind::ForeignKey, .. }), "{orphan:?}");
        let mut bob = bob;
        let restricted = bob.delete(&db).await.unwrap_err();
        assert!(
            matches!(restricted, Error::Constraint { kind: ConstraintKind::ForeignKey, .. }),
            "{restricted:?}"
        );
        assert!(!bob.is_deleted());
        Customer::find_or_fail(&db, ann.id).await.unwrap().delete(&db).await.unwrap();
        bob.refresh(&db).await.unwrap();
        assert_eq!(bob.referrer_id, None);
    }
}

// B-78, 002-04, 002-05, 004-40, 004-41, 004-45
#[tokio::test]
async fn names_come_from_the_struct() {
    #[derive(Model, Debug)]
    #[allow(dead_code)]
    struct PostCategory {
        id: i64,
    }
    #[derive(Model, Debug)]
    #[allow(dead_code)]
    struct Person {
        id: i64,
    }
    assert_eq!(<PostCategory as Model>::meta().table, "post_categories");
    assert_eq!(<Person as Model>::meta().table, "people");
    assert_eq!(<Order as Model>::meta().names, ["id", "groupName", "from \"here\"", "type", "customerId"]);
}

#[tokio::test]
async fn columns_that_are_not_optional_refuse_null() {
    for db in databases().await {
        db.create_tables(models![Customer]).await.unwrap();
        let error = db
            .execute("INSERT INTO customers (name) VALUES (?)", [atlas::value::Value::Null])
            .await
            .unwrap_err();
        let Error::Constraint { kind: ConstraintKind::NotNull, columns, .. } = &error else {
            panic!("{error:?}")
        };
        assert_eq!(columns, &["name"]);
    }
}
