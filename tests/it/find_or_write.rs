//! Rows that are found, or written where they are not there: one and many, alone and in a race.

use std::{
    future::Future,
    sync::{Arc, Mutex},
};

use atlas::{Complete, Error, ModelEvent, prelude::*};
use chrono::{DateTime, Utc};

use crate::support::{Databases, databases, sent};

#[derive(Model, Debug)]
#[unique(game, name)]
struct Player {
    id: i64,
    #[default("chess")]
    game: String,
    name: String,
    #[unique]
    email: Option<String>,
    #[default(0)]
    points: i32,
    #[default(true)]
    active: bool,
}

async fn players() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Player]).await.unwrap();
        Player::insert(db, ["ann", "bob"].map(|name| Player::draft().name(name).points(10))).await.unwrap();
    }
    databases
}

fn drafts<const N: usize>(names: [&str; N]) -> [impl Complete<Player> + Clone + Send + 'static; N] {
    names.map(|name| Player::draft().name(name).points(1))
}

fn shown(players: &[Record<Player>]) -> Vec<(&str, i32)> {
    players.iter().map(|player| (player.name.as_str(), player.points)).collect()
}

// 004-28, B-297
#[tokio::test]
async fn fetch_or_new_many_finds_rows_with_one_select() {
    for db in players().await {
        let names = ["new", "bob", "other", "ann"];
        let fetch = async || Player::fetch_or_new_many(&db, Player::name, drafts(names)).await.unwrap();
        let (statements, mut found) = sent(&db, fetch).await;
        assert_eq!(statements, 1);
        assert_eq!(shown(&found), [("new", 1), ("bob", 10), ("other", 1), ("ann", 10)]);
        assert_eq!(
            found.iter().map(|player| player.exists()).collect::<Vec<_>>(),
            [false, true, false, true]
        );
        assert_eq!(Player::query().count(&db).await.unwrap(), 2, "nothing is written");
        found[0].save(&db).await.unwrap();
        assert_eq!(Player::query().count(&db).await.unwrap(), 3);

        let twice =
            Player::fetch_or_new_many(&db, Player::name, drafts(["x", "ann", "x", "ann"])).await.unwrap();
        assert_eq!(shown(&twice), [("x", 1), ("ann", 10), ("x", 1), ("ann", 10)]);
        assert!(twice[1].is(&twice[3]) && twice[3].exists() && !twice[2].exists());
        let none = async || Player::fetch_or_new_many(&db, Player::name, drafts([])).await.unwrap();
        let (statements, none) = sent(&db, none).await;
        assert!(statements == 0 && none.is_empty());
    }
}

// 004-29, B-298, Y-16
#[tokio::test]
async fn fetch_or_create_many_inserts_what_is_not_there_with_one_insert() {
    for db in players().await {
        let names = ["new", "bob", "other", "new", "ann"];
        let create = async || Player::fetch_or_create_many(&db, Player::name, drafts(names)).await.unwrap();
        let (statements, found) = sent(&db, create).await;
        assert_eq!(statements, 2, "a select and an insert");
        assert_eq!(shown(&found), [("new", 1), ("bob", 10), ("other", 1), ("new", 1), ("ann", 10)]);
        let created: Vec<_> = found.iter().map(|player| player.was_recently_created()).collect();
        assert_eq!(created, [true, false, true, false, false]);
        assert!(found[0].is(&found[3]) && found[0].id > 0);
        let (statements, again) = sent(&db, create).await;
        assert_eq!(statements, 1);
        assert!(again.iter().zip(&found).all(|(again, found)| again.is(found)));
        assert_eq!(Player::query().count(&db).await.unwrap(), 4);
    }
}

// 004-30, B-299, Y-16
#[tokio::test]
async fn update_or_create_many_sends_what_differs_and_one_insert() {
    for db in players().await {
        let named = |name, points| Player::draft().name(name).points(points);
        let payload =
            || [named("new", 1), named("bob", 11), named("other", 2), named("ann", 10), named("new", 3)];
        let update = async || Player::update_or_create_many(&db, Player::name, payload()).await.unwrap();
        let (statements, written) = sent(&db, update).await;
        assert_eq!(statements, 3, "a select, an update of bob, and an insert");
        assert_eq!(shown(&written), [("new", 3), ("bob", 11), ("other", 2), ("ann", 10), ("new", 3)]);
        assert!(written[0].was_recently_created() && written[0].is(&written[4]));
        assert!(written[1].was_changed(Player::points) && !written[3].was_changed(()));
        let (statements, _) = sent(&db, update).await;
        assert_eq!(statements, 1, "nothing differs");

        // What a draft leaves out stays, of a row that is there.
        Player::query().where_eq(Player::name, "ann").update(&db, Player::active.set(false)).await.unwrap();
        let payload = [named("ann", 1), Player::draft().name("ann").email("ann@example.com").points(2)];
        let ann = Player::update_or_create_many(&db, Player::name, payload).await.unwrap();
        let row = Player::query().where_eq(Player::name, "ann").sole(&db).await.unwrap();
        assert_eq!((row.points, row.active, row.email.as_deref()), (2, false, Some("ann@example.com")));
        assert_eq!(shown(&ann), [("ann", 2), ("ann", 2)]);
        assert_eq!(Player::query().count(&db).await.unwrap(), 4);
    }
}

// B-297
#[tokio::test]
async fn rows_are_found_by_several_columns() {
    for db in players().await {
        let at = |game, name, points| Player::draft().game(game).name(name).points(points);
        let payload = [at("go", "ann", 1), at("chess", "ann", 2), at("go", "bob", 3)];
        let by = || (Player::game, Player::name);
        let update = async || Player::update_or_create_many(&db, by(), payload.clone()).await.unwrap();
        let (statements, written) = sent(&db, update).await;
        assert_eq!((statements, written.len()), (3, 3));
        let rows = Player::query().order_by(Player::game).order_by(Player::name).get(&db).await.unwrap();
        let rows: Vec<_> =
            rows.iter().map(|row| (row.game.as_str(), row.name.as_str(), row.points)).collect();
        assert_eq!(rows, [("chess", "ann", 2), ("chess", "bob", 10), ("go", "ann", 1), ("go", "bob", 3)]);
        let found =
            Player::fetch_or_create_many(&db, by(), [at("go", "bob", 9), at("go", "cid", 9)]).await.unwrap();
        assert_eq!(shown(&found), [("bob", 3), ("cid", 9)]);
    }
}

// B-297
#[tokio::test]
async fn a_draft_without_the_key_is_an_error() {
    for db in players().await {
        let some = || Player::draft().name("ann").email("ann@example.com");
        let none = || Player::draft().name("bob");
        let error = Player::fetch_or_new_many(&db, Player::game, [none()]).await.unwrap_err().to_string();
        assert!(error.contains("draft 1 has no value for `game`") && error.contains("`Player`"), "{error}");
        for (number, drafts) in [(1, [some().email(None), some()]), (2, [some(), some().email(None)])] {
            let error = Player::fetch_or_create_many(&db, Player::email, drafts.clone()).await.unwrap_err();
            assert!(
                error.to_string().contains(&format!("draft {number} has no value for `email`")),
                "{error}"
            );
            let error =
                Player::update_or_create_many(&db, (Player::name, Player::email), drafts).await.unwrap_err();
            assert!(matches!(error, Error::Config { .. }), "{error}");
        }
        let error = Player::update_or_create_many(&db, (), [some()]).await.unwrap_err().to_string();
        assert!(error.contains("name at least one"), "{error}");
        assert_eq!(Player::query().count(&db).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn many_are_written_all_or_none() {
    for db in players().await {
        Player::insert(&db, [Player::draft().name("cid").email("taken")]).await.unwrap();
        let payload = || {
            let draft = |name, email: Option<&str>| {
                Player::draft().name(name).points(1).email(email.map(str::to_owned))
            };
            [draft("ann", Some("free")), draft("new", None), draft("other", Some("taken"))]
        };
        let error = Player::update_or_create_many(&db, Player::name, payload()).await.unwrap_err();
        assert!(error.is_unique_violation(), "{error}");
        let error = Player::fetch_or_create_many(&db, Player::name, payload()).await.unwrap_err();
        assert!(error.is_unique_violation(), "{error}");
        // A transaction around it goes on.
        db.transaction(async |tx| {
            let error = Player::fetch_or_create_many(&tx, Player::name, payload()).await.unwrap_err();
            assert!(error.is_unique_violation(), "{error}");
            let error = Player::update_or_create_many(&tx, Player::name, payload()).await.unwrap_err();
            assert!(error.is_unique_violation(), "{error}");
            let by = Player::name.eq("other");
            let draft = Player::draft().name("other").email("taken");
            assert!(Player::update_or_create(&tx, by, draft).await.unwrap_err().is_unique_violation());
            Player::draft().name("after").save(&tx).await.map(|_| ())
        })
        .await
        .unwrap();
        let rows = Player::query().order_by(Player::id).get(&db).await.unwrap();
        assert_eq!(shown(&rows), [("ann", 10), ("bob", 10), ("cid", 0), ("after", 0)]);
        assert!(rows[0].email.is_none());
    }
}

// 004-23, 004-25, B-155, C-127
#[tokio::test]
async fn what_is_new_has_what_it_was_looked_for_by() {
    for db in players().await {
        let by = || Player::game.eq("go").and(Player::active.eq(false)).and(Player::points.gt(3));
        let new = Player::first_or_new(&db, by(), Player::draft().name("x")).await.unwrap();
        assert_eq!((new.game.as_str(), new.active, new.points), ("go", false, 0));
        let draft = || Player::draft().name("x").points(5);
        let created = Player::first_or_create(&db, by(), draft()).await.unwrap();
        let again = Player::first_or_create(&db, by(), draft()).await.unwrap();
        assert!(created.was_recently_created() && again.is(&created));
        // What the draft says stands, and what is no plain value is not taken over.
        let by = Player::name.eq("y").and(Player::game.eq("y").or(Player::active.eq(false)));
        let other = Player::update_or_create(&db, by, Player::draft().name("z")).await.unwrap();
        assert_eq!((other.name.as_str(), other.game.as_str(), other.active), ("z", "chess", true));
        let by = Player::email.is_null().and(Player::name.eq("none")).and(Player::points.eq(7));
        let none = Player::first_or_create(&db, by, Player::draft().name("none")).await.unwrap();
        assert_eq!((none.email.as_deref(), none.points), (None, 7));
    }
}

#[derive(Model, Debug)]
struct Visit {
    id: i64,
    #[unique]
    at: DateTime<Utc>,
    #[default(0)]
    visits: i32,
}

// B-297
#[tokio::test]
async fn times_are_keys_however_fine_they_are() {
    for db in databases().await {
        db.create_tables(models![Visit]).await.unwrap();
        let at = "2026-02-03T04:05:06.123456789Z".parse::<DateTime<Utc>>().unwrap();
        for visits in 1..=2 {
            let written =
                Visit::update_or_create_many(&db, Visit::at, [Visit::draft().at(at).visits(visits)]);
            assert_eq!(written.await.unwrap()[0].visits, visits);
        }
        let found = Visit::fetch_or_create_many(&db, Visit::at, [Visit::draft().at(at)]).await.unwrap();
        assert_eq!((found[0].visits, Visit::query().count(&db).await.unwrap()), (2, 1));
    }
}

#[tokio::test]
async fn thousands_are_found_and_written() {
    for db in players().await {
        let names: Vec<String> = (0..3_000).map(|number| format!("p{number}")).collect();
        let payload = |step: usize| {
            let names = names.iter().step_by(step);
            names.map(|name| Player::draft().name(name.as_str()).points(2)).collect::<Vec<_>>()
        };
        let half = Player::fetch_or_create_many(&db, Player::name, payload(2)).await.unwrap();
        assert_eq!(half.len(), 1_500);
        let all =
            Player::update_or_create_many(&db, (Player::name, Player::points), payload(1)).await.unwrap();
        assert!(all.iter().map(|player| &player.name).eq(&names));
        assert!(all.iter().step_by(2).zip(&half).all(|(one, other)| one.is(other)));
        assert_eq!(Player::query().count(&db).await.unwrap(), 3_002);
    }
}

/// Runs the same several times at once: what each gave.
async fn raced<T, Fut>(times: i32, work: impl Fn(i32) -> Fut) -> Vec<T>
where
    T: Send + 'static,
    Fut: Future<Output = Result<T>> + Send + 'static,
{
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..times {
        tasks.spawn(work(number));
    }
    tasks.join_all().await.into_iter().map(Result::unwrap).collect()
}

// X-10, Y-17, 004-26, 004-27, B-296
#[tokio::test]
async fn two_at_once_who_add_a_point_give_two() {
    for db in players().await {
        for name in ["ann", "new"] {
            let before = if name == "ann" { 10 } else { 0 };
            let by = move || Player::game.eq("chess").and(Player::name.eq(name));
            // In a transaction of the caller's the row stays locked until its end.
            let work = |_| {
                let db = db.clone();
                async move {
                    let work = async |tx: Db| {
                        let mut player =
                            Player::update_or_create(&tx, by(), Player::draft().name(name)).await?;
                        player.points += 1;
                        player.save(&tx).await
                    };
                    db.tx().retry(10).run(work).await
                }
            };
            raced(2, work).await;
            let points = async || Player::query().filter(by()).sole_value(&db, Player::points).await.unwrap();
            assert_eq!(points().await, before + 2);
            raced(16, work).await;
            assert_eq!(points().await, before + 18);
        }
    }
}

// X-10, Y-17, C-130
#[tokio::test]
async fn a_counter_counts_every_time() {
    for db in players().await {
        let by = || Player::game.eq("chess").and(Player::name.eq("new"));
        let work = |_| {
            let db = db.clone();
            async move {
                let draft = Player::draft().name("new").points(1);
                Player::update_or_create_with(&db, by(), draft, |player| player.points += 1).await
            }
        };
        let players = raced(32, work).await;
        let mut points: Vec<i32> = players.iter().map(|player| player.points).collect();
        points.sort_unstable();
        assert!(points.into_iter().eq(1..=32), "each saw what the one before had left");
        assert_eq!(players.iter().filter(|player| player.was_recently_created()).count(), 1);
        assert_eq!(Player::query().filter(by()).sole_value(&db, Player::points).await.unwrap(), 32);
    }
}

// X-10, Y-17
#[tokio::test]
async fn who_is_later_updates_the_row_of_who_was_faster() {
    for db in players().await {
        let work = |points| {
            let db = db.clone();
            async move {
                let by = Player::game.eq("chess").and(Player::name.eq("new"));
                let player =
                    Player::update_or_create(&db, by, Player::draft().name("new").points(points)).await?;
                Ok((player.id, player.points == points))
            }
        };
        let ids = raced(32, work).await;
        assert!(ids.iter().all(|(id, set)| *id == ids[0].0 && *set), "{ids:?}");
        // Many at once who look for what is not there are in nobody's way.
        let work = |number: i32| {
            let db = db.clone();
            async move {
                let name = format!("new {number}");
                let by = Player::name.eq(name.as_str());
                Player::update_or_create(&db, by, Player::draft().name(name.as_str())).await
            }
        };
        assert!(raced(32, work).await.iter().all(|player| player.was_recently_created()));
    }
}

// B-299, Y-16, Y-17
#[tokio::test]
async fn many_at_once_write_each_row_once() {
    for db in players().await {
        let names = |number: i32| {
            let mut names: Vec<String> = (0..20).map(|name| format!("p{}", (name + number) % 25)).collect();
            if number % 2 == 0 {
                names.reverse();
            }
            names
        };
        let draft = |name: &String| Player::draft().name(name.as_str());
        let create = |number| {
            let db = db.clone();
            let drafts: Vec<_> = names(number).iter().map(draft).collect();
            async move { Player::fetch_or_create_many(&db, Player::name, drafts).await.map(|all| all.len()) }
        };
        assert_eq!(raced(10, create).await, [20; 10]);
        assert_eq!(Player::query().filter(Player::name.starts_with("p")).count(&db).await.unwrap(), 25);
        Player::query().filter(Player::name.starts_with("p")).delete(&db).await.unwrap();
        let update = |number| {
            let db = db.clone();
            let drafts: Vec<_> = names(number).iter().map(|name| draft(name).points(number)).collect();
            async move {
                let all = Player::update_or_create_many(&db, Player::name, drafts).await?;
                Ok(all.iter().all(|player| player.points == number))
            }
        };
        assert_eq!(raced(10, update).await, [true; 10]);
        assert_eq!(Player::query().filter(Player::name.starts_with("p")).count(&db).await.unwrap(), 25);
    }
}

// X-10, C-128
#[tokio::test]
async fn a_row_that_came_since_a_transaction_began_is_found() {
    for db in players().await {
        if db.driver_name() == "sqlite" {
            continue; // One transaction writes at a time.
        }
        let by = |name| Player::game.eq("chess").and(Player::name.eq(name));
        let draft = |name: &'static str| Player::draft().name(name);
        let tx = db.begin().await.unwrap();
        assert_eq!(Player::query().count(&tx).await.unwrap(), 2);
        for name in ["a", "b", "c", "d"] {
            draft(name).points(5).save(&db).await.unwrap();
        }
        let found = Player::first_or_create(&tx, by("a"), draft("a")).await.unwrap();
        assert_eq!((found.was_recently_created(), found.points), (false, 5));
        let found = Player::update_or_create(&tx, by("b"), draft("b").points(6)).await.unwrap();
        assert_eq!((found.was_recently_created(), found.points), (false, 6));
        let found = Player::fetch_or_create_many(&tx, Player::name, drafts(["c", "e"])).await.unwrap();
        assert_eq!(shown(&found), [("c", 5), ("e", 1)]);
        let found = Player::update_or_create_many(&tx, Player::name, drafts(["d", "f"])).await.unwrap();
        assert!(!found[0].was_recently_created() && found[1].was_recently_created());
        tx.commit().await.unwrap();
        let rows = Player::query().order_by(Player::name).get(&db).await.unwrap();
        let expected = [("a", 5), ("ann", 10), ("b", 6), ("bob", 10), ("c", 5), ("d", 1), ("e", 1), ("f", 1)];
        assert_eq!(shown(&rows), expected);
    }
}

// 004-14, 004-29, 004-30, B-298, B-299, X-10
#[tokio::test]
async fn observers_are_told_of_each_record() {
    for db in players().await {
        let told = Arc::new(Mutex::new(Vec::new()));
        for event in [ModelEvent::Creating, ModelEvent::Created, ModelEvent::Updating, ModelEvent::Updated] {
            let told = told.clone();
            db.on::<Player, _>(event, move |_, player| {
                told.lock().unwrap().push(format!("{event} {}", player.name));
                Box::pin(async { Ok(()) })
            });
        }
        // A point for each update.
        let counting = db.on::<Player, _>(ModelEvent::Updating, |_, player| {
            Box::pin(async {
                player.points += 1;
                Ok(())
            })
        });
        let seen = || std::mem::take(&mut *told.lock().unwrap());
        Player::fetch_or_create_many(&db, Player::name, drafts(["x", "ann", "y"])).await.unwrap();
        assert_eq!(seen(), ["creating x", "created x", "creating y", "created y"]);
        Player::update_or_create_many(&db, Player::name, drafts(["z", "ann", "x"])).await.unwrap();
        assert_eq!(seen(), ["updating ann", "updated ann", "creating z", "created z"]);
        let ann = || Player::query().where_eq(Player::name, "ann").sole_value(&db, Player::points);
        assert_eq!(ann().await.unwrap(), 2);

        // Two at once give two points more: whoever is later sees what was written.
        let flip = |active: bool| {
            let db = db.clone();
            async move {
                let by = Player::game.eq("chess").and(Player::name.eq("ann"));
                let change = |player: &mut Record<Player>| player.active = !player.active;
                let draft = Player::draft().name("ann").active(active);
                Player::update_or_create_with(&db, by, draft, change).await
            }
        };
        raced(8, |_| flip(true)).await;
        assert_eq!(ann().await.unwrap(), 10);

        // What an observer aborts is undone for all.
        counting.stop();
        db.on::<Player, _>(ModelEvent::Creating, |_, player| {
            let refused = player.name == "no";
            Box::pin(async move { if refused { Err(Error::aborted("no")) } else { Ok(()) } })
        });
        let before = Player::query().count(&db).await.unwrap();
        let many = Player::update_or_create_many(&db, Player::name, drafts(["new", "bob", "no"])).await;
        assert!(matches!(many, Err(Error::Aborted { .. })));
        let many = Player::fetch_or_create_many(&db, Player::name, drafts(["new", "no"])).await;
        assert!(matches!(many, Err(Error::Aborted { .. })));
        assert_eq!(Player::query().count(&db).await.unwrap(), before);
        let bob =
            Player::query().where_eq(Player::name, "bob").sole_value(&db, Player::points).await.unwrap();
        assert_eq!(bob, 10);
    }
}

#[derive(Model, Debug)]
struct Team {
    id: i64,
    name: String,
    #[has_many]
    members: HasMany<Member>,
    #[belongs_to_many(pivot = TeamTag)]
    tags: BelongsToMany<Tag, TeamTag>,
}

#[derive(Model, Debug)]
#[unique(team_id, name)]
struct Member {
    id: i64,
    team_id: i64,
    name: String,
    #[default(0)]
    points: i32,
    #[belongs_to]
    team: BelongsTo<Team>,
}

#[derive(Model, Debug)]
struct Tag {
    id: i64,
    #[unique]
    name: String,
    #[default(0)]
    weight: i32,
}

#[derive(Model, Debug)]
struct TeamTag {
    id: i64,
    team_id: i64,
    tag_id: i64,
}

// B-368, C-184, C-186
#[tokio::test]
async fn many_of_a_relation_are_found_or_written() {
    for db in databases().await {
        db.create_tables(models![Team, Member, Tag, TeamTag]).await.unwrap();
        let teams =
            Team::create_many(&db, ["one", "two"].map(|name| Team::draft().name(name))).await.unwrap();
        let (one, two) = (&teams[0], &teams[1]);
        let member = |name, points| Member::draft().name(name).points(points);
        two.related(Team::members).create(&db, member("ann", 5)).await.unwrap();
        let payload = || [member("ann", 1), member("bob", 2)];
        let create = async || {
            one.related(Team::members).fetch_or_create_many(&db, Member::name, payload()).await.unwrap()
        };
        let (statements, mine) = sent(&db, create).await;
        assert_eq!(statements, 2);
        assert!(mine.iter().all(|member| member.team_id == one.id && member.was_recently_created()));
        let payload = [member("bob", 3), member("cid", 4)];
        let theirs =
            two.related(Team::members).update_or_create_many(&db, Member::name, payload).await.unwrap();
        assert!(theirs.iter().all(|member| member.team_id == two.id && member.was_recently_created()));
        let again = two.related(Team::members).update_or_create_many(&db, Member::name, [member("cid", 9)]);
        assert!(again.await.unwrap()[0].is(&theirs[1]));
        let points =
            Member::query().order_by(Member::team_id).order_by(Member::name).pluck(&db, Member::points);
        assert_eq!(points.await.unwrap(), [1, 2, 5, 3, 9]);
        let none: [_; 0] = [];
        let error =
            one.related(Team::members).fetch_or_create_many(&db, (), none.map(|(): ()| member("x", 0)));
        assert!(matches!(error.await, Err(Error::Config { .. })));

        // Through a table between, what is there and is none of the relation's becomes one.
        Tag::draft().name("old").save(&db).await.unwrap();
        let tags = |weight| ["new", "old", "new"].map(|name| Tag::draft().name(name).weight(weight));
        let found = one.related(Team::tags).fetch_or_create_many(&db, Tag::name, tags(1)).await.unwrap();
        assert_eq!(found.iter().map(|tag| tag.weight).collect::<Vec<_>>(), [1, 0, 1]);
        let found = one.related(Team::tags).update_or_create_many(&db, Tag::name, tags(2)).await.unwrap();
        assert!(found.iter().all(|tag| tag.weight == 2));
        assert_eq!(one.related(Team::tags).count(&db).await.unwrap(), 2);
        assert_eq!(TeamTag::query().count(&db).await.unwrap(), 2, "each once");
    }
}
