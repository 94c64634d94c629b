use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub user_id: i64,
    #[unique]
    #[has_one]
    pub friend: HasOne<User>,
}

fn main() {}
