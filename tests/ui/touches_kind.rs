use atlas::prelude::*;

#[derive(Model, Debug)]
#[touches(comments, autor)]
pub struct Post {
    pub id: i64,
    pub author_id: i64,
    #[belongs_to]
    pub author: BelongsTo<Author>,
    #[has_many]
    pub comments: HasMany<Comment>,
}

#[derive(Model, Debug)]
#[touches(pots)]
pub struct Comment {
    pub id: i64,
    pub post_id: i64,
    #[belongs_to]
    pub post: BelongsTo<Post>,
}

#[derive(Model, Debug)]
pub struct Author {
    pub id: i64,
}

fn main() {}
