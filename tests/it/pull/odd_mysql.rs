// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
// `log` has no primary key, and no model: use `db.table(..)`
#![allow(missing_docs, clippy::all)]

mod odd_user {
// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
#![allow(unused_imports)]

use atlas::prelude::*;

use super::*;

#[derive(Attribute, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OddUserState {
    #[default]
    #[attribute(rename = "on")]
    On,
    #[attribute(rename = "half-way")]
    HalfWay,
    #[attribute(rename = "off now")]
    OffNow,
}

#[derive(Model, Debug)]
#[table("odd users")]
#[index(r#type, n2nd)]
#[full_text(r#type, language = "simple")]
pub struct OddUser {
    #[primary_key]
    pub id: i64,
    /// What it is; "quoted".
    pub r#type: String,
    #[column("first name")]
    pub first_name: Option<String>,
    #[column("2nd")]
    #[default(7)]
    pub n2nd: i32,
    #[column("self")]
    #[default(true)]
    pub self_: bool,
    #[default(sql = "'off now'")]
    pub state: OddUserState,
    #[default(sql = "'1.5'")]
    pub price: atlas::types::rust_decimal::Decimal,
    #[default(sql = "CURRENT_TIMESTAMP")]
    pub made: atlas::types::chrono::NaiveDateTime,
    pub extra: Option<atlas::types::serde_json::Value>,
    pub weight: Option<f64>,
    #[unique]
    pub token: Option<atlas::types::uuid::Uuid>,
    pub born: Option<atlas::types::chrono::NaiveDate>,
    pub wakes: Option<atlas::types::chrono::NaiveTime>,
    pub seen: Option<atlas::types::chrono::NaiveDateTime>,
    pub raw: Option<Vec<u8>>,
    pub boss_id: Option<i64>,
    #[belongs_to(foreign_key = boss_id, on_delete = set_null)]
    pub boss: BelongsTo<OddUser>,
    #[has_many(foreign_key = boss_id, local_key = id)]
    pub odd_users_by_boss: HasMany<OddUser>,
    #[has_one(foreign_key = user, local_key = id)]
    pub profile: HasOne<Profile>,
    #[has_many(foreign_key = read_by_id, local_key = id)]
    pub result_lines_by_read_by: HasMany<ResultLine>,
    #[has_many(foreign_key = sent_by_id, local_key = id)]
    pub result_lines_by_sent_by: HasMany<ResultLine>,
    #[has_many(foreign_key = user_id, local_key = id)]
    pub taggeds: HasMany<Tagged>,
    #[belongs_to_many(foreign_key = user_id, related_key = tag_id, local_key = id, target_key = id)]
    pub tags: BelongsToMany<Tag, Tagged>,
}
}
mod profile {
// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
#![allow(unused_imports)]

use atlas::prelude::*;

use super::*;

#[derive(Model, Debug)]
#[table("profiles")]
pub struct Profile {
    #[primary_key(manual)]
    pub user: i64,
    pub text: String,
    #[belongs_to(foreign_key = user, on_delete = cascade)]
    pub odd_user: BelongsTo<OddUser>,
}
}
mod result {
// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
#![allow(unused_imports)]

use atlas::prelude::*;

use super::*;

#[derive(Model, Debug)]
#[table("results")]
pub struct ResultRow {
    #[primary_key]
    pub org: i64,
    #[primary_key]
    pub number: i32,
    #[column("Option")]
    pub option: Option<String>,
    #[has_many(foreign_key = (org, number), local_key = (org, number))]
    pub result_lines: HasMany<ResultLine>,
}
}
mod result_line {
// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
#![allow(unused_imports)]

use atlas::prelude::*;

use super::*;

#[derive(Model, Debug)]
#[table("result_lines")]
pub struct ResultLine {
    #[primary_key]
    pub id: i64,
    pub org: i64,
    pub number: i32,
    pub sent_by_id: Option<i64>,
    pub read_by_id: Option<i64>,
    #[belongs_to(foreign_key = (org, number), owner_key = (org, number), on_update = cascade)]
    pub result: BelongsTo<ResultRow>,
    #[belongs_to(foreign_key = read_by_id)]
    pub read_by: BelongsTo<OddUser>,
    #[belongs_to(foreign_key = sent_by_id)]
    pub sent_by: BelongsTo<OddUser>,
}
}
mod tag {
// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
#![allow(unused_imports)]

use atlas::prelude::*;

use super::*;

#[derive(Model, Debug)]
#[table("tags")]
pub struct Tag {
    #[primary_key]
    pub id: i32,
    #[unique]
    pub name: String,
    #[has_many(foreign_key = tag_id, local_key = id)]
    pub taggeds: HasMany<Tagged>,
    #[belongs_to_many(foreign_key = tag_id, related_key = user_id, local_key = id, target_key = id)]
    pub odd_users: BelongsToMany<OddUser, Tagged>,
}
}
mod tagged {
// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
#![allow(unused_imports)]

use atlas::prelude::*;

use super::*;

#[derive(Model, Debug)]
#[table("tagged")]
pub struct Tagged {
    #[primary_key]
    pub user_id: i64,
    #[primary_key]
    pub tag_id: i32,
    pub created_at: Option<atlas::types::chrono::NaiveDateTime>,
    pub updated_at: Option<atlas::types::chrono::NaiveDateTime>,
    #[belongs_to(foreign_key = tag_id)]
    pub tag: BelongsTo<Tag>,
    #[belongs_to(foreign_key = user_id)]
    pub user: BelongsTo<OddUser>,
}
}

pub use odd_user::*;
pub use profile::*;
pub use result::*;
pub use result_line::*;
pub use tag::*;
pub use tagged::*;

/// The metadata of all models, for snapshots and `create_tables`.
pub fn all() -> Vec<&'static atlas::migrate::ModelMeta> {
    atlas::models![
        OddUser,
        Profile,
        ResultRow,
        ResultLine,
        Tag,
        Tagged,
    ]
    .to_vec()
}
