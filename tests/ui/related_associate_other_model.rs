use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
    pub user_id: i64,
    #[belongs_to]
    pub user: BelongsTo<User>,
}

fn run(post: &mut Record<Post>, other: &Record<Post>) {
    post.associate(Post::user, other);
}

fn main() {}
