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
    User::query().returning((User::id, Post::title)).delete(db).await?;
    Ok(())
}

fn main() {}
