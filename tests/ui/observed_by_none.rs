use atlas::prelude::*;

pub struct Audit;

#[derive(Model)]
#[observed_by(Audit)]
pub struct Post {
    pub id: i64,
}

fn main() {}
