use atlas::prelude::*;

#[derive(Model, Debug)]
pub struct User {
    pub id: i64,
    #[has_many(default = Post::draft())]
    pub posts: HasMany<Post>,
    #[has_one(default)]
    pub last: HasOne<Post>,
}

#[derive(Model, Debug)]
pub struct Post {
    pub id: i64,
    pub user_id: Option<i64>,
}

fn main() {}
