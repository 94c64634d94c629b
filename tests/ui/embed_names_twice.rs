use atlas::prelude::*;

#[derive(Embed)]
pub struct Address {
    pub city: String,
}

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[embed]
    pub home: Address,
    #[embed]
    pub work: Address,
}

fn main() {}
