use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub friend_id: Option<i64>,
    #[belongs_to(on_delete = casade)]
    pub friend: BelongsTo<User>,
}

fn main() {}
