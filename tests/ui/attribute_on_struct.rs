use atlas::prelude::*;

#[derive(Model)]
#[primary_key]
pub struct User {
    pub id: i64,
}

fn main() {}
