use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[belongs_to_many]
    pub roles: BelongsToMany<Role, RoleUser>,
}

#[derive(Model)]
pub struct Role {
    pub id: i64,
}

#[derive(Model)]
pub struct RoleUser {
    #[primary_key]
    pub member_id: i64,
    #[primary_key]
    pub role_id: i64,
}

fn main() {}
