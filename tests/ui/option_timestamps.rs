use atlas::prelude::*;

#[derive(Model)]
#[timestamps(created = made)]
pub struct User {
    pub id: i64,
    pub made: String,
}

fn main() {}
