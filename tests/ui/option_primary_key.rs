use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    #[primary_key(uid)]
    pub id: String,
}

fn main() {}
