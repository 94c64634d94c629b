use atlas::prelude::*;

#[derive(Attribute)]
pub struct UserId(i64);

fn main() {}
