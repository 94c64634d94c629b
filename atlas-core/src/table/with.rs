//! Relations of rows without a model, by their names: where they lead, the models of the table say.

use std::sync::Arc;

use crate::{
    db::Db,
    driver::BoxFuture,
    error::{Error, Result},
    model::{ModelMeta, relation_of_model, relation_of_table},
    query::{Loader, Put, load_all},
    relation::{Groups, Key, Link, Path, Plan, RelationKind, RelationMeta},
    statement::Select,
    table::{
        DynRow, Relations, Table,
        row::{Nested, Rows},
    },
    value::Value,
};

/// How deep relations may be nested: their names may be a request's.
const DEEPEST: usize = 32;

impl Table<'_> {
    /// Loads relations with the rows that `get`, `first` and `find` give, by name, with one statement for each
    /// relation and level. The relations are those of the program's models of this table;
    /// [`DynRow::related`] reads them, and a row is serialized with them.
    ///
    /// ```standalone_crate
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// use atlas::relations;
    ///
    /// let users = db.table("users").order_by("id").limit(2).with(relations! { posts: { comments } }).get().await?;
    /// let post = &users[0].related("posts")?[0];
    /// assert_eq!(post.related("comments")?.len(), 2);
    ///
    /// // Names that a request brings, as paths.
    /// let post = db.table("posts").with("author").find(1).await?.expect("it is there");
    /// assert_eq!(post.related("author")?[0].get::<String>("name")?, "Ann");
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// What is called then is [`Error::Config`] where a name is no relation's, before anything is sent.
    pub fn with(mut self, relations: impl Into<Relations>) -> Self {
        self.relations.extend(relations.into());
        self
    }

    /// Loads the relations that were named, for all rows.
    pub(super) fn loaders(&self) -> Result<Vec<Loader<DynRow>>> {
        let depth = self.relations.depth();
        if depth > DEEPEST {
            let name = &self.name;
            return Err(Error::config(format!(
                "relations of `{name}` are nested {depth} levels deep: {DEEPEST} are the most"
            )));
        }
        let loaders = self.relations.first_level().into_iter().map(|(name, nested)| {
            let (owner, relation) = relation_of_table(&self.name, name)?;
            loader(owner, relation, &nested)
        });
        loaders.collect()
    }
}

/// What loads a relation and those of its own.
fn loader(
    owner: &'static ModelMeta,
    relation: &'static RelationMeta,
    nested: &Relations,
) -> Result<Loader<DynRow>> {
    let Some(link) = relation.link else {
        return Err(Error::config(format!(
            "`{}` of `{}` leads to several models: load it with a query of the model",
            relation.name, owner.name
        )));
    };
    let target = (link.target)();
    let nested = nested.first_level().into_iter().map(|(name, further)| {
        let relation = relation_of_model(target, name)?;
        loader(target, relation, &further)
    });
    let nested = nested.collect::<Result<_>>()?;
    let load = Arc::new(Loading { owner, target, name: relation.name, kind: relation.kind, link, nested });
    let loaded = move |row: &mut DynRow| row.related(relation.name).is_ok();
    Ok(Loader::new(relation.name, Arc::new(move |db, rows| load.start(db, rows)), Arc::new(loaded)))
}

struct Loading {
    owner: &'static ModelMeta,
    target: &'static ModelMeta,
    name: &'static str,
    kind: RelationKind,
    link: Link,
    nested: Vec<Loader<DynRow>>,
}

impl Loading {
    /// Takes the keys of the rows, and gives what loads and what then puts.
    fn start<'a>(self: &Arc<Self>, db: &'a Db, rows: &[&DynRow]) -> BoxFuture<'a, Result<Put<DynRow>>> {
        let local = self.link.local();
        let keys: Result<Vec<Key>> = rows
            .iter()
            .map(|row| local.iter().map(|column| self.value(row, self.owner, *column)).collect())
            .collect();
        let this = Arc::clone(self);
        Box::pin(async move {
            let keys = keys?;
            let (groups, found) = this.found(db, &keys).await?;
            let put: Put<DynRow> = Box::new(move |rows| {
                let nothing = Arc::new(Vec::new());
                for (row, key) in rows.iter_mut().zip(keys) {
                    let group = groups.of(&key).and_then(|place| found.get(place)).unwrap_or(&nothing);
                    row.put(this.name, Nested { many: this.kind.leads_to_many(), rows: Arc::clone(group) });
                }
            });
            Ok(put)
        })
    }

    /// The rows of each key.
    async fn found(&self, db: &Db, keys: &[Key]) -> Result<(Groups, Vec<Arc<Vec<DynRow>>>)> {
        let mut groups = Groups::with_capacity(keys.len());
        for key in keys {
            groups.expect(key.clone());
        }
        let mut found: Vec<Vec<DynRow>> = Vec::new();
        found.resize_with(groups.len(), Vec::new);
        let plan = Plan::new(&self.link, self.owner, self.target, &[], None);
        for condition in groups.conditions(&plan.keys) {
            let mut select = Select::new(self.target.table_ref(), self.target.names);
            self.link.fixed.narrow_select(&mut select);
            self.target
                .guards(&self.target.table.into(), false)
                .into_iter()
                .for_each(|own| select.and_where(own));
            select.and_where(condition);
            let statement = plan.select(select).into();
            let mut rows = db.fetch(Some(self.target.about()), &statement, Rows::default()).await?.0.rows;
            let keys = rows.iter().map(|row| self.key_of(row)).collect::<Result<Vec<_>>>()?;
            DynRow::keep_first(&mut rows, self.target.names.len());
            load_all(db, &mut rows.iter_mut().collect::<Vec<_>>(), &self.nested).await?;
            for (row, key) in rows.into_iter().zip(keys) {
                if let Some(group) = groups.of(&key).and_then(|group| found.get_mut(group)) {
                    group.push(row);
                }
            }
        }
        Ok((groups, found.into_iter().map(Arc::new).collect()))
    }

    /// The key of the group that a row belongs to: in the target's columns, or behind them where it is in
    /// another table.
    fn key_of(&self, row: &DynRow) -> Result<Key> {
        match &self.link.path {
            Path::Direct(pairs) => {
                let columns = pairs.as_slice().iter().map(|[_, foreign]| *foreign);
                columns.map(|column| self.value(row, self.target, column)).collect()
            }
            Path::Via { near, .. } => {
                let behind = row.iter().skip(self.target.names.len()).map(|(_, value)| value);
                near.iter().zip(behind).map(|((local, _), value)| cast(self.owner, *local, value)).collect()
            }
        }
    }

    /// The value of a model's column in a row.
    fn value(&self, row: &DynRow, meta: &'static ModelMeta, column: usize) -> Result<Value> {
        let name = meta.column(column)?.name;
        let value = row.value(name).ok_or_else(|| {
            let (relation, owner) = (self.name, self.owner.name);
            Error::config(format!(
                "a row was read without `{name}`, by which `{relation}` of `{owner}` leads on: select it too"
            ))
        })?;
        cast(meta, column, value)
    }
}

/// A value as the model has it: a database may give a UUID as text.
fn cast(meta: &'static ModelMeta, column: usize, value: &Value) -> Result<Value> {
    let column = meta.column(column)?;
    if value.is_null() {
        return Ok(Value::Null);
    }
    (column.cast)(value.as_ref()).map_err(|error| error.at(meta.name, column.name))
}
