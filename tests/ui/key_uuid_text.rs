use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    #[primary_key(uuid)]
    pub id: String,
}

fn main() {}
