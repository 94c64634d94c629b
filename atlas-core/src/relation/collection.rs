//! Records by their keys.

use crate::{
    model::{Key as _, Model},
    record::Record,
    relation::{Groups, Key},
};

/// The keys, to be looked for.
pub(super) fn keys<M: Model>(keys: impl Iterator<Item = M::Key>) -> Groups {
    let mut groups = Groups::default();
    for key in keys {
        groups.expect(Key::Several(key.values()));
    }
    groups
}

/// The records whose keys are among these, or are not.
pub(super) fn among<M: Model>(records: &[Record<M>], keys: Groups, are: bool) -> Vec<&Record<M>> {
    let is = |record: &&Record<M>| keys.of(&Key::Several(record.key().values())).is_some() == are;
    records.iter().filter(is).collect()
}

/// The first record of each key.
pub(super) fn unique<M: Model>(records: &[Record<M>]) -> Vec<&Record<M>> {
    let mut seen = Groups::default();
    let is_new = |record: &&Record<M>| {
        let before = seen.len();
        seen.expect(Key::Several(record.key().values()));
        seen.len() > before
    };
    records.iter().filter(is_new).collect()
}

/// Records in the order of these keys.
pub(super) fn ordered<M: Model>(mut records: Vec<Record<M>>, wanted: &[M::Key]) -> Vec<Record<M>> {
    let mut places = Groups::default();
    for key in wanted {
        places.expect(Key::Several(key.values()));
    }
    records.sort_by_key(|record| places.of(&Key::Several(record.key().values())));
    records
}
