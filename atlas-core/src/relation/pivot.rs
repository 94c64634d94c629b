//! Tables between: what is said of their rows, and by which types.

use std::fmt;

use crate::{
    error::{Error, Result},
    model::{Assignments, Column, Complete, Expression, IntoKey, Model, Operand},
    relation::{Linked, Pivot, kind},
    schema::Name,
    statement::{self, ColumnRef, CompareOp},
    value::{Attribute, IntoValue, Value},
};

/// Kinds whose records meet in a table between.
#[diagnostic::on_unimplemented(
    message = "this relation has no pivot table",
    label = "only for belongs_to_many and morph_to_many"
)]
pub trait HasPivot: Linked {
    /// The model of the table between; `()` where it has none.
    type Pivot: Pivot;
}
#[diagnostic::do_not_recommend]
impl<P: Pivot> HasPivot for kind::BelongsToMany<P> {
    type Pivot = P;
}
#[diagnostic::do_not_recommend]
impl<P: Pivot> HasPivot for kind::MorphToMany<P> {
    type Pivot = P;
}

/// Columns of a table between and their values, by name.
#[derive(Debug, Default)]
pub struct PivotData(pub(super) Vec<(Name, Value)>);

impl PivotData {
    /// By the columns' names.
    pub fn named(values: impl IntoIterator<Item = (Name, Value)>) -> Self {
        Self(values.into_iter().collect())
    }
}

/// What says how values are given: by the name of each column.
pub struct Named;
/// What says how values are given: as assignments to columns of the table's model.
pub struct Assigned<I>(I);
/// What says how values are given: as a draft of the table's model.
pub struct Drafted;

/// Values for columns of a table between, that of the model `P` or (`()`) one without a model:
/// `values! { level: 3 }`, `RoleUser::level.set(3)` or a tuple of these, `RoleUser::draft().level(3)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` gives no values for the table between",
    label = "expected `values! {{ column: value }}`, assignments to columns of its model, or a draft of it"
)]
pub trait PivotValues<P, I> {
    /// The values by name.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where a value is not known before the row is there, or a draft brings others with it.
    fn pivot_values(self) -> Result<PivotData>;
}

#[diagnostic::do_not_recommend]
impl<P: Model, I, A: Assignments<P, P, I>> PivotValues<P, Assigned<I>> for A {
    fn pivot_values(self) -> Result<PivotData> {
        let one = |column: ColumnRef, value| match value {
            statement::Expr::Value(value) => Ok((column.name, value)),
            _ => Err(Error::config(format!(
                "a row of `{}` that is attached has no old value to reckon `{}` from: set a value",
                P::meta().name,
                column.name
            ))),
        };
        self.assignments()
            .into_iter()
            .map(|(column, value)| one(column, value))
            .collect::<Result<_>>()
            .map(PivotData)
    }
}

#[diagnostic::do_not_recommend]
impl<P: Model, D: Complete<P>> PivotValues<P, Drafted> for D {
    fn pivot_values(self) -> Result<PivotData> {
        let name = |(column, value): (usize, Value)| {
            P::meta().names.get(column).map(|name| (Name::from(*name), value))
        };
        let draft = self.into_data();
        draft.alone()?;
        Ok(PivotData(draft.into_given().filter_map(name).collect()))
    }
}

/// What says that a record is named by its key alone.
pub struct ByKey;
/// What says that values for the table between come with the key.
pub struct With<I>(I);

/// A record that a row of a table between leads to: its key or the record, or a pair of it and values of the
/// row.
#[diagnostic::on_unimplemented(
    message = "`{Self}` names no `{N}` for the table between",
    label = "expected a key, a record, or a pair of it and values"
)]
pub trait Attaching<N: Model, P, I> {
    /// The key, and the values.
    #[doc(hidden)]
    fn attaching(self) -> (N::Key, Result<PivotData>);
}

#[diagnostic::do_not_recommend]
impl<N: Model, P, X: IntoKey<N::Key>> Attaching<N, P, ByKey> for X {
    fn attaching(self) -> (N::Key, Result<PivotData>) {
        (self.into_key(), Ok(PivotData::default()))
    }
}

#[diagnostic::do_not_recommend]
impl<N: Model, P, I, X: IntoKey<N::Key>, V: PivotValues<P, I>> Attaching<N, P, With<I>> for (X, V) {
    fn attaching(self) -> (N::Key, Result<PivotData>) {
        (self.0.into_key(), self.1.pivot_values())
    }
}

/// A column of a table between that a `V` is compared with: of its model `P`, or by name where it has none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no column of this table between, or none that a `{V}` is compared with",
    label = "expected a column of its model, or its name where it has no model"
)]
pub trait PivotColumn<P, V> {
    /// Whether the column has the value.
    #[doc(hidden)]
    fn is(self, value: V, table: &'static str) -> statement::Expr;
}

#[diagnostic::do_not_recommend]
impl<P: Model, T: Attribute, R, V: Operand<T::Base, P, Scope = P>> PivotColumn<P, V> for Column<P, T, R> {
    fn is(self, value: V, _: &'static str) -> statement::Expr {
        self.eq(value).into_node()
    }
}

#[diagnostic::do_not_recommend]
impl<V: IntoValue> PivotColumn<(), V> for &str {
    fn is(self, value: V, table: &'static str) -> statement::Expr {
        let column = ColumnRef { table: Some(table.into()), name: self.to_owned().into(), ty: None };
        let column = Box::new(statement::Expr::Column(column));
        match value.into_value() {
            Value::Null => statement::Expr::IsNull(column),
            value => statement::Expr::Compare(CompareOp::Eq, column, Box::new(value.into())),
        }
    }
}

/// What [`sync`](crate::relation::Related::sync) and [`toggle`](crate::relation::Related::toggle) changed: the keys of the records.
pub struct Changed<K> {
    /// To which rows were inserted.
    pub attached: Vec<K>,
    /// To which rows were removed.
    pub detached: Vec<K>,
    /// Whose rows got other values.
    pub updated: Vec<K>,
}

impl<K> Changed<K> {
    pub(super) fn nothing() -> Self {
        Self { attached: Vec::new(), detached: Vec::new(), updated: Vec::new() }
    }

    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.attached.is_empty() && self.detached.is_empty() && self.updated.is_empty()
    }
}

impl<K: fmt::Debug> fmt::Debug for Changed<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changed")
            .field("attached", &self.attached)
            .field("detached", &self.detached)
            .field("updated", &self.updated)
            .finish()
    }
}
