//! Two models, and what one does with them: `cargo run --example quickstart`.

use atlas::prelude::*;

#[derive(Model, Debug)]
pub struct User {
    pub id: i64,
    pub name: String,
    #[unique]
    pub email: String,
    pub age: Option<i32>,
    #[default(true)]
    pub active: bool,

    #[has_many(foreign_key = author_id)]
    pub posts: HasMany<Post>,
}

#[derive(Model, Debug)]
pub struct Post {
    pub id: i64,
    pub author_id: i64,
    pub title: String,
    #[default(0)]
    pub votes: i32,

    #[belongs_to(on_delete = cascade)]
    pub author: BelongsTo<User>,
}

#[atlas::main]
async fn main() -> Result<()> {
    let db = Db::connect("sqlite::memory:").await?;
    db.create_tables(models![User, Post]).await?;

    // Insert. Leaving out `name` or `email` would not compile.
    let mut ann = User::draft().name("Ann").email("ann@example.com").age(34).save(&db).await?;
    let bob = User::draft().name("Bob").email("bob@example.com").save(&db).await?;
    Post::create_many(
        &db,
        [
            Post::draft().author_id(ann.id).title("Rust in anger").votes(7),
            Post::draft().author_id(ann.id).title("Rust in peace").votes(3),
            Post::draft().author_id(bob.id).title("On borrowing"),
        ],
    )
    .await?;

    // Query. A column of another model, or a value of another type, would not compile.
    let popular = Post::query()
        .filter(Post::votes.gt(2).and(Post::title.starts_with("Rust")))
        .order_by(Post::votes.desc())
        .get(&db)
        .await?;
    for post in &popular {
        println!("{:>2} votes  {}", post.votes, post.title);
    }
    println!("{} votes in all", Post::query().sum(&db, Post::votes).await?);

    // Update: only the column that changed is sent.
    ann.age = Some(35);
    ann.save(&db).await?;
    Post::query().where_eq(Post::author_id, bob.id).increment(&db, Post::votes, 1).await?;

    // Relations: one statement for the posts of all users.
    for user in User::query().with(User::posts).order_by(User::name.asc()).get(&db).await? {
        println!("{} ({:?}) wrote {} posts", user.name, user.age, user.posts.get()?.len());
    }

    // Delete: her posts go with her.
    ann.delete(&db).await?;
    println!("{} user and {} post left", User::query().count(&db).await?, Post::query().count(&db).await?);
    Ok(())
}
