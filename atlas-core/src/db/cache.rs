//! Results that are kept for a while.

#[cfg(feature = "cache")]
mod memory;
mod recording;

use std::{fmt, sync::Arc, time::Duration};

#[cfg(feature = "cache")]
pub use memory::MemoryCache;
use recording::Recording;

use crate::{
    db::{About, Db, Pending, database::Database},
    driver::{BoxFuture, Outcome, Ran, Row, RowSink},
    error::{Error, Result},
    statement::{Kept, Statement},
    value::{Value, ValueRef},
};

/// Where results are kept that queries ask for with `.cache(..)`: what [`DbBuilder::cache`](crate::db::DbBuilder::cache)
/// takes. With the feature `cache` there is one in memory.
///
/// An error of a store is the query's. Keys and rows hold values of the database, so that neither belongs into a log.
pub trait Cache: Send + Sync + 'static {
    /// What is kept under a key, unless its time is over.
    ///
    /// # Errors
    ///
    /// What the store reports.
    fn get<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<Option<Arc<CachedRows>>>>;

    /// Keeps rows for so long, in place of what the key had.
    ///
    /// # Errors
    ///
    /// What the store reports.
    fn put(&self, key: CacheKey, rows: Arc<CachedRows>, ttl: Duration) -> BoxFuture<'_, Result<()>>;

    /// Forgets what is kept under a key.
    ///
    /// # Errors
    ///
    /// What the store reports.
    fn forget<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<()>>;

    /// Forgets everything.
    ///
    /// # Errors
    ///
    /// What the store reports.
    fn clear(&self) -> BoxFuture<'_, Result<()>>;
}

/// Shared by several databases.
impl<C: Cache + ?Sized> Cache for Arc<C> {
    fn get<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<Option<Arc<CachedRows>>>> {
        (**self).get(key)
    }

    fn put(&self, key: CacheKey, rows: Arc<CachedRows>, ttl: Duration) -> BoxFuture<'_, Result<()>> {
        (**self).put(key, rows, ttl)
    }

    fn forget<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<()>> {
        (**self).forget(key)
    }

    fn clear(&self) -> BoxFuture<'_, Result<()>> {
        (**self).clear()
    }
}

/// What a result is kept under: the connection, the tenant, and the query's name or else its statement with all values.
///
/// A connection without a name has one that no other program knows.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CacheKey(String);

impl CacheKey {
    /// The key as a text. It holds values of the query, which may be secrets.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Not the key: it may hold secrets.
impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CacheKey(..)")
    }
}

/// The rows of a statement, as values.
#[derive(Clone, Default, PartialEq)]
pub struct CachedRows {
    /// Which statement's rows they are, with all its values.
    pub statement: String,
    /// What the columns are called; none where there was no row.
    pub columns: Vec<String>,
    /// The values, row after row.
    pub values: Vec<Value>,
    /// How many rows there are.
    pub rows: usize,
}

/// Not the values: they may be secrets.
impl fmt::Debug for CachedRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedRows").field("columns", &self.columns).field("rows", &self.rows).finish()
    }
}

impl CachedRows {
    /// Hands the rows to a sink, as a driver does.
    fn replay(&self, sink: &mut dyn RowSink) -> Result<()> {
        let width = self.columns.len();
        for row in 0..self.rows {
            let values = self.values.get(row * width..(row + 1) * width).unwrap_or_default();
            if sink.row(&Replayed { columns: &self.columns, values })?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

struct Replayed<'r> {
    columns: &'r [String],
    values: &'r [Value],
}

impl Row for Replayed<'_> {
    fn len(&self) -> usize {
        self.values.len()
    }

    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        let value = self.values.get(index);
        value.map(Value::as_ref).ok_or_else(|| {
            Error::decode("as many columns as the query has", format_args!("{} columns", self.values.len()))
        })
    }

    fn name(&self, index: usize) -> &str {
        self.columns.get(index).map_or("", String::as_str)
    }
}

impl Db {
    /// Forgets what a query kept under a name with `.cache_as(name, ..)`, for the connection and the tenant of this
    /// handle.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// use std::time::Duration;
    ///
    /// let top = Post::query().order_by(Post::votes.desc()).cache_as("top", Duration::from_secs(60));
    /// top.first(&db).await?;
    /// db.forget_cached("top").await?;
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// What the store reports.
    pub fn forget_cached(&self, name: impl Into<String>) -> Pending<'_, ()> {
        let name = name.into();
        Pending::new(async move {
            let database = self.database()?;
            match &database.cache {
                Some(cache) => cache.forget(&self.key(&database, &name)).await,
                None => Ok(()),
            }
        })
    }

    /// Forgets everything that the store keeps which this database was given.
    ///
    /// # Errors
    ///
    /// What the store reports.
    pub fn clear_cached(&self) -> Pending<'_, ()> {
        Pending::new(async move {
            match &self.database()?.cache {
                Some(cache) => cache.clear().await,
                None => Ok(()),
            }
        })
    }

    fn key(&self, database: &Database, name: &str) -> CacheKey {
        let tenancy = self.tenancy.as_deref();
        CacheKey(format!("{:?} {tenancy:?} {name}", database.identity()))
    }

    /// The rows of a statement from the cache, or else from the database and into the cache.
    pub(super) async fn run_cached(
        &self,
        about: Option<About>,
        database: &Arc<Database>,
        cache: &dyn Cache,
        statement: &Statement,
        kept: &Kept,
        mut sink: Box<dyn RowSink>,
    ) -> Ran {
        if kept.ttl.is_zero() {
            return Err(Error::config(
                "a result is to be kept for no time at all: give `.cache(..)` a duration, or leave it out",
            ));
        }
        let sent = database.driver.render(statement)?;
        let identity = format!("{} {:?}", sent.text, sent.binds);
        let key = self.key(database, kept.name.as_deref().unwrap_or(&identity));
        if let Some(rows) = cache.get(&key).await?
            && rows.statement == identity
        {
            rows.replay(&mut *sink)?;
            return Ok((sink, Outcome::default()));
        }
        let recording = Recording::new(sink, identity);
        let (recording, outcome) = self.dispatch(about, statement, Box::new(recording), None).await?;
        let recording: Box<dyn std::any::Any> = recording;
        let Ok(recording) = recording.downcast::<Recording>() else { return Err(self.another_sink()) };
        let (sink, rows) = recording.into_parts();
        cache.put(key, Arc::new(rows), kept.ttl).await?;
        Ok((sink, outcome))
    }
}
