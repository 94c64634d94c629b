use atlas::prelude::*;

#[derive(Model)]
pub struct Pair(i64, String);

fn main() {}
