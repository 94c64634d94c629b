use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub name: String,
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
    pub user_id: i64,
    #[belongs_to]
    pub user: BelongsTo<User>,
}

async fn run(db: &Db, post: &Record<Post>) {
    let _ = post.related(Post::user).create(db, User::draft().name("Ann")).await;
}

fn main() {}
