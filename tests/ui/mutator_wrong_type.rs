use atlas::prelude::*;

fn trim(text: &str) -> &str {
    text.trim()
}

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[mutator(trim)]
    pub name: String,
}

fn main() {}
