use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    #[primary_key(generated)]
    pub id: String,
}

fn main() {}
