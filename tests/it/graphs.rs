//! Drafts that bring drafts of other models with them.

use atlas::{Error, prelude::*};

use crate::support::{Databases, databases, sent};

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
        db.create_tables(models![Writer, Text, Note, Address, Club, Membership]).await.unwrap();
    }
    databases
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

#[tokio::test]
async fn many_drafts_with_and_without_others() {
    for db in empty().await {
        let drafts = (0..6).map(|n| {
            let draft = Writer::draft().name(format!("w{n}"));
            if n % 3 == 0 { draft.texts([Text::draft().title("t")]) } else { draft }
        });
        let writers = Writer::create_many(&db, drafts.clone()).await.unwrap();
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
