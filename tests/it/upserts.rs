use atlas::{Error, excluded, prelude::*};

use crate::support::{Databases, databases, sent};

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

// C-82, B-58, Y-14
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

// C-76, B-58
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

fn draft(team: &'static str, player: &'static str, points: i32) -> impl atlas::Complete<Score> {
    Score::draft().team(team).player(player).points(points).games(1)
}

/// `red ann 1 1`: the scores with their points and games.
async fn table(db: &Db) -> String {
    let scores = Score::query().order_by(Score::team.desc()).order_by(Score::player).get(db).await.unwrap();
    let show =
        |score: &Record<Score>| format!("{} {} {} {}", score.team, score.player, score.points, score.games);
    scores.iter().map(show).collect::<Vec<_>>().join(", ")
}

// C-82
#[tokio::test]
async fn rows_that_are_there_and_drafts_are_reckoned_together() {
    for db in scores().await {
        let by = (Score::team, Score::player);
        let more = || Score::points.set_from(Score::points + excluded(Score::points));
        let drafts = || [draft("red", "ann", 5), draft("red", "bob", 6)];
        let set = (more(), Score::games.set_expr(Score::games + 1));
        let (statements, written) =
            sent(&db, async || Score::upsert(&db, drafts(), by, set).await.unwrap()).await;
        assert_eq!((statements, written), (1, 2));
        assert_eq!(table(&db).await, "red ann 6 2, red bob 6 1");
        // All changes see the row as it was, whatever their order; columns mix with assignments.
        let before = Score::games.set_expr(Score::points);
        Score::upsert(&db, [draft("red", "ann", 10)], by, (Score::points, before)).await.unwrap();
        assert_eq!(table(&db).await, "red ann 10 6, red bob 6 1");
        let constant = (Score::games.set(0), Score::points.set_from(excluded(Score::points) * 2));
        let rows = Score::returning((Score::player, Score::points)).upsert(&db, drafts(), by, constant).await;
        assert_eq!(rows.unwrap(), [("ann".to_owned(), 10), ("bob".to_owned(), 12)]);
        assert_eq!(table(&db).await, "red ann 10 0, red bob 12 0");
        let twice = (Score::points, more());
        let error = Score::upsert(&db, drafts(), by, twice).await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }) && error.to_string().contains("points"), "{error}");
        let swap = (Score::games.set_expr(Score::points), Score::points.set_expr(Score::games));
        match Score::upsert(&db, [draft("red", "bob", 1)], by, swap).await {
            Ok(_) => assert_eq!(table(&db).await, "red ann 10 0, red bob 0 12"),
            Err(error) => {
                assert!(db.driver_name() == "mysql" && matches!(error, Error::Unsupported { .. }), "{error}")
            }
        }
    }
}

// C-82
#[tokio::test]
async fn conditions_say_which_rows_an_upsert_changes() {
    for db in scores().await {
        let by = (Score::team, Score::player);
        let higher = || Score::points.lt(excluded(Score::points));
        let drafts = || [draft("red", "ann", 5), draft("red", "bob", 6)];
        let upsert = |points| {
            let drafts = [draft("red", "ann", points), draft("red", "bob", 0), draft("blue", "cid", points)];
            (drafts, by, Score::points)
        };
        assert_eq!(Score::upsert_where(&db, drafts(), by, Score::points, higher()).await.unwrap(), 2);
        let (drafts, by, columns) = upsert(5);
        assert_eq!(Score::upsert_where(&db, drafts, by, columns, higher()).await.unwrap(), 1, "only cid");
        assert_eq!(table(&db).await, "red ann 5 1, red bob 6 1, blue cid 5 1");
        let (drafts, by, columns) = upsert(7);
        let names = Score::returning(Score::player).upsert_where(&db, drafts, by, columns, higher()).await;
        assert_eq!(names.unwrap(), ["ann", "cid"]);
        assert_eq!(table(&db).await, "red ann 7 1, red bob 6 1, blue cid 7 1");
        let either = Score::games.eq(9).or(Score::player.eq("bob"));
        let (drafts, by, _) = upsert(1);
        let set = Score::games.set_from(Score::games + excluded(Score::points) + 3);
        assert_eq!(Score::upsert_where(&db, drafts, by, set, either).await.unwrap(), 1);
        assert_eq!(table(&db).await, "red ann 7 1, red bob 6 4, blue cid 7 1");
        // In a transaction, too.
        let tx = db.begin().await.unwrap();
        let (drafts, by, columns) = upsert(8);
        assert_eq!(Score::upsert_where(&tx, drafts, by, columns, higher()).await.unwrap(), 2);
        tx.commit().await.unwrap();
        assert_eq!(table(&db).await, "red ann 8 1, red bob 6 4, blue cid 8 1");
    }
}

#[derive(Model, Debug)]
#[table("upserted_parts")]
#[tenant(org)]
#[unique(code)]
struct Item {
    id: i64,
    code: String,
    stock: i32,
    org: i64,
}

#[tokio::test]
async fn upserts_of_a_tenant_change_no_other_tenants_row() {
    for db in databases().await {
        db.create_tables(models![Item]).await.unwrap();
        let (acme, ants) = (db.for_tenant(1), db.for_tenant(2));
        let draft = |code: &'static str, stock| Item::draft().code(code).stock(stock);
        Item::insert(&acme, [draft("a", 1), draft("b", 2)]).await.unwrap();
        let more = || Item::stock.set_from(Item::stock + excluded(Item::stock));
        assert_eq!(Item::upsert(&acme, [draft("a", 5)], Item::code, more()).await.unwrap(), 1);
        let taken = Item::upsert(&ants, [draft("a", 5)], Item::code, more()).await.unwrap_err();
        assert!(taken.is_unique_violation(), "{taken}");
        let always = || Item::stock.ge(0);
        let drafts = [draft("a", 5), draft("c", 3)];
        assert_eq!(Item::upsert_where(&ants, drafts, Item::code, more(), always()).await.unwrap(), 1);
        let stolen = Item::upsert(&acme, [draft("a", 5)], Item::code, Item::org.set(2)).await.unwrap_err();
        assert!(matches!(stolen, Error::Config { .. }), "{stolen}");
        let all = Item::query().order_by(Item::code).select((Item::code, Item::stock, Item::org));
        let all = all.get(&db.without_tenant()).await.unwrap();
        let expected =
            [("a", 6, 1), ("b", 2, 1), ("c", 3, 2)].map(|(code, stock, org)| (code.to_owned(), stock, org));
        assert_eq!(all, expected);
    }
}

#[tokio::test]
async fn the_draft_of_an_upsert_is_nothing_elsewhere() {
    for db in scores().await {
        let set = Score::points.set_from(excluded(Score::points));
        // Only upserts take it: `Score::query().update(&db, set)` does not compile.
        let error = Score::upsert(&db, [draft("red", "ann", 2)], Score::team, set).await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }) && error.to_string().contains("#[unique"), "{error}");
    }
}
