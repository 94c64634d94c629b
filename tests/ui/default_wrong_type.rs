use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[default("none")]
    pub age: i32,
}

fn main() {}
