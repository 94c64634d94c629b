use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[eager]
    pub name: String,
}

fn main() {}
