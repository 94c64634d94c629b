use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub user_id: i64,
    #[has_one(latest, oldest = user_id)]
    pub friend: HasOne<User>,
}

fn main() {}
