use atlas::prelude::*;

#[derive(Model)]
#[hidden(password)]
#[visible(id)]
pub struct User {
    pub id: i64,
    pub password: String,
}

fn main() {}
