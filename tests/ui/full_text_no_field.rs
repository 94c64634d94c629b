use atlas::prelude::*;

#[derive(Model)]
#[full_text(titel)]
pub struct Post {
    pub id: i64,
    pub title: String,
}

fn main() {}
