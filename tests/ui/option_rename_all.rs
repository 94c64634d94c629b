use atlas::prelude::*;

#[derive(Model)]
#[rename_all = "camelcase"]
pub struct User {
    pub id: i64,
}

fn main() {}
