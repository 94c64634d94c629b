//! The migrations, which run in the order of their names.
// Written by `atlas make`, from the files in the folder: what is changed here by hand is lost.

use atlas::migrate::{Migrations, migrations};

mod m[..]_create_post_comments;
mod m[..]_add_age_to_users;

/// All of them.
pub fn all() -> Migrations {
    migrations![
        m[..]_create_post_comments::CreatePostComments,
        m[..]_add_age_to_users::AddAgeToUsers,
    ]
}
