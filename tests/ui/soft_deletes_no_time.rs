use atlas::prelude::*;

#[derive(Model)]
#[soft_deletes(gone)]
pub struct Post {
    pub id: i64,
    pub gone: Option<bool>,
}

fn main() {}
