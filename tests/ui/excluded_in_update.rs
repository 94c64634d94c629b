use atlas::{excluded, prelude::*};

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
    User::query().update(db, User::age.set_from(excluded(User::age))).await?;
    Ok(())
}

fn main() {}
