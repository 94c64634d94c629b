//! What an upsert does with rows that are there.

use std::marker::PhantomData;

use crate::{
    model::{Assignment, Column, In, Model, Named, Scalar},
    statement::{ColumnRef, Expr},
    value::Attribute,
};

/// The row that was to be written, in an upsert of `M`: see [`excluded`].
pub struct Excluded<M>(PhantomData<fn() -> M>);

impl<M: Model> Named for Excluded<M> {
    type Model = M;

    fn called() -> &'static str {
        "excluded"
    }
}

/// In an upsert, the value that the draft has for a column; the column itself is that of the row that is there.
///
/// ```
/// # use atlas_tests::guide::*;
/// use atlas::excluded;
/// # run(async |db| {
/// let drafts = [("Anna", "Ann@example.com", 3), ("Dee", "Dee@example.com", 20)]
///     .map(|(name, email, age)| User::draft().name(name).email(email).age(age));
/// let update = (User::name, User::age.set_from(User::age + excluded(User::age)));
/// User::upsert(&db, drafts, User::email, update).await?;
/// let anna = User::find_or_fail(&db, 1).await?;
/// assert_eq!((anna.name.as_str(), anna.age), ("Anna", Some(37)));
/// # Ok(())
/// # });
/// ```
pub fn excluded<M: Model, T: Attribute>(column: Column<M, T>) -> Scalar<Excluded<M>, T> {
    Scalar::new(Expr::Excluded(ColumnRef { table: None, ..column.reference() }))
}

/// What an upsert changes of a row that is there.
#[derive(Debug, Default)]
pub struct Changes {
    /// The columns that get the draft's values, by their places.
    pub(crate) columns: Vec<usize>,
    /// What else columns become.
    pub(crate) set: Vec<(ColumnRef, Expr)>,
}

/// What an upsert changes: columns, which get the draft's values, assignments, a tuple of either, or `()` for nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that an upsert of `{M}` can change",
    label = "expected `{M}::column`, `{M}::column.set_from(value)`, or a tuple of them"
)]
pub trait Upserts<M, I> {
    /// Adds the changes.
    #[doc(hidden)]
    fn changes(self, into: &mut Changes);
}

#[diagnostic::do_not_recommend]
impl<M, T> Upserts<M, ()> for Column<M, T> {
    fn changes(self, into: &mut Changes) {
        into.columns.push(self.index);
    }
}

// Recommended, so that the message is about the model that is not part of the upsert.
impl<M: Model, X: In<(M, Excluded<M>), I>, I> Upserts<M, I> for Assignment<M, X> {
    fn changes(self, into: &mut Changes) {
        into.set.push((self.column, self.value));
    }
}

#[diagnostic::do_not_recommend]
impl<M> Upserts<M, ()> for () {
    fn changes(self, _: &mut Changes) {}
}

macro_rules! tuples {
    ($($part:ident $place:ident),*) => {
        #[diagnostic::do_not_recommend]
        impl<M, $($part: Upserts<M, $place>, $place),*> Upserts<M, ($($place,)*)> for ($($part,)*) {
            #[allow(non_snake_case)]
            fn changes(self, into: &mut Changes) {
                let ($($part,)*) = self;
                $($part.changes(into);)*
            }
        }
    };
}
tuples!(A A1);
tuples!(A A1, B B1);
tuples!(A A1, B B1, C C1);
tuples!(A A1, B B1, C C1, D D1);
tuples!(A A1, B B1, C C1, D D1, E E1);
tuples!(A A1, B B1, C C1, D D1, E E1, F F1);
tuples!(A A1, B B1, C C1, D D1, E E1, F F1, G G1);
tuples!(A A1, B B1, C C1, D D1, E E1, F F1, G G1, H H1);
