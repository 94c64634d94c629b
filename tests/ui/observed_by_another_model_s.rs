use atlas::prelude::*;

pub struct Audit;

impl Observer<User> for Audit {}

#[derive(Model)]
#[observed_by(Audit)]
pub struct Post {
    pub id: i64,
}

#[derive(Model)]
pub struct User {
    pub id: i64,
}

fn main() {}
