use crate::statement::{Expr, OrderTerm};

/// A value of each row that is computed of the rows around it: `OVER`.
#[derive(Clone, Debug, PartialEq)]
pub struct Over {
    /// An aggregate, or a function of windows.
    pub of: Expr,
    /// What the rows around it have in common with it.
    pub partition: Vec<Expr>,
    /// In which order they are.
    pub order: Vec<OrderTerm>,
    /// Which of them count; with an order, those up to the row and its equals, else all.
    pub frame: Option<Frame>,
}

/// The rows around one, by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// How many before it; `None` for all.
    pub before: Option<i64>,
    /// How many after it; `None` for all. Negative numbers count to the other side.
    pub after: Option<i64>,
}
