use atlas::prelude::*;

pub struct Point {
    pub x: f64,
    pub y: f64,
}

#[derive(Model)]
pub struct Place {
    pub id: i64,
    #[cast(json)]
    pub at: Point,
}

fn main() {}
