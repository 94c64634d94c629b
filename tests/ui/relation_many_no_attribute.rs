use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    /// Those of the table `role_user`.
    pub posts: BelongsToMany<Post>,
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
    pub user_id: i64,
}

fn main() {}
