//! Posts, films and users with comments and images; posts and films with tags.

use atlas::{Error, Records, prelude::*, value::Value};

use super::{counted, listed};
use crate::support::{Databases, databases};

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
            Remark::draft().text(text).stars(stars).commentable_type(of.map(String::from)).commentable_id(key)
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

// 000-30, 000-36, C-171, B-104
#[tokio::test]
async fn to_one_of_several_models() {
    for db in filled().await {
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

// 000-37, C-172
#[tokio::test]
async fn a_name_that_no_variant_has() {
    for db in filled().await {
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
    for db in filled().await {
        let (article, film) =
            (Article::find_or_fail(&db, 1).await.unwrap(), Film::find_or_fail(&db, 1).await.unwrap());
        let all = || Remark::query().order_by(Remark::id);
        let of_article = all().where_morphed_to(Remark::commentable, &article);
        assert_eq!(of_article.pluck(&db, Remark::text).await.unwrap(), ["on a1", "on a1 too"]);
        let of_film = all().where_morphed_to(Remark::commentable, &film);
        assert_eq!(of_film.pluck(&db, Remark::text).await.unwrap(), ["on f1"], "not those of the article 1");
        let others = all().where_not_morphed_to(Remark::commentable, &article);
        assert_eq!(others.pluck(&db, Remark::id).await.unwrap(), [2, 5, 6], "not those of nothing");
        let either = all().where_morphed_to(Remark::commentable, &film);
        let either = either.or_where_morphed_to(Remark::commentable, &article);
        assert_eq!(either.pluck(&db, Remark::id).await.unwrap(), [1, 2, 3]);
    }
}

// 000-31, 000-32, 000-39, 000-40, C-171
#[tokio::test]
async fn from_one_of_several_models() {
    for db in filled().await {
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

// C-171
#[tokio::test]
async fn many_to_many_from_several_models() {
    for db in filled().await {
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
    for db in filled().await {
        let lacking = Tagging::draft().tag_id(1).weight(1).save(&db).await.unwrap_err();
        assert!(matches!(lacking, Error::MissingAttribute { .. }), "{lacking:?}");
        let remark = Remark::draft().text("to nothing").stars(1).save(&db).await.unwrap();
        assert_eq!(remark.commentable_id, None);
    }
}

#[tokio::test]
async fn rows_by_relations_from_several_models() {
    for db in filled().await {
        let tagged = Article::query().has(Article::tags).count(&db).await.unwrap();
        let plain = Article::query().has(Article::plain_tags).count(&db).await.unwrap();
        let remarked = Article::query().has(Article::remarks).count(&db).await.unwrap();
        assert_eq!((tagged, plain, remarked), (2, 2, 2));
        assert_eq!(Tag::query().has(Tag::films).pluck(&db, Tag::name).await.unwrap(), ["rust"]);
    }
}

// C-189, 000-36
#[tokio::test]
async fn a_load_narrows_each_of_the_models_by_itself() {
    for db in filled().await {
        let title = |remark: &Record<Remark>| match remark.commentable.get().unwrap() {
            Some(Commentable::Article(article)) => {
                let tags = article.tags.get().unwrap().len();
                format!("{} {tags} {}", article.title, article.count_of(Article::remarks).unwrap())
            }
            Some(Commentable::Film(film)) => film.title.clone(),
            None => String::new(),
        };
        let load = Remark::commentable
            .constrain(|articles: Query<Article>| articles.with(Article::tags).with_count(Article::remarks))
            .constrain(|films: Query<Film>| films.where_ne(Film::title, "f1"));
        let query = Remark::query().with(load).order_by(Remark::id);
        let (remarks, statements) = counted(&db, query.get(&db)).await;
        assert_eq!(statements, 4, "the articles' tags come with a statement of their own");
        assert_eq!(remarks.iter().map(title).collect::<Vec<_>>(), ["a1 2 2", "", "a1 2 2", "", "", "a2 1 1"]);

        // Steps for one model twice come one after the other, and an alternative is one among those that are meant.
        let load = Remark::commentable
            .constrain(|articles: Query<Article>| articles.where_eq(Article::title, "a2"))
            .constrain(|articles: Query<Article>| articles.or_filter(Article::title.eq("a3")));
        let mut remarks = Remark::query().order_by(Remark::id).get(&db).await.unwrap();
        remarks.load(&db, load).await.unwrap();
        let found = remarks.iter().map(|remark| remark.commentable.get().unwrap().is_some());
        assert_eq!(found.collect::<Vec<_>>(), [false, true, false, false, false, true]);
    }
}

// C-195
#[tokio::test]
async fn rows_by_one_of_the_models() {
    for db in filled().await {
        let all = || Remark::query().order_by(Remark::id);
        let articles = || Remark::commentable.only::<Article>();
        let films = || Remark::commentable.only::<Film>();
        for (query, expected) in [
            (all().has(articles()), "on a1, on a1 too, on a2"),
            (
                all().where_has(articles(), |articles| articles.where_eq(Article::title, "a1")),
                "on a1, on a1 too",
            ),
            (all().where_has(films(), |films| films.where_like(Film::title, "f%")), "on f1"),
            (
                all().where_doesnt_have(films()).where_not_null(Remark::commentable_id),
                "on a1, on a1 too, on what is gone, on a2",
            ),
            (all().has(films()).or_where_has(articles(), |a| a.where_eq(Article::id, 2)), "on f1, on a2"),
            (all().where_has_count(articles(), "=", 1), "on a1, on a1 too, on a2"),
        ] {
            assert_eq!(query.pluck(&db, Remark::text).await.unwrap().join(", "), expected);
        }
        let (remarks, statements) = counted(&db, all().with_count_as("films", films()).get(&db)).await;
        let counts = remarks.iter().map(|remark| remark.extra::<i64>("films").unwrap());
        assert_eq!((counts.collect::<Vec<_>>(), statements), (vec![0, 1, 0, 0, 0, 0], 1));
        let joined = all().join(articles()).where_eq(Article::title, "a1").get(&db).await.unwrap();
        assert_eq!(joined.iter().map(|(remark, _)| remark.id).collect::<Vec<_>>(), [1, 3]);
        let joined = all().left_join(films()).get(&db).await.unwrap();
        let joined = joined.iter().map(|(_, film)| film.as_ref().map(|film| film.id));
        assert_eq!(joined.collect::<Vec<_>>(), [None, Some(1), None, None, None, None]);
    }
}

// 000-33, 000-38
#[tokio::test]
async fn a_loop_sends_one_statement_for_each_model() {
    for db in filled().await {
        let mut remarks = Remark::query().order_by(Remark::id).get(&db).await.unwrap();
        let work = async {
            for remark in &mut remarks {
                remark.load(&db, Remark::commentable).await?;
            }
            Ok(())
        };
        let ((), statements) = counted(&db, work).await;
        assert_eq!(statements, 2);
        let title = |remark: &Record<Remark>| match remark.commentable.get().unwrap() {
            Some(Commentable::Article(article)) => article.title.clone(),
            Some(Commentable::Film(film)) => film.title.clone(),
            None => String::new(),
        };
        assert_eq!(remarks.iter().map(title).collect::<Vec<_>>(), ["a1", "f1", "a1", "", "", "a2"]);
        // Asked again, and where the record leads elsewhere since.
        remarks[5].commentable_id = Some(1);
        remarks[5].load(&db, Remark::commentable).await.unwrap();
        assert_eq!(title(&remarks[5]), "a1");
        let (_, statements) = counted(&db, remarks[0].load(&db, Remark::commentable)).await;
        assert_eq!((statements, title(&remarks[0])), (1, "a1".to_owned()));
    }
}

// B-367
#[tokio::test]
async fn what_a_record_leads_to_is_saved_with_it() {
    for db in filled().await {
        let query = Remark::query().with(Remark::commentable).where_eq(Remark::id, 2);
        let mut remark = query.sole(&db).await.unwrap();
        let ((), statements) = counted(&db, remark.push(&db)).await;
        assert_eq!(statements, 0);
        let Some(Commentable::Film(film)) = remark.commentable.get_mut().unwrap() else { panic!("a film") };
        film.title = "f0".into();
        remark.stars = 1;
        let ((), statements) = counted(&db, remark.push(&db)).await;
        assert_eq!(statements, 2);
        assert_eq!(Film::find_or_fail(&db, 1).await.unwrap().title, "f0");
        assert_eq!(Remark::find_or_fail(&db, 2).await.unwrap().stars, 1);
        // All or none.
        let Some(Commentable::Film(film)) = remark.commentable.get_mut().unwrap() else { panic!("a film") };
        film.title = "f9".into();
        remark.stars = 2;
        Remark::query().where_eq(Remark::id, 2).delete(&db).await.unwrap();
        assert!(matches!(remark.push(&db).await, Err(Error::NotFound { .. })));
        assert_eq!(Film::find_or_fail(&db, 1).await.unwrap().title, "f0");
        // What nobody else holds is saved; what no variant holds is passed over.
        let mut pictures =
            Picture::query().with(Picture::pictured).order_by(Picture::id).get(&db).await.unwrap();
        for picture in &mut pictures {
            picture.push(&db).await.unwrap();
        }
    }
}
