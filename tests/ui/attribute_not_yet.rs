use atlas::prelude::*;

#[derive(Model)]
#[soft_deletes]
pub struct User {
    pub id: i64,
}

fn main() {}
