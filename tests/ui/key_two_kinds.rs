use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    #[primary_key(uuid, manual)]
    pub id: String,
}

fn main() {}
