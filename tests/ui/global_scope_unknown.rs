use atlas::prelude::*;

#[derive(Model)]
#[global_scope(publisht)]
pub struct Post {
    pub id: i64,
    pub public: bool,
}

impl Post {
    pub fn published(query: Query<Post>) -> Query<Post> {
        query.where_eq(Post::public, true)
    }
}

fn main() {}
