use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub name: String,
    #[serialize_as("name")]
    pub title: String,
}

fn main() {}
