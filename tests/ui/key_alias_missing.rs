use atlas::prelude::*;

type UserId = i64;

#[derive(Model)]
pub struct User {
    pub id: UserId,
}

async fn run(db: &Db) -> Result<()> {
    User::draft().save(db).await?;
    Ok(())
}

fn main() {}
