use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: Option<i64>,
}

fn main() {}
