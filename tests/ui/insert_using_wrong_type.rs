use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[unique]
    pub name: String,
    pub age: Option<i32>,
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
    pub title: String,
    pub votes: i32,
}

async fn run(db: &Db) -> Result<()> {
    let posts = Post::query().select((Post::title, Post::title));
    User::insert_using(db, (User::name, User::age), posts).await?;
    Ok(())
}

fn main() {}
