//! Rows that count their changes, timestamps that are left alone, and rows that are of no more use.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use atlas::{Error, prelude::*};
use chrono::{DateTime, Utc};

use crate::support::{Databases, databases};

#[derive(Model, Debug)]
#[timestamps]
#[soft_deletes]
pub struct Page {
    pub id: i64,
    #[unique]
    pub title: String,
    #[default(0)]
    pub views: i32,
    #[version]
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: Option<DateTime<Utc>>,
    pub deleted_at: Option<DateTime<Utc>>,
}

#[derive(Model, Debug)]
pub struct Draft {
    pub id: i64,
    pub text: String,
    #[version]
    pub lock: u64,
}

async fn pages() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Page, Draft]).await.unwrap();
    }
    databases
}

async fn version(db: &Db, id: i64) -> i32 {
    Page::query().with_trashed().find_or_fail(db, id).await.unwrap().version
}

#[tokio::test]
async fn a_row_that_was_changed_meanwhile_is_stale() {
    for db in pages().await {
        let mut one = Page::draft().title("one").save(&db).await.unwrap();
        assert_eq!(one.version, 1);
        let mut other = Page::find_or_fail(&db, one.id).await.unwrap();
        one.views = 1;
        one.save(&db).await.unwrap();
        assert_eq!((one.version, version(&db, one.id).await), (2, 2));
        one.save(&db).await.unwrap();
        assert_eq!(one.version, 2, "nothing dirty, nothing counted");

        other.title = "uno".into();
        let error = other.save(&db).await.unwrap_err();
        assert!(matches!(error, Error::Stale { model: "Page" }), "{error}");
        assert_eq!(Page::find_or_fail(&db, one.id).await.unwrap().title, "one");
        assert!(matches!(other.delete(&db).await, Err(Error::Stale { .. })));
        assert!(matches!(other.force_delete(&db).await, Err(Error::Stale { .. })));
        assert!(other.exists());
        other.refresh(&db).await.unwrap();
        other.title = "uno".into();
        other.save(&db).await.unwrap();
        assert_eq!(other.version, 3);

        // The program does not count by itself.
        other.version = 99;
        other.save(&db).await.unwrap();
        assert_eq!((other.version, version(&db, one.id).await), (3, 3));
        other.version = 99;
        other.views = 7;
        other.save(&db).await.unwrap();
        assert_eq!((other.version, version(&db, one.id).await), (4, 4));

        // Deleted softly, brought back, copied, removed.
        other.delete(&db).await.unwrap();
        assert_eq!((other.version, version(&db, one.id).await), (5, 5));
        other.restore(&db).await.unwrap();
        assert_eq!(other.version, 6);
        assert_eq!(other.replicate(&db).await.unwrap().version, 1);
        other.force_delete(&db).await.unwrap();
        one.refresh(&db).await.unwrap_err();
        one.views = 5;
        assert!(
            matches!(one.save(&db).await, Err(Error::NotFound { model: "Page", .. })),
            "gone is not stale"
        );
    }
}

#[tokio::test]
async fn changes_by_query_are_counted() {
    for db in pages().await {
        let mut page = Page::draft().title("one").save(&db).await.unwrap();
        Page::query().update(&db, Page::views.set(3)).await.unwrap();
        assert_eq!(version(&db, page.id).await, 2);
        Page::query().increment(&db, Page::views, 1).await.unwrap();
        assert_eq!(version(&db, page.id).await, 3);
        let again = [Page::draft().title("one").views(9), Page::draft().title("two")];
        Page::upsert(&db, again, Page::title, Page::views).await.unwrap();
        let rows = Page::query().order_by(Page::id).get(&db).await.unwrap();
        assert_eq!(rows.iter().map(|row| (row.version, row.views)).collect::<Vec<_>>(), [(4, 9), (1, 0)]);
        page.views = 1;
        assert!(matches!(page.save(&db).await, Err(Error::Stale { .. })));
        Page::query().delete(&db).await.unwrap();
        assert_eq!(version(&db, page.id).await, 5);

        let many = Draft::create_many(&db, ["a", "b"].map(|text| Draft::draft().text(text))).await.unwrap();
        assert!(many.iter().all(|draft| draft.lock == 1));
        let mut own = Draft::draft().text("c").lock(41).save(&db).await.unwrap();
        own.text = "d".into();
        own.save(&db).await.unwrap();
        assert_eq!(own.lock, 42);
        own.delete(&db).await.unwrap();
    }
}

// One of many at once wins.
#[tokio::test]
async fn of_two_at_once_one_is_stale() {
    for db in pages().await {
        let page = Page::draft().title("one").save(&db).await.unwrap();
        let both = ["a", "b"].map(|title| {
            let (db, id) = (db.clone(), page.id);
            async move {
                let mut page = Page::find_or_fail(&db, id).await?;
                tokio::time::sleep(std::time::Duration::from_millis(30)).await;
                page.title = title.into();
                page.save(&db).await
            }
        });
        let [a, b] = both;
        let (a, b) = tokio::join!(tokio::spawn(a), tokio::spawn(b));
        let outcomes = [a.unwrap(), b.unwrap()];
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert!(outcomes.iter().any(|outcome| matches!(outcome, Err(Error::Stale { .. }))));
        assert_eq!(version(&db, page.id).await, 2);
    }
}

fn long_ago() -> DateTime<Utc> {
    DateTime::from_timestamp(1_000_000_000, 0).unwrap()
}

// C-114
#[tokio::test]
async fn a_handle_leaves_timestamps_alone() {
    for db in pages().await {
        let silent = db.without_timestamps();
        let missing = Page::draft().title("one").save(&silent).await.unwrap_err();
        assert!(
            matches!(missing, Error::MissingAttribute { model: "Page", column: "created_at" }),
            "{missing}"
        );
        let mut page = Page::draft().title("one").created_at(long_ago()).save(&silent).await.unwrap();
        assert_eq!((page.created_at, page.updated_at), (long_ago(), None));
        page.views = 1;
        page.save(&silent).await.unwrap();
        Page::query().update(&silent, Page::views.set(2)).await.unwrap();
        Page::upsert(&silent, [Page::draft().title("one").created_at(long_ago())], Page::title, Page::views)
            .await
            .unwrap();
        let mut row = Page::find_or_fail(&db, page.id).await.unwrap();
        assert_eq!((row.updated_at, row.views), (None, 0));
        row.delete(&silent).await.unwrap();
        assert!(row.trashed() && row.updated_at.is_none());
        Page::query().restore(&silent).await.unwrap();
        row.refresh(&db).await.unwrap();
        assert!(row.updated_at.is_none() && !row.trashed());
        silent
            .transaction(async |tx| {
                row.views = 8;
                row.save(&tx).await
            })
            .await
            .unwrap();
        assert!(row.updated_at.is_none());
        row.views = 9;
        row.save(&db).await.unwrap();
        assert!(row.updated_at.is_some_and(|at| at > long_ago()), "the other handle stamps");
    }
}

static PRUNED: AtomicU32 = AtomicU32::new(0);

impl Prunable for Page {
    fn prunable() -> Query<Self> {
        Page::query().where_lt(Page::views, 10)
    }

    async fn pruning(_: &Db, page: &mut Record<Self>) -> Result<()> {
        PRUNED.fetch_add(1, SeqCst);
        if page.title == "kept" { Err(Error::aborted("it is kept")) } else { Ok(()) }
    }
}

impl Prunable for Draft {
    fn prunable() -> Query<Self> {
        Draft::query().where_like(Draft::text, "old%")
    }
}

// C-161
#[tokio::test]
async fn what_is_of_no_more_use_is_removed() {
    for db in pages().await {
        let rows = [("a", 1), ("b", 20), ("c", 2)];
        Page::insert(&db, rows.map(|(title, views)| Page::draft().title(title).views(views))).await.unwrap();
        Page::query().where_eq(Page::title, "a").delete(&db).await.unwrap();
        assert_eq!(Page::pretend_prune(&db).await.unwrap(), 2, "what was deleted softly is among them");
        assert_eq!(Page::query().with_trashed().count(&db).await.unwrap(), 3);
        let told = Arc::new(AtomicU32::new(0));
        let count = told.clone();
        db.on::<Page, _>(ModelEvent::ForceDeleted, move |_, _| {
            count.fetch_add(1, SeqCst);
            Box::pin(async { Ok(()) })
        });
        let before = PRUNED.load(SeqCst);
        assert_eq!(Page::prune(&db).await.unwrap(), 2);
        assert!(PRUNED.load(SeqCst) >= before + 2);
        assert_eq!(told.load(SeqCst), 2);
        assert_eq!(Page::query().with_trashed().pluck(&db, Page::title).await.unwrap(), ["b"]);
        Page::draft().title("kept").save(&db).await.unwrap();
        assert!(Page::prune(&db).await.is_err());
        assert_eq!(Page::query().count(&db).await.unwrap(), 2);
        assert_eq!(Page::mass_prune(&db).await.unwrap(), 1, "nobody is asked");
        assert_eq!(told.load(SeqCst), 2);

        // More than go at once.
        let many = (0..2_500).map(|n| Draft::draft().text(if n % 5 == 0 { "new" } else { "old" }));
        Draft::insert(&db, many).await.unwrap();
        assert_eq!(Draft::mass_prune(&db).await.unwrap(), 2_000);
        assert_eq!((Draft::query().count(&db).await.unwrap(), Draft::prune(&db).await.unwrap()), (500, 0));
    }
}
