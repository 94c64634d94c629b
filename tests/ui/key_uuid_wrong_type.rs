use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    #[primary_key(uuid)]
    pub id: i64,
}

fn main() {}
