use atlas::prelude::*;

#[derive(Model)]
pub struct Comment {
    pub id: i64,
    pub subject_id: i64,
    #[morph_to]
    pub subject: MorphTo<Subject>,
}

#[derive(MorphTarget)]
pub enum Subject {
    Comment(Record<Comment>),
}

fn main() {}
