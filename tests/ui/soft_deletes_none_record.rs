use atlas::prelude::*;

#[derive(Model)]
pub struct Post {
    pub id: i64,
}

fn main() {}

fn restored(post: &mut Record<Post>, db: &Db) {
    let _ = post.restore(db);
}
