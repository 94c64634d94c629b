//! What records have by name, and mass assignment of records.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use atlas::{Error, Fill, prelude::*};
use serde_json::json;

use crate::support::databases;

fn lower(text: String) -> String {
    text.trim().to_lowercase()
}

#[derive(Model, Debug)]
#[table("accounts")]
#[fillable(name, email, bio, plan, tags)]
#[appends(shown)]
#[accessors(length)]
struct Account {
    id: i64,
    name: String,
    #[mutator(lower)]
    #[column("mail")]
    email: String,
    bio: Option<String>,
    #[default("free")]
    plan: String,
    #[cast(json)]
    #[default(Vec::new())]
    tags: Vec<String>,
    #[default(0)]
    balance: i64,
    #[has_many(foreign_key = account_id)]
    orders: HasMany<Purchase>,
}

impl Account {
    fn shown(&self) -> String {
        format!("{} <{}>", self.name, self.email)
    }

    fn length(&self) -> usize {
        self.name.len()
    }
}

#[derive(Model, Debug)]
struct Purchase {
    id: i64,
    account_id: i64,
}

#[derive(Model, Debug)]
#[table("accounts")]
#[fillable(name)]
#[strict]
struct Strict {
    id: i64,
    name: String,
    #[column("mail")]
    email: String,
}

// 000-85, 000-86, 000-97, 000-98, 000-99, B-96, B-108, B-273, 004-68, 004-69
#[tokio::test]
async fn attributes_are_read_and_set_by_name() {
    for db in databases().await {
        db.create_tables(models![Account, Purchase]).await.unwrap();
        let mut ann = Account::draft().name("Ann").email(" ANN@x.org ").save(&db).await.unwrap();
        ann.set("email", " Ann@Y.org").unwrap().set("tags", json!(["a"])).unwrap().set("balance", 7).unwrap();
        assert_eq!((ann.email.as_str(), ann.balance), ("ann@y.org", 7));
        ann.set("mail", "b@y.org").unwrap().set("bio", json!(null)).unwrap();
        assert_eq!(
            (ann.get("email").unwrap(), ann.get("mail").unwrap()),
            (json!("b@y.org"), json!("b@y.org"))
        );
        assert!(ann.is_dirty((Account::email, Account::tags)));
        ann.save(&db).await.unwrap();

        let mut ann = Account::query().with_count(Account::orders).first_or_fail(&db).await.unwrap();
        for (name, expected) in [
            ("tags", json!(["a"])),
            ("shown", json!("Ann <b@y.org>")),
            ("length", json!(3)),
            ("orders_count", json!(0)),
            ("bio", json!(null)),
        ] {
            assert_eq!(ann.get(name).unwrap(), expected, "{name}");
        }
        assert!(matches!(ann.get("orders"), Err(Error::RelationNotLoaded { relation: "orders", .. })));
        ann.load(&db, Account::orders).await.unwrap();
        assert_eq!(ann.get("orders").unwrap(), json!([]));
        let error = ann.get("nmae").unwrap_err().to_string();
        assert!(error.contains("`Account` has no `nmae`") && error.contains("`name`"), "{error}");
        let error = ann.set("nmae", "x").unwrap_err().to_string();
        assert!(error.contains("`Account` has no column `nmae`"), "{error}");
        let error = ann.set("balance", "much").unwrap_err().to_string();
        assert!(error.contains("`balance` of `Account`"), "{error}");
        assert!(ann.set("name", json!(null)).is_err() && ann.name == "Ann");
        let attributes = ann.attributes();
        assert_eq!((attributes[1].0, attributes[2].clone()), ("name", ("email", "b@y.org".into())));

        ann.delete(&db).await.unwrap();
        assert!(matches!(
            ann.set("name", "x"),
            Err(Error::Deleted { model: "Account", operation: "changed" })
        ));
        assert_eq!(ann.get("name").unwrap(), json!("Ann"), "it can be read");
    }
}

// 000-64, 000-68, 004-12, 004-62, 004-63, B-81, B-272, B-274, B-283
#[tokio::test]
async fn fill_replaces_and_merge_keeps() {
    for db in databases().await {
        db.create_tables(models![Account, Purchase]).await.unwrap();
        let fill = |json: serde_json::Value| serde_json::from_value::<Fill<Account>>(json).unwrap();
        let draft = || Account::draft().name("Ann").email("a@x.org").bio("Writes.").plan("paid").balance(7);
        let mut ann = draft().save(&db).await.unwrap();
        ann.merge(fill(json!({"name": "Anna", "balance": 99}))).unwrap();
        assert_eq!((ann.name.as_str(), ann.bio.as_deref(), ann.balance), ("Anna", Some("Writes."), 7));

        ann.fill(fill(json!({"name": "Bea", "email": "B@x.org"}))).unwrap().save(&db).await.unwrap();
        let row = Account::find_or_fail(&db, ann.id).await.unwrap();
        assert_eq!((row.name.as_str(), row.email.as_str(), &row.bio), ("Bea", "b@x.org", &None));
        assert_eq!((row.plan.as_str(), row.balance), ("free", 7), "what cannot be filled stays");

        let error = ann.fill(fill(json!({"bio": "x"}))).unwrap_err();
        assert!(matches!(error, Error::MissingAttribute { model: "Account", column: "name" }), "{error}");
        assert!(ann.bio.is_none() && ann.is_clean(()), "nothing was filled");

        ann.update(&db, fill(json!({"bio": "New."}))).await.unwrap();
        assert_eq!(Account::find_or_fail(&db, ann.id).await.unwrap().bio.as_deref(), Some("New."));
        ann.force_fill(json!({"balance": 50, "email": "C@x.org"})).unwrap().save(&db).await.unwrap();
        let row = Account::find_or_fail(&db, ann.id).await.unwrap();
        assert_eq!((row.balance, row.email.as_str(), row.name.as_str()), (50, "c@x.org", "Bea"));
        for wrong in [json!({"balanec": 1}), json!([1]), json!({"balance": "x"})] {
            assert!(ann.force_fill(wrong).is_err());
        }
        let forced =
            Fill::<Account>::forced(json!({"name": "Dee", "email": "d@x.org", "balance": 3})).unwrap();
        assert_eq!(Account::draft().fill(forced).save(&db).await.unwrap().balance, 3);

        let error = serde_json::from_value::<Fill<Strict>>(json!({"name": "x", "email": "y"})).unwrap_err();
        assert!(error.to_string().contains("`email` of `Strict` cannot be filled: `name` can"), "{error}");
        assert!(serde_json::from_value::<Fill<Strict>>(json!({"name": "x"})).is_ok());
        ann.delete(&db).await.unwrap();
        assert!(matches!(ann.merge(fill(json!({}))), Err(Error::Deleted { .. })));
    }
}

// C-204, B-289
#[tokio::test]
async fn what_is_computed_is_kept_until_the_record_changes() {
    for db in databases().await {
        db.create_tables(models![Account, Purchase]).await.unwrap();
        let mut ann = Account::draft().name("Ann").email("a@x.org").save(&db).await.unwrap();
        let calls = AtomicU32::new(0);
        let shown = |account: &Account| {
            calls.fetch_add(1, SeqCst);
            account.shown()
        };
        assert_eq!(
            (ann.memo("shown", shown), ann.memo("shown", shown)),
            ("Ann <a@x.org>".into(), "Ann <a@x.org>".into())
        );
        assert_eq!(calls.load(SeqCst), 1);
        assert_eq!(ann.memo("other", |account| account.name.len()), 3);
        ann.name = "Bea".into();
        assert_eq!((ann.memo("shown", shown).as_str(), calls.load(SeqCst)), ("Bea <a@x.org>", 2));
        ann.refresh(&db).await.unwrap();
        assert_eq!((ann.memo("shown", shown).as_str(), calls.load(SeqCst)), ("Ann <a@x.org>", 3));
        ann.load(&db, Account::orders).await.unwrap();
        assert_eq!(ann.memo("orders", |account| account.orders.get().map_or(9, <[_]>::len)), 0);
    }
}
