use atlas::prelude::*;

#[derive(Model)]
#[soft_deletes]
pub struct Post {
    pub id: i64,
    pub deleted_at: chrono::DateTime<chrono::Utc>,
}

fn main() {}
