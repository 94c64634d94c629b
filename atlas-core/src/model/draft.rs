use std::{cell::Cell, fmt};

use crate::{
    driver::Row,
    error::{Error, Result},
    model::{DefaultMeta, Fill, Graph, InsertGraphs, KeyKind, Model, ModelMeta},
    relation::Pairs,
    value::{ColumnType, Moment, Value, ValueRef},
};

/// In a draft's type: this required column has a value.
pub struct Set;

/// In a draft's type: this required column still lacks a value.
pub struct Missing;

/// A draft in which every required column has a value.
#[diagnostic::on_unimplemented(
    message = "this is not a complete draft of `{M}`",
    label = "expected a draft of `{M}` with every required column set"
)]
pub trait Complete<M> {
    /// The values, without the types.
    fn into_data(self) -> DraftData;
}

thread_local! {
    /// The places of the draft that was sent last, all empty: most often, drafts of the same model come one
    /// after the other.
    static SPARE: Cell<Option<Box<[Option<Value>]>>> = const { Cell::new(None) };
}

/// The values of a draft: what a generated draft holds.
#[derive(Clone)]
pub struct DraftData {
    meta: &'static ModelMeta,
    /// By index of the column.
    values: Box<[Option<Value>]>,
    /// Drafts of other models that it brings with it.
    graph: Option<Box<Graph>>,
    /// What mass assignment passed over, for a message.
    dropped: Option<Box<str>>,
}

impl DraftData {
    /// An empty draft of a model.
    pub fn new(meta: &'static ModelMeta) -> Self {
        let spare = SPARE.try_with(Cell::take).ok().flatten();
        let values = match spare {
            Some(values) if values.len() == meta.columns.len() => values,
            _ => meta.columns.iter().map(|_| None).collect(),
        };
        Self { meta, values, graph: None, dropped: None }
    }

    /// The drafts that this one brings with it, to add to them. `insert`: what inserts it with all of them.
    pub(crate) fn graph_mut(&mut self, insert: InsertGraphs) -> &mut Graph {
        let empty = || Box::new(Graph { insert, before: Vec::new(), after: Vec::new() });
        self.graph.get_or_insert_with(empty)
    }

    /// What the draft brings with it, which it brings no more.
    pub(crate) fn take_graph(&mut self) -> Option<Box<Graph>> {
        self.graph.take()
    }

    /// Whether the draft brings others with it.
    pub(crate) fn graph(&self) -> Option<&Graph> {
        self.graph.as_deref()
    }

    /// An error where the draft brings others with it: for what may come to nothing, or to a row that is
    /// there already, so that they would have nothing to refer to.
    pub(crate) fn alone(&self) -> Result<()> {
        match &self.graph {
            None => Ok(()),
            Some(graph) => Err(brings_others(self.meta, graph)),
        }
    }

    /// Sets a column, by index.
    #[must_use]
    #[inline]
    pub fn put(mut self, column: usize, value: Value) -> Self {
        self.put_value(column, value);
        self
    }

    /// Sets the columns that mass assignment brought.
    #[must_use]
    pub fn fill<M: Model>(mut self, fill: Fill<M>) -> Self {
        let (values, dropped) = fill.into_parts();
        for (column, value) in values {
            self.put_value(column, value);
        }
        self.dropped = dropped.or(self.dropped);
        self
    }

    /// What mass assignment passed over, for a message.
    pub(crate) fn take_dropped(&mut self) -> Option<Box<str>> {
        self.dropped.take()
    }

    /// An error where mass assignment passed something over: for handles that forbid it.
    pub(crate) fn whole(&self) -> Result<()> {
        match &self.dropped {
            None => Ok(()),
            Some(keys) => Err(Error::NotFillable { model: self.meta.name, keys: keys.to_string() }),
        }
    }

    #[inline]
    pub(crate) fn put_value(&mut self, column: usize, value: Value) {
        if let Some(slot) = self.values.get_mut(column) {
            *slot = Some(value);
        }
    }

    /// Whether the draft itself has a value for this column.
    pub(crate) fn has(&self, column: usize) -> bool {
        self.values.get(column).is_some_and(Option::is_some)
    }

    /// Forgets the value of a column.
    pub(crate) fn unset(&mut self, column: usize) {
        if let Some(slot) = self.values.get_mut(column) {
            *slot = None;
        }
    }

    /// Whether the draft itself has values for the first of each of these pairs.
    pub(crate) fn has_all(&self, pairs: Pairs) -> bool {
        pairs.as_slice().iter().all(|[column, _]| self.has(*column))
    }

    /// For factories: lets the draft refer to rows that are there in place of those that it brings. `choose` gives the
    /// values of such a row by its model, and so for what the draft brings, whatever that brings in its turn.
    pub fn recycle(&mut self, choose: &mut dyn FnMut(&'static ModelMeta) -> Option<Vec<Value>>) {
        let Some(mut graph) = self.graph.take() else { return };
        graph.before.retain_mut(|brought| {
            let pairs = brought.insert.pairs;
            let Some(parent) = brought.drafts.first_mut().filter(|_| !self.has_all(pairs)) else {
                return false;
            };
            let Some(row) = choose(parent.meta) else {
                parent.recycle(choose);
                return true;
            };
            for [column, of] in pairs.as_slice() {
                self.put_value(*column, row.get(*of).cloned().unwrap_or(Value::Null));
            }
            false
        });
        graph
            .after
            .iter_mut()
            .flat_map(|brought| &mut brought.drafts)
            .for_each(|draft| draft.recycle(choose));
        self.graph = Some(graph).filter(|graph| !(graph.before.is_empty() && graph.after.is_empty()));
    }

    /// Gives the columns that would refer to what is not there yet something to be read.
    pub(crate) fn refer_to_nothing(&mut self) {
        for index in 0..self.values.len() {
            let lacks = !self.has(index) && self.meta.placeholder(index).is_none();
            if lacks && supplied(self.meta, index, Some(Moment::now())).is_err() {
                let nothing = match self.meta.columns.get(index).map(|column| column.ty) {
                    Some(ColumnType::Text) => Value::Text(String::new()),
                    Some(ColumnType::Uuid) => Value::Uuid([0; 16]),
                    Some(ColumnType::Bytes) => Value::Bytes(Vec::new()),
                    _ => Value::I64(0),
                };
                self.put_value(index, nothing);
            }
        }
    }

    /// The columns that the draft itself sets.
    pub(crate) fn into_given(self) -> impl Iterator<Item = (usize, Value)> {
        self.values.into_iter().enumerate().filter_map(|(column, value)| Some((column, value?)))
    }

    /// Fills in what the draft lacks: defaults, timestamps, made keys, and placeholders for what the
    /// database fills in. `now`: what timestamps get, where they get anything by themselves.
    pub(crate) fn complete(&mut self, now: Option<Moment>) -> Result<()> {
        let meta = self.meta;
        for (index, slot) in self.values.iter_mut().enumerate() {
            if slot.is_none() {
                *slot = Some(match meta.placeholder(index) {
                    Some(placeholder) => placeholder,
                    None => supplied(meta, index, now)?,
                });
            }
        }
        Ok(())
    }

    /// The row that an insert sends: what the draft gives, and what it lacks and is not left to the
    /// database.
    pub(crate) fn send(
        mut self,
        now: Option<Moment>,
        left_out: &[usize],
        row: &mut Vec<Value>,
    ) -> Result<()> {
        let meta = self.meta;
        // Looked at where they are, and then moved as a whole: taking a value apart on its way costs more
        // than the rest of this function.
        for (index, slot) in self.values.iter_mut().enumerate() {
            match slot {
                Some(value @ (Value::Json(_) | Value::Sealed(_))) => meta.check(index, value)?,
                Some(_) => {}
                None if left_out.contains(&index) => {}
                None => *slot = Some(supplied(meta, index, now)?),
            }
        }
        row.extend(self.values.iter_mut().filter_map(Option::take));
        self.leave_memory();
        Ok(())
    }

    /// The columns that an insert of this draft leaves to the database; of a draft that is not complete.
    pub(crate) fn left_out(&self) -> Vec<usize> {
        self.meta.filled_by_database().filter(|column| !self.has(*column)).collect()
    }

    /// The row that an insert of a complete draft sends.
    pub(crate) fn send_complete(mut self, left_out: &[usize], row: &mut Vec<Value>) {
        for column in left_out {
            if let Some(slot) = self.values.get_mut(*column) {
                *slot = None;
            }
        }
        row.extend(self.values.iter_mut().filter_map(Option::take));
        self.leave_memory();
    }

    /// Leaves the memory of this draft, whose values were taken, to the next one.
    fn leave_memory(self) {
        let _ = SPARE.try_with(|spare| spare.set(Some(self.values)));
    }
}

/// A complete draft reads as the row that it will be.
impl Row for DraftData {
    fn len(&self) -> usize {
        self.values.len()
    }

    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        Ok(self.values.get(index).and_then(Option::as_ref).map_or(ValueRef::Null, Value::as_ref))
    }

    fn name(&self, index: usize) -> &str {
        self.meta.names.get(index).copied().unwrap_or_default()
    }
}

/// What a column gets that neither the draft nor the database fills in.
fn supplied(meta: &'static ModelMeta, index: usize, now: Option<Moment>) -> Result<Value> {
    let column = meta.column(index)?;
    if let Some(now) = now
        && (meta.created_at == Some(index) || meta.updated_at == Some(index))
    {
        return meta.stamp(index, now);
    }
    if meta.version == Some(index) {
        return meta.numbered(index, 1);
    }
    if meta.key.contains(&index)
        && let Some(key) = made_key(meta.key_kind)
    {
        return Ok(key);
    }
    match column.default {
        Some(DefaultMeta::Constant(make) | DefaultMeta::Computed(make)) => Ok(make()),
        _ if column.nullable => Ok(Value::Null),
        _ => Err(Error::MissingAttribute { model: meta.name, column: column.field }),
    }
}

#[cold]
fn brings_others(meta: &ModelMeta, graph: &Graph) -> Error {
    let before = graph.before.iter().map(|brought| brought.relation);
    let relations = before.chain(graph.after.iter().map(|brought| brought.relation));
    let relations: Vec<_> = relations.map(|relation| format!("`{relation}`")).collect();
    Error::config(format!(
        "this draft of `{}` brings {} with it, which only an insert of its own row can take along: insert it with \
         `create`, `create_many` or its `save`, or leave them out",
        meta.name,
        relations.join(", ")
    ))
}

/// A key that Atlas makes.
fn made_key(kind: KeyKind) -> Option<Value> {
    match kind {
        KeyKind::Generated | KeyKind::Manual => None,
        #[cfg(feature = "uuid")]
        KeyKind::Uuid => Some(Value::new_uuid()),
        #[cfg(feature = "uuid")]
        KeyKind::Ulid => Some(Value::new_ulid()),
    }
}

/// Names alone: values may be secrets.
impl fmt::Debug for DraftData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = self.meta.columns.iter().zip(&self.values).filter(|(_, value)| value.is_some());
        write!(f, "draft of {} with ", self.meta.name)?;
        f.debug_list().entries(set.map(|(column, _)| column.field)).finish()
    }
}
