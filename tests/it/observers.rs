//! Who is told of what happens to records, in which order, and what may be done about it.

use std::sync::{Arc, Mutex};

use atlas::{AfterCommit, Error, Records, prelude::*, values};
use chrono::{DateTime, Utc};

use crate::support::{Databases, databases, sent};

#[derive(Model, Debug)]
#[timestamps]
#[touches(team)]
pub struct Member {
    pub id: i64,
    #[unique]
    pub name: String,
    #[default(0)]
    pub points: i32,
    #[default(sql = "'none'")]
    pub note: String,
    pub team_id: Option<i64>,
    pub updated_at: DateTime<Utc>,
    #[belongs_to]
    pub team: BelongsTo<Team>,
    #[belongs_to_many(pivot = Badge)]
    pub medals: BelongsToMany<Medal, Badge>,
}

#[derive(Model, Debug)]
#[timestamps]
#[soft_deletes]
pub struct Team {
    pub id: i64,
    pub name: String,
    pub updated_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
    #[has_many]
    pub members: HasMany<Member>,
}

#[derive(Model, Debug)]
pub struct Medal {
    pub id: i64,
    pub name: String,
    #[belongs_to_many(pivot = Badge)]
    pub members: BelongsToMany<Member, Badge>,
}

#[derive(Model, Debug)]
pub struct Badge {
    #[primary_key]
    pub member_id: i64,
    #[primary_key]
    pub medal_id: i64,
    #[default(1)]
    pub weight: i32,
}

async fn club() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Team, Member, Medal, Badge]).await.unwrap();
    }
    databases
}

/// What was told, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn taken(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap()).join(" ")
    }
}

struct Noting(Log, &'static str);

macro_rules! notes {
    ($($event:ident)*) => { $(
        async fn $event(&self, _: &Db, _: &mut Record<M>) -> Result<()> {
            self.0.note(format!("{}{}", self.1, stringify!($event)));
            Ok(())
        }
    )* };
}

impl<M: Model> Observer<M> for Noting {
    notes!(retrieved saving saved creating created updating updated restoring restored force_deleting force_deleted replicating);

    async fn deleting(&self, _: &Db, _: &mut Record<M>, soft: bool) -> Result<()> {
        self.0.note(format!("{}deleting:{}", self.1, if soft { "soft" } else { "hard" }));
        Ok(())
    }

    async fn deleted(&self, _: &Db, _: &mut Record<M>, soft: bool) -> Result<()> {
        self.0.note(format!("{}deleted:{}", self.1, if soft { "soft" } else { "hard" }));
        Ok(())
    }
}

// 000-73…81, 002-12, 002-16…18, B-89…91, C-133, C-162, B-303
#[tokio::test]
async fn events_come_in_the_order_of_eloquent() {
    for db in club().await {
        let log = Log::default();
        db.observe::<Team>(Noting(log.clone(), ""));
        let mut team = Team::draft().name("one").save(&db).await.unwrap();
        assert_eq!(log.taken(), "saving creating created saved");

        team.name = "two".into();
        team.save(&db).await.unwrap();
        assert_eq!(log.taken(), "saving updating updated saved");
        let (statements, saved) = sent(&db, async || team.save(&db).await).await;
        saved.unwrap();
        assert_eq!((statements, log.taken().as_str()), (0, "saving saved"), "nothing dirty");

        team.touch(&db).await.unwrap();
        assert_eq!(log.taken(), "saving updating updated saved");
        team.delete(&db).await.unwrap();
        assert_eq!(log.taken(), "deleting:soft deleted:soft");
        team.restore(&db).await.unwrap();
        assert_eq!(log.taken(), "restoring saving updating updated saved restored");
        assert!(Team::find(&db, team.id).await.unwrap().is_some());
        assert_eq!(log.taken(), "retrieved");
        let mut copy = team.replicate(&db).await.unwrap();
        assert_eq!(log.taken(), "replicating");
        copy.save(&db).await.unwrap();
        assert_eq!(log.taken(), "saving creating created saved");
        team.force_delete(&db).await.unwrap();
        assert_eq!(log.taken(), "force_deleting deleting:hard deleted:hard force_deleted");

        db.observe::<Member>(Noting(log.clone(), ""));
        let mut ann = Member::draft().name("Ann").save(&db).await.unwrap();
        log.taken();
        ann.delete(&db).await.unwrap();
        assert_eq!(log.taken(), "deleting:hard deleted:hard", "no soft deletes, none forced");
    }
}

// 000-73, B-93, 004-08, 004-09, B-88: several observers, in the order of registration; each may be taken away again.
#[tokio::test]
async fn observers_are_told_in_the_order_in_which_they_came() {
    for db in club().await {
        let log = Log::default();
        let first = db.observe::<Medal>(Noting(log.clone(), "a:"));
        let told = log.clone();
        db.on::<Medal, _>(ModelEvent::Saving, move |_, medal| {
            let told = told.clone();
            Box::pin(async move {
                told.note(format!("closure:{}", medal.name));
                Ok(())
            })
        });
        db.observe::<Medal>(Noting(log.clone(), "b:"));
        let mut gold = Medal::draft().name("gold").save(&db).await.unwrap();
        let all = "a:saving closure:gold b:saving a:creating b:creating a:created b:created a:saved b:saved";
        assert_eq!(log.taken(), all);
        first.stop();
        gold.save(&db).await.unwrap();
        assert_eq!(log.taken(), "closure:gold b:saving b:saved");

        // Other models are not told of, nor other databases.
        Team::draft().name("one").save(&db).await.unwrap();
        let other = Db::connect("sqlite::memory:").await.unwrap();
        other.create_tables(models![Medal]).await.unwrap();
        Medal::draft().name("tin").save(&other).await.unwrap();
        assert_eq!(log.taken(), "");
    }
}

/// Makes names lower case, and refuses some.
struct Rules;

impl Observer<Member> for Rules {
    async fn saving(&self, _: &Db, member: &mut Record<Member>) -> Result<()> {
        member.name = member.name.to_lowercase();
        if member.name == "bad" {
            return Err(Error::aborted("a bad name"));
        }
        Ok(())
    }

    async fn creating(&self, _: &Db, member: &mut Record<Member>) -> Result<()> {
        assert!(!member.exists());
        member.points = 7;
        if member.name == "noted" {
            member.note = "by hand".into();
        }
        Ok(())
    }

    async fn updating(&self, _: &Db, member: &mut Record<Member>) -> Result<()> {
        assert!(member.exists() && member.is_dirty(()));
        member.note = format!("was {}", member.original(Member::name)?);
        Ok(())
    }

    async fn deleting(&self, _: &Db, member: &mut Record<Member>, _: bool) -> Result<()> {
        if member.name == "stays" { Err(Error::aborted("it stays")) } else { Ok(()) }
    }
}

// Y-02, Y-06, B-262, B-220: what hooks change is written.
#[tokio::test]
async fn hooks_change_what_is_written() {
    for db in club().await {
        db.observe::<Member>(Rules);
        let mut ann = Member::draft().name("ANN").save(&db).await.unwrap();
        assert_eq!((ann.name.as_str(), ann.points, ann.note.as_str()), ("ann", 7, "none"));
        let row = Member::find_or_fail(&db, ann.id).await.unwrap();
        assert_eq!((row.name.as_str(), row.points, row.note.as_str()), ("ann", 7, "none"));
        let noted = Member::draft().name("Noted").save(&db).await.unwrap();
        assert_eq!(Member::find_or_fail(&db, noted.id).await.unwrap().note, "by hand");

        ann.name = "Anna".into();
        ann.save(&db).await.unwrap();
        assert_eq!(ann.dirty(), []);
        let row = Member::find_or_fail(&db, ann.id).await.unwrap();
        assert_eq!((row.name.as_str(), row.note.as_str()), ("anna", "was ann"));

        // A hook may also take the change back: then nothing is sent.
        ann.name = "ANNA".into();
        let (statements, saved) = sent(&db, async || ann.save(&db).await).await;
        saved.unwrap();
        assert_eq!(statements, 0);
    }
}

fn is_aborted(result: Result<impl Sized>, event: &str) -> bool {
    matches!(result.err(), Some(Error::Aborted { model: "Member", event: at, .. }) if at == event)
}

// X-06, 002-16, B-280, C-163, 002-42, B-206: an aborted operation has written nothing, however it came.
#[tokio::test]
async fn an_observer_stops_whatever_writes() {
    for db in club().await {
        db.observe::<Member>(Rules);
        let draft = || Member::draft().name("bad");
        let error = draft().save(&db).await.unwrap_err();
        assert_eq!(error.to_string(), "`saving` of `Member` was aborted: a bad name");
        assert!(is_aborted(Member::create(&db, draft()).await, "saving"));
        let many = ["one", "two", "bad"].map(|name| Member::draft().name(name));
        assert!(is_aborted(Member::create_many(&db, many).await, "saving"));
        assert!(is_aborted(Member::first_or_create(&db, Member::name.eq("x"), draft()).await, "saving"));
        assert!(is_aborted(Member::update_or_create(&db, Member::name.eq("x"), draft()).await, "saving"));

        // A graph, from above and from below, and what relations write.
        let team = Team::draft().name("t").members(["one", "bad"].map(|name| Member::draft().name(name)));
        assert!(is_aborted(team.save(&db).await, "saving"));
        let team = || Team::draft().name("t");
        assert!(is_aborted(draft().team(team()).save(&db).await, "saving"));
        assert_eq!(
            (Team::query().count(&db).await.unwrap(), Member::query().count(&db).await.unwrap()),
            (0, 0)
        );
        let mut team = team().save(&db).await.unwrap();
        assert!(is_aborted(team.related(Team::members).create(&db, draft()).await, "saving"));
        let many = ["one", "bad"].map(|name| Member::draft().name(name));
        assert!(is_aborted(team.related(Team::members).create_many(&db, many).await, "saving"));
        let medal = Medal::draft().name("gold").save(&db).await.unwrap();
        assert!(is_aborted(medal.related(Medal::members).create(&db, draft()).await, "saving"));
        let (members, badges) = (Member::query().count(&db), Badge::query().count(&db));
        assert_eq!((members.await.unwrap(), badges.await.unwrap()), (0, 0));

        // Records.
        let mut ann = team.related(Team::members).create(&db, Member::draft().name("ann")).await.unwrap();
        ann.name = "Bad".into();
        assert!(is_aborted(ann.save(&db).await, "saving"));
        assert!(is_aborted(team.related(Team::members).save(&db, &mut ann).await, "saving"));
        ann.name = "ann".into();
        team.load(&db, Team::members).await.unwrap();
        team.name = "pushed".into();
        team.members.get_mut().unwrap()[0].name = "bad".into();
        assert!(is_aborted(team.push(&db).await, "saving"));
        let row = Team::query().with(Team::members).find_or_fail(&db, team.id).await.unwrap();
        assert_eq!((row.name.as_str(), row.members.get().unwrap()[0].name.as_str()), ("t", "ann"));
        assert!(team.is_dirty(Team::name), "its own write was undone with it");

        let mut stays = Member::draft().name("stays").save(&db).await.unwrap();
        assert!(is_aborted(stays.delete(&db).await, "deleting"));
        assert!(stays.exists() && Member::find(&db, stays.id).await.unwrap().is_some());

        // In a transaction that goes on.
        db.transaction(async |tx| {
            Member::draft().name("kept").save(&tx).await?;
            assert!(is_aborted(Member::draft().name("bad").save(&tx).await, "saving"));
            Member::draft().name("kept too").save(&tx).await?;
            Ok(())
        })
        .await
        .unwrap();
        assert_eq!(Member::query().where_like(Member::name, "kept%").count(&db).await.unwrap(), 2);
    }
}

struct FailsAfter;

impl Observer<Member> for FailsAfter {
    async fn saved(&self, db: &Db, member: &mut Record<Member>) -> Result<()> {
        assert!(db.in_transaction());
        Medal::draft().name("written by the observer").save(db).await?;
        if member.points > 9 { Err(Error::config("no more than 9 points")) } else { Ok(()) }
    }
}

// B-307: what an observer writes is in the transaction of the write, and its error undoes both.
#[tokio::test]
async fn an_error_after_the_write_undoes_it() {
    for db in club().await {
        db.observe::<Member>(FailsAfter);
        let failed = Member::draft().name("ann").points(10).save(&db).await;
        assert_eq!(failed.unwrap_err().to_string(), "no more than 9 points");
        assert_eq!(
            (Member::query().count(&db).await.unwrap(), Medal::query().count(&db).await.unwrap()),
            (0, 0)
        );
        let mut ann = Member::draft().name("ann").points(9).save(&db).await.unwrap();
        assert_eq!(Medal::query().count(&db).await.unwrap(), 1);
        ann.points = 10;
        ann.save(&db).await.unwrap_err();
        assert!(ann.is_dirty(Member::points));
        assert_eq!(Member::find_or_fail(&db, ann.id).await.unwrap().points, 9);
    }
}

// Every way that writes a record tells of it; statements over many rows tell nobody.
#[tokio::test]
async fn every_record_that_is_written_is_told_of() {
    for db in club().await {
        let log = Log::default();
        db.observe::<Member>(Noting(log.clone(), ""));
        let inserted = "saving creating created saved";
        let updated = "saving updating updated saved";

        // One record each, in one transaction.
        let many = ["a", "b"].map(|name| Member::draft().name(name));
        let (statements, members) = sent(&db, async || Member::create_many(&db, many).await).await;
        assert_eq!(members.unwrap().len(), 2);
        assert_eq!(log.taken(), format!("{inserted} {inserted}"));
        assert!(statements >= 2);
        let quiet = ["c", "d"].map(|name| Member::draft().name(name));
        let (statements, _) =
            sent(&db, async || Member::create_many(&db.without_events(), quiet).await).await;
        assert!(statements <= 2, "{statements} statements where nobody listens");
        assert_eq!(log.taken(), "");

        let team = Team::draft().name("t").members([Member::draft().name("e")]).save(&db).await.unwrap();
        assert_eq!(log.taken(), inserted);
        Member::draft().name("f").team(Team::draft().name("u")).save(&db).await.unwrap();
        assert_eq!(log.taken(), inserted);
        let members = || team.related(Team::members);
        members().create(&db, Member::draft().name("g")).await.unwrap();
        assert_eq!(log.taken(), inserted);
        members().create_many(&db, ["h", "i"].map(|name| Member::draft().name(name))).await.unwrap();
        assert_eq!(log.taken(), format!("{inserted} {inserted}"));
        let mut j = Member::draft().name("j").save(&db.without_events()).await.unwrap();
        members().save(&db, &mut j).await.unwrap();
        assert_eq!(log.taken(), updated);
        let other = Team::draft().name("v").save(&db).await.unwrap();
        j.associate(Member::team, &other).save(&db).await.unwrap();
        assert_eq!(log.taken(), updated);
        let medal = Medal::draft().name("gold").save(&db).await.unwrap();
        medal.related(Medal::members).create(&db, Member::draft().name("k")).await.unwrap();
        assert_eq!(log.taken(), inserted);

        let by = || Member::name.eq("new");
        Member::first_or_create(&db, by(), Member::draft().name("new")).await.unwrap();
        assert_eq!(log.taken(), inserted);
        Member::update_or_create(&db, by(), Member::draft().name("new").points(3)).await.unwrap();
        assert_eq!(log.taken(), format!("retrieved {updated}"));
        let mut local =
            Member::first_or_new(&db, Member::name.eq("x"), Member::draft().name("x")).await.unwrap();
        assert_eq!(log.taken(), "");
        local.save(&db).await.unwrap();
        assert_eq!(log.taken(), inserted);

        let mut team = Team::query().with(Team::members).find_or_fail(&db, team.id).await.unwrap();
        log.taken();
        team.members.get_mut().unwrap()[0].points = 5;
        team.push(&db).await.unwrap();
        assert!(log.taken().contains(updated));

        // Bulk.
        Member::query().update(&db, Member::points.set(1)).await.unwrap();
        Member::query().increment(&db, Member::points, 1).await.unwrap();
        Member::insert(&db, [Member::draft().name("bulk")]).await.unwrap();
        let again = [Member::draft().name("bulk").points(2)];
        Member::upsert(&db, again, Member::name, Member::points).await.unwrap();
        Member::query().delete(&db).await.unwrap();
        assert_eq!(log.taken(), "");
    }
}

// C-166, C-132, 004-… : quietly, for one write or for a handle; never for others.
#[tokio::test]
async fn without_events_is_the_handles_alone() {
    for db in club().await {
        let log = Log::default();
        db.observe::<Team>(Noting(log.clone(), ""));
        let quiet = db.without_events();
        let mut team = Team::draft().name("t").save(&quiet).await.unwrap();
        team.name = "u".into();
        team.save_quietly(&db).await.unwrap();
        team.touch_quietly(&db).await.unwrap();
        team.delete_quietly(&db).await.unwrap();
        team.restore_quietly(&db).await.unwrap();
        team.replicate(&quiet).await.unwrap();
        Team::find_or_fail(&quiet, team.id).await.unwrap();
        quiet
            .transaction(async |tx| {
                team.name = "v".into();
                team.save(&tx).await
            })
            .await
            .unwrap();
        assert_eq!(log.taken(), "");
        team.name = "w".into();
        team.save(&db).await.unwrap();
        assert_eq!(log.taken(), "saving updating updated saved");
        team.force_delete_quietly(&db).await.unwrap();
        assert_eq!(log.taken(), "");

        // At the same time, one handle quiet and the other not.
        let (loud, silent) = (db.clone(), db.without_events());
        let told = tokio::spawn(async move { Team::draft().name("loud").save(&loud).await });
        let untold = tokio::spawn(async move { Team::draft().name("silent").save(&silent).await });
        told.await.unwrap().unwrap();
        untold.await.unwrap().unwrap();
        assert_eq!(log.taken(), "saving creating created saved");
    }
}

// C-165, B-307: told after the outermost commit, and of what was undone never.
#[tokio::test]
async fn after_commit_waits_for_the_outermost_commit() {
    for db in club().await {
        let log = Log::default();
        db.observe::<Team>(AfterCommit::of(Noting(log.clone(), "")));
        let kept = log.clone();
        let team = db
            .transaction(async |tx| {
                let mut team = Team::draft().name("t").save(&tx).await?;
                assert_eq!(kept.taken(), "saving creating");
                tx.transaction(async |inner| {
                    team.name = "u".into();
                    team.save(&inner).await
                })
                .await?;
                assert_eq!(kept.taken(), "saving updating");
                let undone = tx.begin().await?;
                Team::draft().name("undone").save(&undone).await?;
                undone.rollback().await?;
                kept.taken();
                Ok(team)
            })
            .await
            .unwrap();
        assert_eq!(log.taken(), "created saved updated saved");
        let failed: Result<()> = db
            .transaction(async |tx| {
                Team::draft().name("undone").save(&tx).await?;
                Err(Error::config("no"))
            })
            .await;
        failed.unwrap_err();
        assert_eq!(log.taken(), "saving creating");

        // Outside of a transaction: when the write has ended.
        let mut team = team;
        team.delete(&db).await.unwrap();
        assert_eq!(log.taken(), "deleting:soft deleted:soft");
        team.force_delete(&db).await.unwrap();
        assert_eq!(log.taken(), "force_deleting deleting:hard deleted:hard force_deleted");
    }
}

struct Welcome(Log);

impl Observer<Member> for Welcome {
    async fn created(&self, db: &Db, member: &mut Record<Member>) -> Result<()> {
        assert!(!db.in_transaction() && member.exists() && member.was_recently_created());
        // The row is there for everybody, and the handle is of use.
        let row = Member::find_or_fail(db, member.id).await?;
        self.0.note(format!("welcome {}", row.name));
        Err(Error::config("a failing welcome goes to the log"))
    }
}

#[tokio::test]
async fn after_commit_gives_the_record_as_it_was_and_a_free_handle() {
    for db in club().await {
        let log = Log::default();
        db.observe::<Member>(AfterCommit::of(Welcome(log.clone())));
        Member::draft().name("ann").save(&db).await.unwrap();
        assert_eq!(log.taken(), "welcome ann");
        db.transaction(async |tx| {
            Member::draft().name("bob").save(&tx).await?;
            Ok(())
        })
        .await
        .unwrap();
        assert_eq!(log.taken(), "welcome bob");
    }
}

// 000-73…83: the bus of all models.
#[tokio::test]
async fn one_closure_hears_of_all_models() {
    for db in club().await {
        let log = Log::default();
        let told = log.clone();
        let listening = db.observe_all(move |mut event| {
            let told = told.clone();
            Box::pin(async move {
                if event.event() == ModelEvent::Creating && event.model().name == "Medal" {
                    event.set("name", "set by the bus")?;
                    assert!(matches!(event.set("nome", 1), Err(Error::Config { .. })));
                    assert!(event.set("id", "x").is_err());
                }
                let (model, soft) = (event.model().name, if event.is_soft() { ":soft" } else { "" });
                let recent = if event.was_recently_created() { "!" } else { "" };
                told.note(format!("{model}:{}{soft}{recent}", event.event()));
                if let Some(team) = event.record::<Team>() {
                    team.name.push('.');
                }
                Ok(())
            })
        });
        let mut team = Team::draft().name("t").save(&db).await.unwrap();
        assert_eq!(log.taken(), "Team:saving Team:creating Team:created! Team:saved!");
        assert_eq!(Team::query().value(&db, Team::name).await.unwrap().as_deref(), Some("t.."));
        team.delete(&db).await.unwrap();
        assert_eq!(log.taken(), "Team:deleting:soft! Team:deleted:soft!");
        let medal = Medal::draft().name("gold").save(&db).await.unwrap();
        assert_eq!(medal.name, "set by the bus");
        log.taken();
        listening.stop();
        Medal::draft().name("silver").save(&db).await.unwrap();
        assert_eq!(log.taken(), "");
    }
}

// C-162, B-82: retrieved, for every record that a query gives.
#[tokio::test]
async fn every_record_that_is_read_is_told_of() {
    for db in club().await {
        let teams = ["t", "u"].map(|name| {
            Team::draft()
                .name(name)
                .members(["1", "2"].map(|place| Member::draft().name(format!("{name}{place}"))))
        });
        Team::create_many(&db, teams).await.unwrap();
        let log = Log::default();
        let told = log.clone();
        db.on::<Member, _>(ModelEvent::Retrieved, move |_, member| {
            member.set_extra("seen", 1);
            told.note(&*member.name);
            Box::pin(async { Ok(()) })
        });
        let all = Member::query().order_by(Member::id);
        assert_eq!(all.clone().get(&db).await.unwrap()[3].extra::<i32>("seen").unwrap(), 1);
        assert_eq!(log.taken(), "t1 t2 u1 u2");
        all.clone().first(&db).await.unwrap();
        Member::find_or_fail(&db, 2).await.unwrap();
        all.clone().where_eq(Member::id, 3).sole(&db).await.unwrap();
        assert_eq!(log.taken(), "t1 t2 u1");
        all.clone().paginate(&db, 2, 3).await.unwrap();
        all.clone().simple_paginate(&db, 2, 3).await.unwrap();
        all.clone().cursor_paginate(&db, 1, None).await.unwrap();
        assert_eq!(log.taken(), "u2 u2 t1");
        let mut cursor = all.clone().limit(2).cursor(&db);
        while cursor.try_next().await.unwrap().is_some() {}
        Member::query().chunk_by_id(&db, 3, |_| async { Ok(()) }).await.unwrap();
        assert_eq!(log.taken(), "t1 t2 t1 t2 u1 u2");

        // With their teams, beside them, and through one.
        let team = Team::query().with(Team::members.order_by(Member::id)).find_or_fail(&db, 1).await.unwrap();
        assert_eq!(log.taken(), "t1 t2");
        team.related(Team::members).where_eq(Member::name, "t2").get(&db).await.unwrap();
        let beside = Team::query().left_join(Team::members).order_by(Member::id);
        beside.get(&db).await.unwrap();
        assert_eq!(log.taken(), "t2 t1 t2 u1 u2");

        // Values are no records.
        all.clone().pluck(&db, Member::name).await.unwrap();
        all.clone().count(&db).await.unwrap();
        all.clone().select((Member::id, Member::name)).get(&db).await.unwrap();
        assert_eq!(log.taken(), "");
        assert_eq!(Member::query().get(&db.without_events()).await.unwrap().len(), 4);
        assert_eq!(log.taken(), "");
        let pushed: &mut [Record<Team>] = &mut [team];
        pushed.load(&db, Team::members).await.unwrap();
        assert_ne!(log.taken(), "");
        let _ = values! { weight: 1 };
    }
}

#[derive(Model, Debug)]
#[observed_by(Stamping("first"))]
#[observed_by(Stamping("second"), AfterCommit::of(Stamping("never")))]
pub struct Stamped {
    pub id: i64,
    #[default("")]
    pub stamps: String,
}

struct Stamping(&'static str);

impl Observer<Stamped> for Stamping {
    async fn creating(&self, _: &Db, stamped: &mut Record<Stamped>) -> Result<()> {
        if self.0 != "never" {
            stamped.stamps.push_str(self.0);
            stamped.stamps.push(' ');
        }
        Ok(())
    }
}

// B-92, B-93, C-109, 004-10: the model's own come first, in their order.
#[tokio::test]
async fn a_model_names_its_observers() {
    for db in databases().await {
        db.create_tables(models![Stamped]).await.unwrap();
        db.observe::<Stamped>(Stamping("third"));
        assert_eq!(Stamped::draft().save(&db).await.unwrap().stamps, "first second third ");
        assert_eq!(Stamped::draft().save(&db.without_events()).await.unwrap().stamps, "");
        let many = Stamped::create_many(&db, [Stamped::draft(), Stamped::draft()]).await.unwrap();
        assert!(many.iter().all(|stamped| stamped.stamps == "first second third "));
    }
}

/// Narrows what is read to members with few points, and notes what was read.
struct Reading(Log);

impl Observer<Member> for Reading {
    fn before_find(&self, _: &Db, query: Query<Member>) -> Result<Query<Member>> {
        self.0.note("before_find");
        Ok(query.where_lt(Member::points, 10))
    }

    async fn after_find(&self, _: &Db, member: &mut Record<Member>) -> Result<()> {
        self.0.note(format!("after_find:{}", member.name));
        Ok(())
    }

    fn before_fetch(&self, _: &Db, query: Query<Member>) -> Result<Query<Member>> {
        self.0.note("before_fetch");
        Ok(query.where_lt(Member::points, 10))
    }

    async fn after_fetch(&self, db: &Db, members: &mut [&mut Record<Member>]) -> Result<()> {
        // It may send statements of its own, and write what it likes into the records.
        let teams = Team::query().count(db).await?;
        for member in members.iter_mut() {
            member.set_extra("teams", i64::try_from(teams).unwrap());
        }
        self.0.note(format!("after_fetch:{}", members.len()));
        Ok(())
    }

    fn before_paginate(&self, _: &Db, query: Query<Member>) -> Result<Query<Member>> {
        self.0.note("before_paginate");
        Ok(query.where_gt(Member::points, 0))
    }

    async fn after_paginate(&self, _: &Db, page: &mut atlas::Page<Record<Member>>) -> Result<()> {
        self.0.note(format!("after_paginate:{}", page.total));
        page.data.retain(|member| member.name != "b");
        Ok(())
    }
}

async fn members(db: &Db) {
    let team = Team::draft().name("t").save(db).await.unwrap();
    let rows = [("a", 0), ("b", 5), ("c", 7), ("z", 50)];
    let drafts = rows.map(|(name, points)| Member::draft().name(name).points(points).team_id(team.id));
    Member::insert(db, drafts).await.unwrap();
}

// B-304…306: hooks around what models are read by.
#[tokio::test]
async fn queries_are_told_of_before_and_after() {
    for db in club().await {
        members(&db).await;
        let log = Log::default();
        db.observe::<Member>(Reading(log.clone()));
        let all = || Member::query().order_by(Member::id);
        assert_eq!(Member::find(&db, 1).await.unwrap().unwrap().name, "a");
        assert_eq!(log.taken(), "before_find after_find:a");
        assert!(Member::find(&db, 4).await.unwrap().is_none(), "narrowed");
        assert_eq!(log.taken(), "before_find");
        all().first(&db).await.unwrap();
        all().where_eq(Member::id, 2).sole(&db).await.unwrap();
        all().first_or_fail(&db).await.unwrap();
        assert_eq!(log.taken(), "before_find after_find:a before_find after_find:b before_find after_find:a");

        let fetched = all().get(&db).await.unwrap();
        assert_eq!((fetched.len(), fetched[2].extra::<i64>("teams").unwrap()), (3, 1));
        assert_eq!(Member::find_many(&db, [1, 4]).await.unwrap().len(), 1);
        assert_eq!(log.taken(), "before_fetch after_fetch:3 before_fetch after_fetch:1");
        Member::query().chunk(&db, 2, |_| async { Ok(()) }).await.unwrap();
        assert_eq!(log.taken(), "before_fetch after_fetch:2 after_fetch:1");
        let mut cursor = all().cursor(&db);
        while cursor.try_next().await.unwrap().is_some() {}
        assert!(log.taken().starts_with("before_fetch after_fetch:"));

        // A page: what is counted is narrowed too.
        let page = all().paginate(&db, 1, 2).await.unwrap();
        assert_eq!((page.total, page.data.len(), page.data[0].name.as_str()), (2, 1, "c"));
        assert_eq!(log.taken(), "before_paginate before_fetch after_fetch:2 after_paginate:2");
        all().simple_paginate(&db, 1, 2).await.unwrap();
        assert_eq!(log.taken(), "before_fetch after_fetch:2");

        // Relations, eager and of one record; rows that begin with a member.
        let team = Team::query().with(Team::members).sole(&db).await.unwrap();
        assert_eq!(team.members.get().unwrap().len(), 3);
        assert_eq!(log.taken(), "before_fetch after_fetch:3");
        assert_eq!(team.related(Team::members).get(&db).await.unwrap().len(), 3);
        assert_eq!(log.taken(), "before_fetch after_fetch:3");
        assert_eq!(all().join(Member::team).get(&db).await.unwrap().len(), 3);
        assert_eq!(log.taken(), "before_fetch after_fetch:3");

        // Values, changes and other handles know nothing of it.
        assert_eq!(all().count(&db).await.unwrap(), 4);
        assert_eq!(all().pluck(&db, Member::name).await.unwrap().len(), 4);
        assert_eq!(all().select((Member::id, Member::name)).get(&db).await.unwrap().len(), 4);
        assert_eq!(all().update(&db, Member::note.set("x")).await.unwrap(), 4);
        assert_eq!(all().get(&db.without_events()).await.unwrap().len(), 4);
        assert_eq!(log.taken(), "");
    }
}

struct Refusing;

impl Observer<Member> for Refusing {
    fn before_fetch(&self, _: &Db, _: Query<Member>) -> Result<Query<Member>> {
        Err(Error::aborted("not now"))
    }
}

#[tokio::test]
async fn a_hook_refuses_to_read() {
    for db in club().await {
        members(&db).await;
        db.observe::<Member>(Refusing);
        assert!(is_aborted(Member::query().get(&db).await, "before_fetch"));
        assert!(is_aborted(Member::query().paginate(&db, 1, 2).await, "before_fetch"));
        assert!(is_aborted(Member::query().cursor(&db).try_next().await, "before_fetch"));
        assert!(is_aborted(Member::query().chunk_by_id(&db, 2, |_| async { Ok(()) }).await, "before_fetch"));
        assert!(is_aborted(Team::query().with(Team::members).get(&db).await, "before_fetch"));
        assert!(Member::find(&db, 1).await.unwrap().is_some());
    }
}

// C-118: rows of a pivot that has a model are records to who observes them.
#[tokio::test]
async fn rows_of_a_pivot_with_a_model_are_told_of() {
    for db in club().await {
        let ann = Member::draft().name("ann").save(&db).await.unwrap();
        let medals =
            Medal::create_many(&db, ["a", "b", "c"].map(|name| Medal::draft().name(name))).await.unwrap();
        let log = Log::default();
        let observing = db.observe::<Badge>(Noting(log.clone(), ""));
        let related = || ann.related(Member::medals);
        let inserted = "saving creating created saved";
        assert_eq!(related().attach(&db, [medals[0].id, medals[1].id]).await.unwrap(), 2);
        assert_eq!(log.taken(), format!("{inserted} {inserted}"));
        assert_eq!(related().update_pivot(&db, medals[0].id, values! { weight: 7 }).await.unwrap(), 1);
        assert_eq!(log.taken(), "retrieved saving updating updated saved");
        assert_eq!(Badge::query().where_eq(Badge::weight, 7).count(&db).await.unwrap(), 1);
        related().sync(&db, [medals[1].id, medals[2].id]).await.unwrap();
        assert_eq!(log.taken(), format!("retrieved deleting:hard deleted:hard {inserted}"));
        assert_eq!(related().detach(&db, [medals[1].id]).await.unwrap(), 1);
        assert_eq!(log.taken(), "retrieved deleting:hard deleted:hard");
        related().create(&db, Medal::draft().name("d")).await.unwrap();
        assert_eq!(log.taken(), inserted);
        Member::draft().name("bob").medals([Medal::draft().name("e")]).save(&db).await.unwrap();
        assert_eq!(log.taken(), inserted);
        observing.stop();

        // One refused row keeps the others out.
        let third = medals[0].id;
        db.on::<Badge, _>(ModelEvent::Creating, move |_, badge| {
            let refused = badge.medal_id == third;
            Box::pin(async move { if refused { Err(Error::aborted("no")) } else { Ok(()) } })
        });
        let before = Badge::query().count(&db).await.unwrap();
        assert!(related().attach(&db, [medals[1].id, third]).await.is_err());
        assert_eq!(Badge::query().count(&db).await.unwrap(), before);
    }
}
