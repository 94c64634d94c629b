//! All rows of a table at once.

use atlas::{ConstraintKind, Error, Truncate, prelude::*};

use crate::support::{Databases, databases};

#[derive(Model, Debug)]
#[table("emptied_teams")]
struct Team {
    id: i64,
    name: String,
    parent_id: Option<i64>,
    #[belongs_to(foreign_key = parent_id)]
    parent: BelongsTo<Team>,
}

#[derive(Model, Debug)]
#[table("emptied_players")]
struct Player {
    id: i64,
    name: String,
    team_id: i64,
    #[belongs_to]
    team: BelongsTo<Team>,
}

#[derive(Model, Debug)]
#[table("emptied_scores")]
#[soft_deletes]
struct Score {
    id: i64,
    points: i32,
    player_id: Option<i64>,
    deleted_at: Option<atlas::types::chrono::DateTime<atlas::types::chrono::Utc>>,
    #[belongs_to]
    player: BelongsTo<Player>,
}

#[derive(Model, Debug)]
#[table("emptied_notes")]
#[tenant(org)]
struct Note {
    id: i64,
    text: String,
    org: i64,
}

async fn league() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Team, Player, Score, Note]).await.unwrap();
        fill(db).await;
    }
    databases
}

async fn fill(db: &Db) {
    let red = Team::draft().name("red").save(db).await.unwrap();
    Team::draft().name("blue").parent_id(red.id).save(db).await.unwrap();
    let ann = Player::draft().name("ann").team_id(red.id).save(db).await.unwrap();
    for points in [1, 2] {
        Score::draft().points(points).player_id(ann.id).save(db).await.unwrap();
    }
}

async fn counts(db: &Db) -> (u64, u64, u64) {
    let scores = Score::query().with_trashed().count(db).await.unwrap();
    (Team::query().count(db).await.unwrap(), Player::query().count(db).await.unwrap(), scores)
}

const RESTART: Truncate = Truncate { cascade: false, restart_identity: true };
const CASCADE: Truncate = Truncate { cascade: true, restart_identity: false };

// C-86, B-57, X-22, 004-35
#[tokio::test]
async fn a_table_is_emptied() {
    for db in league().await {
        Score::query().where_eq(Score::points, 1).delete(&db).await.unwrap();
        Score::truncate(&db, Truncate::default()).await.unwrap();
        assert_eq!(counts(&db).await, (2, 1, 0));
        let next = Score::draft().points(3).save(&db).await.unwrap();
        assert_eq!(next.id, 3, "keys go on");
        Score::truncate(&db, RESTART).await.unwrap();
        assert_eq!(Score::draft().points(4).save(&db).await.unwrap().id, 1);
        db.table("emptied_scores").truncate(RESTART).await.unwrap();
        assert_eq!(Score::draft().points(5).save(&db).await.unwrap().id, 1);
        let some = db.table("emptied_scores").where_eq("points", 5).truncate(RESTART).await.unwrap_err();
        assert!(matches!(some, Error::Config { .. }) && some.to_string().contains("delete"), "{some}");
        let gone = db.table("emptied_nothing").truncate(RESTART).await.unwrap_err();
        assert!(matches!(gone, Error::MissingTable { .. }), "{gone:?}");
        let hostile = db.table("x\"`'; drop table emptied_teams; --").truncate(CASCADE).await.unwrap_err();
        assert!(matches!(hostile, Error::MissingTable { .. }), "{hostile:?}");
        assert_eq!(counts(&db).await, (2, 1, 1));
    }
}

// C-86, B-302
#[tokio::test]
async fn tables_that_others_refer_to_take_those_along_or_are_refused() {
    for db in league().await {
        for how in [Truncate::default(), RESTART] {
            let refused = Team::truncate(&db, how).await.unwrap_err();
            assert!(
                matches!(refused, Error::Constraint { kind: ConstraintKind::ForeignKey, .. }),
                "{refused:?}"
            );
        }
        assert_eq!(counts(&db).await, (2, 1, 2));
        Player::truncate(&db, CASCADE).await.unwrap();
        assert_eq!(counts(&db).await, (2, 0, 0));
        let team = Team::query().order_by(Team::id).first_or_fail(&db).await.unwrap();
        assert_eq!(Player::draft().name("bob").team_id(team.id).save(&db).await.unwrap().id, 2);
        Team::truncate(&db, Truncate { restart_identity: true, ..CASCADE }).await.unwrap();
        assert_eq!(counts(&db).await, (0, 0, 0));
        fill(&db).await;
        let first = (
            Team::query().min(&db, Team::id).await.unwrap(),
            Player::query().min(&db, Player::id).await.unwrap(),
            Score::query().min(&db, Score::id).await.unwrap(),
        );
        assert_eq!(first, (Some(1), Some(1), Some(1)));
        // Foreign keys are held as before.
        let lost = Player::draft().name("eve").team_id(99).save(&db).await.unwrap_err();
        assert!(matches!(lost, Error::Constraint { kind: ConstraintKind::ForeignKey, .. }), "{lost:?}");
    }
}

#[tokio::test]
async fn a_transaction_keeps_or_undoes_it() {
    for db in league().await {
        let tx = db.begin().await.unwrap();
        let done = Score::truncate(&tx, RESTART).await;
        if db.driver_name() == "mysql" {
            assert!(matches!(done, Err(Error::Unsupported { .. })), "{done:?}");
        } else {
            done.unwrap();
            assert_eq!(counts(&tx).await, (2, 1, 0));
        }
        tx.rollback().await.unwrap();
        assert_eq!(counts(&db).await, (2, 1, 2));
    }
}

#[tokio::test]
async fn a_tenant_does_not_empty_the_table_of_all() {
    for db in league().await {
        let (acme, ants) = (db.for_tenant(1), db.for_tenant(2));
        for db in [&acme, &ants] {
            Note::draft().text("x").save(db).await.unwrap();
        }
        let error = Note::truncate(&acme, RESTART).await.unwrap_err();
        assert!(
            matches!(error, Error::Config { .. }) && error.to_string().contains("without_tenant"),
            "{error}"
        );
        let error = Note::truncate(&db, RESTART).await.unwrap_err();
        assert!(matches!(error, Error::TenantRequired { .. }), "{error}");
        let all = db.without_tenant();
        assert_eq!(Note::query().count(&all).await.unwrap(), 2);
        Note::truncate(&all, RESTART).await.unwrap();
        assert_eq!(Note::query().count(&all).await.unwrap(), 0);
    }
}
