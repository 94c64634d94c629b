use atlas::{Error, prelude::*};

use crate::support::{Databases, databases};

fn trimmed(text: String) -> String {
    text.trim().to_lowercase()
}

fn one_more(counter: i32) -> i32 {
    counter + 1
}

#[derive(Model, Debug)]
#[table("accounts")]
struct Account {
    id: i64,
    #[mutator(trimmed)]
    email: String,
    nickname: Option<String>,
    #[default("member")]
    role: String,
    #[default(-1)]
    balance: i64,
    #[default(vec![1, 2, 3])]
    salt: Vec<u8>,
    #[default(sql = "'from the database'")]
    origin: String,
    #[mutator(one_more)]
    #[default(0)]
    visits: i32,
}

async fn accounts() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Account]).await.unwrap();
    }
    databases
}

// B-79, X-08, B-227, B-282, C-110
#[tokio::test]
async fn what_a_draft_leaves_out_is_filled_in() {
    for db in accounts().await {
        let saved = Account::draft().email(" ANN@Example.com ").save(&db).await.unwrap();
        assert!(saved.exists() && saved.was_recently_created());
        assert_eq!(saved.id, 1);
        for account in [&saved, &Account::find_or_fail(&db, 1).await.unwrap()] {
            assert_eq!(account.email, "ann@example.com");
            assert_eq!(account.nickname, None);
            assert_eq!(account.role, "member");
            assert_eq!(account.balance, -1);
            assert_eq!(account.salt, [1, 2, 3]);
            assert_eq!(account.origin, "from the database");
            assert_eq!(account.visits, 0);
        }
    }
}

#[tokio::test]
async fn setters_take_what_converts() {
    for db in accounts().await {
        let owned = String::from("Owned");
        let account = Account::draft()
            .email(&owned)
            .nickname("nick")
            .nickname(None)
            .nickname(Some("other".to_owned()))
            .role(owned)
            .balance(5)
            .balance(i64::MAX)
            .salt(b"bytes".as_slice())
            .origin("given")
            .visits(7)
            .id(40)
            .save(&db)
            .await
            .unwrap();
        assert_eq!((account.id, account.email.as_str(), account.role.as_str()), (40, "owned", "Owned"));
        assert_eq!((account.nickname.as_deref(), account.balance), (Some("other"), i64::MAX));
        assert_eq!(
            (account.salt.as_slice(), account.origin.as_str(), account.visits),
            (&b"bytes"[..], "given", 8)
        );
        // PostgreSQL goes on counting where it was.
        let next = if db.driver_name() == "postgres" { 1 } else { 41 };
        assert_eq!(Account::draft().email("next").save(&db).await.unwrap().id, next);
    }
}

#[tokio::test]
async fn the_database_has_the_defaults_too() {
    for db in accounts().await {
        db.execute("INSERT INTO accounts (email, salt, visits) VALUES (?, ?, 1)", ("raw", vec![0u8]))
            .await
            .unwrap();
        let account = Account::query().first_or_fail(&db).await.unwrap();
        assert_eq!((account.role.as_str(), account.balance), ("member", -1));
        assert_eq!(account.origin, "from the database");
    }
}

// 004-24, 004-65, C-129, C-147
#[tokio::test]
async fn first_or_new_create_and_update_or_create() {
    for db in accounts().await {
        let by = || Account::email.eq("ann");
        let mut fresh = Account::first_or_new(&db, by(), Account::draft().email("ann")).await.unwrap();
        assert!(!fresh.exists() && Account::query().doesnt_exist(&db).await.unwrap());
        assert!(fresh.fresh(&db).await.unwrap().is_none());
        fresh.role = "chief".into();
        fresh.save(&db).await.unwrap();
        assert!(fresh.exists() && fresh.was_recently_created() && fresh.id == 1);
        assert_eq!(fresh.origin, "from the database");

        let found =
            Account::first_or_create(&db, by(), Account::draft().email("ann").role("ignored")).await.unwrap();
        assert_eq!((found.id, found.role.as_str(), found.was_recently_created()), (1, "chief", false));
        let created =
            Account::first_or_create(&db, Account::email.eq("bob"), Account::draft().email("bob")).await;
        assert!(created.unwrap().was_recently_created());

        let updated =
            Account::update_or_create(&db, by(), Account::draft().email("ann").balance(7)).await.unwrap();
        assert_eq!((updated.id, updated.balance, updated.role.as_str()), (1, 7, "chief"));
        assert!(updated.was_changed(Account::balance) && !updated.was_changed(Account::role));
        let new = Account::update_or_create(&db, Account::email.eq("cid"), Account::draft().email("cid"))
            .await
            .unwrap();
        assert!(new.was_recently_created());
        assert_eq!(Account::query().count(&db).await.unwrap(), 3);
    }
}

#[derive(Model, Debug)]
struct Counter {
    id: i64,
    #[unique]
    name: String,
    points: i32,
}

// 004-11
#[tokio::test]
async fn a_draft_that_breaks_a_constraint_is_an_error_with_its_column() {
    for db in databases().await {
        db.create_tables(models![Counter]).await.unwrap();
        Counter::create(&db, Counter::draft().name("n").points(1)).await.unwrap();
        let error = Counter::draft().name("n").points(2).save(&db).await.unwrap_err();
        assert!(error.is_unique_violation(), "{error:?}");
        let Error::Constraint { table, columns, .. } = &error else { panic!("{error:?}") };
        assert_eq!((table.as_deref(), columns.as_slice()), (Some("counters"), &["name".to_owned()][..]));
        // Some servers name the constraint too.
        let message = error.to_string().replace(" by `counters_name_unique`", "");
        assert_eq!(
            message,
            "unique constraint violated on `counters` (name): another row has this value already"
        );
        assert_eq!(Counter::query().count(&db).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn concurrent_first_or_create_makes_one_row() {
    for db in databases().await {
        db.create_tables(models![Counter]).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for points in 0..32 {
            let db = db.clone();
            tasks.spawn(async move {
                let draft = Counter::draft().name("one").points(points);
                Counter::first_or_create(&db, Counter::name.eq("one"), draft).await.map(|counter| counter.id)
            });
        }
        let ids: Vec<i64> = tasks.join_all().await.into_iter().map(Result::unwrap).collect();
        // Inserts that fail use up numbers too.
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(Counter::query().count(&db).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_draft_can_be_tried_again() {
    for db in databases().await {
        db.create_tables(models![Counter]).await.unwrap();
        let draft = Counter::draft().name("a").points(1);
        draft.clone().save(&db).await.unwrap();
        assert!(draft.clone().save(&db).await.unwrap_err().is_unique_violation());
        draft.clone().name("b").save(&db).await.unwrap();

        let mut record = Record::new(draft).unwrap();
        assert!(!record.exists() && record.id == 0);
        assert!(record.save(&db).await.unwrap_err().is_unique_violation());
        record.name = "c".into();
        record.save(&db).await.unwrap();
        assert!(record.exists() && record.was_recently_created());
        let by_points = Counter::query().order_by(Counter::points).order_by(Counter::name.desc());
        assert_eq!(by_points.pluck(&db, Counter::name).await.unwrap(), ["c", "b", "a"]);
    }
}
