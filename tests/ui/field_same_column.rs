use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub mail: String,
    #[column("mail")]
    pub email: String,
}

fn main() {}
