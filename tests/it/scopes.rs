//! Conditions that hold wherever a model enters a statement.

use atlas::{Error, prelude::*};

use crate::{
    every_kind::every_kind,
    support::{Databases, databases},
};

#[derive(Model, Debug)]
pub struct Writer {
    pub id: i64,
    pub name: String,
    #[has_many]
    pub articles: HasMany<Article>,
    #[has_one(latest)]
    pub newest: HasOne<Article>,
    #[belongs_to_many(pivot = Following, foreign_key = writer_id, related_key = article_id)]
    pub followed: BelongsToMany<Article, Following>,
}

#[derive(Model, Debug)]
#[global_scope(published)]
#[global_scope(short)]
#[soft_deletes]
pub struct Article {
    pub id: i64,
    pub writer_id: i64,
    pub title: String,
    #[default(0)]
    pub pages: i32,
    #[default(true)]
    pub public: bool,
    #[default(false)]
    pub preview: bool,
    pub deleted_at: Option<chrono::DateTime<chrono::Utc>>,
    #[belongs_to]
    pub writer: BelongsTo<Writer>,
}

impl Article {
    // An alternative, which is to be grouped.
    pub fn published(articles: Query<Self>) -> Query<Self> {
        articles.filter(Self::public.eq(true)).or_filter(Self::preview.eq(true))
    }

    pub fn short(articles: Query<Self>) -> Query<Self> {
        articles.where_lt(Self::pages, 100)
    }

    pub fn featured(articles: Query<Self>) -> Query<Self> {
        articles.with_attributes((Self::preview.set(true), Self::pages.set(9)))
    }
}

#[derive(Model, Debug)]
#[global_scope(self::active)]
pub struct Following {
    #[primary_key]
    pub writer_id: i64,
    #[primary_key]
    pub article_id: i64,
    #[default(true)]
    pub on: bool,
}

fn active(followings: Query<Following>) -> Query<Following> {
    followings.where_eq(Following::on, true)
}

/// Ann has written 1 (public), 2 (neither), 3 (a preview), 4 (public and long); Bob 5 (public).
async fn articles() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Writer, Article, Following]).await.unwrap();
        Writer::insert(db, ["Ann", "Bob"].map(|name| Writer::draft().name(name))).await.unwrap();
        let rows = [
            (1, true, false, 1),
            (1, false, false, 1),
            (1, false, true, 1),
            (1, true, false, 500),
            (2, true, false, 1),
        ];
        let drafts = rows.into_iter().enumerate().map(|(place, (writer, public, preview, pages))| {
            let title = format!("a{}", place + 1);
            Article::draft().writer_id(writer).title(title).public(public).preview(preview).pages(pages)
        });
        Article::insert(db, drafts).await.unwrap();
        let followings = [(1, 1, true), (1, 2, true), (1, 5, false), (2, 3, true)];
        let followings = followings
            .map(|(writer, article, on)| Following::draft().writer_id(writer).article_id(article).on(on));
        Following::insert(db, followings).await.unwrap();
    }
    databases
}

async fn ids(db: &Db, query: Query<Article>) -> Vec<i64> {
    query.order_by(Article::id).pluck(db, Article::id).await.unwrap()
}

// 000-71, 000-72, B-95, C-157, Y-01, Y-11, Y-18
#[tokio::test]
async fn global_scopes_hold_of_every_query() {
    for db in articles().await {
        let all = || Article::query();
        assert_eq!(ids(&db, all()).await, [1, 3, 5]);
        assert_eq!(Article::all(&db).await.unwrap().len(), 3);
        assert_eq!(
            ids(&db, all().where_eq(Article::writer_id, 1).or_filter(Article::id.eq(4))).await,
            [1, 3]
        );
        assert!(Article::find(&db, 2).await.unwrap().is_none());
        assert_eq!(all().count(&db).await.unwrap(), 3);
        assert_eq!(all().max(&db, Article::pages).await.unwrap(), Some(1));
        assert!(!all().where_eq(Article::id, 4).exists(&db).await.unwrap());
        assert_eq!(all().paginate(&db, 1, 2).await.unwrap().total, 3);
        assert_eq!(all().order_by(Article::id).cursor_paginate(&db, 2, None).await.unwrap().data[1].id, 3);
        let mut seen = Vec::new();
        let mut cursor = all().cursor_by_id(&db, 1);
        while let Some(article) = cursor.try_next().await.unwrap() {
            seen.push(article.id);
        }
        assert_eq!(seen, [1, 3, 5]);
        let union = all().where_eq(Article::id, 2).union(all().where_lt(Article::id, 2));
        assert_eq!(union.count(&db).await.unwrap(), 1);
        let inside = Writer::query()
            .filter(Writer::id.in_query(all().where_eq(Article::id, 4).select(Article::writer_id)));
        assert_eq!(inside.count(&db).await.unwrap(), 0);

        // Once.
        let text = all().to_sql(&db).unwrap().to_string();
        assert_eq!(text.matches("pages").count(), 2, "one column and one condition: {text}");

        // Without them.
        assert_eq!(ids(&db, all().without_scope(Article::published)).await, [1, 2, 3, 5]);
        assert_eq!(ids(&db, all().without_scope("short")).await, [1, 3, 4, 5]);
        assert_eq!(
            ids(&db, all().without_scope("short").without_scope(Article::published)).await,
            [1, 2, 3, 4, 5]
        );
        assert_eq!(ids(&db, all().without_scopes()).await, [1, 2, 3, 4, 5]);
        let mut one = Article::find_or_fail(&db, 1).await.unwrap();
        one.delete(&db).await.unwrap();
        assert_eq!(ids(&db, all().without_scopes()).await, [2, 3, 4, 5], "soft deletes stay");
        assert_eq!(ids(&db, all().with_trashed()).await, [1, 3, 5], "and so do scopes");

        // What is out of scope is saved, refreshed and deleted by its key.
        let mut two = all().without_scopes().find_or_fail(&db, 2).await.unwrap();
        two.title = "b2".into();
        two.save(&db).await.unwrap();
        two.refresh(&db).await.unwrap();
        assert_eq!((two.title.as_str(), two.fresh(&db).await.unwrap().is_some()), ("b2", true));
        two.force_delete(&db).await.unwrap();
        assert_eq!(ids(&db, all().without_scopes()).await, [3, 4, 5]);
    }
}

#[tokio::test]
async fn global_scopes_hold_of_what_is_written_by_query() {
    for db in articles().await {
        let all = || Article::query();
        assert_eq!(all().update(&db, Article::title.set("x")).await.unwrap(), 3);
        assert_eq!(all().without_scopes().where_eq(Article::title, "x").count(&db).await.unwrap(), 3);
        assert_eq!(all().increment(&db, Article::pages, 1).await.unwrap(), 3);
        let joined = all().join(Article::writer).filter(Writer::name.eq("Ann"));
        assert_eq!(joined.update(&db, Article::title.set_from(Writer::name)).await.unwrap(), 2);
        assert_eq!(all().limit(1).order_by(Article::id).delete(&db).await.unwrap(), 1);
        assert_eq!(all().delete(&db).await.unwrap(), 2);
        assert_eq!(all().with_trashed().without_scopes().count(&db).await.unwrap(), 5);
        assert_eq!(ids(&db, all().without_scopes()).await, [2, 4]);
        assert_eq!(all().restore(&db).await.unwrap(), 3);
        assert_eq!(all().with_trashed().force_delete(&db).await.unwrap(), 3);
        assert_eq!(all().without_scopes().delete(&db).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn global_scopes_hold_of_relations() {
    for db in articles().await {
        let with = (Writer::articles.order_by(Article::id), Writer::newest, Writer::followed);
        let writers = Writer::query().with(with).with_count(Writer::articles).order_by(Writer::id);
        let writers = writers.get(&db).await.unwrap();
        let found: Vec<i64> = writers[0].articles.get().unwrap().iter().map(|article| article.id).collect();
        assert_eq!(found, [1, 3]);
        assert_eq!(writers[0].newest.get().unwrap().unwrap().id, 3, "the newest in scope");
        assert_eq!(writers[0].count_of(Writer::articles).unwrap(), 2);
        let followed: Vec<i64> =
            writers[0].followed.get().unwrap().iter().map(|article| article.id).collect();
        assert_eq!(followed, [1], "neither an article out of scope, nor a following");
        let ann = &writers[0];
        assert_eq!(ann.related(Writer::articles).count(&db).await.unwrap(), 2);
        assert_eq!(ann.related(Writer::followed).pluck(&db, Article::id).await.unwrap(), [1]);
        let unscoped = ann.related(Writer::articles).apply(|articles| articles.without_scopes());
        assert_eq!(unscoped.count(&db).await.unwrap(), 4);
        let unscoped =
            Writer::query().with(Writer::articles.apply(|articles| articles.without_scope("short")));
        assert_eq!(unscoped.find_or_fail(&db, 1).await.unwrap().articles.get().unwrap().len(), 3);
        let limited = Writer::query().with(Writer::articles.order_by(Article::id.desc()).limit(1));
        assert_eq!(limited.find_or_fail(&db, 1).await.unwrap().articles.get().unwrap()[0].id, 3);
        let long =
            Writer::query().where_has(Writer::articles, |articles| articles.where_gt(Article::pages, 99));
        assert_eq!(long.count(&db).await.unwrap(), 0);
        let following = Writer::query().where_has(Writer::followed, |articles| articles);
        assert_eq!(following.pluck(&db, Writer::name).await.unwrap().len(), 2);

        let joined = Writer::query().join(Writer::articles).order_by(Article::id).get(&db).await.unwrap();
        assert_eq!(joined.iter().map(|(_, article)| article.id).collect::<Vec<_>>(), [1, 3, 5]);
        let left =
            Writer::query().left_join(Writer::articles.filter(Article::pages.gt(99))).get(&db).await.unwrap();
        assert!(left.len() == 2 && left.iter().all(|(_, article)| article.is_none()));
        let through = Writer::query().join(Writer::followed).order_by(Article::id).get(&db).await.unwrap();
        assert_eq!(through.iter().map(|(_, article)| article.id).collect::<Vec<_>>(), [1, 3]);
        let rows = db.table("writers").with("articles").get().await;
        if let Ok(rows) = rows {
            assert_eq!(rows.len(), 2);
        }

        // What leads to nothing in scope is left where it is.
        assert_eq!(ann.related(Writer::followed).detach(&db, [5]).await.unwrap(), 0);
    }
}

// 000-69, 000-71: at run time, on a handle and what is made of it.
#[tokio::test]
async fn a_handle_adds_scopes() {
    for db in articles().await {
        let me = 1;
        let mine = db.with_scope::<Article>("mine", |articles| articles.where_eq(Article::writer_id, me));
        assert_eq!(ids(&mine, Article::query()).await, [1, 3]);
        assert_eq!(ids(&db, Article::query()).await, [1, 3, 5], "the other handle is what it was");
        assert_eq!(ids(&mine, Article::query().without_scope("mine")).await, [1, 3, 5]);
        assert_eq!(ids(&mine, Article::query().without_scope("short")).await, [1, 3, 4]);
        assert_eq!(Article::query().or_filter(Article::id.eq(5)).count(&mine).await.unwrap(), 0);
        assert_eq!(Article::query().update(&mine, Article::title.set("mine")).await.unwrap(), 2);
        let writers = Writer::query().with(Writer::articles).order_by(Writer::id).get(&mine).await.unwrap();
        assert!(writers[1].articles.get().unwrap().is_empty());
        let having = Writer::query().where_has(Writer::articles, |articles| articles);
        assert_eq!(having.count(&mine).await.unwrap(), 1);
        mine.transaction(async |tx| {
            assert_eq!(ids(&tx, Article::query()).await, [1, 3]);
            Ok(())
        })
        .await
        .unwrap();

        // Two scopes, and a model without any of its own.
        let named = mine.with_scope::<Writer>("bobs", |writers| writers.where_eq(Writer::name, "Bob"));
        assert_eq!(Writer::query().join(Writer::articles).count(&named).await.unwrap(), 0);
        assert_eq!(Writer::query().pluck(&named, Writer::name).await.unwrap(), ["Bob"]);
        assert_eq!(
            Writer::query()
                .delete(&named.with_scope::<Writer>("no", |all| all.where_eq(Writer::id, 1)))
                .await
                .unwrap(),
            0
        );

        // A scope that asks about another model, whose scopes hold there too.
        let asking = db.with_scope::<Writer>("with short ones", |writers| {
            writers.where_has(Writer::articles, |articles| articles.where_gt(Article::id, 3))
        });
        assert_eq!(Writer::query().pluck(&asking, Writer::name).await.unwrap(), ["Bob"]);

        // What loads lazily for one handle is not taken for another.
        let mut both = Writer::query().order_by(Writer::id).get(&db).await.unwrap();
        both[0].load(&db, Writer::articles).await.unwrap();
        both[1].load(&mine, Writer::articles).await.unwrap();
        assert!(both[1].articles.get().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_scope_does_nothing_but_filter() {
    let db = Db::connect("sqlite::memory:").await.unwrap();
    db.create_tables(models![Writer, Article]).await.unwrap();
    let limited = db.with_scope::<Writer>("first", |writers| writers.limit(1));
    let error = Writer::all(&limited).await.unwrap_err();
    assert!(
        error.to_string().starts_with("the global scope `first` of `Writer` does more than to filter"),
        "{error}"
    );
    let looping = db.with_scope::<Writer>("loop", |writers| writers.where_in_query_of_itself());
    let error = Writer::query().count(&looping).await.unwrap_err();
    assert!(matches!(&error, Error::Config { message } if message.contains("`loop`")), "{error}");
}

trait Itself {
    fn where_in_query_of_itself(self) -> Self;
}

impl Itself for Query<Writer> {
    fn where_in_query_of_itself(self) -> Self {
        self.filter(Writer::id.in_query(Writer::query().select(Writer::id)))
    }
}

// C-156, B-94: pending attributes.
#[tokio::test]
async fn records_get_what_the_scope_says() {
    for db in articles().await {
        let draft = || Article::draft().title("new");
        let article =
            Article::query().apply(Article::featured).create(&db, draft().writer_id(2)).await.unwrap();
        assert_eq!((article.preview, article.pages, article.writer_id), (true, 9, 2));
        assert_eq!(Article::query().apply(Article::featured).count(&db).await.unwrap(), 1);
        let own = Article::query()
            .apply(Article::featured)
            .create(&db, draft().writer_id(2).pages(3))
            .await
            .unwrap();
        assert_eq!(own.pages, 3, "the draft's own value wins");

        let ann = Writer::find_or_fail(&db, 1).await.unwrap();
        let article =
            ann.related(Writer::articles).apply(Article::featured).create(&db, draft()).await.unwrap();
        assert_eq!((article.writer_id, article.preview), (1, true));
        let unconditional = Article::query().with_new_attributes(Article::pages.set(5));
        assert_eq!(unconditional.clone().count(&db).await.unwrap(), 6);
        assert_eq!(unconditional.create(&db, draft().writer_id(1)).await.unwrap().pages, 5);
        let between =
            ann.related(Writer::followed).apply(Article::featured).create(&db, draft().writer_id(1)).await;
        assert!(matches!(between, Err(Error::Config { message }) if message.contains("`followed`")));
        let reckoned = Article::query().with_new_attributes(Article::pages.set_from(Article::pages + 1));
        assert!(matches!(reckoned.create(&db, draft().writer_id(1)).await, Err(Error::Config { .. })));
    }
}

every_kind!(world, #[global_scope(shown)], hidden: Option<bool>);
every_kind!(plain, #[allow(dead_code)], hidden: Option<bool>);

macro_rules! shown {
    ($($model:ident)*) => { $(
        impl world::$model {
            fn shown(rows: Query<Self>) -> Query<Self> {
                rows.where_null(Self::hidden).or_filter(Self::hidden.eq(false))
            }
        }
    )* };
}
shown!(User Post Comment Role RoleUser Image Label Labelling);

macro_rules! hide {
    ($world:ident, $db:expr) => {{
        use $world::{Comment, Image, Label, Labelling, Post, Role, RoleUser, User};
        let db = $db;
        db.create_tables(models![User, Post, Comment, Role, RoleUser, Image, Label, Labelling])
            .await
            .unwrap();
        $world::filled(db).await;
        User::query().where_eq(User::id, 2).update(db, User::hidden.set(true)).await.unwrap();
        Post::query().where_eq(Post::id, 2).update(db, Post::hidden.set(true)).await.unwrap();
        Comment::query().where_eq(Comment::id, 3).update(db, Comment::hidden.set(true)).await.unwrap();
        Role::query().where_eq(Role::id, 2).update(db, Role::hidden.set(true)).await.unwrap();
        RoleUser::query().where_eq(RoleUser::id, 3).update(db, RoleUser::hidden.set(true)).await.unwrap();
        Image::query().where_eq(Image::id, 2).update(db, Image::hidden.set(true)).await.unwrap();
        Label::query().where_eq(Label::id, 2).update(db, Label::hidden.set(true)).await.unwrap();
        Labelling::query().where_eq(Labelling::id, 3).update(db, Labelling::hidden.set(true)).await.unwrap();
    }};
}

// C-157, Y-01, Y-11: by attribute.
#[tokio::test]
async fn every_kind_of_relation_leaves_out_what_is_out_of_scope() {
    for db in databases().await {
        hide!(world, &db);
        world::assert_hidden(&db).await;
    }
}

// The same by what a handle adds.
#[tokio::test]
async fn every_kind_of_relation_leaves_out_what_a_handle_hides() {
    macro_rules! hiding {
        ($db:ident: $($model:ident)*) => {{
            let db = $db.clone();
            $(let db = db.with_scope::<plain::$model>("shown", |rows| {
                rows.where_null(plain::$model::hidden).or_filter(plain::$model::hidden.eq(false))
            });)*
            db
        }};
    }
    for db in databases().await {
        hide!(plain, &db);
        let hiding = hiding!(db: User Post Comment Role RoleUser Image Label Labelling);
        plain::assert_hidden(&hiding).await;
        assert_eq!(plain::User::query().count(&db).await.unwrap(), 2);
    }
}
