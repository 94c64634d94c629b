use atlas::prelude::*;

#[derive(Model)]
#[tenant]
pub struct Post {
    pub id: i64,
    pub org_id: i64,
}

fn main() {}
