use atlas::prelude::*;

#[derive(Model)]
pub struct Page {
    pub id: i64,
    #[version]
    pub version: String,
}

#[derive(Model)]
pub struct Note {
    pub id: i64,
    #[version]
    pub one: i64,
    #[version]
    pub two: i64,
}

#[derive(Model)]
pub struct Line {
    pub id: i64,
    #[version]
    pub version: Option<i64>,
}

fn main() {}
