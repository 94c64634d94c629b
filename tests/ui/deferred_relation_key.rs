use atlas::prelude::*;

#[derive(Model)]
struct User {
    id: i64,
}

#[derive(Model)]
struct Post {
    id: i64,
    author_id: Deferred<i64>,
    #[belongs_to]
    author: BelongsTo<User>,
}

fn main() {}
