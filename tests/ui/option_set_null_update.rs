use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub boss_id: i64,
    #[belongs_to(on_update = set_null)]
    pub boss: BelongsTo<User>,
}

fn main() {}
