use atlas::{prelude::*, sql};

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub name: String,
}

fn main() {
    let ids = vec![1_i64, 2];
    let _ = sql!("id in ({ids})");
}
