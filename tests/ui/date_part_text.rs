use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub name: String,
    pub age: Option<i32>,
    #[has_many(foreign_key = author_id)]
    pub posts: HasMany<Post>,
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
    pub title: String,
    pub votes: i32,
    pub author_id: Option<i64>,
}

fn main() {
    let _ = User::query().filter(User::name.year().eq(2024));
}
