use atlas::prelude::*;

#[derive(Model, Debug)]
pub struct Post {
    pub id: i64,
    pub user_id: Option<i64>,
    #[belongs_to(default = User::draft())]
    pub user: BelongsTo<User>,
}

#[derive(Model, Debug)]
pub struct User {
    pub id: i64,
    pub name: String,
}

fn main() {}
