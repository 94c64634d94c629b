use atlas::prelude::*;

#[derive(Model)]
pub struct Post {
    pub id: i64,
}

#[derive(MorphTarget)]
pub enum Subject {
    Post(Post),
    Unknown,
}

fn main() {}
