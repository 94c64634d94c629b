use crate::{
    db::Db,
    error::{Error, Result},
    query::{
        FromRow,
        keyset::Keyset,
        source::{Source, check_size},
    },
    statement::{OrderTerm, Select},
    value::Value,
};

/// A way through rows, a part at a time, each of which begins after the values of the last row before it:
/// rows that are changed or removed on the way do not move the others.
pub(super) struct Walk<T> {
    source: Source<T>,
    keyset: Keyset,
    size: u64,
    /// The values of the last row.
    at: Option<Vec<Value>>,
    /// How many rows there still may be.
    left: Option<u64>,
    over: bool,
}

impl<T: FromRow> Walk<T> {
    /// `by`: what it goes by before the key.
    pub(super) fn new(mut source: Source<T>, by: Option<OrderTerm>, size: u64) -> Result<Self> {
        check_size("parts", size)?;
        if !source.select.order.is_empty() {
            return Err(Error::config(
                "rows that are read part by part by their key come in its order: leave out `order_by`, or name a column in `chunk_by`",
            ));
        }
        source.select.order.extend(by);
        let keyset = Keyset::of(source.meta, &source.select, &source.keys, "parts by key")?;
        let left = source.select.limit;
        Ok(Self { source, keyset, size, at: None, left, over: false })
    }

    /// The next rows; none at the end.
    pub(super) async fn step(&mut self, db: &Db) -> Result<Vec<T>> {
        let take = self.left.map_or(self.size, |left| left.min(self.size));
        if self.over || take == 0 {
            return Ok(Vec::new());
        }
        let mut select =
            Select { order: self.keyset.order(), limit: Some(take), ..self.source.select.clone() };
        if let Some(at) = &self.at {
            select.and_where(self.keyset.after(at));
            select.offset = None;
        }
        let part = self.source.rows_and(db, select, self.keyset.expressions(), take).await?;
        let found = u64::try_from(part.rows.len()).unwrap_or(u64::MAX);
        self.left = self.left.map(|left| left.saturating_sub(found));
        self.over = found < take;
        self.at = Some(part.last);
        Ok(part.rows)
    }
}
