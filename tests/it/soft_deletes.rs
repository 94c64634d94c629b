//! Rows that stay when they are deleted, and are left out.

use atlas::{Error, prelude::*};
use chrono::{DateTime, Utc};

use crate::{every_kind::every_kind, support::databases};

every_kind!(world, #[soft_deletes], deleted_at: Option<chrono::DateTime<chrono::Utc>>);

// 000-57, 000-62, 000-63, 004-94, C-160, Y-01, Y-04
#[tokio::test]
async fn every_kind_of_relation_leaves_deleted_rows_out() {
    use world::{Comment, Image, Label, Labelling, Post, Role, RoleUser, User};
    for db in databases().await {
        db.create_tables(models![User, Post, Comment, Role, RoleUser, Image, Label, Labelling])
            .await
            .unwrap();
        world::filled(&db).await;
        User::find_or_fail(&db, 2).await.unwrap().delete(&db).await.unwrap();
        Post::find_or_fail(&db, 2).await.unwrap().delete(&db).await.unwrap();
        Comment::find_or_fail(&db, 3).await.unwrap().delete(&db).await.unwrap();
        Role::query().where_eq(Role::id, 2).delete(&db).await.unwrap();
        Image::query().where_eq(Image::id, 2).delete(&db).await.unwrap();
        Label::query().where_eq(Label::id, 2).delete(&db).await.unwrap();
        let ann = User::find_or_fail(&db, 1).await.unwrap();
        assert_eq!(ann.related(User::roles).detach(&db, [3]).await.unwrap(), 1);
        assert_eq!(ann.related(User::labels).detach(&db, [3]).await.unwrap(), 1);
        assert_eq!(RoleUser::query().with_trashed().count(&db).await.unwrap(), 4, "the pivot's row stays");
        world::assert_hidden(&db).await;

        // What was left out comes back where it is asked for.
        assert_eq!(User::query().with_trashed().count(&db).await.unwrap(), 2);
        let all = User::query().with_trashed().with(User::posts.with_trashed()).order_by(User::id);
        let users = all.get(&db).await.unwrap();
        assert_eq!(users[0].posts.get().unwrap().len(), 3);
        assert!(users[1].trashed() && users[1].posts.get().unwrap().len() == 1);
        let only = User::query().with(User::posts.only_trashed()).sole(&db).await.unwrap();
        assert_eq!(only.posts.get().unwrap()[0].title, "p2");
        let deleted = User::query().where_has(User::posts, |posts| posts.only_trashed());
        assert_eq!(deleted.count(&db).await.unwrap(), 1);
        let counted = User::query().with_count(User::posts.with_trashed()).sole(&db).await.unwrap();
        assert_eq!(counted.count_of(User::posts).unwrap(), 3);
        let post = Post::query().with(Post::user.with_trashed()).find_or_fail(&db, 4).await.unwrap();
        assert_eq!(post.user.get().unwrap().unwrap().name, "Bob");
        assert_eq!(ann.related(User::posts).with_trashed().count(&db).await.unwrap(), 3);
        assert_eq!(ann.related(User::posts).only_trashed().restore(&db).await.unwrap(), 1);
        assert_eq!(ann.related(User::posts).count(&db).await.unwrap(), 3);

        // Through what was deleted, where that is asked for.
        Post::query().where_eq(Post::id, 1).delete(&db).await.unwrap();
        assert_eq!(ann.related(User::comments).pluck(&db, Comment::id).await.unwrap(), [2]);
        let through = User::comments.with_trashed_parents();
        assert_eq!(ann.related(through).order_by(Comment::id).pluck(&db, Comment::id).await.unwrap(), [1, 2]);
        let ann = User::query().with(through).with_count(through).sole(&db).await.unwrap();
        assert_eq!((ann.comments.get().unwrap().len(), ann.count_of(through).unwrap()), (2, 2));
    }
}

#[derive(Model, Debug)]
#[soft_deletes(removed_at)]
#[timestamps]
struct Task {
    id: i64,
    #[unique]
    name: String,
    #[default(0)]
    points: i32,
    updated_at: DateTime<Utc>,
    #[column("gone")]
    removed_at: Option<DateTime<Utc>>,
}

async fn tasks() -> crate::support::Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Task]).await.unwrap();
        Task::insert(db, ["one", "two", "three"].map(|name| Task::draft().name(name))).await.unwrap();
    }
    databases
}

fn long_ago() -> DateTime<Utc> {
    DateTime::from_timestamp(1_000_000_000, 0).unwrap()
}

// 000-24, 000-58…61, 002-08, 002-18, B-64, C-159, Y-09, B-113
#[tokio::test]
async fn a_record_is_deleted_restored_and_deleted_for_good() {
    for db in tasks().await {
        Task::query().update(&db, Task::updated_at.set(long_ago())).await.unwrap();
        let mut task = Task::find_or_fail(&db, 1).await.unwrap();
        task.points = 9;
        task.delete(&db).await.unwrap();
        assert!(task.trashed() && task.exists() && !task.is_deleted());
        assert!(task.updated_at > long_ago() && task.removed_at.is_some());
        assert!(
            task.was_changed(Task::removed_at) && task.is_dirty(Task::points),
            "what else was changed waits"
        );
        let row = Task::query().with_trashed().find_or_fail(&db, 1).await.unwrap();
        assert_eq!((row.trashed(), row.points, row.removed_at), (true, 0, task.removed_at));
        assert!(Task::find(&db, 1).await.unwrap().is_none());
        assert!(matches!(Task::find_or_fail(&db, 1).await, Err(Error::NotFound { model: "Task", .. })));

        // Its own row it still finds, and saves: as Laravel.
        assert!(task.fresh(&db).await.unwrap().unwrap().trashed());
        task.save(&db).await.unwrap();
        assert!(task.is_clean(()) && task.trashed());
        task.refresh(&db).await.unwrap();
        assert_eq!((task.points, task.trashed()), (9, true));

        task.points = 10;
        task.restore(&db).await.unwrap();
        assert!(!task.trashed());
        assert_eq!(Task::find_or_fail(&db, 1).await.unwrap().points, 10);
        task.restore(&db).await.unwrap();

        task.force_delete(&db).await.unwrap();
        assert!(task.is_deleted() && !task.exists());
        assert_eq!(Task::query().with_trashed().count(&db).await.unwrap(), 2);
        assert!(matches!(task.restore(&db).await, Err(Error::Deleted { model: "Task", .. })));
        assert!(matches!(task.delete(&db).await, Err(Error::Deleted { model: "Task", .. })));
        assert!(matches!(task.force_delete(&db).await, Err(Error::Deleted { .. })));

        let mut gone = Task::find_or_fail(&db, 2).await.unwrap();
        Task::query().where_eq(Task::id, 2).force_delete(&db).await.unwrap();
        assert!(matches!(gone.delete(&db).await, Err(Error::NotFound { model: "Task", .. })));
        let mut new = Record::new(Task::draft().name("new").updated_at(long_ago())).unwrap();
        assert!(matches!(new.delete(&db).await, Err(Error::NotFound { key: None, .. })));
    }
}

#[tokio::test]
async fn a_record_follows_its_transaction() {
    for db in tasks().await {
        let mut task = Task::find_or_fail(&db, 1).await.unwrap();
        task.points = 3;
        let tx = db.begin().await.unwrap();
        task.delete(&tx).await.unwrap();
        tx.rollback().await.unwrap();
        assert!(task.is_dirty(Task::points));
        let row = Task::find_or_fail(&db, 1).await.unwrap();
        assert!(!row.trashed() && row.points == 0);

        let mut task = row;
        let tx = db.begin().await.unwrap();
        task.delete(&tx).await.unwrap();
        tx.commit().await.unwrap();
        assert!(task.trashed() && Task::find(&db, 1).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn queries_delete_restore_and_delete_for_good() {
    for db in tasks().await {
        Task::query().update(&db, Task::updated_at.set(long_ago())).await.unwrap();
        let first = Task::query().where_ne(Task::name, "three").or_filter(Task::name.eq("nothing"));
        assert_eq!(first.delete(&db).await.unwrap(), 2);
        assert_eq!(Task::query().pluck(&db, Task::name).await.unwrap(), ["three"]);
        let deleted = Task::query().only_trashed().order_by(Task::id).get(&db).await.unwrap();
        assert!(deleted.iter().all(|task| task.trashed() && task.updated_at > long_ago()));
        assert_eq!(deleted.len(), 2);
        let either = Task::query().only_trashed().where_eq(Task::id, 1).or_filter(Task::id.eq(3));
        assert_eq!(
            either.pluck(&db, Task::id).await.unwrap(),
            [1],
            "an alternative keeps to what was deleted"
        );
        assert_eq!(Task::query().delete(&db).await.unwrap(), 1, "what was deleted keeps its time");
        assert_eq!(Task::query().delete(&db).await.unwrap(), 0);

        assert_eq!(Task::query().where_lt(Task::id, 3).restore(&db).await.unwrap(), 2);
        assert_eq!(Task::query().restore(&db).await.unwrap(), 1);
        assert_eq!(Task::query().restore(&db).await.unwrap(), 0);
        assert_eq!(Task::query().count(&db).await.unwrap(), 3);

        Task::query().order_by(Task::id.desc()).limit(1).delete(&db).await.unwrap();
        assert_eq!(Task::query().only_trashed().pluck(&db, Task::id).await.unwrap(), [3]);
        assert_eq!(Task::query().where_eq(Task::id, 3).force_delete(&db).await.unwrap(), 0, "a query's rows");
        assert_eq!(Task::query().only_trashed().force_delete(&db).await.unwrap(), 1);
        assert_eq!(Task::query().without_trashed().force_delete(&db).await.unwrap(), 2);
        assert_eq!(Task::query().with_trashed().count(&db).await.unwrap(), 0);
    }
}

// C-131
#[tokio::test]
async fn what_finds_or_writes_does_not_see_deleted_rows() {
    for db in tasks().await {
        Task::query().where_eq(Task::name, "one").delete(&db).await.unwrap();
        let one = || Task::draft().name("one").points(5);
        let error = Task::first_or_create(&db, Task::name.eq("one"), one()).await.unwrap_err();
        assert!(error.is_unique_violation(), "the row still has the name: {error}");
        let error = Task::update_or_create(&db, Task::name.eq("one"), one()).await.unwrap_err();
        assert!(error.is_unique_violation(), "{error}");
        assert!(!Task::first_or_new(&db, Task::name.eq("one"), one()).await.unwrap().exists());

        // An upsert goes by the unique index alone, and does not bring a row back.
        Task::upsert(&db, [one()], Task::name, Task::points).await.unwrap();
        let row = Task::query().with_trashed().find_or_fail(&db, 1).await.unwrap();
        assert!(row.trashed() && row.points == 5);

        let back = Task::restore_or_create(&db, Task::name.eq("one"), one()).await.unwrap();
        assert!(back.id == 1 && !back.trashed() && !back.was_recently_created());
        let new =
            Task::restore_or_create(&db, Task::name.eq("four"), Task::draft().name("four")).await.unwrap();
        assert!(new.was_recently_created());
        assert_eq!(Task::query().count(&db).await.unwrap(), 4);
    }
}

#[derive(Model, Debug)]
#[soft_deletes]
#[unique(team, number, without_trashed)]
struct Shirt {
    id: i64,
    #[unique(without_trashed)]
    name: String,
    team: i32,
    number: i32,
    deleted_at: Option<DateTime<Utc>>,
}

#[tokio::test]
async fn a_value_of_a_deleted_row_is_free_again() {
    for db in databases().await {
        let made = db.create_tables(models![Shirt]).await;
        if db.driver_name() == "mysql" {
            let error = made.unwrap_err();
            assert!(
                matches!(&error, Error::Unsupported { instead, .. } if instead.contains("generated")),
                "{error}"
            );
            continue;
        }
        made.unwrap();
        let shirt = |name: &str, number| Shirt::draft().name(name).team(1).number(number);
        let mut first = shirt("ten", 10).save(&db).await.unwrap();
        assert!(shirt("ten", 11).save(&db).await.unwrap_err().is_unique_violation());
        assert!(shirt("other", 10).save(&db).await.unwrap_err().is_unique_violation());
        first.delete(&db).await.unwrap();
        let mut second = Shirt::first_or_create(&db, Shirt::name.eq("ten"), shirt("ten", 10)).await.unwrap();
        assert!(second.was_recently_created());
        assert!(first.restore(&db).await.unwrap_err().is_unique_violation(), "two would have the name");
        let again = Shirt::update_or_create(&db, Shirt::name.eq("ten"), shirt("ten", 9)).await.unwrap();
        assert_eq!((again.id, again.number), (second.id, 9));
        second.delete(&db).await.unwrap();
        first.restore(&db).await.unwrap();
        assert_eq!(Shirt::query().pluck(&db, Shirt::id).await.unwrap(), [first.id]);
        for error in [
            Shirt::upsert(&db, [shirt("ten", 1)], Shirt::name, Shirt::number).await.unwrap_err(),
            Shirt::upsert(&db, [shirt("x", 1)], (Shirt::number, Shirt::team), Shirt::name).await.unwrap_err(),
        ] {
            assert!(error.to_string().contains("update_or_create"), "{error}");
        }
    }
}
