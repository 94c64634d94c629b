use atlas::prelude::*;

#[derive(Model, Debug)]
#[touches(post)]
pub struct Comment {
    pub id: i64,
    pub post_id: i64,
    #[belongs_to]
    pub post: BelongsTo<Post>,
}

#[derive(Model, Debug)]
pub struct Post {
    pub id: i64,
}

fn main() {}
