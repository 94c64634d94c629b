use atlas::prelude::*;

#[derive(Model)]
struct Post {
    id: Deferred<i64>,
}

fn main() {}
