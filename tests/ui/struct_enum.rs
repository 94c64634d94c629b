use atlas::prelude::*;

#[derive(Model)]
pub enum Either {
    Left,
    Right,
}

fn main() {}
