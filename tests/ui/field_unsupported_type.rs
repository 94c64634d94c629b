use atlas::prelude::*;

pub struct Point {
    pub x: f64,
    pub y: f64,
}

#[derive(Model)]
pub struct Place {
    pub id: i64,
    pub at: Point,
    pub near: Option<Point>,
}

fn main() {}
