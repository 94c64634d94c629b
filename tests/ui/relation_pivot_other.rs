use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[belongs_to_many(pivot = RoleUser)]
    pub roles: BelongsToMany<Role>,
    #[belongs_to_many(pivot = "role_user")]
    pub same: BelongsToMany<Role, RoleUser>,
}

#[derive(Model)]
pub struct Role {
    pub id: i64,
}

#[derive(Model)]
pub struct RoleUser {
    #[primary_key]
    pub user_id: i64,
    #[primary_key]
    pub role_id: i64,
}

fn main() {}
