use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[fillable]
    pub email: String,
}

fn main() {}
