use atlas::{FromRow, bounds::Maybe, prelude::*};

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub name: String,
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
    pub title: String,
    pub author_id: Option<i64>,
    #[belongs_to]
    pub author: BelongsTo<User>,
}

#[derive(FromRow)]
#[select(Post, Maybe<User>)]
pub struct Line {
    pub title: String,
    #[select(User::name)]
    pub by: String,
}

fn main() {
    
}
