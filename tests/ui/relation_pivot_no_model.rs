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

pub struct RoleUser {
    pub user_id: i64,
    pub role_id: i64,
}

fn main() {}
