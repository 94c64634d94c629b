//! The rows of a query as new rows.

use crate::{
    db::Db,
    driver::{Ran, RowSink},
    error::{Error, Result},
    model::{Column, ModelMeta},
    schema::Name,
    statement::{Expr, InsertSelect, Projection, Select, Selected, TableRef},
    value::{Attribute, Value},
};

/// Columns of `M` that take the rows of a query: one for a query of one value, or a tuple of as many as it selects.
#[diagnostic::on_unimplemented(
    message = "these columns of `{M}` do not take rows of the type `{Out}`",
    label = "expected as many columns as the query selects, of the same types"
)]
pub trait Takes<M, Out> {
    /// Their places among the model's columns.
    #[doc(hidden)]
    fn places(&self) -> Vec<usize>;
}

/// A value of a query that a column of type `T` takes: the same type, also where the column is an `Option` of it.
#[diagnostic::on_unimplemented(
    message = "a column of type `{T}` does not take a `{Self}`",
    label = "of another type, or NULL at times where the column never is"
)]
pub trait Fits<T> {}

#[diagnostic::do_not_recommend]
impl<T> Fits<T> for T {}

#[diagnostic::do_not_recommend]
impl<T> Fits<Option<T>> for T {}

#[diagnostic::do_not_recommend]
impl<M, T, U: Attribute + Fits<T>> Takes<M, U> for Column<M, T> {
    fn places(&self) -> Vec<usize> {
        vec![self.index]
    }
}

macro_rules! tuple {
    ($($part:ident $out:ident),*) => {
        #[diagnostic::do_not_recommend]
        impl<M, $($part: Takes<M, $out>, $out),*> Takes<M, ($($out,)*)> for ($($part,)*) {
            #[allow(non_snake_case)]
            fn places(&self) -> Vec<usize> {
                let ($($part,)*) = self;
                let mut all = Vec::new();
                $(all.extend($part.places());)*
                all
            }
        }
    };
}
tuple!(A A1, B B1);
tuple!(A A1, B B1, C C1);
tuple!(A A1, B B1, C C1, D D1);
tuple!(A A1, B B1, C C1, D D1, E E1);
tuple!(A A1, B B1, C C1, D D1, E E1, F F1);
tuple!(A A1, B B1, C C1, D D1, E E1, F F1, G G1);
tuple!(A A1, B B1, C C1, D D1, E E1, F F1, G G1, H H1);

/// Writes the rows of a select into columns of a model, and hands those of `returning` to the sink.
pub(crate) async fn insert_using(
    db: &Db,
    meta: &'static ModelMeta,
    mut columns: Vec<usize>,
    mut select: Select,
    ignores: bool,
    returning: Vec<Name>,
    sink: Box<dyn RowSink>,
) -> Ran {
    let db = &*db.of(meta.about())?;
    let now = db.now();
    let mut further = Vec::new();
    if let Some((column, tenant)) = db.stamp_of(meta)? {
        if columns.contains(&column) {
            return Err(Error::config(format!(
                "`{}` says whose a `{}` is, and this handle is a tenant's: leave it out of the columns, or insert through \
                 `db.without_tenant()`",
                meta.column(column)?.field,
                meta.name
            )));
        }
        further.push((column, tenant));
    }
    for stamp in [meta.created_at, meta.updated_at].into_iter().flatten() {
        if let Some(now) = now
            && !columns.contains(&stamp)
        {
            further.push((stamp, meta.stamp(stamp, now)?));
        }
    }
    if let Some(version) = meta.version.filter(|version| !columns.contains(version)) {
        further.push((version, meta.numbered(version, 1)?));
    }
    for (column, value) in further {
        columns.push(column);
        read_too(&mut select, value);
    }
    let columns = columns.iter().map(|index| Ok(meta.column(*index)?.target())).collect::<Result<_>>()?;
    let table = TableRef::new(meta.table);
    let insert = InsertSelect { table, columns, select: Box::new(select), ignores, returning };
    db.run(Some(meta.about()), &insert.into(), sink).await
}

/// Reads a value beside each row.
fn read_too(select: &mut Select, value: Value) {
    let value = Selected { expr: Expr::Value(value), alias: None };
    match &mut select.columns {
        Projection::Names(names) => select.columns = Projection::NamesAnd(names, vec![value]),
        Projection::NamesAnd(_, selected) | Projection::Expressions(selected) => selected.push(value),
    }
}
