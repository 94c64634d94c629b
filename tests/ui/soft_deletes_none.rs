use atlas::prelude::*;

#[derive(Model)]
pub struct Post {
    pub id: i64,
}

fn main() {
    let _ = Post::query().with_trashed();
}
