use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub number: i64,
    pub name: String,
}

fn main() {}
