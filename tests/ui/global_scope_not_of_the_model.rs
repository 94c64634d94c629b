use atlas::prelude::*;

#[derive(Model)]
#[global_scope(visible)]
pub struct Post {
    pub id: i64,
    pub published: bool,
}

impl Post {
    pub fn visible(query: Query<User>) -> Query<User> {
        query
    }
}

#[derive(Model)]
pub struct User {
    pub id: i64,
}

fn main() {}
