//! Columns, orders and conditions that somebody outside of the program names: each is checked against the
//! model, and none becomes a part of a statement's text.

use std::{borrow::Cow, marker::PhantomData};

use crate::{
    error::{Error, Result},
    model::{ColumnMeta, Columns, Expr, Model, ModelMeta, Order, like},
    statement::{self, ColumnRef, CompareOp},
    value::{ColumnType, Value, ValueRef},
};

use statement::Expr as Node;

/// A column of the model `M` that was found by its name: see [`Model::column`].
pub struct Found<M> {
    meta: &'static ModelMeta,
    column: &'static ColumnMeta,
    of: PhantomData<fn() -> M>,
}

impl<M: Model> Found<M> {
    pub(super) fn new(name: &str) -> Result<Self> {
        let column = Allowed::all::<M>().column(name)?;
        Ok(Self { meta: M::meta(), column, of: PhantomData })
    }

    /// Its name in the table.
    pub fn name(&self) -> &'static str {
        self.column.name
    }

    /// Smaller values first.
    pub fn asc(&self) -> Order<M> {
        Order::new(reference(self.meta, self.column), false)
    }

    /// Larger values first.
    pub fn desc(&self) -> Order<M> {
        Order::new(reference(self.meta, self.column), true)
    }

    /// Whether it has this value, which is read as one of the column's type.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where the text is no such value.
    pub fn is(&self, text: &str) -> Result<Expr<M>> {
        condition(self.meta, self.column, "eq", text).map(Expr::new)
    }
}

impl Order<()> {
    /// Orders from a text such as `-created_at,name`: columns of the model, each after a `-` where larger values
    /// come first. For [`order_by_each`](crate::Query::order_by_each).
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::Order;
    /// # run(async |db| {
    /// let order = Order::parse::<Post>("-author_id,votes")?;
    /// assert_eq!(Post::query().order_by_each(order).pluck(&db, Post::id).await?, [3, 2, 1]);
    /// assert!(Order::parse::<Post>("title; drop table posts").is_err());
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where a name is no column's, or a secret's: one that is `#[sensitive]`.
    pub fn parse<M: Model>(text: &str) -> Result<Vec<Order<M>>> {
        Allowed::all::<M>().orders(text)
    }

    /// The same of these columns alone, secrets among them.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where a name is none of theirs.
    pub fn parse_only<M: Model>(text: &str, columns: impl Columns<M>) -> Result<Vec<Order<M>>> {
        Allowed::only(columns).orders(text)
    }
}

impl Expr<()> {
    /// A condition from a query string such as `age[gte]=18&name[like]=A%25`: all of its parts hold. Names are columns
    /// of the model, and values are read as values of the columns' types.
    ///
    /// The operators are `eq`, which may be left out, `ne`, `gt`, `gte`, `lt`, `lte`, `in` with commas, `like`, and
    /// `null`, which is `true` or `false`.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::Expr;
    /// # run(async |db| {
    /// let filter = Expr::parse::<Post>("votes[gte]=3&title[like]=Rust+in+%25&author_id=1")?;
    /// assert_eq!(Post::query().filter(filter).count(&db).await?, 2);
    /// let error = Expr::parse::<Post>("votes[gte]=many").err().expect("no number").to_string();
    /// assert!(error.contains("`votes` of `Post`"));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where a name is no column's, or a secret's, and where an operator or a value does not fit.
    pub fn parse<M: Model>(query: &str) -> Result<Expr<M>> {
        Allowed::all::<M>().conditions(query).map(Expr::new)
    }

    /// The same of these columns alone, secrets among them.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_only<M: Model>(query: &str, columns: impl Columns<M>) -> Result<Expr<M>> {
        Allowed::only(columns).conditions(query).map(Expr::new)
    }
}

/// The columns that may be named.
struct Allowed {
    meta: &'static ModelMeta,
    columns: Vec<&'static ColumnMeta>,
}

impl Allowed {
    /// All but secrets, by which one could be guessed.
    fn all<M: Model>() -> Self {
        let meta = M::meta();
        let open = meta.columns.iter().filter(|column| !meta.sensitive.contains(&column.name));
        Self { meta, columns: open.collect() }
    }

    fn only<M: Model>(columns: impl Columns<M>) -> Self {
        let meta = M::meta();
        let columns = columns.columns().into_iter().filter_map(|index| meta.columns.get(index));
        Self { meta, columns: columns.collect() }
    }

    fn column(&self, name: &str) -> Result<&'static ColumnMeta> {
        let found = self.columns.iter().find(|column| column.field == name || column.name == name);
        found.copied().ok_or_else(|| self.unknown(name))
    }

    #[cold]
    fn unknown(&self, name: &str) -> Error {
        let names: Vec<String> = self.columns.iter().map(|column| format!("`{}`", column.name)).collect();
        let (shown, model, names) = (shortened(name), self.meta.name, names.join(", "));
        Error::config(format!("`{model}` has no column `{shown}` that may be named: there are {names}"))
    }

    fn orders<M>(&self, text: &str) -> Result<Vec<Order<M>>> {
        let terms = text.split(',').map(str::trim).filter(|term| !term.is_empty());
        let order = |term: &str| {
            let (name, descending) = term.strip_prefix('-').map_or((term, false), |name| (name, true));
            Ok(Order::new(reference(self.meta, self.column(name)?), descending))
        };
        terms.map(order).collect()
    }

    fn conditions(&self, query: &str) -> Result<Node> {
        let parts = query.split('&').filter(|part| !part.is_empty());
        let part = |part: &str| {
            let (key, text) = part.split_once('=').unwrap_or((part, ""));
            let (key, text) = (decoded(key)?, decoded(text)?);
            let bracketed = key.strip_suffix(']').and_then(|key| key.split_once('['));
            let (name, operator) = bracketed.unwrap_or((&key, "eq"));
            condition(self.meta, self.column(name)?, operator, &text)
        };
        parts.map(part).collect::<Result<_>>().map(Node::And)
    }
}

fn reference(meta: &'static ModelMeta, column: &'static ColumnMeta) -> Node {
    let (table, name) = (Some(meta.table.into()), column.name.into());
    Node::Column(ColumnRef { table, name, ty: Some(column.ty) })
}

/// The condition that an operator and a text name.
fn condition(
    meta: &'static ModelMeta,
    column: &'static ColumnMeta,
    operator: &str,
    text: &str,
) -> Result<Node> {
    let of = || Box::new(reference(meta, column));
    let place = || format!("`{}` of `{}`", column.name, meta.name);
    let op = match operator {
        "eq" => CompareOp::Eq,
        "ne" => CompareOp::Ne,
        "gt" => CompareOp::Gt,
        "gte" => CompareOp::Ge,
        "lt" => CompareOp::Lt,
        "lte" => CompareOp::Le,
        "in" => {
            let values = text.split(',').map(|text| value(meta, column, text));
            return Ok(Node::In(of(), values.collect::<Result<_>>()?));
        }
        "like" if column.ty == ColumnType::Text => return Ok(like(*of(), text.to_owned())),
        "like" => {
            return Err(Error::config(format!("{} is no text: `like` is for texts", place())));
        }
        "null" => {
            let is_null = Node::IsNull(of());
            return match text {
                "true" | "1" => Ok(is_null),
                "false" | "0" => Ok(Node::Not(Box::new(is_null))),
                _ => Err(Error::config(format!("`null` for {} is `true` or `false`", place()))),
            };
        }
        other => {
            return Err(Error::config(format!(
                "there is no operator `{}` for {}: there are `eq`, `ne`, `gt`, `gte`, `lt`, `lte`, `in`, `like`, `null`",
                shortened(other),
                place()
            )));
        }
    };
    Ok(Node::Compare(op, of(), Box::new(value(meta, column, text)?.into())))
}

/// A text as a value of a column's type.
fn value(meta: &'static ModelMeta, column: &'static ColumnMeta, text: &str) -> Result<Value> {
    let wrong = || {
        let (name, model, shown, ty) = (column.name, meta.name, shortened(text), column.ty);
        Error::config(format!("`{shown}` is no value for `{name}` of `{model}`, which is a {ty:?}"))
    };
    let read = match column.ty {
        ColumnType::Bool => match text {
            "true" | "1" => ValueRef::Bool(true),
            "false" | "0" => ValueRef::Bool(false),
            _ => return Err(wrong()),
        },
        ty if ty.is_integer() => match (text.parse(), text.parse()) {
            (Ok(number), _) => ValueRef::I64(number),
            (_, Ok(number)) => ValueRef::U64(number),
            _ => return Err(wrong()),
        },
        ColumnType::F32 | ColumnType::F64 => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => ValueRef::F64(number),
            _ => return Err(wrong()),
        },
        ColumnType::Bytes | ColumnType::Json => {
            let (name, model) = (column.name, meta.name);
            return Err(Error::config(format!("`{name}` of `{model}` cannot be compared with a text")));
        }
        _ => ValueRef::Text(text),
    };
    (column.cast)(read).map_err(|_| wrong())
}

/// A part of a query string as it was before it was put into one.
fn decoded(text: &str) -> Result<Cow<'_, str>> {
    if !text.contains(['%', '+']) {
        return Ok(text.into());
    }
    let wrong = || Error::config(format!("`{}` is no part of a query string", shortened(text)));
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
                let (high, low) = (digit().ok_or_else(wrong)?, digit().ok_or_else(wrong)?);
                u8::try_from(high * 16 + low).map_err(|_| wrong())?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| wrong())
}

/// What somebody sent, as a message shows it.
fn shortened(text: &str) -> String {
    const MOST: usize = 40;
    let cut: String = text.chars().take(MOST).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}
