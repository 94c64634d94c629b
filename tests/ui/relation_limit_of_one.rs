use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
    pub author_id: i64,
    #[belongs_to]
    pub author: BelongsTo<User>,
}

fn main() {
    let _ = Post::query().with(Post::author.limit(1));
}

// B-363
