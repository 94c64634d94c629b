use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[belongs_to_many]
    pub friends: BelongsToMany<User>,
}

fn main() {}
