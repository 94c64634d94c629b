//! Structs over several columns.

use std::sync::{Arc, Mutex};

use atlas::{Event, prelude::*};
use serde_json::json;

use crate::support::databases;

#[derive(Embed, Debug, Clone, PartialEq, Eq)]
struct Address {
    street: String,
    #[index]
    city: String,
    #[column("postcode")]
    zip: Option<String>,
    #[default]
    #[cast(json)]
    notes: Vec<String>,
}

#[derive(Model, Debug)]
#[fillable(name, billing)]
#[hidden(address)]
struct Customer {
    id: i64,
    name: String,
    #[embed]
    address: Address,
    #[default(0)]
    orders: i32,
    #[embed(prefix = "billing_")]
    billing: Address,
    #[has_many]
    parcels: HasMany<Parcel>,
}

#[derive(Model, Debug)]
struct Parcel {
    id: i64,
    customer_id: i64,
    #[embed(prefix = "to_")]
    to: Address,
    #[belongs_to]
    customer: BelongsTo<Customer>,
}

fn address(street: &str, city: &str) -> Address {
    Address { street: street.into(), city: city.into(), zip: None, notes: Vec::new() }
}

// B-107, C-209
#[tokio::test]
async fn a_value_object_is_several_columns() {
    for db in databases().await {
        db.create_tables(models![Customer, Parcel]).await.unwrap();
        let home =
            Address { zip: Some("0150".into()), notes: vec!["ring".into()], ..address("Main St 1", "Oslo") };
        let draft = Customer::draft().name("Ann").address(home.clone()).billing(address("Box 2", "Bergen"));
        let mut ann = draft.save(&db).await.unwrap();
        let bob = Customer::draft().name("Bob").address(address("B", "Oslo")).billing(address("C", "Oslo"));
        let bob = Customer::create(&db, bob).await.unwrap();

        let found = Customer::find_or_fail(&db, ann.id).await.unwrap();
        assert_eq!((&found.address, found.billing.city.as_str()), (&home, "Bergen"));
        let row = db.table("customers").where_eq("id", ann.id).first().await.unwrap().unwrap();
        assert_eq!(row.get::<String>("postcode").unwrap(), "0150");
        assert_eq!(row.get::<String>("billing_city").unwrap(), "Bergen");
        assert_eq!(row.get::<Option<String>>("billing_postcode").unwrap(), None);

        // Its columns are columns as any other.
        let both = Customer::query()
            .where_eq(Customer::address.city, "Oslo")
            .order_by(Customer::billing.city.desc());
        assert_eq!(both.pluck(&db, Customer::billing.street).await.unwrap(), ["C", "Box 2"]);
        let none = Customer::query().filter(Customer::address.city.eq(Customer::billing.city));
        assert_eq!(none.where_null(Customer::billing.zip).get(&db).await.unwrap()[0].id, bob.id);

        // Changes are known by column, and each is sent alone.
        ann.billing.city = "Voss".into();
        ann.address.notes.push("twice".into());
        assert!(ann.is_dirty(Customer::billing.city) && ann.is_clean(Customer::billing.street));
        assert_eq!(ann.original(Customer::billing.city).unwrap(), "Bergen");
        let texts = Arc::new(Mutex::new(Vec::new()));
        let sent = texts.clone();
        let listening = db.listen(move |event| {
            if let Event::Statement(statement) = event {
                sent.lock().unwrap().push(statement.text.clone());
            }
        });
        ann.save(&db).await.unwrap();
        listening.stop();
        let texts = texts.lock().unwrap().clone();
        assert!(
            texts.len() == 1 && texts[0].contains("billing_city") && texts[0].contains("notes"),
            "{texts:?}"
        );
        assert!(!texts[0].contains("street"), "{texts:?}");
        ann.refresh(&db).await.unwrap();
        assert_eq!(
            (ann.billing.city.as_str(), &*ann.address.notes),
            ("Voss", &["ring".to_owned(), "twice".into()][..])
        );

        let moved = Customer::query().where_eq(Customer::name, "Bob");
        let changes = (Customer::address.city.set("Moss"), Customer::address.zip.set("1500"));
        assert_eq!(moved.update(&db, changes).await.unwrap(), 1);
        let bob = Customer::find_or_fail(&db, bob.id).await.unwrap();
        assert_eq!((bob.address.city.as_str(), bob.address.zip.as_deref()), ("Moss", Some("1500")));

        // Across relations and joins.
        let parcel = Parcel::draft().customer_id(bob.id).to(bob.address.clone()).save(&db).await.unwrap();
        let with = Parcel::query().with(Parcel::customer).find_or_fail(&db, parcel.id).await.unwrap();
        assert_eq!(with.customer.get().unwrap().unwrap().address, with.to);
        let joined =
            Parcel::query().join(Parcel::customer).filter(Parcel::to.city.eq(Customer::address.city));
        let (parcel, customer) = joined.first_or_fail(&db).await.unwrap();
        assert_eq!(parcel.to, customer.address);
    }
}

#[tokio::test]
async fn its_columns_are_filled_and_serialized_by_their_names() {
    for db in databases().await {
        db.create_tables(models![Customer, Parcel]).await.unwrap();
        let input = json!({
            "name": "Cid", "billing_street": "S", "billing_city": "Bergen", "billing_zip": "5003",
            "city": "is not fillable",
        });
        let fill: <Customer as Model>::Fill = serde_json::from_value(input).unwrap();
        let cid = Customer::draft().address(address("A", "Oslo")).fill(fill).save(&db).await.unwrap();
        assert_eq!((cid.billing.zip.as_deref(), cid.address.city.as_str()), (Some("5003"), "Oslo"));
        assert_eq!(
            serde_json::to_value(&cid).unwrap(),
            json!({
                "id": cid.id, "name": "Cid", "orders": 0,
                "billing_street": "S", "billing_city": "Bergen", "billing_zip": "5003", "billing_notes": [],
            })
        );
        assert_eq!(cid.get("billing_city").unwrap(), "Bergen");

        // A row that cannot be read names the column.
        if db.driver_name() == "sqlite" {
            db.execute("UPDATE customers SET billing_notes = 'no list'", ()).await.unwrap();
            let error = Customer::find(&db, cid.id).await.unwrap_err().to_string();
            assert!(error.contains("Customer") && error.contains("billing_notes"), "{error}");
        }
        let fill: <Customer as Model>::Fill = serde_json::from_value(json!({"name": "Dee"})).unwrap();
        let error = Customer::draft().address(address("A", "Oslo")).fill(fill).save(&db).await.unwrap_err();
        assert!(error.to_string().contains("billing_street"), "{error}");
    }
}
