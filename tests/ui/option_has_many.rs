use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub friend_id: Option<i64>,
    #[has_many(forein_key = friend_id)]
    pub friends: HasMany<User>,
}

fn main() {}
