use atlas::prelude::*;

#[derive(Model)]
struct Post {
    id: i64,
    title: String,
    body: Deferred<String>,
}

fn main() {
    let _ = Post::query().without_columns((Post::body, Post::title));
}
