//! Reading and writing through one record's relation.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use atlas::{Error, prelude::*};

use crate::support::{Databases, databases};

#[derive(Model, Debug)]
#[table("related_singers")]
pub struct Singer {
    pub id: i64,
    pub name: String,
    pub code: Option<String>,
    #[has_many]
    pub songs: HasMany<Song>,
    #[has_one(foreign_key = singer_id)]
    pub label: HasOne<Label>,
    #[has_many(foreign_key = singer_code, local_key = code)]
    pub coded: HasMany<Song>,
}

#[derive(Model, Debug)]
#[table("related_songs")]
pub struct Song {
    pub id: i64,
    pub title: String,
    #[default(0)]
    pub plays: i32,
    pub singer_id: Option<i64>,
    pub singer_code: Option<String>,
    #[belongs_to]
    pub singer: BelongsTo<Singer>,
}

#[derive(Model, Debug)]
#[table("related_labels")]
pub struct Label {
    pub id: i64,
    pub singer_id: i64,
    pub name: String,
    #[belongs_to]
    pub singer: BelongsTo<Singer>,
}

/// Ann sings two songs, Bob one; nobody sings the fourth.
async fn stage() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Singer, Song, Label]).await.unwrap();
        Singer::create_many(db, ["Ann", "Bob", "Cid"].map(|name| Singer::draft().name(name))).await.unwrap();
        let songs = [("a1", Some(1)), ("a2", Some(1)), ("b1", Some(2)), ("none", None)];
        Song::create_many(db, songs.map(|(title, singer)| Song::draft().title(title).singer_id(singer)))
            .await
            .unwrap();
    }
    databases
}

/// How many statements something sends.
async fn statements<T>(db: &Db, work: impl Future<Output = T>) -> (u32, T) {
    let sent = Arc::new(AtomicU32::new(0));
    let count = sent.clone();
    let listening = db.listen(move |event| {
        count.fetch_add(u32::from(event.is_statement()), SeqCst);
    });
    let done = work.await;
    listening.stop();
    (sent.load(SeqCst), done)
}

fn titles(songs: &[Record<Song>]) -> Vec<&str> {
    songs.iter().map(|song| song.title.as_str()).collect()
}

// 004-97, 004-98, C-188
#[tokio::test]
async fn the_records_of_one_record() {
    for db in stage().await {
        let ann = Singer::find_or_fail(&db, 1).await.unwrap();
        let songs = || ann.related(Singer::songs);
        let (sent, all) = statements(&db, songs().order_by(Song::id).get(&db)).await;
        assert_eq!((sent, titles(&all.unwrap())), (1, vec!["a1", "a2"]));
        assert_eq!(songs().count(&db).await.unwrap(), 2);
        assert_eq!(songs().filter(Song::title.eq("a2")).sole(&db).await.unwrap().id, 2);
        assert_eq!(songs().where_eq(Song::title, "b1").count(&db).await.unwrap(), 0);
        assert!(songs().find(&db, 3).await.unwrap().is_none());
        assert_eq!(songs().find_or_fail(&db, 2).await.unwrap().title, "a2");
        assert!(matches!(songs().find_or_fail(&db, 3).await.unwrap_err(), Error::NotFound { .. }));
        assert_eq!(titles(&songs().limit(1).order_by(Song::id.desc()).get(&db).await.unwrap()), ["a2"]);
        let with = songs().with(Song::singer).first_or_fail(&db).await.unwrap();
        assert_eq!(with.singer.get().unwrap().unwrap().name, "Ann");
        assert!(!songs().doesnt_exist(&db).await.unwrap());
        let cid = Singer::find_or_fail(&db, 3).await.unwrap();
        assert!(!cid.related(Singer::songs).exists(&db).await.unwrap());
        // The other way, and where nobody is referred to.
        let song = Song::find_or_fail(&db, 3).await.unwrap();
        assert_eq!(song.related(Song::singer).first_or_fail(&db).await.unwrap().name, "Bob");
        let nobodys = Song::find_or_fail(&db, 4).await.unwrap();
        assert!(nobodys.related(Song::singer).first(&db).await.unwrap().is_none());
    }
}

// C-190
#[tokio::test]
async fn changes_and_alternatives_stay_among_them() {
    for db in stage().await {
        let ann = Singer::find_or_fail(&db, 1).await.unwrap();
        let songs = || ann.related(Singer::songs);
        assert_eq!(songs().update(&db, Song::plays.set(5)).await.unwrap(), 2);
        let either = songs().where_eq(Song::title, "a1").or_filter(Song::title.eq("b1"));
        assert_eq!(either.pluck(&db, Song::title).await.unwrap(), ["a1"]);
        let only = songs().query().or_filter(Song::title.eq("a2"));
        assert_eq!(only.pluck(&db, Song::title).await.unwrap(), ["a2"]);
        let either = songs().where_eq(Song::title, "a1").or_where_has(Song::singer, |singer| singer);
        assert_eq!(either.count(&db).await.unwrap(), 2);
        assert_eq!(songs().where_eq(Song::title, "a1").delete(&db).await.unwrap(), 1);
        assert_eq!(songs().delete(&db).await.unwrap(), 1);
        assert_eq!(Song::query().sum(&db, Song::plays).await.unwrap(), 0);
        assert_eq!(Song::query().count(&db).await.unwrap(), 2);
    }
}

// 004-99, C-186, B-367
#[tokio::test]
async fn what_is_created_refers_to_the_record() {
    for db in stage().await {
        let cid = Singer::find_or_fail(&db, 3).await.unwrap();
        let songs = || cid.related(Singer::songs);
        let (sent, song) = statements(&db, songs().create(&db, Song::draft().title("c1"))).await;
        let song = song.unwrap();
        assert_eq!((sent, song.singer_id, song.was_recently_created()), (1, Some(3), true));
        let drafts = ["c2", "c3"].map(|title| Song::draft().title(title).singer_id(1));
        let (_, many) = statements(&db, songs().create_many(&db, drafts)).await;
        assert_eq!(titles(&many.unwrap()), ["c2", "c3"]);
        assert_eq!(songs().count(&db).await.unwrap(), 3);
        let no_drafts = Vec::from([Song::draft().title("")]).split_off(1);
        let (sent, none) = statements(&db, songs().create_many(&db, no_drafts)).await;
        assert_eq!((sent, none.unwrap().len()), (0, 0));
        // One of another, and a new one.
        let mut taken = Song::query().with(Song::singer).find_or_fail(&db, 1).await.unwrap();
        songs().save(&db, &mut taken).await.unwrap();
        assert_eq!(taken.singer_id, Some(3));
        let (sent, ()) = statements(&db, async { songs().save(&db, &mut taken).await.unwrap() }).await;
        assert_eq!(sent, 0, "it belongs to it already");
        let mut new =
            [Record::new(Song::draft().title("c4")).unwrap(), Song::find_or_fail(&db, 2).await.unwrap()];
        songs().save_many(&db, &mut new).await.unwrap();
        assert!(new.iter().all(|song| song.exists() && song.singer_id == Some(3)));
        assert_eq!(songs().count(&db).await.unwrap(), 6);
        let label = cid.related(Singer::label).create(&db, Label::draft().name("Own")).await.unwrap();
        assert_eq!(label.singer_id, 3);
        assert_eq!(cid.related(Singer::label).sole(&db).await.unwrap().name, "Own");
    }
}

// C-186, B-368
#[tokio::test]
async fn what_is_not_there_is_created() {
    for db in stage().await {
        let ann = Singer::find_or_fail(&db, 1).await.unwrap();
        let songs = || ann.related(Singer::songs);
        let by = || Song::title.eq("b1");
        let mine = songs().first_or_create(&db, by(), Song::draft().title("b1")).await.unwrap();
        assert!(mine.was_recently_created() && mine.singer_id == Some(1), "that of Bob is none of Ann's");
        let again = songs().first_or_create(&db, by(), Song::draft().title("b1")).await.unwrap();
        assert!(again.is(&mine) && !again.was_recently_created());
        let more = songs().update_or_create(&db, by(), Song::draft().title("b1").plays(7)).await.unwrap();
        assert!(more.is(&mine) && more.plays == 7);
        let new = songs().update_or_create(&db, Song::title.eq("n"), Song::draft().title("n")).await.unwrap();
        assert!(new.was_recently_created() && new.singer_id == Some(1));
        assert_eq!(Song::query().where_eq(Song::plays, 7).count(&db).await.unwrap(), 1);
        // Not saved: one of Ann's, of what was asked for.
        let found = songs().first_or_new(&db, by(), Song::draft().title("other")).await.unwrap();
        assert!(found.is(&mine));
        let by = Song::title.eq("a9");
        let mut new = songs().first_or_new(&db, by, Song::draft().title("a9").singer_id(2)).await.unwrap();
        assert!(!new.exists() && new.title == "a9" && new.singer_id == Some(1));
        new.save(&db).await.unwrap();
        assert_eq!(songs().where_eq(Song::title, "a9").count(&db).await.unwrap(), 1);
    }
}

// C-186
#[tokio::test]
async fn what_is_upserted_refers_to_the_record() {
    for db in stage().await {
        let ann = Singer::find_or_fail(&db, 1).await.unwrap();
        let songs = || ann.related(Singer::songs);
        let bobs = Song::query().where_eq(Song::title, "b1").first_or_fail(&db).await.unwrap();
        let drafts = || {
            [
                Song::draft().id(1).title("a1!"),
                Song::draft().id(bobs.id).title("b1!"),
                Song::draft().id(90).title("a90").singer_id(2),
            ]
        };
        let (sent, written) = statements(&db, songs().upsert(&db, drafts(), Song::id, Song::title)).await;
        assert_eq!((sent, written.unwrap()), (1, 3));
        let mine = songs().order_by(Song::id).pluck(&db, Song::title).await.unwrap();
        assert_eq!(mine, ["a1!", "a2", "a90"]);
        assert_eq!(bobs.fresh(&db).await.unwrap().unwrap().singer_id, Some(2), "it stays Bob's");
        songs().upsert(&db, drafts(), Song::id, (Song::title, Song::singer_id)).await.unwrap();
        assert_eq!(songs().count(&db).await.unwrap(), 4);
        let error = Record::new(Singer::draft().name("New")).unwrap();
        let error =
            error.related(Singer::songs).upsert(&db, drafts(), Song::id, Song::title).await.unwrap_err();
        assert!(error.to_string().contains("not saved yet"), "{error}");
    }
}

// B-382
#[tokio::test]
async fn nothing_belongs_to_what_is_not_saved() {
    for db in stage().await {
        let new = Record::new(Singer::draft().name("New")).unwrap();
        let songs = || new.related(Singer::songs);
        for error in [
            songs().get(&db).await.unwrap_err(),
            songs().count(&db).await.unwrap_err(),
            songs().create(&db, Song::draft().title("x")).await.unwrap_err(),
            songs().create_many(&db, [Song::draft().title("x")]).await.unwrap_err(),
            songs().save(&db, &mut Song::find_or_fail(&db, 1).await.unwrap()).await.unwrap_err(),
            songs().delete(&db).await.unwrap_err(),
        ] {
            let text = error.to_string();
            assert!(matches!(error, Error::Config { .. }) && text.contains("not saved yet"), "{text}");
            assert!(text.contains("`Singer`") && text.contains("`songs`"), "{text}");
        }
        // By a column that is NULL there is nothing, and nothing can be made.
        let ann = Singer::find_or_fail(&db, 1).await.unwrap();
        assert_eq!(ann.related(Singer::coded).count(&db).await.unwrap(), 0);
        let error = ann.related(Singer::coded).create(&db, Song::draft().title("x")).await.unwrap_err();
        assert!(error.to_string().contains("no `code`"), "{error}");
        let mut gone = Singer::find_or_fail(&db, 3).await.unwrap();
        gone.delete(&db).await.unwrap();
        let error = gone.related(Singer::songs).create(&db, Song::draft().title("x")).await.unwrap_err();
        assert!(error.to_string().contains("is deleted"), "{error}");
        assert_eq!(Song::query().count(&db).await.unwrap(), 4);
    }
}

// C-187, B-369
#[tokio::test]
async fn a_record_refers_to_another() {
    for db in stage().await {
        let bob = Singer::find_or_fail(&db, 2).await.unwrap();
        let mut song = Song::query().with(Song::singer).find_or_fail(&db, 1).await.unwrap();
        song.associate(Song::singer, &bob);
        assert_eq!(song.singer_id, Some(2));
        assert!(!song.singer.is_loaded() && song.is_dirty(Song::singer_id));
        let (sent, ()) = statements(&db, async { song.save(&db).await.unwrap() }).await;
        assert_eq!(sent, 1);
        let (sent, ()) = statements(&db, async {
            song.associate(Song::singer, &bob).save(&db).await.unwrap();
        })
        .await;
        assert_eq!(sent, 0, "it refers to it already");
        song.load(&db, Song::singer).await.unwrap();
        assert_eq!(song.singer.get().unwrap().unwrap().name, "Bob");
        song.dissociate(Song::singer).save(&db).await.unwrap();
        assert!(!song.singer.is_loaded() && song.singer_id.is_none());
        assert_eq!(song.fresh(&db).await.unwrap().unwrap().singer_id, None);
        // What is not saved has no key.
        let new = Record::new(Singer::draft().name("New")).unwrap();
        let error = song.associate(Song::singer, &new).save(&db).await.unwrap_err();
        assert!(error.to_string().contains("`singer` to a `Singer` that is not saved"), "{error}");
        song.associate(Song::singer, &bob).save(&db).await.unwrap();
        assert_eq!(song.fresh(&db).await.unwrap().unwrap().singer_id, Some(2));
    }
}

#[tokio::test]
async fn no_other_record_stands_for_the_one_referred_to() {
    for db in stage().await {
        let mut song = Song::query().with(Song::singer).find_or_fail(&db, 1).await.unwrap();
        song.title = "changed".into();
        song.save(&db).await.unwrap();
        assert_eq!(song.singer.get().unwrap().unwrap().name, "Ann", "the key is the same");
        song.singer_id = Some(2);
        song.save(&db).await.unwrap();
        assert!(matches!(song.singer.get(), Err(Error::RelationNotLoaded { .. })));
        // Loaded by the key that is then saved.
        song.singer_id = Some(3);
        song.load(&db, Song::singer).await.unwrap();
        song.save(&db).await.unwrap();
        assert_eq!(song.singer.get().unwrap().unwrap().name, "Cid");
        song.singer_id = None;
        song.save(&db).await.unwrap();
        assert!(!song.singer.is_loaded());
    }
}

// C-137
#[tokio::test]
async fn saved_with_what_was_loaded() {
    for db in stage().await {
        let mut ann =
            Singer::query().with(Singer::songs.order_by(Song::id)).find_or_fail(&db, 1).await.unwrap();
        let (sent, ()) = statements(&db, async { ann.push(&db).await.unwrap() }).await;
        assert_eq!(sent, 0);
        ann.songs.get_mut().unwrap()[1].plays = 5;
        let (sent, ()) = statements(&db, async { ann.push(&db).await.unwrap() }).await;
        assert_eq!(sent, 1);
        ann.name = "Anna".into();
        ann.songs.get_mut().unwrap()[0].title = "a0".into();
        let (sent, ()) = statements(&db, async { ann.push(&db).await.unwrap() }).await;
        assert_eq!(sent, 2);
        let songs = Song::query().where_eq(Song::singer_id, 1).order_by(Song::id);
        assert_eq!(songs.pluck(&db, Song::title).await.unwrap(), ["a0", "a2"]);
        // The one that is referred to first, and what that has.
        let mut song =
            Song::query().with(Song::singer.with(Singer::label)).find_or_fail(&db, 3).await.unwrap();
        song.singer.get_mut().unwrap().unwrap().name = "Bobby".into();
        song.plays = 1;
        let (sent, ()) = statements(&db, async { song.push(&db).await.unwrap() }).await;
        assert_eq!(sent, 2);
        assert_eq!(Singer::find_or_fail(&db, 2).await.unwrap().name, "Bobby");
        // All or none.
        song.singer.get_mut().unwrap().unwrap().name = "Rob".into();
        Song::query().where_eq(Song::id, 3).delete(&db).await.unwrap();
        song.plays = 2;
        assert!(matches!(song.push(&db).await, Err(Error::NotFound { .. })));
        assert_eq!(Singer::find_or_fail(&db, 2).await.unwrap().name, "Bobby");
    }
}

mod notes {
    use super::*;

    #[derive(atlas::MorphTarget, Debug)]
    pub enum Noted {
        Singer(Record<Star>),
        #[morph("song")]
        #[allow(dead_code, reason = "it is only looked at, which variant it is")]
        Song(Record<Tune>),
    }

    #[derive(Model, Debug)]
    #[table("noted_stars")]
    pub struct Star {
        pub id: i64,
        pub name: String,
        #[morph_many(name = noted)]
        pub notes: MorphMany<Note>,
    }

    #[derive(Model, Debug)]
    #[table("noted_tunes")]
    pub struct Tune {
        pub id: i64,
        pub name: String,
        #[morph_one(name = noted)]
        pub note: MorphOne<Note>,
    }

    #[derive(Model, Debug)]
    #[table("noted_notes")]
    pub struct Note {
        pub id: i64,
        pub text: String,
        pub noted_type: Option<String>,
        pub noted_id: Option<i64>,
        #[morph_to]
        pub noted: MorphTo<Noted>,
    }
}

#[tokio::test]
async fn of_one_of_several_models() {
    use notes::{Note, Noted, Star, Tune};
    for db in databases().await {
        db.create_tables(models![Star, Tune, Note]).await.unwrap();
        let star = Star::draft().name("S").save(&db).await.unwrap();
        let tune = Tune::draft().name("T").save(&db).await.unwrap();
        let note = star.related(Star::notes).create(&db, Note::draft().text("one")).await.unwrap();
        assert_eq!(note.noted_id, Some(star.id));
        tune.related(Tune::note).create(&db, Note::draft().text("two")).await.unwrap();
        assert_eq!(star.related(Star::notes).pluck(&db, Note::text).await.unwrap(), ["one"]);
        assert_eq!(star.related(Star::notes).update(&db, Note::text.set("1")).await.unwrap(), 1);
        assert_eq!(tune.related(Tune::note).sole(&db).await.unwrap().text, "two");
        let mut note = Note::query().with(Note::noted).find_or_fail(&db, note.id).await.unwrap();
        assert!(matches!(note.noted.get().unwrap(), Some(Noted::Singer(star)) if star.name == "S"));
        note.associate(Note::noted, &tune).save(&db).await.unwrap();
        assert_eq!((note.noted_type.as_deref(), note.noted_id), (Some("song"), Some(tune.id)));
        assert!(!note.noted.is_loaded());
        assert_eq!(tune.related(Tune::note).count(&db).await.unwrap(), 2);
        note.load(&db, Note::noted).await.unwrap();
        note.noted_type = Some("Singer".into());
        note.save(&db).await.unwrap();
        assert!(!note.noted.is_loaded());
        note.dissociate(Note::noted).save(&db).await.unwrap();
        assert_eq!((note.noted_type.as_deref(), note.noted_id), (None, None));
        star.related(Star::notes).save(&db, &mut note).await.unwrap();
        assert_eq!(star.related(Star::notes).sole(&db).await.unwrap().id, note.id);
    }
}
