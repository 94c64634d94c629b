use atlas::prelude::*;

#[derive(Model, Debug)]
#[table("post_comments")]
pub struct PostComment {
    pub id: i64,
}
