//! Writing the rows of a table between, through one record's relation.

use std::sync::{Arc, Mutex};

use atlas::{Changed, Error, prelude::*, types::chrono, values};
use chrono::{DateTime, Utc};

use crate::support::{Databases, databases};

#[derive(Model, Debug)]
#[table("pivot_films")]
pub struct Film {
    pub id: i64,
    pub title: String,
    #[belongs_to_many(pivot = Casting)]
    pub actors: BelongsToMany<Actor, Casting>,
    #[belongs_to_many(pivot = "film_place", foreign_key = film_id, related_key = place_id)]
    pub places: BelongsToMany<Place>,
    #[belongs_to_many(pivot = Tagging, foreign_key = film_id, related_key = tag_code, target_key = code)]
    pub tags: BelongsToMany<Tag, Tagging>,
    #[belongs_to_many(pivot = Labelling, foreign_key = film_id, related_key = label_code, target_key = code)]
    pub labels: BelongsToMany<Label, Labelling>,
}

#[derive(Model, Debug)]
#[table("pivot_actors")]
pub struct Actor {
    pub id: i64,
    #[unique]
    pub name: String,
    #[default(0)]
    pub age: i32,
}

#[derive(Model, Debug)]
#[table("pivot_castings")]
#[timestamps]
pub struct Casting {
    pub id: i64,
    pub film_id: i64,
    pub actor_id: i64,
    #[default("extra")]
    pub role: String,
    pub fee: Option<i32>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[belongs_to]
    pub film: BelongsTo<Film>,
    #[belongs_to]
    pub actor: BelongsTo<Actor>,
}

#[derive(Model, Debug)]
#[table("pivot_places")]
pub struct Place {
    pub id: i64,
    pub name: String,
}

/// What makes the table of the pivot that is named by its table.
#[derive(Model, Debug)]
#[table("film_place")]
pub struct Shooting {
    #[primary_key]
    pub film_id: i64,
    #[primary_key]
    pub place_id: i64,
    #[default(0)]
    pub days: i32,
    #[default(false)]
    pub night: bool,
}

#[derive(Model, Debug)]
#[table("pivot_tags")]
pub struct Tag {
    #[primary_key(manual)]
    pub code: String,
}

#[derive(Model, Debug)]
#[table("pivot_taggings")]
pub struct Tagging {
    #[primary_key]
    pub film_id: i64,
    #[primary_key]
    pub tag_code: String,
}

/// The rows of the table between refer to its code, which is not its key.
#[derive(Model, Debug)]
#[table("pivot_labels")]
pub struct Label {
    pub id: i64,
    #[unique]
    pub code: Option<String>,
}

#[derive(Model, Debug)]
#[table("pivot_labellings")]
pub struct Labelling {
    #[primary_key]
    pub film_id: i64,
    #[primary_key]
    pub label_code: String,
    #[default(0)]
    pub size: i32,
}

/// Two films; Ann, Bob, Cid and Dee, of whom Ann and Bob play in the first film, and Bob in the second.
async fn films() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Film, Actor, Casting, Place, Shooting, Tag, Tagging, Label, Labelling])
            .await
            .unwrap();
        Film::insert(db, ["One", "Two"].map(|title| Film::draft().title(title))).await.unwrap();
        Actor::insert(db, ["Ann", "Bob", "Cid", "Dee"].map(|name| Actor::draft().name(name))).await.unwrap();
        Place::insert(db, ["sea", "city", "moon"].map(|name| Place::draft().name(name))).await.unwrap();
        Tag::insert(db, ["new", "old"].map(|code| Tag::draft().code(code))).await.unwrap();
        let castings = [(1, 1, "hero", 100), (1, 2, "fool", 50), (2, 2, "king", 70)];
        let castings = castings.map(|(film, actor, role, fee)| {
            Casting::draft().film_id(film).actor_id(actor).role(role).fee(fee)
        });
        Casting::insert(db, castings).await.unwrap();
    }
    databases
}

/// The first words of the statements that something sends.
async fn sent<T>(db: &Db, work: impl Future<Output = Result<T>>) -> (String, T) {
    let texts = Arc::new(Mutex::new(Vec::new()));
    let seen = texts.clone();
    let listening = db.listen(move |event| {
        if let Some(statement) = event.as_statement() {
            let word = statement.text.split(' ').next().unwrap_or_default().to_lowercase();
            seen.lock().unwrap().push(word);
        }
    });
    let done = work.await.unwrap();
    listening.stop();
    (texts.lock().unwrap().join(" "), done)
}

/// `1 hero 100, 2 fool 50`: the castings of a film.
async fn cast(db: &Db, film: i64) -> String {
    let rows = Casting::query().where_eq(Casting::film_id, film).order_by(Casting::actor_id);
    let show = |row: &Record<Casting>| match row.fee {
        Some(fee) => format!("{} {} {fee}", row.actor_id, row.role),
        None => format!("{} {}", row.actor_id, row.role),
    };
    rows.get(db).await.unwrap().iter().map(show).collect::<Vec<_>>().join(", ")
}

fn changed(changed: &Changed<i64>) -> (Vec<i64>, Vec<i64>, Vec<i64>) {
    let sorted = |keys: &[i64]| {
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        keys
    };
    (sorted(&changed.attached), sorted(&changed.detached), sorted(&changed.updated))
}

// C-178, B-374
#[tokio::test]
async fn read_through_a_table_between() {
    for db in films().await {
        let one = Film::find_or_fail(&db, 1).await.unwrap();
        let actors = || one.related(Film::actors);
        let (texts, all) = sent(&db, actors().order_by(Actor::id).get(&db)).await;
        assert_eq!(texts, "select");
        let roles: Vec<_> = all
            .iter()
            .map(|actor| {
                let casting = actor.pivot::<Casting>().unwrap();
                (actor.name.as_str(), casting.role.as_str(), casting.fee, casting.film_id)
            })
            .collect();
        assert_eq!(roles, [("Ann", "hero", Some(100), 1), ("Bob", "fool", Some(50), 1)]);
        assert!(all[0].extra::<String>("pivot_role").is_err(), "it is in the pivot");
        assert_eq!(actors().count(&db).await.unwrap(), 2);
        assert!(actors().find(&db, 3).await.unwrap().is_none());
        assert_eq!(actors().find_or_fail(&db, 2).await.unwrap().pivot::<Casting>().unwrap().role, "fool");
        let kings = Film::find_or_fail(&db, 2).await.unwrap();
        let kings = kings.related(Film::actors).where_pivot(Casting::role, "king");
        assert_eq!(kings.pluck(&db, Actor::name).await.unwrap(), ["Bob"]);
        let dear = actors().filter_pivot(Casting::fee.gt(60)).order_by(Actor::id);
        assert_eq!(dear.pluck(&db, Actor::name).await.unwrap(), ["Ann"]);
        // Changes reach those alone, and alternatives stay among them.
        assert_eq!(
            actors().where_pivot(Casting::role, "fool").update(&db, Actor::age.set(30)).await.unwrap(),
            1
        );
        let either = actors().where_eq(Actor::name, "Ann").or_filter(Actor::name.eq("Cid"));
        assert_eq!(either.pluck(&db, Actor::name).await.unwrap(), ["Ann"]);
        assert_eq!(Actor::query().where_eq(Actor::age, 30).pluck(&db, Actor::name).await.unwrap(), ["Bob"]);
    }
}

// C-179, B-377, B-378, Y-15
#[tokio::test]
async fn attached_and_detached() {
    for db in films().await {
        let one = Film::find_or_fail(&db, 1).await.unwrap();
        let actors = || one.related(Film::actors);
        let (texts, rows) = sent(&db, actors().attach(&db, [3, 4])).await;
        assert_eq!((texts.as_str(), rows), ("insert", 2));
        assert_eq!(cast(&db, 1).await, "1 hero 100, 2 fool 50, 3 extra, 4 extra");
        let casting = Casting::query().where_eq(Casting::actor_id, 3).sole(&db).await.unwrap();
        assert!(casting.created_at.timestamp() > 0 && casting.created_at == casting.updated_at);
        let (texts, rows) = sent(&db, actors().detach(&db, [3, 4, 99])).await;
        assert_eq!((texts.as_str(), rows), ("delete", 2));
        // Nothing is nothing.
        let none: [i64; 0] = [];
        let (texts, rows) = sent(&db, actors().attach(&db, none)).await;
        assert_eq!((texts.as_str(), rows), ("", 0));
        let (texts, rows) = sent(&db, actors().detach(&db, none)).await;
        assert_eq!((texts.as_str(), rows), ("", 0));
        assert_eq!(cast(&db, 1).await, "1 hero 100, 2 fool 50");
        // Records, and values of three kinds.
        let [cid, dee] = [3, 4].map(|id| Actor::find_or_fail(&db, id));
        let (cid, dee) = (cid.await.unwrap(), dee.await.unwrap());
        actors().attach(&db, [&cid]).await.unwrap();
        actors().detach(&db, [&cid]).await.unwrap();
        actors().attach(&db, [(&cid, values! { role: "cook", fee: 5 })]).await.unwrap();
        let draft = Casting::draft().role("guard");
        actors().attach(&db, [(&dee, draft)]).await.unwrap();
        let two = Film::find_or_fail(&db, 2).await.unwrap();
        let more = [(1, Casting::role.set("queen")), (3, Casting::role.set("boy"))];
        let (texts, _) = sent(&db, two.related(Film::actors).attach(&db, more)).await;
        assert_eq!(texts, "insert");
        assert_eq!(cast(&db, 1).await, "1 hero 100, 2 fool 50, 3 cook 5, 4 guard");
        assert_eq!(cast(&db, 2).await, "1 queen, 2 king 70, 3 boy");
        // Among some rows only.
        assert_eq!(actors().where_pivot(Casting::role, "cook").detach(&db, [1, 3]).await.unwrap(), 1);
        assert_eq!(actors().filter_pivot(Casting::fee.is_null()).detach_all(&db).await.unwrap(), 1);
        let (texts, rows) = sent(&db, actors().detach_all(&db)).await;
        assert_eq!((texts.as_str(), rows), ("delete", 2));
        assert_eq!(cast(&db, 2).await, "1 queen, 2 king 70, 3 boy", "those of the other film stand");
        let wrong = actors().attach(&db, [(1, values! { rank: 1 })]).await.unwrap_err();
        assert!(wrong.to_string().contains("`Casting` has no column `rank`"), "{wrong}");
    }
}

// C-180, C-181, C-182, B-379, B-380
#[tokio::test]
async fn synced() {
    for db in films().await {
        let one = Film::find_or_fail(&db, 1).await.unwrap();
        let actors = || one.related(Film::actors);
        let (texts, changes) = sent(&db, actors().sync(&db, [2, 3, 3])).await;
        assert_eq!(texts, "select select delete insert");
        assert_eq!(changed(&changes), (vec![3], vec![1], vec![]));
        assert_eq!(cast(&db, 1).await, "2 fool 50, 3 extra");
        let (texts, changes) = sent(&db, actors().sync(&db, [3, 2])).await;
        assert_eq!((texts.as_str(), changes.is_empty()), ("select select", true));
        // Only what differs is written.
        let before = Casting::query().where_eq(Casting::actor_id, 3).sole(&db).await.unwrap();
        let wanted = [(2, values! { role: "fool", fee: 50 }), (3, values! { role: "cook", fee: 1 })];
        let (texts, changes) = sent(&db, actors().sync(&db, wanted.clone())).await;
        assert_eq!(texts, "select select update");
        assert_eq!(changed(&changes), (vec![], vec![], vec![3]));
        let after = before.fresh(&db).await.unwrap().unwrap();
        assert!(after.created_at == before.created_at && after.updated_at >= before.updated_at);
        let (texts, _) = sent(&db, actors().sync(&db, wanted)).await;
        assert_eq!(texts, "select select");
        let (texts, changes) = sent(&db, actors().sync_without_detaching(&db, [1, 2])).await;
        assert_eq!(texts, "select select insert");
        assert_eq!(changed(&changes), (vec![1], vec![], vec![]));
        let (texts, changes) = sent(&db, actors().toggle(&db, [2, 4])).await;
        assert_eq!(texts, "select select delete insert");
        assert_eq!(changed(&changes), (vec![4], vec![2], vec![]));
        assert_eq!(cast(&db, 1).await, "1 extra, 3 cook 1, 4 extra");
        // Within a part of the rows: the others are not there.
        let cooks = || actors().where_pivot(Casting::role, "cook");
        let changes = cooks().sync(&db, [(4, Casting::role.set("cook"))]).await.unwrap();
        assert_eq!(changed(&changes), (vec![4], vec![3], vec![]));
        assert_eq!(cast(&db, 1).await, "1 extra, 4 extra, 4 cook");
        let none: [i64; 0] = [];
        let (texts, _) = sent(&db, actors().sync_without_detaching(&db, none)).await;
        assert_eq!(texts, "");
        let (texts, changes) = sent(&db, actors().sync(&db, none)).await;
        assert_eq!(texts, "select select delete");
        assert_eq!(changed(&changes).1, [1, 4]);
        assert_eq!(cast(&db, 1).await, "");
        assert_eq!(cast(&db, 2).await, "2 king 70");
    }
}

#[tokio::test]
async fn rows_between_are_changed() {
    for db in films().await {
        let one = Film::find_or_fail(&db, 1).await.unwrap();
        let actors = || one.related(Film::actors);
        let (texts, rows) = sent(&db, actors().update_pivot(&db, 1, values! { fee: 7 })).await;
        assert_eq!((texts.as_str(), rows), ("update", 1));
        actors().update_pivot(&db, 2, Casting::role.set("wit")).await.unwrap();
        assert_eq!(actors().update_pivot(&db, 3, Casting::fee.set(1)).await.unwrap(), 0);
        assert_eq!(cast(&db, 1).await, "1 hero 7, 2 wit 50");
        assert_eq!(cast(&db, 2).await, "2 king 70");
        assert!(matches!(actors().update_pivot(&db, 1, values! {}).await, Err(Error::Config { .. })));
    }
}

// C-183, C-184, B-375, B-376
#[tokio::test]
async fn created_and_attached() {
    for db in films().await {
        let one = Film::find_or_fail(&db, 1).await.unwrap();
        let actors = || one.related(Film::actors);
        let (texts, eve) = sent(&db, actors().create(&db, Actor::draft().name("Eve"))).await;
        assert_eq!((texts.as_str(), eve.id), ("insert insert", 5));
        let named = ["Fay", "Gus"].map(|name| Actor::draft().name(name));
        let values = Casting::role.set("twin");
        let (texts, _) = sent(&db, actors().with_values(values).create_many(&db, named)).await;
        assert_eq!(texts, "insert insert");
        assert_eq!(cast(&db, 1).await, "1 hero 100, 2 fool 50, 5 extra, 6 twin, 7 twin");
        // Saved, and attached where they are not.
        let mut cid = Actor::find_or_fail(&db, 3).await.unwrap();
        cid.age = 50;
        actors().with_values(values! { fee: 3 }).save(&db, &mut cid).await.unwrap();
        actors().save(&db, &mut cid).await.unwrap();
        let mut new = [Record::new(Actor::draft().name("Hal")).unwrap()];
        actors().save_many(&db, &mut new).await.unwrap();
        assert_eq!(cast(&db, 1).await, "1 hero 100, 2 fool 50, 3 extra 3, 5 extra, 6 twin, 7 twin, 8 extra");
        assert_eq!(cid.fresh(&db).await.unwrap().unwrap().age, 50);
        // Who is there is attached.
        let two = Film::find_or_fail(&db, 2).await.unwrap();
        let by = || Actor::name.eq("Ann");
        let draft = || Actor::draft().name("Ann").age(9);
        let ann = two.related(Film::actors).first_or_create(&db, by(), draft()).await.unwrap();
        assert_eq!((ann.id, ann.age), (1, 0));
        let ann = two.related(Film::actors).update_or_create(&db, by(), draft()).await.unwrap();
        assert_eq!((ann.id, ann.age), (1, 9));
        let zoe =
            two.related(Film::actors).first_or_create(&db, Actor::name.eq("Zoe"), Actor::draft().name("Zoe"));
        assert!(zoe.await.unwrap().was_recently_created());
        assert_eq!(two.related(Film::actors).count(&db).await.unwrap(), 3);
        let zoe =
            two.related(Film::actors).first_or_new(&db, Actor::name.eq("Zoe"), Actor::draft().name("Zoe"));
        assert!(zoe.await.unwrap().exists());
        let kim =
            two.related(Film::actors).first_or_new(&db, Actor::name.eq("Kim"), Actor::draft().name("Kim"));
        assert!(!kim.await.unwrap().exists());
        let error =
            two.related(Film::actors).upsert(&db, [draft()], Actor::name, Actor::age).await.unwrap_err();
        assert!(error.to_string().contains("`update_or_create_many`"), "{error}");
        // All or none.
        let twice = actors().create_many(&db, ["Ida", "Ann"].map(|name| Actor::draft().name(name))).await;
        assert!(twice.unwrap_err().is_unique_violation());
        assert!(!Actor::query().where_eq(Actor::name, "Ida").exists(&db).await.unwrap());
        let new = Record::new(Film::draft().title("New")).unwrap();
        let error = new.related(Film::actors).attach(&db, [1]).await.unwrap_err();
        assert!(error.to_string().contains("not saved yet"), "{error}");
    }
}

// C-197
#[tokio::test]
async fn rows_that_are_attached_to_a_record_are_found() {
    for db in films().await {
        let actors = Actor::query().order_by(Actor::id).get(&db).await.unwrap();
        let films = || Film::query().order_by(Film::id);
        let titles = async |films: Query<Film>| films.pluck(&db, Film::title).await.unwrap();
        assert_eq!(titles(films().where_attached_to(Film::actors, &actors[0])).await, ["One"]);
        assert_eq!(titles(films().where_attached_to(Film::actors, &actors[1])).await, ["One", "Two"]);
        assert_eq!(titles(films().where_attached_to(Film::actors, &actors[3])).await, [""; 0]);
        let either = films().where_eq(Film::title, "Two").or_where_attached_to(Film::actors, &actors[0]);
        assert_eq!(titles(either).await, ["One", "Two"]);
        assert_eq!(titles(films().where_attached_to_any(Film::actors, &actors[2..])).await, [""; 0]);
        assert_eq!(titles(films().where_attached_to_any(Film::actors, &actors[..2])).await, ["One", "Two"]);
        assert_eq!(titles(films().where_attached_to_any(Film::actors, &[])).await, [""; 0]);
        // Through a table without a model, and by a column that is not the key.
        let (one, place) = (&films().get(&db).await.unwrap()[0], Place::find_or_fail(&db, 2).await.unwrap());
        one.related(Film::places).attach(&db, [2]).await.unwrap();
        assert_eq!(titles(films().where_attached_to(Film::places, &place)).await, ["One"]);
        let old = Tag::query().where_eq(Tag::code, "old").first_or_fail(&db).await.unwrap();
        one.related(Film::tags).save(&db, &mut old.fresh(&db).await.unwrap().unwrap()).await.unwrap();
        assert_eq!(titles(films().where_attached_to(Film::tags, &old)).await, ["One"]);
    }
}

#[tokio::test]
async fn through_a_table_without_a_model() {
    for db in films().await {
        let one = Film::find_or_fail(&db, 1).await.unwrap();
        let places = || one.related(Film::places);
        let (texts, rows) = sent(&db, places().attach(&db, [1, 2])).await;
        assert_eq!((texts.as_str(), rows), ("insert", 2));
        let wanted = || [(2, values! { days: 3, night: true }), (3, values! { days: 1, night: false })];
        let (texts, changes) = sent(&db, places().sync(&db, wanted())).await;
        assert_eq!(texts, "select select delete insert update");
        assert_eq!(changed(&changes), (vec![3], vec![1], vec![2]));
        let (texts, _) = sent(&db, places().sync(&db, wanted())).await;
        assert_eq!(texts, "select select", "the same values are no change");
        let long = places().where_pivot("days", 3);
        assert_eq!(long.pluck(&db, Place::name).await.unwrap(), ["city"]);
        assert_eq!(places().update_pivot(&db, 3, values! { days: 8 }).await.unwrap(), 1);
        assert_eq!(places().where_pivot("days", 8).detach_all(&db).await.unwrap(), 1);
        let place = places().with_values(values! { days: 2 }).create(&db, Place::draft().name("lake"));
        let place = place.await.unwrap();
        let shooting = Shooting::query().where_eq(Shooting::place_id, place.id).sole(&db).await.unwrap();
        assert_eq!((shooting.film_id, shooting.days, shooting.night), (1, 2, false));
        assert!(places().attach(&db, [2]).await.unwrap_err().is_unique_violation());
    }
}

#[tokio::test]
async fn by_keys_of_text() {
    for db in films().await {
        let one = Film::find_or_fail(&db, 1).await.unwrap();
        one.related(Film::tags).attach(&db, ["new"]).await.unwrap();
        let changes = one.related(Film::tags).sync(&db, ["old"]).await.unwrap();
        assert_eq!((changes.attached, changes.detached), (vec!["old".to_owned()], vec!["new".to_owned()]));
        assert_eq!(one.related(Film::tags).pluck(&db, Tag::code).await.unwrap(), ["old"]);
    }
}

#[tokio::test]
async fn by_keys_that_the_rows_do_not_refer_to() {
    for db in films().await {
        for code in [Some("x"), Some("y"), None] {
            Label::draft().code(code.map(str::to_owned)).save(&db).await.unwrap();
        }
        let one = Film::find_or_fail(&db, 1).await.unwrap();
        let labels = || one.related(Film::labels);
        let codes = || Labelling::query().order_by(Labelling::label_code).pluck(&db, Labelling::label_code);
        // The codes, and the rows.
        let (texts, rows) = sent(&db, labels().attach(&db, [1])).await;
        assert_eq!((texts.as_str(), rows), ("select insert", 1));
        let (texts, changes) = sent(&db, labels().sync(&db, [2])).await;
        assert_eq!(texts, "select select select delete insert select", "and the keys of what was changed");
        assert_eq!(changed(&changes), (vec![2], vec![1], vec![]));
        let y = Label::find_or_fail(&db, 2).await.unwrap();
        let changes = labels().toggle(&db, [&y]).await.unwrap();
        assert_eq!(changed(&changes), (vec![], vec![2], vec![]));
        labels().attach(&db, [(1, Labelling::size.set(4)), (2, Labelling::size.set(5))]).await.unwrap();
        assert_eq!(codes().await.unwrap(), ["x", "y"]);
        assert_eq!(labels().update_pivot(&db, 2, Labelling::size.set(6)).await.unwrap(), 1);
        assert_eq!(labels().update_pivot(&db, 99, Labelling::size.set(6)).await.unwrap(), 0);
        let heavy = labels().where_pivot(Labelling::size, 6);
        assert_eq!(heavy.pluck(&db, Label::id).await.unwrap(), [2]);
        assert_eq!(labels().detach(&db, [1, 99]).await.unwrap(), 1);
        assert_eq!(codes().await.unwrap(), ["y"]);
        let error = labels().attach(&db, [1, 99]).await.unwrap_err();
        assert!(
            matches!(&error, Error::NotFound { model: "Label", key: Some(key) } if key == "99"),
            "{error}"
        );
        let error = labels().attach(&db, [3]).await.unwrap_err();
        assert!(error.to_string().contains("the `Label` 3 has no `code`"), "{error}");
        assert_eq!(codes().await.unwrap(), ["y"]);
    }
}

// C-180, C-181
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_changes_the_same_rows_waits() {
    for db in films().await {
        let one = Film::find_or_fail(&db, 1).await.unwrap();
        let there = || {
            let rows = Casting::query().where_eq(Casting::film_id, 1).order_by(Casting::actor_id);
            rows.pluck(&db, Casting::actor_id)
        };
        for round in 0..25 {
            one.related(Film::actors).detach_all(&db).await.unwrap();
            let syncs = [[1, 2, 3], [2, 3, 4]].map(|wanted| {
                let (db, actors) = (db.clone(), one.related(Film::actors));
                tokio::spawn(async move { actors.sync(&db, wanted).await.map(drop) })
            });
            for sync in syncs {
                sync.await.unwrap().unwrap();
            }
            let standing = there().await.unwrap();
            assert!([[1, 2, 3], [2, 3, 4]].iter().any(|wanted| standing == wanted), "{round}: {standing:?}");

            // What each of two does is undone by the other.
            let toggles = [(); 2].map(|()| {
                let (db, actors) = (db.clone(), one.related(Film::actors));
                tokio::spawn(async move { actors.toggle(&db, [1, 4]).await.map(drop) })
            });
            for toggle in toggles {
                toggle.await.unwrap().unwrap();
            }
            assert_eq!(there().await.unwrap(), standing, "{round}");

            // Nothing that either adds is lost, or there twice.
            one.related(Film::actors).detach_all(&db).await.unwrap();
            let both = [[1, 2], [2, 3]].map(|wanted| {
                let (db, actors) = (db.clone(), one.related(Film::actors));
                tokio::spawn(async move { actors.sync_without_detaching(&db, wanted).await.map(drop) })
            });
            for sync in both {
                sync.await.unwrap().unwrap();
            }
            assert_eq!(there().await.unwrap(), [1, 2, 3], "{round}");
        }
    }
}

// C-184
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_two_make_at_once_is_attached_once() {
    for db in films().await {
        let one = Film::find_or_fail(&db, 1).await.unwrap();
        for round in 0..15 {
            let name = format!("New {round}");
            let made = [(); 3].map(|()| {
                let (db, actors, name) = (db.clone(), one.related(Film::actors), name.clone());
                tokio::spawn(async move {
                    let draft = Actor::draft().name(&name);
                    actors.first_or_create(&db, Actor::name.eq(name), draft).await.map(|actor| actor.id)
                })
            });
            let mut ids = Vec::new();
            for actor in made {
                ids.push(actor.await.unwrap().unwrap());
            }
            assert!(ids.iter().all(|id| *id == ids[0]), "{round}: {ids:?}");
            let rows = || Casting::query().where_eq(Casting::film_id, 1).where_eq(Casting::actor_id, ids[0]);
            assert_eq!(rows().count(&db).await.unwrap(), 1, "{round}");

            one.related(Film::actors).detach(&db, [ids[0]]).await.unwrap();
            let saved = [(); 3].map(|()| {
                let (db, actors, id) = (db.clone(), one.related(Film::actors), ids[0]);
                tokio::spawn(async move {
                    let mut actor = Actor::find_or_fail(&db, id).await?;
                    actors.save(&db, &mut actor).await
                })
            });
            for save in saved {
                save.await.unwrap().unwrap();
            }
            assert_eq!(rows().count(&db).await.unwrap(), 1, "{round}");
        }
    }
}
