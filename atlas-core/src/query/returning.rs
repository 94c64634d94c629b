//! Writes that give the written rows back.

use std::{any::Any, marker::PhantomData};

use crate::{
    db::{Db, Pending},
    driver::RowSink,
    error::{Error, Result},
    model::{
        Assignments, Changes, Column, Columns, Complete, Excluded, Expr, In, Model, Operand, SoftDeletes,
        Upserts,
    },
    query::{FromRow, Query, Takes, Whole, change::Change, create, insert_using, row::Collect},
    record::Drafts,
    schema::Name,
    statement::{ArithmeticOp, OnConflict, Select},
    value::{Attribute, Number},
};

/// What a write can give back of each row: a column of the model, [`record::<M>()`](crate::query::record), or a tuple
/// of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given back by a write of `{M}`",
    label = "expected columns such as `{M}::id`, `record::<{M}>()`, or a tuple of them"
)]
pub trait Returned<M> {
    /// What a row becomes.
    type Out: FromRow;

    /// The columns, by their places in the model.
    #[doc(hidden)]
    fn returned(&self, into: &mut Vec<usize>);
}

#[diagnostic::do_not_recommend]
impl<M: Model, T: Attribute> Returned<M> for Column<M, T> {
    type Out = T;

    fn returned(&self, into: &mut Vec<usize>) {
        into.push(self.index);
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model> Returned<M> for Whole<M> {
    type Out = crate::Record<M>;

    fn returned(&self, into: &mut Vec<usize>) {
        into.extend(0..M::meta().columns.len());
    }
}

macro_rules! tuple {
    ($($part:ident),*) => {
        #[diagnostic::do_not_recommend]
        impl<M, $($part: Returned<M>),*> Returned<M> for ($($part,)*)
        where
            ($($part::Out,)*): FromRow,
        {
            type Out = ($($part::Out,)*);

            #[allow(non_snake_case)]
            fn returned(&self, into: &mut Vec<usize>) {
                let ($($part,)*) = self;
                $($part.returned(into);)*
            }
        }
    };
}
tuple!(A);
tuple!(A, B);
tuple!(A, B, C);
tuple!(A, B, C, D);
tuple!(A, B, C, D, E);
tuple!(A, B, C, D, E, F);
tuple!(A, B, C, D, E, F, G);
tuple!(A, B, C, D, E, F, G, H);

fn names<M: Model>(what: &impl Returned<M>) -> Vec<Name> {
    let mut columns = Vec::new();
    what.returned(&mut columns);
    columns.iter().filter_map(|index| M::meta().names.get(*index)).map(|name| (*name).into()).collect()
}

/// A sink as what it was.
fn collected<Out: FromRow>(sink: Box<dyn RowSink>) -> Result<Vec<Out>> {
    let sink: Box<dyn Any> = sink;
    let lost = |_| Error::Driver { message: "the driver gave another sink back".to_owned(), source: None };
    Ok(sink.downcast::<Collect<Out>>().map_err(lost)?.0)
}

/// A query whose writes give the written rows back: see [`Query::returning`].
#[must_use = "nothing is written until a call such as `update` or `delete`"]
pub struct ReturningQuery<M: Model, Out, Scope = M> {
    query: Query<M, (), Scope>,
    columns: Vec<Name>,
    of: PhantomData<fn() -> Out>,
}

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// Lets a write give back what it has written of each row, in no order: a column, a tuple of them, or the whole
    /// record.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let minors = User::query().where_lt(User::age, 18).returning((User::id, User::name));
    /// let changed: Vec<(i64, String)> = minors.update(&db, User::name.set("Robert")).await?;
    /// assert_eq!(changed, [(2, "Robert".to_owned())]);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// An update gives the rows as they are then, and a delete as they were. Where the database has no such thing
    /// (MySQL, and MariaDB for updates), a transaction locks the rows, writes them and reads them by their keys.
    ///
    /// The writes are [`Error::Unsupported`] where they do that and the model has no key, or they set it to something
    /// computed.
    pub fn returning<R: Returned<M>>(self, what: R) -> ReturningQuery<M, R::Out, Scope> {
        let query = Query { select: self.select, loaders: Vec::new(), root: None, of: PhantomData };
        ReturningQuery { query, columns: names::<M>(&what), of: PhantomData }
    }
}

impl<M: Model, Out: FromRow, Scope> ReturningQuery<M, Out, Scope> {
    /// As [`Query::update`]: what was written.
    pub fn update<I>(self, db: &Db, set: impl Assignments<M, Scope, I>) -> Pending<'_, Vec<Out>> {
        let set = set.assignments();
        self.write(db, |query| query.updating(set))
    }

    /// As [`Query::increment`]: what was written.
    pub fn increment<T, V, I>(self, db: &Db, column: Column<M, T>, by: V) -> Pending<'_, Vec<Out>>
    where
        T: Attribute<Base: Number>,
        V: Operand<T::Base, M, Scope: In<Scope, I>>,
    {
        self.write(db, |query| query.updating(vec![column.reckoned(ArithmeticOp::Add, by.operand())]))
    }

    /// As [`Query::decrement`]: what was written.
    pub fn decrement<T, V, I>(self, db: &Db, column: Column<M, T>, by: V) -> Pending<'_, Vec<Out>>
    where
        T: Attribute<Base: Number>,
        V: Operand<T::Base, M, Scope: In<Scope, I>>,
    {
        self.write(db, |query| query.updating(vec![column.reckoned(ArithmeticOp::Sub, by.operand())]))
    }

    /// As [`Query::delete`]: what was deleted.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::record;
    /// # run(async |db| {
    /// let gone = Post::query().where_lt(Post::votes, 3).returning(record::<Post>()).delete(&db).await?;
    /// assert_eq!(gone[0].title, "On borrowing");
    /// # Ok(())
    /// # });
    /// ```
    pub fn delete(self, db: &Db) -> Pending<'_, Vec<Out>> {
        self.write(db, Query::deleting)
    }

    /// As [`Query::force_delete`]: what was removed.
    pub fn force_delete(self, db: &Db) -> Pending<'_, Vec<Out>>
    where
        M: SoftDeletes,
    {
        self.write(db, Query::removing)
    }

    /// As [`Query::restore`]: what was brought back.
    pub fn restore(self, db: &Db) -> Pending<'_, Vec<Out>>
    where
        M: SoftDeletes,
    {
        self.write(db, Query::restoring)
    }

    fn write(self, db: &Db, change: impl FnOnce(Query<M, (), Scope>) -> Change) -> Pending<'_, Vec<Out>> {
        let (change, columns) = (change(self.query), self.columns);
        Pending::new(async move {
            collected(change.give_back(db, columns, Box::new(Collect::<Out>(Vec::new()))).await?)
        })
    }
}

/// Inserts that give the written rows back: see [`Model::returning`].
#[must_use = "nothing is written until a call such as `insert`"]
pub struct Returning<M, Out> {
    columns: Vec<Name>,
    of: PhantomData<fn() -> (M, Out)>,
}

impl<M: Model, Out: FromRow> Returning<M, Out> {
    pub(crate) fn new<R: Returned<M, Out = Out>>(what: &R) -> Self {
        Self { columns: names::<M>(what), of: PhantomData }
    }

    /// As [`Model::insert`]: what was written, in the order of the drafts.
    pub fn insert<'a, D: Complete<M> + 'a>(
        self,
        db: &'a Db,
        drafts: impl IntoIterator<Item = D, IntoIter: Send> + 'a,
    ) -> Pending<'a, Vec<Out>> {
        self.write(db, Box::new(drafts.into_iter().map(Complete::into_data)), Ok(OnConflict::Fail))
    }

    /// As [`Model::insert_or_ignore`]: what was written, without the drafts that were left out.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let drafts = ["Ann", "Dee"].map(|name| User::draft().name(name).email(format!("{name}@example.com")));
    /// let new: Vec<String> = User::returning(User::name).insert_or_ignore(&db, drafts).await?;
    /// assert_eq!(new, ["Dee"]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn insert_or_ignore<'a, D: Complete<M> + 'a>(
        self,
        db: &'a Db,
        drafts: impl IntoIterator<Item = D, IntoIter: Send> + 'a,
    ) -> Pending<'a, Vec<Out>> {
        self.write(db, Box::new(drafts.into_iter().map(Complete::into_data)), Ok(OnConflict::Ignore))
    }

    /// As [`Model::upsert`]: what was written or changed, as it is then.
    pub fn upsert<'a, D: Complete<M> + 'a, I>(
        self,
        db: &'a Db,
        drafts: impl IntoIterator<Item = D, IntoIter: Send> + 'a,
        by: impl Columns<M>,
        update: impl Upserts<M, I>,
    ) -> Pending<'a, Vec<Out>> {
        let mut changes = Changes::default();
        update.changes(&mut changes);
        let on_conflict = create::on_conflict(db, M::meta(), by.columns(), changes, None);
        self.write(db, Box::new(drafts.into_iter().map(Complete::into_data)), on_conflict)
    }

    /// As [`Model::upsert_where`]: what was written or changed, as it is then.
    pub fn upsert_where<'a, D: Complete<M> + 'a, I, X: In<(M, Excluded<M>), J>, J>(
        self,
        db: &'a Db,
        drafts: impl IntoIterator<Item = D, IntoIter: Send> + 'a,
        by: impl Columns<M>,
        update: impl Upserts<M, I>,
        condition: Expr<X>,
    ) -> Pending<'a, Vec<Out>> {
        let mut changes = Changes::default();
        update.changes(&mut changes);
        let on_conflict =
            create::on_conflict(db, M::meta(), by.columns(), changes, Some(condition.into_node()));
        self.write(db, Box::new(drafts.into_iter().map(Complete::into_data)), on_conflict)
    }

    /// As [`Model::insert_using`]: what was written, in no order. MySQL cannot: [`Error::Unsupported`].
    pub fn insert_using<N: Model, O, S>(
        self,
        db: &Db,
        columns: impl Takes<M, O>,
        query: Query<N, O, S>,
    ) -> Pending<'_, Vec<Out>> {
        self.write_using(db, columns.places(), query.into_select(), false)
    }

    /// As [`Model::insert_or_ignore_using`]: what was written, in no order. MySQL cannot: [`Error::Unsupported`].
    pub fn insert_or_ignore_using<N: Model, O, S>(
        self,
        db: &Db,
        columns: impl Takes<M, O>,
        query: Query<N, O, S>,
    ) -> Pending<'_, Vec<Out>> {
        self.write_using(db, columns.places(), query.into_select(), true)
    }

    fn write_using(
        self,
        db: &Db,
        columns: Vec<usize>,
        select: Select,
        ignores: bool,
    ) -> Pending<'_, Vec<Out>> {
        Pending::new(async move {
            let sink = Box::new(Collect::<Out>(Vec::new()));
            let ran = insert_using(db, M::meta(), columns, select, ignores, self.columns, sink);
            collected(ran.await?.0)
        })
    }

    fn write<'a>(
        self,
        db: &'a Db,
        drafts: Drafts<'a>,
        on_conflict: Result<OnConflict>,
    ) -> Pending<'a, Vec<Out>> {
        Pending::new(async move {
            let sink = Box::new(Collect::<Out>(Vec::new()));
            collected(create::give_back(db, M::meta(), drafts, on_conflict?, self.columns, sink).await?)
        })
    }
}
