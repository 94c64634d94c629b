//! A database for each tenant: which one it is, and how many are open.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use atlas::{Error, MemoryCache, TenantDatabases, prelude::*};

use crate::support::{Place, places};

#[derive(Model, Debug)]
struct Invoice {
    id: i64,
    #[unique]
    number: String,
    #[default(0)]
    total: i64,
}

/// Three tenants, each with a database of its own.
struct Tenants {
    urls: HashMap<String, String>,
    _places: Vec<Place>,
}

const SLUGS: [&str; 3] = ["acme-corp", "ants", "bees"];

/// The tenants of each kind of database.
async fn tenants(test: &str) -> Vec<Tenants> {
    let mut kinds: Vec<Tenants> = Vec::new();
    for slug in SLUGS {
        for place in places(&format!("{test}-{slug}")).await {
            let name = format!("DB_TENANT_{}", slug.to_uppercase().replace('-', "_"));
            match kinds.iter_mut().find(|kind| kind._places[0].driver == place.driver) {
                Some(kind) => {
                    kind.urls.insert(name, place.url.clone());
                    kind._places.push(place);
                }
                None => {
                    let urls = HashMap::from([(name, place.url.clone())]);
                    kinds.push(Tenants { urls, _places: vec![place] });
                }
            }
        }
    }
    kinds
}

impl Tenants {
    fn databases(&self) -> TenantDatabases {
        let urls = self.urls.clone();
        let resolve = move |name: &str| Some(Db::builder(urls.get(name)?).max_connections(2));
        TenantDatabases::new("DB_TENANT_{SLUG}", resolve).unwrap()
    }
}

// 002-71, 002-72, 002-73, 002-88
#[tokio::test]
async fn a_pattern_makes_one_name_of_each_slug() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let asked = seen.clone();
    let tenants = |pattern: &str| {
        let asked = asked.clone();
        TenantDatabases::new(pattern, move |name| {
            asked.lock().unwrap().push(name.to_owned());
            None::<String>
        })
    };
    let databases = tenants("DB_TENANT_{SLUG}").unwrap();
    for slug in ["acme-corp", "a", "7", "x--y"] {
        assert!(databases.find(slug).await.unwrap().is_none());
    }
    assert!(tenants("{slug}.{SLUG}").unwrap().find("acme-corp").await.unwrap().is_none());
    let names =
        ["DB_TENANT_ACME_CORP", "DB_TENANT_A", "DB_TENANT_7", "DB_TENANT_X__Y", "acme-corp.ACME_CORP"];
    assert_eq!(*seen.lock().unwrap(), names);

    // What could lead elsewhere, or to another tenant's, is no slug: nobody is asked.
    let long = "x".repeat(64);
    let none = [
        "",
        "Acme",
        "acme_corp",
        "-acme",
        "acme-",
        "a/b",
        "../acme",
        "a.b",
        "a b",
        "a?b",
        "a@b",
        "a:b",
        "a%2fb",
        "a\0",
        "ä",
        "{SLUG}",
        "a;drop",
        "a\nb",
        &long,
    ];
    for slug in none {
        assert!(databases.find(slug).await.unwrap().is_none(), "{slug:?}");
        let error = databases.get(slug).await.unwrap_err().to_string();
        assert!(error.contains("letters from `a` to `z`"), "{error}");
    }
    assert_eq!(seen.lock().unwrap().len(), names.len());
    let error = tenants("DB_TENANT").unwrap_err().to_string();
    assert!(error.contains("`{SLUG}`") && error.contains("share"), "{error}");
}

// 002-74, B-205
#[tokio::test]
async fn a_tenant_without_a_database_is_an_error_with_its_name() {
    let databases = TenantDatabases::from_env("ATLAS_NO_{SLUG}").unwrap();
    let error = databases.get("acme-corp").await.unwrap_err();
    assert!(matches!(error, Error::Config { .. }));
    let error = error.to_string();
    for part in ["tenant `acme-corp`", "`ATLAS_NO_ACME_CORP`", "`ATLAS_NO_{SLUG}`"] {
        assert!(error.contains(part), "{error}");
    }
    // A variable that every system has, with no URL in it.
    let error = TenantDatabases::from_env("{SLUG}").unwrap().get("path").await.unwrap_err().to_string();
    assert!(error.contains("tenant `path`") && error.contains("`{SLUG}`"), "{error}");
    // A password is in no message.
    let databases = TenantDatabases::from_url("nothing://me:secret@host/{slug}").unwrap();
    let error = databases.get("acme").await.unwrap_err().to_string();
    assert!(error.contains("tenant `acme`") && !error.contains("secret"), "{error}");
    assert!(!format!("{databases:?}").contains("secret"));
    let databases = TenantDatabases::new("x://:secret@{slug}", |_| None::<String>).unwrap();
    let error = databases.get("acme").await.unwrap_err().to_string();
    assert!(error.contains("tenant `acme`") && !error.contains("secret"), "{error}");
    let broken = TenantDatabases::from_url("sqlite:///nowhere/{slug}.db?mode=rw").unwrap();
    let error = broken.get("acme").await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }) && error.to_string().contains("tenant `acme`"), "{error}");
}

/// What a program does with its database, whoever's it is.
async fn next_number(db: &Db) -> Result<String> {
    db.transaction(async |tx| {
        let number = format!("R-{}", Invoice::query().count(&tx).await? + 1);
        Ok(Invoice::draft().number(number).save(&tx).await?.number.clone())
    })
    .await
}

// 002-71, 002-85, 004-90, B-295
#[tokio::test]
async fn each_tenant_has_rows_of_its_own() {
    for kind in tenants("tenants-own").await {
        let databases = Arc::new(kind.databases());
        let statements = Arc::new(AtomicU32::new(0));
        let count = statements.clone();
        databases.listen(move |event| {
            count.fetch_add(u32::from(event.is_statement()), SeqCst);
        });
        let slugs = [SLUGS[0], "nobody", SLUGS[1], SLUGS[2]];
        let made = databases.for_each(slugs, async |db| db.create_tables(models![Invoice]).await).await;
        let made: Vec<_> = made.iter().map(|(slug, made)| (slug.as_str(), made.is_ok())).collect();
        assert_eq!(made, [("acme-corp", true), ("nobody", false), ("ants", true), ("bees", true)]);
        assert!(statements.load(SeqCst) >= 3);

        // Tasks of three tenants at once.
        let mut tasks = tokio::task::JoinSet::new();
        for slug in SLUGS.into_iter().cycle().take(12) {
            let databases = databases.clone();
            tasks.spawn(async move {
                let db = databases.get(slug).await.unwrap();
                while next_number(&db).await.is_err() {}
                let mine = Invoice::query().order_by(Invoice::id.desc()).first_or_fail(&db).await.unwrap();
                mine.fresh(&db).await.unwrap().unwrap()
            });
        }
        tasks.join_all().await;
        for slug in SLUGS {
            let db = databases.get(slug).await.unwrap();
            let numbers =
                Invoice::query().order_by(Invoice::number).pluck(&db, Invoice::number).await.unwrap();
            assert_eq!(numbers, ["R-1", "R-2", "R-3", "R-4"]);
        }
        // A transaction of one tenant says nothing about another's.
        let [one, two] = [databases.get("ants").await.unwrap(), databases.get("bees").await.unwrap()];
        let tx = one.begin().await.unwrap();
        Invoice::query().delete(&tx).await.unwrap();
        Invoice::query().update(&two, Invoice::total.set(5)).await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(Invoice::query().sum(&one, Invoice::total).await.unwrap(), 0);
        assert_eq!(Invoice::query().sum(&two, Invoice::total).await.unwrap(), 20);
    }
}

#[tokio::test]
async fn only_so_many_databases_are_open() {
    for kind in tenants("tenants-bounded").await {
        let databases = Arc::new(kind.databases().max_open(2).acquire_timeout(Duration::from_millis(100)));
        assert!(databases.open_tenants().is_empty(), "each is opened when it is asked for");
        let done = databases.for_each(SLUGS, async |db| db.create_tables(models![Invoice]).await).await;
        assert!(done.iter().all(|(_, done)| done.is_ok()), "{done:?}");
        assert_eq!(databases.open_tenants(), ["ants", "bees"], "the first was closed for the last");

        // One that is in use stays, by a handle or by a transaction.
        let ants = databases.get("ants").await.unwrap();
        next_number(&ants).await.unwrap();
        drop(databases.get("bees").await.unwrap());
        let acme = databases.get("acme-corp").await.unwrap();
        assert_eq!(databases.open_tenants(), ["acme-corp", "ants"]);
        let tx = acme.begin().await.unwrap();
        drop(acme);
        let error = databases.get("bees").await.unwrap_err();
        assert!(matches!(error, Error::Pool { .. }) && error.to_string().contains("`bees`"), "{error}");
        let waiting = tokio::spawn({
            let databases = databases.clone();
            async move { databases.get("bees").await.unwrap() }
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
        next_number(&tx).await.unwrap();
        tx.commit().await.unwrap();
        let bees = waiting.await.unwrap();
        assert_eq!(databases.open_tenants(), ["ants", "bees"]);
        assert_eq!(Invoice::query().count(&bees).await.unwrap(), 0);
        drop(ants);
        let acme = databases.get("acme-corp").await.unwrap();
        assert_eq!(Invoice::query().count(&acme).await.unwrap(), 1, "what was written is there");

        assert!(databases.close("acme-corp").await.unwrap() && !databases.close("acme-corp").await.unwrap());
        assert!(matches!(Invoice::all(&acme).await, Err(Error::Closed { .. })));
        assert_eq!(Invoice::query().count(&databases.get("acme-corp").await.unwrap()).await.unwrap(), 1);
        databases.close_all().await.unwrap();
        assert!(databases.open_tenants().is_empty());
    }
}

// 002-71
#[tokio::test]
async fn a_store_of_results_keeps_tenants_apart() {
    for kind in tenants("tenants-cached").await {
        let store = Arc::new(MemoryCache::new(1_000));
        let set = |name: Option<&'static str>, from: &'static str, to: &'static str| {
            let (urls, store) = (kind.urls.clone(), store.clone());
            let resolve = move |known: &str| {
                let builder = Db::builder(urls.get(&known.replace(from, to))?).cache(store.clone());
                Some(name.map_or(builder.clone(), |name| builder.name(name)))
            };
            TenantDatabases::new("DB_TENANT_{SLUG}", resolve).unwrap()
        };
        let plain = set(None, "", "");
        for slug in SLUGS {
            let db = plain.get(slug).await.unwrap();
            db.create_tables(models![Invoice]).await.unwrap();
            Invoice::draft().number(slug).save(&db).await.unwrap();
        }
        // A name that all have together, and another set in which the same slug is another database.
        for (tenants, slugs) in [
            (&plain, SLUGS),
            (&set(Some("tenants"), "", ""), SLUGS),
            (&set(None, "ANTS", "BEES"), [SLUGS[0], SLUGS[2], SLUGS[2]]),
        ] {
            for _ in 0..2 {
                for (slug, number) in SLUGS.into_iter().zip(slugs) {
                    let db = tenants.get(slug).await.unwrap();
                    let kept = || Invoice::query().cache_as("all", Duration::from_secs(60));
                    assert_eq!(kept().sole_value(&db, Invoice::number).await.unwrap(), number);
                    let kept = Invoice::query().cache(Duration::from_secs(60));
                    assert_eq!(kept.sole_value(&db, Invoice::number).await.unwrap(), number);
                }
            }
        }
    }
}

#[tokio::test]
async fn hundreds_who_ask_at_once_get_their_own() {
    for kind in tenants("tenants-many").await {
        let databases = Arc::new(kind.databases().max_open(2));
        databases.for_each(SLUGS, async |db| db.create_tables(models![Invoice]).await).await;
        for slug in SLUGS {
            Invoice::draft().number(slug).save(&databases.get(slug).await.unwrap()).await.unwrap();
        }
        let mut tasks = tokio::task::JoinSet::new();
        for slug in SLUGS.into_iter().cycle().take(150) {
            let databases = databases.clone();
            tasks.spawn(async move {
                let db = databases.get(slug).await.unwrap();
                assert_eq!(Invoice::query().sole_value(&db, Invoice::number).await.unwrap(), slug);
                databases.open_tenants().len()
            });
        }
        assert!(tasks.join_all().await.into_iter().all(|open| open <= 2));
    }
}
