use atlas::prelude::*;

#[derive(Model)]
#[prunable]
pub struct User {
    pub id: i64,
}

fn main() {}
