use atlas::prelude::*;

#[derive(Model)]
pub struct Post {
    pub id: i64,
}

#[derive(MorphTarget)]
pub struct Subject {
    pub post: Record<Post>,
}

fn main() {}
