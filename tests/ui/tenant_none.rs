use atlas::prelude::*;

#[derive(Model)]
pub struct Post {
    pub id: i64,
}

fn main() {}

fn all(db: &Db) -> Db {
    db.without_tenant_for::<Post>()
}
