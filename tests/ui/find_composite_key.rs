use atlas::prelude::*;

#[derive(Model)]
pub struct OrderLine {
    #[primary_key]
    pub order_id: i64,
    #[primary_key]
    pub line: i32,
}

async fn run(db: &Db) -> Result<()> {
    OrderLine::find(db, 7).await?;
    Ok(())
}

fn main() {}
