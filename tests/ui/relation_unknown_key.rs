use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub name: String,
    #[has_many(local_key = nmae)]
    pub posts: HasMany<Post>,
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
    pub user_id: i64,
}

fn main() {}
