use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub team_id: i64,
    #[belongs_to(on_delete = set_null)]
    pub team: BelongsTo<Team>,
}

#[derive(Model)]
pub struct Team {
    pub id: i64,
}

fn main() {}
