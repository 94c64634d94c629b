use atlas::prelude::*;

#[derive(Model, Debug)]
pub struct User {
    pub id: i64,
    #[has_many]
    pub posts: HasMany<Post>,
}

#[derive(Debug)]
pub struct Post {
    pub id: i64,
}

fn main() {}
