//! Rows whose columns somebody else chose: which of them make what, by their names.

use crate::{
    db::Decode,
    driver::Row,
    error::{Error, Result},
    query::FromRow,
    value::ValueRef,
};

/// The columns of a statement whose text Atlas did not write, and which of them have been given to somebody.
pub struct Places<'r> {
    row: &'r dyn Row,
    /// Where the next part of the row is looked for.
    next: usize,
    /// The columns that are read, in the order in which they are.
    read: Vec<usize>,
}

impl<'r> Places<'r> {
    /// Takes the next column, or the first after those taken that has this name.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where there is none.
    pub fn take(&mut self, name: Option<&str>) -> Result<()> {
        let mut left = self.next..self.row.len();
        let found = match name {
            Some(name) => left.find(|place| self.row.name(*place) == name),
            None => left.next(),
        };
        let place = found.ok_or_else(|| self.missing(name))?;
        self.next = place + 1;
        self.read.push(place);
        Ok(())
    }

    /// Takes the columns of these names, wherever they stand after those that were taken before.
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take).
    pub fn take_all(&mut self, names: &[&str]) -> Result<()> {
        self.each(names, |places, name| places.take(Some(name)))
    }

    /// Lets each of these look for its columns from here on; what comes next is behind all of them.
    pub(crate) fn each<T: Copy>(
        &mut self,
        parts: &[T],
        mut place: impl FnMut(&mut Self, T) -> Result<()>,
    ) -> Result<()> {
        let (first, mut behind) = (self.next, self.next);
        for part in parts {
            self.next = first;
            place(self, *part)?;
            behind = behind.max(self.next);
        }
        self.next = behind;
        Ok(())
    }

    #[cold]
    fn missing(&self, name: Option<&str>) -> Error {
        let names: Vec<String> =
            (0..self.row.len()).map(|place| format!("`{}`", self.row.name(place))).collect();
        let (wanted, there) = (name.map(|name| format!(" `{name}`")).unwrap_or_default(), names.join(", "));
        Error::config(format!("the statement gives no further column{wanted}: there are {there}"))
    }
}

/// For the derive: one field's function that looks for its columns.
pub type PlaceField = (&'static str, fn(Option<&str>, &mut Places<'_>) -> Result<()>);

/// For the derive: lets each field of a struct look for its columns.
///
/// # Errors
///
/// As [`Places::take`].
pub fn place_fields(fields: &[PlaceField], places: &mut Places<'_>) -> Result<()> {
    places.each(fields, |places, (name, place)| place(Some(name), places))
}

/// Some columns of a row, as a row.
struct Placed<'r> {
    row: &'r dyn Row,
    places: &'r [usize],
}

impl Row for Placed<'_> {
    fn len(&self) -> usize {
        self.places.len()
    }

    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        self.row.get(self.places.get(index).copied().unwrap_or(usize::MAX))
    }

    fn name(&self, index: usize) -> &str {
        self.places.get(index).map_or("", |place| self.row.name(*place))
    }
}

/// What makes rows of columns by their names. What no part of a row is made of stands beside it.
pub(crate) fn by_name<T: FromRow>() -> Decode<T> {
    let mut found: Option<(Vec<usize>, Vec<usize>)> = None;
    Box::new(move |row| {
        let (read, others) = match &mut found {
            Some(found) => found,
            none => none.insert(places::<T>(row)?),
        };
        let mut made = T::from_row(&Placed { row, places: read }, 0)?;
        for place in others.iter() {
            made.beside(row.name(*place), row.get(*place)?.to_owned());
        }
        Ok(made)
    })
}

/// The columns that a `T` is made of, and the others.
fn places<T: FromRow>(row: &dyn Row) -> Result<(Vec<usize>, Vec<usize>)> {
    let mut places = Places { row, next: 0, read: Vec::new() };
    T::places(None, &mut places)?;
    let others = (0..row.len()).filter(|place| !places.read.contains(place)).collect();
    Ok((places.read, others))
}
