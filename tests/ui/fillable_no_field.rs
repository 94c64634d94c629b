use atlas::prelude::*;

#[derive(Model)]
#[fillable(name, emial)]
pub struct User {
    pub id: i64,
    pub name: String,
    pub email: String,
}

fn main() {}
