use atlas::prelude::*;

#[derive(Embed)]
pub struct Address {
    pub city: String,
}

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[embed]
    pub address: Address,
}

async fn save(db: &Db) -> Result<()> {
    User::draft().save(db).await?;
    Ok(())
}

fn main() {}
