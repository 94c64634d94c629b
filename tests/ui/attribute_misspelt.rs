use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[colum("mail")]
    pub email: String,
}

fn main() {}
