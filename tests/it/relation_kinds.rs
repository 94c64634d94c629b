//! Every kind of relation: declared, and loaded with one statement for each level.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use atlas::{Error, prelude::*, value::Value};

use crate::support::{Databases, databases};

/// What work gives, and how many statements it sent.
async fn counted<T>(db: &Db, work: impl Future<Output = Result<T>>) -> (T, usize) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let listening = db.listen(move |event| {
        if event.as_statement().is_some() {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    let done = work.await.unwrap();
    listening.stop();
    (done, count.load(Ordering::Relaxed))
}

fn listed<T: Model>(records: &[Record<T>], name: impl Fn(&Record<T>) -> &str) -> String {
    records.iter().map(name).collect::<Vec<_>>().join(" ")
}

/// Users, who have roles through a table with a model and badges through one without, and posts with
/// comments.
pub mod blog {
    use super::*;

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
            let posts = [
                ("a1", 5, Some(1)),
                ("a2", 1, Some(1)),
                ("a3", 3, Some(1)),
                ("b1", 0, Some(2)),
                ("x", 0, None),
            ];
            let posts =
                posts.map(|(title, votes, user)| Post::draft().title(title).votes(votes).user_id(user));
            Post::insert(db, posts).await.unwrap();
            let comments = [("c1", 1), ("c2", 3), ("c3", 3), ("c4", 4), ("c5", 5)];
            Comment::insert(db, comments.map(|(text, post)| Comment::draft().text(text).post_id(post)))
                .await
                .unwrap();
        }
        databases
    }
}
use blog::*;

#[tokio::test]
async fn many_to_many_with_a_pivot_model() {
    for db in blog::filled().await {
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

#[tokio::test]
async fn many_to_many_through_a_table_without_a_model() {
    for db in blog::filled().await {
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

#[tokio::test]
async fn through_another_model() {
    for db in blog::filled().await {
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
    for db in blog::filled().await {
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
    for db in blog::filled().await {
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
    for db in blog::filled().await {
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

#[tokio::test]
async fn without_parents_or_keys_nothing_is_sent() {
    for db in blog::filled().await {
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

/// Posts, films and users with comments and images; posts and films with tags.
pub mod media {
    use super::*;

    #[derive(MorphTarget, Debug)]
    pub enum Commentable {
        Article(Record<Article>),
        #[morph("video")]
        Film(Record<Film>),
    }

    #[derive(MorphTarget, Debug)]
    pub enum Pictured {
        Film(Record<Film>),
        #[morph(other)]
        Other(String, Value),
    }

    #[derive(MorphTarget, Debug)]
    pub enum Taggable {
        Article(Record<Article>),
        Film(Record<Film>),
    }

    #[derive(Model, Debug)]
    pub struct Article {
        pub id: i64,
        pub title: String,
        #[morph_many(name = commentable)]
        pub remarks: MorphMany<Remark>,
        #[morph_one(name = commentable, latest)]
        pub last_remark: MorphOne<Remark>,
        #[morph_one(name = commentable, oldest = stars)]
        pub worst_remark: MorphOne<Remark>,
        #[morph_to_many(name = taggable, pivot = Tagging)]
        pub tags: MorphToMany<Tag, Tagging>,
        #[morph_to_many(name = taggable, pivot = "taggings")]
        pub plain_tags: MorphToMany<Tag>,
    }

    #[derive(Model, Debug)]
    pub struct Film {
        pub id: i64,
        pub title: String,
        #[morph_many(name = commentable)]
        pub remarks: MorphMany<Remark>,
        #[morph_one(name = pictured)]
        pub picture: MorphOne<Picture>,
        #[morph_to_many(name = taggable)]
        pub tags: MorphToMany<Tag, Tagging>,
    }

    #[derive(Model, Debug)]
    pub struct Remark {
        pub id: i64,
        pub text: String,
        pub stars: i32,
        pub commentable_type: Option<String>,
        pub commentable_id: Option<i64>,
        #[morph_to]
        pub commentable: MorphTo<Commentable>,
    }

    #[derive(Model, Debug)]
    pub struct Picture {
        pub id: i64,
        pub kind: String,
        pub of: i64,
        #[morph_to(type_column = kind, key_column = of)]
        pub pictured: MorphTo<Pictured>,
    }

    #[derive(Model, Debug)]
    pub struct Tag {
        pub id: i64,
        pub name: String,
        #[morphed_by_many(name = taggable)]
        pub articles: MorphToMany<Article, Tagging>,
        #[morphed_by_many(name = taggable, pivot = "taggings", type_name = "Film")]
        pub films: MorphToMany<Film>,
    }

    #[derive(Model, Debug)]
    pub struct Tagging {
        pub id: i64,
        pub tag_id: i64,
        pub weight: i32,
        pub taggable_type: String,
        pub taggable_id: i64,
        #[morph_to]
        pub taggable: MorphTo<Taggable>,
    }

    pub async fn filled() -> Databases {
        let databases = databases().await;
        for db in &databases {
            db.create_tables(models![Article, Film, Remark, Picture, Tag, Tagging]).await.unwrap();
            Article::insert(db, ["a1", "a2", "a3"].map(|title| Article::draft().title(title))).await.unwrap();
            Film::insert(db, ["f1", "f2"].map(|title| Film::draft().title(title))).await.unwrap();
            let remarks = [
                ("on a1", 3, Some("Article"), Some(1)),
                ("on f1", 4, Some("video"), Some(1)),
                ("on a1 too", 1, Some("Article"), Some(1)),
                ("on nothing", 5, None, None),
                ("on what is gone", 5, Some("video"), Some(99)),
                ("on a2", 2, Some("Article"), Some(2)),
            ];
            let remarks = remarks.map(|(text, stars, of, key)| {
                Remark::draft()
                    .text(text)
                    .stars(stars)
                    .commentable_type(of.map(String::from))
                    .commentable_id(key)
            });
            Remark::insert(db, remarks).await.unwrap();
            let pictures = [("Film", 2), ("Cat", 7)];
            Picture::insert(db, pictures.map(|(kind, of)| Picture::draft().kind(kind).of(of))).await.unwrap();
            Tag::insert(db, ["rust", "calm"].map(|name| Tag::draft().name(name))).await.unwrap();
            let taggings =
                [(1, 10, "Article", 1), (2, 20, "Article", 1), (1, 30, "Film", 1), (2, 40, "Article", 2)];
            let taggings = taggings.map(|(tag, weight, of, key)| {
                Tagging::draft().tag_id(tag).weight(weight).taggable_type(of).taggable_id(key)
            });
            Tagging::insert(db, taggings).await.unwrap();
        }
        databases
    }
}
use media::*;

#[tokio::test]
async fn to_one_of_several_models() {
    for db in media::filled().await {
        let query = Remark::query().with(Remark::commentable).order_by(Remark::id.asc());
        let (mut remarks, statements) = counted(&db, query.get(&db)).await;
        assert_eq!(statements, 3, "one for each model that is named");
        let title = |remark: &Record<Remark>| match remark.commentable.get().unwrap() {
            Some(Commentable::Article(article)) => article.title.clone(),
            Some(Commentable::Film(film)) => film.title.clone(),
            None => String::new(),
        };
        assert_eq!(remarks.iter().map(title).collect::<Vec<_>>(), ["a1", "f1", "a1", "", "", "a2"]);

        let error = remarks[0].commentable.get_mut().unwrap_err().to_string();
        assert!(error.contains("`commentable` of this `Remark`"), "{error}");
        let Some(Commentable::Film(film)) = remarks[1].commentable.get_mut().unwrap() else {
            panic!("a film")
        };
        film.title = "new".into();
        film.save(&db).await.unwrap();
        assert!(Film::query().where_eq(Film::title, "new").exists(&db).await.unwrap());

        let mut remark = Remark::find_or_fail(&db, 6).await.unwrap();
        assert!(matches!(
            remark.commentable.get(),
            Err(Error::RelationNotLoaded { model: "Remark", relation: "commentable" })
        ));
        remark.load(&db, Remark::commentable).await.unwrap();
        assert_eq!(title(&remark), "a2");
        assert!(remark.is_clean(()));

        let none = Remark::query().where_null(Remark::commentable_type).with(Remark::commentable);
        let (none, statements) = counted(&db, none.get(&db)).await;
        assert_eq!((none.len(), statements), (1, 1));
    }
}

#[tokio::test]
async fn a_name_that_no_variant_has() {
    for db in media::filled().await {
        let pictures = Picture::query().with(Picture::pictured).order_by(Picture::id.asc());
        let (pictures, statements) = counted(&db, pictures.get(&db)).await;
        assert_eq!(statements, 2);
        let pictured = |picture: usize| pictures[picture].pictured.get().unwrap();
        assert!(matches!(pictured(0), Some(Pictured::Film(film)) if film.title == "f2"));
        assert!(matches!(pictured(1), Some(Pictured::Other(name, Value::I64(7))) if name == "Cat"));

        Remark::draft()
            .text("?")
            .stars(0)
            .commentable_type("Post")
            .commentable_id(1)
            .save(&db)
            .await
            .unwrap();
        let error = Remark::query().with(Remark::commentable).get(&db).await.unwrap_err().to_string();
        for part in ["`commentable_type` of a `Remark`", "`Post`", "`Article`, `video`", "#[morph(other)]"] {
            assert!(error.contains(part), "{error}");
        }
    }
}

// C-196
#[tokio::test]
async fn rows_that_refer_to_one_of_several_models() {
    for db in media::filled().await {
        let (article, film) =
            (Article::find_or_fail(&db, 1).await.unwrap(), Film::find_or_fail(&db, 1).await.unwrap());
        let all = || Remark::query().order_by(Remark::id);
        let of_article = all().where_morphed_to(Remark::commentable, &article);
        assert_eq!(of_article.pluck(&db, Remark::text).await.unwrap(), ["on a1", "on a1 too"]);
        let of_film = all().where_morphed_to(Remark::commentable, &film);
        assert_eq!(of_film.pluck(&db, Remark::text).await.unwrap(), ["on f1"], "not those of the article 1");
    }
}

#[tokio::test]
async fn from_one_of_several_models() {
    for db in media::filled().await {
        let remarks = Article::remarks.order_by(Remark::id.desc());
        let query = Article::query()
            .with((remarks, Article::last_remark, Article::worst_remark))
            .order_by(Article::id.asc());
        let (articles, statements) = counted(&db, query.get(&db)).await;
        assert_eq!(statements, 4);
        let texts = |article: &Record<Article>| {
            article.remarks.get().unwrap().iter().map(|remark| remark.id).collect::<Vec<_>>()
        };
        assert_eq!(articles.iter().map(texts).collect::<Vec<_>>(), [vec![3, 1], vec![6], vec![]]);
        let one = |remark: &MorphOne<Remark>| remark.get().unwrap().map_or(0, |remark| remark.id);
        assert_eq!(articles.iter().map(|a| one(&a.last_remark)).collect::<Vec<_>>(), [3, 6, 0]);
        assert_eq!(articles.iter().map(|a| one(&a.worst_remark)).collect::<Vec<_>>(), [3, 6, 0]);

        let films = Film::query().with((Film::picture, Film::remarks.limit(1).with(Remark::commentable)));
        let (films, statements) = counted(&db, films.order_by(Film::id.asc()).get(&db)).await;
        assert_eq!(statements, 4);
        assert!(films[0].picture.get().unwrap().is_none());
        assert_eq!(films[1].picture.get().unwrap().unwrap().of, 2);
        let [remark] = films[0].remarks.get().unwrap() else { panic!("one remark") };
        assert!(matches!(remark.commentable.get(), Ok(Some(Commentable::Film(film))) if film.id == 1));
    }
}

#[tokio::test]
async fn many_to_many_from_several_models() {
    for db in media::filled().await {
        let tags = (Article::tags.order_by(Tag::id.asc()), Article::plain_tags.with_pivot(["weight"]));
        let query = Article::query().with(tags).order_by(Article::id.asc());
        let (articles, statements) = counted(&db, query.get(&db)).await;
        assert_eq!(statements, 3);
        let names = |article: &Record<Article>| listed(article.tags.get().unwrap(), |tag| &tag.name);
        assert_eq!(articles.iter().map(names).collect::<Vec<_>>(), ["rust calm", "calm", ""]);
        let tag = &articles[0].tags.get().unwrap()[1];
        assert_eq!(tag.pivot::<Tagging>().unwrap().weight, 20);
        let [tag] = articles[1].plain_tags.get().unwrap() else { panic!("one tag") };
        assert_eq!(tag.extra::<i32>("pivot_weight").unwrap(), 40);

        let film = Film::query().with(Film::tags).find_or_fail(&db, 1).await.unwrap();
        assert_eq!(listed(film.tags.get().unwrap(), |tag| &tag.name), "rust");

        let query = Tag::query()
            .with((Tag::articles.order_by(Article::id.asc()), Tag::films))
            .order_by(Tag::id.asc());
        let (tags, statements) = counted(&db, query.get(&db)).await;
        assert_eq!(statements, 3);
        let titles = |tag: &Record<Tag>| listed(tag.articles.get().unwrap(), |article| &article.title);
        assert_eq!(tags.iter().map(titles).collect::<Vec<_>>(), ["a1", "a1 a2"]);
        let titles = |tag: &Record<Tag>| listed(tag.films.get().unwrap(), |film| &film.title);
        assert_eq!(tags.iter().map(titles).collect::<Vec<_>>(), ["f1", ""]);
        let first = Tag::articles.order_by(Article::id.desc()).limit(1);
        let calm = Tag::query().with(first).find_or_fail(&db, 2).await.unwrap();
        assert_eq!(titles_of(&calm), "a2");
    }
}

fn titles_of(tag: &Record<Tag>) -> String {
    listed(tag.articles.get().unwrap(), |article| &article.title)
}

#[tokio::test]
async fn a_draft_may_lack_what_its_relations_set() {
    for db in media::filled().await {
        let lacking = Tagging::draft().tag_id(1).weight(1).save(&db).await.unwrap_err();
        assert!(matches!(lacking, Error::MissingAttribute { .. }), "{lacking:?}");
        let remark = Remark::draft().text("to nothing").stars(1).save(&db).await.unwrap();
        assert_eq!(remark.commentable_id, None);
    }
}

#[tokio::test]
async fn rows_by_relations_of_every_kind() {
    for db in blog::filled().await {
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
    for db in media::filled().await {
        let tagged = Article::query().has(Article::tags).count(&db).await.unwrap();
        let plain = Article::query().has(Article::plain_tags).count(&db).await.unwrap();
        let remarked = Article::query().has(Article::remarks).count(&db).await.unwrap();
        assert_eq!((tagged, plain, remarked), (2, 2, 2));
        assert_eq!(Tag::query().has(Tag::films).pluck(&db, Tag::name).await.unwrap(), ["rust"]);
    }
}

/// Keys of two columns.
pub mod tenants {
    use super::*;

    #[derive(Model, Debug)]
    pub struct Account {
        #[primary_key(manual)]
        pub org_id: i64,
        #[primary_key(manual)]
        pub number: i32,
        pub name: String,
        #[has_many(foreign_key = (org_id, account_number))]
        pub invoices: HasMany<Invoice>,
        #[has_one(foreign_key = (org_id, account_number), latest)]
        pub last_invoice: HasOne<Invoice>,
        #[belongs_to_many(foreign_key = (org_id, account_number), related_key = label)]
        pub labels: BelongsToMany<Label, AccountLabel>,
        #[belongs_to_many(pivot = "account_labels", foreign_key = (org_id, account_number), related_key = label)]
        pub plain_labels: BelongsToMany<Label>,
        #[has_many_through(
            through = Invoice,
            foreign_key = (org_id, account_number),
            through_foreign_key = invoice_id,
        )]
        pub lines: HasManyThrough<Line>,
    }

    #[derive(Model, Debug)]
    pub struct Invoice {
        pub id: i64,
        pub org_id: i64,
        pub account_number: Option<i32>,
        #[belongs_to(foreign_key = (org_id, account_number), owner_key = (org_id, number))]
        pub account: BelongsTo<Account>,
    }

    #[derive(Model, Debug)]
    pub struct Line {
        pub id: i64,
        pub invoice_id: i64,
    }

    #[derive(Model, Debug)]
    pub struct Label {
        pub id: i64,
        pub text: String,
    }

    #[derive(Model, Debug)]
    pub struct AccountLabel {
        #[primary_key(manual)]
        pub org_id: i64,
        #[primary_key(manual)]
        pub account_number: i32,
        #[primary_key(manual)]
        pub label: i64,
    }
}

#[tokio::test]
async fn keys_of_several_columns() {
    use tenants::*;
    for db in databases().await {
        db.create_tables(models![Account, Invoice, Line, Label, AccountLabel]).await.unwrap();
        for (org, number, name) in [(1, 1, "1/1"), (1, 2, "1/2"), (2, 1, "2/1")] {
            Account::draft().org_id(org).number(number).name(name).save(&db).await.unwrap();
        }
        for (org, number) in [(1, Some(1)), (1, Some(1)), (2, Some(1)), (2, None)] {
            let invoice = Invoice::draft().org_id(org).account_number(number).save(&db).await.unwrap();
            Line::draft().invoice_id(invoice.id).save(&db).await.unwrap();
        }
        Label::insert(&db, ["late", "new"].map(|text| Label::draft().text(text))).await.unwrap();
        for (org, number, label) in [(1, 1, 2), (1, 2, 1), (2, 1, 1)] {
            let label = AccountLabel::draft().org_id(org).account_number(number).label(label);
            label.save(&db).await.unwrap();
        }
        let lines = Account::lines.order_by(Line::id.asc());
        let all = (Account::invoices, Account::last_invoice, Account::labels, Account::plain_labels, lines);
        let query = Account::query().with(all).order_by(Account::org_id).order_by(Account::number);
        let (accounts, statements) = counted(&db, query.get(&db)).await;
        assert_eq!(statements, 6);
        let found: Vec<_> = accounts
            .iter()
            .map(|account| {
                let labels = listed(account.labels.get().unwrap(), |label| &label.text);
                assert_eq!(labels, listed(account.plain_labels.get().unwrap(), |label| &label.text));
                let lines: Vec<_> = account.lines.get().unwrap().iter().map(|line| line.id).collect();
                let last = account.last_invoice.get().unwrap().map_or(0, |invoice| invoice.id);
                (account.invoices.get().unwrap().len(), last, labels, lines)
            })
            .collect();
        assert_eq!(
            found,
            [(2, 2, "new".into(), vec![1, 2]), (0, 0, "late".into(), vec![]), (1, 3, "late".into(), vec![3])]
        );
        let invoices = Invoice::query().with(Invoice::account).order_by(Invoice::id.asc());
        let (invoices, statements) = counted(&db, invoices.get(&db)).await;
        assert_eq!(statements, 2);
        let account = |invoice: &Record<Invoice>| {
            invoice.account.get().unwrap().map(|account| account.name.clone()).unwrap_or_default()
        };
        assert_eq!(invoices.iter().map(account).collect::<Vec<_>>(), ["1/1", "1/1", "2/1", ""]);
        let wrong = Invoice::draft().org_id(9).account_number(9).save(&db).await.unwrap_err();
        assert!(matches!(wrong, Error::Constraint { .. }), "{wrong:?}");
    }
}

/// Relations that every query loads, in a ring.
mod eager {
    use super::*;

    #[derive(MorphTarget, Debug)]
    pub enum Owner {
        Shelf(Record<Shelf>),
    }

    #[derive(Model, Debug)]
    pub struct Shelf {
        pub id: i64,
        pub parent_id: Option<i64>,
        #[belongs_to]
        #[eager]
        pub parent: BelongsTo<Shelf>,
        #[eager]
        #[has_many]
        pub volumes: HasMany<Volume>,
        #[has_many(foreign_key = parent_id)]
        pub children: HasMany<Shelf>,
        #[eager]
        #[morph_one(name = owner)]
        pub plate: MorphOne<Plate>,
    }

    #[derive(Model, Debug)]
    pub struct Volume {
        pub id: i64,
        pub shelf_id: i64,
        #[belongs_to]
        #[eager]
        pub shelf: BelongsTo<Shelf>,
    }

    #[derive(Model, Debug)]
    pub struct Plate {
        pub id: i64,
        pub owner_type: String,
        pub owner_id: i64,
        #[morph_to]
        #[eager]
        pub owner: MorphTo<Owner>,
    }
}

#[tokio::test]
async fn relations_that_every_query_loads() {
    use eager::*;
    for db in databases().await {
        db.create_tables(models![Shelf, Volume, Plate]).await.unwrap();
        let top = Shelf::draft().save(&db).await.unwrap();
        let shelf = Shelf::draft().parent_id(top.id).save(&db).await.unwrap();
        Volume::draft().shelf_id(shelf.id).save(&db).await.unwrap();
        Plate::draft().owner_type("Shelf").owner_id(shelf.id).save(&db).await.unwrap();

        let (found, statements) = counted(&db, Shelf::find_or_fail(&db, shelf.id)).await;
        assert_eq!(statements, 6);
        let [volume] = found.volumes.get().unwrap() else { panic!("one volume") };
        let again = volume.shelf.get().unwrap().unwrap();
        assert_eq!(again.id, shelf.id);
        assert!(!again.volumes.is_loaded(), "the ring ends where it began");
        assert!(!found.parent.get().unwrap().unwrap().parent.is_loaded());
        let plate = found.plate.get().unwrap().unwrap();
        let Some(Owner::Shelf(owner)) = plate.owner.get().unwrap() else { panic!("its shelf") };
        assert!(!owner.plate.is_loaded());
        assert!(!found.children.is_loaded());

        let query = Shelf::query().without((Shelf::volumes, Shelf::plate));
        let (found, statements) = counted(&db, query.find_or_fail(&db, shelf.id)).await;
        assert_eq!(statements, 2);
        assert!(found.parent.is_loaded() && !found.volumes.is_loaded());
        let query =
            Shelf::query().with_only(Shelf::children.apply(|children| children.with_only(Shelf::parent)));
        let (found, statements) = counted(&db, query.find_or_fail(&db, top.id)).await;
        assert_eq!(statements, 5, "the children's parent is loaded with what every query loads");
        assert!(found.children.is_loaded() && !found.parent.is_loaded());
        assert!(!found.children.get().unwrap()[0].volumes.is_loaded());
    }
}

/// More parents than a statement takes values.
mod crowd {
    use super::*;

    #[derive(MorphTarget, Debug)]
    pub enum Holder {
        Member(Record<Member>),
    }

    #[derive(Model, Debug)]
    pub struct Member {
        pub id: i64,
        pub place: i64,
        #[belongs_to_many(pivot = "joinings", related_key = club_id)]
        pub clubs: BelongsToMany<Club>,
        #[has_many_through(through = Joining, through_local_key = club_id, through_foreign_key = id)]
        pub same_clubs: HasManyThrough<Club>,
        #[morph_many(name = holder)]
        pub cards: MorphMany<Card>,
        #[has_many(foreign_key = (holder_id, place), local_key = (id, place))]
        pub placed: HasMany<Card>,
        #[has_one(foreign_key = holder_id)]
        pub card: HasOne<Card>,
        #[has_one(foreign_key = holder_id, latest)]
        pub last_card: HasOne<Card>,
        #[morph_one(name = holder)]
        pub held_card: MorphOne<Card>,
        #[has_one_through(through = Joining, through_local_key = club_id, through_foreign_key = id)]
        pub club: HasOneThrough<Club>,
        #[belongs_to_many(pivot = Joining)]
        pub joined: BelongsToMany<Club, Joining>,
        #[morph_to_many(name = holder, pivot = Card, related_key = club_id)]
        pub carded: MorphToMany<Club, Card>,
        #[morphed_by_many(name = holder, pivot = Card, foreign_key = place)]
        pub at_place: MorphToMany<Member, Card>,
    }

    #[derive(Model, Debug)]
    pub struct Joining {
        pub id: i64,
        #[index]
        pub member_id: i64,
        pub club_id: i64,
    }

    #[derive(Model, Debug)]
    pub struct Club {
        pub id: i64,
    }

    #[derive(Model, Debug)]
    pub struct Card {
        pub id: i64,
        #[index]
        pub place: i64,
        pub club_id: i64,
        pub holder_type: String,
        #[index]
        pub holder_id: i64,
        #[morph_to]
        pub holder: MorphTo<Holder>,
    }
}

#[tokio::test]
async fn more_parents_than_a_statement_takes_values() {
    use crowd::*;
    const MEMBERS: i64 = 70_000;
    databases()
        .await
        .at_once(async |db| {
            db.create_tables(models![Member, Joining, Club, Card]).await.unwrap();
            Member::insert(&db, (1..=MEMBERS).map(|place| Member::draft().place(place))).await.unwrap();
            Club::insert(&db, [Club::draft(), Club::draft()]).await.unwrap();
            let some = || (1..=MEMBERS).step_by(100);
            Joining::insert(&db, some().map(|id| Joining::draft().member_id(id).club_id(1 + id % 2)))
                .await
                .unwrap();
            let cards = some().map(|id| Card::draft().place(id).holder_type("Member").holder_id(id));
            let cards = cards.map(|card| card.club_id(2));
            Card::insert(&db, cards).await.unwrap();

            let relations = (Member::clubs, Member::same_clubs, Member::cards.with(Card::holder));
            let query = Member::query().with(relations).order_by(Member::id.asc());
            let (members, statements) = counted(&db, query.get(&db)).await;
            assert_eq!(statements, 9, "keys come in two halves, and the cards' holders with each half");
            let with = members.iter().filter(|member| {
                let (clubs, same) = (member.clubs.get().unwrap(), member.same_clubs.get().unwrap());
                assert_eq!(clubs.len(), same.len());
                let cards = member.cards.get().unwrap();
                assert_eq!(clubs.len(), cards.len());
                for card in cards {
                    let Some(Holder::Member(holder)) = card.holder.get().unwrap() else { panic!("a member") };
                    assert_eq!(holder.id, member.id);
                }
                clubs.len() == 1
            });
            assert_eq!(with.count(), 700);

            let ones = (Member::card, Member::last_card, Member::held_card, Member::club);
            let many = (Member::joined, Member::carded, Member::at_place);
            let query = Member::query().with(ones).with(many).order_by(Member::id.asc());
            let (members, statements) = counted(&db, query.get(&db)).await;
            assert_eq!((statements, members.len()), (15, MEMBERS as usize), "the keys of each in two halves");
            for member in &members {
                let cards = [&member.card, &member.last_card].map(|card| card.get().unwrap());
                let cards = [cards[0], cards[1], member.held_card.get().unwrap()];
                let club = member.club.get().unwrap().map(|club| club.id);
                let joined: Vec<_> = member.joined.get().unwrap().iter().map(|club| club.id).collect();
                let carded: Vec<_> = member.carded.get().unwrap().iter().map(|club| club.id).collect();
                let there: Vec<_> = member.at_place.get().unwrap().iter().map(|other| other.id).collect();
                if member.id % 100 == 1 {
                    assert!(cards.iter().all(|card| card.unwrap().holder_id == member.id));
                    assert_eq!((club, &*joined), (Some(1 + member.id % 2), &[1 + member.id % 2][..]));
                    assert_eq!((&*carded, &*there), (&[2][..], &[member.id][..]));
                    let joining = member.joined.get().unwrap()[0].pivot::<Joining>().unwrap();
                    assert_eq!(joining.member_id, member.id);
                } else {
                    assert!(cards.iter().all(Option::is_none) && club.is_none());
                    assert!(joined.is_empty() && carded.is_empty() && there.is_empty());
                }
            }

            let placed = Member::query().where_le(Member::id, 12_000).with(Member::placed);
            let (placed, statements) = counted(&db, placed.get(&db)).await;
            assert_eq!(statements, 4, "a key of two columns is a condition of its own");
            assert_eq!(placed.iter().map(|member| member.placed.get().unwrap().len()).sum::<usize>(), 120);
        })
        .await;
}
