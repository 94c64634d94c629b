//! Drafts that bring drafts of other models with them.

use atlas::{Error, prelude::*};

use crate::support::{Databases, databases, places, sent};

#[derive(Model, Debug)]
#[table("graph_writers")]
pub struct Writer {
    pub id: i64,
    #[unique]
    pub name: String,
    #[has_many]
    pub texts: HasMany<Text>,
    #[has_one]
    pub address: HasOne<Address>,
    #[belongs_to_many(pivot = "graph_memberships")]
    pub clubs: BelongsToMany<Club>,
}

#[derive(Model, Debug)]
#[table("graph_texts")]
pub struct Text {
    pub id: i64,
    pub writer_id: i64,
    pub title: String,
    #[belongs_to]
    pub writer: BelongsTo<Writer>,
    #[has_many]
    pub notes: HasMany<Note>,
}

#[derive(Model, Debug)]
#[table("graph_notes")]
pub struct Note {
    pub id: i64,
    pub text_id: i64,
    pub line: String,
    #[belongs_to]
    pub text: BelongsTo<Text>,
}

#[derive(Model, Debug)]
#[table("graph_addresses")]
pub struct Address {
    pub id: i64,
    pub writer_id: i64,
    pub city: String,
    #[belongs_to]
    pub writer: BelongsTo<Writer>,
}

#[derive(Model, Debug)]
#[table("graph_clubs")]
pub struct Club {
    pub id: i64,
    pub name: String,
}

#[derive(Model, Debug)]
#[table("graph_memberships")]
pub struct Membership {
    pub id: i64,
    pub writer_id: i64,
    pub club_id: i64,
}

async fn empty() -> Databases {
    let databases = databases().await;
    for db in &databases {
        create_tables(db).await;
    }
    databases
}

async fn create_tables(db: &Db) {
    db.create_tables(models![Writer, Text, Note, Address, Club, Membership]).await.unwrap();
}

#[tokio::test]
async fn children_are_inserted_after_their_parent() {
    for db in empty().await {
        let draft = Writer::draft()
            .name("Ann")
            .texts((0..3).map(|n| Text::draft().title(format!("t{n}"))))
            .address(Address::draft().city("Ulm"))
            .clubs(["chess", "go"].map(|name| Club::draft().name(name)));
        let (statements, ann) = sent(&db, async || draft.save(&db).await.unwrap()).await;
        assert_eq!(statements, 5, "a writer, three texts, an address, two clubs, two memberships");
        assert!(ann.was_recently_created());
        let titles: Vec<&str> = ann.texts.get().unwrap().iter().map(|text| text.title.as_str()).collect();
        assert_eq!(titles, ["t0", "t1", "t2"]);
        assert!(ann.texts.get().unwrap().iter().all(|text| text.writer_id == ann.id && text.id > 0));
        assert_eq!(ann.address.get().unwrap().unwrap().city, "Ulm");
        let again =
            Writer::query().with((Writer::texts, Writer::clubs)).find_or_fail(&db, ann.id).await.unwrap();
        assert_eq!(again.texts.get().unwrap().len(), 3);
        let mut clubs: Vec<&str> = again.clubs.get().unwrap().iter().map(|club| club.name.as_str()).collect();
        clubs.sort_unstable();
        assert_eq!(clubs, ["chess", "go"]);
        assert_eq!(ann.clubs.get().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn one_child_is_replaced_by_the_next() {
    for db in empty().await {
        let city = |name: &str| Address::draft().city(name);
        let ann = Writer::draft().name("Ann").address(city("Ulm")).address(city("Bonn"));
        let (statements, ann) = sent(&db, async || ann.save(&db).await.unwrap()).await;
        assert_eq!((statements, ann.address.get().unwrap().unwrap().city.as_str()), (2, "Bonn"));
        assert_eq!(Address::query().pluck(&db, Address::city).await.unwrap(), ["Bonn"]);
        // Of many, each call adds to those before.
        let bob = Writer::draft().name("Bob").texts([Text::draft().title("a")]);
        let bob = bob.texts([Text::draft().title("b")]).save(&db).await.unwrap();
        assert_eq!(bob.texts.get().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn nothing_that_a_draft_brings_is_dropped_silently() {
    for db in empty().await {
        let ann = || Writer::draft().name("Ann").texts([Text::draft().title("t")]);
        let by = || Writer::name.eq("Ann");
        let is_refused = |error: Error| {
            let message = error.to_string();
            assert!(matches!(error, Error::Config { .. }), "{message}");
            assert!(message.contains("draft of `Writer` brings `texts` with it"), "{message}");
        };
        // Whether the row is there or not.
        for _ in 0..2 {
            is_refused(Record::new(ann()).unwrap_err());
            is_refused(Writer::first_or_new(&db, by(), ann()).await.unwrap_err());
            is_refused(Writer::update_or_create(&db, by(), ann()).await.unwrap_err());
            is_refused(Writer::insert_or_ignore(&db, [ann()]).await.unwrap_err());
            is_refused(Writer::upsert(&db, [ann()], Writer::name, Writer::name).await.unwrap_err());
            // This one inserts the draft as it is, or takes the row that is there.
            Writer::first_or_create(&db, by(), ann()).await.unwrap();
            assert_eq!(Text::query().count(&db).await.unwrap(), 1);
        }
        let writer = Writer::query().sole(&db).await.unwrap();
        let text = || Text::draft().title("t").notes([Note::draft().line("n")]);
        let by = || Text::title.eq("t");
        let error = writer.related(Writer::texts).update_or_create(&db, by(), text()).await.unwrap_err();
        assert!(error.to_string().contains("draft of `Text` brings `notes` with it"), "{error}");
        assert_eq!(Note::query().count(&db).await.unwrap(), 0);
        writer.related(Writer::texts).create(&db, text()).await.unwrap();
        assert_eq!(Note::query().count(&db).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn graphs_have_any_depth() {
    for db in empty().await {
        let text =
            |title: &str| Text::draft().title(title).notes(["a", "b"].map(|line| Note::draft().line(line)));
        let ann = Writer::draft().name("Ann").texts([text("one"), text("two")]).save(&db).await.unwrap();
        let notes = ann.texts.get().unwrap()[1].notes.get().unwrap();
        assert_eq!((notes.len(), notes[1].line.as_str()), (2, "b"));
        assert_eq!(Note::query().count(&db).await.unwrap(), 4);

        // And upwards.
        let note = Note::draft()
            .line("deep")
            .text(Text::draft().title("three").writer(Writer::draft().name("Bob")))
            .save(&db)
            .await
            .unwrap();
        let text = note.text.get().unwrap().unwrap();
        assert_eq!((text.title.as_str(), note.text_id), ("three", text.id));
        assert_eq!(text.writer.get().unwrap().unwrap().name, "Bob");
        assert_eq!(
            Text::query()
                .where_has(Text::writer, |w| w.where_eq(Writer::name, "Bob"))
                .count(&db)
                .await
                .unwrap(),
            1
        );
    }
}

#[tokio::test]
async fn all_of_a_graph_or_nothing() {
    for db in empty().await {
        Writer::draft().name("Ann").save(&db).await.unwrap();
        let taken =
            Text::draft().title("x").notes([Note::draft().line("y")]).writer(Writer::draft().name("Ann"));
        assert!(taken.save(&db).await.unwrap_err().is_unique_violation());
        let note = Note::draft().line("n").text_id(99);
        let late = Writer::draft()
            .name("Bob")
            .texts([Text::draft().title("t").id(1), Text::draft().title("t").id(1)]);
        assert!(late.save(&db).await.unwrap_err().is_unique_violation());
        assert!(matches!(note.save(&db).await, Err(Error::Constraint { .. })));
        assert_eq!(Text::query().count(&db).await.unwrap() + Note::query().count(&db).await.unwrap(), 0);
        assert_eq!(Writer::query().count(&db).await.unwrap(), 1);

        // In a transaction of one's own, what failed is undone alone.
        db.transaction(async |tx| {
            let twice = Writer::draft()
                .name("Cid")
                .texts([Text::draft().title("t").id(1), Text::draft().title("t").id(1)]);
            assert!(twice.save(&tx).await.is_err());
            Writer::draft().name("Dee").texts([Text::draft().title("t")]).save(&tx).await
        })
        .await
        .unwrap();
        let names = Writer::query().order_by(Writer::name).pluck(&db, Writer::name).await.unwrap();
        assert_eq!(names, ["Ann", "Dee"]);
    }
}

// 004-71
#[tokio::test]
async fn one_insert_a_table_and_level() {
    for db in empty().await {
        // Three levels below, of which two are through all of the first one's.
        let text = |n: u32| {
            let notes = (0..4).map(move |line| Note::draft().line(format!("{n}-{line}")));
            Text::draft().title(format!("t{n}")).notes(notes)
        };
        let writer = |n: u32| {
            let clubs = (0..n % 3).map(move |club| Club::draft().name(format!("c{n}-{club}")));
            Writer::draft()
                .name(format!("w{n}"))
                .texts((n * 10..n * 10 + 5).map(text))
                .address(Address::draft().city(format!("city {n}")))
                .clubs(clubs)
        };
        let create = async || Writer::create_many(&db, (0..20).map(writer)).await.unwrap();
        let (statements, writers) = sent(&db, create).await;
        assert_eq!(statements, 6, "writers, texts, notes, addresses, clubs, memberships");
        for (n, writer) in (0..20).zip(&writers) {
            assert_eq!(writer.name, format!("w{n}"));
            let texts = writer.texts.get().unwrap();
            assert_eq!(texts.len(), 5);
            for (text, number) in texts.iter().zip(n * 10..) {
                assert_eq!((text.writer_id, &*text.title), (writer.id, &*format!("t{number}")));
                let lines: Vec<&str> =
                    text.notes.get().unwrap().iter().map(|note| note.line.as_str()).collect();
                assert_eq!(lines, [0, 1, 2, 3].map(|line| format!("{number}-{line}")));
                assert!(text.notes.get().unwrap().iter().all(|note| note.text_id == text.id));
            }
            assert_eq!(writer.address.get().unwrap().unwrap().city, format!("city {n}"));
            assert_eq!(writer.clubs.get().unwrap().len(), n as usize % 3);
        }

        // What the database has is the same, row by row.
        let again = Writer::query()
            .with((Writer::texts.with(Text::notes), Writer::address, Writer::clubs))
            .order_by(Writer::id)
            .get(&db)
            .await
            .unwrap();
        let shown = |writers: &[Record<Writer>]| {
            let text = |text: &Record<Text>| {
                let mut notes: Vec<_> = text.notes.get().unwrap().iter().map(|n| n.line.clone()).collect();
                notes.sort();
                (text.id, text.title.clone(), notes)
            };
            let writer = |writer: &Record<Writer>| {
                let mut texts: Vec<_> = writer.texts.get().unwrap().iter().map(text).collect();
                texts.sort();
                let mut clubs: Vec<_> =
                    writer.clubs.get().unwrap().iter().map(|club| (club.id, club.name.clone())).collect();
                clubs.sort();
                let city = writer.address.get().unwrap().map(|address| address.city.clone());
                (writer.id, writer.name.clone(), texts, clubs, city)
            };
            writers.iter().map(writer).collect::<Vec<_>>()
        };
        assert_eq!(shown(&again), shown(&writers));

        // Upwards: the writers, their texts, the notes.
        let note = |n: u32| {
            let text = Text::draft().title("up").writer(Writer::draft().name(format!("up {n}")));
            Note::draft().line(format!("up {n}")).text(text)
        };
        let create = async || Note::create_many(&db, (0..20).map(note)).await.unwrap();
        let (statements, notes) = sent(&db, create).await;
        assert_eq!(statements, 3);
        for note in &notes {
            let text = note.text.get().unwrap().unwrap();
            let writer = text.writer.get().unwrap().unwrap();
            assert_eq!((note.text_id, text.writer_id, &note.line), (text.id, writer.id, &writer.name));
        }

        // Without records, through a relation, and in a transaction of the caller's.
        let more = (20..30).map(writer);
        assert_eq!(sent(&db, async || Writer::insert(&db, more).await.unwrap()).await, (6, 10));
        let texts = writers[0].related(Writer::texts);
        let create = async || texts.create_many(&db, (900..910).map(text)).await.unwrap();
        assert_eq!(sent(&db, create).await.0, 2);
        let save = async |tx: Db| {
            assert_eq!(sent(&tx, async || writer(30).save(&tx).await.unwrap()).await.0, 4);
            Ok(())
        };
        db.transaction(save).await.unwrap();
        assert_eq!(Note::query().count(&db).await.unwrap(), 31 * 20 + 20 + 40);
    }
}

// MySQL gives no rows back: the driver writes some at a time and reads their keys.
#[tokio::test]
async fn a_server_that_gives_no_rows_back() {
    for place in places("graphs").await {
        let db = place.connect(if place.driver == "mysql" { "returning=false" } else { "" }).await;
        create_tables(&db).await;
        let writers = (0..60).map(|n| {
            let texts = [0, 1].map(|t| Text::draft().title(format!("{n}-{t}")));
            Writer::draft().name(format!("{n}")).texts(texts).clubs([Club::draft().name(format!("{n}"))])
        });
        let create = async || Writer::create_many(&db, writers).await.unwrap();
        let (statements, writers) = sent(&db, create).await;
        assert_eq!(statements, 4);
        let again = Writer::query().with((Writer::texts, Writer::clubs)).order_by(Writer::id);
        for (writer, created) in again.get(&db).await.unwrap().iter().zip(&writers) {
            let titles: Vec<&str> =
                writer.texts.get().unwrap().iter().map(|text| text.title.as_str()).collect();
            let name = &created.name;
            assert_eq!((&writer.name, writer.id), (name, created.id));
            assert_eq!(titles, [format!("{name}-0"), format!("{name}-1")]);
            assert_eq!(writer.clubs.get().unwrap()[0].name, *name);
        }
    }
}

// Over what one statement takes: the rows go in several, and what leads from one to the other stays right.
#[tokio::test]
async fn more_drafts_than_a_statement_takes() {
    for db in empty().await {
        let writers = (0..1500).map(|n| {
            let texts = [0, 1].map(|t| Text::draft().title(format!("{n}-{t}")));
            Writer::draft().name(format!("{n}")).texts(texts).clubs([Club::draft().name(format!("{n}"))])
        });
        let writers = Writer::create_many(&db, writers).await.unwrap();
        let wrong = Text::query().where_has(Text::writer, |w| w.where_like(Writer::name, "1499"));
        let titles = wrong.order_by(Text::id).pluck(&db, Text::title).await.unwrap();
        assert_eq!(titles, ["1499-0", "1499-1"]);
        for writer in &writers {
            let texts = writer.texts.get().unwrap();
            assert!(texts.iter().all(|text| text.writer_id == writer.id));
            assert_eq!(texts[1].title, format!("{}-1", writer.name));
        }
        let again = Writer::query().with(Writer::clubs).get(&db).await.unwrap();
        assert_eq!(again.len(), 1500);
        for writer in again {
            let clubs = writer.clubs.get().unwrap();
            assert_eq!((clubs.len(), &clubs[0].name), (1, &writer.name));
        }
    }
}

#[tokio::test]
async fn what_a_setter_is_given_twice() {
    for db in empty().await {
        let texts = |titles: [&'static str; 2]| titles.map(|title| Text::draft().title(title));
        let draft = Writer::draft().name("Ann").texts(texts(["a", "b"])).texts(texts(["c", "d"]));
        let (statements, ann) = sent(&db, async || draft.save(&db).await.unwrap()).await;
        assert_eq!((statements, ann.texts.get().unwrap().len()), (2, 4), "they come one after the other");

        let [first, second] = ["Bob", "Cid"].map(|name| Writer::draft().name(name));
        let text = Text::draft().title("t").writer(first).writer(second).save(&db).await.unwrap();
        assert_eq!(text.writer.get().unwrap().unwrap().name, "Cid");
        assert_eq!(Writer::query().count(&db).await.unwrap(), 2, "a record refers to one");

        let none = Writer::draft()
            .name("Dee")
            .texts(Vec::<Text>::new().into_iter().map(|_| Text::draft().title("")));
        let (statements, dee) = sent(&db, async || none.save(&db).await.unwrap()).await;
        assert_eq!((statements, dee.texts.get().unwrap().len()), (1, 0));
    }
}

#[tokio::test]
async fn drafts_that_may_be_left_out_bring_no_others() {
    for db in empty().await {
        let draft = || Writer::draft().name("Ann").texts([Text::draft().title("t")]);
        let ignored = Writer::insert_or_ignore(&db, [draft()]).await.unwrap_err();
        assert!(
            matches!(ignored, Error::Config { .. }) && ignored.to_string().contains("`Writer`"),
            "{ignored}"
        );
        assert!(Writer::upsert(&db, [draft()], Writer::name, Writer::name).await.is_err());
        assert_eq!(Writer::query().count(&db).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn many_drafts_with_and_without_others() {
    for db in empty().await {
        let drafts = (0..6).map(|n| {
            let draft = Writer::draft().name(format!("w{n}"));
            if n % 3 == 0 { draft.texts([Text::draft().title("t")]) } else { draft }
        });
        let create = async || Writer::create_many(&db, drafts.clone()).await.unwrap();
        let (statements, writers) = sent(&db, create).await;
        assert_eq!(statements, 2);
        let names: Vec<&str> = writers.iter().map(|writer| writer.name.as_str()).collect();
        assert_eq!(names, ["w0", "w1", "w2", "w3", "w4", "w5"]);
        assert_eq!(writers[3].texts.get().unwrap().len(), 1);
        assert!(writers[1].texts.get().is_err());
        assert!(Writer::create_many(&db, drafts).await.unwrap_err().is_unique_violation());
        assert_eq!(Text::query().count(&db).await.unwrap(), 2);
        let more = (6..9).map(|n| Writer::draft().name(format!("w{n}")).texts([Text::draft().title("t")]));
        assert_eq!(Writer::insert(&db, more).await.unwrap(), 3);
        assert_eq!(Text::query().count(&db).await.unwrap(), 5);
    }
}
