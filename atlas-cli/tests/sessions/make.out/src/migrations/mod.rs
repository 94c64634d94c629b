//! The migrations of this folder, by their names. Atlas keeps this list.

use atlas::migrate::{Migrations, migrations};

#[path = "[..]_create_post_comments.rs"]
mod m[..]_create_post_comments;
#[path = "[..]_add_age_to_users.rs"]
mod m[..]_add_age_to_users;

/// All of them.
pub fn all() -> Migrations {
    migrations![
        m[..]_create_post_comments::CreatePostComments,
        m[..]_add_age_to_users::AddAgeToUsers,
    ]
}
