use std::collections::BTreeMap;

use crate::value::Value;

/// What a record knows of its row. 16 bytes where nothing was written.
pub(crate) struct State {
    phase: Phase,
    recently_created: bool,
    kept: Option<Box<Kept>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Existing,
    Deleted,
}

#[derive(Default)]
struct Kept {
    /// Every column's value when the row was read or saved; there once something was written.
    original: Option<Box<[Value]>>,
    /// What the last save changed.
    changes: Vec<(usize, Value)>,
    /// Values beside the columns.
    extras: BTreeMap<String, Value>,
    /// Of a new record: the columns that were left to the database.
    left_out: Vec<usize>,
}

impl State {
    pub(crate) fn existing() -> Self {
        Self { phase: Phase::Existing, recently_created: false, kept: None }
    }

    pub(crate) fn new(left_out: Vec<usize>) -> Self {
        let mut state = Self { phase: Phase::New, recently_created: false, kept: None };
        state.kept().left_out = left_out;
        state
    }

    /// Of a record whose row was inserted without its being told apart from its draft.
    pub(crate) fn created() -> Self {
        Self { phase: Phase::Existing, recently_created: true, kept: None }
    }

    pub(crate) fn exists(&self) -> bool {
        self.phase == Phase::Existing
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.phase == Phase::Deleted
    }

    pub(crate) fn was_recently_created(&self) -> bool {
        self.recently_created
    }

    pub(crate) fn original(&self) -> Option<&[Value]> {
        self.kept.as_ref()?.original.as_deref()
    }

    /// Whether a write is about to happen that nothing was kept for.
    pub(crate) fn wants_original(&self) -> bool {
        self.exists() && self.original().is_none()
    }

    pub(crate) fn set_original(&mut self, values: Box<[Value]>) {
        self.kept().original = Some(values);
    }

    pub(crate) fn saved_changes(&self) -> &[(usize, Value)] {
        self.kept.as_ref().map_or(&[], |kept| &kept.changes)
    }

    pub(crate) fn left_out(&self) -> &[usize] {
        self.kept.as_ref().map_or(&[], |kept| &kept.left_out)
    }

    pub(crate) fn extra(&self, name: &str) -> Option<&Value> {
        self.kept.as_ref()?.extras.get(name)
    }

    pub(crate) fn set_extra(&mut self, name: String, value: Value) {
        self.kept().extras.insert(name, value);
    }

    pub(crate) fn mark_created(&mut self, changes: Vec<(usize, Value)>) {
        self.phase = Phase::Existing;
        self.recently_created = true;
        self.mark_saved(changes);
    }

    pub(crate) fn mark_saved(&mut self, changes: Vec<(usize, Value)>) {
        if self.kept.is_some() || !changes.is_empty() {
            let kept = self.kept();
            kept.changes = changes;
            kept.original = None;
            kept.left_out = Vec::new();
        }
    }

    pub(crate) fn mark_deleted(&mut self) {
        self.phase = Phase::Deleted;
    }

    fn kept(&mut self) -> &mut Kept {
        self.kept.get_or_insert_default()
    }
}
