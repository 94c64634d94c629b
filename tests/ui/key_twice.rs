use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    #[primary_key(ulid)]
    #[primary_key(manual)]
    pub id: String,
}

fn main() {}
