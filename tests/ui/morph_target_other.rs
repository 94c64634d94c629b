use atlas::prelude::*;

#[derive(Model)]
pub struct Post {
    pub id: i64,
}

#[derive(MorphTarget)]
pub enum Subject {
    Post(Record<Post>),
    #[morph(other)]
    Other(String, i64, i64),
}

fn main() {}
