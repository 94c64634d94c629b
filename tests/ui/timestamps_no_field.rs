use atlas::prelude::*;

#[derive(Model)]
#[timestamps]
pub struct User {
    pub id: i64,
    pub name: String,
}

fn main() {}
