use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[has_many(foreign_key = ())]
    pub posts: HasMany<Post>,
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
    pub user_id: i64,
}

fn main() {}
