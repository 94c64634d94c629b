//! What stands in the slot of a relation to one whose record is missing.

use atlas::{Error, prelude::*};

use crate::support::{Databases, databases, sent};

#[derive(Model, Debug)]
#[table("default_users")]
pub struct User {
    pub id: i64,
    pub name: String,
    #[has_one(default = Profile::draft().bio("nothing yet"))]
    pub profile: HasOne<Profile>,
    #[has_many]
    pub posts: HasMany<Post>,
    #[has_one_through(through = Post, default = Self::silent())]
    pub first_remark: HasOneThrough<Remark>,
    #[morph_one(name = subject, filter = Picture::width.ge(100), default = Picture::draft().width(1))]
    pub picture: MorphOne<Picture>,
}

impl User {
    fn silent() -> impl atlas::Complete<Remark> {
        Remark::draft().text("...")
    }
}

#[derive(Model, Debug)]
#[table("default_profiles")]
pub struct Profile {
    pub id: i64,
    pub bio: String,
    pub user_id: i64,
    #[belongs_to]
    pub user: BelongsTo<User>,
}

#[derive(Model, Debug)]
#[table("default_posts")]
pub struct Post {
    pub id: i64,
    pub title: String,
    pub user_id: Option<i64>,
    #[belongs_to(default = User::draft().name("Guest"))]
    pub user: BelongsTo<User>,
}

#[derive(Model, Debug)]
#[table("default_remarks")]
pub struct Remark {
    pub id: i64,
    pub text: String,
    pub post_id: Option<i64>,
}

#[derive(Model, Debug)]
#[table("default_pictures")]
pub struct Picture {
    pub id: i64,
    pub width: i32,
    pub subject_type: String,
    pub subject_id: i64,
    #[morph_to]
    pub subject: MorphTo<Subject>,
}

#[derive(MorphTarget, Debug)]
#[allow(dead_code)]
pub enum Subject {
    User(Record<User>),
}

/// Ann has a profile, a post with a remark and pictures; Bob has none of these. Nobody wrote the second post.
async fn filled() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![User, Profile, Post, Remark, Picture]).await.unwrap();
        User::create_many(db, ["Ann", "Bob"].map(|name| User::draft().name(name))).await.unwrap();
        Profile::draft().bio("Ann's").user_id(1).save(db).await.unwrap();
        Post::draft().title("one").user_id(1).save(db).await.unwrap();
        Post::draft().title("two").save(db).await.unwrap();
        Remark::draft().text("Yes").post_id(1).save(db).await.unwrap();
        for (user, width) in [(1, 300), (2, 30)] {
            Picture::draft().width(width).subject_type("User").subject_id(user).save(db).await.unwrap();
        }
    }
    databases
}

// C-174
#[tokio::test]
async fn what_stands_where_there_is_none() {
    for db in &filled().await {
        let (statements, posts) =
            sent(db, async || Post::query().with(Post::user).order_by(Post::id).get(db).await.unwrap()).await;
        assert_eq!(statements, 2);
        let user = posts[0].user.get().unwrap().unwrap();
        assert!(user.exists() && user.name == "Ann");
        let guest = posts[1].user.get().unwrap().unwrap();
        assert!(!guest.exists() && guest.name == "Guest");

        let kinds = (User::profile, User::first_remark, User::picture);
        let (statements, users) =
            sent(db, async || User::query().with(kinds).order_by(User::id).get(db).await.unwrap()).await;
        assert_eq!(statements, 4);
        let bios = users.iter().map(|user| user.profile.get().unwrap().unwrap().bio.as_str());
        assert_eq!(bios.collect::<Vec<_>>(), ["Ann's", "nothing yet"]);
        // It refers to the record that has none.
        assert_eq!(users[1].profile.get().unwrap().unwrap().user_id, 2);
        let texts = users.iter().map(|user| user.first_remark.get().unwrap().unwrap().text.as_str());
        assert_eq!(texts.collect::<Vec<_>>(), ["Yes", "..."]);
        let picture = users[1].picture.get().unwrap().unwrap();
        assert_eq!((picture.width, picture.subject_id, &*picture.subject_type), (1, 2, "User"));
        assert_eq!(users[0].picture.get().unwrap().unwrap().width, 300);

        // What is not loaded stays an error, and a question knows of no default.
        let bob = User::find_or_fail(db, 2).await.unwrap();
        assert!(matches!(bob.profile.get(), Err(Error::RelationNotLoaded { relation: "profile", .. })));
        assert!(bob.related(User::profile).first(db).await.unwrap().is_none());
        assert_eq!(User::query().has(User::profile).pluck(db, User::name).await.unwrap(), ["Ann"]);
    }
}

#[tokio::test]
async fn what_is_loaded_of_a_default() {
    for db in &filled().await {
        let with = Post::user.with((User::posts, User::profile));
        let (statements, posts) =
            sent(db, async || Post::query().with(with).order_by(Post::id).get(db).await.unwrap()).await;
        assert_eq!(statements, 4, "nothing is asked for the default");
        let guest = posts[1].user.get().unwrap().unwrap();
        assert!(guest.posts.get().unwrap().is_empty());
        assert_eq!(guest.profile.get().unwrap().unwrap().bio, "nothing yet");

        let mut new = Record::new(User::draft().name("New")).unwrap();
        let (statements, ()) =
            sent(db, async || new.load(db, (User::posts, User::profile)).await.unwrap()).await;
        assert_eq!(statements, 0);
        assert!(new.posts.get().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_default_is_saved_by_hand_alone() {
    for db in &filled().await {
        let mut post = Post::query().with(Post::user).find_or_fail(db, 2).await.unwrap();
        post.title = "changed".into();
        post.user.get_mut().unwrap().unwrap().name = "Somebody".into();
        let (_, ()) = sent(db, async || post.push(db).await.unwrap()).await;
        assert_eq!(User::query().count(db).await.unwrap(), 2);
        assert_eq!(Post::find_or_fail(db, 2).await.unwrap().title, "changed");
        assert_eq!(post.user_id, None);

        // It cannot be referred to before it is saved.
        let guest = post.user.get().unwrap().unwrap();
        let mut other = Post::find_or_fail(db, 1).await.unwrap();
        let error = other.associate(Post::user, guest).save(db).await.unwrap_err();
        assert!(error.to_string().contains("not saved"), "{error}");

        let mut bob = User::query().with(User::profile).find_or_fail(db, 2).await.unwrap();
        let profile = bob.profile.get_mut().unwrap().unwrap();
        profile.bio = "Bob's".into();
        profile.save(db).await.unwrap();
        let bob = User::query().with(User::profile).find_or_fail(db, 2).await.unwrap();
        let profile = bob.profile.get().unwrap().unwrap();
        assert!(profile.exists() && profile.bio == "Bob's");

        // The key changes: what stands there by the old one is forgotten.
        let mut post = Post::query().with(Post::user).find_or_fail(db, 2).await.unwrap();
        post.user_id = Some(1);
        post.save(db).await.unwrap();
        assert!(!post.user.is_loaded());
        post.load(db, Post::user).await.unwrap();
        assert_eq!(post.user.get().unwrap().unwrap().name, "Ann");
    }
}
