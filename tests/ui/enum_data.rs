use atlas::prelude::*;

#[derive(Attribute)]
pub enum Shape {
    Point,
    Circle(f64),
}

fn main() {}
