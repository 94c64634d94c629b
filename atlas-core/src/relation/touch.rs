//! What a record belongs to is touched when the record is written.

use crate::{
    db::Db,
    error::Result,
    model::ModelMeta,
    query::column_ref,
    record::Values,
    relation::{Path, RelationMeta, groups::Groups},
    statement::{Expr, Scope, Select, TableRef, Update},
    value::{Moment, Value},
};

/// What `#[touches]` can set the `updated_at` of: a model that has one, or an enum of such models.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be touched: it has no `updated_at`",
    label = "add #[timestamps] and a field `updated_at` to `{Self}`"
)]
pub trait Touched {
    /// The model, by what a row calls it where there are several.
    fn touched(name: &str) -> Option<&'static ModelMeta>;
}

/// Whether what a row of this model belongs to is touched when it is written through this handle.
pub(crate) fn touches(db: &Db, meta: &'static ModelMeta) -> bool {
    db.manner().touches && meta.touches()
}

/// The rows that are touched, by model and columns.
#[derive(Default)]
pub(crate) struct Owners(Vec<Touching>);

struct Touching {
    model: &'static ModelMeta,
    /// The columns that hold the keys, by index.
    columns: Vec<usize>,
    keys: Vec<Vec<Value>>,
}

impl Owners {
    /// Adds what a row of a model belongs to. `value`: what a column of the row holds.
    pub(crate) fn add(&mut self, meta: &'static ModelMeta, value: &dyn Fn(usize) -> Value) {
        for relation in meta.relations {
            let Some((model, columns, key)) = owner(relation, value) else { continue };
            if key.iter().any(Value::is_null) {
                continue;
            }
            let same = |other: &&mut Touching| std::ptr::eq(other.model, model) && other.columns == columns;
            match self.0.iter_mut().find(same) {
                Some(touching) => touching.keys.push(key),
                None => self.0.push(Touching { model, columns, keys: vec![key] }),
            }
        }
    }

    /// Sets `updated_at` of the rows, and of those that they belong to in turn: each row once, so that it
    /// ends where rows belong to each other in a ring.
    pub(crate) async fn touch(self, db: &Db) -> Result<()> {
        let mut done: Vec<(Touching, Groups)> = Vec::new();
        let mut next = self;
        while !next.0.is_empty() {
            let mut beyond = Self::default();
            for touching in next.0 {
                let place = done.iter().position(|(other, _)| {
                    std::ptr::eq(other.model, touching.model) && other.columns == touching.columns
                });
                let mut fresh = Groups::default();
                for key in &touching.keys {
                    if place
                        .and_then(|place| done.get(place))
                        .is_none_or(|(_, seen)| seen.of(&key.clone().into()).is_none())
                    {
                        fresh.expect(key.clone());
                    }
                }
                touching.set(db, &fresh, &mut beyond).await?;
                match place.and_then(|place| done.get_mut(place)) {
                    Some((_, seen)) => touching.keys.into_iter().for_each(|key| {
                        seen.expect(key);
                    }),
                    None => done.push((touching, fresh)),
                }
            }
            next = beyond;
        }
        Ok(())
    }
}

impl Touching {
    /// Touches the rows of these keys, and adds what they belong to.
    async fn set(&self, db: &Db, keys: &Groups, beyond: &mut Owners) -> Result<()> {
        let Some(stamp) = self.model.updated_at else { return Ok(()) };
        let columns: Vec<_> = self.columns.iter().map(|column| column_ref(self.model, *column)).collect();
        let (target, now) = (self.model.column(stamp)?.target(), self.model.stamp(stamp, Moment::now())?);
        for filter in keys.conditions(&columns) {
            let filter = self.model.owned(&self.model.table.into()).into_iter().fold(filter, Expr::and);
            if self.model.touches() {
                let mut select = Select::new(TableRef::new(self.model.table), self.model.names);
                select.and_where(filter.clone());
                let (rows, _) = db.fetch(Some(self.model.about()), &select.into(), Values::default()).await?;
                for row in rows.values.chunks(self.model.names.len().max(1)) {
                    let value = |column: usize| {
                        let value = row.get(column).filter(|value| !value.is_null());
                        // As the model has it: a database may give a UUID as text.
                        let cast = self.model.columns.get(column).map(|column| column.cast);
                        value
                            .zip(cast)
                            .and_then(|(value, cast)| cast(value.as_ref()).ok())
                            .unwrap_or(Value::Null)
                    };
                    beyond.add(self.model, &value);
                }
            }
            let scope = Scope { filter: Some(filter), ..Scope::default() };
            let set = vec![(target.clone(), Expr::Value(now.clone()))];
            let update = Update { table: TableRef::new(self.model.table), set, scope, returning: Vec::new() };
            db.run(Some(self.model.about()), &update.into(), Box::new(())).await?;
        }
        Ok(())
    }
}

impl ModelMeta {
    /// Whether what a row belongs to is touched when it is written.
    fn touches(&self) -> bool {
        self.relations.iter().any(|relation| relation.touched.is_some())
    }
}

/// What a row belongs to by a relation that is touched: the model, its columns, and what they hold.
fn owner(
    relation: &RelationMeta,
    value: &dyn Fn(usize) -> Value,
) -> Option<(&'static ModelMeta, Vec<usize>, Vec<Value>)> {
    let touched = relation.touched?;
    if let Some([named, key]) = relation.named_by {
        let Value::Text(name) = value(named) else { return None };
        let model = touched(&name)?;
        return Some((model, model.key.to_vec(), vec![value(key)]));
    }
    let Path::Direct(pairs) = &relation.link.as_ref()?.path else { return None };
    let (local, foreign): (Vec<usize>, Vec<usize>) =
        pairs.as_slice().iter().map(|[local, foreign]| (*local, *foreign)).unzip();
    Some((touched("")?, foreign, local.into_iter().map(value).collect()))
}
