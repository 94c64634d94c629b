use atlas::prelude::*;

#[derive(Model)]
pub struct Generic<T> {
    pub id: T,
}

fn main() {}
