//! Users, who have roles through a table with a model and badges through one without, and posts with
//! comments.

use atlas::prelude::*;

use super::{counted, listed};
use crate::support::{Databases, databases};

#[derive(Model, Debug)]
#[table("kind_users")]
pub struct User {
    pub id: i64,
    pub name: String,
    pub mentor_id: Option<i64>,
    #[belongs_to_many(pivot = RoleUser)]
    pub roles: BelongsToMany<Role, RoleUser>,
    #[belongs_to_many(pivot = "badge_user")]
    pub badges: BelongsToMany<Badge>,
    #[belongs_to_many]
    pub same_badges: BelongsToMany<Badge>,
    #[has_many]
    pub posts: HasMany<Post>,
    #[has_one(latest)]
    pub newest: HasOne<Post>,
    #[has_one(oldest = votes)]
    pub worst: HasOne<Post>,
    #[has_many_through(through = Post)]
    pub comments: HasManyThrough<Comment>,
    #[has_one_through(through = Post, latest)]
    pub last_comment: HasOneThrough<Comment>,
    #[belongs_to]
    pub mentor: BelongsTo<Self>,
    #[has_many(foreign_key = mentor_id)]
    pub pupils: HasMany<User>,
    #[belongs_to_many(pivot = Friendship, related_key = friend_id)]
    pub friends: BelongsToMany<User, Friendship>,
    #[has_many_through(through = User, foreign_key = mentor_id, through_foreign_key = mentor_id)]
    pub grandpupils: HasManyThrough<User>,
}

#[derive(Model, Debug)]
pub struct Role {
    pub id: i64,
    pub name: String,
    #[belongs_to_many]
    pub users: BelongsToMany<User, RoleUser>,
}

#[derive(Model, Debug)]
pub struct RoleUser {
    #[primary_key]
    pub user_id: i64,
    #[primary_key]
    pub role_id: i64,
    pub since: i32,
}

#[derive(Model, Debug)]
pub struct Friendship {
    pub id: i64,
    pub user_id: i64,
    pub friend_id: i64,
}

#[derive(Model, Debug)]
pub struct Badge {
    pub id: i64,
    pub name: String,
}

/// What makes the table of the pivot that is named by its table: nothing in Atlas knows it as such.
#[derive(Model, Debug)]
#[table("badge_user")]
pub struct Wearing {
    pub id: i64,
    pub user_id: Option<i64>,
    pub badge_id: i64,
    pub place: i32,
}

#[derive(Model, Debug)]
pub struct Post {
    pub id: i64,
    pub title: String,
    pub votes: i32,
    pub user_id: Option<i64>,
    #[belongs_to]
    pub user: BelongsTo<User>,
    #[has_many]
    pub comments: HasMany<Comment>,
}

#[derive(Model, Debug)]
pub struct Comment {
    pub id: i64,
    pub text: String,
    pub post_id: i64,
}

/// Ann mentors Bob, who mentors Cid. Ann is admin (since 1) and editor (since 2), Bob editor (since 3).
pub async fn filled() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![User, Role, RoleUser, Friendship, Badge, Wearing, Post, Comment])
            .await
            .unwrap();
        let users = [("Ann", None), ("Bob", Some(1)), ("Cid", Some(2))];
        User::insert(db, users.map(|(name, mentor)| User::draft().name(name).mentor_id(mentor)))
            .await
            .unwrap();
        Role::insert(db, ["admin", "editor", "idle"].map(|name| Role::draft().name(name))).await.unwrap();
        let pivots = [(1, 1, 1), (1, 2, 2), (2, 2, 3)];
        let pivots =
            pivots.map(|(user, role, since)| RoleUser::draft().user_id(user).role_id(role).since(since));
        RoleUser::insert(db, pivots).await.unwrap();
        let friends = [(1, 2), (1, 3), (3, 1)];
        let friends = friends.map(|(user, friend)| Friendship::draft().user_id(user).friend_id(friend));
        Friendship::insert(db, friends).await.unwrap();
        Badge::insert(db, ["gold", "silver"].map(|name| Badge::draft().name(name))).await.unwrap();
        let worn = [(Some(1), 2, 7), (Some(1), 1, 8), (Some(3), 1, 9), (None, 1, 10)];
        let worn =
            worn.map(|(user, badge, place)| Wearing::draft().user_id(user).badge_id(badge).place(place));
        Wearing::insert(db, worn).await.unwrap();
        let posts =
            [("a1", 5, Some(1)), ("a2", 1, Some(1)), ("a3", 3, Some(1)), ("b1", 0, Some(2)), ("x", 0, None)];
        let posts = posts.map(|(title, votes, user)| Post::draft().title(title).votes(votes).user_id(user));
        Post::insert(db, posts).await.unwrap();
        let comments = [("c1", 1), ("c2", 3), ("c3", 3), ("c4", 4), ("c5", 5)];
        Comment::insert(db, comments.map(|(text, post)| Comment::draft().text(text).post_id(post)))
            .await
            .unwrap();
    }
    databases
}

// 000-29, C-177, B-370, B-371
#[tokio::test]
async fn many_to_many_with_a_pivot_model() {
    for db in filled().await {
        let query = User::query().with(User::roles.order_by(Role::id.asc())).order_by(User::id.asc());
        let (users, statements) = counted(&db, query.get(&db)).await;
        assert_eq!(statements, 2);
        let names = |user: &Record<User>| listed(user.roles.get().unwrap(), |role| &role.name);
        assert_eq!(users.iter().map(names).collect::<Vec<_>>(), ["admin editor", "editor", ""]);
        let since = |user: usize, role: usize| {
            let role = &users[user].roles.get().unwrap()[role];
            let pivot = role.pivot::<RoleUser>().unwrap();
            (pivot.user_id, pivot.role_id, pivot.since)
        };
        assert_eq!([since(0, 0), since(0, 1), since(1, 0)], [(1, 1, 1), (1, 2, 2), (2, 2, 3)]);

        let roles = Role::query().with(Role::users.with(User::roles)).order_by(Role::id.asc());
        let (roles, statements) = counted(&db, roles.get(&db)).await;
        assert_eq!(statements, 3);
        let names = |role: &Record<Role>| role.users.get().unwrap().len();
        assert_eq!(roles.iter().map(names).collect::<Vec<_>>(), [1, 2, 0]);
        assert_eq!(roles[0].users.get().unwrap()[0].roles.get().unwrap().len(), 2);

        let newest = User::roles.filter(Role::name.ne("idle")).order_by(Role::id.desc()).limit(1);
        let users = User::query().with(newest).order_by(User::id.asc()).get(&db).await.unwrap();
        let names = |user: &Record<User>| listed(user.roles.get().unwrap(), |role| &role.name);
        assert_eq!(users.iter().map(names).collect::<Vec<_>>(), ["editor", "editor", ""]);
        let role = &users[0].roles.get().unwrap()[0];
        assert_eq!(role.pivot::<RoleUser>().unwrap().since, 2);
        let error = role.pivot::<Friendship>().unwrap_err().to_string();
        assert!(error.contains("`Friendship`"), "{error}");
    }
}

// C-176, B-372
#[tokio::test]
async fn many_to_many_through_a_table_without_a_model() {
    for db in filled().await {
        let badges = User::badges.with_pivot(["place"]).order_by(Badge::id.asc());
        let query = User::query().with((badges, User::same_badges)).order_by(User::id.asc());
        let (users, statements) = counted(&db, query.get(&db)).await;
        assert_eq!(statements, 3);
        let names = |user: &Record<User>| listed(user.badges.get().unwrap(), |badge| &badge.name);
        assert_eq!(users.iter().map(names).collect::<Vec<_>>(), ["gold silver", "", "gold"]);
        let place = |user: usize, badge: usize| {
            users[user].badges.get().unwrap()[badge].extra::<i32>("pivot_place").unwrap()
        };
        assert_eq!([place(0, 0), place(0, 1), place(2, 0)], [8, 7, 9]);
        assert_eq!(users[0].same_badges.get().unwrap().len(), 2);
        let first = User::badges.with_pivot(["place"]).limit(1);
        let ann = User::query().with(first).find_or_fail(&db, 1).await.unwrap();
        let [badge] = ann.badges.get().unwrap() else { panic!("one badge") };
        assert_eq!((&*badge.name, badge.extra::<i32>("pivot_place").unwrap()), ("gold", 8));
    }
}

// C-169, B-381
#[tokio::test]
async fn through_another_model() {
    for db in filled().await {
        let comments = User::comments.order_by(Comment::id.asc());
        let query = User::query().with((comments, User::last_comment)).order_by(User::id.asc());
        let (users, statements) = counted(&db, query.get(&db)).await;
        assert_eq!(statements, 3);
        let texts = |user: &Record<User>| listed(user.comments.get().unwrap(), |comment| &comment.text);
        assert_eq!(users.iter().map(texts).collect::<Vec<_>>(), ["c1 c2 c3", "c4", ""]);
        let last = |user: &Record<User>| {
            user.last_comment.get().unwrap().map(|comment| comment.text.clone()).unwrap_or_default()
        };
        assert_eq!(users.iter().map(last).collect::<Vec<_>>(), ["c3", "c4", ""]);
        let two = User::comments.order_by(Comment::id.desc()).limit(2);
        let ann = User::query().with(two).find_or_fail(&db, 1).await.unwrap();
        assert_eq!(texts(&ann), "c3 c2");
    }
}

#[tokio::test]
async fn one_of_many() {
    for db in filled().await {
        let query = User::query().with((User::newest, User::worst)).order_by(User::id.asc());
        let (users, statements) = counted(&db, query.get(&db)).await;
        assert_eq!(statements, 3);
        let title =
            |post: &HasOne<Post>| post.get().unwrap().map(|post| post.title.clone()).unwrap_or_default();
        assert_eq!(users.iter().map(|user| title(&user.newest)).collect::<Vec<_>>(), ["a3", "b1", ""]);
        assert_eq!(users.iter().map(|user| title(&user.worst)).collect::<Vec<_>>(), ["a2", "b1", ""]);
    }
}

/// The titles of what is loaded as the users' newest posts.
async fn newest(db: &Db, load: impl atlas::bounds::IntoLoad<User>) -> String {
    let users = User::query().with(load).order_by(User::id).get(db).await.unwrap();
    let title = |user: &Record<User>| user.newest.get().unwrap().map(|post| post.title.clone());
    users.iter().filter_map(title).collect::<Vec<_>>().join(" ")
}

// C-173, C-192, C-198
#[tokio::test]
async fn what_is_asked_is_about_the_one_of_many_that_is_picked() {
    for db in filled().await {
        // Ann's newest is a3 with 3 votes; a1 has 5.
        let popular = |votes: i32| move |posts: Query<Post>| posts.filter(Post::votes.gt(votes));
        let names = |query: Query<User>| {
            let db = db.clone();
            async move { query.order_by(User::id).pluck(&db, User::name).await.unwrap() }
        };
        let none: [&str; 0] = [];
        assert_eq!(names(User::query().has(User::newest)).await, ["Ann", "Bob"]);
        assert_eq!(names(User::query().where_has(User::newest, popular(2))).await, ["Ann"]);
        assert_eq!(names(User::query().where_has(User::newest, popular(3))).await, none);
        assert_eq!(
            names(User::query().where_doesnt_have(User::newest.filter(Post::votes.gt(3)))).await.len(),
            3
        );
        assert_eq!(names(User::query().has(User::worst.filter(Post::title.eq("a2")))).await, ["Ann"]);
        assert_eq!(names(User::query().has(User::worst.filter(Post::title.eq("a3")))).await, none);
        let last = |text: &str| User::last_comment.filter(Comment::text.eq(text.to_owned()));
        assert_eq!(names(User::query().has(last("c3"))).await, ["Ann"]);
        assert_eq!(names(User::query().has(last("c2"))).await, none);

        let query = User::query()
            .with_count(User::newest)
            .with_sum(User::newest, Post::votes)
            .with_max(User::newest.filter(Post::votes.gt(0)), Post::votes)
            .with_min(User::last_comment, Comment::text)
            .order_by(User::id);
        let (users, statements) = counted(&db, query.get(&db)).await;
        assert_eq!(statements, 1);
        let counts: Vec<u64> = users.iter().map(|user| user.count_of(User::newest).unwrap()).collect();
        assert_eq!(counts, [1, 1, 0]);
        let sums = users.iter().map(|user| user.extra::<Option<i64>>("newest_sum_votes").unwrap());
        assert_eq!(sums.collect::<Vec<_>>(), [Some(3), Some(0), None]);
        let most = users.iter().map(|user| user.extra::<Option<i32>>("newest_max_votes").unwrap());
        assert_eq!(most.collect::<Vec<_>>(), [Some(3), None, None]);
        let texts = users.iter().map(|user| user.extra::<Option<String>>("last_comment_min_text").unwrap());
        assert_eq!(texts.collect::<Vec<_>>(), [Some("c3".into()), Some("c4".into()), None]);

        // Conditions and orders of a load do not change which one it is.
        assert_eq!(newest(&db, User::newest.filter(Post::votes.gt(2))).await, "a3");
        assert_eq!(newest(&db, User::newest.filter(Post::votes.gt(3))).await, "");
        assert_eq!(newest(&db, User::newest.order_by(Post::votes.desc())).await, "a3 b1");
        let last = |text: &str| User::last_comment.filter(Comment::text.eq(text.to_owned()));
        for (load, expected) in [(last("c3"), Some("c3")), (last("c2"), None)] {
            let ann = User::query().with(load.order_by(Comment::id)).find_or_fail(&db, 1).await.unwrap();
            assert_eq!(ann.last_comment.get().unwrap().map(|comment| &*comment.text), expected);
        }

        // Joins too.
        let joined = |votes: i32| User::query().join(User::newest.filter(Post::votes.gt(votes)));
        assert_eq!(joined(2).count(&db).await.unwrap(), 1);
        assert_eq!(joined(3).count(&db).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn to_the_same_model() {
    for db in filled().await {
        let query = User::query()
            .with((User::mentor.with(User::mentor), User::pupils.with(User::pupils)))
            .with((User::friends.order_by(User::id.asc()), User::grandpupils))
            .order_by(User::id.asc());
        let (users, statements) = counted(&db, query.get(&db)).await;
        assert_eq!(statements, 7);
        let [ann, bob, cid] = &*users else { panic!("three users") };
        assert!(ann.mentor.get().unwrap().is_none());
        let mentor = cid.mentor.get().unwrap().unwrap();
        assert_eq!(mentor.mentor.get().unwrap().unwrap().name, "Ann");
        assert_eq!(ann.pupils.get().unwrap()[0].pupils.get().unwrap()[0].name, "Cid");
        let names = |user: &Record<User>| listed(user.friends.get().unwrap(), |friend| &friend.name);
        assert_eq!([ann, bob, cid].map(names), ["Bob Cid", "", "Ann"]);
        assert_eq!(ann.friends.get().unwrap()[1].pivot::<Friendship>().unwrap().id, 2);
        assert_eq!(listed(ann.grandpupils.get().unwrap(), |user| &user.name), "Cid");
        assert!(bob.grandpupils.get().unwrap().is_empty());
    }
}

// B-359, B-360, B-362, B-216
#[tokio::test]
async fn without_parents_or_keys_nothing_is_sent() {
    for db in filled().await {
        let all = (User::roles, User::badges, User::posts, User::comments, User::newest, User::mentor);
        let none = User::query().where_eq(User::id, 99).with(all);
        let (none, statements) = counted(&db, none.get(&db)).await;
        assert!(none.is_empty());
        assert_eq!(statements, 1);
        let ann = User::query().where_eq(User::id, 1).with(User::mentor.with(User::roles));
        let (ann, statements) = counted(&db, ann.sole(&db)).await;
        assert!(ann.mentor.get().unwrap().is_none());
        assert_eq!(statements, 1);
        let posts =
            Post::query().with((Post::user.with(User::roles), Post::comments)).order_by(Post::id.asc());
        let (posts, statements) = counted(&db, posts.get(&db)).await;
        assert_eq!(statements, 4);
        assert!(posts[4].user.get().unwrap().is_none());
        assert_eq!(posts[4].comments.get().unwrap().len(), 1);
        assert_eq!(posts[0].user.get().unwrap().unwrap().roles.get().unwrap().len(), 2);
    }
}

// C-192
#[tokio::test]
async fn rows_by_relations_of_every_kind() {
    for db in filled().await {
        let q = User::query;
        for (query, expected) in [
            (q().has(User::roles), "Ann Bob"),
            (q().where_has(User::roles, |roles| roles.where_eq(Role::name, "admin")), "Ann"),
            (q().has(User::badges), "Ann Cid"),
            (q().where_has(User::comments, |comments| comments.where_eq(Comment::text, "c4")), "Bob"),
            (q().where_doesnt_have(User::comments), "Cid"),
            (q().has(User::friends), "Ann Cid"),
            (q().has(User::grandpupils), "Ann"),
            (q().where_has_count(User::comments, ">=", 3), "Ann"),
        ] {
            let names = query.order_by(User::id.asc()).pluck(&db, User::name).await.unwrap().join(" ");
            assert_eq!(names, expected);
        }
    }
}

// C-193
#[tokio::test]
async fn rows_by_a_relation_that_is_loaded_with_them() {
    for db in filled().await {
        let posts = User::posts.filter(Post::votes.gt(0)).order_by(Post::id);
        let query = User::query().with_where_has(posts).order_by(User::id);
        let (users, statements) = counted(&db, query.get(&db)).await;
        assert_eq!((listed(&users, |user| &user.name).as_str(), statements), ("Ann", 2));
        assert_eq!(listed(users[0].posts.get().unwrap(), |post| &post.title), "a1 a2 a3");
        let users = User::query().with_where_has(User::roles).order_by(User::id).get(&db).await.unwrap();
        assert_eq!(listed(&users, |user| &user.name), "Ann Bob");
    }
}

// C-173
#[tokio::test]
async fn a_query_of_the_one_that_is_picked_is_about_it_alone() {
    for db in filled().await {
        let ann = User::find_or_fail(&db, 1).await.unwrap();
        let newest = || ann.related(User::newest);
        let title = |post: Option<Record<Post>>| post.map(|post| post.into_inner().title);
        assert_eq!(title(newest().first(&db).await.unwrap()).as_deref(), Some("a3"));
        assert_eq!(newest().count(&db).await.unwrap(), 1);
        assert_eq!(newest().order_by(Post::votes.desc()).pluck(&db, Post::title).await.unwrap(), ["a3"]);
        assert_eq!(title(newest().filter(Post::votes.gt(3)).first(&db).await.unwrap()), None);
        assert_eq!(
            title(newest().filter(Post::votes.eq(3)).first(&db).await.unwrap()).as_deref(),
            Some("a3")
        );
        assert!(newest().find(&db, 1).await.unwrap().is_none());
        // What is changed is that one too.
        assert_eq!(newest().filter(Post::votes.gt(3)).update(&db, Post::votes.set(0)).await.unwrap(), 0);
        assert_eq!(newest().filter(Post::votes.eq(3)).update(&db, Post::votes.set(4)).await.unwrap(), 1);
        assert_eq!(newest().update(&db, Post::votes.set(6)).await.unwrap(), 1);
        assert_eq!(Post::query().order_by(Post::id).pluck(&db, Post::votes).await.unwrap(), [5, 1, 6, 0, 0]);
        assert_eq!(newest().filter(Post::votes.eq(6)).delete(&db).await.unwrap(), 1);
        assert_eq!(title(newest().first(&db).await.unwrap()).as_deref(), Some("a2"));
    }
}
