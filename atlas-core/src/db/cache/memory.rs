use std::{
    future::ready,
    sync::Arc,
    time::{Duration, Instant},
};

use moka::{Expiry, sync};

use crate::{
    db::{Cache, CacheKey, CachedRows},
    driver::BoxFuture,
    error::Result,
};

/// A [`Cache`] in this program's memory: what is asked for most stays, and nothing longer than it is to.
///
/// ```
/// # use atlas::prelude::*;
/// # atlas::block_on(async {
/// use atlas::MemoryCache;
///
/// let db = Db::builder("sqlite::memory:").cache(MemoryCache::new(10_000)).connect().await?;
/// # assert!(db.health().await.is_healthy());
/// # Ok::<(), Error>(())
/// # }).unwrap();
/// ```
pub struct MemoryCache(sync::Cache<CacheKey, Entry>);

/// Rows, and for how long they are kept.
type Entry = (Arc<CachedRows>, Duration);

impl MemoryCache {
    /// Keeps about so many values: a row of ten columns counts as ten, an empty result as one.
    pub fn new(values: u64) -> Self {
        let weigh =
            |_: &CacheKey, (rows, _): &Entry| u32::try_from(rows.values.len().max(1)).unwrap_or(u32::MAX);
        Self(sync::Cache::builder().max_capacity(values).weigher(weigh).expire_after(Limit).build())
    }
}

/// Each entry has its own time.
struct Limit;

impl Expiry<CacheKey, Entry> for Limit {
    fn expire_after_create(&self, _: &CacheKey, (_, ttl): &Entry, _: Instant) -> Option<Duration> {
        Some(*ttl)
    }

    fn expire_after_update(
        &self,
        _: &CacheKey,
        (_, ttl): &Entry,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(*ttl)
    }
}

impl Cache for MemoryCache {
    fn get<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<Option<Arc<CachedRows>>>> {
        Box::pin(ready(Ok(self.0.get(key).map(|(rows, _)| rows))))
    }

    fn put(&self, key: CacheKey, rows: Arc<CachedRows>, ttl: Duration) -> BoxFuture<'_, Result<()>> {
        self.0.insert(key, (rows, ttl));
        Box::pin(ready(Ok(())))
    }

    fn forget<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<()>> {
        self.0.invalidate(key);
        Box::pin(ready(Ok(())))
    }

    fn clear(&self) -> BoxFuture<'_, Result<()>> {
        self.0.invalidate_all();
        Box::pin(ready(Ok(())))
    }
}
