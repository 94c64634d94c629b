use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[unique(first, last)]
    pub first: String,
    pub last: String,
}

fn main() {}
