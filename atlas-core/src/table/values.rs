use crate::{
    error::Result,
    relation::{Named, PivotData, PivotValues},
    schema::Name,
    value::{IntoValue, Value},
};

/// Columns and their values: a row to write, or equalities to hold.
///
/// ```
/// # use atlas::values;
/// let ann = values! { name: "Ann", age: 34, "joined on": None::<String> };
/// assert_eq!(ann.len(), 3);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(Vec<(Name, Value)>);

/// [`Values`](crate::table::Values), written shortly: `values! { name: "Ann", age: 34 }`. A name that is no
/// Rust name is written as text.
#[macro_export]
macro_rules! values {
    (@name $name:ident) => { ::core::stringify!($name) };
    (@name $name:literal) => { $name };
    ($($name:tt : $value:expr),* $(,)?) => {
        $crate::table::Values::new()$(.set($crate::values!(@name $name), $value))*
    };
}

impl Values {
    /// No columns yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives a column a value; the last one wins.
    #[must_use]
    pub fn set(mut self, column: impl Into<Name>, value: impl IntoValue) -> Self {
        let (column, value) = (column.into(), value.into_value());
        match self.0.iter_mut().find(|(other, _)| *other == column) {
            Some((_, old)) => *old = value,
            None => self.0.push((column, value)),
        }
        self
    }

    /// How many columns there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The columns and their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = (Name, Value)> {
        self.0.into_iter()
    }

    pub(super) fn get(&self, column: &str) -> Option<&Value> {
        self.0.iter().find(|(name, _)| name == column).map(|(_, value)| value)
    }
}

impl<C: Into<Name>, V: IntoValue, const N: usize> From<[(C, V); N]> for Values {
    fn from(columns: [(C, V); N]) -> Self {
        columns.into_iter().collect()
    }
}

impl<C: Into<Name>, V: IntoValue> FromIterator<(C, V)> for Values {
    fn from_iter<I: IntoIterator<Item = (C, V)>>(columns: I) -> Self {
        columns.into_iter().fold(Self::new(), |values, (column, value)| values.set(column, value))
    }
}

#[diagnostic::do_not_recommend]
impl<P> PivotValues<P, Named> for Values {
    fn pivot_values(self) -> Result<PivotData> {
        Ok(PivotData::named(self.0))
    }
}
