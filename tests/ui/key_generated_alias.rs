use atlas::prelude::*;

type UserId = String;

#[derive(Model)]
pub struct User {
    #[primary_key(generated)]
    pub id: UserId,
}

fn main() {}
