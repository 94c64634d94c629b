use atlas::prelude::*;

#[derive(Model)]
pub struct Post {
    pub id: i64,
}

#[derive(MorphTarget)]
pub enum Subject {
    Post(Record<Post>),
    #[morph("draft")]
    Draft(Record<Post>),
}

fn main() {}
