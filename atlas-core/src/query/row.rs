use std::ops::ControlFlow;

use crate::{
    driver::{Row, RowSink},
    error::Result,
    model::{Model, ModelMeta},
    query::{Places, Retrieved},
    record::{Record, Siblings},
    value::{Attribute, Value, ValueRef},
};

/// What a row becomes: a record, a value, a struct that derives it, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "a row cannot be read as a `{Self}`",
    label = "no record, no value, and no struct with #[derive(FromRow)]",
    note = "a model's rows are `Record<..>`s"
)]
pub trait FromRow: Sized + Send + 'static {
    /// How many columns it is made of.
    fn width() -> usize;

    /// Reads the row's columns from `start` on.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode) where a value does not fit.
    fn from_row(row: &dyn Row, start: usize) -> Result<Self>;

    /// Finds its columns among those of a statement in the database's own language: a value is the one that is
    /// called as its field, or the next one; a record has its columns by their names.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) where one is not there.
    #[doc(hidden)]
    fn places(_field: Option<&str>, places: &mut Places<'_>) -> Result<()> {
        (0..Self::width()).try_for_each(|_| places.take(None))
    }

    /// Which of its columns tell it from others, where the row's first is at `start`.
    #[doc(hidden)]
    fn keys(_start: usize) -> Vec<usize> {
        Vec::new()
    }

    /// Notes that the records in these rows came together; `part` finds this part of a row.
    #[doc(hidden)]
    fn introduce<R>(_rows: &mut [R], _part: Part<'_, R, Self>) {}

    /// The models of the records in a row.
    #[doc(hidden)]
    fn models(_each: &mut dyn FnMut(&'static ModelMeta)) {}

    /// The records in this row.
    #[doc(hidden)]
    fn records<'a>(&'a mut self, _all: &mut Retrieved<'a>) {}

    /// Takes a value that the query brought beside the columns.
    #[doc(hidden)]
    fn beside(&mut self, _name: &str, _value: Value) {}
}

/// Where a part of a row is, where it has it.
pub type Part<'p, R, T> = &'p dyn Fn(&mut R) -> Option<&mut T>;

/// Rows that begin with a record of the model that the query starts at.
#[diagnostic::on_unimplemented(
    message = "the rows of this query begin with no record of `{M}`",
    label = "only where rows are records",
    note = "leave out `.select(..)`, or load the relation for what a query of records gives"
)]
pub trait Rooted<M: Model>: FromRow {
    /// That record.
    fn root(&mut self) -> &mut Record<M>;
}

#[diagnostic::do_not_recommend]
impl<M: Model> Rooted<M> for Record<M> {
    fn root(&mut self) -> &mut Record<M> {
        self
    }
}

impl<M: Model> FromRow for Record<M> {
    fn width() -> usize {
        M::meta().columns.len()
    }

    #[inline]
    fn from_row(row: &dyn Row, start: usize) -> Result<Self> {
        M::decode(row, start).map(Self::loaded)
    }

    fn places(_field: Option<&str>, places: &mut Places<'_>) -> Result<()> {
        places.take_all(M::meta().names)
    }

    fn keys(start: usize) -> Vec<usize> {
        M::meta().key.iter().map(|index| start + index).collect()
    }

    fn introduce<R>(rows: &mut [R], part: Part<'_, R, Self>) {
        Siblings::introduce(rows, part);
    }

    fn models(each: &mut dyn FnMut(&'static ModelMeta)) {
        each(M::meta());
    }

    fn records<'a>(&'a mut self, all: &mut Retrieved<'a>) {
        all.add(self);
    }

    fn beside(&mut self, name: &str, value: Value) {
        self.state.set_extra(name.to_owned(), value);
    }
}

/// A record that a left join may not have found: `None` where its key is NULL.
impl<M: Model> FromRow for Option<Record<M>> {
    fn width() -> usize {
        M::meta().columns.len()
    }

    fn from_row(row: &dyn Row, start: usize) -> Result<Self> {
        let meta = M::meta();
        let is_null = |column: usize| Ok::<_, crate::Error>(row.get(start + column)?.is_null());
        let absent = match meta.key {
            [] => (0..meta.columns.len())
                .try_fold(true, |all, column| Ok::<_, crate::Error>(all && is_null(column)?))?,
            [key, ..] => is_null(*key)?,
        };
        if absent { Ok(None) } else { Record::from_row(row, start).map(Some) }
    }

    fn places(_field: Option<&str>, places: &mut Places<'_>) -> Result<()> {
        places.take_all(M::meta().names)
    }

    fn keys(start: usize) -> Vec<usize> {
        M::meta().key.iter().map(|index| start + index).collect()
    }

    fn introduce<R>(rows: &mut [R], part: Part<'_, R, Self>) {
        Record::introduce(rows, &|row| part(row).and_then(Option::as_mut));
    }

    fn models(each: &mut dyn FnMut(&'static ModelMeta)) {
        each(M::meta());
    }

    fn records<'a>(&'a mut self, all: &mut Retrieved<'a>) {
        self.iter_mut().for_each(|record| all.add(record));
    }
}

impl<T: Attribute> FromRow for T {
    fn width() -> usize {
        1
    }

    #[inline]
    fn from_row(row: &dyn Row, start: usize) -> Result<Self> {
        row.get(start).and_then(T::decode).map_err(|error| error.selected(row.name(start)))
    }

    fn places(field: Option<&str>, places: &mut Places<'_>) -> Result<()> {
        places.take(field)
    }
}

macro_rules! tuple {
    ($first:ident $($part:ident $place:tt)*) => {
        impl<$first: FromRow, $($part: FromRow),*> FromRow for ($first, $($part,)*) {
            fn width() -> usize {
                $first::width() $(+ $part::width())*
            }

            #[allow(unused_assignments)]
            fn from_row(row: &dyn Row, mut start: usize) -> Result<Self> {
                Ok((
                    {
                        let part = $first::from_row(row, start)?;
                        start += $first::width();
                        part
                    },
                    $({
                        let part = $part::from_row(row, start)?;
                        start += $part::width();
                        part
                    },)*
                ))
            }

            fn places(_field: Option<&str>, places: &mut Places<'_>) -> Result<()> {
                $first::places(None, places)?;
                $($part::places(None, places)?;)*
                Ok(())
            }

            #[allow(unused_assignments)]
            fn keys(mut start: usize) -> Vec<usize> {
                let mut keys = $first::keys(start);
                start += $first::width();
                $(
                    keys.extend($part::keys(start));
                    start += $part::width();
                )*
                keys
            }

            fn introduce<Whole>(rows: &mut [Whole], part: Part<'_, Whole, Self>) {
                $first::introduce(rows, &|row| part(row).map(|tuple| &mut tuple.0));
                $($part::introduce(rows, &|row| part(row).map(|tuple| &mut tuple.$place));)*
            }

            fn models(each: &mut dyn FnMut(&'static ModelMeta)) {
                $first::models(each);
                $($part::models(each);)*
            }

            fn records<'a>(&'a mut self, all: &mut Retrieved<'a>) {
                self.0.records(all);
                $(self.$place.records(all);)*
            }

            fn beside(&mut self, name: &str, value: Value) {
                self.0.beside(name, value);
            }
        }

        #[diagnostic::do_not_recommend]
        impl<Root: Model, $($part: FromRow),*> Rooted<Root> for (Record<Root>, $($part,)*) {
            fn root(&mut self) -> &mut Record<Root> {
                &mut self.0
            }
        }
    };
}
tuple!(A B 1);
tuple!(A B 1 C 2);
tuple!(A B 1 C 2 D 3);
tuple!(A B 1 C 2 D 3 E 4);
tuple!(A B 1 C 2 D 3 E 4 F 5);
tuple!(A B 1 C 2 D 3 E 4 F 5 G 6);
tuple!(A B 1 C 2 D 3 E 4 F 5 G 6 H 7);
tuple!(A B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8);
tuple!(A B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9);
tuple!(A B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10);
tuple!(A B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11);

/// Every row, in order.
pub(crate) struct Collect<T>(pub(crate) Vec<T>);

impl<T: FromRow> RowSink for Collect<T> {
    #[inline]
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        self.0.push(T::from_row(row, 0)?);
        Ok(ControlFlow::Continue(()))
    }

    fn restart(&mut self) -> bool {
        self.0.clear();
        true
    }

    fn restartable(&self) -> bool {
        true
    }
}

/// Every row, in order, and what stands in it after the first `width` columns.
pub(crate) struct Beside<T> {
    pub(crate) width: usize,
    pub(crate) rows: Vec<T>,
    /// The names of the further columns.
    pub(crate) names: Vec<Box<str>>,
    /// Their values, row after row.
    pub(crate) values: Vec<Value>,
}

impl<T> Beside<T> {
    pub(crate) fn after(width: usize) -> Self {
        Self { width, rows: Vec::new(), names: Vec::new(), values: Vec::new() }
    }
}

impl<T: FromRow> Beside<T> {
    /// The rows, each with what came beside it.
    pub(crate) fn into_rows(self) -> Vec<T> {
        let Self { mut rows, names, values, .. } = self;
        let mut values = values.into_iter();
        for row in &mut rows {
            for (name, value) in names.iter().zip(values.by_ref()) {
                row.beside(name, value);
            }
        }
        rows
    }
}

impl<T: FromRow> RowSink for Beside<T> {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        if self.names.is_empty() {
            self.names = (self.width..row.len()).map(|index| row.name(index).into()).collect();
        }
        self.rows.push(T::from_row(row, 0)?);
        for index in self.width..row.len() {
            self.values.push(row.get(index)?.to_owned());
        }
        Ok(ControlFlow::Continue(()))
    }

    fn restart(&mut self) -> bool {
        self.rows.clear();
        self.values.clear();
        true
    }

    fn restartable(&self) -> bool {
        true
    }
}

/// The first column of every row.
pub(crate) struct Pluck<T> {
    pub(crate) values: Vec<T>,
    /// Whose column it is, for errors.
    pub(crate) place: (&'static str, &'static str),
}

impl<T: Attribute> RowSink for Pluck<T> {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        let value = row.get(0).and_then(T::decode).map_err(|error| error.at(self.place.0, self.place.1))?;
        self.values.push(value);
        Ok(ControlFlow::Continue(()))
    }

    fn restart(&mut self) -> bool {
        self.values.clear();
        true
    }

    fn restartable(&self) -> bool {
        true
    }
}

/// The first column of one row; nothing where it is NULL.
pub(crate) struct One<T> {
    pub(crate) value: Option<T>,
    /// Whose column it is, for errors.
    pub(crate) place: (&'static str, &'static str),
}

impl<T: Attribute> RowSink for One<T> {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        let read =
            row.get(0).and_then(|value| if value.is_null() { Ok(None) } else { T::decode(value).map(Some) });
        self.value = read.map_err(|error| error.at(self.place.0, self.place.1))?;
        Ok(ControlFlow::Break(()))
    }

    fn restart(&mut self) -> bool {
        self.value = None;
        true
    }

    fn restartable(&self) -> bool {
        true
    }
}

/// The last column of every row, as lines of text: a plan.
#[derive(Default)]
pub(crate) struct Lines(pub(crate) String);

impl RowSink for Lines {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        let last = row.len().saturating_sub(1);
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        match row.get(last)? {
            ValueRef::Text(text) | ValueRef::Json(text) => self.0.push_str(text),
            other => self.0.push_str(&other.to_string()),
        }
        Ok(ControlFlow::Continue(()))
    }

    fn restart(&mut self) -> bool {
        self.0.clear();
        true
    }

    fn restartable(&self) -> bool {
        true
    }
}
