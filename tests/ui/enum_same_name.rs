use atlas::prelude::*;

#[derive(Attribute)]
pub enum Status {
    Open,
    #[attribute(rename = "open")]
    Closed,
}

fn main() {}
