use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[unique(without_trashed)]
    pub name: String,
}

fn main() {}
