//! Rows that belong to tenants: no row crosses.

use std::sync::{Arc, Mutex};

use atlas::{Connections, Error, prelude::*, value::Value};

use crate::{
    every_kind::every_kind,
    support::{Databases, databases},
};

every_kind!(world, #[tenant(org_id)], org_id: i64);

/// The models of a world in which tenant 2 has what would be hidden.
async fn worlds() -> Databases {
    use world::{Comment, Image, Label, Labelling, Post, Role, RoleUser, User};
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![User, Post, Comment, Role, RoleUser, Image, Label, Labelling])
            .await
            .unwrap();
        world::filled(&db.for_tenant(1)).await;
        let all = db.without_tenant();
        User::query().where_eq(User::id, 2).update(&all, User::org_id.set(2)).await.unwrap();
        Post::query().where_eq(Post::id, 2).update(&all, Post::org_id.set(2)).await.unwrap();
        Comment::query().where_eq(Comment::id, 3).update(&all, Comment::org_id.set(2)).await.unwrap();
        Role::query().where_eq(Role::id, 2).update(&all, Role::org_id.set(2)).await.unwrap();
        Image::query().where_eq(Image::id, 2).update(&all, Image::org_id.set(2)).await.unwrap();
        Label::query().where_eq(Label::id, 2).update(&all, Label::org_id.set(2)).await.unwrap();
        RoleUser::query().where_eq(RoleUser::id, 3).update(&all, RoleUser::org_id.set(2)).await.unwrap();
        Labelling::query().where_eq(Labelling::id, 3).update(&all, Labelling::org_id.set(2)).await.unwrap();
    }
    databases
}

// 002-57…59, 002-61, 004-95, Y-01
#[tokio::test]
async fn every_kind_of_relation_keeps_to_the_tenant() {
    for db in worlds().await {
        world::assert_hidden(&db.for_tenant(1)).await;
        let other = world::Post::query().pluck(&db.for_tenant(2), world::Post::votes).await.unwrap();
        assert_eq!(other, [0], "what tenant 1 did to its rows did nothing to these");
        assert_eq!(world::Comment::query().count(&db.for_tenant(2)).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn every_kind_of_relation_asks_for_a_tenant() {
    use world::{Post, User};
    for db in worlds().await {
        let required = |error: Error| assert!(matches!(error, Error::TenantRequired { .. }), "{error}");
        required(User::all(&db).await.unwrap_err());
        required(User::find(&db, 1).await.unwrap_err());
        required(User::query().count(&db).await.unwrap_err());
        required(User::query().update(&db, User::name.set("x")).await.unwrap_err());
        required(User::query().delete(&db).await.unwrap_err());
        required(User::draft().name("x").save(&db).await.unwrap_err());
        required(User::insert(&db, [User::draft().name("x")]).await.unwrap_err());
        required(User::query().to_sql(&db).unwrap_err());
        required(User::query().explain(&db).await.unwrap_err());
        required(User::find(&db.for_tenant(None::<i64>), 1).await.unwrap_err());
        let mut ann = User::find_or_fail(&db.for_tenant(1), 1).await.unwrap();
        required(ann.load(&db, User::posts).await.unwrap_err());
        required(ann.load_count(&db, User::posts).await.unwrap_err());
        required(ann.refresh(&db).await.unwrap_err());
        ann.name = "x".into();
        required(ann.save(&db).await.unwrap_err());
        required(ann.delete(&db).await.unwrap_err());
        required(ann.related(User::roles).attach(&db, [1]).await.unwrap_err());
        required(ann.related(User::roles).detach_all(&db).await.unwrap_err());
        required(ann.related(User::posts).create(&db, Post::draft().title("x")).await.unwrap_err());
        let error = Post::all(&db).await.unwrap_err().to_string();
        assert!(error.contains("`Post`") && error.contains("for_tenant") && error.contains("without_tenant"));
        assert_eq!(User::query().count(&db.without_tenant()).await.unwrap(), 2, "nothing was written");
    }
}

#[derive(Model, Debug)]
#[tenant(org_id)]
struct Account {
    id: i64,
    org_id: i64,
    #[unique]
    name: String,
    #[default(0)]
    balance: i32,
    #[has_many]
    entries: HasMany<Entry>,
}

#[derive(Model, Debug)]
#[tenant(org_id)]
struct Entry {
    id: i64,
    org_id: i64,
    account_id: i64,
    #[default(0)]
    amount: i32,
    #[belongs_to]
    account: BelongsTo<Account>,
}

/// What no tenant has.
#[derive(Model, Debug)]
struct Country {
    id: i64,
    name: String,
}

async fn accounts() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Account, Entry, Country]).await.unwrap();
        for (org, names) in [(1, ["a1", "b1"]), (2, ["a2", "b2"])] {
            let db = db.for_tenant(org);
            Account::insert(&db, names.map(|name| Account::draft().name(name).balance(10))).await.unwrap();
        }
    }
    databases
}

// 002-60, 002-61, Y-02
#[tokio::test]
async fn what_is_written_is_the_tenants_whatever_the_caller_says() {
    for db in accounts().await {
        let one = db.for_tenant(1);
        let account = Account::draft().name("c").org_id(2).save(&one).await.unwrap();
        assert_eq!(account.org_id, 1);
        let many = Account::create_many(&one, ["d", "e"].map(|name| Account::draft().name(name).org_id(2)));
        assert!(many.await.unwrap().iter().all(|account| account.org_id == 1));
        Account::insert(&one, [Account::draft().name("f").org_id(2)]).await.unwrap();
        Account::insert_or_ignore(&one, [Account::draft().name("g").org_id(2)]).await.unwrap();
        Account::upsert(&one, [Account::draft().name("h").org_id(2)], Account::name, Account::balance)
            .await
            .unwrap();
        let entries = [Entry::draft().amount(1).org_id(2)];
        let graph = Account::draft().name("i").org_id(2).entries(entries).save(&one).await.unwrap();
        assert_eq!(graph.entries.get().unwrap()[0].org_id, 1);
        let parent = Account::draft().name("j").org_id(2);
        let entry = Entry::draft().org_id(2).account(parent).save(&one).await.unwrap();
        assert_eq!((entry.org_id, entry.account.get().unwrap().unwrap().org_id), (1, 1));
        let mut new = Record::new(Account::draft().name("k").org_id(2)).unwrap();
        new.save(&one).await.unwrap();
        assert_eq!(new.org_id, 1);
        let error = Record::new(Account::draft().name("l")).unwrap_err();
        assert!(matches!(error, Error::MissingAttribute { column: "org_id", .. }), "{error}");
        let mut new =
            Account::first_or_new(&one, Account::name.eq("m"), Account::draft().name("m")).await.unwrap();
        assert_eq!(new.org_id, 1);
        new.save(&one).await.unwrap();
        let by = || Account::name.eq("n");
        Account::first_or_create(&one, by(), Account::draft().name("n").org_id(2)).await.unwrap();
        Account::update_or_create(&one, by(), Account::draft().name("n").balance(5)).await.unwrap();
        let mut copy = account.replicate(&db).await.unwrap();
        copy.name = "o".into();
        copy.org_id = 2;
        copy.save(&one).await.unwrap();
        let entry = account.related(Account::entries).create(&one, Entry::draft().org_id(2)).await.unwrap();
        assert_eq!(entry.org_id, 1);
        assert_eq!(Account::query().count(&db.for_tenant(2)).await.unwrap(), 2);
        assert_eq!(Entry::query().count(&db.for_tenant(2)).await.unwrap(), 0);
        assert_eq!(Account::query().count(&one).await.unwrap(), 14);

        // Through a handle without tenant, the draft says it, or it lacks.
        let all = db.without_tenant();
        assert_eq!(Account::draft().name("x").org_id(3).save(&all).await.unwrap().org_id, 3);
        let error = Account::draft().name("y").save(&all).await.unwrap_err();
        assert!(matches!(error, Error::MissingAttribute { model: "Account", column: "org_id" }), "{error}");
    }
}

#[tokio::test]
async fn another_tenants_key_leads_nowhere() {
    for db in accounts().await {
        let (one, two) = (db.for_tenant(1), db.for_tenant(2));
        let theirs = Account::query().where_eq(Account::name, "a2").sole(&two).await.unwrap();
        let key = theirs.id;
        assert!(Account::find(&one, key).await.unwrap().is_none());
        assert!(matches!(
            Account::find_or_fail(&one, key).await,
            Err(Error::NotFound { model: "Account", .. })
        ));
        assert!(Account::find_many(&one, [key]).await.unwrap().is_empty());
        assert!(Account::query().find(&one, key).await.unwrap().is_none());
        let either = Account::query().where_eq(Account::id, 0).or_filter(Account::id.eq(key));
        assert_eq!(either.clone().count(&one).await.unwrap(), 0);
        assert_eq!(either.clone().update(&one, Account::balance.set(0)).await.unwrap(), 0);
        assert_eq!(either.delete(&one).await.unwrap(), 0);
        let either = Account::name.eq("zzz").or(Account::id.gt(0));
        assert_eq!(Account::query().filter(either).sum(&one, Account::balance).await.unwrap(), 20);
        assert_eq!(Account::query().filter(!Account::org_id.eq(1)).count(&one).await.unwrap(), 0);

        // A record of theirs touches no row.
        let mut record = Account::find_or_fail(&two, key).await.unwrap();
        record.balance = 99;
        assert!(matches!(record.save(&one).await, Err(Error::NotFound { .. })));
        assert!(matches!(record.delete(&one).await, Err(Error::NotFound { .. })));
        assert!(matches!(record.refresh(&one).await, Err(Error::NotFound { .. })));
        assert!(record.fresh(&one).await.unwrap().is_none());
        assert!(!record.is_deleted());
        let row = Account::find_or_fail(&two, key).await.unwrap();
        assert_eq!((row.balance, row.org_id), (10, 2));

        // A row is not given away, by a record nor by a query.
        let mut mine = Account::query().where_eq(Account::name, "a1").sole(&one).await.unwrap();
        mine.org_id = 2;
        let error = mine.save(&one).await.unwrap_err().to_string();
        assert!(
            error.contains("`org_id`") && error.contains("`Account`") && error.contains("without_tenant")
        );
        let error = Account::query().update(&one, Account::org_id.set(2)).await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{error}");
        Account::query().update(&one, Account::org_id.set(1)).await.unwrap();
        mine.save(&db.without_tenant()).await.unwrap();
        assert_eq!(Account::query().count(&two).await.unwrap(), 3);
    }
}

#[tokio::test]
async fn an_upsert_changes_no_row_of_another_tenant() {
    for db in accounts().await {
        let (one, two) = (db.for_tenant(1), db.for_tenant(2));
        let upsert = |names: &'static [&'static str]| {
            let drafts = names.iter().map(|name| Account::draft().name(*name).balance(77));
            Account::upsert(&one, drafts, Account::name, (Account::balance, Account::org_id))
        };
        assert_eq!(upsert(&["a1", "new"]).await.unwrap(), 2);
        for names in [&["a2"][..], &["b1", "a2", "other"], &["other", "b2"]] {
            let error = upsert(names).await.unwrap_err();
            assert!(error.is_unique_violation(), "{error}");
        }
        let balances = |db: Db| async move {
            let all = Account::query().order_by(Account::name).pluck(&db, Account::balance);
            all.await.unwrap()
        };
        assert_eq!(balances(two.clone()).await, [10, 10], "theirs are as they were");
        assert_eq!(balances(one.clone()).await, [77, 10, 77], "all or none of one call");
        let taken = Account::insert_or_ignore(&one, [Account::draft().name("a2").balance(5)]).await.unwrap();
        assert_eq!(taken, 0);
        let create = Account::first_or_create(&one, Account::name.eq("a2"), Account::draft().name("a2"));
        assert!(create.await.unwrap_err().is_unique_violation());
        let update = Account::update_or_create(&one, Account::name.eq("a2"), Account::draft().name("a2"));
        assert!(update.await.unwrap_err().is_unique_violation());
        assert_eq!(balances(two).await, [10, 10]);
    }
}

#[tokio::test]
async fn siblings_share_nothing_between_tenants() {
    for db in accounts().await {
        let all = db.without_tenant();
        let accounts = Account::query().order_by(Account::id).get(&all).await.unwrap();
        for account in &accounts {
            let db = db.for_tenant(account.org_id);
            Entry::draft().account_id(account.id).amount(1).save(&db).await.unwrap();
        }
        let mut accounts = Account::query().order_by(Account::id).get(&all).await.unwrap();
        // The first loads for all, and the others take what was loaded for them: for the same tenant.
        let mut found = Vec::new();
        for account in &mut accounts {
            account.load(&db.for_tenant(2), Account::entries).await.unwrap();
            found.push(account.entries.get().unwrap().len());
            account.load(&db.for_tenant(1), Account::entries).await.unwrap();
            found.push(account.entries.get().unwrap().len());
        }
        assert_eq!(found, [0, 1, 0, 1, 1, 0, 1, 0]);
    }
}

// 002-62…64, X-17, Y-05
#[tokio::test]
async fn handles_say_whose_rows_they_reach() {
    for db in accounts().await {
        let one = db.for_tenant(1);
        assert_eq!((one.tenant(), db.tenant()), (Some(&Value::I64(1)), None));
        Country::draft().name("Chad").save(&db).await.unwrap();
        assert_eq!(Country::query().count(&one).await.unwrap(), 1, "a model without tenant is as it is");
        assert_eq!(Account::query().count(&one.without_tenant()).await.unwrap(), 4);
        assert_eq!(Account::query().count(&one.without_tenant().for_tenant(2)).await.unwrap(), 2);
        let free = one.without_tenant_for::<Account>();
        assert_eq!(Account::query().count(&free).await.unwrap(), 4);
        Entry::draft().account_id(3).save(&db.for_tenant(2)).await.unwrap();
        assert_eq!(Entry::query().count(&free).await.unwrap(), 0, "of another model, the tenant's rows");
        assert_eq!(Account::query().has(Account::entries).count(&free).await.unwrap(), 0);
        let both = db.without_tenant_for::<Account>().without_tenant_for::<Entry>();
        assert_eq!(Account::query().has(Account::entries).count(&both).await.unwrap(), 1);
        assert!(matches!(
            Entry::all(&db.without_tenant_for::<Account>()).await,
            Err(Error::TenantRequired { .. })
        ));
        assert_eq!(Account::query().count(&one).await.unwrap(), 2, "the handle is what it was");
        let error = Account::all(&db.for_tenant("acme")).await.unwrap_err().to_string();
        assert!(error.contains("`org_id` of `Account`"), "{error}");
        assert_eq!(Account::query().count(&db.for_tenant(1_i8)).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn transactions_inherit_the_tenant() {
    for db in accounts().await {
        let one = db.for_tenant(1);
        one.transaction(async |tx| {
            assert_eq!(Account::query().count(&tx).await?, 2);
            tx.transaction(async |savepoint| {
                Account::draft().name("new").save(&savepoint).await?;
                Ok(())
            })
            .await?;
            assert_eq!(Account::query().count(&tx.for_tenant(2)).await?, 2, "in the same transaction");
            assert_eq!(Account::query().count(&tx.without_tenant()).await?, 5);
            Ok(())
        })
        .await
        .unwrap();
        let tx = one.begin().await.unwrap();
        assert_eq!(Account::query().count(&tx).await.unwrap(), 3);
        tx.rollback().await.unwrap();
    }
}

#[tokio::test]
async fn named_connections_keep_the_tenant() {
    let connections = Connections::new();
    connections.add("main", "sqlite::memory:").await.unwrap();
    connections.add("reports", "sqlite::memory:").await.unwrap();
    for name in ["main", "reports"] {
        let db = connections.connection(name).unwrap();
        db.create_tables(models![Account]).await.unwrap();
        for org in [1, 2] {
            Account::draft().name(format!("{name}{org}")).save(&db.for_tenant(org)).await.unwrap();
        }
    }
    let one = connections.for_tenant(1);
    assert_eq!(Account::query().pluck(&one, Account::name).await.unwrap(), ["main1"]);
    let reports = one.connection("reports").unwrap();
    assert_eq!(Account::query().pluck(&reports, Account::name).await.unwrap(), ["reports1"]);
    assert!(matches!(Account::all(&connections).await, Err(Error::TenantRequired { .. })));
    let names = one
        .transaction(async |tx| {
            // The handle of all connections joins the transaction, and still has no tenant of its own.
            assert!(matches!(Account::all(&connections).await, Err(Error::TenantRequired { .. })));
            Account::query().pluck(&tx, Account::name).await
        })
        .await;
    assert_eq!(names.unwrap(), ["main1"]);
}

#[tokio::test]
async fn the_log_shows_the_tenant_that_was_bound() {
    for db in accounts().await {
        let one = db.for_tenant(1);
        let shown = Account::query().where_eq(Account::name, "a1").to_sql(&one).unwrap();
        assert!(shown.text.contains("org_id") && shown.binds.contains(&Value::I64(1)), "{}", shown.text);
        let all = Account::query().to_sql(&db.without_tenant()).unwrap();
        assert!(all.binds.is_empty(), "{}", all.text);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        let listening = db.listen(move |event| {
            if let Some(statement) = event.as_statement() {
                kept.lock().unwrap().push(format!("{} {:?}", statement.text, statement.binds));
            }
        });
        Account::query().count(&one).await.unwrap();
        listening.stop();
        let seen = seen.lock().unwrap().join("\n");
        assert!(seen.contains("org_id") && seen.contains('1'), "{seen}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_tasks_of_ten_tenants_see_their_own_rows() {
    for db in databases().await {
        db.create_tables(models![Account, Entry]).await.unwrap();
        let tasks: Vec<_> = (0..100)
            .map(|task: i64| {
                let db = db.for_tenant(task % 10);
                tokio::spawn(async move {
                    let account =
                        Account::draft().name(format!("account {task}")).org_id(99).save(&db).await?;
                    for amount in 0..3 {
                        account.related(Account::entries).create(&db, Entry::draft().amount(amount)).await?;
                    }
                    let seen =
                        Account::query().with(Account::entries).with_count(Account::entries).get(&db).await?;
                    for account in &seen {
                        assert_eq!(account.org_id, task % 10);
                        assert!(account.entries.get()?.iter().all(|entry| entry.org_id == task % 10));
                    }
                    Account::query().or_filter(Account::id.gt(0)).increment(&db, Account::balance, 1).await?;
                    let others =
                        Account::query().where_ne(Account::org_id, task % 10).or_filter(Account::id.lt(0));
                    assert_eq!(others.count(&db).await?, 0);
                    Ok::<_, Error>(())
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        for org in 0..10 {
            let db = db.for_tenant(org);
            assert_eq!(Account::query().count(&db).await.unwrap(), 10);
            assert_eq!(Entry::query().count(&db).await.unwrap(), 30);
            let most = Account::query().max(&db, Account::balance).await.unwrap();
            assert!(most <= Some(10), "no other tenant's task changed these rows: {most:?}");
        }
    }
}

/// A tenant that is known by a text, and rows that are also deleted softly.
#[derive(Model, Debug)]
#[tenant(org)]
#[soft_deletes]
struct Memo {
    id: i64,
    org: String,
    text: String,
    deleted_at: Option<chrono::DateTime<chrono::Utc>>,
}

#[tokio::test]
async fn what_is_deleted_softly_stays_the_tenants() {
    for db in databases().await {
        db.create_tables(models![Memo]).await.unwrap();
        let (acme, ants) = (db.for_tenant("acme"), db.for_tenant("ants"));
        let mut memo = Memo::draft().text("a").save(&acme).await.unwrap();
        Memo::draft().text("b").save(&ants).await.unwrap();
        assert!(matches!(memo.delete(&ants).await, Err(Error::NotFound { .. })));
        memo.delete(&acme).await.unwrap();
        assert_eq!(Memo::query().with_trashed().pluck(&acme, Memo::text).await.unwrap(), ["a"]);
        assert_eq!(Memo::query().only_trashed().count(&ants).await.unwrap(), 0);
        assert_eq!(Memo::query().restore(&ants).await.unwrap(), 0);
        assert_eq!(Memo::query().with_trashed().force_delete(&ants).await.unwrap(), 1);
        assert!(matches!(memo.restore(&ants).await, Err(Error::NotFound { .. })));
        memo.refresh(&acme).await.unwrap();
        memo.restore(&acme).await.unwrap();
        assert!(matches!(memo.force_delete(&ants).await, Err(Error::NotFound { .. })));
        assert_eq!(Memo::query().pluck(&acme, Memo::org).await.unwrap(), ["acme"]);
    }
}

#[tokio::test]
async fn joined_rows_are_changed_and_deleted_for_the_tenant_alone() {
    for db in accounts().await {
        let all = db.without_tenant();
        for account in Account::query().order_by(Account::id).get(&all).await.unwrap() {
            let entry = Entry::draft().org_id(account.org_id).account_id(account.id).amount(1);
            entry.save(&all).await.unwrap();
        }
        // An entry of tenant 2 that leads to an account of tenant 1.
        Entry::draft().org_id(2).account_id(1).amount(1).save(&all).await.unwrap();
        let (one, entries) = (db.for_tenant(1), || Entry::query().join(Entry::account));
        let set = Entry::amount.set_from(Account::balance + Entry::amount);
        assert_eq!(entries().update(&one, set).await.unwrap(), 2);
        let amounts = Entry::query().order_by(Entry::org_id).pluck(&all, Entry::amount).await.unwrap();
        assert_eq!(amounts, [11, 11, 1, 1, 1]);
        let accounts = Account::query().join(Account::entries);
        assert_eq!(accounts.increment(&db.for_tenant(2), Account::balance, 1).await.unwrap(), 2);
        assert!(matches!(entries().delete(&db).await, Err(Error::TenantRequired { .. })));
        assert_eq!(entries().delete(&one).await.unwrap(), 2);
        assert_eq!(Entry::query().count(&all).await.unwrap(), 3);
    }
}
