//! A change of all rows of a query, and how it is sent.

use crate::{
    db::{Db, Pending},
    driver::RowSink,
    error::{Error, Result},
    model::ModelMeta,
    query::{Reached, key_of},
    schema::Name,
    statement::{ColumnRef, Expr, JsonChange, Select},
    value::Moment,
};

/// A change of all rows of a query.
pub(super) struct Change {
    meta: &'static ModelMeta,
    select: Select,
    what: What,
}

/// What becomes of the rows.
pub(super) enum What {
    /// They are removed.
    Remove,
    /// Their columns become these.
    Set(Vec<(ColumnRef, Expr)>),
    /// This column says when they were deleted, or that they were not.
    Mark(usize, Option<Moment>),
}

impl Change {
    pub(super) fn new(meta: &'static ModelMeta, select: Select, what: What) -> Self {
        Self { meta, select, what }
    }

    /// Sends it: how many rows there were.
    pub(super) fn run(self, db: &Db) -> Pending<'_, u64> {
        Pending::new(async move { self.reached(db)?.write(db).await })
    }

    /// Sends it, and hands these columns of the changed rows to the sink.
    pub(super) async fn give_back(
        self,
        db: &Db,
        columns: Vec<Name>,
        sink: Box<dyn RowSink>,
    ) -> Result<Box<dyn RowSink>> {
        let db = &*db.of(self.meta.about())?;
        self.reached(db)?.give_back(db, columns, sink).await
    }

    fn reached(self, db: &Db) -> Result<Reached> {
        let meta = self.meta;
        Ok(Reached {
            called: meta.name.into(),
            table: meta.table.into(),
            key: key_of(meta).collect(),
            about: Some(meta.about()),
            set: self.set(db)?,
            select: self.select,
        })
    }

    /// What the columns become, where the rows are not removed.
    fn set(&self, db: &Db) -> Result<Option<Vec<(ColumnRef, Expr)>>> {
        let meta = self.meta;
        let mut set = match &self.what {
            What::Remove => return Ok(None),
            What::Mark(column, at) => {
                vec![(meta.column(*column)?.target(), meta.deletion(*column, *at)?.into())]
            }
            What::Set(set) => together(set.clone())?,
        };
        if set.is_empty() {
            return Err(Error::config(format!(
                "an update of `{}` sets no column: name at least one",
                meta.name
            )));
        }
        meta.check_all(db, &set)?;
        meta.maintain(&mut set, db.now())?;
        Ok(Some(set))
    }
}

/// Several changes inside of one document as one; a column that is set twice is an error.
pub(crate) fn together(set: Vec<(ColumnRef, Expr)>) -> Result<Vec<(ColumnRef, Expr)>> {
    let mut all: Vec<(ColumnRef, Expr)> = Vec::with_capacity(set.len());
    for (column, value) in set {
        let Some((_, standing)) = all.iter_mut().find(|(other, _)| other.name == column.name) else {
            all.push((column, value));
            continue;
        };
        let Expr::JsonChange(change) = value else {
            return Err(Error::config(format!("an update sets `{}` twice: once is enough", column.name)));
        };
        let of = std::mem::replace(standing, Expr::And(Vec::new()));
        *standing = Expr::JsonChange(Box::new(JsonChange { of, ..*change }));
    }
    Ok(all)
}
