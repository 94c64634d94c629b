use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    #[belongs_to_many]
    pub roles: BelongsToMany<Role>,
}

#[derive(Model)]
pub struct Role {
    pub id: i64,
}

async fn run(db: &Db, user: &Record<User>) {
    let _ = user.related(User::roles).attach(db, ["admin"]).await;
}

fn main() {}
