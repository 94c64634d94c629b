//! What a strict handle forbids: what would otherwise happen silently.

use atlas::{Error, Fill, ModelEvent, prelude::*};
use serde_json::json;

use crate::support::{databases, places};

#[derive(Model, Debug)]
#[fillable(name, points)]
struct Player {
    id: i64,
    #[unique]
    name: String,
    #[default(0)]
    points: i32,
    #[default(false)]
    admin: bool,
    #[has_many]
    scores: HasMany<Score>,
}

#[derive(Model, Debug)]
#[fillable(amount)]
struct Score {
    id: i64,
    player_id: i64,
    amount: i32,
    #[belongs_to]
    player: BelongsTo<Player>,
}

fn fill<M: Model>(value: serde_json::Value) -> Fill<M> {
    serde_json::from_value(value).unwrap()
}

fn whole() -> Fill<Player> {
    fill(json!({"name": "whole", "points": 1}))
}

fn more() -> Fill<Player> {
    fill(json!({"name": "more", "points": 2, "admin": true, "colour": "red"}))
}

fn refused<T>(result: Result<T>) {
    match result.err() {
        Some(Error::NotFillable { model: "Player", keys }) => assert_eq!(keys, "`admin`, `colour`"),
        other => panic!("{other:?}"),
    }
}

// C-119, 004-23
#[tokio::test]
async fn what_mass_assignment_drops_is_refused_wherever_it_is_written() {
    for place in places("strict-filling").await {
        let db = Db::builder(place.url.as_str()).strict_filling(true).connect().await.unwrap();
        db.create_tables(models![Player, Score]).await.unwrap();
        assert_eq!(more().dropped(), ["admin", "colour"]);
        for observed in [false, true] {
            if observed {
                db.on::<Player, _>(ModelEvent::Saving, |_, _| Box::pin(async { Ok(()) }));
            }
            let draft = || Player::draft().fill(more());
            refused(draft().save(&db).await);
            refused(Player::create(&db, draft()).await);
            refused(Player::create_many(&db, [Player::draft().fill(whole()), draft()]).await);
            refused(Player::insert(&db, [draft()]).await);
            refused(Player::insert_or_ignore(&db, [draft()]).await);
            refused(Player::upsert(&db, [draft()], Player::name, Player::points).await);
            refused(draft().scores([Score::draft().amount(1)]).save(&db).await);
            refused(Record::new(draft()).unwrap().save(&db).await);
            refused(Player::first_or_create(&db, Player::name.eq("x"), draft()).await);
            refused(Player::update_or_create(&db, Player::name.eq("x"), draft()).await);
            refused(Player::fetch_or_create_many(&db, Player::name, [draft()]).await);
            refused(Player::update_or_create_many(&db, Player::name, [draft()]).await);
            let mut new = Player::first_or_new(&db, Player::name.eq("x"), draft()).await.unwrap();
            refused(new.save(&db).await);
            assert_eq!(Player::query().count(&db).await.unwrap(), 0);

            let mut player = Player::draft().fill(whole()).save(&db).await.unwrap();
            player.fill(more()).unwrap();
            refused(player.save(&db).await);
            refused(Player::update_or_create(&db, Player::name.eq("whole"), draft()).await);
            let score = Score::draft().fill(fill(json!({"amount": 1, "player_id": 9})));
            let error = player.related(Player::scores).create(&db, score).await.unwrap_err().to_string();
            assert!(
                error.contains("`Score`") && error.contains("`player_id`") && error.contains("#[fillable")
            );
            player.refresh(&db).await.unwrap();
            player.points = 5;
            player.save(&db).await.unwrap();
            assert_eq!(Player::query().sole(&db).await.unwrap().points, 5);
            player.delete(&db).await.unwrap();
        }
        // Where it is not forbidden, it is passed over.
        let lenient = Db::connect(&place.url).await.unwrap();
        let player = Player::draft().fill(more()).save(&lenient).await.unwrap();
        assert!(!player.admin && player.name == "more");
        // A key from outside is shortened, and there are few of them.
        let many: serde_json::Map<_, _> =
            (0..100).map(|key| (format!("{key}").repeat(50), json!(1))).collect();
        let fill: Fill<Player> = fill(many.into());
        assert!(fill.dropped().len() == 5 && fill.dropped().iter().all(|key| key.len() <= 40));
    }
}

// C-119
#[tokio::test]
async fn strict_forbids_all_of_it() {
    for place in places("strict").await {
        let db = Db::builder(place.url.as_str()).strict().connect().await.unwrap();
        db.create_tables(models![Player, Score]).await.unwrap();
        let mut player = Player::draft().fill(whole()).save(&db).await.unwrap();
        let error = player.load(&db, Player::scores).await.unwrap_err();
        assert!(matches!(error, Error::LazyLoad { model: "Player", relation: "scores" }), "{error}");
        refused(Player::draft().fill(more()).save(&db).await);
        refused(db.transaction(async |tx| Player::draft().fill(more()).save(&tx).await).await);
        let lazy = Db::builder(place.url.as_str()).strict().strict_loading(false).connect().await.unwrap();
        player.load(&lazy, Player::scores).await.unwrap();
        refused(Player::draft().fill(more()).save(&lazy).await);
    }
}

// C-119
#[tokio::test]
async fn what_was_not_read_is_an_error_and_no_default() {
    for db in databases().await {
        db.create_tables(models![Player, Score]).await.unwrap();
        Player::draft().fill(whole()).save(&db).await.unwrap();
        let player = Player::query().sole(&db).await.unwrap();
        assert!(player.extra::<i64>("scores_count").unwrap_err().to_string().contains("`scores_count`"));
        assert!(player.count_of(Player::scores).is_err());
        assert!(matches!(player.scores.get(), Err(Error::RelationNotLoaded { .. })));
        let row = db.table("players").select(["name"]).first().await.unwrap().unwrap();
        assert!(row.get::<i32>("points").unwrap_err().to_string().contains("`points`"));
    }
}
