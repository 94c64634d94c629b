use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub age: i32,
    #[morph_many(name = owner, local_key = (id, age))]
    pub posts: MorphMany<Post>,
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
    pub user_id: i64,
}

fn main() {}
