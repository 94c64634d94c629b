use atlas::prelude::*;

#[derive(Model)]
#[hidden(pasword)]
pub struct User {
    pub id: i64,
    pub password: String,
}

fn main() {}
