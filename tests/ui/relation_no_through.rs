use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[has_many_through]
    pub comments: HasManyThrough<Comment>,
}

#[derive(Model)]
pub struct Comment {
    pub id: i64,
    pub post_id: i64,
}

fn main() {}
