use atlas::prelude::*;

#[derive(Model)]
#[full_text(title)]
pub struct Post {
    pub id: i64,
    pub title: String,
    pub votes: i32,
}

fn main() {
    let _ = Post::query().where_full_text((Post::title, Post::votes), "rust");
}
