use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub friend_id: i64,
    #[belongs_to]
    #[has_one]
    pub friend: BelongsTo<User>,
}

fn main() {}
