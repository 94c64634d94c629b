use atlas::prelude::*;

#[derive(Attribute)]
pub enum Status {
    #[attribute(name = "gone")]
    Gone,
}

fn main() {}
