use atlas::prelude::*;

#[derive(Model)]
struct User {
    id: i64,
    #[has_many]
    posts: HasMany<Post>,
}

#[derive(Model)]
struct Post {
    id: i64,
    user_id: Deferred<i64>,
}

fn main() {}
