use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[morph_to_many(name = owner, type_name = "user")]
    pub posts: MorphToMany<Post, Owning>,
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
    pub user_id: i64,
}

fn main() {}
