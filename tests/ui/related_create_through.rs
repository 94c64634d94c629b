use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[has_many]
    pub posts: HasMany<Post>,
    #[has_many_through(through = Post)]
    pub comments: HasManyThrough<Comment>,
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
    pub user_id: i64,
}

#[derive(Model)]
pub struct Comment {
    pub id: i64,
    pub post_id: i64,
}

async fn run(db: &Db, user: &Record<User>) {
    let _ = user.related(User::comments).create(db, Comment::draft().post_id(1)).await;
}

fn main() {}

// B-381
