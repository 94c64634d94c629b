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
    let drafts = [User::draft().name("Ann")];
    User::upsert(db, drafts, User::name, Post::votes.set(1)).await?;
    Ok(())
}

fn main() {}
