use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
    pub writer_id: i64,
    #[belongs_to]
    pub author: BelongsTo<User>,
}

fn main() {}
