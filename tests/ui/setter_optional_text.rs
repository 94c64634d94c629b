use atlas::prelude::*;

#[derive(Model)]
pub struct User {
    pub id: i64,
    pub nickname: Option<String>,
}

fn main() {
    let _ = User::draft().nickname(Some("Jo"));
}
