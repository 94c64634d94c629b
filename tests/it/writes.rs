use atlas::{Error, prelude::*, types::chrono};
use chrono::{DateTime, Utc};

use crate::support::{Databases, Person, databases, names, people, sent};

// B-54
#[tokio::test]
async fn updates_of_a_query_reach_its_rows() {
    for db in people().await {
        let adults = || Person::query().where_ge(Person::age, 18);
        assert_eq!(adults().update(&db, Person::active.set(false)).await.unwrap(), 3);
        assert_eq!(
            adults().update(&db, Person::active.set(false)).await.unwrap(),
            3,
            "found rows, not changed ones"
        );
        let set = (Person::name.set("X"), Person::age.set(None), Person::score.set_expr(Person::score * 2));
        assert_eq!(Person::query().where_eq(Person::id, 2).update(&db, set).await.unwrap(), 1);
        let bob = Person::find_or_fail(&db, 2).await.unwrap();
        assert_eq!((bob.name.as_str(), bob.age, bob.score), ("X", None, 5.0));
        let many = vec![Person::limit.set(1), Person::friends.set(2)];
        assert_eq!(Person::query().update(&db, many).await.unwrap(), 5);
        assert_eq!(Person::query().sum(&db, Person::limit).await.unwrap(), 5);
        let nothing = Person::query().update(&db, Vec::new()).await.unwrap_err();
        assert!(matches!(nothing, Error::Config { .. }), "{nothing}");
    }
}

#[tokio::test]
async fn counters_count() {
    for db in people().await {
        let ann = || Person::query().where_eq(Person::id, 1);
        ann().increment(&db, Person::friends, 2).await.unwrap();
        ann().decrement(&db, Person::age, 4).await.unwrap();
        ann().increment(&db, Person::friends, Person::limit).await.unwrap();
        let row = Person::find_or_fail(&db, 1).await.unwrap();
        assert_eq!((row.friends, row.age), (15, Some(30)));
        Person::query().where_null(Person::age).increment(&db, Person::age, 1).await.unwrap();
        assert_eq!(Person::find_or_fail(&db, 3).await.unwrap().age, None);
    }
}

#[tokio::test]
async fn limits_and_orders_hold_for_writes() {
    for db in people().await {
        let youngest =
            Person::query().where_not_null(Person::age).order_by(Person::age.asc()).limit(2).offset(1);
        assert_eq!(youngest.update(&db, Person::name.set("old")).await.unwrap(), 2);
        assert_eq!(names(&db, Person::query().order_by(Person::id.asc())).await, "old Bob Cid old Eve");
        assert_eq!(Person::query().limit(0).delete(&db).await.unwrap(), 0);
        assert_eq!(Person::query().order_by(Person::id.desc()).limit(1).delete(&db).await.unwrap(), 1);
        assert_eq!(Person::query().where_eq(Person::name, "old").delete(&db).await.unwrap(), 2);
        assert_eq!(names(&db, Person::query().order_by(Person::id.asc())).await, "Bob Cid");
        assert_eq!(Person::query().delete(&db).await.unwrap(), 2);
    }
}

#[derive(Model, Debug)]
#[table("write_teams")]
struct Team {
    id: i64,
    name: String,
    #[default(0)]
    bonus: i32,
    #[has_many]
    players: HasMany<Player>,
}

#[derive(Model, Debug)]
#[table("write_players")]
#[timestamps]
struct Player {
    id: i64,
    name: String,
    points: i32,
    team_id: Option<i64>,
    label: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[belongs_to]
    team: BelongsTo<Team>,
}

/// Red (bonus 10) with Ann (1) and Bob (2), blue (bonus 20) with Cid (3), and Dee (4) without a team.
async fn players() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Team, Player]).await.unwrap();
        let teams = [("red", 10), ("blue", 20)].map(|(name, bonus)| Team::draft().name(name).bonus(bonus));
        Team::insert(db, teams).await.unwrap();
        let players = [("Ann", 1, Some(1)), ("Bob", 2, Some(1)), ("Cid", 3, Some(2)), ("Dee", 4, None)];
        let players =
            players.map(|(name, points, team)| Player::draft().name(name).points(points).team_id(team));
        Player::insert(db, players).await.unwrap();
    }
    databases
}

/// `Ann 1 red`: the players with their points and labels.
async fn table(db: &Db) -> String {
    let players = Player::query().order_by(Player::id).get(db).await.unwrap();
    let show = |player: &Record<Player>| {
        let label = player.label.as_ref().map(|label| format!(" {label}"));
        format!("{} {}{}", player.name, player.points, label.unwrap_or_default())
    };
    players.iter().map(show).collect::<Vec<_>>().join(", ")
}

// C-15, C-79, C-80
#[tokio::test]
async fn values_come_of_what_is_joined() {
    for db in players().await {
        let before = Player::find_or_fail(&db, 4).await.unwrap().updated_at;
        let set = (
            Player::label.set_from(Team::name),
            Player::points.set_from(Player::points + Team::bonus),
            Player::name.set_expr(Player::name.upper()),
        );
        let (statements, rows) =
            sent(&db, async || Player::query().join(Player::team).update(&db, set).await.unwrap()).await;
        assert_eq!((statements, rows), (1, 3));
        assert_eq!(table(&db).await, "ANN 11 red, BOB 12 red, CID 23 blue, Dee 4");
        assert_eq!(Player::find_or_fail(&db, 4).await.unwrap().updated_at, before);

        let poor = Player::query().join(Player::team).filter(Team::bonus.lt(15));
        let first = poor.order_by(Player::points.desc()).limit(1);
        let set = (Player::label.set("last"), Player::points.set_expr(Player::points * 2));
        assert_eq!(first.update(&db, set).await.unwrap(), 1);
        assert_eq!(table(&db).await, "ANN 11 red, BOB 24 last, CID 23 blue, Dee 4");

        // Of those who are without, the other is NULL.
        let all = Player::query().left_join(Player::team);
        assert_eq!(all.update(&db, Player::label.set_from(Team::name)).await.unwrap(), 4);
        assert_eq!(table(&db).await, "ANN 11 red, BOB 24 red, CID 23 blue, Dee 4");
        let without = Player::query().left_join(Player::team).filter(Player::team_id.is_null());
        assert_eq!(without.increment(&db, Player::points, 1).await.unwrap(), 1);
        let with = Player::query().join(Player::team).filter(Team::name.eq("red"));
        assert_eq!(with.clone().decrement(&db, Player::points, Team::bonus).await.unwrap(), 2);
        assert_eq!(table(&db).await, "ANN 1 red, BOB 14 red, CID 23 blue, Dee 5");
        assert_eq!(with.filter(Player::id.gt(9)).update(&db, Player::label.set(None)).await.unwrap(), 0);
        // A team stands beside two players, and is changed once.
        let teams = Team::query().join(Team::players).filter(Player::points.gt(0));
        assert_eq!(teams.increment(&db, Team::bonus, 1).await.unwrap(), 2);
        assert_eq!(Team::query().order_by(Team::id).pluck(&db, Team::bonus).await.unwrap(), [11, 21]);
    }
}

// C-15, C-85
#[tokio::test]
async fn rows_are_deleted_by_what_is_joined() {
    for db in players().await {
        let red = || Player::query().join(Player::team).filter(Team::name.eq("red"));
        let (statements, rows) =
            sent(&db, async || red().order_by(Player::points.desc()).limit(1).delete(&db).await.unwrap())
                .await;
        assert_eq!((statements, rows), (1, 1));
        assert_eq!(table(&db).await, "Ann 1, Cid 3, Dee 4");
        assert_eq!(red().delete(&db).await.unwrap(), 1);
        assert_eq!(red().delete(&db).await.unwrap(), 0);
        let without = Player::query().left_join(Player::team).filter(Player::team_id.is_null());
        assert_eq!(without.delete(&db).await.unwrap(), 1);
        assert_eq!(table(&db).await, "Cid 3");
    }
}

// C-83, C-84, C-139
#[tokio::test]
async fn several_counters_and_values_in_one_statement() {
    for db in players().await {
        let set = (
            Player::points.set_expr(Player::points + 5),
            Player::team_id.set_expr(Player::team_id + 1),
            Player::label.set("x"),
        );
        let red = Player::query().where_eq(Player::team_id, 1);
        let (statements, rows) = sent(&db, async || red.update(&db, set).await.unwrap()).await;
        assert_eq!((statements, rows), (1, 2));
        assert_eq!(table(&db).await, "Ann 6 x, Bob 7 x, Cid 3, Dee 4");
        assert_eq!(Player::query().where_eq(Player::team_id, 2).count(&db).await.unwrap(), 3);
    }
}
