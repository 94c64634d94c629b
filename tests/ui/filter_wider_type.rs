use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub age: i32,
}

fn main() {
    let _ = User::query().filter(User::age.eq(18_i64));
}
