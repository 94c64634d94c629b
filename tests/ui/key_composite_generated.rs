use atlas::prelude::*;

#[derive(Model)]
pub struct Member {
    #[primary_key(ulid)]
    pub user_id: String,
    #[primary_key]
    pub team_id: String,
}

fn main() {}
