use atlas::prelude::*;

#[derive(Model, Debug)]
pub struct User {
    pub id: i64,
    pub team_id: i64,
    #[belongs_to]
    pub team: BelongsTo<Team>,
}

#[derive(Debug)]
pub struct Team {
    pub id: i64,
}

fn main() {}
