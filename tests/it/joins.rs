//! Rows of several models beside each other, and what is read of them.

use atlas::{Error, count_all, prelude::*, record};

use crate::support::{Databases, databases, sent};

#[derive(Model, Debug)]
#[table("join_artists")]
pub struct Artist {
    pub id: i64,
    pub name: String,
    pub mentor_id: Option<i64>,
    #[belongs_to]
    pub mentor: BelongsTo<Artist>,
    #[has_many]
    pub songs: HasMany<Song>,
    #[belongs_to_many(pivot = Membership)]
    pub bands: BelongsToMany<Band, Membership>,
    #[has_one(latest = length)]
    pub longest: HasOne<Song>,
}

#[derive(Model, Debug)]
#[table("join_songs")]
pub struct Song {
    pub id: i64,
    pub artist_id: i64,
    pub title: String,
    pub length: i32,
    #[belongs_to]
    pub artist: BelongsTo<Artist>,
    #[has_many]
    pub plays: HasMany<Play>,
}

#[derive(Model, Debug)]
#[table("join_plays")]
pub struct Play {
    pub id: i64,
    pub song_id: i64,
    pub times: i32,
    #[belongs_to]
    pub song: BelongsTo<Song>,
}

#[derive(Model, Debug)]
#[table("join_bands")]
pub struct Band {
    pub id: i64,
    pub name: String,
}

#[derive(Model, Debug)]
#[table("join_memberships")]
pub struct Membership {
    #[primary_key]
    pub artist_id: i64,
    #[primary_key]
    pub band_id: i64,
}

/// Ann has three songs and is in two bands, Bob, whom she taught, has one song and is in one of them, Cid has
/// nothing. One song was played twice.
async fn music() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Artist, Song, Play, Band, Membership]).await.unwrap();
        for (name, mentor) in [("Ann", None), ("Bob", Some(1)), ("Cid", None)] {
            Artist::draft().name(name).mentor_id(mentor).save(db).await.unwrap();
        }
        let songs = [(1, "Air", 3), (1, "Bay", 9), (1, "Cue", 5), (2, "Dew", 4)];
        Song::insert(
            db,
            songs.map(|(by, title, length)| Song::draft().artist_id(by).title(title).length(length)),
        )
        .await
        .unwrap();
        Play::insert(db, [(2, 10), (2, 20)].map(|(song, times)| Play::draft().song_id(song).times(times)))
            .await
            .unwrap();
        Band::insert(db, ["Reeds", "Strings"].map(|name| Band::draft().name(name))).await.unwrap();
        let members = [(1, 1), (1, 2), (2, 2)];
        Membership::insert(
            db,
            members.map(|(artist, band)| Membership::draft().artist_id(artist).band_id(band)),
        )
        .await
        .unwrap();
    }
    databases
}

struct Mentor;

// B-45
#[tokio::test]
async fn a_row_for_each_record_of_a_relation() {
    for db in music().await {
        let query =
            Song::query().join(Song::artist).filter(Artist::name.eq("Ann")).order_by(Song::length.desc());
        let (statements, rows) = sent(&db, async || query.get(&db).await.unwrap()).await;
        assert_eq!(statements, 1);
        let rows: Vec<_> = rows.iter().map(|(song, artist)| (&*song.title, &*artist.name)).collect();
        assert_eq!(rows, [("Bay", "Ann"), ("Cue", "Ann"), ("Air", "Ann")]);

        // Records are records: they save.
        let (mut song, mut artist) = Song::query().join(Song::artist).first_or_fail(&db).await.unwrap();
        song.length += 1;
        artist.name.push('!');
        song.save(&db).await.unwrap();
        artist.save(&db).await.unwrap();
        assert_eq!(Artist::find_or_fail(&db, artist.id).await.unwrap().name, artist.name);
    }
}

// B-45
#[tokio::test]
async fn a_row_without_others_stays_beside_none() {
    for db in music().await {
        type Row = (Record<Artist>, Option<Record<Song>>, Option<Record<Play>>);
        let rows: Vec<Row> = Artist::query()
            .left_join(Artist::songs.filter(Song::length.gt(3)))
            .left_join(Song::plays)
            .order_by(Artist::id)
            .order_by(Song::id)
            .order_by(Play::id)
            .get(&db)
            .await
            .unwrap();
        let rows: Vec<_> = rows
            .iter()
            .map(|(artist, song, play)| {
                (&*artist.name, song.as_ref().map(|song| &*song.title), play.as_ref().map(|play| play.times))
            })
            .collect();
        assert_eq!(
            rows,
            [
                ("Ann", Some("Bay"), Some(10)),
                ("Ann", Some("Bay"), Some(20)),
                ("Ann", Some("Cue"), None),
                ("Bob", Some("Dew"), None),
                ("Cid", None, None),
            ]
        );
        assert_eq!(Artist::query().left_join(Artist::songs).count(&db).await.unwrap(), 5);
        let unsung = Artist::query().left_join(Artist::songs).filter(Song::id.is_in([9]).not());
        assert_eq!(unsung.count(&db).await.unwrap(), 4, "{}", "NULL is not unlike 9");
    }
}

#[tokio::test]
async fn through_a_table_between() {
    for db in music().await {
        let rows = Artist::query()
            .join(Artist::bands.filter(Band::name.ne("Reeds")))
            .order_by(Artist::id)
            .select((Artist::name, Band::name))
            .get(&db)
            .await
            .unwrap();
        assert_eq!(rows, [("Ann".into(), "Strings".into()), ("Bob".into(), "Strings".into())]);
        // A condition that no band meets leaves one row, and not one for each membership.
        let rows = Artist::query()
            .left_join(Artist::bands.filter(Band::name.eq("Brass")))
            .order_by(Artist::id)
            .select((Artist::name, Band::name))
            .get(&db)
            .await
            .unwrap();
        assert_eq!(
            rows.iter().map(|(name, band)| (&**name, band.clone())).collect::<Vec<_>>(),
            [("Ann", None), ("Bob", None), ("Cid", None)]
        );
    }
}

#[tokio::test]
async fn a_model_twice_under_another_name() {
    for db in music().await {
        let rows: Vec<(String, Option<String>)> = Artist::query()
            .left_join_as(Mentor, Artist::mentor)
            .order_by(Artist::id)
            .select((Artist::name, Artist::name.of::<Mentor>()))
            .get(&db)
            .await
            .unwrap();
        assert_eq!(rows, [("Ann".into(), None), ("Bob".into(), Some("Ann".into())), ("Cid".into(), None)]);

        let taught = Artist::query()
            .join_as(Mentor, Artist::mentor.filter(Artist::name.eq("Ann")))
            .filter(Artist::name.of::<Mentor>().ne("Zoe"))
            .get(&db)
            .await
            .unwrap();
        assert_eq!(
            taught.iter().map(|(one, by)| (&*one.name, &*by.name)).collect::<Vec<_>>(),
            [("Bob", "Ann")]
        );

        let error = Artist::query().join(Artist::mentor).get(&db).await.unwrap_err();
        assert!(matches!(&error, Error::Config { .. }) && error.to_string().contains("join_as"), "{error}");
    }
}

// C-48
#[tokio::test]
async fn the_first_ones_of_each() {
    for db in music().await {
        let rows = Artist::query()
            .left_join(Artist::songs.order_by(Song::length.desc()).limit(2))
            .order_by(Artist::id)
            .order_by(Song::length.desc())
            .select((Artist::name, Song::title))
            .get(&db)
            .await
            .unwrap();
        let rows: Vec<_> = rows.iter().map(|(name, title)| (&**name, title.as_deref())).collect();
        assert_eq!(rows, [("Ann", Some("Bay")), ("Ann", Some("Cue")), ("Bob", Some("Dew")), ("Cid", None)]);

        let longest =
            Artist::query().join(Artist::longest).order_by(Artist::id).select((Artist::name, Song::title));
        assert_eq!(
            longest.get(&db).await.unwrap(),
            [("Ann".into(), "Bay".into()), ("Bob".into(), "Dew".into())]
        );

        let bands = Artist::query()
            .join(Artist::bands.order_by(Band::id.desc()).limit(1))
            .order_by(Artist::id)
            .select((Artist::name, Band::name));
        assert_eq!(
            bands.get(&db).await.unwrap(),
            [("Ann".into(), "Strings".into()), ("Bob".into(), "Strings".into())]
        );
    }
}

// B-45, C-10, C-11, C-12
#[tokio::test]
async fn on_a_condition_and_with_a_query() {
    for db in music().await {
        let rows = Play::query()
            .join_on(Song::query().where_gt(Song::length, 4), Play::song_id.eq(Song::id))
            .order_by(Play::times)
            .select((Song::title, Play::times));
        assert_eq!(rows.get(&db).await.unwrap(), [("Bay".into(), 10), ("Bay".into(), 20)]);

        // The two longest songs, as a table of their own.
        let longest = Song::query().order_by(Song::length.desc()).limit(2);
        let rows = Artist::query()
            .left_join_on(longest, Artist::id.eq(Song::artist_id))
            .order_by(Artist::id)
            .order_by(Song::length)
            .select((Artist::name, Song::title));
        let rows = rows.get(&db).await.unwrap();
        let rows: Vec<_> = rows.iter().map(|(name, title)| (&**name, title.as_deref())).collect();
        assert_eq!(rows, [("Ann", Some("Cue")), ("Ann", Some("Bay")), ("Bob", None), ("Cid", None)]);

        assert_eq!(Artist::query().cross_join(Band::query()).count(&db).await.unwrap(), 6);
    }
}

#[tokio::test]
async fn what_is_loaded_with_joined_rows() {
    for db in music().await {
        let query = Song::query()
            .with(Song::plays)
            .with_count(Song::plays)
            .join(Song::artist)
            .with_exists(Song::plays)
            .order_by(Song::id);
        let (statements, rows) = sent(&db, async || query.get(&db).await.unwrap()).await;
        assert_eq!(statements, 2);
        let (song, artist) = &rows[1];
        assert_eq!((song.plays.get().unwrap().len(), song.count_of(Song::plays).unwrap()), (2, 2));
        assert!(song.extra::<bool>("plays_exists").unwrap());
        assert_eq!(artist.name, "Ann");

        // Lazily, for all that came together.
        let mut rows = Song::query().join(Song::artist).get(&db).await.unwrap();
        let (statements, ()) = sent(&db, async || {
            for (song, artist) in &mut rows {
                song.load(&db, Song::plays).await.unwrap();
                artist.load(&db, Artist::bands).await.unwrap();
            }
        })
        .await;
        assert_eq!(statements, 2);
    }
}

#[tokio::test]
async fn selections() {
    for db in music().await {
        let one: Vec<String> = Song::query().order_by(Song::id).select(Song::title).get(&db).await.unwrap();
        assert_eq!(one, ["Air", "Bay", "Cue", "Dew"]);
        let sums = Song::query().where_eq(Song::id, 2).select((Song::length * 2, Song::title, Song::id));
        assert_eq!(sums.sole(&db).await.unwrap(), (18, "Bay".to_owned(), 2));

        let whole: Vec<(Record<Song>, Option<Record<Play>>, i32)> = Song::query()
            .left_join(Song::plays)
            .order_by(Song::id)
            .order_by(Play::id)
            .select((record::<Song>(), record::<Play>(), Song::length))
            .get(&db)
            .await
            .unwrap();
        let whole: Vec<_> = whole
            .iter()
            .map(|(song, play, length)| (song.id, play.as_ref().map(|play| play.times), *length))
            .collect();
        assert_eq!(whole, [(1, None, 3), (2, Some(10), 9), (2, Some(20), 9), (3, None, 5), (4, None, 4)]);

        assert_eq!(
            Song::query().join(Song::artist).order_by(Song::id).pluck(&db, Artist::name).await.unwrap(),
            ["Ann", "Ann", "Ann", "Bob"]
        );
        assert_eq!(
            Song::query().left_join(Song::plays).order_by(Song::id).value(&db, Play::times).await.unwrap(),
            Some(None)
        );
        let error = Song::query().select(Song::title).first(&db).await.unwrap();
        assert_eq!(error.as_deref(), Some("Air"));
    }
}

// C-40, C-41, 000-52
#[tokio::test]
async fn groups() {
    for db in music().await {
        let rows: Vec<(String, i64, i64)> = Artist::query()
            .left_join(Artist::songs)
            .group_by((Artist::id, Artist::name))
            .having(Song::id.count().lt(3))
            .or_having(Artist::name.eq("Ann"))
            .order_by(Song::id.count().desc())
            .order_by(Artist::name)
            .select((Artist::name, Song::id.count(), Song::length.sum()))
            .get(&db)
            .await
            .unwrap();
        assert_eq!(rows, [("Ann".into(), 3, 17), ("Bob".into(), 1, 4), ("Cid".into(), 0, 0)]);

        let long = Song::query()
            .group_by(Song::artist_id)
            .having(Song::length.max().ge(5).and(count_all().gt(1)))
            .select((Song::artist_id, Song::length.max(), count_all()));
        assert_eq!(long.clone().get(&db).await.unwrap(), [(1, Some(9), 3)]);
        // How many groups.
        assert_eq!(long.count(&db).await.unwrap(), 1);
        assert_eq!(
            Song::query().group_by(Song::artist_id).select(Song::artist_id).count(&db).await.unwrap(),
            2
        );
        assert!(
            !Song::query()
                .group_by(Song::artist_id)
                .having(count_all().gt(9))
                .select(Song::artist_id)
                .exists(&db)
                .await
                .unwrap()
        );
    }
}

#[tokio::test]
async fn counts_of_distinct_rows() {
    for db in music().await {
        let by = Song::query().join(Song::artist).distinct();
        assert_eq!(by.clone().select(Artist::name).count(&db).await.unwrap(), 2);
        assert_eq!(by.clone().select((Artist::name, Song::id)).count(&db).await.unwrap(), 4);
        assert_eq!(by.clone().count(&db).await.unwrap(), 4);
        let error = by.sum(&db, Song::length).await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{error}");
    }
}

// C-13
#[tokio::test]
async fn rows_that_are_read_anew_beside_each_row() {
    for db in music().await {
        let longest = || {
            let songs = Song::query().outer::<Artist>().filter(Song::artist_id.eq(Artist::id));
            songs.order_by(Song::length.desc()).limit(2)
        };
        let inner =
            Artist::query().join_lateral(longest()).order_by(Artist::id).order_by(Song::length.desc());
        let rows = match inner.clone().select((Artist::name, Song::title)).get(&db).await {
            Ok(rows) => rows,
            Err(error) => {
                assert_ne!(db.driver_name(), "postgres", "{error}");
                assert!(matches!(&error, Error::Unsupported { .. }), "{error}");
                assert!(error.to_string().contains("row_number"), "{error}");
                // The way out gives the same.
                let limited = Artist::query().join(Artist::songs.order_by(Song::length.desc()).limit(2));
                let limited = limited.order_by(Artist::id).order_by(Song::length.desc());
                limited.select((Artist::name, Song::title)).get(&db).await.unwrap()
            }
        };
        let rows: Vec<_> = rows.iter().map(|(artist, song)| (artist.as_str(), song.as_str())).collect();
        assert_eq!(rows, [("Ann", "Bay"), ("Ann", "Cue"), ("Bob", "Dew")]);
        if db.driver_name() != "postgres" {
            continue;
        }
        assert_eq!(inner.clone().get(&db).await.unwrap()[0].1.title, "Bay");
        assert_eq!(inner.count(&db).await.unwrap(), 3);
        let left =
            Artist::query().left_join_lateral(longest().where_gt(Song::length, 4)).order_by(Artist::id);
        let left: Vec<(String, Option<i32>)> =
            left.order_by(Song::length).select((Artist::name, Song::length)).get(&db).await.unwrap();
        let left: Vec<_> = left.iter().map(|(name, length)| (name.as_str(), *length)).collect();
        assert_eq!(left, [("Ann", Some(5)), ("Ann", Some(9)), ("Bob", None), ("Cid", None)]);
    }
}
