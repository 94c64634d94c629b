use atlas::prelude::*;

#[derive(Model)]
pub struct Comment {
    pub id: i64,
    pub subject_type: String,
    pub subject_id: Option<String>,
    #[morph_to]
    pub subject: MorphTo<Subject>,
}

#[derive(MorphTarget)]
pub enum Subject {
    Post(Record<Post>),
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
}

fn main() {}
