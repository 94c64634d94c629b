use atlas::prelude::*;

#[derive(Model)]
#[appends(full_nmae)]
pub struct User {
    pub id: i64,
    pub first: String,
}

impl User {
    pub fn full_name(&self) -> &str {
        &self.first
    }
}

fn main() {}
