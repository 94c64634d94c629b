use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[cast(jsn)]
    pub settings: Vec<String>,
}

fn main() {}
