//! The seeders. Without a `DatabaseSeeder`, which calls others, all run in this order.
// Written by `atlas make`, from the files in the folder: what is changed here by hand is lost.

use atlas::migrate::{Seeders, seeders};

mod database_seeder;
mod post_comment_seeder;

pub use database_seeder::*;
pub use post_comment_seeder::*;

/// All of them.
pub fn all() -> Seeders {
    seeders![DatabaseSeeder, PostCommentSeeder]
}
