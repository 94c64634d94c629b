use atlas::prelude::*;

#[derive(Model)]
#[table(nam = "users")]
pub struct User {
    pub id: i64,
}

fn main() {}
