use atlas::prelude::*;

#[derive(Model, Debug)]
#[touches(subject)]
pub struct Comment {
    pub id: i64,
    pub subject_type: String,
    pub subject_id: i64,
    #[morph_to]
    pub subject: MorphTo<Subject>,
}

#[derive(MorphTarget, Debug)]
pub enum Subject {
    Film(Record<Film>),
}

#[derive(Model, Debug)]
pub struct Film {
    pub id: i64,
}

fn main() {}
