//! The database's own language inside of queries.

use std::marker::PhantomData;

use crate::{
    model::{Anywhere, Column, Expr, IntoOrder, Model, Order, Scalar},
    query::{FromRow, Query},
    schema::Name,
    statement::{self, OrderTerm, Projection, Raw},
    value::{Attribute, Binds, Value},
};

/// A text in the database's own language and its values: what the macro `sql!` gives.
///
/// ```
/// # use atlas_tests::guide::*;
/// use atlas::sql;
/// # run(async |db| {
/// let name = "ann";
/// let users = User::query().filter(sql!("lower({User::name}) = {name}").condition());
/// assert_eq!(users.sole(&db).await?.name, "Ann");
///
/// let lengths = Post::query().order_by(Post::id).select((Post::id, sql!("length(title)").of::<i64>()));
/// assert_eq!(lengths.first(&db).await?, Some((1, 13)));
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a piece of SQL does nothing by itself"]
pub struct Sql {
    pub(crate) raw: Raw,
}

impl Sql {
    /// For `sql!`: nothing yet.
    #[doc(hidden)]
    pub fn empty() -> Self {
        Self { raw: Raw { marked: true, ..Raw::new("", []) } }
    }

    /// For `sql!`: a piece of the program's own text.
    #[doc(hidden)]
    pub fn text(&mut self, text: &'static str) {
        self.raw.text.push_str(text);
    }

    /// For `sql!`: a value.
    #[doc(hidden)]
    pub fn value(&mut self, value: &(impl SqlValue + ?Sized)) {
        value.put(self);
    }

    /// For `sql!`: the values of a list.
    #[doc(hidden)]
    pub fn list(&mut self, list: &(impl SqlList + ?Sized)) {
        list.put_all(self);
    }

    /// For `sql!`: a name.
    #[doc(hidden)]
    pub fn name(&mut self, name: impl AsRef<str>) {
        self.raw.text.push(Raw::NAME);
        self.raw.names.push(Name::from(name.as_ref().to_owned()));
    }

    fn bind(&mut self, value: Value) {
        self.raw.text.push(Raw::VALUE);
        self.raw.binds.push(value);
    }

    /// The text as a condition.
    pub fn condition(self) -> Expr<Anywhere> {
        Expr::new(self.into_node())
    }

    /// The text as a value of this type, which nobody checks before the database does: to be selected, compared,
    /// grouped by, or set.
    pub fn of<T: Attribute>(self) -> Scalar<Anywhere, T> {
        Scalar::new(self.into_node())
    }

    fn into_node(self) -> statement::Expr {
        statement::Expr::Raw(self.raw)
    }
}

impl From<Sql> for Expr<Anywhere> {
    fn from(sql: Sql) -> Self {
        sql.condition()
    }
}

#[diagnostic::do_not_recommend]
impl IntoOrder<Anywhere> for Sql {
    fn into_order(self) -> Order<Anywhere> {
        Order::new(self.into_node(), false)
    }
}

/// What stands in `{..}` in `sql!`: a value of a column type, `&str` or a [`Value`], which is bound; a column of a model,
/// whose name is quoted; or another piece of SQL.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be bound in `sql!`",
    label = "not a value of a column",
    note = "a list is `{{ids:list}}`, the name of a table or column `{{name:ident}}`, JSON is `Json(..)`"
)]
pub trait SqlValue {
    /// Puts it into the text.
    #[doc(hidden)]
    fn put(&self, sql: &mut Sql);
}

#[diagnostic::do_not_recommend]
impl<T: Attribute> SqlValue for T {
    fn put(&self, sql: &mut Sql) {
        sql.bind(self.encode());
    }
}

#[diagnostic::do_not_recommend]
impl SqlValue for Value {
    fn put(&self, sql: &mut Sql) {
        sql.bind(self.clone());
    }
}

/// The column by its name, with its table's before it: that there is one is known when the program is compiled, that its
/// model is part of the query is not.
#[diagnostic::do_not_recommend]
impl<M: Model, T> SqlValue for Column<M, T> {
    fn put(&self, sql: &mut Sql) {
        sql.name(M::meta().table);
        sql.text(".");
        sql.name(self.name);
    }
}

#[diagnostic::do_not_recommend]
impl SqlValue for &str {
    fn put(&self, sql: &mut Sql) {
        sql.bind((*self).into());
    }
}

#[diagnostic::do_not_recommend]
impl SqlValue for &String {
    fn put(&self, sql: &mut Sql) {
        sql.bind(self.as_str().into());
    }
}

#[diagnostic::do_not_recommend]
impl SqlValue for Sql {
    fn put(&self, sql: &mut Sql) {
        sql.raw.text.push_str(&self.raw.text);
        sql.raw.binds.extend_from_slice(&self.raw.binds);
        sql.raw.names.extend_from_slice(&self.raw.names);
        sql.raw.fault = sql.raw.fault.take().or_else(|| self.raw.fault.clone());
    }
}

/// What `{..:list}` in `sql!` binds: a slice, an array or a `Vec` of values, one beside the other.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of values to bind in `sql!`",
    label = "expected a `Vec`, an array or a slice of values"
)]
pub trait SqlList {
    /// Puts the values into the text.
    #[doc(hidden)]
    fn put_all(&self, sql: &mut Sql);
}

#[diagnostic::do_not_recommend]
impl<V: SqlValue> SqlList for [V] {
    fn put_all(&self, sql: &mut Sql) {
        if self.is_empty() {
            let message = "a list in `sql!` is empty, and SQL has no empty list: leave the condition out, or ask with \
                           `is_in` or `where_in`, which find nothing then";
            sql.raw.fault.get_or_insert_with(|| message.to_owned());
        }
        for (index, value) in self.iter().enumerate() {
            if index > 0 {
                sql.raw.text.push_str(", ");
            }
            value.put(sql);
        }
    }
}

#[diagnostic::do_not_recommend]
impl<V: SqlValue, const N: usize> SqlList for [V; N] {
    fn put_all(&self, sql: &mut Sql) {
        self.as_slice().put_all(sql);
    }
}

#[diagnostic::do_not_recommend]
impl<V: SqlValue> SqlList for Vec<V> {
    fn put_all(&self, sql: &mut Sql) {
        self.as_slice().put_all(sql);
    }
}

#[diagnostic::do_not_recommend]
impl<L: SqlList + ?Sized> SqlList for &L {
    fn put_all(&self, sql: &mut Sql) {
        (**self).put_all(sql);
    }
}

/// A piece of the database's own language, with a `?` for each value.
pub(crate) fn raw(text: &'static str, binds: impl Binds) -> statement::Expr {
    statement::Expr::Raw(Raw::new(text, binds.into_values()))
}

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// Only rows for which a condition in the database's own language holds, with a `?` for each value. The macro
    /// [`sql!`](crate::query::Sql) writes the values where they belong.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let users = User::query().where_raw("length(name) = ? and age > ?", (3, 18));
    /// assert_eq!(users.pluck(&db, User::name).await?, ["Ann"]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn where_raw(mut self, text: &'static str, binds: impl Binds) -> Self {
        self.select.and_where(raw(text, binds));
        self
    }

    /// Also rows for which this holds: an alternative to the whole filter that stands.
    pub fn or_where_raw(self, text: &'static str, binds: impl Binds) -> Self {
        self.or_node(raw(text, binds))
    }

    /// In this order, which the text says with its directions: `length(name) desc, id`.
    pub fn order_by_raw(mut self, text: &'static str, binds: impl Binds) -> Self {
        self.select.order.push(OrderTerm { expr: raw(text, binds), descending: false, nulls: None });
        self
    }

    /// Takes rows together that have these values in common.
    pub fn group_by_raw(mut self, text: &'static str, binds: impl Binds) -> Self {
        self.select.group.push(raw(text, binds));
        self
    }

    /// Only groups for which this holds, and every `having` before it.
    pub fn having_raw(self, text: &'static str, binds: impl Binds) -> Self {
        self.having(Expr::<Anywhere>::new(raw(text, binds)))
    }

    /// Reads this of each row, as that: the text's values one after the other are those of the type, which nobody
    /// checks before the database does.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let named = User::query().order_by(User::id).select_raw::<(String, i64)>("upper(name), length(name) + ?", [1]);
    /// assert_eq!(named.first(&db).await?, Some(("ANN".to_owned(), 4)));
    /// # Ok(())
    /// # });
    /// ```
    pub fn select_raw<T: FromRow>(self, text: &'static str, binds: impl Binds) -> Query<M, T, Scope> {
        let mut select = self.select;
        select.columns = Projection::Expressions(vec![raw(text, binds).into()]);
        Query { select, loaders: Vec::new(), root: None, of: PhantomData }
    }
}
