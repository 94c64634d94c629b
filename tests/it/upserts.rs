use atlas::{Error, prelude::*};

use crate::support::{Databases, databases};

#[derive(Model, Debug)]
#[unique(team, player)]
struct Score {
    id: i64,
    team: String,
    player: String,
    points: i32,
    #[default(0)]
    games: i32,
}

async fn scores() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Score]).await.unwrap();
        Score::draft().team("red").player("ann").points(1).games(1).save(db).await.unwrap();
    }
    databases
}

#[tokio::test]
async fn taken_keys_are_updated_and_new_ones_inserted() {
    for db in scores().await {
        let drafts = [("red", "ann", 5), ("red", "bob", 6), ("blue", "ann", 7)]
            .map(|(team, player, points)| Score::draft().team(team).player(player).points(points).games(9));
        let written = Score::upsert(&db, drafts, (Score::team, Score::player), Score::points).await.unwrap();
        assert_eq!(written, 3);
        let ann = Score::find_or_fail(&db, 1).await.unwrap();
        assert_eq!((ann.points, ann.games), (5, 1), "only the named column is updated");
        assert_eq!(Score::query().count(&db).await.unwrap(), 3);

        let same = [Score::draft().team("red").player("ann").points(100)];
        assert_eq!(Score::upsert(&db, same, (Score::team, Score::player), ()).await.unwrap(), 0);
        assert_eq!(Score::find_or_fail(&db, 1).await.unwrap().points, 5);
        let none = Vec::from([Score::draft().team("x").player("y").points(1)]).split_off(1);
        assert_eq!(Score::upsert(&db, none, (Score::team, Score::player), Score::points).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn taken_keys_are_passed_over() {
    for db in scores().await {
        let drafts = ["ann", "bob", "bob"].map(|player| Score::draft().team("red").player(player).points(2));
        assert_eq!(Score::insert_or_ignore(&db, drafts).await.unwrap(), 1);
        assert_eq!(Score::query().order_by(Score::id.asc()).pluck(&db, Score::points).await.unwrap(), [1, 2]);
    }
}

#[tokio::test]
async fn an_upsert_without_a_key_is_an_error() {
    for db in scores().await {
        let draft = || [Score::draft().team("red").player("ann").points(2)];
        let error = Score::upsert(&db, draft(), (), Score::points).await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }) && error.to_string().contains("Score"), "{error}");
        let error = Score::upsert(&db, draft(), Score::team, Score::points).await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }) && error.to_string().contains("#[unique"), "{error}");
        assert_eq!(Score::find_or_fail(&db, 1).await.unwrap().points, 1);
    }
}
