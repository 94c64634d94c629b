//! Questions to what is inside of JSON columns, and changes of it.

use std::marker::PhantomData;

use serde::Serialize;

use crate::{
    model::{Assignment, Base, Expr, Expression, Model, Scalar},
    statement::{ColumnRef, Expr as Node, JsonAt, JsonChange, JsonQuestion, JsonStep},
    value::Attribute,
};

/// Something inside of a JSON column: see [`JsonExpression::path`].
pub struct JsonPath<S> {
    of: Node,
    path: Vec<JsonStep>,
    scope: PhantomData<fn() -> S>,
}

impl<S> Clone for JsonPath<S> {
    fn clone(&self) -> Self {
        Self { of: self.of.clone(), path: self.path.clone(), scope: PhantomData }
    }
}

/// Columns of JSON.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` column is no JSON",
    label = "only for `#[cast(json)]` and `serde_json::Value` columns"
)]
pub trait JsonDocument {}
#[diagnostic::do_not_recommend]
impl JsonDocument for serde_json::Value {}
#[diagnostic::do_not_recommend]
impl<T> JsonDocument for crate::value::Json<T> {}

/// What is asked of JSON columns. The prelude brings its methods into scope.
pub trait JsonExpression: Expression {
    /// The value of a key of the column's object. Any text is a key as it stands: dots and quotes mean nothing.
    ///
    /// ```
    /// # use atlas::prelude::*;
    /// # #[derive(Model, Debug)]
    /// # struct Site { id: i64, settings: serde_json::Value }
    /// # atlas::block_on(async {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.create_tables(models![Site]).await?;
    /// let settings = serde_json::json!({ "theme": "dark", "mail": { "days": [1, 5] } });
    /// Site::draft().settings(settings).save(&db).await?;
    /// let dark = Site::query().filter(Site::settings.path("theme").eq("dark"));
    /// assert_eq!(dark.count(&db).await?, 1);
    /// let later = Site::query().filter(Site::settings.path("mail").path("days").at(1).integer().gt(4));
    /// assert_eq!(later.count(&db).await?, 1);
    /// # Ok::<(), Error>(())
    /// # }).unwrap();
    /// ```
    fn path(self, key: impl Into<String>) -> JsonPath<Self::Scope>
    where
        Base<Self>: JsonDocument,
    {
        self.document().path(key)
    }

    /// An element of the column's array, from 0.
    fn at(self, index: u32) -> JsonPath<Self::Scope>
    where
        Base<Self>: JsonDocument,
    {
        self.document().at(index)
    }

    /// The whole document, to be asked what can be asked of its parts.
    fn document(self) -> JsonPath<Self::Scope>
    where
        Base<Self>: JsonDocument,
    {
        JsonPath { of: self.into_node(), path: Vec::new(), scope: PhantomData }
    }
}

impl<E: Expression> JsonExpression for E {}

impl<S> JsonPath<S> {
    /// The value of a key of this object.
    #[must_use]
    pub fn path(mut self, key: impl Into<String>) -> Self {
        self.path.push(JsonStep::Key(key.into()));
        self
    }

    /// An element of this array, from 0.
    #[must_use]
    pub fn at(mut self, index: u32) -> Self {
        self.path.push(JsonStep::Index(index));
        self
    }

    /// Whether it is this, by value: a number, a text, a truth value, an array, an object. Of `None`, and of
    /// anything else that is `null`, whether it is `null` or is not there.
    #[allow(clippy::should_implement_trait)]
    pub fn eq(self, value: impl Serialize) -> Expr<S> {
        match json(value) {
            Ok(text) if text == "null" => self.is_null(),
            Ok(text) => self.condition(JsonQuestion::Equals, Some(text)),
            Err(fault) => Expr::new(fault),
        }
    }

    /// Whether it is there and is something else.
    #[allow(clippy::should_implement_trait)]
    pub fn ne(self, value: impl Serialize) -> Expr<S> {
        self.eq(value).not()
    }

    /// Whether it is one of these.
    pub fn is_in<V: Serialize>(self, values: impl IntoIterator<Item = V>) -> Expr<S> {
        let each = values.into_iter().map(|value| self.clone().eq(value).into_node());
        Expr::new(Node::Or(each.collect()))
    }

    /// Whether it is `null`, or is not there.
    #[allow(clippy::wrong_self_convention)]
    pub fn is_null(self) -> Expr<S> {
        let there = self.clone().condition(JsonQuestion::Exists, None);
        let null = self.condition(JsonQuestion::Equals, Some("null".to_owned()));
        let there = Node::Coalesce(vec![there.into_node(), crate::value::Value::Bool(false).into()]);
        Expr::new(Node::Not(Box::new(there)).or(null.into_node()))
    }

    /// Whether it is there and is not `null`.
    #[allow(clippy::wrong_self_convention)]
    pub fn is_not_null(self) -> Expr<S> {
        self.is_null().not()
    }

    /// Whether the array has this element, or the object these keys with these values.
    pub fn contains(self, value: impl Serialize) -> Expr<S> {
        match json(value) {
            Ok(text) => self.condition(JsonQuestion::Contains, Some(text)),
            Err(fault) => Expr::new(fault),
        }
    }

    /// Whether the array has none of this element, or the object not all of these keys and values.
    pub fn doesnt_contain(self, value: impl Serialize) -> Expr<S> {
        self.contains(value).not()
    }

    /// Whether the array has one of these elements.
    pub fn overlaps<V: Serialize>(self, values: impl IntoIterator<Item = V>) -> Expr<S> {
        let each = values.into_iter().map(|value| self.clone().contains(value).into_node());
        Expr::new(Node::Or(each.collect()))
    }

    /// Whether the array has none of these elements.
    pub fn doesnt_overlap<V: Serialize>(self, values: impl IntoIterator<Item = V>) -> Expr<S> {
        self.overlaps(values).not()
    }

    /// Whether the object has this key, if only with a `null`.
    pub fn contains_key(self, key: impl Into<String>) -> Expr<S> {
        self.path(key).condition(JsonQuestion::Exists, None)
    }

    /// Whether the object lacks this key.
    pub fn doesnt_contain_key(self, key: impl Into<String>) -> Expr<S> {
        self.contains_key(key).not()
    }

    /// The text that it is; NULL where it is no text, or not there.
    pub fn text(self) -> Scalar<S, Option<String>> {
        self.value(JsonQuestion::Text)
    }

    /// The number that it is, cut towards zero; NULL where it is no number, or not there.
    pub fn integer(self) -> Scalar<S, Option<i64>> {
        self.value(JsonQuestion::Integer)
    }

    /// The number that it is; NULL where it is no number, or not there.
    pub fn float(self) -> Scalar<S, Option<f64>> {
        self.value(JsonQuestion::Float)
    }

    /// The truth value that it is; NULL where it is none, or not there.
    pub fn boolean(self) -> Scalar<S, Option<bool>> {
        self.value(JsonQuestion::Bool)
    }

    /// How many elements the array has; NULL where it is no array, or not there.
    pub fn length(self) -> Scalar<S, Option<i64>> {
        self.value(JsonQuestion::Length)
    }

    /// For [`update`](crate::Query::update): this becomes that, and the rest of the document stays. A key that is not
    /// there yet is added, and so is an element behind the last; a column that is NULL becomes an object. Where there
    /// is no object to put the key in, and no array for the element, nothing changes.
    ///
    /// ```
    /// # use atlas::prelude::*;
    /// # #[derive(Model, Debug)]
    /// # struct Site { id: i64, settings: serde_json::Value }
    /// # atlas::block_on(async {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.create_tables(models![Site]).await?;
    /// # let settings = serde_json::json!({ "theme": "dark", "mail": { "days": [1, 5] } });
    /// # Site::draft().settings(settings).save(&db).await?;
    /// let set = (Site::settings.path("theme").set("light"), Site::settings.path("mail").path("days").remove());
    /// Site::query().update(&db, set).await?;
    /// let site = Site::query().sole(&db).await?;
    /// assert_eq!(site.settings, serde_json::json!({ "theme": "light", "mail": {} }));
    /// # Ok::<(), Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// Nobody checks before the next read that the field's type can be read of the document.
    pub fn set(self, value: impl Serialize) -> Assignment<S>
    where
        S: Model,
    {
        match json(value) {
            Ok(text) => self.changed(Some(text)),
            Err(fault) => self.assigned(fault),
        }
    }

    /// For [`update`](crate::Query::update): this is taken out of its object or array, where it is there.
    pub fn remove(self) -> Assignment<S>
    where
        S: Model,
    {
        self.changed(None)
    }

    fn changed(self, to: Option<String>) -> Assignment<S> {
        if self.path.is_empty() {
            let fault = "a change inside of JSON needs a path to it: set the column for a whole document";
            return self.assigned(Node::Fault(fault.to_owned()));
        }
        let change = JsonChange { of: self.of.clone(), path: self.path.clone(), to };
        self.assigned(Node::JsonChange(Box::new(change)))
    }

    fn assigned(self, value: Node) -> Assignment<S> {
        match self.of {
            Node::Column(column) => Assignment::new(column, value),
            _ => {
                let fault = Node::Fault("only what is inside of a column can be set".to_owned());
                Assignment::new(ColumnRef { table: None, name: "".into(), ty: None }, fault)
            }
        }
    }

    fn value<T: Attribute>(self, question: JsonQuestion) -> Scalar<S, T> {
        Scalar::new(self.asked(question, None))
    }

    fn condition(self, question: JsonQuestion, with: Option<String>) -> Expr<S> {
        Expr::new(self.asked(question, with))
    }

    fn asked(self, question: JsonQuestion, with: Option<String>) -> Node {
        Node::Json(Box::new(JsonAt { question, of: self.of, path: self.path, with }))
    }
}

fn json(value: impl Serialize) -> Result<String, Node> {
    serde_json::to_string(&value).map_err(|error| {
        Node::Fault(format!("a value that JSON is compared with cannot be written as JSON: {error}"))
    })
}
