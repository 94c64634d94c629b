use atlas::prelude::*;

#[derive(Model)]
#[fillable(name)]
#[guarded(id)]
pub struct User {
    pub id: i64,
    pub name: String,
}

fn main() {}
