use atlas::prelude::*;

#[derive(Model)]
pub struct Comment {
    pub id: i64,
    pub commentable_type: String,
    pub commentable_id: i64,
    #[morph_to]
    pub commentable: MorphTo<Commentable>,
}

#[derive(MorphTarget)]
pub enum Commentable {
    Post(Record<Post>),
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
    #[morph_many(name = commentable)]
    pub comments: MorphMany<Comment>,
}

#[derive(Model)]
pub struct Film {
    pub id: i64,
    #[morph_one(name = subject)]
    pub comment: MorphOne<Comment>,
}

fn main() {}
