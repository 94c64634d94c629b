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

async fn run(db: &Db, user: &Record<User>) {
    let _ = user.related(User::posts).attach(db, [1]).await;
}

fn main() {}
