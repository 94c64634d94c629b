use std::{
    any::Any,
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use crate::{
    db::{Fate, Sideloaded},
    record::{AnyRecord, Siblings, shown::Shown},
    value::Value,
};

/// What a record knows of its row. 24 bytes where nothing was written.
pub(crate) struct State {
    standing: Standing,
    kept: Option<Box<Kept>>,
    /// The records that came with this one.
    siblings: Option<Arc<Siblings>>,
    /// What was made of the record since it was changed.
    memos: OnceLock<Box<Memos>>,
}

type Memo = Arc<dyn Any + Send + Sync>;
type Memos = Mutex<BTreeMap<&'static str, Memo>>;

/// How a record stands to its row.
#[derive(Clone, Copy)]
struct Standing {
    phase: Phase,
    recently_created: bool,
    /// Its place among the records that came with it.
    place: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Existing,
    Deleted,
}

/// Every column's value in the row, by index; `None` where it was left out of what was read.
type Original = Box<[Option<Value>]>;

#[derive(Default)]
struct Kept {
    /// There once something was written.
    original: Option<Original>,
    /// What the last save changed.
    changes: Vec<(usize, Value)>,
    /// Values beside the columns.
    extras: BTreeMap<String, Value>,
    /// Why the record cannot be saved as it is, and the relation that it is about.
    refusal: Option<(&'static str, String)>,
    /// What this record shows otherwise than its model says.
    shown: Option<Box<Shown>>,
    /// What mass assignment passed over, for a message.
    dropped: Option<Box<str>>,
    /// The record of the table between through which this one was reached.
    pivot: Option<Box<dyn AnyRecord>>,
    /// What the handle said that its records carry.
    sideloaded: Option<Arc<Sideloaded>>,
    /// Of a new record: the columns that were left to the database.
    left_out: Vec<usize>,
    /// What there was before each write in a transaction that may still be undone, the first first.
    before: Vec<Before>,
}

/// What there was before a write in a transaction.
struct Before {
    fate: Fate,
    standing: Standing,
    original: Option<Original>,
    left_out: Vec<usize>,
}

impl State {
    pub(crate) fn existing() -> Self {
        Self {
            standing: Standing { phase: Phase::Existing, recently_created: false, place: 0 },
            kept: None,
            siblings: None,
            memos: OnceLock::new(),
        }
    }

    pub(crate) fn new(left_out: Vec<usize>) -> Self {
        let mut state = Self {
            standing: Standing { phase: Phase::New, recently_created: false, place: 0 },
            kept: None,
            siblings: None,
            memos: OnceLock::new(),
        };
        if !left_out.is_empty() {
            state.kept().left_out = left_out;
        }
        state
    }

    /// Of a draft that was inserted, in a transaction of this fate, without these columns.
    pub(crate) fn inserted(fate: Option<Fate>, left_out: &[usize]) -> Self {
        let standing = Standing { phase: Phase::Existing, recently_created: true, place: 0 };
        if fate.is_none() {
            return Self { standing, kept: None, siblings: None, memos: OnceLock::new() };
        }
        let mut state = Self::new(left_out.to_vec());
        state.mark_created(fate);
        state
    }

    /// The same for a copy of the record: without what was loaded with it.
    pub(crate) fn copy(&self) -> Self {
        let kept = self.kept.as_ref().map(|kept| {
            let Kept { original, changes, extras, left_out, sideloaded, .. } = &**kept;
            let (original, changes) = (original.clone(), changes.clone());
            let (extras, left_out) = (extras.clone(), left_out.clone());
            let sideloaded = sideloaded.clone();
            Box::new(Kept { original, changes, extras, left_out, sideloaded, ..Kept::default() })
        });
        Self { standing: self.standing, kept, siblings: None, memos: OnceLock::new() }
    }

    pub(crate) fn exists(&self) -> bool {
        self.standing().phase == Phase::Existing
    }

    pub(crate) fn is_new(&self) -> bool {
        self.standing().phase == Phase::New
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.standing().phase == Phase::Deleted
    }

    pub(crate) fn was_recently_created(&self) -> bool {
        self.standing().recently_created
    }

    /// The values of the row, where they were kept.
    pub(crate) fn original(&self) -> Option<&[Option<Value>]> {
        match self.undone() {
            Some(before) => before.original.as_deref(),
            None => self.kept.as_ref()?.original.as_deref(),
        }
    }

    /// Whether a write is about to happen that nothing was kept for.
    pub(crate) fn wants_original(&self) -> bool {
        self.exists() && self.original().is_none()
    }

    pub(crate) fn set_original(&mut self, values: Original) {
        self.kept().original = Some(values);
    }

    /// A column that was left out has been read.
    pub(crate) fn set_original_of(&mut self, column: usize, value: Value) {
        let kept = self.kept.as_mut().and_then(|kept| kept.original.as_mut());
        if let Some(original) = kept.and_then(|values| values.get_mut(column)) {
            *original = Some(value);
        }
    }

    pub(crate) fn saved_changes(&self) -> &[(usize, Value)] {
        self.kept.as_ref().map_or(&[], |kept| &kept.changes)
    }

    pub(crate) fn left_out(&self) -> &[usize] {
        match (self.undone(), &self.kept) {
            (Some(before), _) => &before.left_out,
            (None, Some(kept)) => &kept.left_out,
            (None, None) => &[],
        }
    }

    /// A column that was left to the database has got a value.
    pub(crate) fn take_over(&mut self, column: usize) {
        if let Some(kept) = &mut self.kept {
            kept.left_out.retain(|other| *other != column);
        }
    }

    pub(crate) fn extra(&self, name: &str) -> Option<&Value> {
        self.kept.as_ref()?.extras.get(name)
    }

    pub(crate) fn extras(&self) -> impl Iterator<Item = (&str, &Value)> {
        let extras = self.kept.iter().flat_map(|kept| &kept.extras);
        extras.map(|(name, value)| (name.as_str(), value))
    }

    pub(crate) fn set_extra(&mut self, name: String, value: Value) {
        self.kept().extras.insert(name, value);
    }

    pub(crate) fn memo(&self, name: &'static str) -> Option<Memo> {
        self.memos.get()?.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub(crate) fn keep_memo(&self, name: &'static str, memo: Memo) {
        let memos = self.memos.get_or_init(Box::default);
        memos.lock().unwrap_or_else(PoisonError::into_inner).insert(name, memo);
    }

    pub(crate) fn forget_memos(&mut self) {
        if self.memos.get().is_some() {
            self.memos = OnceLock::new();
        }
    }

    pub(crate) fn shown(&self) -> Option<&Shown> {
        self.kept.as_ref()?.shown.as_deref()
    }

    pub(crate) fn shown_mut(&mut self) -> &mut Shown {
        self.kept().shown.get_or_insert_default()
    }

    pub(crate) fn siblings(&self) -> Option<(&Arc<Siblings>, u32)> {
        self.siblings.as_ref().map(|siblings| (siblings, self.standing.place))
    }

    pub(crate) fn set_siblings(&mut self, siblings: Arc<Siblings>, place: u32) {
        self.siblings = Some(siblings);
        self.standing.place = place;
    }

    pub(crate) fn refusal(&self) -> Option<&str> {
        self.kept.as_ref()?.refusal.as_ref().map(|(_, why)| &**why)
    }

    /// Keeps why a relation cannot be saved, or that it can after all.
    pub(crate) fn set_refusal(&mut self, relation: &'static str, why: Option<String>) {
        let standing =
            self.kept.as_ref().and_then(|kept| kept.refusal.as_ref()).map(|(relation, _)| *relation);
        if standing.map_or(why.is_some(), |standing| standing == relation) {
            self.kept().refusal = why.map(|why| (relation, why));
        }
    }

    /// What mass assignment passed over, for a message.
    pub(crate) fn dropped(&self) -> Option<&str> {
        self.kept.as_ref()?.dropped.as_deref()
    }

    /// Keeps what mass assignment passed over, where it did.
    pub(crate) fn set_dropped(&mut self, dropped: Option<Box<str>>) {
        if dropped.is_some() {
            self.kept().dropped = dropped;
        }
    }

    pub(crate) fn take_extra(&mut self, name: &str) -> Option<Value> {
        self.kept.as_mut()?.extras.remove(name)
    }

    pub(crate) fn sideloaded<T: 'static>(&self) -> Option<&T> {
        self.kept.as_ref()?.sideloaded.as_ref()?.get()
    }

    pub(crate) fn sideload(&mut self, carried: &Arc<Sideloaded>) {
        self.kept().sideloaded = Some(Arc::clone(carried));
    }

    pub(crate) fn pivot(&self) -> Option<&dyn AnyRecord> {
        self.kept.as_ref()?.pivot.as_deref()
    }

    pub(crate) fn set_pivot(&mut self, pivot: Box<dyn AnyRecord>) {
        self.kept().pivot = Some(pivot);
    }

    /// The row was inserted, in a transaction of this fate.
    pub(crate) fn mark_created(&mut self, fate: Option<Fate>) {
        self.write(fate, Standing { phase: Phase::Existing, recently_created: true, place: 0 }, Vec::new());
    }

    /// The row was updated.
    pub(crate) fn mark_saved(&mut self, fate: Option<Fate>, changes: Vec<(usize, Value)>) {
        self.write(fate, self.standing, changes);
    }

    /// The row was deleted.
    pub(crate) fn mark_deleted(&mut self, fate: Option<Fate>) {
        self.write(fate, Standing { phase: Phase::Deleted, ..self.standing }, Vec::new());
    }

    /// The record has the values of its row again.
    pub(crate) fn mark_read(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.dropped = None;
        }
        self.write(None, self.standing, Vec::new());
    }

    fn write(&mut self, fate: Option<Fate>, standing: Standing, changes: Vec<(usize, Value)>) {
        let earlier = mem::replace(&mut self.standing, standing);
        if fate.is_none() && changes.is_empty() && self.kept.is_none() {
            return;
        }
        let kept = self.kept();
        kept.changes = changes;
        let (original, left_out) = (kept.original.take(), mem::take(&mut kept.left_out));
        kept.before.retain(|before| !before.fate.is_kept());
        kept.before.extend(fate.map(|fate| Before { fate, standing: earlier, original, left_out }));
    }

    /// Goes back to what there was before the first write that has been undone: whether there was one.
    pub(crate) fn settle(&mut self) -> bool {
        let Some(kept) = &mut self.kept else { return false };
        let Some(first) = kept.before.iter().position(|before| before.fate.is_undone()) else { return false };
        if let Some(before) = kept.before.drain(first..).next() {
            self.standing = before.standing;
            kept.original = before.original;
            kept.left_out = before.left_out;
            kept.changes = Vec::new();
        }
        true
    }

    fn standing(&self) -> Standing {
        self.undone().map_or(self.standing, |before| before.standing)
    }

    /// What there was before the first write that has been undone.
    fn undone(&self) -> Option<&Before> {
        self.kept.as_ref()?.before.iter().find(|before| before.fate.is_undone())
    }

    fn kept(&mut self) -> &mut Kept {
        self.kept.get_or_insert_default()
    }
}
