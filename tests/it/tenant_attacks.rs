//! Whatever tenant 1 tries, tenant 2's rows are neither read nor written.
//!
//! Both have the same: two players, of whom the second is led by the first, badges, and what is between. Tenant 1 knows
//! every key of tenant 2, and rows of its own lead to some of tenant 2's.

use atlas::{Error, MemoryCache, ModelEvent, prelude::*, val};
use chrono::{DateTime, Utc};

use crate::support::{databases, places};

#[derive(Model, Debug)]
#[tenant(org)]
#[timestamps]
struct Player {
    id: i64,
    org: i64,
    #[unique]
    name: String,
    #[default(10)]
    points: i32,
    leader_id: Option<i64>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[belongs_to(foreign_key = leader_id)]
    leader: BelongsTo<Player>,
    #[has_many(foreign_key = leader_id)]
    led: HasMany<Player>,
    #[has_many]
    scores: HasMany<Score>,
    #[belongs_to_many(pivot = PlayerBadge)]
    badges: BelongsToMany<Badge, PlayerBadge>,
}

#[derive(Model, Debug)]
#[tenant(org)]
#[touches(player)]
#[soft_deletes]
struct Score {
    id: i64,
    org: i64,
    player_id: i64,
    amount: i32,
    deleted_at: Option<DateTime<Utc>>,
    #[belongs_to]
    player: BelongsTo<Player>,
}

#[derive(Model, Debug)]
#[tenant(org)]
struct Badge {
    id: i64,
    org: i64,
    name: String,
}

#[derive(Model, Debug)]
#[tenant(org)]
struct PlayerBadge {
    id: i64,
    org: i64,
    player_id: i64,
    badge_id: i64,
    #[default(0)]
    level: i32,
}

/// A database, the handles of both tenants, and what tenant 2 has.
struct Field {
    db: Db,
    one: Db,
    two: Db,
    before: String,
}

/// The first player, score and badge of tenant 2.
const THEIR: i64 = 3;

async fn fields() -> Vec<Field> {
    let mut fields = Vec::new();
    for db in databases().await {
        db.create_tables(models![Player, Score, Badge, PlayerBadge]).await.unwrap();
        for org in [1, 2] {
            let db = db.for_tenant(org);
            let named = |name: &str| Player::draft().name(format!("{name}{org}"));
            let ann = named("ann").save(&db).await.unwrap();
            let bob = named("bob").leader_id(ann.id).save(&db).await.unwrap();
            for player in [&ann, &bob] {
                player.related(Player::scores).create(&db, Score::draft().amount(5)).await.unwrap();
                let badge = Badge::draft().name("gold").save(&db).await.unwrap();
                player.related(Player::badges).attach(&db, [badge.id]).await.unwrap();
            }
        }
        // Rows of tenant 1 that lead to rows of tenant 2.
        let all = db.without_tenant();
        let ours = |query: Query<Player>| query.where_eq(Player::name, "bob1");
        ours(Player::query()).update(&all, Player::leader_id.set(THEIR)).await.unwrap();
        Score::draft().org(1).player_id(THEIR).amount(1_000).save(&all.without_touching()).await.unwrap();
        PlayerBadge::draft().org(1).player_id(1).badge_id(THEIR).save(&all).await.unwrap();
        PlayerBadge::draft().org(1).player_id(THEIR).badge_id(1).save(&all).await.unwrap();
        let (one, two) = (db.for_tenant(1), db.for_tenant(2));
        let before = theirs(&two).await;
        fields.push(Field { db, one, two, before });
    }
    fields
}

/// All that tenant 2 has, as text.
async fn theirs(two: &Db) -> String {
    let players = Player::query().order_by(Player::id).get(two).await.unwrap();
    let scores = Score::query().with_trashed().order_by(Score::id).get(two).await.unwrap();
    let badges = Badge::query().order_by(Badge::id).get(two).await.unwrap();
    let between = PlayerBadge::query().order_by(PlayerBadge::id).get(two).await.unwrap();
    format!("{players:?} {scores:?} {badges:?} {between:?}")
}

impl Field {
    /// Tenant 2 has what it had, and nothing more.
    async fn hold(&self) {
        assert_eq!(theirs(&self.two).await, self.before, "on {}", self.db.driver_name());
    }
}

fn names(players: &[Record<Player>]) -> Vec<&str> {
    players.iter().map(|player| player.name.as_str()).collect()
}

// Y-01, 002-58, 002-59, B-221
#[tokio::test]
async fn no_condition_reaches_their_rows() {
    for field in fields().await {
        let one = &field.one;
        let any = || Player::name.ne("").or(Player::id.gt(0));
        let theirs = || Player::org.eq(2).or(Player::name.like("%2"));
        let queries = [
            Player::query().filter(any()),
            Player::query().where_eq(Player::id, 0).or_filter(any()),
            Player::query().where_eq(Player::id, 0).or_filter(theirs()).or_filter(any()),
            Player::query().where_not(Player::org.eq(1).and(Player::id.lt(0))),
            Player::query().where_raw("1 = 0 or 1 = 1", ()),
            Player::query().where_eq(Player::id, 0).or_where_raw("1 = 1 or 1 = 1", ()),
            Player::query().has(Player::scores).or_filter(any()),
            Player::query()
                .where_eq(Player::id, 0)
                .or_where_has(Player::scores, |q| q.or_filter(Score::id.gt(0))),
            Player::query().filter(Player::id.in_query(Player::query().or_filter(any()).select(Player::id))),
            Player::query().union(Player::query().or_filter(any())).or_filter(any()),
            Player::query().where_eq(Player::id, 0).union_all(Player::query()),
            Player::query().intersect(Player::query().or_filter(theirs()).or_filter(any())),
            Player::query().from_query(Player::query().or_filter(any())).or_filter(any()),
            Player::query().apply(|query| query.or_filter(any())),
            Player::query().when(true, |query, ()| query.or_filter(any())),
        ];
        for (number, query) in queries.into_iter().enumerate() {
            let query = query.reorder(Player::name);
            let found = query.clone().get(one).await.unwrap();
            let count = query.clone().count(one).await.unwrap();
            assert!(found.iter().all(|player| player.org == 1), "{number}: {:?}", names(&found));
            assert_eq!(found.len() as u64, count, "{number}");
            assert!(!query.clone().filter(theirs()).exists(one).await.unwrap(), "{number}");
            assert!(query.clone().find(one, THEIR).await.unwrap().is_none(), "{number}");
            assert_eq!(
                query.clone().sum(one, Player::points).await.unwrap(),
                10 * i64::try_from(count).unwrap()
            );
            let page = query.clone().paginate(one, 1, 10).await.unwrap();
            assert_eq!((page.total, page.data.len()), (count, found.len()), "{number}");
            assert!(query.pluck(one, Player::org).await.unwrap().iter().all(|org| *org == 1), "{number}");
        }
        // A comment takes no more than what is behind it.
        let cut = Player::query().where_raw("1 = 1 -- ", ()).get(one).await;
        assert!(cut.map_or(true, |players| players.iter().all(|player| player.org == 1)));
        let but = Player::query().except(Player::query().where_eq(Player::org, 1));
        assert_eq!(but.count(one).await.unwrap(), 0);
        field.hold().await;
    }
}

// 002-58, 004-95
#[tokio::test]
async fn what_leads_to_their_rows_leads_nowhere() {
    for field in fields().await {
        let one = &field.one;
        let all = Player::query().order_by(Player::id);
        let all = all
            .with((Player::leader, Player::led, Player::scores, Player::badges))
            .with_count(Player::badges);
        let mut players = all.with_sum(Player::scores, Score::amount).get(one).await.unwrap();
        assert_eq!(names(&players), ["ann1", "bob1"]);
        let [ann, bob] = &mut players[..] else { unreachable!() };
        assert!(bob.leader.get().unwrap().is_none() && ann.led.get().unwrap().is_empty());
        assert_eq!((ann.scores.get().unwrap().len(), ann.badges.get().unwrap().len()), (1, 1));
        assert_eq!(ann.count_of(Player::badges).unwrap(), 1);
        for player in [&mut *ann, bob] {
            player.load(one, (Player::leader, Player::led, Player::badges)).await.unwrap();
            assert!(player.leader.get().unwrap().is_none());
        }
        assert!(bob.related(Player::leader).first(one).await.unwrap().is_none());
        assert_eq!(Player::query().has(Player::leader).count(one).await.unwrap(), 0);
        assert_eq!(Player::query().where_doesnt_have(Player::leader).count(one).await.unwrap(), 2);
        assert_eq!(Score::query().where_has(Score::player, |q| q).sum(one, Score::amount).await.unwrap(), 10);
        assert_eq!(Player::query().where_has_count(Player::badges, ">=", 2).count(one).await.unwrap(), 0);
        let pairs = Score::query().left_join(Score::player).order_by(Score::id);
        let pairs = pairs.select((Score::amount, Player::name)).get(one).await.unwrap();
        assert_eq!(pairs.len(), 3);
        assert!(pairs.iter().all(|(amount, name)| (*amount == 1_000) == name.is_none()), "{pairs:?}");
        assert_eq!(Score::query().join(Score::player).count(one).await.unwrap(), 2);
        assert_eq!(Badge::query().cross_join(Player::query()).count(one).await.unwrap(), 4);
        let own =
            Score::query().outer::<Player>().filter(Score::player_id.eq(Player::id).or(Score::id.gt(0)));
        let sums = own.select(Score::amount.sum()).scalar();
        let sums = Player::query().select(sums).get(one).await.unwrap();
        assert!(sums.iter().all(|sum| format!("{sum:?}").contains("1010")), "{sums:?}");

        // Their record, by which way it ever came here.
        let theirs = Player::find_or_fail(&field.two, THEIR).await.unwrap();
        assert_eq!(names(&theirs.related(Player::led).get(one).await.unwrap()), ["bob1"]);
        let any = theirs.related(Player::badges).query().or_filter(Badge::id.gt(0)).get(one).await.unwrap();
        assert!(any.iter().all(|badge| badge.org == 1));
        assert_eq!(theirs.related(Player::scores).pluck(one, Score::amount).await.unwrap(), [1_000]);
        assert!(theirs.fresh(one).await.unwrap().is_none());
        field.hold().await;
    }
}

/// The way down from a player.
#[derive(Model, Debug)]
struct Below {
    #[primary_key(manual)]
    id: i64,
    depth: i32,
}

// 002-58
#[tokio::test]
async fn walks_and_places_stay_among_their_own() {
    for field in fields().await {
        let (one, two) = (&field.one, &field.two);
        let any = || Player::query().or_filter(Player::id.gt(0));
        let page = Player::query().order_by(Player::name).cursor_paginate(two, 1, None).await.unwrap();
        assert_eq!(page.data[0].name, "ann2");
        // A place of theirs, among mine.
        for token in [page.next_cursor, page.previous_cursor].iter().flatten() {
            let page = any().order_by(Player::name).cursor_paginate(one, 10, Some(token)).await;
            assert!(page.map_or(true, |page| page.data.iter().all(|player| player.org == 1)));
        }
        let seen = std::sync::Mutex::new(Vec::new());
        let see = |players: Vec<Record<Player>>| {
            seen.lock().unwrap().extend(players.iter().map(|player| player.org));
            async { Ok(()) }
        };
        any().chunk_by_id(one, 1, see).await.unwrap();
        any().chunk(one, 1, see).await.unwrap();
        any().for_each(one, |player| see(vec![player])).await.unwrap();
        assert_eq!(*seen.lock().unwrap(), [1; 6]);

        // Down from a player of theirs, and from one of mine whose leader is theirs.
        let down = |from: i64| {
            let top = Player::query().where_eq(Player::id, from).select((Player::id, val(0)));
            let below = Player::query()
                .join_on(Below::query(), Player::leader_id.eq(Below::id))
                .select((Player::id, Below::depth + 1));
            Below::query().recursive(top, below)
        };
        assert_eq!(down(THEIR).count(one).await.unwrap(), 0);
        assert_eq!(down(1).count(one).await.unwrap(), 1);
        assert_eq!(down(THEIR).count(two).await.unwrap(), 2, "mine that it leads is not theirs");
        let beside =
            Player::query().with_query(down(THEIR)).join_on(Below::query(), Below::id.eq(Player::id));
        assert_eq!(beside.count(one).await.unwrap(), 0);
        field.hold().await;
    }
}

// 002-61
#[tokio::test]
async fn no_query_writes_their_rows() {
    for field in fields().await {
        let one = &field.one;
        let any = || Player::query().where_eq(Player::id, THEIR).or_filter(Player::id.gt(0));
        let them = || Player::query().where_in(Player::id, [THEIR, THEIR + 1]);
        assert_eq!(any().update(one, Player::points.set(0)).await.unwrap(), 2);
        assert_eq!(any().increment(one, Player::points, 5).await.unwrap(), 2);
        assert_eq!(them().update(one, Player::name.set("mine")).await.unwrap(), 0);
        assert_eq!(them().delete(one).await.unwrap(), 0);
        for set in [Player::org.set(2), Player::org.set(3)] {
            assert!(matches!(any().update(one, set).await, Err(Error::Config { .. })));
        }
        let most = Player::query().or_filter(Player::id.gt(0)).select(Player::points.max()).scalar();
        any().update(one, Player::points.set_from(most.coalesce(0))).await.unwrap();
        let joined = Score::query().join(Score::player);
        assert_eq!(joined.update(one, Score::amount.set_from(Player::points + 1)).await.unwrap(), 2);
        assert_eq!(
            Score::query().with_trashed().where_eq(Score::player_id, THEIR).delete(one).await.unwrap(),
            1
        );
        assert_eq!(Score::query().only_trashed().or_filter(Score::id.gt(0)).restore(one).await.unwrap(), 1);
        assert_eq!(Score::query().or_filter(Score::id.gt(0)).force_delete(one).await.unwrap(), 3);
        // Of the rows between, the foreign keys lead to the players too.
        assert_eq!(PlayerBadge::query().or_filter(PlayerBadge::id.gt(0)).delete(one).await.unwrap(), 4);
        assert_eq!(any().where_has(Player::led, |led| led).delete(one).await.unwrap(), 0);
        assert_eq!(any().order_by(Player::id.desc()).limit(10).delete(one).await.unwrap(), 2);
        field.hold().await;
    }
}

// 002-60, 002-61
#[tokio::test]
async fn no_record_writes_their_rows() {
    for field in fields().await {
        let (one, two) = (&field.one, &field.two);
        let gone = |result: Result<()>| assert!(matches!(result, Err(Error::NotFound { .. })), "{result:?}");
        let mut player = Player::query().with(Player::scores).find_or_fail(two, THEIR).await.unwrap();
        player.points = 99;
        gone(player.save(one).await);
        gone(player.touch(one).await);
        gone(player.delete(one).await);
        gone(player.refresh(one).await);
        player.refresh(two).await.unwrap();
        let mut score = Score::find_or_fail(two, 3).await.unwrap();
        score.amount = 1;
        gone(score.save(one).await);
        gone(score.delete(one).await);
        gone(score.force_delete(one).await);
        score.refresh(two).await.unwrap();
        gone(score.restore(one).await.and(score.delete(one).await));

        // What a row of mine leads to is not touched.
        let mut mine = Score::query().where_eq(Score::player_id, THEIR).sole(one).await.unwrap();
        mine.amount += 1;
        mine.save(one).await.unwrap();
        mine.delete(one).await.unwrap();
        mine.restore(one).await.unwrap();
        mine.force_delete(one).await.unwrap();
        Score::draft().player_id(THEIR).amount(1).org(2).save(one).await.unwrap();

        // Nor what is pushed along.
        let mut mine = Player::query().with(Player::leader).find_or_fail(one, 2).await.unwrap();
        let theirs = Player::find_or_fail(two, THEIR).await.unwrap();
        mine.associate(Player::leader, &theirs);
        mine.push(one).await.unwrap();
        assert!(
            mine.fresh(one)
                .await
                .unwrap()
                .unwrap()
                .related(Player::leader)
                .first(one)
                .await
                .unwrap()
                .is_none()
        );

        // A key of theirs is taken, by whatever writes it.
        let draft = || Player::draft().id(THEIR).name("mine");
        let taken = |result: Result<()>| assert!(result.unwrap_err().is_unique_violation());
        taken(draft().save(one).await.map(|_| ()));
        taken(Player::insert(one, [draft()]).await.map(|_| ()));
        taken(Player::upsert(one, [draft()], Player::id, Player::name).await.map(|_| ()));
        assert_eq!(Player::insert_or_ignore(one, [draft()]).await.unwrap(), 0);
        let mut moved = Player::find_or_fail(one, 1).await.unwrap();
        moved.id = THEIR;
        assert!(moved.save(one).await.is_err());
        field.hold().await;
    }
}

// 002-60, X-10
#[tokio::test]
async fn find_or_write_finds_and_writes_my_own() {
    for field in fields().await {
        let one = &field.one;
        let by = || Player::name.eq("ann2").or(Player::org.eq(2)).or(Player::id.eq(THEIR));
        let draft = |name: &str| Player::draft().name(name).org(2).points(1);
        let new = Player::first_or_new(one, by(), draft("new")).await.unwrap();
        assert!(!new.exists() && new.org == 1);
        let new = Player::first_or_new(one, Player::org.eq(2), Player::draft().name("new")).await.unwrap();
        assert_eq!(new.org, 1);
        let written = [
            Player::first_or_create(one, by(), draft("a")).await.unwrap(),
            Player::update_or_create(one, by(), draft("b")).await.unwrap(),
            Player::update_or_create(one, Player::name.eq("b"), draft("b")).await.unwrap(),
            Player::update_or_create_with(one, by(), draft("c"), |player| player.points = 0).await.unwrap(),
        ];
        let many =
            Player::fetch_or_new_many(one, Player::name, [draft("ann2"), draft("ann1")]).await.unwrap();
        assert_eq!((many[0].exists(), many[1].exists()), (false, true));
        let more = Player::fetch_or_create_many(one, Player::name, [draft("d"), draft("a")]).await.unwrap();
        let again = Player::update_or_create_many(one, (Player::org, Player::name), [draft("d"), draft("e")]);
        let again = again.await.unwrap();
        assert!(written.iter().chain(&many).chain(&more).chain(&again).all(|player| player.org == 1));
        let taken = |error: Error| assert!(error.is_unique_violation(), "{error}");
        taken(Player::first_or_create(one, Player::name.eq("ann2"), draft("ann2")).await.unwrap_err());
        taken(Player::update_or_create(one, Player::name.eq("ann2"), draft("ann2")).await.unwrap_err());
        taken(
            Player::fetch_or_create_many(one, Player::name, [draft("x"), draft("ann2")]).await.unwrap_err(),
        );
        taken(
            Player::update_or_create_many(one, Player::name, [draft("x"), draft("ann2")]).await.unwrap_err(),
        );
        let by_key = [Player::draft().id(THEIR).name("y")];
        taken(Player::update_or_create_many(one, Player::id, by_key).await.unwrap_err());
        assert_eq!(Player::query().where_in(Player::name, ["x", "y"]).count(one).await.unwrap(), 0);
        let score = Score::restore_or_create(one, Score::id.eq(3), Score::draft().player_id(1).amount(7));
        taken(score.await.unwrap_err());
        for error in [
            Player::find(&field.db, 1).await.map(|_| ()).unwrap_err(),
            Player::first_or_new(&field.db, by(), draft("x")).await.map(|_| ()).unwrap_err(),
            Player::update_or_create(&field.db, by(), draft("x")).await.map(|_| ()).unwrap_err(),
            Player::fetch_or_create_many(&field.db, Player::name, [draft("x")])
                .await
                .map(|_| ())
                .unwrap_err(),
            Player::update_or_create_many(&field.db, Player::name, [draft("x")])
                .await
                .map(|_| ())
                .unwrap_err(),
        ] {
            assert!(matches!(error, Error::TenantRequired { model: "Player" }), "{error}");
        }
        field.hold().await;
    }
}

// 002-61
#[tokio::test]
async fn rows_between_are_my_own() {
    for field in fields().await {
        let (one, two) = (&field.one, &field.two);
        let mine = Player::find_or_fail(one, 1).await.unwrap();
        let theirs = Player::find_or_fail(two, THEIR).await.unwrap();
        let rows = async |db: &Db| PlayerBadge::query().count(db).await;
        let badges = |player: &Record<Player>| player.related(Player::badges);
        // To their badge, and from their player: the rows are mine, and lead nowhere.
        badges(&mine).attach(one, [THEIR + 1]).await.unwrap();
        badges(&theirs).attach(one, [2]).await.unwrap();
        assert_eq!(badges(&mine).count(one).await.unwrap(), 1);
        assert_eq!(badges(&theirs).count(two).await.unwrap(), 1);
        badges(&mine).update_pivot(one, THEIR, PlayerBadge::level.set(9)).await.unwrap();
        badges(&theirs).update_pivot(one, THEIR, PlayerBadge::level.set(9)).await.unwrap();
        badges(&theirs).detach(one, [THEIR, 1, 2]).await.unwrap();
        // What locks their player's row does not find it.
        for result in [
            badges(&theirs).sync(one, [1]).await.map(|_| ()),
            badges(&theirs).toggle(one, [1]).await.map(|_| ()),
            badges(&theirs).sync_without_detaching(one, [1]).await.map(|_| ()),
        ] {
            assert!(matches!(&result, Ok(()) | Err(Error::NotFound { .. })), "{result:?}");
        }
        badges(&mine).sync(one, [2, THEIR]).await.unwrap();
        badges(&mine).toggle(one, [2]).await.unwrap();
        badges(&mine).detach_all(one).await.unwrap();
        badges(&theirs).detach_all(one).await.unwrap();
        assert_eq!((rows(one).await.unwrap(), rows(two).await.unwrap()), (1, 2));
        let made = badges(&theirs).create(one, Badge::draft().name("made").org(2)).await.unwrap();
        assert_eq!((made.org, badges(&theirs).count(two).await.unwrap()), (1, 1));
        let scores = theirs.related(Player::scores);
        assert_eq!(scores.update(one, Score::amount.set(0)).await.unwrap(), 1, "mine, that leads to theirs");
        let scores = theirs.related(Player::scores);
        scores.create_many(one, [Score::draft().amount(1).org(2)]).await.unwrap();
        assert_eq!(theirs.related(Player::scores).count(two).await.unwrap(), 1);
        field.hold().await;
    }
}

/// What was read by one tenant, another does not get out of the cache.
#[tokio::test]
async fn what_is_kept_is_the_tenants() {
    for place in places("tenant-cache").await {
        let store = std::sync::Arc::new(MemoryCache::new(1_000));
        let db = Db::builder(place.url.as_str()).cache(store).connect().await.unwrap();
        db.create_tables(models![Badge]).await.unwrap();
        let minute = std::time::Duration::from_secs(60);
        // A text that could end a key, and go on as another's.
        for name in ["all", "all\" 2", "Some(I64(2))"] {
            for org in [1, 2] {
                let db = db.for_tenant(org);
                Badge::draft().name(format!("{name}{org}")).save(&db).await.unwrap();
            }
            for _ in 0..2 {
                for org in [1, 2] {
                    let db = db.for_tenant(org);
                    let own = || {
                        Badge::query()
                            .or_filter(Badge::id.gt(0))
                            .where_eq(Badge::name, format!("{name}{org}"))
                    };
                    let kept = own().cache_as(name, minute).get(&db).await.unwrap();
                    assert!(kept.len() == 1 && kept[0].org == org);
                    let kept = Badge::query().cache(minute).get(&db).await.unwrap();
                    assert!(kept.iter().all(|badge| badge.org == org));
                    assert!(
                        Badge::query().cache_as(name, minute).find(&db, 3 - org).await.unwrap().is_none()
                    );
                }
                let all = db.without_tenant();
                assert!(Badge::query().cache_as(name, minute).count(&all).await.unwrap() >= 2);
            }
            db.for_tenant(1).forget_cached(name).await.unwrap();
            let required = Badge::query().cache_as(name, minute).get(&db).await;
            assert!(matches!(required, Err(Error::TenantRequired { .. })));
        }
    }
}

/// What takes scopes away takes no tenant away, and a scope adds none.
#[tokio::test]
async fn scopes_narrow_what_is_the_tenants() {
    for field in fields().await {
        let any = |players: Query<Player>| players.where_eq(Player::id, 0).or_filter(Player::id.gt(0));
        let wide = field.one.with_scope::<Player>("any", any);
        for query in [Player::query(), Player::query().without_scopes(), Player::query().without_scope("any")]
        {
            assert!(query.get(&wide).await.unwrap().iter().all(|player| player.org == 1));
        }
        assert_eq!(Score::query().has(Score::player).count(&wide).await.unwrap(), 2);
        let theirs = |players: Query<Player>| players.with_attributes(Player::org.set(2));
        assert_eq!(Player::query().apply(theirs).count(&field.one).await.unwrap(), 0);
        let made =
            Player::query().apply(theirs).create(&field.one, Player::draft().name("made")).await.unwrap();
        assert_eq!(made.org, 1);
        field.hold().await;
    }
}

/// A statement that is prepared for one handle is not another's.
#[tokio::test]
async fn what_was_prepared_for_one_is_not_run_for_another() {
    for field in fields().await {
        let all = field.db.without_tenant();
        for _ in 0..4 {
            for (db, orgs) in [(&field.one, vec![1, 1]), (&all, vec![1, 1, 2, 2]), (&field.two, vec![2, 2])] {
                let players = Player::query().where_gt(Player::id, 0).order_by(Player::id);
                assert_eq!(players.clone().pluck(db, Player::org).await.unwrap(), orgs);
                assert_eq!(players.clone().count(db).await.unwrap(), orgs.len() as u64);
                assert_eq!(players.update(db, Player::points.set(10)).await.unwrap(), orgs.len() as u64);
                let found = Player::find(db, THEIR).await.unwrap();
                assert_eq!(found.is_some(), orgs.contains(&2));
            }
        }
    }
}

// 002-41, 002-58
#[tokio::test]
async fn observers_work_for_the_tenant_of_what_they_observe() {
    for field in fields().await {
        let hook = field.db.on::<Player, _>(ModelEvent::Updated, |db, player| {
            let id = player.id;
            Box::pin(async move {
                let any = Player::query().or_filter(Player::id.ne(id));
                any.update(db, Player::name.set_from(Player::name.concat("!"))).await?;
                Score::draft().player_id(id).amount(1).org(2).save(db).await.map(|_| ())
            })
        });
        let mut mine = Player::find_or_fail(&field.one, 1).await.unwrap();
        mine.points = 1;
        mine.save(&field.one).await.unwrap();
        hook.stop();
        assert_eq!(Score::query().where_eq(Score::player_id, 1).count(&field.one).await.unwrap(), 2);
        field.hold().await;
    }
}

// 002-62
#[tokio::test]
async fn a_transaction_in_a_transaction_is_whose_its_handle_says() {
    for field in fields().await {
        field
            .one
            .transaction(async |tx| {
                let inner = tx.begin().await?;
                Player::query().update(&inner, Player::points.set(1)).await?;
                let inside = inner.begin().await?;
                Score::query().delete(&inside).await?;
                inside.rollback().await?;
                assert_eq!(Player::query().sum(&inner, Player::points).await?, 2);
                assert_eq!(Player::query().sum(&inner.for_tenant(2), Player::points).await?, 20);
                inner.commit().await?;
                Ok(())
            })
            .await
            .unwrap();
        field.hold().await;
    }
}

// 002-64
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_tasks_who_find_or_write_meet_nobody_else() {
    for db in databases().await {
        db.create_tables(models![Player, Score, Badge, PlayerBadge]).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..100_i64 {
            let (db, org) = (db.for_tenant(task % 10), task % 10);
            tasks.spawn(async move {
                let name = format!("counter of {org}");
                let draft = Player::draft().name(name.as_str()).points(1);
                let by = Player::points.gt(0).or(Player::id.gt(0));
                let player =
                    Player::update_or_create_with(&db, by, draft, |player| player.points += 1).await?;
                let drafts = ["a", "b"].map(|name| Player::draft().name(format!("{name}{org}")).org(org + 1));
                let many = Player::update_or_create_many(&db, Player::name, drafts).await?;
                let badge =
                    Badge::fetch_or_create_many(&db, Badge::name, [Badge::draft().name("gold")]).await?;
                player.related(Player::badges).sync_without_detaching(&db, [badge[0].id]).await?;
                assert!(
                    player.org == org && badge[0].org == org && many.iter().all(|player| player.org == org)
                );
                Ok::<_, Error>(())
            });
        }
        for done in tasks.join_all().await {
            done.unwrap();
        }
        for org in 0..10 {
            let db = db.for_tenant(org);
            let names = Player::query().order_by(Player::name).pluck(&db, Player::name).await.unwrap();
            assert_eq!(names, [format!("a{org}"), format!("b{org}"), format!("counter of {org}")]);
        }
    }
}

// 002-61
#[tokio::test]
async fn what_writes_give_back_takes_along_or_empties_is_my_own() {
    for field in fields().await {
        let (one, two) = (&field.one, &field.two);
        let any = || Player::query().where_eq(Player::id, THEIR).or_filter(Player::id.gt(0));
        let orgs = |rows: &[(i64, i64)]| rows.iter().all(|(_, org)| *org == 1);

        // What comes back of a write, of my rows and of theirs.
        let given = any().returning((Player::id, Player::org));
        let rows = given.update(one, Player::points.set(3)).await.unwrap();
        assert!(rows.len() == 2 && orgs(&rows), "{rows:?}");
        let theirs = Player::query().where_in(Player::id, [THEIR, THEIR + 1]);
        let rows = theirs.clone().returning(Player::name).update(one, Player::points.set(3)).await.unwrap();
        assert!(rows.is_empty(), "{rows:?}");
        let rows = theirs.returning(Player::name).delete(one).await.unwrap();
        assert!(rows.is_empty(), "{rows:?}");
        let draft = || Player::draft().name("back").org(2);
        let rows = Player::returning((Player::id, Player::org)).insert(one, [draft()]).await.unwrap();
        assert!(rows.len() == 1 && orgs(&rows), "{rows:?}");
        let taken =
            Player::returning(Player::org).insert_or_ignore(one, [Player::draft().id(THEIR).name("x")]);
        assert!(taken.await.unwrap().is_empty());

        // What is joined: their scores of my player, my score of their player.
        let joined = Score::query().join(Score::player).or_filter(Score::id.gt(0));
        let rows = joined.returning(Score::org).update(one, Score::amount.set_from(Player::points + 1)).await;
        assert_eq!(rows.unwrap(), [1, 1]);
        let led = Score::query().join(Score::player).filter(Player::id.eq(THEIR).or(Player::org.eq(2)));
        assert_eq!(led.clone().update(one, Score::amount.set(0)).await.unwrap(), 0);
        assert_eq!(led.delete(one).await.unwrap(), 0);
        let left = Score::query().left_join(Score::player).filter(Player::name.like("%2"));
        assert_eq!(left.update(one, Score::amount.set(0)).await.unwrap(), 0);

        // Rows of a query, into a table of mine: those that are read are mine, as those that are written.
        let names = any().select(Player::name.concat(" again"));
        assert_eq!(Player::insert_using(one, Player::name, names).await.unwrap(), 3);
        assert_eq!(Player::query().where_like(Player::name, "% again").count(one).await.unwrap(), 3);
        let names = || any().union_all(Player::query().where_eq(Player::org, 2)).select(Player::name);
        assert_eq!(Badge::insert_using(one, Badge::name, names()).await.unwrap(), 6);
        assert!(Badge::query().where_like(Badge::name, "%2").doesnt_exist(one).await.unwrap());
        let whose =
            Badge::insert_using(one, (Badge::name, Badge::org), any().select((Player::name, val(2_i64))));
        assert!(matches!(whose.await, Err(Error::Config { .. })));

        // An upsert by a key of theirs, whatever it sets.
        let taken = |error: Error| {
            assert!(error.is_unique_violation() || matches!(error, Error::Config { .. }), "{error}")
        };
        for name in ["ann2", "bob2"] {
            let upsert =
                Player::upsert(one, [Player::draft().name(name)], Player::name, Player::points.set(0));
            taken(upsert.await.unwrap_err());
            let more = Player::points.set_from(Player::points + 1);
            taken(Player::upsert(one, [Player::draft().name(name)], Player::name, more).await.unwrap_err());
        }

        // Emptying a table would take theirs along.
        let emptied = Score::truncate(one, atlas::Truncate::default()).await.unwrap_err();
        assert!(emptied.to_string().contains("Score"), "{emptied}");

        // What records carry leads no further than their handle.
        let carrying = one.sideload("a note");
        let players = any().with((Player::leader, Player::scores)).get(&carrying).await.unwrap();
        assert!(players.iter().all(|player| player.org == 1 && player.sideloaded::<&str>().is_some()));
        assert!(Player::find(&carrying, THEIR).await.unwrap().is_none());
        assert!(Player::find(two, THEIR).await.unwrap().unwrap().sideloaded::<&str>().is_none());
        field.hold().await;
    }
}

// Y-05: who reaches everything reaches it through a handle of their own.
#[tokio::test]
async fn a_handle_without_a_tenant_frees_no_other() {
    for field in fields().await {
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..24 {
            let db = field.db.clone();
            tasks.spawn(async move {
                for _ in 0..5 {
                    if task % 3 == 0 {
                        let all = db.without_tenant();
                        assert_eq!(Player::query().count(&all).await.unwrap(), 4);
                        tokio::task::yield_now().await;
                        let free = db.for_tenant(1).without_tenant_for::<Player>();
                        assert_eq!(Player::query().count(&free).await.unwrap(), 4);
                    } else {
                        let own = db.for_tenant(task % 3);
                        let orgs = Player::query().pluck(&own, Player::org).await.unwrap();
                        assert_eq!(orgs, [i64::from(task % 3); 2]);
                        tokio::task::yield_now().await;
                        let bare = Player::query().count(&db).await;
                        assert!(matches!(bare, Err(Error::TenantRequired { model: "Player" })));
                    }
                }
            });
        }
        tasks.join_all().await;
        field.hold().await;
    }
}
