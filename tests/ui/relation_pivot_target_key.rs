use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[belongs_to_many]
    pub roles: BelongsToMany<Role>,
}

#[derive(Model)]
pub struct Role {
    #[primary_key]
    pub name: String,
}

fn main() {}
