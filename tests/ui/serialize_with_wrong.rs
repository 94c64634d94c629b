use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[serialize_with(shown)]
    pub name: String,
}

fn shown(number: &i64) -> String {
    number.to_string()
}

fn main() {}
