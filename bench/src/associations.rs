//! Diesel's benchmark of associations: users, ten posts of each, ten comments on each post, nested.

#[cfg(feature = "postgres")]
pub mod postgres;
pub mod sqlite;

use atlas::prelude::*;

pub const ASSOCIATIONS: &str = "associations: users, 10 posts each, 10 comments each";
pub const EACH: i64 = 10;

#[derive(Model)]
#[table("atlas_bench_authors")]
pub struct Author {
    pub id: i64,
    pub name: String,
    pub hair_color: Option<String>,
    #[has_many]
    pub posts: HasMany<Post>,
}

#[derive(Model)]
#[table("atlas_bench_posts")]
pub struct Post {
    pub id: i64,
    #[index]
    pub author_id: i64,
    pub title: String,
    pub body: Option<String>,
    #[belongs_to]
    pub author: BelongsTo<Author>,
    #[has_many]
    pub comments: HasMany<Comment>,
}

#[derive(Model)]
#[table("atlas_bench_comments")]
pub struct Comment {
    pub id: i64,
    #[index]
    pub post_id: i64,
    pub text: String,
    #[belongs_to]
    pub post: BelongsTo<Post>,
}

/// Inserts all of it: what a user of Atlas writes.
async fn fill(db: &Db, authors: i64) {
    db.create_tables(models![Author, Post, Comment]).await.unwrap();
    let comment = |n: i64| Comment::draft().text(format!("comment number {n}"));
    let post = |n: i64| {
        let post = Post::draft().title(format!("post number {n}")).comments((0..EACH).map(comment));
        if n % 2 == 0 { post.body(format!("the body of post number {n}")) } else { post }
    };
    let author = |n: i64| {
        let author = Author::draft().name(format!("user {n}")).posts((0..EACH).map(post));
        if n % 2 == 0 { author.hair_color("brown") } else { author }
    };
    Author::create_many(db, (0..authors).map(author)).await.unwrap();
}

/// What is measured.
async fn load(db: &Db) -> Vec<Record<Author>> {
    Author::query().with(Author::posts.with(Post::comments)).get(db).await.unwrap()
}

/// How many comments there are, and the sum of their keys and their parents' keys: what everybody has to find.
type Found = (usize, i64);

fn found(authors: &[Record<Author>]) -> Found {
    let posts =
        authors.iter().flat_map(|author| author.posts.get().unwrap().iter().map(move |post| (author, post)));
    let comments = posts.flat_map(|(author, post)| {
        post.comments.get().unwrap().iter().map(|comment| author.id + 3 * post.id + 7 * comment.id)
    });
    comments.fold((0, 0), |(count, sum), keys| (count + 1, sum + keys))
}

/// The same rows, for the others.
#[allow(dead_code)]
#[cfg_attr(feature = "postgres", derive(diesel::Queryable))]
pub struct BareAuthor {
    pub id: i64,
    pub name: String,
    pub hair_color: Option<String>,
}

#[allow(dead_code)]
#[cfg_attr(feature = "postgres", derive(diesel::Queryable))]
pub struct BarePost {
    pub id: i64,
    pub author_id: i64,
    pub title: String,
    pub body: Option<String>,
}

#[allow(dead_code)]
#[cfg_attr(feature = "postgres", derive(diesel::Queryable))]
pub struct BareComment {
    pub id: i64,
    pub post_id: i64,
    pub text: String,
}

/// As the others nest them.
type Nested = Vec<(BareAuthor, Vec<(BarePost, Vec<BareComment>)>)>;

fn found_bare(authors: &Nested) -> Found {
    let posts = authors.iter().flat_map(|(author, posts)| posts.iter().map(move |post| (author, post)));
    let comments = posts.flat_map(|(author, (post, comments))| {
        comments.iter().map(|comment| author.id + 3 * post.id + 7 * comment.id)
    });
    comments.fold((0, 0), |(count, sum), keys| (count + 1, sum + keys))
}
