use atlas::prelude::*;

#[derive(Model)]
#[soft_deletes]
pub struct Post {
    pub id: i64,
    pub removed_at: Option<chrono::DateTime<chrono::Utc>>,
}

fn main() {}
