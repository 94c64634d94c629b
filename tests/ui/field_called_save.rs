use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub save: bool,
}

fn main() {}
