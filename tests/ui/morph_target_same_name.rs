use atlas::prelude::*;

#[derive(Model)]
pub struct Post {
    pub id: i64,
}

#[derive(Model)]
pub struct Page {
    pub id: i64,
}

#[derive(MorphTarget)]
pub enum Subject {
    Post(Record<Post>),
    #[morph("Post")]
    Page(Record<Page>),
}

fn main() {}
