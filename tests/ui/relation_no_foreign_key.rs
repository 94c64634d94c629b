use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[has_many]
    pub posts: HasMany<Post>,
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
    pub author_id: i64,
}

fn main() {}

// B-357
