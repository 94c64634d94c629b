//! The pool, with connections that break when they are told to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use atlas_core::{Error, Result, driver::BoxFuture};
use atlas_server::{Condition, Manager, Pool, PoolOptions};
use tokio::time::{sleep, timeout};

/// A server that counts what is done with it.
#[derive(Clone, Default)]
struct Server(Arc<Counts>);

#[derive(Default)]
struct Counts {
    connects: AtomicU32,
    cleanings: AtomicU32,
    ends: AtomicU32,
    /// Whether it refuses connections, and has none of the old ones any more.
    down: AtomicBool,
    /// Whether cleaning takes for ever.
    stuck: AtomicBool,
}

impl Server {
    fn counts(&self) -> (u32, u32, u32) {
        let counts = &self.0;
        (counts.connects.load(SeqCst), counts.cleanings.load(SeqCst), counts.ends.load(SeqCst))
    }
}

impl Manager for Server {
    type Connection = u32;

    fn connect(&self) -> BoxFuture<'_, Result<u32>> {
        Box::pin(async {
            if self.0.down.load(SeqCst) {
                return Err(Error::config("the server is down"));
            }
            Ok(self.0.connects.fetch_add(1, SeqCst) + 1)
        })
    }

    fn clean<'a>(&'a self, _: &'a mut u32) -> BoxFuture<'a, Result<()>> {
        Box::pin(async {
            self.0.cleanings.fetch_add(1, SeqCst);
            if self.0.stuck.load(SeqCst) {
                std::future::pending::<()>().await;
            }
            if self.0.down.load(SeqCst) { Err(Error::config("gone")) } else { Ok(()) }
        })
    }

    fn end(&self, _: u32) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.0.ends.fetch_add(1, SeqCst);
        })
    }
}

fn options(max: u32) -> PoolOptions {
    let mut options = PoolOptions::default();
    options.max_connections = max;
    options.acquire_timeout = Duration::from_millis(50);
    options
}

async fn pool(max: u32) -> (Server, Pool<Server>) {
    let server = Server::default();
    let pool = Pool::open(server.clone(), options(max)).await.unwrap();
    (server, pool)
}

/// Until what happens in the background has happened.
async fn settled(what: impl Fn() -> bool) {
    timeout(Duration::from_secs(5), async {
        while !what() {
            sleep(Duration::from_millis(1)).await;
        }
    })
    .await
    .expect("it happens in time");
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let (server, pool) = pool(2).await;
    for round in 0..10 {
        let mut lent = pool.acquire().await.unwrap();
        assert_eq!((*lent.connection().unwrap(), lent.is_unused()), (1, round == 0));
        assert!(lent.was_idle());
    }
    assert_eq!(server.counts(), (1, 0, 0), "nothing is sent in between");
    let (first, second) = (pool.acquire().await.unwrap(), pool.acquire().await.unwrap());
    assert!(!second.was_idle() && second.is_unused());
    let figures = pool.figures();
    assert_eq!((figures.open, figures.idle, figures.in_use(), figures.max), (2, 0, 2, 2));
    assert!(figures.oldest_use.is_some());
    drop((first, second));
    let figures = pool.figures();
    assert_eq!((figures.open, figures.idle, figures.oldest_use), (2, 2, None));
}

#[tokio::test]
async fn a_pool_without_connections_says_why() {
    let (_server, pool) = pool(1).await;
    let held = pool.acquire().await.unwrap();
    let Err(Error::Pool { reason }) = pool.acquire().await.map(drop) else { panic!("there was one") };
    assert!(
        reason.starts_with("1 of 1 connections were in use for 50.0ms, the oldest use has lasted"),
        "{reason}"
    );
    assert!(reason.contains("must be given the transaction's handle"), "{reason}");
    drop(held);
    drop(pool.acquire().await.unwrap());
    assert_eq!(pool.figures().waiting, 0);
}

#[tokio::test]
async fn who_waits_gets_the_next_one() {
    let (_server, pool) = pool(1).await;
    let held = pool.acquire().await.unwrap();
    let waiting = tokio::spawn({
        let pool = pool.clone();
        async move { pool.acquire().await.map(drop) }
    });
    settled(|| pool.figures().waiting == 1).await;
    drop(held);
    waiting.await.unwrap().unwrap();
    // One that was dropped while it waited takes nothing with it.
    let held = pool.acquire().await.unwrap();
    assert!(timeout(Duration::from_millis(5), pool.acquire()).await.is_err());
    drop(held);
    drop(pool.acquire().await.unwrap());
}

#[tokio::test]
async fn what_was_left_half_done_is_cleaned_before_it_is_lent() {
    let (server, pool) = pool(1).await;
    let mut lent = pool.acquire().await.unwrap();
    lent.mark(Condition::Dirty);
    drop(lent);
    let mut lent = pool.acquire().await.unwrap();
    assert_eq!(*lent.connection().unwrap(), 1);
    assert_eq!(server.counts(), (1, 1, 0));
    // What is not to be lent again is not.
    lent.mark(Condition::Spent);
    drop(lent);
    assert_eq!(*pool.acquire().await.unwrap().connection().unwrap(), 2);
    settled(|| server.counts().2 == 1).await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_cleaned_is_thrown_away() {
    let (server, pool) = pool(1).await;
    server.0.stuck.store(true, SeqCst);
    let mut lent = pool.acquire().await.unwrap();
    lent.mark(Condition::Dirty);
    drop(lent);
    sleep(Duration::from_secs(6)).await;
    assert_eq!(*pool.acquire().await.unwrap().connection().unwrap(), 2);
}

#[tokio::test]
async fn one_dead_connection_casts_suspicion_on_the_others() {
    let (server, pool) = pool(3).await;
    let mut three =
        [pool.acquire().await.unwrap(), pool.acquire().await.unwrap(), pool.acquire().await.unwrap()];
    three[0].mark(Condition::Clean);
    drop(three);
    assert_eq!(pool.figures().idle, 3);
    let mut lent = pool.acquire().await.unwrap();
    sleep(Duration::from_millis(2)).await;
    lent.mark(Condition::Dead);
    drop(lent);
    assert_eq!(server.counts(), (3, 0, 0));
    // The next ones are asked first, and the answer clears them.
    drop(pool.acquire().await.unwrap());
    assert_eq!(server.counts().1, 1);
    drop(pool.acquire().await.unwrap());
    assert_eq!(server.counts().1, 1, "who has answered is above suspicion");
    let both = [pool.acquire().await.unwrap(), pool.acquire().await.unwrap()];
    assert_eq!(server.counts(), (3, 2, 0));
    drop(both);

    // After a restart, all of them are replaced, and nobody gets an error.
    let mut lent = pool.acquire().await.unwrap();
    sleep(Duration::from_millis(2)).await;
    lent.mark(Condition::Dead);
    server.0.down.store(true, SeqCst);
    drop(lent);
    let failed = pool.acquire().await.map(drop).unwrap_err();
    assert_eq!(failed.to_string(), "the server is down");
    assert_eq!(pool.figures().last_connect_error.as_deref(), Some("the server is down"));
    assert_eq!(pool.figures().open, 0);
    server.0.down.store(false, SeqCst);
    drop(pool.acquire().await.unwrap());
    assert_eq!(pool.figures().last_connect_error, None);
}

#[tokio::test]
async fn what_was_idle_for_a_while_is_asked_before_what_must_not_be_sent_twice() {
    let (server, pool) = pool(2).await;
    let mut lent = pool.acquire().await.unwrap();
    drop(pool.acquire().await.unwrap());
    assert!(lent.is_there().await);
    drop(lent);
    sleep(Duration::from_millis(300)).await;
    // One that is new is not asked, one that was idle is, and once.
    let mut lent = pool.acquire().await.unwrap();
    let asked = server.counts().1;
    assert!(lent.is_there().await && lent.is_there().await);
    assert_eq!(server.counts().1, asked + 1);
    assert_eq!(lent.condition(), Condition::Clean);
    drop(lent);

    sleep(Duration::from_millis(300)).await;
    let mut lent = pool.acquire().await.unwrap();
    server.0.down.store(true, SeqCst);
    assert!(!lent.is_there().await);
    drop(lent);
    server.0.down.store(false, SeqCst);
    assert!(pool.acquire().await.unwrap().is_there().await);

    // A drop in the middle throws it away.
    sleep(Duration::from_millis(300)).await;
    let mut lent = pool.acquire().await.unwrap();
    server.0.stuck.store(true, SeqCst);
    let ends = server.counts().2;
    assert!(timeout(Duration::from_millis(10), lent.is_there()).await.is_err());
    drop(lent);
    settled(|| server.counts().2 == ends + 1).await;
    assert_eq!(pool.figures().in_use(), 0);
}

#[tokio::test]
async fn idle_connections_are_closed_in_time() {
    let server = Server::default();
    let mut options = options(4);
    options.idle_timeout = Duration::from_millis(40);
    options.min_connections = 1;
    let pool = Pool::open(server.clone(), options).await.unwrap();
    drop([pool.acquire().await.unwrap(), pool.acquire().await.unwrap(), pool.acquire().await.unwrap()]);
    assert_eq!(pool.figures().open, 3);
    settled(|| pool.figures().open == 1).await;
    assert_eq!(server.counts().2, 2);
}

#[tokio::test]
async fn old_connections_are_replaced() {
    let server = Server::default();
    let mut options = options(1);
    options.max_lifetime = Duration::from_millis(20);
    let pool = Pool::open(server.clone(), options).await.unwrap();
    sleep(Duration::from_millis(25)).await;
    assert_eq!(*pool.acquire().await.unwrap().connection().unwrap(), 2);
}

#[tokio::test]
async fn the_smallest_number_is_kept_open() {
    let server = Server::default();
    let mut options = options(4);
    options.min_connections = 3;
    let pool = Pool::open(server.clone(), options).await.unwrap();
    assert_eq!((pool.figures().open, server.counts().0), (3, 3));
    let lent = pool.acquire().await.unwrap();
    assert!(lent.is_unused(), "nobody has used it yet");
}

#[tokio::test]
async fn a_lazy_pool_connects_when_it_is_needed() {
    let server = Server::default();
    server.0.down.store(true, SeqCst);
    let mut lazy = options(1);
    lazy.lazy = true;
    let pool = Pool::open(server.clone(), lazy).await.unwrap();
    assert!(pool.acquire().await.is_err());
    assert!(Pool::open(server.clone(), options(1)).await.is_err());
    server.0.down.store(false, SeqCst);
    drop(pool.acquire().await.unwrap());
}

#[tokio::test]
async fn a_closed_pool_lends_nothing() {
    let (server, pool) = pool(2).await;
    let lent = pool.acquire().await.unwrap();
    let closing = tokio::spawn({
        let pool = pool.clone();
        async move { pool.close().await }
    });
    settled(|| pool.figures().waiting == 0).await;
    drop(lent);
    closing.await.unwrap();
    assert!(matches!(pool.acquire().await.map(drop), Err(Error::Closed { .. })));
    assert_eq!((server.counts().2, pool.figures().open), (1, 0));
    pool.close().await;
}

#[tokio::test]
async fn a_close_does_not_wait_for_ever() {
    let (server, pool) = pool(1).await;
    let lent = pool.acquire().await.unwrap();
    pool.close().await;
    assert!(pool.is_closed());
    drop(lent);
    settled(|| server.counts().2 == 1).await;
}

#[tokio::test]
async fn connecting_has_a_limit() {
    struct Silent;
    impl Manager for Silent {
        type Connection = ();

        fn connect(&self) -> BoxFuture<'_, Result<()>> {
            Box::pin(std::future::pending())
        }

        fn clean<'a>(&'a self, _: &'a mut ()) -> BoxFuture<'a, Result<()>> {
            Box::pin(async { Ok(()) })
        }

        fn end(&self, _: ()) -> BoxFuture<'_, ()> {
            Box::pin(async {})
        }
    }
    let mut options = options(1);
    options.connect_timeout = Duration::from_millis(20);
    let failed = Pool::open(Silent, options).await.map(drop).unwrap_err();
    assert!(matches!(&failed, Error::Timeout { .. }), "{failed:?}");
}

#[test]
fn a_connection_that_is_dropped_outside_of_a_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (server, pool) = runtime.block_on(pool(1));
    let mut lent = runtime.block_on(pool.acquire()).unwrap();
    lent.mark(Condition::Dirty);
    drop(lent);
    drop(runtime);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut lent = runtime.block_on(pool.acquire()).unwrap();
    assert_eq!(*lent.connection().unwrap(), 2, "it could not be cleaned");
    lent.mark(Condition::Dirty);
    // A runtime that ends with a connection in its hands.
    runtime.block_on(async { drop(lent) });
    drop(runtime);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { drop(pool.acquire().await.unwrap()) });
    assert!(server.counts().0 >= 2);
}
