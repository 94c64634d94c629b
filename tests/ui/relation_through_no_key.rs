use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[has_many_through(through = Post)]
    pub comments: HasManyThrough<Comment>,
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
    pub user_id: i64,
}

#[derive(Model)]
pub struct Comment {
    pub id: i64,
    pub about: i64,
}

fn main() {}
