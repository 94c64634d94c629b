use atlas::prelude::*;

#[derive(Model)]
pub struct Post {
    pub id: i64,
    pub title: String,
}

fn main() {
    let _ = Post::title.cast::<bool>();
}
