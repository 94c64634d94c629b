use atlas::prelude::*;

#[derive(Model)]
pub struct Token {
    #[primary_key(ulid)]
    pub id: i64,
}

fn main() {}
