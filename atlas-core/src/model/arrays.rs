//! Questions to arrays.

use std::marker::PhantomData;

use crate::{
    model::{Base, Expr, Expression, Scalar},
    statement::{CompareOp, Expr as Node, Function, JsonAt, JsonQuestion, JsonStep},
    value::{Array, Attribute, Cast, Item, ItemType, Value, With},
};

/// An array of `T`, to be asked: see [`ArrayExpression::array`].
pub struct ArrayValue<S, T> {
    of: Node,
    asked: PhantomData<fn() -> (S, T)>,
}

impl<S, T> Clone for ArrayValue<S, T> {
    fn clone(&self) -> Self {
        Self { of: self.of.clone(), asked: PhantomData }
    }
}

/// Columns that are arrays.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` column is no array",
    label = "only for `Vec`s with `#[cast(array)]`"
)]
pub trait IsArray: Attribute {
    /// What is in it.
    type Item: Item;
}

#[diagnostic::do_not_recommend]
impl<T: Item> IsArray for With<Vec<T>, Array> {
    type Item = T;
}

/// What is asked of columns that are arrays. The prelude brings its method into scope.
pub trait ArrayExpression: Expression {
    /// The array, to be asked what is in it.
    ///
    /// ```
    /// # use atlas::prelude::*;
    /// #[derive(Model, Debug)]
    /// struct Song {
    ///     id: i64,
    ///     #[cast(array)]
    ///     tags: Vec<String>,
    /// }
    /// # atlas::block_on(async {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.create_tables(models![Song]).await?;
    /// Song::draft().tags(["slow", "sad"].map(String::from).to_vec()).save(&db).await?;
    /// let sad = Song::query().filter(Song::tags.array().contains("sad"));
    /// assert_eq!(sad.count(&db).await?, 1);
    /// let either = Song::query().filter(Song::tags.array().overlaps(["fast", "slow"]));
    /// assert_eq!(either.count(&db).await?, 1);
    /// # Ok::<(), Error>(())
    /// # }).unwrap();
    /// ```
    fn array(self) -> ArrayValue<Self::Scope, <Base<Self> as IsArray>::Item>
    where
        Base<Self>: IsArray,
    {
        ArrayValue { of: self.into_node(), asked: PhantomData }
    }
}

impl<E: Expression> ArrayExpression for E {}

impl<S, T: Item> ArrayValue<S, T> {
    /// Whether this is in it: whether any of its values equals it.
    pub fn contains(self, value: impl Into<T>) -> Expr<S> {
        self.contains_all([value])
    }

    /// Whether all of these are in it. All of none are.
    pub fn contains_all<V: Into<T>>(self, values: impl IntoIterator<Item = V>) -> Expr<S> {
        self.asks(Function::ArrayContains, values)
    }

    /// Whether nothing else than these is in it. An empty array has nothing else.
    pub fn contained_by<V: Into<T>>(self, values: impl IntoIterator<Item = V>) -> Expr<S> {
        self.asks(Function::ArrayContainedBy, values)
    }

    /// Whether one of these is in it; none of none is.
    pub fn overlaps<V: Into<T>>(self, values: impl IntoIterator<Item = V>) -> Expr<S> {
        self.asks(Function::ArrayOverlaps, values)
    }

    /// How many values it has; NULL where there is no array.
    pub fn length(self) -> Scalar<S, Option<i64>> {
        Scalar::new(Node::function(Function::ArrayLength, [self.of]))
    }

    /// Whether it has no values.
    pub fn is_empty(self) -> Expr<S> {
        let none = Node::Value(Value::I64(0));
        let length = Node::function(Function::ArrayLength, [self.of]);
        Expr::new(Node::Compare(CompareOp::Eq, Box::new(length), Box::new(none)))
    }

    /// The value at a place, from 0; NULL where there is none.
    ///
    /// ```
    /// # use atlas::prelude::*;
    /// # #[derive(Model, Debug)]
    /// # struct Song { id: i64, #[cast(array)] tags: Vec<String> }
    /// # atlas::block_on(async {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.create_tables(models![Song]).await?;
    /// Song::draft().tags(["slow", "sad"].map(String::from).to_vec()).save(&db).await?;
    /// let second = Song::query().select(Song::tags.array().at(1)).first(&db).await?;
    /// assert_eq!(second, Some(Some("sad".to_owned())));
    /// # Ok::<(), Error>(())
    /// # }).unwrap();
    /// ```
    pub fn at(self, place: u32) -> Scalar<S, Option<T>>
    where
        T: Attribute<Base = T>,
    {
        let question = match T::ITEM {
            ItemType::Bool => JsonQuestion::Bool,
            ItemType::I16 | ItemType::I32 | ItemType::I64 => JsonQuestion::Integer,
            ItemType::F64 => JsonQuestion::Float,
            ItemType::Text => JsonQuestion::Text,
        };
        let of = Node::function(Function::ArrayToJson, [self.of]);
        let path = vec![JsonStep::Index(place)];
        Scalar::new(Node::Json(Box::new(JsonAt { question, of, path, with: None })))
    }

    /// The array with these values behind its own, for updates; NULL where there is no array.
    ///
    /// ```
    /// # use atlas::prelude::*;
    /// # #[derive(Model, Debug)]
    /// # struct Song { id: i64, #[cast(array)] tags: Vec<String> }
    /// # atlas::block_on(async {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.create_tables(models![Song]).await?;
    /// # Song::draft().tags(["slow", "sad"].map(String::from).to_vec()).save(&db).await?;
    /// Song::query().update(&db, Song::tags.set_expr(Song::tags.array().append(["long"]))).await?;
    /// assert_eq!(Song::query().sole(&db).await?.tags, ["slow", "sad", "long"]);
    /// # Ok::<(), Error>(())
    /// # }).unwrap();
    /// ```
    pub fn append<V: Into<T>>(
        self,
        values: impl IntoIterator<Item = V>,
    ) -> Scalar<S, Option<With<Vec<T>, Array>>> {
        Scalar::new(self.with(Function::ArrayAppend, values))
    }

    fn asks<V: Into<T>>(self, function: Function, values: impl IntoIterator<Item = V>) -> Expr<S> {
        Expr::new(self.with(function, values))
    }

    fn with<V: Into<T>>(self, function: Function, values: impl IntoIterator<Item = V>) -> Node {
        let values: Vec<T> = values.into_iter().map(Into::into).collect();
        let values = <Array as Cast<Vec<T>>>::encode(&values);
        Node::function(function, [self.of, values.into()])
    }
}
