use atlas::prelude::*;

#[derive(Model)]
pub struct Post {
    pub id: i64,
    #[cast(json)]
    pub tags: Vec<String>,
}

fn main() {
    let _ = Post::query().filter(Post::tags.array().contains("rust"));
}
