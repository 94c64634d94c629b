use atlas::prelude::*;

#[derive(Model)]
pub struct Post {
    pub id: i64,
    pub author_id: i64,
    #[belongs_to(foreign_key = "author_id")]
    pub author: BelongsTo<User>,
}

#[derive(Model)]
pub struct User {
    pub id: i64,
}

fn main() {}
