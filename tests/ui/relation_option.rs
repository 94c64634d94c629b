use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[belongs_to_many(relatedkey = friend_id)]
    pub friends: BelongsToMany<User>,
}

fn main() {}
