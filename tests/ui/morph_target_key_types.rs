use atlas::prelude::*;

#[derive(Model)]
pub struct Post {
    pub id: i64,
}

#[derive(Model)]
pub struct Film {
    #[primary_key]
    pub id: String,
}

#[derive(MorphTarget)]
pub enum Subject {
    Post(Record<Post>),
    Film(Record<Film>),
}

fn main() {}
