//! Values of the program's own that records carry, and values that queries put beside their columns.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::SeqCst},
};

use atlas::prelude::*;

use crate::support::{Databases, databases};

#[derive(Model, Debug)]
struct User {
    id: i64,
    name: String,
    #[has_many]
    posts: HasMany<Post>,
}

#[derive(Model, Debug)]
struct Post {
    id: i64,
    user_id: i64,
    title: String,
    #[belongs_to]
    user: BelongsTo<User>,
    #[morph_many(name = subject)]
    notes: MorphMany<Note>,
}

#[derive(Model, Debug)]
struct Note {
    id: i64,
    subject_type: String,
    subject_id: i64,
    #[morph_to]
    subject: MorphTo<Subject>,
}

#[derive(MorphTarget, Debug)]
enum Subject {
    Post(Record<Post>),
}

#[derive(Debug, PartialEq)]
struct Reader(i64);

#[derive(Debug, PartialEq)]
struct Language(&'static str);

async fn blogs() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![User, Post, Note]).await.unwrap();
        for name in ["Ann", "Bob"] {
            let user = User::draft().name(name).save(db).await.unwrap();
            let post = Post::draft().user_id(user.id).title(name).save(db).await.unwrap();
            post.related(Post::notes).create(db, Note::draft()).await.unwrap();
        }
    }
    databases
}

// 004-77, 004-78
#[tokio::test]
async fn a_value_reaches_every_record_and_what_is_loaded_with_it() {
    for db in blogs().await {
        let reading = db.sideload(Reader(7)).sideload(Language("no"));
        let users = User::query().with(User::posts.with(Post::notes)).get(&reading).await.unwrap();
        assert_eq!(users.len(), 2);
        for user in &users {
            assert_eq!(user.sideloaded::<Reader>(), Some(&Reader(7)));
            assert_eq!(user.sideloaded::<Language>(), Some(&Language("no")));
            assert_eq!(user.sideloaded::<String>(), None);
            let post = &user.posts.get().unwrap()[0];
            assert_eq!(post.sideloaded::<Reader>(), Some(&Reader(7)));
            assert_eq!(post.notes.get().unwrap()[0].sideloaded::<Language>(), Some(&Language("no")));
        }
        // Targets of a morph, joined rows, pages, streams, transactions, and relations of one record.
        let note = Note::query().with(Note::subject).first_or_fail(&reading).await.unwrap();
        let Some(Subject::Post(post)) = note.subject.get().unwrap() else { panic!("{note:?}") };
        assert_eq!(post.sideloaded::<Reader>(), Some(&Reader(7)));
        let (post, user) = Post::query().join(Post::user).first_or_fail(&reading).await.unwrap();
        assert!(post.sideloaded::<Reader>().is_some() && user.sideloaded::<Reader>().is_some());
        let page = User::query().paginate(&reading, 1, 1).await.unwrap();
        assert!(page.data[0].sideloaded::<Reader>().is_some());
        let mut cursor = User::query().cursor(&reading);
        while let Some(user) = cursor.try_next().await.unwrap() {
            assert!(user.sideloaded::<Reader>().is_some());
        }
        let seen = reading.transaction(async |tx| User::find_or_fail(&tx, 1).await).await.unwrap();
        assert!(seen.sideloaded::<Reader>().is_some());
        let posts = seen.related(User::posts).get(&reading).await.unwrap();
        assert!(posts[0].sideloaded::<Reader>().is_some());

        // Another handle knows nothing of it, the last value of a type counts, and a write keeps it.
        assert_eq!(User::find_or_fail(&db, 1).await.unwrap().sideloaded::<Reader>(), None);
        let again = reading.sideload(Reader(8));
        let mut user = User::find_or_fail(&again, 1).await.unwrap();
        user.name = "Anne".into();
        user.save(&db).await.unwrap();
        assert_eq!(
            (user.sideloaded::<Reader>(), user.sideloaded::<Language>()),
            (Some(&Reader(8)), Some(&Language("no")))
        );
        assert!(!serde_json::to_string(&user).unwrap().contains('8'));
    }
}

#[tokio::test]
async fn observers_find_it_on_the_handle_and_on_records() {
    for db in blogs().await {
        let seen = Arc::new(AtomicI64::new(0));
        let count = Arc::clone(&seen);
        db.on::<User, _>(ModelEvent::Retrieved, move |db, user| {
            let (by_handle, by_record) = (db.sideloaded::<Reader>(), user.sideloaded::<Reader>());
            let count = Arc::clone(&count);
            assert_eq!(by_handle, by_record);
            let by = by_handle.map_or(0, |reader| reader.0);
            Box::pin(async move {
                count.fetch_add(by, SeqCst);
                Ok(())
            })
        });
        User::all(&db.sideload(Reader(5))).await.unwrap();
        User::all(&db).await.unwrap();
        assert_eq!(seen.load(SeqCst), 10);
    }
}

// 004-72, 004-73, 000-85
#[tokio::test]
async fn extras_are_read_by_name_and_type() {
    for db in blogs().await {
        let user = User::query().with_count(User::posts).first_or_fail(&db).await.unwrap();
        assert_eq!(user.extra::<i64>("posts_count").unwrap(), 1);
        assert_eq!(user.get("posts_count").unwrap(), 1);
        let missing = user.extra::<i64>("likes_count").unwrap_err().to_string();
        assert!(missing.contains("User") && missing.contains("likes_count"), "{missing}");
        let wrong = user.extra::<Vec<u8>>("posts_count").unwrap_err();
        assert!(matches!(wrong, atlas::Error::Decode { model: "User", .. }), "{wrong}");
    }
}
