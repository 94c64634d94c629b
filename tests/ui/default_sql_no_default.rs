use atlas::prelude::*;

#[derive(Attribute)]
pub enum Status {
    Draft,
    Live,
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
    #[default(sql = "'draft'")]
    pub status: Status,
}

fn main() {}
