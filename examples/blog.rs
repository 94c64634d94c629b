//! A blog in a file: authors, posts, comments and a counter of visits. `cargo run --example blog`.

use atlas::{
    ConstraintKind, Error, Fill,
    prelude::*,
    types::{
        chrono::{DateTime, Utc},
        serde_json,
    },
};

#[derive(Model, Debug)]
#[timestamps]
pub struct Author {
    pub id: i64,
    pub name: String,
    #[unique]
    #[mutator(lower_case)]
    pub email: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,

    #[has_many]
    pub posts: HasMany<Post>,
}

/// Stored as `draft`, `in_review`, `published`.
#[derive(Attribute, Clone, Copy, Debug, PartialEq)]
pub enum Status {
    Draft,
    InReview,
    Published,
}

#[derive(Model, Debug)]
#[timestamps]
#[fillable(title, body, tags)]
pub struct Post {
    pub id: i64,
    pub author_id: i64,
    pub title: String,
    #[unique]
    #[mutator(slug_of)]
    pub slug: String,
    #[default("")]
    pub body: String,
    #[default(Status::Draft)]
    pub status: Status,
    #[cast(json)]
    #[default(Vec::new())]
    pub tags: Vec<String>,
    pub published_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,

    #[belongs_to(on_delete = restrict)]
    pub author: BelongsTo<Author>,
    #[has_many]
    pub comments: HasMany<Comment>,
}

#[derive(Model, Debug)]
pub struct Comment {
    pub id: i64,
    pub post_id: i64,
    pub name: String,
    pub text: String,

    #[belongs_to(on_delete = cascade)]
    pub post: BelongsTo<Post>,
}

/// How often a page was read on a day.
#[derive(Model, Debug)]
#[unique(page, day)]
pub struct Visits {
    pub id: i64,
    pub page: String,
    pub day: String,
    pub readers: i64,
}

fn lower_case(email: String) -> String {
    email.trim().to_lowercase()
}

fn slug_of(title: String) -> String {
    let words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_lowercase()
}

impl Post {
    /// A scope: what readers may see.
    fn published(query: Query<Post>) -> Query<Post> {
        query.filter(Post::status.eq(Status::Published)).latest(Post::published_at)
    }

    /// An accessor.
    fn teaser(&self) -> String {
        self.body.split_whitespace().take(5).collect::<Vec<_>>().join(" ")
    }
}

async fn search(db: &Db, text: Option<&str>, author: Option<i64>) -> Result<Vec<Record<Post>>> {
    Post::query()
        .apply(Post::published)
        .when(text, |query, text| query.filter(Post::title.contains(text).or(Post::body.contains(text))))
        .when(author, |query, author| query.where_eq(Post::author_id, author))
        .with((Post::author, Post::comments.order_by(Comment::id.asc())))
        .get(db)
        .await
}

async fn publish(db: &Db, post: &mut Record<Post>) -> Result<()> {
    post.status = Status::Published;
    post.published_at = Some(Utc::now());
    post.save(db).await
}

/// Saves what came in from a form: a slug that is taken gets a number.
async fn submit(db: &Db, author: &Record<Author>, slug: &str, form: &str) -> Result<Record<Post>> {
    let fill: Fill<Post> = serde_json::from_str(form).map_err(|error| Error::config(error.to_string()))?;
    let draft = |slug: &str| Post::draft().author_id(author.id).slug(slug).fill(fill.clone());
    match draft(slug).save(db).await {
        Err(Error::Constraint { kind: ConstraintKind::Unique, columns, .. }) if columns == ["slug"] => {
            println!("  {slug:?} is taken: it gets a number");
            let taken = Post::query().filter(Post::slug.starts_with(slug_of(slug.into()))).count(db).await?;
            draft(&format!("{slug} {}", taken + 1)).save(db).await
        }
        saved => saved,
    }
}

/// Gives all posts of one author to another, and removes the first: both or neither.
async fn merge(db: &Db, from: i64, into: i64) -> Result<u64> {
    db.transaction(async |tx| {
        let moved =
            Post::query().where_eq(Post::author_id, from).update(&tx, Post::author_id.set(into)).await?;
        Author::find_or_fail(&tx, from).await?.delete(&tx).await?;
        Ok(moved)
    })
    .await
}

async fn blog(db: &Db) -> Result<()> {
    db.create_tables(models![Author, Post, Comment, Visits]).await?;

    println!("Authors");
    let ann = Author::draft().name("Ann").email(" ANN@example.com ").save(db).await?;
    let find_bob = || Author::email.eq("bob@example.com");
    let new_bob = || Author::draft().name("Bob").email("bob@example.com");
    let mut bob = Author::first_or_create(db, find_bob(), new_bob()).await?;
    let again = Author::first_or_create(db, find_bob(), new_bob()).await?;
    println!("  {} <{}>; {} is the same both times: {}", ann.name, ann.email, bob.name, bob.is(&again));

    println!("Posts");
    let form = r#"{"title": "Borrowing, explained", "tags": ["rust"], "status": "published",
        "body": "A value has one owner at a time.", "author_id": 99}"#;
    let mut borrowing = submit(db, &ann, "Borrowing, explained!", form).await?;
    println!("  /{} is a {:?} of author {}", borrowing.slug, borrowing.status, borrowing.author_id);
    println!("  /{}", submit(db, &bob, "Borrowing, explained!", form).await?.slug);
    Post::create_many(
        db,
        [
            Post::draft().title("On tea").slug("On tea").author_id(bob.id).body("Green, mostly."),
            Post::draft().title("Notes").slug("Notes").author_id(ann.id).status(Status::InReview),
        ],
    )
    .await?;
    publish(db, &mut borrowing).await?;
    let names: Vec<_> = borrowing.changes().into_iter().map(|(name, _)| name).collect();
    println!("  publishing wrote {}", names.join(", "));
    let mut tea = Post::query().where_eq(Post::slug, "on-tea").sole(db).await?;
    publish(db, &mut tea).await?;

    println!("Comments");
    let comments = [("Cid", "Now I see."), ("Dee", "And two readers?")];
    let drafts = comments.map(|(name, text)| Comment::draft().name(name).text(text).post_id(borrowing.id));
    println!("  {} written", Comment::insert(db, drafts).await?);

    println!("Search");
    for (text, author) in [(None, None), (Some("owner"), None), (Some("owner"), Some(bob.id))] {
        let found = search(db, text, author).await?;
        println!("  {text:?} by {author:?}: {} found", found.len());
        for post in &found {
            let author = post.author.get()?.map_or("nobody", |author| author.name.as_str());
            println!(
                "    {} by {author}: {} … ({} comments)",
                post.title,
                post.teaser(),
                post.comments.get()?.len()
            );
        }
    }

    println!("Visits, counted elsewhere and imported twice");
    for readers in [10, 25] {
        let drafts = ["borrowing-explained", "on-tea"]
            .map(|page| Visits::draft().page(page).day("2026-03-01").readers(readers));
        Visits::upsert(db, drafts, (Visits::page, Visits::day), Visits::readers).await?;
    }
    Visits::query().where_eq(Visits::page, "on-tea").increment(db, Visits::readers, 1).await?;
    println!(
        "  {} rows, {} readers",
        Visits::query().count(db).await?,
        Visits::query().sum(db, Visits::readers).await?
    );

    println!("Bob leaves");
    if let Err(Error::Constraint { kind: ConstraintKind::ForeignKey, .. }) = bob.delete(db).await {
        println!("  not while he has posts");
    }
    println!("  {} posts go to Ann", merge(db, bob.id, ann.id).await?);
    for author in
        Author::query().with(Author::posts.order_by(Post::id.asc()).with(Post::comments)).get(db).await?
    {
        println!("  {}", author.name);
        for post in author.posts.get()? {
            println!("    {:?} /{} {:?}", post.status, post.slug, post.tags);
            for comment in post.comments.get()? {
                println!("      {}: {}", comment.name, comment.text);
            }
        }
    }

    let query = Post::query().where_eq(Post::slug, "on-tea").limit(1);
    println!("What is sent\n  {}\n  {}", query.to_sql(db)?, query.explain(db).await?);
    Ok(())
}

#[atlas::main]
async fn main() -> Result<()> {
    let file = std::env::temp_dir().join(format!("atlas-blog-{}.db", std::process::id()));
    let db = Db::connect(&format!("sqlite://{}", file.display())).await?;
    let told = blog(&db).await;
    db.close().await?;
    let _ = std::fs::remove_file(file);
    told
}
