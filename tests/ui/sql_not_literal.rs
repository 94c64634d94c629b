use atlas::{prelude::*, sql};

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub name: String,
}

fn main() {
    let text = String::from("1 = 1");
    let _ = sql!(text);
}
