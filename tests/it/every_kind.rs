//! Models with a relation of every kind, to whose structs a test adds an attribute and a field: what hides rows
//! of a model hides them from every relation.

/// The models in a module of this name, each with these attributes and this field; `filled`, which makes their
/// rows; and `assert_hidden`, after the second row of each table but the pivots' was hidden, and of the pivots'
/// the rows that lead to it.
macro_rules! every_kind {
    ($module:ident, $(#[$attribute:meta])*, $field:ident: $type:ty) => {
        pub mod $module {
            use atlas::prelude::*;

            #[derive(MorphTarget, Debug)]
            pub enum Subject {
                User(Record<User>),
                Post(Record<Post>),
            }

            #[derive(Model, Debug)]
            $(#[$attribute])*
            pub struct User {
                pub id: i64,
                pub name: String,
                pub $field: $type,
                #[has_many]
                pub posts: HasMany<Post>,
                #[has_one(latest)]
                pub newest: HasOne<Post>,
                #[has_many_through(through = Post)]
                pub comments: HasManyThrough<Comment>,
                #[has_one_through(through = Post, latest)]
                pub last_comment: HasOneThrough<Comment>,
                #[belongs_to_many(pivot = RoleUser)]
                pub roles: BelongsToMany<Role, RoleUser>,
                #[belongs_to_many(pivot = "role_users")]
                pub plain_roles: BelongsToMany<Role>,
                #[morph_many(name = subject)]
                pub images: MorphMany<Image>,
                #[morph_one(name = subject, latest)]
                pub last_image: MorphOne<Image>,
                #[morph_to_many(name = subject, pivot = Labelling)]
                pub labels: MorphToMany<Label, Labelling>,
            }

            #[derive(Model, Debug)]
            $(#[$attribute])*
            pub struct Post {
                pub id: i64,
                pub title: String,
                #[default(0)]
                pub votes: i32,
                pub user_id: i64,
                pub $field: $type,
                #[belongs_to]
                pub user: BelongsTo<User>,
                #[has_many]
                pub comments: HasMany<Comment>,
            }

            #[derive(Model, Debug)]
            $(#[$attribute])*
            pub struct Comment {
                pub id: i64,
                pub text: String,
                pub post_id: i64,
                pub $field: $type,
            }

            #[derive(Model, Debug)]
            $(#[$attribute])*
            pub struct Role {
                pub id: i64,
                pub name: String,
                pub $field: $type,
                #[belongs_to_many]
                pub users: BelongsToMany<User, RoleUser>,
            }

            #[derive(Model, Debug)]
            $(#[$attribute])*
            pub struct RoleUser {
                pub id: i64,
                pub user_id: i64,
                pub role_id: i64,
                pub $field: $type,
            }

            #[derive(Model, Debug)]
            $(#[$attribute])*
            pub struct Image {
                pub id: i64,
                pub name: String,
                pub subject_type: String,
                pub subject_id: i64,
                pub $field: $type,
                #[morph_to]
                pub subject: MorphTo<Subject>,
            }

            #[derive(Model, Debug)]
            $(#[$attribute])*
            pub struct Label {
                pub id: i64,
                pub name: String,
                pub $field: $type,
                #[morphed_by_many(name = subject)]
                pub users: MorphToMany<User, Labelling>,
            }

            #[derive(Model, Debug)]
            $(#[$attribute])*
            pub struct Labelling {
                pub id: i64,
                pub label_id: i64,
                pub subject_type: String,
                pub subject_id: i64,
                pub $field: $type,
                #[morph_to]
                pub subject: MorphTo<Subject>,
            }

            /// Ann has the posts p1, p2, p3, Bob p4; each has a comment of its number. Ann is admin, editor and
            /// owner, Bob is admin. Ann has the images i1, i2, Bob i3; Ann has the labels l1, l2, l3, Bob l1.
            pub async fn filled(db: &Db) {
                let names = |prefix: &'static str, count: usize| (1..=count).map(move |n| format!("{prefix}{n}"));
                User::insert(db, ["Ann", "Bob"].map(|name| User::draft().name(name))).await.unwrap();
                let posts = names("p", 4).zip([1, 1, 1, 2]);
                Post::insert(db, posts.map(|(title, user)| Post::draft().title(title).user_id(user))).await.unwrap();
                let comments = names("c", 4).zip(1..);
                Comment::insert(db, comments.map(|(text, post)| Comment::draft().text(text).post_id(post)))
                    .await
                    .unwrap();
                Role::insert(db, ["admin", "editor", "owner"].map(|name| Role::draft().name(name))).await.unwrap();
                let roles = [(1, 1), (1, 2), (1, 3), (2, 1)];
                RoleUser::insert(db, roles.map(|(user, role)| RoleUser::draft().user_id(user).role_id(role)))
                    .await
                    .unwrap();
                let images = names("i", 3).zip([1, 1, 2]);
                let images =
                    images.map(|(name, of)| Image::draft().name(name).subject_type("User").subject_id(of));
                Image::insert(db, images).await.unwrap();
                Label::insert(db, names("l", 3).map(|name| Label::draft().name(name))).await.unwrap();
                let labels = [(1, 1), (1, 2), (1, 3), (2, 1)].map(|(user, label)| {
                    Labelling::draft().label_id(label).subject_type("User").subject_id(user)
                });
                Labelling::insert(db, labels).await.unwrap();
            }

            fn ann_name() -> Option<String> {
                Some("Ann".to_owned())
            }

            fn all<T: Model>(records: &[Record<T>], name: impl Fn(&T) -> &str) -> String {
                records.iter().map(|record| name(record)).collect::<Vec<_>>().join(" ")
            }

            /// After Bob, the posts p2 and p3's comment, the role editor, the image i2, the label l2 and the
            /// pivots' third rows, which lead to the owner and to l3, were hidden.
            pub async fn assert_hidden(db: &Db) {
                assert_eq!(User::query().count(db).await.unwrap(), 1);
                assert!(User::find(db, 2).await.unwrap().is_none());
                assert_eq!(User::find_many(db, [1, 2]).await.unwrap().len(), 1);
                assert_eq!(User::all(db).await.unwrap().len(), 1);
                assert_eq!(User::query().sole(db).await.unwrap().name, "Ann");
                assert_eq!(User::query().pluck(db, User::name).await.unwrap(), ["Ann"]);
                assert_eq!(User::query().max(db, User::id).await.unwrap(), Some(1));
                assert_eq!(Post::query().sum(db, Post::id).await.unwrap(), 1 + 3 + 4);
                assert!(!User::query().where_eq(User::name, "Bob").exists(db).await.unwrap());
                let either = User::query().where_eq(User::name, "x").or_filter(User::name.eq("Bob"));
                assert!(either.doesnt_exist(db).await.unwrap(), "an alternative does not bring hidden rows back");

                // Eager, with a filter, an order and a limit, and lazy.
                let relations = || (
                    (User::posts.order_by(Post::id), User::newest),
                    (User::comments.order_by(Comment::id), User::last_comment),
                    (User::roles, User::plain_roles.order_by(Role::id), User::labels),
                    (User::images, User::last_image),
                );
                let ann = User::query().with(relations()).find_or_fail(db, 1).await.unwrap();
                let mut lazy = User::find_or_fail(db, 1).await.unwrap();
                lazy.load(db, relations()).await.unwrap();
                for user in [ann, lazy] {
                    assert_eq!(all(user.posts.get().unwrap(), |post| &post.title), "p1 p3");
                    assert_eq!(user.newest.get().unwrap().unwrap().title, "p3");
                    // That of p2, which is hidden, and of p3, which is there, but not the comment.
                    assert_eq!(all(user.comments.get().unwrap(), |comment| &comment.text), "c1");
                    assert_eq!(user.last_comment.get().unwrap().unwrap().text, "c1");
                    assert_eq!(all(user.roles.get().unwrap(), |role| &role.name), "admin");
                    // Without a model, nothing hides rows of the table between.
                    assert_eq!(all(user.plain_roles.get().unwrap(), |role| &role.name), "admin owner");
                    assert_eq!(all(user.images.get().unwrap(), |image| &image.name), "i1");
                    assert_eq!(user.last_image.get().unwrap().unwrap().name, "i1");
                    assert_eq!(all(user.labels.get().unwrap(), |label| &label.name), "l1");
                }
                let limited = User::posts.order_by(Post::id.desc()).limit(2);
                let ann = User::query().with(limited).find_or_fail(db, 1).await.unwrap();
                assert_eq!(all(ann.posts.get().unwrap(), |post| &post.title), "p3 p1");
                let either = User::posts.apply(|posts| posts.where_eq(Post::id, 1).or_filter(Post::id.gt(1)));
                let ann = User::query().with(either.order_by(Post::id)).find_or_fail(db, 1).await.unwrap();
                assert_eq!(all(ann.posts.get().unwrap(), |post| &post.title), "p1 p3");

                // From the other side.
                let posts = Post::query().with(Post::user).order_by(Post::id).get(db).await.unwrap();
                let of = |post: &Record<Post>| post.user.get().unwrap().map(|user| user.name.clone());
                assert_eq!(posts.iter().map(of).collect::<Vec<_>>(), [ann_name(), ann_name(), None]);
                let images = Image::query().with(Image::subject).order_by(Image::id).get(db).await.unwrap();
                let of = |image: &Record<Image>| match image.subject.get().unwrap()? {
                    Subject::User(user) => Some(user.name.clone()),
                    Subject::Post(post) => Some(post.title.clone()),
                };
                assert_eq!(images.iter().map(of).collect::<Vec<_>>(), [ann_name(), None]);
                let admin = Role::query().with(Role::users).find_or_fail(db, 1).await.unwrap();
                assert_eq!(all(admin.users.get().unwrap(), |user| &user.name), "Ann");
                let label = Label::query().with(Label::users).find_or_fail(db, 1).await.unwrap();
                assert_eq!(all(label.users.get().unwrap(), |user| &user.name), "Ann");

                // Asked about.
                let counted = User::query()
                    .with_count(User::posts)
                    .with_count(User::comments)
                    .with_count(User::roles)
                    .with_count(User::images)
                    .with_count(User::labels)
                    .with_max(User::posts, Post::id)
                    .with_exists(User::newest)
                    .sole(db)
                    .await
                    .unwrap();
                let counts = ["posts_count", "comments_count", "roles_count", "images_count", "labels_count"];
                let counts = counts.map(|name| counted.extra::<i64>(name).unwrap());
                assert_eq!(counts, [2, 1, 1, 1, 1]);
                assert_eq!(counted.extra::<i64>("posts_max_id").unwrap(), 3);
                let mut ann = User::find_or_fail(db, 1).await.unwrap();
                ann.load_count(db, User::posts).await.unwrap();
                assert_eq!(ann.count_of(User::posts).unwrap(), 2);
                let has = |users: Query<User>| users.count(db);
                let titled = |title: &'static str| {
                    User::query().where_has(User::posts, move |posts| {
                        posts.where_eq(Post::title, title).or_filter(Post::title.eq(title))
                    })
                };
                assert_eq!(has(titled("p2")).await.unwrap(), 0);
                assert_eq!(has(titled("p3")).await.unwrap(), 1);
                let named = |name: &'static str| {
                    User::query().where_has(User::roles, move |roles| roles.where_eq(Role::name, name))
                };
                assert_eq!(has(named("editor")).await.unwrap(), 0);
                assert_eq!(has(named("owner")).await.unwrap(), 0, "the row of the pivot is hidden");
                assert_eq!(has(named("admin")).await.unwrap(), 1);
                let said = |text: &'static str| {
                    User::query().where_has(User::comments, move |all| all.where_eq(Comment::text, text))
                };
                assert_eq!(has(said("c1")).await.unwrap(), 1);
                assert_eq!(has(said("c2")).await.unwrap(), 0, "the post between is hidden");
                assert_eq!(has(said("c3")).await.unwrap(), 0);
                assert_eq!(has(User::query().where_has_count(User::posts, "=", 2)).await.unwrap(), 1);
                let orphans = Post::query().where_doesnt_have(Post::user).pluck(db, Post::title).await.unwrap();
                assert_eq!(orphans, ["p4"]);
                let nested = Role::query().where_has(Role::users, |users| users.has(User::posts));
                assert_eq!(nested.pluck(db, Role::name).await.unwrap(), ["admin"]);

                // Joined.
                let users = || User::query().order_by(User::id);
                let posts = users().join(User::posts).order_by(Post::id).select(Post::title);
                assert_eq!(posts.get(db).await.unwrap(), ["p1", "p3"]);
                let users_of = Post::query().left_join(Post::user).order_by(Post::id).select(User::name);
                assert_eq!(users_of.get(db).await.unwrap(), [ann_name(), ann_name(), None]);
                assert_eq!(users().join(User::roles).select(Role::name).get(db).await.unwrap(), ["admin"]);
                let said = users().left_join(User::comments).select(Comment::text);
                assert_eq!(said.get(db).await.unwrap(), [Some("c1".to_owned())]);
                let newest = users().left_join(User::newest).select(Post::title);
                assert_eq!(newest.get(db).await.unwrap(), [Some("p3".to_owned())]);
                let images = users().join(User::images).select(Image::name);
                assert_eq!(images.get(db).await.unwrap(), ["i1"]);
                let labels = users().join(User::labels).select(Label::name);
                assert_eq!(labels.get(db).await.unwrap(), ["l1"]);
                let beside = users().cross_join(Label::query()).order_by(Label::id).select(Label::name);
                assert_eq!(beside.get(db).await.unwrap(), ["l1", "l3"]);
                let on = Post::query().left_join_on(User::query(), Post::user_id.eq(User::id));
                let on = on.order_by(Post::id).select(User::name);
                assert_eq!(on.get(db).await.unwrap(), [ann_name(), ann_name(), None]);

                // In queries within queries, and put together.
                let votes = || Post::query().where_lt(Post::id, 4).select(Post::user_id);
                let writers = User::query().filter(User::id.in_query(votes()));
                assert_eq!(writers.pluck(db, User::name).await.unwrap(), ["Ann"]);
                let titles = Post::query().where_lt(Post::id, 3).select(Post::title);
                let all = titles.union_all(Comment::query().select(Comment::text)).order_by(Post::title);
                assert_eq!(all.get(db).await.unwrap(), ["c1", "c2", "c4", "p1"]);
                let some = Post::query().where_gt(Post::id, 1).with_query(Comment::query());
                assert_eq!(some.count(db).await.unwrap(), 2);
                let put = Post::query().where_eq(Post::id, 1).union(Post::query().where_gt(Post::id, 1));
                assert_eq!(put.clone().count(db).await.unwrap(), 3);
                let error = put.delete(db).await.unwrap_err().to_string();
                assert!(error.contains("`Post`") && error.contains("other queries"), "{error}");
                let many = Post::query().order_by(Post::id).paginate(db, 1, 2).await.unwrap();
                assert_eq!((many.total, many.data.len()), (3, 2));

                // One record's.
                let ann = User::find_or_fail(db, 1).await.unwrap();
                assert_eq!(ann.related(User::posts).count(db).await.unwrap(), 2);
                assert!(ann.related(User::posts).find(db, 2).await.unwrap().is_none());
                assert_eq!(ann.related(User::comments).count(db).await.unwrap(), 1);
                assert_eq!(ann.related(User::roles).pluck(db, Role::name).await.unwrap(), ["admin"]);
                assert_eq!(ann.related(User::labels).count(db).await.unwrap(), 1);
                assert_eq!(ann.related(User::images).count(db).await.unwrap(), 1);
                assert_eq!(ann.related(User::last_image).first_or_fail(db).await.unwrap().name, "i1");
                assert_eq!(ann.related(User::posts).update(db, Post::votes.set(5)).await.unwrap(), 2);

                // Changed and deleted by a query.
                assert_eq!(Post::query().update(db, Post::votes.set(7)).await.unwrap(), 3);
                let either = Post::query().where_eq(Post::id, 99).or_filter(Post::id.eq(2));
                assert_eq!(either.increment(db, Post::votes, 1).await.unwrap(), 0);
                assert_eq!(Comment::query().where_gt(Comment::id, 2).delete(db).await.unwrap(), 1);
            }
        }
    };
}
pub(crate) use every_kind;
