use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub name: String,
}

fn main() {
    let text = format!("name = {}", 1);
    let _ = User::query().where_raw(&text, ());
}
