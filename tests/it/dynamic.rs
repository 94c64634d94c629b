//! Columns, orders and filters that come from outside.

use atlas::{Expr, Order, prelude::*};

use crate::support::databases;

#[derive(Attribute, Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Small,
    VeryLarge,
}

#[derive(Model, Debug)]
#[table("dynamic_things")]
pub struct Thing {
    pub id: i64,
    pub name: String,
    #[column("amount")]
    pub count: Option<i16>,
    pub price: f64,
    pub active: bool,
    pub kind: Kind,
    pub made: chrono::NaiveDate,
    #[sensitive]
    pub secret: String,
    #[cast(json)]
    pub tags: Vec<String>,
}

async fn things() -> crate::support::Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Thing]).await.unwrap();
        let rows = [
            ("Ash", Some(3), Kind::Small, 1),
            ("Bay & co", Some(7), Kind::VeryLarge, 2),
            ("Cue", None, Kind::Small, 3),
        ];
        for (name, count, kind, day) in rows {
            let draft = Thing::draft()
                .name(name)
                .count(count)
                .price(f64::from(day) / 2.0)
                .active(day != 2)
                .kind(kind);
            let made = chrono::NaiveDate::from_ymd_opt(2024, 5, day).unwrap();
            draft.made(made).secret(format!("s{day}")).tags(Vec::new()).save(db).await.unwrap();
        }
    }
    databases
}

async fn found(db: &Db, filter: Expr<Thing>) -> String {
    Thing::query().filter(filter).order_by(Thing::id).pluck(db, Thing::name).await.unwrap().join(" ")
}

fn refused(filter: &str) -> String {
    Expr::parse::<Thing>(filter)
        .err()
        .map_or_else(|| format!("{filter} was taken"), |error| error.to_string())
}

#[tokio::test]
async fn filters_are_read_by_the_types_of_the_columns() {
    for db in things().await {
        for (filter, names) in [
            ("", "Ash Bay & co Cue"),
            ("amount[gte]=3", "Ash Bay & co"),
            ("count=3", "Ash"),
            ("amount[null]=true", "Cue"),
            ("amount[null]=false&active=true", "Ash"),
            ("name=Bay+%26+co", "Bay & co"),
            ("name[like]=%25e", "Cue"),
            ("name[in]=Ash,Cue", "Ash Cue"),
            ("price[gt]=0.5&price[lt]=1.5", "Bay & co"),
            ("kind=very_large", "Bay & co"),
            ("kind[ne]=very_large&id[lte]=2", "Ash"),
            ("made[gte]=2024-05-02", "Bay & co Cue"),
        ] {
            assert_eq!(found(&db, Expr::parse::<Thing>(filter).unwrap()).await, names, "{filter}");
        }
        let only = Expr::parse_only::<Thing>("secret=s2", (Thing::secret, Thing::name)).unwrap();
        assert_eq!(found(&db, only).await, "Bay & co");
        let column = Thing::column("name").unwrap();
        assert_eq!((column.name(), found(&db, column.is("Cue").unwrap()).await), ("name", "Cue".into()));
    }
}

#[test]
fn what_does_not_fit_is_an_error_that_says_why() {
    let unknown = refused("nmae=1");
    assert!(
        unknown.contains("`Thing` has no column `nmae`") && unknown.contains("`id`, `name`, `amount`"),
        "{unknown}"
    );
    assert!(!unknown.contains("secret"), "{unknown}");
    for (filter, part) in [
        ("secret=s1", "has no column `secret` that may be named"),
        ("amount=many", "`many` is no value for `amount` of `Thing`"),
        ("amount=40000", "`40000` is no value"),
        ("active=yes", "no value for `active`"),
        ("kind=huge", "no value for `kind`"),
        ("made=yesterday", "no value for `made`"),
        ("price=NaN", "no value for `price`"),
        ("price[like]=1%25", "is no text"),
        ("tags=a", "cannot be compared with a text"),
        ("name[regexp]=a", "no operator `regexp`"),
        ("name[null]=perhaps", "`true` or `false`"),
        ("name=%zz", "no part of a query string"),
        ("name=%ff", "no part of a query string"),
    ] {
        let error = refused(filter);
        assert!(error.contains(part), "{filter}: {error}");
    }
    assert!(Expr::parse_only::<Thing>("id=1", Thing::name).is_err());
    assert!(Thing::column("secret").is_err() && Thing::column("*").is_err());
}

#[tokio::test]
async fn orders_are_read_from_a_text() {
    for db in things().await {
        for (text, ids) in [("-active,name", [1, 3, 2]), ("kind,-made", [3, 1, 2]), (" -id ,,", [3, 2, 1])] {
            let query = Thing::query().order_by_each(Order::parse::<Thing>(text).unwrap());
            assert_eq!(query.pluck(&db, Thing::id).await.unwrap(), ids, "{text}");
        }
        let desc = Thing::query().order_by(Thing::column("made").unwrap().desc());
        assert_eq!(desc.pluck(&db, Thing::id).await.unwrap(), [3, 2, 1]);
    }
    let only = Order::parse_only::<Thing>("secret", Thing::secret);
    assert!(only.is_ok() && Order::parse::<Thing>("secret").is_err());
}

/// Whatever a stranger sends is a value, or no column's name.
#[tokio::test]
async fn nothing_of_it_becomes_sql() {
    let long = "x'".repeat(500_000);
    let hostile = [
        "'; drop table dynamic_things; --",
        "\" or 1=1 --",
        "`",
        "?",
        "$1",
        "id)",
        "(select 1)",
        "id desc",
        "名",
        "a\0b",
        &long,
    ];
    for db in things().await {
        for text in hostile {
            let shown = text.get(..20).unwrap_or(text);
            assert!(Order::parse::<Thing>(text).is_err() && Thing::column(text).is_err(), "{shown}");
            assert!(refused(&format!("{text}=1")).len() < 300, "{shown}");
            assert!(refused(&format!("name[{text}]=1")).len() < 300, "{shown}");
            for filter in [format!("name={text}"), format!("name[in]={text}"), format!("name[like]={text}")] {
                let query = Thing::query().filter(Expr::parse::<Thing>(&filter).unwrap());
                let refuses_nul = text.contains('\0') && db.driver_name() == "postgres";
                assert!(query.count(&db).await.map_or(refuses_nul, |found| found == 0), "{shown}");
            }
        }
        assert_eq!(Thing::query().count(&db).await.unwrap(), 3);
    }
}
