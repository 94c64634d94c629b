use atlas::prelude::*;

#[derive(Model)]
pub struct Post {
    pub id: i64,
}

#[derive(MorphTarget)]
pub enum Subject {
    #[morph(post)]
    Post(Record<Post>),
}

fn main() {}
