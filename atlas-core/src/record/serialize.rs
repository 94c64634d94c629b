//! Records as JSON, or whatever else serde writes.

use std::borrow::Cow;

use serde::ser::{Error as _, Serialize, SerializeMap, Serializer};

use crate::{
    error::{Error, Result},
    model::{Model, Read},
    record::{AnyRecord, Fields, Record},
    relation::Loaded,
    value::{Serialized, Value},
};

/// A map of the columns, the relations that are loaded, the accessors that `#[appends]` names, and the values beside
/// the columns, in this order, under the fields' names. What `#[hidden]` or `#[sensitive]` marks is left out. The model
/// itself need not be `Serialize`.
impl<M: Model> Serialize for Record<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Shape { record: self.erased(), fields: Fields::ALL, form: Form::Serialized }.serialize(serializer)
    }
}

impl<M: Model> Record<M> {
    /// The record as JSON.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let ann = User::query().with_count(User::posts).find_or_fail(&db, 1).await?;
    /// let ann = ann.serialize()?;
    /// assert_eq!((&ann["name"], &ann["posts_count"]), (&"Ann".into(), &2.into()));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where an accessor gives what serde cannot write as JSON.
    pub fn serialize(&self) -> Result<serde_json::Value> {
        self.serialize_with(Fields::ALL)
    }

    /// Some parts of the record, and of its relations, as JSON.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where the fields name what a record has not, and as [`serialize`](Self::serialize).
    pub fn serialize_with(&self, fields: &Fields) -> Result<serde_json::Value> {
        self.erased().to_value(fields, Form::Serialized)
    }

    /// The columns alone.
    ///
    /// # Errors
    ///
    /// As [`serialize_with`](Self::serialize_with).
    pub fn serialize_attributes(&self, fields: &Fields) -> Result<serde_json::Value> {
        self.erased().to_value(fields, Form::Attributes)
    }

    /// The relations that are loaded alone.
    ///
    /// # Errors
    ///
    /// As [`serialize_with`](Self::serialize_with).
    pub fn serialize_relations(&self, fields: &Fields) -> Result<serde_json::Value> {
        self.erased().to_value(fields, Form::Relations)
    }

    /// The accessors that are appended alone.
    ///
    /// # Errors
    ///
    /// As [`serialize_with`](Self::serialize_with).
    pub fn serialize_computed(&self, fields: &Fields) -> Result<serde_json::Value> {
        self.erased().to_value(fields, Form::Computed)
    }

    /// Everything that the record has, under the fields' own names, hidden or not: for the program itself, and not to
    /// be sent.
    ///
    /// # Errors
    ///
    /// As [`serialize`](Self::serialize).
    pub fn to_object(&self) -> Result<serde_json::Value> {
        self.erased().to_value(Fields::ALL, Form::Object)
    }

    /// The text of [`serialize`](Self::serialize).
    ///
    /// # Errors
    ///
    /// As [`serialize`](Self::serialize).
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|reason| unwritten(self.erased(), &reason))
    }

    /// The same with line breaks, for people.
    ///
    /// # Errors
    ///
    /// As [`serialize`](Self::serialize).
    pub fn to_json_pretty(&self) -> Result<String> {
        serde_json::to_string_pretty(self).map_err(|reason| unwritten(self.erased(), &reason))
    }
}

impl dyn AnyRecord + '_ {
    /// What is called so, hidden or not.
    pub(super) fn named(&self, name: &str) -> Result<serde_json::Value> {
        self.check(&[name.to_owned().into()])?;
        match self.to_value(&Fields::pick([name]), Form::Object)? {
            serde_json::Value::Object(mut parts) => Ok(parts.remove(name).unwrap_or_default()),
            other => Ok(other),
        }
    }

    fn to_value(&self, fields: &Fields, form: Form) -> Result<serde_json::Value> {
        serde_json::to_value(Shape { record: self, fields, form }).map_err(|reason| unwritten(self, &reason))
    }
}

#[cold]
fn unwritten(record: &dyn AnyRecord, reason: &serde_json::Error) -> Error {
    Error::config(format!("this `{}` cannot be serialized: {reason}", record.meta().name))
}

/// Which parts there are, and what they are called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Serialized,
    Attributes,
    Relations,
    Computed,
    /// Everything, by the fields' names.
    Object,
}

/// A record on its way to a serializer.
struct Shape<'a> {
    record: &'a dyn AnyRecord,
    fields: &'a Fields,
    form: Form,
}

/// One part of it.
enum Part<'a> {
    Column(usize),
    Read(Read),
    Many(Loaded<'a>),
    One(Loaded<'a>),
    Pivot(&'a dyn AnyRecord),
    Extra(&'a Value),
}

impl<'a> Shape<'a> {
    fn parts(&self) -> Vec<(Cow<'a, str>, Part<'a>)> {
        let (meta, state) = (self.record.meta(), self.record.state());
        let mut parts = Vec::with_capacity(meta.columns.len());
        if matches!(self.form, Form::Serialized | Form::Attributes | Form::Object) {
            let known = |(index, _): &(usize, _)| !self.record.is_left_out(*index);
            for (index, column) in meta.columns.iter().enumerate().filter(known) {
                if let Some(name) = self.called(column.field, column.serialized, !column.hidden) {
                    let shown = column.shown.filter(|_| self.form != Form::Object);
                    parts.push((name, shown.map_or(Part::Column(index), Part::Read)));
                }
            }
        }
        if matches!(self.form, Form::Serialized | Form::Relations | Form::Object) {
            for (index, relation) in meta.relations.iter().enumerate() {
                if let Some(name) = self.called(relation.name, relation.serialized, !relation.hidden)
                    && let Some(loaded) = self.record.loaded(index)
                {
                    let many = relation.kind.leads_to_many();
                    parts.push((name, if many { Part::Many(loaded) } else { Part::One(loaded) }));
                }
            }
        }
        if matches!(self.form, Form::Serialized | Form::Computed | Form::Object) {
            for accessor in meta.accessors {
                if let Some(name) = self.called(accessor.name, accessor.serialized, accessor.appended) {
                    parts.push((name, Part::Read(accessor.read)));
                }
            }
        }
        if matches!(self.form, Form::Serialized | Form::Object) {
            for (name, value) in state.extras() {
                let extra = self.called(name, &meta.case.apply(name), true).map(Cow::into_owned);
                // A name that is taken is the column's.
                if let Some(extra) = extra.filter(|extra| parts.iter().all(|(name, _)| name != extra)) {
                    parts.push((extra.into(), Part::Extra(value)));
                }
            }
            if let Some(pivot) = state.pivot()
                && let Some(name) = self.called(PIVOT, PIVOT, true)
            {
                parts.push((name, Part::Pivot(pivot)));
            }
        }
        parts
    }

    /// A record of this one's.
    fn nested<'n>(&'n self, name: &str, record: &'n dyn AnyRecord) -> Shape<'n> {
        let form = if self.form == Form::Object { Form::Object } else { Form::Serialized };
        Shape { record, fields: self.fields.within(name), form }
    }

    /// What something is called; `None` where it is left out.
    fn called<'n>(&self, field: &'n str, serialized: &'n str, by_default: bool) -> Option<Cow<'n, str>> {
        if self.form == Form::Object {
            return self.fields.take(field).then_some(field.into());
        }
        let shows = self.record.state().shown().map_or(by_default, |shown| shown.shows(field, by_default));
        (shows && self.fields.take(serialized)).then_some(serialized.into())
    }

    /// The first of the fields that the record has not.
    fn unknown(&self) -> Option<&str> {
        let (meta, state) = (self.record.meta(), self.record.state());
        let known = |name: &str| {
            meta.columns.iter().any(|column| column.serialized == name)
                || meta.relations.iter().any(|relation| relation.serialized == name)
                || meta.accessors.iter().any(|accessor| accessor.serialized == name)
                || state.extras().any(|(extra, _)| meta.case.apply(extra) == name)
                || (name == PIVOT && state.pivot().is_some())
        };
        // Of everything, nothing is picked but what was looked for.
        self.fields.names().find(|name| self.form != Form::Object && !known(name))
    }
}

/// What the row of a table between is called.
const PIVOT: &str = "pivot";

impl Serialize for Shape<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(name) = self.unknown() {
            let model = self.record.meta().name;
            return Err(S::Error::custom(format_args!("`{model}` is serialized without a `{name}`")));
        }
        let parts = self.parts();
        let mut map = serializer.serialize_map(Some(parts.len()))?;
        for (name, part) in parts {
            let record = |record| self.nested(&name, record);
            match part {
                Part::Column(index) => map.serialize_entry(&name, &Serialized(&self.record.value(index)))?,
                Part::Read(read) => {
                    let value = read(self.record.model());
                    let value =
                        value.map_err(|reason| S::Error::custom(format_args!("`{name}`: {reason}")))?;
                    map.serialize_entry(&name, &value)?;
                }
                Part::Many(loaded) => {
                    let records: Vec<Shape<'_>> = loaded.records.into_iter().map(record).collect();
                    map.serialize_entry(&name, &records)?;
                }
                Part::One(loaded) => {
                    map.serialize_entry(&name, &loaded.records.into_iter().next().map(record))?
                }
                Part::Pivot(pivot) => map.serialize_entry(&name, &record(pivot))?,
                Part::Extra(value) => map.serialize_entry(&name, &Serialized(value))?,
            }
        }
        map.end()
    }
}
