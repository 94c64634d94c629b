use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[has_many_through(through = "posts")]
    pub posts: HasManyThrough<Post>,
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
    pub user_id: i64,
}

fn main() {}
