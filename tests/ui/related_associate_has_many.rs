use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[has_many]
    pub posts: HasMany<Post>,
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
    pub user_id: i64,
}

fn run(user: &mut Record<User>, post: &Record<Post>) {
    user.associate(User::posts, post);
}

fn main() {}
