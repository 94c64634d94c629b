//! What a record has, by name, and what mass assignment brings.

use std::any::Any;

use crate::{
    db::{Db, Pending},
    error::{Error, Result},
    model::{DefaultMeta, Fill, Model, given},
    record::Record,
    value::Value,
};

impl<M: Model> Record<M> {
    /// The fields and their stored values, hidden and sensitive ones too, without what the query left out.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let ann = User::find_or_fail(&db, 1).await?;
    /// assert_eq!(ann.attributes()[1], ("name", "Ann".into()));
    /// # Ok(())
    /// # });
    /// ```
    pub fn attributes(&self) -> Vec<(&'static str, Value)> {
        let columns = M::meta().columns.iter().enumerate();
        columns.filter_map(|(index, column)| Some((column.field, self.erased().known(index)?))).collect()
    }

    /// What is called so: a column, an accessor that `#[appends]` or `#[accessors]` names, a relation that is loaded, or
    /// an extra.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let ann = User::query().with_count(User::posts).find_or_fail(&db, 1).await?;
    /// assert_eq!((ann.get("name")?, ann.get("posts_count")?), ("Ann".into(), 2.into()));
    /// assert!(ann.get("nmae").is_err() && matches!(ann.get("posts"), Err(Error::RelationNotLoaded { .. })));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where there is nothing of the name, [`Error::RelationNotLoaded`] of a relation that is not
    /// loaded, [`Error::ColumnLeftOut`] of a column that the query left out.
    pub fn get(&self, name: &str) -> Result<serde_json::Value> {
        let meta = M::meta();
        let relation = meta.relations.iter().position(|relation| relation.name == name);
        if let Some(relation) = relation
            && self.erased().loaded(relation).is_none()
        {
            let relation = meta.relations.get(relation).map_or("", |relation| relation.name);
            return Err(Error::RelationNotLoaded { model: meta.name, relation });
        }
        let index = meta.index_of(name);
        if let Some(index) = index.filter(|index| self.is_left_out(*index)) {
            self.erased().present(index)?;
        }
        let column = index.and_then(|index| meta.columns.get(index));
        self.erased().named(column.map_or(name, |column| column.field))
    }

    /// Sets a column by its name, past its mutator, as mass assignment does, but any column;
    /// [`save`](Self::save) writes it.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut ann = User::find_or_fail(&db, 1).await?;
    /// ann.set("age", 35)?.set("name", "Anna")?.save(&db).await?;
    /// assert_eq!((ann.age, ann.name.as_str()), (Some(35), "Anna"));
    /// assert!(ann.set("age", "old").is_err() && ann.set("aeg", 35).is_err());
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where no column has the name, [`Error::Decode`] where the value is none of its type,
    /// [`Error::Deleted`] of a record that was deleted.
    pub fn set(&mut self, column: &str, value: impl Into<serde_json::Value>) -> Result<&mut Self> {
        let (index, value) = given(M::meta(), column, value.into())?;
        self.put(vec![(index, value)])
    }

    /// Sets the columns that mass assignment brought, and makes of the others that it reaches what they are of a new
    /// record: their default, or NULL. [`merge`](Self::merge) keeps them. [`save`](Self::save) writes what is changed.
    ///
    /// # Errors
    ///
    /// [`Error::MissingAttribute`] where it lacks a column that is never NULL and has no default: the record is as it was;
    /// [`Error::Deleted`] of a record that was deleted.
    pub fn fill(&mut self, fill: Fill<M>) -> Result<&mut Self> {
        let meta = M::meta();
        let (mut values, dropped) = fill.into_parts();
        for (index, column) in meta.columns.iter().enumerate().filter(|(_, column)| column.fillable) {
            if values.iter().any(|(given, _)| *given == index) {
                continue;
            }
            match column.default {
                Some(DefaultMeta::Constant(make) | DefaultMeta::Computed(make)) => {
                    values.push((index, make()))
                }
                // What the database fills in, it fills in when the row is inserted.
                Some(DefaultMeta::Database { .. }) => {}
                None if column.nullable => values.push((index, Value::Null)),
                None => return Err(Error::MissingAttribute { model: meta.name, column: column.field }),
            }
        }
        self.put(values)?;
        self.state.set_dropped(dropped);
        Ok(self)
    }

    /// Sets the columns that mass assignment brought, and leaves the others as they are; [`save`](Self::save) writes them.
    ///
    /// # Errors
    ///
    /// [`Error::Deleted`] of a record that was deleted, [`Error::Decode`] where a cast of your own does not read what it
    /// wrote.
    pub fn merge(&mut self, fill: Fill<M>) -> Result<&mut Self> {
        let (values, dropped) = fill.into_parts();
        self.put(values)?;
        self.state.set_dropped(dropped);
        Ok(self)
    }

    /// Sets any columns, whether mass assignment reaches them or not: for input that the program itself made.
    ///
    /// # Errors
    ///
    /// As [`Fill::forced`] and [`merge`](Self::merge).
    pub fn force_fill(&mut self, values: serde_json::Value) -> Result<&mut Self> {
        self.merge(Fill::forced(values)?)
    }

    /// [`merge`](Self::merge)s and saves.
    ///
    /// # Errors
    ///
    /// As both.
    pub fn update<'a>(&'a mut self, db: &'a Db, fill: Fill<M>) -> Pending<'a, ()> {
        Pending::new(async move { self.merge(fill)?.save(db).await })
    }

    fn put(&mut self, values: Vec<(usize, Value)>) -> Result<&mut Self> {
        if self.is_deleted() {
            return Err(Error::Deleted { model: M::meta().name, operation: "changed" });
        }
        for (column, value) in values {
            self.assign(column, value.as_ref())?;
        }
        Ok(self)
    }

    /// What this makes of the record, made once: until the record is changed, refreshed or saved, or gets a relation.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut ann = User::find_or_fail(&db, 1).await?;
    /// let initial = |user: &User| user.name.chars().next();
    /// assert_eq!((ann.memo("initial", initial), ann.memo("initial", |_| None)), (Some('A'), Some('A')));
    /// ann.name = "Bea".into();
    /// assert_eq!(ann.memo("initial", initial), Some('B'));
    /// # Ok(())
    /// # });
    /// ```
    pub fn memo<T: Any + Clone + Send + Sync>(&self, name: &'static str, make: impl FnOnce(&M) -> T) -> T {
        let kept = self.state.memo(name).and_then(|kept| kept.downcast_ref::<T>().cloned());
        kept.unwrap_or_else(|| {
            let made = make(self);
            self.state.keep_memo(name, std::sync::Arc::new(made.clone()));
            made
        })
    }
}
