//! The row that those refer to which are made.

use std::sync::Arc;

use atlas_core::{
    Db, Error, Model, Record, Relation, Result,
    driver::BoxFuture,
    model::DraftData,
    relation::{LeadsTo, RefersToOne},
    value::Value,
};

use crate::{Factory, FactoryBuilder, Making, steps::Running};

/// What rows may be made for: a record, or the factory of one.
#[diagnostic::on_unimplemented(
    message = "rows are made for a record of `{N}`, or for its factory",
    label = "not a `&Record<{N}>`, nor a `FactoryBuilder<{N}>`"
)]
pub trait Parent<N: Model> {
    #[doc(hidden)]
    fn give(self, relate: Relate<N>) -> Given<N>;
}

/// The columns that refer to a record, and their values.
type Columns = Vec<(usize, Value)>;

/// What gives the columns that refer to something.
type Refers<T> = Arc<dyn Fn(&T) -> Result<Columns> + Send + Sync>;

#[doc(hidden)]
pub struct Relate<N: Model> {
    record: Refers<Record<N>>,
    row: Refers<[Value]>,
}

impl<N: Model> Relate<N> {
    pub(crate) fn by<M: Model, T: 'static, K>(relation: Relation<M, T, K>) -> Self
    where
        K: RefersToOne + LeadsTo<T, N> + 'static,
    {
        let value = |row: &[Value], column: usize| row.get(column).cloned().unwrap_or(Value::Null);
        Self {
            record: Arc::new(move |record| relation.references(record)),
            row: Arc::new(move |row| relation.references_row::<N>(&|column| value(row, column))),
        }
    }
}

impl<N: Model> Clone for Relate<N> {
    fn clone(&self) -> Self {
        Self { record: self.record.clone(), row: self.row.clone() }
    }
}

#[doc(hidden)]
pub struct Given<N: Model>(pub(crate) Who<N>);

/// Whom the rows are for.
pub(crate) enum Who<N: Model> {
    Known(Result<Columns, String>),
    New(Arc<dyn Create<N>>, Relate<N>),
}

/// What makes the record that rows are for.
pub(crate) trait Create<N: Model>: Send + Sync {
    /// One that is there, or a new one.
    fn create<'a>(
        &'a self,
        db: &'a Db,
        making: &'a mut Making,
        relate: Relate<N>,
    ) -> BoxFuture<'a, Result<Columns>>;
}

impl<N: Model> Clone for Who<N> {
    fn clone(&self) -> Self {
        match self {
            Self::Known(columns) => Self::Known(columns.clone()),
            Self::New(create, relate) => Self::New(create.clone(), relate.clone()),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<N: Model> Parent<N> for &Record<N> {
    fn give(self, relate: Relate<N>) -> Given<N> {
        Given(Who::Known((relate.record)(self).map_err(|error| error.to_string())))
    }
}

#[diagnostic::do_not_recommend]
impl<N: Factory> Parent<N> for FactoryBuilder<N> {
    fn give(self, relate: Relate<N>) -> Given<N> {
        Given(Who::New(Arc::new(self), relate))
    }
}

impl<N: Factory> Create<N> for FactoryBuilder<N> {
    fn create<'a>(
        &'a self,
        db: &'a Db,
        making: &'a mut Making,
        relate: Relate<N>,
    ) -> BoxFuture<'a, Result<Columns>> {
        Box::pin(async move {
            if let Some(row) = making.choose(N::meta()) {
                return (relate.row)(&row);
            }
            let records = self.begin(making).create(db, making, 1).await?;
            records.first().map_or_else(|| Ok(Vec::new()), |record| (relate.record)(record))
        })
    }
}

/// Lets all rows refer to the same one.
pub(crate) struct For<N: Model>(pub(crate) Who<N>);

impl<M: Model, N: Model> Running<M> for For<N> {
    fn prepare<'a>(&'a mut self, db: &'a Db, making: &'a mut Making) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            if let Who::New(factory, relate) = &self.0 {
                self.0 = Who::Known(Ok(factory.create(db, making, relate.clone()).await?));
            }
            Ok(())
        })
    }

    fn draft(&mut self, draft: DraftData, making: &mut Making) -> DraftData {
        match &self.0 {
            Who::Known(Ok(columns)) => {
                columns.iter().fold(draft, |draft, (column, value)| draft.put(*column, value.clone()))
            }
            Who::Known(Err(why)) => {
                making.fail(Error::config(why.clone()));
                draft
            }
            Who::New(..) => {
                let (model, other) = (M::meta().name, N::meta().name);
                making.fail(Error::config(format!(
                    "this `{model}` is for a `{other}` that has to be made first, which only `create` does: make it, and give its record to `for_parent`"
                )));
                draft
            }
        }
    }
}
