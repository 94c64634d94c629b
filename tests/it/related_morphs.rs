//! Writing the rows of tables between that name models, or whose keys have several columns.

use atlas::{Error, prelude::*, values};

use crate::support::{Databases, databases, sent};

#[derive(MorphTarget, Debug)]
pub enum Labelled {
    Song(Record<Song>),
    #[morph("video")]
    Clip(Record<Clip>),
}

#[derive(Model, Debug)]
#[table("morph_songs")]
pub struct Song {
    pub id: i64,
    pub title: String,
    #[morph_to_many(name = labelled, pivot = Labelling)]
    pub labels: MorphToMany<Label, Labelling>,
    #[morph_to_many(name = labelled, pivot = "morph_labellings")]
    pub plain_labels: MorphToMany<Label>,
}

#[derive(Model, Debug)]
#[table("morph_clips")]
pub struct Clip {
    pub id: i64,
    pub title: String,
    #[morph_to_many(name = labelled, pivot = Labelling)]
    pub labels: MorphToMany<Label, Labelling>,
}

#[derive(Model, Debug)]
#[table("morph_labels")]
pub struct Label {
    pub id: i64,
    #[unique]
    pub name: String,
    #[morphed_by_many(name = labelled, pivot = Labelling)]
    pub songs: MorphToMany<Song, Labelling>,
    #[morphed_by_many(name = labelled, pivot = Labelling)]
    pub clips: MorphToMany<Clip, Labelling>,
    #[morphed_by_many(name = labelled, pivot = "morph_labellings", type_name = "video")]
    pub plain_clips: MorphToMany<Clip>,
}

#[derive(Model, Debug)]
#[table("morph_labellings")]
#[unique(label_id, labelled_type, labelled_id)]
pub struct Labelling {
    pub id: i64,
    pub label_id: i64,
    #[default(0)]
    pub weight: i32,
    pub labelled_type: String,
    pub labelled_id: i64,
    #[morph_to]
    pub labelled: MorphTo<Labelled>,
}

/// Two songs and two clips; the labels 1, 2 and 3; clip 1 has label 1, of weight 9.
async fn labels() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Song, Clip, Label, Labelling]).await.unwrap();
        Song::insert(db, ["s1", "s2"].map(|title| Song::draft().title(title))).await.unwrap();
        Clip::insert(db, ["c1", "c2"].map(|title| Clip::draft().title(title))).await.unwrap();
        Label::insert(db, ["new", "old", "odd"].map(|name| Label::draft().name(name))).await.unwrap();
        let clip = Clip::find_or_fail(db, 1).await.unwrap();
        clip.related(Clip::labels).attach(db, [(1, Labelling::weight.set(9))]).await.unwrap();
    }
    databases
}

/// `Song 1: 1*0 2*5; video 1: 1*9`: the labels of each, with their weights.
async fn rows(db: &Db) -> String {
    let query = Labelling::query().order_by(Labelling::labelled_type).order_by(Labelling::labelled_id);
    let mut shown: Vec<String> = Vec::new();
    for row in query.order_by(Labelling::label_id).get(db).await.unwrap() {
        let (of, label) = (
            format!("{} {}:", row.labelled_type, row.labelled_id),
            format!(" {}*{}", row.label_id, row.weight),
        );
        match shown.last_mut().filter(|last| last.starts_with(&of)) {
            Some(last) => last.push_str(&label),
            None => shown.push(of + &label),
        }
    }
    shown.join("; ")
}

#[tokio::test]
async fn to_many_from_several_models() {
    for db in labels().await {
        let song = Song::find_or_fail(&db, 1).await.unwrap();
        let labels = || song.related(Song::labels);
        let (statements, rows_of) = sent(&db, async || labels().attach(&db, [1, 2]).await.unwrap()).await;
        assert_eq!((statements, rows_of), (1, 2));
        assert_eq!(rows(&db).await, "Song 1: 1*0 2*0; video 1: 1*9");
        // What belongs to a clip of the same key is none of the song's.
        let changed =
            labels().sync(&db, [(2, values! { weight: 5 }), (3, values! { weight: 1 })]).await.unwrap();
        assert_eq!((changed.attached, changed.detached, changed.updated), (vec![3], vec![1], vec![2]));
        assert_eq!(rows(&db).await, "Song 1: 2*5 3*1; video 1: 1*9");
        let changed = labels().sync_without_detaching(&db, [1, 2]).await.unwrap();
        assert_eq!((changed.attached, changed.detached.len(), changed.updated.len()), (vec![1], 0, 0));
        let changed = labels().toggle(&db, [1, 3]).await.unwrap();
        assert_eq!((changed.attached.len(), changed.detached.len()), (0, 2));
        let changed = labels().toggle(&db, [1]).await.unwrap();
        assert_eq!(changed.attached, [1]);
        assert_eq!(rows(&db).await, "Song 1: 1*0 2*5; video 1: 1*9");
        assert_eq!(labels().update_pivot(&db, 1, Labelling::weight.set(7)).await.unwrap(), 1);
        assert_eq!(labels().where_pivot(Labelling::weight, 5).detach(&db, [1, 2, 3]).await.unwrap(), 1);
        assert_eq!(rows(&db).await, "Song 1: 1*7; video 1: 1*9");
        assert!(labels().attach(&db, [1]).await.unwrap_err().is_unique_violation());

        let (statements, made) =
            sent(&db, async || labels().create(&db, Label::draft().name("made")).await.unwrap()).await;
        assert_eq!((statements, made.id), (2, 4));
        let named = ["x", "y"].map(|name| Label::draft().name(name));
        let heavy = labels().with_values(Labelling::weight.set(3));
        let (statements, more) = sent(&db, async || heavy.create_many(&db, named).await.unwrap()).await;
        assert_eq!((statements, more.len()), (2, 2));
        assert_eq!(rows(&db).await, "Song 1: 1*7 4*0 5*3 6*3; video 1: 1*9");
        let old = labels().first_or_create(&db, Label::name.eq("old"), Label::draft().name("old"));
        assert_eq!(old.await.unwrap().id, 2);
        let mut odd = Label::find_or_fail(&db, 3).await.unwrap();
        labels().save(&db, &mut odd).await.unwrap();
        let mut read = labels().pluck(&db, Label::id).await.unwrap();
        read.sort_unstable();
        assert_eq!(read, [1, 2, 3, 4, 5, 6]);

        // The same table without its model.
        let plain = || song.related(Song::plain_labels);
        let changed = plain().sync(&db, [(1, values! { weight: 8 })]).await.unwrap();
        assert_eq!((changed.detached.len(), changed.updated), (5, vec![1]));
        assert_eq!(rows(&db).await, "Song 1: 1*8; video 1: 1*9");
        assert_eq!(labels().detach_all(&db).await.unwrap(), 1);
        assert_eq!(rows(&db).await, "video 1: 1*9");
        let draft = Song::draft().title("s3").labels(["a", "b"].map(|name| Label::draft().name(name)));
        let (statements, song) = sent(&db, async || draft.save(&db).await.unwrap()).await;
        assert_eq!(statements, 3, "a song, two labels, two rows between");
        assert_eq!(song.related(Song::labels).count(&db).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn by_many_of_several_models() {
    for db in labels().await {
        let new = Label::find_or_fail(&db, 1).await.unwrap();
        let (songs, clips) = (|| new.related(Label::songs), || new.related(Label::clips));
        songs().attach(&db, [1, 2]).await.unwrap();
        assert_eq!(rows(&db).await, "Song 1: 1*0; Song 2: 1*0; video 1: 1*9");
        let changed = clips().sync(&db, [(2, Labelling::weight.set(4))]).await.unwrap();
        assert_eq!((changed.attached, changed.detached), (vec![2], vec![1]));
        assert_eq!(rows(&db).await, "Song 1: 1*0; Song 2: 1*0; video 2: 1*4");
        let changed = songs().toggle(&db, [2]).await.unwrap();
        assert_eq!(changed.detached, [2]);
        assert_eq!(clips().detach(&db, [1, 2]).await.unwrap(), 1);
        assert_eq!(rows(&db).await, "Song 1: 1*0");
        let (statements, clip) =
            sent(&db, async || clips().create(&db, Clip::draft().title("c3")).await.unwrap()).await;
        assert_eq!((statements, clip.id), (2, 3));
        let none: [i64; 0] = [];
        let changed = new.related(Label::plain_clips).sync(&db, none).await.unwrap();
        assert_eq!(changed.detached, [3]);
        assert_eq!(rows(&db).await, "Song 1: 1*0", "the song is not of the clips'");
        songs().update_pivot(&db, 1, values! { weight: 2 }).await.unwrap();
        assert_eq!(rows(&db).await, "Song 1: 1*2");
    }
}

/// Accounts and rooms, both of keys of two columns, with a table between of four.
#[derive(Model, Debug)]
#[table("morph_accounts")]
pub struct Account {
    #[primary_key(manual)]
    pub org: i64,
    #[primary_key(manual)]
    pub number: i32,
    #[belongs_to_many(
        pivot = Booking,
        foreign_key = (org, number),
        related_key = (house, room),
        target_key = (house, number),
    )]
    pub rooms: BelongsToMany<Room, Booking>,
    #[belongs_to_many(
        pivot = "morph_bookings",
        foreign_key = (org, number),
        related_key = (house, room),
        target_key = (house, number),
    )]
    pub plain_rooms: BelongsToMany<Room>,
}

#[derive(Model, Debug)]
#[table("morph_rooms")]
pub struct Room {
    #[primary_key(manual)]
    pub house: String,
    #[primary_key(manual)]
    pub number: i32,
}

#[derive(Model, Debug)]
#[table("morph_bookings")]
pub struct Booking {
    #[primary_key(manual)]
    pub org: i64,
    #[primary_key(manual)]
    pub number: i32,
    #[primary_key(manual)]
    pub house: String,
    #[primary_key(manual)]
    pub room: i32,
    #[default(1)]
    pub nights: i32,
}

/// `1/1 a1*1`: who booked which room, for how many nights.
async fn bookings(db: &Db) -> String {
    let rows = Booking::query().order_by(Booking::org).order_by(Booking::number);
    let rows = rows.order_by(Booking::house).order_by(Booking::room).get(db).await.unwrap();
    let show = |row: &Record<Booking>| {
        format!("{}/{} {}{}*{}", row.org, row.number, row.house, row.room, row.nights)
    };
    rows.iter().map(show).collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn keys_of_several_columns_on_both_sides() {
    for db in databases().await {
        db.create_tables(models![Account, Room, Booking]).await.unwrap();
        Account::insert(&db, [(1, 1), (1, 2)].map(|(org, number)| Account::draft().org(org).number(number)))
            .await
            .unwrap();
        let rooms = [("a", 1), ("a", 2), ("b", 1)];
        Room::insert(&db, rooms.map(|(house, number)| Room::draft().house(house).number(number)))
            .await
            .unwrap();
        let one = Account::find_or_fail(&db, (1, 1)).await.unwrap();
        let two = Account::find_or_fail(&db, (1, 2)).await.unwrap();
        let booked = || one.related(Account::rooms);
        two.related(Account::rooms).attach(&db, [("a", 1)]).await.unwrap();

        let (statements, rows) =
            sent(&db, async || booked().attach(&db, [("a", 1), ("b", 1)]).await.unwrap()).await;
        assert_eq!((statements, rows), (1, 2));
        assert_eq!(bookings(&db).await, "1/1 a1*1, 1/1 b1*1, 1/2 a1*1");
        let changed = booked()
            .sync(&db, [(("a", 1), Booking::nights.set(3)), (("a", 2), Booking::nights.set(2))])
            .await
            .unwrap();
        let key = |house: &str, number| (house.to_owned(), number);
        assert_eq!(changed.attached, [key("a", 2)]);
        assert_eq!(changed.detached, [key("b", 1)]);
        assert_eq!(changed.updated, [key("a", 1)]);
        assert_eq!(bookings(&db).await, "1/1 a1*3, 1/1 a2*2, 1/2 a1*1");
        let changed = booked().toggle(&db, [("a", 1), ("b", 1)]).await.unwrap();
        assert_eq!((changed.attached, changed.detached), (vec![key("b", 1)], vec![key("a", 1)]));
        assert_eq!(booked().update_pivot(&db, ("b", 1), values! { nights: 7 }).await.unwrap(), 1);
        // Only the pair counts: there is no `b2`, and `a2` stays.
        assert_eq!(booked().detach(&db, [("b", 2), ("b", 1)]).await.unwrap(), 1);
        assert_eq!(bookings(&db).await, "1/1 a2*2, 1/2 a1*1");
        let (statements, room) =
            sent(&db, async || booked().create(&db, Room::draft().house("c").number(9)).await.unwrap()).await;
        assert_eq!((statements, room.house.as_str()), (2, "c"));
        let changed =
            one.related(Account::plain_rooms).sync(&db, [(("c", 9), values! { nights: 5 })]).await.unwrap();
        assert_eq!((changed.detached, changed.updated), (vec![key("a", 2)], vec![key("c", 9)]));
        assert_eq!(bookings(&db).await, "1/1 c9*5, 1/2 a1*1");
        assert_eq!(booked().count(&db).await.unwrap(), 1);
        let gone = booked().attach(&db, [("z", 1)]).await;
        assert!(matches!(gone, Ok(1) | Err(Error::Constraint { .. })), "{gone:?}");
        booked().detach_all(&db).await.unwrap();
        assert_eq!(bookings(&db).await, "1/2 a1*1");
    }
}
