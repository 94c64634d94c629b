//
use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub name: String,
}

async fn delete(db: &Db) -> Result<()> {
    User::draft().name("Ann").delete(db).await
}

fn main() {}
