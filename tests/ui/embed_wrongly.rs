use atlas::prelude::*;

#[derive(Embed)]
pub struct Address {
    #[cast(encrypted)]
    pub city: String,
}

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[embed(prefix = "home_")]
    #[unique]
    pub home: Address,
    #[embed(prefix = "work_")]
    pub work: Option<Address>,
    #[embed(prefxi = "x_")]
    pub other: Address,
}

fn main() {}
