//! The models.
// Written by `atlas make`, from the files in the folder: what is changed here by hand is lost.

use atlas::{ModelMeta, models};

mod post_comment;

pub use post_comment::*;

/// All of them.
pub fn all() -> Vec<&'static ModelMeta> {
    models![PostComment].to_vec()
}
